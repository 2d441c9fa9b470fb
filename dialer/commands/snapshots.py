"""`paceline snapshot` and `paceline backup`: what is kept beside a journal, and a copy of it."""

from contextlib import closing
from pathlib import Path

import trio

from adapters.journal_sqlite import SqliteJournal
from dialer.app import new_past
from dialer.commands.stores import is_file_address, journal_path, open_journal
from dialer.commands.terminal import Changes, console, fail
from dialer.config import load_config
from dialer.snapshot import load_past, write_snapshot

__all__ = ["backup", "snapshot"]


def snapshot(journal: str, config_path: Path, *, set_: Changes = ()) -> None:
    """Keep the state that a journal leads to, so that the next start is quick. The daemon does so by itself."""
    config = load_config(config_path, set_)
    with closing(open_journal(journal, must_exist=True)) as store:
        past = load_past(store, lambda: new_past(config))
        body = write_snapshot(past)
        trio.run(store.put_snapshot, past.state.record_count, body)
    console.print(f"snapshot: {past.state.record_count:,} records in {len(body):,} bytes")


def backup(journal: str, to: Path) -> None:
    """Copy a journal to a new file while it is being written; the copy is whole."""
    if not is_file_address(journal):
        fail("a journal on a PostgreSQL server is backed up by pg_dump or pg_basebackup; see docs/operations.md")
    path = journal_path(journal)
    if not path.exists():
        fail(f"{path}: there is no such journal; check the path")
    if to.exists():
        fail(f"{to}: exists already; a backup goes into a new file")
    with closing(SqliteJournal(path)) as store:
        store.back_up(to)
    with closing(SqliteJournal(to)) as copy:
        console.print(f"backup: {copy.head().number:,} records in {to}")

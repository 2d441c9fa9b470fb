"""Where a journal is, by its address: one place that knows which store stands behind which address."""

from pathlib import Path

from adapters.journal_sqlite import SqliteJournal
from dialer.commands.terminal import fail
from dialer.ports import JournalStore

__all__ = ["is_file_address", "journal_path", "open_journal"]

_SQLITE = "sqlite://"
_POSTGRES = ("postgresql://", "postgres://")


def open_journal(address: str, folder: Path = Path(), *, must_exist: bool = False) -> JournalStore:
    """The store at an address: a path, `sqlite://PATH` or `postgresql://…`; paths are relative to `folder`."""
    if not is_file_address(address):
        fail(f"{address.partition('://')[0]}://: no journal can be kept there; write a path or sqlite://PATH")
    path = journal_path(address, folder)
    if must_exist and not path.exists():
        fail(f"{path}: there is no such journal; check the path")
    return SqliteJournal(path)


def is_file_address(address: str) -> bool:
    """Whether the journal is a file, which one process writes."""
    return address.startswith(_SQLITE) or "://" not in address


def journal_path(address: str, folder: Path = Path()) -> Path:
    """The file of a file address; `sqlite:///x` is absolute, `sqlite://x` relative to `folder`."""
    return folder / address.removeprefix(_SQLITE)

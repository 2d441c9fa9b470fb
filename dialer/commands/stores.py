"""Where a journal is, by its address: one place that knows which store stands behind which address."""

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from adapters.journal_postgres import PostgresJournal, PostgresLeases
from adapters.journal_sqlite import SqliteJournal
from dialer.commands.terminal import fail
from dialer.ports import ChainedStore, JournalStore, Leases

__all__ = ["is_file_address", "journal_path", "open_journal", "open_leases"]

_SQLITE = "sqlite://"
_POSTGRES = ("postgresql", "postgres")


def open_journal(address: str, folder: Path = Path(), *, must_exist: bool = False) -> ChainedStore:
    """The store at an address: a path, `sqlite://PATH` or `postgresql://…`; paths are relative to `folder`."""
    if is_file_address(address):
        path = journal_path(address, folder)
        if must_exist and not path.exists():
            fail(f"{path}: there is no such journal; check the path")
        return SqliteJournal(path)
    scheme = urlsplit(address).scheme
    if scheme not in _POSTGRES:
        fail(f"{scheme}://: no journal can be kept there; write a path, sqlite://PATH or postgresql://HOST/DATABASE")
    return PostgresJournal(address, name=_process_name())


def open_leases(address: str, store: JournalStore) -> Leases | None:
    """The leases of campaigns beside a store that several processes share; None beside a file."""
    return PostgresLeases(store, address) if isinstance(store, PostgresJournal) else None


def is_file_address(address: str) -> bool:
    """Whether the journal is a file, which one process writes."""
    return address.startswith(_SQLITE) or "://" not in address


def journal_path(address: str, folder: Path = Path()) -> Path:
    """The file of a file address; `sqlite:///x` is absolute, `sqlite://x` relative to `folder`."""
    return folder / address.removeprefix(_SQLITE)


def _process_name() -> str:
    """No two processes that live at once have the same; PostgreSQL shows it and keeps 63 characters."""
    return f"paceline@{socket.gethostname()[:30]}:{os.getpid()}:{os.urandom(3).hex()}"

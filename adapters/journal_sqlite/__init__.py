"""The journal in one SQLite file: the store of a single process."""

from adapters.journal_sqlite.schema import SCHEMA_VERSION
from adapters.journal_sqlite.store import SqliteJournal

__all__ = ["SCHEMA_VERSION", "SqliteJournal"]

"""The journal in PostgreSQL: for several processes and machines on one store, each campaign leased by one of them."""

from adapters.journal_postgres.leases import PostgresLeases
from adapters.journal_postgres.schema import SCHEMA_VERSION
from adapters.journal_postgres.store import PostgresJournal

__all__ = ["SCHEMA_VERSION", "PostgresJournal", "PostgresLeases"]

"""The tables of a journal file, and how each earlier version becomes the present one.

A migration runs in the transaction that opens the file: it is done or not done.
A file of every version ever released is kept with the tests.
"""

import secrets
from collections.abc import Callable, Iterable

import apsw

from dialer.chain import GENESIS, link_all
from dialer.sealing import PersonKey, Sealer

__all__ = ["SCHEMA_VERSION", "kept_keys", "keys_of_tokens", "migrate"]

SCHEMA_VERSION = 2

_TABLES = """
CREATE TABLE record (seq INTEGER PRIMARY KEY, line BLOB NOT NULL, digest BLOB NOT NULL) STRICT;
CREATE TABLE person (token TEXT PRIMARY KEY, person_id TEXT NOT NULL UNIQUE, key BLOB NOT NULL) STRICT;
CREATE TABLE snapshot (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE head (journal_id TEXT NOT NULL, seq INTEGER NOT NULL, digest BLOB NOT NULL) STRICT;
"""
# How many lines a migration rewrites at a time.
_BATCH = 10_000


def migrate(db: apsw.Connection, version: int) -> None:
    """Bring a file of an earlier version to the present one. Call it inside a transaction."""
    while version < SCHEMA_VERSION:
        _STEPS[version](db)
        version += 1
        db.execute(f"PRAGMA user_version={version}")


def kept_keys(db: apsw.Connection, persons: Iterable[str]) -> list[PersonKey]:
    """The keys of the persons that have one."""
    return _keys(db, "person_id", persons)


def keys_of_tokens(db: apsw.Connection, tokens: Iterable[str]) -> list[PersonKey]:
    """The keys of the tokens that still have one."""
    return _keys(db, "token", tokens)


def _keys(db: apsw.Connection, column: str, wanted: Iterable[str]) -> list[PersonKey]:
    found = []
    for one in wanted:
        row = db.execute(f"SELECT token, person_id, key FROM person WHERE {column} = ?", (one,)).fetchone()  # noqa: S608
        if row is not None:
            found.append(PersonKey(*row))
    return found


def _create(db: apsw.Connection) -> None:
    db.execute(_TABLES)
    db.execute("INSERT INTO head VALUES (?, 0, ?)", (secrets.token_hex(8), GENESIS))


def _chain_and_seal(db: apsw.Connection) -> None:
    """Version 1 had the bare lines."""
    db.execute("ALTER TABLE record RENAME TO record_1")
    db.execute("DROP TABLE IF EXISTS snapshot")
    _create(db)
    sealer = Sealer(lambda persons: kept_keys(db, persons), lambda tokens: keys_of_tokens(db, tokens))
    digest, number = GENESIS, 0
    rows = db.execute("SELECT line FROM record_1 ORDER BY seq")
    while batch := [row[0] for _, row in zip(range(_BATCH), rows, strict=False)]:
        stored, fresh = sealer.seal(batch)
        db.executemany("INSERT INTO person VALUES (?, ?, ?)", ((one.token, one.person_id, one.key) for one in fresh))
        links = list(link_all(digest, number, stored))
        db.executemany("INSERT INTO record VALUES (?, ?, ?)", ((one.number, one.line, one.digest) for one in links))
        number, digest = links[-1].number, links[-1].digest
    db.execute("UPDATE head SET seq = ?, digest = ?", (number, digest))
    db.execute("DROP TABLE record_1")


def _first(db: apsw.Connection) -> None:
    """A new file has no version; it goes through version 1 so that every file takes the same steps."""
    db.execute("CREATE TABLE record (seq INTEGER PRIMARY KEY, line BLOB NOT NULL) STRICT")


_STEPS: dict[int, Callable[[apsw.Connection], None]] = {0: _first, 1: _chain_and_seal}

"""The tables of a journal in PostgreSQL, and how each earlier version becomes the present one.

They stand in the schema that the connection's `search_path` names first, so one
database can hold several journals.
"""

import secrets
from collections.abc import Collection
from typing import Any

import psycopg

from dialer.chain import GENESIS
from dialer.sealing import PersonKey

__all__ = ["SCHEMA_VERSION", "Connection", "connect", "keys_by", "migrate"]

SCHEMA_VERSION = 2
"""Version 1 was a file's alone."""

Connection = psycopg.Connection[tuple[Any, ...]]

_VERSION_2 = """
CREATE TABLE record (seq bigint PRIMARY KEY, line bytea NOT NULL, digest bytea NOT NULL);
CREATE TABLE person (token text PRIMARY KEY, person_id text NOT NULL UNIQUE, key bytea NOT NULL);
CREATE TABLE snapshot (seq bigint PRIMARY KEY, body bytea NOT NULL);
CREATE TABLE head (journal_id text NOT NULL, seq bigint NOT NULL, digest bytea NOT NULL);
CREATE TABLE lease (
    campaign_id text PRIMARY KEY,
    holder text NOT NULL,
    token bigint NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE TABLE journal_version (version int NOT NULL);
"""
# One number for all journals: who creates tables waits for whoever else does.
_CREATING = 0x7061636C
# A connection that says nothing for so long is dead: nobody waits for it, on either side.
_DEAD_AFTER_MS = 5_000
_IDLE_IN_TRANSACTION_MS = 2_000


def connect(url: str, name: str) -> Connection:
    """A connection whose commits are durable and that neither hangs on a dead peer nor blocks others while stopped."""
    connection = psycopg.connect(
        url,
        autocommit=True,
        application_name=name,
        connect_timeout=5,
        tcp_user_timeout=_DEAD_AFTER_MS,
        keepalives_idle=2,
        keepalives_interval=1,
        keepalives_count=3,
    )
    # A commit is on disk when it returns, whatever the server's default. A process that was stopped
    # in the middle of an append loses its transaction, so that others can go on.
    connection.execute(
        "SELECT set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'), false), "
        "set_config('idle_in_transaction_session_timeout', %s, false), set_config('lock_timeout', '10s', false)",
        (str(_IDLE_IN_TRANSACTION_MS),),
    )
    return connection


def migrate(connection: Connection) -> int:
    """Create the tables where there are none and bring older ones up; the version found if it is too new."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_CREATING,))
        known = connection.execute("SELECT to_regclass('journal_version')").fetchone()
        if known == (None,):
            connection.execute(_VERSION_2)
            connection.execute("INSERT INTO journal_version VALUES (%s)", (SCHEMA_VERSION,))
            connection.execute("INSERT INTO head VALUES (%s, 0, %s)", (secrets.token_hex(8), GENESIS))
        row = connection.execute("SELECT version FROM journal_version").fetchone()
        assert row is not None
        return int(row[0])


def keys_by(connection: Connection, column: str, wanted: Collection[str]) -> list[PersonKey]:
    """The kept keys whose `token` or `person_id` is wanted."""
    rows = connection.execute(
        f"SELECT token, person_id, key FROM person WHERE {column} = ANY(%s)",  # noqa: S608
        (list(wanted),),
        binary=True,
    )
    return [PersonKey(token, person_id, bytes(key)) for token, person_id, key in rows]

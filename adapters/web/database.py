"""The web's own file: users, sessions, tokens, the audit record. Never anything about the people who are called."""

from pathlib import Path

import apsw

__all__ = ["open_database"]

_SCHEMA = 1
_TABLES = """
create table user (
    name text primary key, display_name text not null, password_hash text not null, roles text not null,
    site text not null default '', campaigns text not null default '', language text not null default '',
    created_at real not null, is_disabled integer not null default 0
) strict;
create table session (
    key_hash blob primary key, user text not null references user(name) on delete cascade, csrf text not null,
    created_at real not null, expires_at real not null, address text not null default ''
) strict;
create table token (
    id text primary key, key_hash blob not null, user text not null references user(name) on delete cascade,
    title text not null, scopes text not null, created_at real not null, expires_at real, used_at real
) strict;
create table audit (
    seq integer primary key, at real not null, actor text not null, via text not null, action text not null,
    target text not null, outcome integer not null, detail text not null, address text not null
) strict;
create index audit_by_actor on audit(actor, seq);
"""


def open_database(path: str | Path) -> apsw.Connection:
    """The file at `path`, made when it is not there; raises `ValueError` for a file that is not ours."""
    connection = apsw.Connection(str(path))
    connection.execute("pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on")
    connection.set_busy_timeout(5000)
    (version,) = connection.execute("pragma user_version").fetchone() or (0,)
    if version == 0:
        with connection:
            connection.execute(_TABLES)
            connection.execute(f"pragma user_version = {_SCHEMA}")
    elif version != _SCHEMA:
        msg = f"{path}: was written by another version (schema {version}, this one reads {_SCHEMA})"
        raise ValueError(msg)
    return connection

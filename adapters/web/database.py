"""The web's own file: users, sessions, tokens, the audit record, webhooks. Of who is called only ids."""

from pathlib import Path

import apsw

__all__ = ["in_range", "open_database", "take_in"]

_USERS = """
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
_HOOKS = """
create table answer (
    key text primary key, at real not null, request_hash blob not null, status integer not null, kind text not null,
    body blob not null
) strict;
create index answer_by_age on answer(at);
create table hook (
    id text primary key, url text not null, title text not null, events text not null, secret text not null,
    maker text not null, created_at real not null, is_disabled integer not null default 0,
    fault text not null default ''
) strict;
create table hook_event (id integer primary key autoincrement, at real not null, kind text not null, body text not null)
strict;
create table delivery (
    id integer primary key autoincrement, hook text not null references hook(id) on delete cascade,
    event integer not null references hook_event(id), state text not null default 'waiting',
    try_count integer not null default 0, next_at real not null, ended_at real, status integer,
    fault text not null default ''
) strict;
create index delivery_due on delivery(hook, next_at) where state = 'waiting';
create index delivery_by_hook on delivery(hook, id);
create index delivery_by_end on delivery(ended_at);
create index delivery_by_event on delivery(event);
"""
# What leads from each version to the next; the last is the one in use.
_STEPS = (_USERS, _HOOKS)


def in_range(number: int | None) -> int | None:
    """A number of a row, for a question: SQLite's integers end at 2⁶³, and all behind every row are the same."""
    return None if number is None else max(-1, min(number, 2**63 - 1))


def open_database(path: str | Path) -> apsw.Connection:
    """The file at `path`, made when it is not there and brought forward when it is older.

    Raises `ValueError` for a file of a newer version.
    """
    connection = apsw.Connection(str(path))
    connection.execute("pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on")
    # Taking the log into the file waits for the disk, and who writes here is the loop that dials: see `take_in`.
    connection.execute("pragma wal_autocheckpoint = 0")
    connection.set_busy_timeout(5000)
    # One process at a time looks and changes: the daemon and a command may open a new file in the same moment.
    connection.execute("begin immediate")
    try:
        (version,) = connection.execute("pragma user_version").fetchone() or (0,)
        if version > len(_STEPS):
            msg = f"{path}: was written by a newer version (schema {version}, this one reads {len(_STEPS)})"
            raise ValueError(msg)
        for step in _STEPS[version:]:
            connection.execute(step)
        if version < len(_STEPS):
            connection.execute(f"pragma user_version = {len(_STEPS)}")
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return connection


def take_in(path: str | Path) -> None:
    """Take what stands in the write-ahead log into the file itself. Waits for the disk: call it in a thread."""
    connection = apsw.Connection(str(path))
    try:
        connection.execute("pragma wal_checkpoint(passive)").fetchall()
    finally:
        connection.close()

"""People who may sign in: names, roles, passwords (Argon2), sessions, API tokens."""

import hashlib
import re
import secrets
from collections.abc import Callable

import apsw
import trio
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from attrs import field, frozen

from adapters.web.roles import Role, scopes_of

__all__ = ["Identity", "TokenRow", "User", "UserError", "Users"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_LEAST_PASSWORD = 10
_TOKEN = re.compile(r"plt_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
# Argon2 takes 64 MiB and a fifth of a second on purpose; more than one at a time would starve the dialing.
_HASHING = trio.CapacityLimiter(1)


class UserError(ValueError):
    """What was asked of the users cannot be; the text says why."""


@frozen
class User:
    """One person who may sign in."""

    name: str
    display_name: str
    roles: frozenset[Role]
    site: str = ""
    campaign_ids: tuple[str, ...] = ()
    language: str = ""
    is_disabled: bool = False


@frozen
class Identity:
    """Who sends a request, and what they may do with it."""

    user: User
    scopes: frozenset[str]
    via: str
    """`session` or the token's id."""
    csrf: str = field(default="", repr=False)
    key_hash: bytes = field(default=b"", repr=False)


@frozen
class TokenRow:
    """One API token, without its secret."""

    id: str
    user: str
    title: str
    scopes: tuple[str, ...]
    created_at: float
    expires_at: float | None
    used_at: float | None


class Users:
    """The users of one file. Passwords are hashed in a thread; everything else takes microseconds."""

    def __init__(self, connection: apsw.Connection, now: Callable[[], float], session_s: float) -> None:
        self._db = connection
        self._now = now
        self._session_s = session_s
        self._hasher = PasswordHasher()
        # Checked when a name is unknown, so that names cannot be told apart by the time an answer takes.
        self._decoy = self._hasher.hash(secrets.token_urlsafe())

    # Users.

    @property
    def is_empty(self) -> bool:
        """Whether nobody can sign in yet."""
        return self._db.execute("select 1 from user limit 1").fetchone() is None

    async def add(self, user: User, password: str) -> None:
        """Add a user; raises `UserError`."""
        if not _NAME.fullmatch(user.name):
            msg = "a user name has letters, digits, `.`, `_`, `-` or `@`, at most 64 of them"
            raise UserError(msg)
        if not user.roles:
            msg = f"`{user.name}` needs a role: {', '.join(role.value for role in Role)}"
            raise UserError(msg)
        hashed = await self._hash(user.name, password)
        try:
            self._db.execute(
                "insert into user values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    user.name,
                    user.display_name or user.name,
                    hashed,
                    " ".join(sorted(role.value for role in user.roles)),
                    user.site,
                    " ".join(user.campaign_ids),
                    user.language,
                    self._now(),
                    int(user.is_disabled),
                ),
            )
        except apsw.ConstraintError as error:
            msg = f"there is a user `{user.name}` already"
            raise UserError(msg) from error

    def change(self, user: User) -> None:
        """Change everything but the password; sessions of a disabled user end."""
        self.get(user.name)
        with self._db:
            self._db.execute(
                "update user set display_name=?, roles=?, site=?, campaigns=?, language=?, is_disabled=? where name=?",
                (
                    user.display_name,
                    " ".join(sorted(role.value for role in user.roles)),
                    user.site,
                    " ".join(user.campaign_ids),
                    user.language,
                    int(user.is_disabled),
                    user.name,
                ),
            )
            if user.is_disabled:
                self._db.execute("delete from session where user=?", (user.name,))

    async def set_password(self, name: str, password: str) -> None:
        """Change a password; every session of the user ends."""
        self.get(name)
        hashed = await self._hash(name, password)
        with self._db:
            self._db.execute("update user set password_hash=? where name=?", (hashed, name))
            self._db.execute("delete from session where user=?", (name,))

    def get(self, name: str) -> User:
        """A user by name; raises `UserError`."""
        row = self._db.execute(f"select {_USER} from user where name=?", (name,)).fetchone()  # noqa: S608 (constant)
        if row is None:
            msg = f"there is no user `{name}`"
            raise UserError(msg)
        return _user(row)

    def all(self) -> list[User]:
        """Everybody, by name."""
        return [_user(row) for row in self._db.execute(f"select {_USER} from user order by name")]  # noqa: S608

    # Sessions.

    async def verify(self, name: str, password: str) -> User | None:
        """The user when the password is theirs, else None; takes as long for an unknown name."""
        row = self._db.execute("select password_hash from user where name=? and not is_disabled", (name,)).fetchone()
        hashed = row[0] if row is not None else self._decoy
        is_right = await trio.to_thread.run_sync(self._check, hashed, password, limiter=_HASHING)
        return self.get(name) if is_right and row is not None else None

    def start_session(self, name: str, address: str) -> tuple[str, Identity]:
        """A new session: the cookie's value, and who it is."""
        key, csrf, now = secrets.token_urlsafe(32), secrets.token_urlsafe(24), self._now()
        with self._db:
            self._db.execute("delete from session where expires_at < ?", (now,))
            self._db.execute(
                "insert into session values (?, ?, ?, ?, ?, ?)",
                (_digest(key), name, csrf, now, now + self._session_s, address),
            )
        user = self.get(name)
        return key, Identity(user, scopes_of(user.roles), "session", csrf, _digest(key))

    def session(self, key: str) -> Identity | None:
        """Whose session a cookie's value is."""
        row = self._db.execute(
            f"select csrf, {_USER} from session join user on user.name = session.user "  # noqa: S608 (constant)
            "where key_hash=? and expires_at > ? and not is_disabled",
            (_digest(key), self._now()),
        ).fetchone()
        if row is None:
            return None
        csrf, *rest = row
        user = _user(tuple(rest))
        return Identity(user, scopes_of(user.roles), "session", csrf, _digest(key))

    def end_session(self, identity: Identity) -> None:
        """Sign out."""
        self._db.execute("delete from session where key_hash=?", (identity.key_hash,))

    # Tokens.

    def make_token(self, maker: Identity, title: str, scopes: frozenset[str], expires_at: float | None) -> str:
        """A new API token with some of its maker's scopes: shown once, only its hash is kept."""
        more = scopes - maker.scopes
        if more or not scopes:
            msg = f"give scopes among your own; not yours: {', '.join(sorted(more)) or 'none given'}"
            raise UserError(msg)
        token_id, key = secrets.token_hex(8), secrets.token_urlsafe(32)
        self._db.execute(
            "insert into token values (?, ?, ?, ?, ?, ?, ?, null)",
            (token_id, _digest(key), maker.user.name, title, " ".join(sorted(scopes)), self._now(), expires_at),
        )
        return f"plt_{token_id}_{key}"

    def token(self, text: str) -> Identity | None:
        """Whose token it is; its scopes never exceed what its maker may do today."""
        match = _TOKEN.fullmatch(text)
        if match is None:
            return None
        row = self._db.execute(
            f"select key_hash, scopes, {_USER} from token join user on user.name = token.user "  # noqa: S608
            "where id=? and (expires_at is null or expires_at > ?) and not is_disabled",
            (match[1], self._now()),
        ).fetchone()
        if row is None or not secrets.compare_digest(row[0], _digest(match[2])):
            return None
        user = _user(tuple(row[2:]))
        return Identity(user, frozenset(str(row[1]).split()) & scopes_of(user.roles), match[1])

    def tokens(self) -> list[TokenRow]:
        """Every token, newest first."""
        rows = self._db.execute(
            "select id, user, title, scopes, created_at, expires_at, used_at from token order by created_at desc"
        )
        return [TokenRow(a, b, c, tuple(d.split()), e, f, g) for a, b, c, d, e, f, g in rows]

    def revoke_token(self, token_id: str) -> bool:
        """End a token; False when there is none."""
        self._db.execute("delete from token where id=?", (token_id,))
        return self._db.changes() > 0

    # How.

    async def _hash(self, name: str, password: str) -> str:
        if len(password) < _LEAST_PASSWORD or password == name:
            msg = f"a password has at least {_LEAST_PASSWORD} characters and is not the name"
            raise UserError(msg)
        return await trio.to_thread.run_sync(self._hasher.hash, password, limiter=_HASHING)

    def _check(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


_USER = "name, display_name, roles, site, campaigns, language, is_disabled"


def _user(row: tuple[object, ...]) -> User:
    name, display_name, roles, site, campaigns, language, is_disabled = row
    return User(
        name=str(name),
        display_name=str(display_name),
        roles=frozenset(Role(one) for one in str(roles).split()),
        site=str(site),
        campaign_ids=tuple(str(campaigns).split()),
        language=str(language),
        is_disabled=bool(is_disabled),
    )


def _digest(key: str) -> bytes:
    # The keys are random and long; a fast hash is enough to make a stolen file worthless.
    return hashlib.sha256(key.encode()).digest()

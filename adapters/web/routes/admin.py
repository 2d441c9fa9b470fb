"""Users, API tokens and the audit record."""

import time
from typing import Any

import attrs
from attrs import field, frozen
from litestar import Request, Router, delete, get, patch, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody

from adapters.web.audit import Audit, AuditRow
from adapters.web.roles import SCOPES, Role
from adapters.web.security import identity_of, needs, note_detail
from adapters.web.users import TokenRow, User, UserError, Users

__all__ = ["admin_routes"]

_ANY = Request[Any, Any, Any]
_MOST_ROWS = 500


@frozen
class UserView:
    """One user, without the password."""

    name: str
    display_name: str
    roles: list[str]
    site: str
    campaigns: list[str]
    language: str
    is_disabled: bool


@frozen
class NewUser:
    """A user to add."""

    name: str
    password: str = field(repr=False)
    roles: list[str]
    display_name: str = ""
    site: str = ""
    campaigns: list[str] = field(factory=list)
    language: str = ""


@frozen
class UserChange:
    """What to change of a user; what is left out stays."""

    display_name: str | None = None
    roles: list[str] | None = None
    site: str | None = None
    campaigns: list[str] | None = None
    language: str | None = None
    is_disabled: bool | None = None
    password: str | None = field(default=None, repr=False)


@frozen
class NewToken:
    """A token to make: some of one's own scopes, for so many days; no end when left out."""

    title: str = field(validator=[attrs.validators.min_len(1), attrs.validators.max_len(100)])
    scopes: list[str]
    days: float | None = None


@frozen
class MadeToken:
    """The token itself: shown this once."""

    token: str


@frozen
class AuditPage:
    """Some actions, newest first; `next` is the cursor of the page behind, None at the end."""

    rows: list[AuditRow]
    next: int | None


def admin_routes(users: Users, audit: Audit) -> Router:
    """The routes."""
    handlers = [*_user_handlers(users), *_token_handlers(users), _audit_handler(audit)]
    return Router("/", route_handlers=handlers, tags=["administration"])


def _user_handlers(users: Users) -> list[Any]:
    guards = [needs("users:write")]

    @get("/users", guards=guards)
    async def everybody() -> list[UserView]:
        """Everybody who may sign in, by name."""
        return [_view(user) for user in users.all()]

    @post("/users", guards=guards, status_code=201)
    async def add(data: JSONBody[NewUser], request: _ANY) -> UserView:
        """Add a user."""
        note_detail(request, name=data.name, roles=data.roles)
        user = User(
            data.name,
            data.display_name or data.name,
            _roles(data.roles),
            data.site,
            tuple(data.campaigns),
            data.language,
        )
        await users.add(user, data.password)
        return _view(user)

    @patch("/users/{name:str}", guards=guards)
    async def change(name: FromPath[str], data: JSONBody[UserChange], request: _ANY) -> UserView:
        """Change a user; disabling or a new password ends their sessions."""
        given = {key: value for key, value in attrs.asdict(data).items() if value is not None and key != "password"}
        note_detail(request, changed=sorted(given) + (["password"] if data.password else []))
        user = _changed(users.get(name), given)
        if name == identity_of(request).user.name and (user.is_disabled or Role.ADMIN not in user.roles):
            msg = "nobody takes their own administration away; ask another administrator"
            raise UserError(msg)
        users.change(user)
        if data.password is not None:
            await users.set_password(name, data.password)
        return _view(users.get(name))

    return [everybody, add, change]


def _token_handlers(users: Users) -> list[Any]:
    guards = [needs("tokens:write")]

    @get("/tokens", guards=guards)
    async def tokens(request: _ANY) -> list[TokenRow]:
        """One's own tokens, everybody's for an administrator; newest first, never their secrets."""
        me = identity_of(request)
        return [one for one in users.tokens() if one.user == me.user.name or "users:write" in me.scopes]

    @post("/tokens", guards=guards, status_code=201)
    async def make(data: JSONBody[NewToken], request: _ANY) -> MadeToken:
        """Make a token; the answer shows it this once."""
        note_detail(request, title=data.title, scopes=data.scopes)
        unknown = sorted(set(data.scopes) - set(SCOPES))
        if unknown:
            msg = f"there is no scope `{unknown[0]}`; there are {', '.join(SCOPES)}"
            raise UserError(msg)
        expires_at = time.time() + data.days * 86_400.0 if data.days is not None else None
        return MadeToken(users.make_token(identity_of(request), data.title, frozenset(data.scopes), expires_at))

    @delete("/tokens/{token_id:str}", guards=guards, status_code=204)
    async def revoke(token_id: FromPath[str], request: _ANY) -> None:
        """End a token at once."""
        me = identity_of(request)
        mine = {one.id for one in users.tokens() if one.user == me.user.name or "users:write" in me.scopes}
        if token_id not in mine or not users.revoke_token(token_id):
            msg = f"there is no token `{token_id}` of yours"
            raise NotFoundException(msg)

    return [tokens, make, revoke]


def _audit_handler(audit: Audit) -> Any:
    @get("/audit", guards=[needs("audit:read")], summary="Who did what")
    async def page(
        before: FromQuery[int | None] = None, limit: FromQuery[int] = 100, actor: FromQuery[str | None] = None
    ) -> AuditPage:
        """Actions on pages and API, newest first, a page at a time."""
        size = max(1, min(limit, _MOST_ROWS))
        rows = audit.page(before, size, actor)
        return AuditPage(rows, rows[-1].seq if len(rows) == size else None)

    return page


def _roles(names: list[str]) -> frozenset[Role]:
    try:
        return frozenset(Role(name) for name in names)
    except ValueError as error:
        msg = f"{error.args[0]}; roles are {', '.join(role.value for role in Role)}"
        raise UserError(msg) from error


def _changed(user: User, given: dict[str, Any]) -> User:
    if "roles" in given:
        given["roles"] = _roles(given["roles"])
        if not given["roles"]:
            msg = "a user keeps at least one role; disable the user instead"
            raise UserError(msg)
    if "campaigns" in given:
        given["campaign_ids"] = tuple(given.pop("campaigns"))
    return attrs.evolve(user, **given)


def _view(user: User) -> UserView:
    return UserView(
        user.name,
        user.display_name,
        sorted(role.value for role in user.roles),
        user.site,
        list(user.campaign_ids),
        user.language,
        user.is_disabled,
    )

"""Signing in and out, and who one is."""

import hmac
from typing import Any

from attrs import frozen
from litestar import Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.exceptions import ClientException, NotAuthorizedException, TooManyRequestsException
from litestar.params import JSONBody

from adapters.web.roles import Role
from adapters.web.security import COOKIE, client_address, identity_of, note_detail
from adapters.web.throttle import Throttle
from adapters.web.users import Identity, User, Users

__all__ = ["FirstRun", "sign_in_routes"]

# Anybody may send these: a thousand at once must not fill the memory.
_MOST_BYTES = 16_384


@frozen
class Credentials:
    """What a person types."""

    name: str
    password: str


@frozen
class FirstAdmin:
    """What the first person types, with the key from the daemon's own output."""

    key: str
    name: str
    password: str
    language: str = ""


@frozen
class Me:
    """Who is signed in, and the token that requests which change something carry in `X-CSRF-Token`."""

    name: str
    display_name: str
    roles: list[str]
    scopes: list[str]
    site: str
    campaigns: list[str]
    language: str
    time_zone: str
    csrf: str


class FirstRun:
    """The one-time key that makes the first administrator."""

    def __init__(self, key: str) -> None:
        self._key = key

    def matches(self, key: str) -> bool:
        """Whether `key` is it, and has not been used."""
        return bool(self._key) and hmac.compare_digest(self._key.encode(), key.encode())

    def use_up(self) -> None:
        """It worked once and never will again."""
        self._key = ""


def sign_in_routes(users: Users, throttle: Throttle, first_run: FirstRun, *, is_https: bool, time_zone: str) -> Router:
    """The routes."""

    def welcome(name: str, request: Request[Any, Any, Any]) -> Response[Me]:
        key, identity = users.start_session(name, client_address(request.scope))
        note_detail(request, actor=name)
        cookie = Cookie(key=COOKIE, value=key, httponly=True, samesite="strict", secure=is_https, path="/")
        return Response(_me(identity, time_zone), cookies=[cookie], status_code=200)

    @post("/session", status_code=200, summary="Sign in", security=[], request_max_body_size=_MOST_BYTES)
    async def sign_in(data: JSONBody[Credentials], request: Request[Any, Any, Any]) -> Response[Me]:
        """Sign in with name and password; the answer sets the session's cookie."""
        address = client_address(request.scope)
        note_detail(request, actor=data.name[:64])
        wait_s = throttle.wait_s(data.name, address)
        if wait_s > 0:
            msg = f"too many wrong passwords; try again in {wait_s / 60:.0f} min"
            raise TooManyRequestsException(msg, headers={"retry-after": str(int(wait_s) + 1)})
        user = await users.verify(data.name, data.password)
        if user is None:
            throttle.failed(data.name, address)
            msg = "name or password is wrong"
            raise NotAuthorizedException(msg)
        throttle.succeeded(data.name)
        return welcome(user.name, request)

    @post("/session/end", status_code=204, summary="Sign out")
    async def sign_out(request: Request[Any, Any, Any]) -> None:
        """End this session."""
        users.end_session(identity_of(request))

    @post(
        "/first-run",
        status_code=200,
        summary="Make the first administrator",
        security=[],
        request_max_body_size=_MOST_BYTES,
    )
    async def first_admin(data: JSONBody[FirstAdmin], request: Request[Any, Any, Any]) -> Response[Me]:
        """Make the first administrator with the one-time key that the daemon printed."""
        if not users.is_empty or not first_run.matches(data.key):
            throttle.failed("", client_address(request.scope))
            msg = "this link has been used, or is not this daemon's; an administrator can add you"
            raise ClientException(msg, status_code=403)
        roles = frozenset({Role.ADMIN, Role.SUPERVISOR, Role.POLICY})
        await users.add(User(data.name, data.name, roles, language=data.language), data.password)
        first_run.use_up()
        return welcome(data.name, request)

    @get("/me", summary="Who is signed in")
    async def me(request: Request[Any, Any, Any]) -> Me:
        """Who is signed in, and what they may do."""
        return _me(identity_of(request), time_zone)

    return Router("/", route_handlers=[sign_in, sign_out, first_admin, me], tags=["session"])


def _me(identity: Identity, time_zone: str) -> Me:
    user = identity.user
    return Me(
        name=user.name,
        display_name=user.display_name,
        roles=sorted(role.value for role in user.roles),
        scopes=sorted(identity.scopes),
        site=user.site,
        campaigns=list(user.campaign_ids),
        language=user.language,
        time_zone=time_zone,
        csrf=identity.csrf,
    )

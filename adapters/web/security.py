"""Between the network and every route: who is it, may the request be from our own page, what may the page load.

Theory of operation. One middleware. It finds the identity (session cookie or
bearer token), refuses requests that change something and come by cookie without
the session's own token in a header (another site can send the cookie, not the
header), refuses WebSockets from other origins, and writes every action into the
audit record once its answer is known. `HEADERS` keep a page from loading or
being framed by anything foreign; `adapters.web.front` sets them on every answer.
"""

import ipaddress
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from secrets import compare_digest
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException, NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Guard, Message, Receive, Scope, Send

from adapters.web.audit import Audit
from adapters.web.users import Identity, Users

__all__ = [
    "COOKIE",
    "HEADERS",
    "SAFE_METHODS",
    "Security",
    "client_address",
    "identity_of",
    "is_loopback",
    "needs",
    "note_detail",
]

COOKIE = "paceline_session"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
HEADERS = {
    b"content-security-policy": (
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        b"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
    ),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"permissions-policy": b"camera=(), geolocation=(), payment=(), usb=()",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}


class Security(ASGIMiddleware):
    """The one middleware."""

    scopes = (ScopeType.HTTP, ScopeType.WEBSOCKET)

    def __init__(self, users: Users, audit: Audit, on_known: Callable[[Scope], None] = lambda _: None) -> None:
        self._users = users
        self._audit = audit
        self._on_known = on_known

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass on what may pass."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        params: dict[str, Any] = scope.get("path_params") or {}
        for name, value in params.items():
            if isinstance(value, str):
                params[name] = value.replace("%2F", "/")  # see `adapters.web.front`
        identity = self._identity(headers)
        scope["user"], scope["auth"] = identity, None
        is_socket = scope["type"] == ScopeType.WEBSOCKET
        method = "GET" if is_socket else str(scope["method"])  # type: ignore[typeddict-item]

        async def send_on(message: Message) -> None:
            if method not in SAFE_METHODS and message["type"] == "http.response.start":
                self._note(scope, identity, method, message["status"])
            await send(message)

        if identity is not None:
            self._on_known(scope)
        try:
            if identity is not None and identity.via == "session":
                self._refuse_foreign(scope, headers, identity, is_socket=is_socket, method=method)
            await next_app(scope, receive, send_on)
        except HTTPException as error:  # refused before any route; answered further out
            if method not in SAFE_METHODS:
                self._note(scope, identity, method, error.status_code)
            raise

    def _identity(self, headers: dict[bytes, bytes]) -> Identity | None:
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        if authorization[:7].lower() == "bearer ":
            return self._users.token(authorization[7:].strip())
        key = _cookie(headers.get(b"cookie", b"").decode("latin-1"))
        return self._users.session(key) if key else None

    def _refuse_foreign(
        self, scope: Scope, headers: dict[bytes, bytes], identity: Identity, *, is_socket: bool, method: str
    ) -> None:
        if is_socket:
            origin = urlsplit(headers.get(b"origin", b"").decode("latin-1")).netloc
            if origin != headers.get(b"host", b"").decode("latin-1"):
                msg = "a socket is opened from our own pages only"
                raise PermissionDeniedException(msg)
        elif method not in SAFE_METHODS:
            given = headers.get(b"x-csrf-token", b"").decode("latin-1")
            if not compare_digest(given.encode(), identity.csrf.encode()):
                msg = "the header X-CSRF-Token is missing or not this session's; reload the page"
                raise PermissionDeniedException(msg)

    def _note(self, scope: Scope, identity: Identity | None, method: str, status: int) -> None:
        detail: dict[str, Any] = scope.get("state", {}).get("audit", {})
        self._audit.note(
            actor=identity.user.name if identity is not None else str(detail.pop("actor", "")),
            via=identity.via if identity is not None else "",
            action=method,
            target=scope["path"],
            outcome=status,
            detail=detail,
            address=client_address(scope),
        )


def client_address(scope: Scope) -> str:
    """The peer's address, as the socket tells it: a header can be forged."""
    client = scope.get("client")
    return client[0] if client else ""


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def identity_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Identity:
    """Who sends the request; raises 401 for nobody."""
    identity = connection.scope["user"]
    if identity is None:
        msg = "sign in first"
        raise NotAuthorizedException(msg)
    assert isinstance(identity, Identity)
    return identity


def needs(scope_name: str) -> Guard:
    """A route's guard: only for those who have the scope."""

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        if scope_name not in identity_of(connection).scopes:
            msg = f"this needs the right `{scope_name}`, which you do not have; ask an administrator"
            raise PermissionDeniedException(msg)

    guard.scope_name = scope_name  # type: ignore[attr-defined]  # for whoever lists which route needs what
    return guard


def note_detail(connection: ASGIConnection[Any, Any, Any, Any], **detail: object) -> None:
    """Say in the audit record what a request was about: ids and reasons, never names or numbers of people."""
    connection.scope["state"].setdefault("audit", {}).update(detail)


def _cookie(header: str) -> str | None:
    try:
        morsel = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel is not None else None

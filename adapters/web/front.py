"""Outermost: sees every answer, also to what no route knows; sets the headers, counts, and times.

An account's id has a slash in it, which a path carries as `%2F`. The server
hands paths over decoded, and a route would see two parts; so here such a slash
stays encoded, and `Security` decodes it where the route has been found.
"""

import time
from typing import Any
from urllib.parse import unquote

from litestar.types import ASGIApp, Receive, Scope, Send

from adapters.web.metrics import Metrics
from adapters.web.security import HEADERS

__all__ = ["Front"]

# What no route knows has one name, whatever was asked for: labels are few.
_NOWHERE = "none"
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def _keep_slashes(scope: Any) -> None:
    raw = scope.get("raw_path", b"").partition(b"?")[0]
    if b"%2f" in raw.lower():
        parts = (unquote(part.decode("latin-1")).replace("/", "%2F") for part in raw.split(b"/"))
        scope["path"] = "/".join(parts)


class Front:
    """Around the whole application."""

    def __init__(self, app: ASGIApp, metrics: Metrics, *, is_https: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._headers = dict(HEADERS)
        if is_https:
            self._headers[b"strict-transport-security"] = b"max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        began_s = time.perf_counter()
        _keep_slashes(scope)

        async def send_on(message: Any) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                message["headers"] = [*message.get("headers", ()), *self._headers.items()]
                if message["type"] == "http.response.start":
                    self._count(scope, message["status"], time.perf_counter() - began_s)
            await send(message)

        await self._app(scope, receive, send_on)

    def _count(self, scope: Any, status: int, seconds: float) -> None:
        route = scope.get("path_template") or _NOWHERE
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requested(method, route if status != 404 else _NOWHERE, status, seconds)

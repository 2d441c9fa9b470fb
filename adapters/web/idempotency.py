"""A request may be sent again without being done again: same `Idempotency-Key` and same body, same answer.

A program that lost the connection does not know whether its request was done.
The answer to a request with a key is kept for a day under who sent it, where
to, and the key; sent again it is answered from there and touches nothing. The
same key with another body is a mistake of the caller and is refused (422).

Requests that carry or answer a secret (a password, a token) take no key: their
bodies and answers are never written down.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import apsw
from litestar.enums import ScopeType
from litestar.exceptions import ClientException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from adapters.web.users import Identity

__all__ = ["HEADER", "KEPT_S", "Idempotency", "takes_key"]

HEADER = "Idempotency-Key"
KEPT_S = 86_400.0
_LONGEST_KEY = 200
_SECRET = ("/session", "/first-run", "/users", "/tokens", "/webhooks")
# Answers that say nothing about the request itself: sent again, it may be answered otherwise.
_PASSING = {401, 403, 413, 429}


def takes_key(path: str) -> bool:
    """Whether a POST to `path` of the API may carry a key."""
    rest = path.removeprefix("/api/v1")
    return not any(rest == one or rest.startswith(f"{one}/") for one in _SECRET)


class Idempotency(ASGIMiddleware):
    """Behind `Security`, so that the sender is known."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, connection: apsw.Connection, now: Callable[[], float], most_bytes: int) -> None:
        self._db = connection
        self._now = now
        self._most_bytes = most_bytes
        self._under_way: set[str] = set()

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass on what is new; answer again what is not."""
        identity = scope.get("user")
        given = dict(scope["headers"]).get(HEADER.lower().encode())
        if given is None or scope["method"] != "POST" or not isinstance(identity, Identity):  # type: ignore[typeddict-item]
            await next_app(scope, receive, send)
            return
        key = self._key(given, scope, identity)
        body = await _read(receive, self._most_bytes)
        if body is None:
            return  # the sender has gone
        request_hash = hashlib.sha256(body).digest()
        if (known := self._answer(key, request_hash)) is not None:
            await _answer_again(send, *known)
            return
        if key in self._under_way:
            msg = "a request with this key is under way"
            raise ClientException(msg, status_code=409)
        self._under_way.add(key)
        try:
            await next_app(scope, _again(body, receive), self._keeping(send, key, request_hash))
        finally:
            self._under_way.discard(key)

    def _key(self, given: bytes, scope: Scope, identity: Identity) -> str:
        text = given.decode("latin-1")
        if not 1 <= len(text) <= _LONGEST_KEY or not text.isprintable():
            msg = f"`{HEADER}` has 1 to {_LONGEST_KEY} printable characters"
            raise ClientException(msg)
        if not takes_key(scope["path"]):
            msg = f"this request carries a secret, so its answer is not kept: send it without `{HEADER}`"
            raise ClientException(msg)
        return "\n".join((identity.user.name, identity.via, scope["path"], text))

    def _answer(self, key: str, request_hash: bytes) -> tuple[int, str, bytes] | None:
        row = self._db.execute(
            "select request_hash, status, kind, body from answer where key=? and at > ?", (key, self._now() - KEPT_S)
        ).fetchone()
        if row is None:
            return None
        if row[0] != request_hash:
            msg = "this key was used for another request; take a new one"
            raise ClientException(msg, status_code=422)
        return row[1], row[2], row[3]

    def _keeping(self, send: Send, key: str, request_hash: bytes) -> Send:
        status, kind, parts = 0, "", bytearray()

        async def send_on(message: Message) -> None:
            nonlocal status, kind
            if message["type"] == "http.response.start":
                status = message["status"]
                kind = dict(message["headers"]).get(b"content-type", b"").decode("latin-1")
            elif message["type"] == "http.response.body":
                parts.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    self._keep(key, request_hash, status, kind, bytes(parts))
            await send(message)

        return send_on

    def _keep(self, key: str, request_hash: bytes, status: int, kind: str, body: bytes) -> None:
        if status >= 500 or status in _PASSING:
            return
        now = self._now()
        with self._db:
            self._db.execute("delete from answer where at < ?", (now - KEPT_S,))
            self._db.execute(
                "insert or replace into answer values (?, ?, ?, ?, ?, ?)", (key, now, request_hash, status, kind, body)
            )


async def _read(receive: Receive, most_bytes: int) -> bytes | None:
    parts = bytearray()
    while True:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.extend(message.get("body", b""))
        if len(parts) > most_bytes:
            msg = f"a request with `{HEADER}` has at most {most_bytes:,} bytes"
            raise ClientException(msg, status_code=413)
        if not message.get("more_body", False):
            return bytes(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was read already, then whatever comes behind it."""
    is_given = False

    async def receive_again() -> Any:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


async def _answer_again(send: Send, status: int, kind: str, body: bytes) -> None:
    headers = [(b"content-length", str(len(body)).encode()), (b"idempotent-replay", b"true")]
    if kind:
        headers.append((b"content-type", kind.encode("latin-1")))
    if status == 204:
        headers = headers[1:]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})

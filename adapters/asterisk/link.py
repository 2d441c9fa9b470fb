"""One connection to Asterisk: requests out, replies and events in, and the certainty that somebody is there.

Theory of operation. Requests are queued without waiting and written by one task,
so whoever is cancelled never leaves half a frame behind; what has gathered goes
out in one write. A connection on which nothing arrives is asked for a pong; one
that stays silent is lost, whatever TCP says of it.
"""

import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import trio
from attrs import define, field

from adapters.asterisk.protocol import AriProtocol, Event, Message, Opened, ProtocolFaultError, Replaced, Reply
from adapters.asterisk.settings import ServerSettings
from dialer.ports import PeerError

__all__ = ["AriLink", "LinkLostError", "open_link"]

# So many pings unheard, and the connection is lost.
_DEAF_PINGS = 4
# Opening takes a round trip or three; who needs longer than this is not there.
_OPEN_S = 5.0
# A reply takes a millisecond; Asterisk under load took most of a second.
_REPLY_S = 10.0


class LinkLostError(PeerError):
    """The connection to Asterisk is gone; what was asked last may or may not have been done."""


@define(eq=False)
class AriLink:
    """An open connection. Lives inside `open_link`."""

    _stream: trio.abc.Stream
    _protocol: AriProtocol
    _hear: Callable[[Event, float], None]
    _ping_s: float
    _waiting: dict[str, Callable[[Reply | None], None]] = field(factory=dict)
    _unsent: bytearray = field(factory=bytearray)
    _has_work: trio.Event = field(factory=trio.Event)
    _opened: trio.Event = field(factory=trio.Event)
    _heard_mono: float = 0.0
    gone: trio.Event = field(factory=trio.Event)
    lost: Exception | None = None

    def post(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Mapping[str, object] | None = None,
        on_reply: Callable[[Reply | None], None] | None = None,
    ) -> None:
        """Ask without waiting; `on_reply` hears the reply, or None when the connection was lost before it."""
        if self.lost is not None:
            if on_reply is not None:
                on_reply(None)
            return
        request_id, data = self._protocol.request(method, path, query, body)
        if on_reply is not None:
            self._waiting[request_id] = on_reply
        self._send(data)

    async def request(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Mapping[str, object] | None = None
    ) -> Reply:
        """Ask, and wait for the reply. Raises `LinkLostError`."""
        done, got = trio.Event(), list[Reply | None]()

        def take(reply: Reply | None) -> None:
            got.append(reply)
            done.set()

        self.post(method, path, query or {}, body, take)
        with trio.move_on_after(_REPLY_S):
            await done.wait()
        if not got or got[0] is None:
            msg = f"no reply to {method} {path.partition('/')[0]}"
            raise LinkLostError(msg) from self.lost
        return got[0]

    async def wait_open(self) -> None:
        """Block until requests may be sent."""
        await self._opened.wait()
        if self.lost is not None:
            raise self.lost

    async def run(self) -> None:
        """Carry messages until the connection is lost; then `lost` says why."""
        self._heard_mono = trio.current_time()
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write)
                nursery.start_soon(self._listen_for_life)
                await self._read()
        except* (trio.BrokenResourceError, trio.ClosedResourceError, ssl.SSLError) as group:
            self.lost = LinkLostError(f"the connection to asterisk broke ({_first(group)})")
        except* PeerError as group:
            self.lost = _first(group)
        finally:
            if self.lost is None:
                self.lost = LinkLostError("the connection to asterisk was closed")
            self._opened.set()
            self.gone.set()
            waiting, self._waiting = self._waiting, {}
            for on_reply in waiting.values():
                on_reply(None)

    async def _read(self) -> None:
        while True:
            data = await self._stream.receive_some(1 << 16)
            now = self._heard_mono = trio.current_time()
            if not data:
                raise LinkLostError("asterisk closed the connection")
            for message in self._protocol.receive(bytes(data)):
                self._take(message, now)

    def _take(self, message: Message | bytes, now: float) -> None:
        if isinstance(message, bytes):
            self._send(message)
        elif isinstance(message, Reply):
            on_reply = self._waiting.pop(message.request_id, None)
            if on_reply is not None:
                on_reply(message)
        elif isinstance(message, Opened):
            self._opened.set()
        elif isinstance(message, Replaced):
            raise LinkLostError("another dialer took over our application; give each its own `app`")
        else:
            self._hear(message, now)

    async def _write(self) -> None:
        await self._stream.send_all(self._protocol.opening)
        while True:
            await self._has_work.wait()
            data, self._unsent = self._unsent, bytearray()
            self._has_work = trio.Event()
            await self._stream.send_all(data)

    def _send(self, data: bytes) -> None:
        self._unsent += data
        self._has_work.set()

    async def _listen_for_life(self) -> None:
        while True:
            await trio.sleep(self._ping_s)
            silent_s = trio.current_time() - self._heard_mono
            if silent_s > _DEAF_PINGS * self._ping_s:
                msg = f"asterisk has been silent for {silent_s:.1f} s"
                raise LinkLostError(msg)
            if silent_s >= self._ping_s and self._opened.is_set():
                self._send(self._protocol.ping())


def _first(group: BaseExceptionGroup[BaseException]) -> Exception:
    error = group.exceptions[0]
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, Exception)
    return error


@asynccontextmanager
async def open_link(
    server: ServerSettings, secret: str, hear: Callable[[Event, float], None]
) -> AsyncIterator[AriLink]:
    """A connection over which requests may be sent. Raises `OSError`, `PeerError`."""
    parts = urlsplit(server.url)
    assert parts.hostname is not None
    is_secure = parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)
    with trio.fail_after(_OPEN_S):
        tcp: trio.abc.Stream = await trio.open_tcp_stream(parts.hostname, port)
    if is_secure:
        tcp = trio.SSLStream(tcp, ssl.create_default_context(), server_hostname=parts.hostname, https_compatible=True)
    protocol = AriProtocol(f"{parts.hostname}:{port}", parts.path, server.app, server.user, secret)
    link = AriLink(tcp, protocol, hear, server.ping_s)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(link.run)
            with trio.move_on_after(_OPEN_S) as limit:
                await link.wait_open()
            if limit.cancelled_caught:
                raise ProtocolFaultError("asterisk does not answer; is ARI enabled in ari.conf and http.conf?")
            yield link
            nursery.cancel_scope.cancel()
    finally:
        await trio.aclose_forcefully(tcp)

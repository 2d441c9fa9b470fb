"""One connection to FreeSWITCH: commands out, replies and events in, and the certainty that somebody is there.

Theory of operation. Commands are queued without waiting and written by one task,
so whoever is cancelled never leaves half a command behind. Replies come in the
order of the commands, so the oldest waiter gets the next one, also when it has
stopped waiting. A connection on which nothing arrives is asked a question; one
that stays silent is lost, whatever TCP says of it.
"""

from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import trio
from attrs import define, field

from adapters.freeswitch.protocol import (
    EVENTS,
    AuthAsked,
    Disconnected,
    EslParser,
    Event,
    Message,
    ProtocolFaultError,
    Refused,
    Reply,
    command,
)
from adapters.freeswitch.settings import ServerSettings
from dialer.ports import PeerError

__all__ = ["EslLink", "LinkLostError", "open_link"]

OnReply = Callable[[Reply | None], None]

# So many questions unheard, and the connection is lost.
_DEAF_PINGS = 4
# Opening takes three round trips; who needs longer than this is not there.
_OPEN_S = 5.0
# A reply takes a millisecond; the list of a thousand channels some tens.
_REPLY_S = 10.0


class LinkLostError(PeerError):
    """The connection to FreeSWITCH is gone; what was asked last may or may not have been done."""


def _ignore(_: Reply | None) -> None:
    pass


@define(eq=False)
class EslLink:
    """An open connection. Lives inside `open_link`."""

    _stream: trio.abc.Stream
    _settings: ServerSettings
    _secret: str = field(repr=False)
    _hear: Callable[[Event, float], None]
    _parser: EslParser = field(factory=EslParser)
    _waiting: deque[OnReply] = field(factory=deque)
    _unsent: bytearray = field(factory=bytearray)
    _has_work: trio.Event = field(factory=trio.Event)
    _opened: trio.Event = field(factory=trio.Event)
    _heard_mono: float = 0.0
    gone: trio.Event = field(factory=trio.Event)
    lost: Exception | None = None

    def post(self, line: str, headers: Mapping[str, str] | None = None, on_reply: OnReply = _ignore) -> None:
        """Ask without waiting; `on_reply` hears the reply, or None when the connection was lost before it."""
        if self.lost is not None:
            on_reply(None)
            return
        self._unsent += command(line, headers)
        self._waiting.append(on_reply)
        self._has_work.set()

    async def request(self, line: str) -> Reply:
        """Ask, and wait for the reply. Raises `LinkLostError`."""
        done, got = trio.Event(), list[Reply | None]()

        def take(reply: Reply | None) -> None:
            got.append(reply)
            done.set()

        self.post(line, None, take)
        with trio.move_on_after(_REPLY_S):
            await done.wait()
        if not got or got[0] is None:
            msg = f"no reply to {' '.join(line.split()[:2])}"
            raise LinkLostError(msg) from self.lost
        return got[0]

    async def wait_open(self) -> None:
        """Block until commands may be sent."""
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
        except* (trio.BrokenResourceError, trio.ClosedResourceError) as group:
            self.lost = LinkLostError(f"the connection to freeswitch broke ({_first(group)})")
        except* PeerError as group:
            self.lost = _first(group)
        finally:
            if self.lost is None:
                self.lost = LinkLostError("the connection to freeswitch was closed")
            self._opened.set()
            self.gone.set()
            while self._waiting:
                self._waiting.popleft()(None)

    async def _read(self) -> None:
        while True:
            data = await self._stream.receive_some(1 << 16)
            now = self._heard_mono = trio.current_time()
            if not data:
                raise LinkLostError("freeswitch closed the connection")
            for message in self._parser.receive(bytes(data)):
                self._take(message, now)

    def _take(self, message: Message, now: float) -> None:
        if isinstance(message, Reply):
            if not self._waiting:
                raise ProtocolFaultError("freeswitch sent a reply that nobody asked for")
            self._waiting.popleft()(message)
        elif isinstance(message, AuthAsked):
            self._log_in()
        elif isinstance(message, Refused):
            raise ProtocolFaultError("freeswitch refuses this address; compare `apply-inbound-acl` of its event socket")
        elif isinstance(message, Disconnected):
            raise LinkLostError("freeswitch said goodbye")
        else:
            self._hear(message, now)

    def _log_in(self) -> None:
        user = self._settings.user
        self.post(f"userauth {user}:{self._secret}" if user else f"auth {self._secret}", None, self._on_logged_in)
        self.post(f"event plain {' '.join(EVENTS)}", None, self._on_subscribed)

    def _on_logged_in(self, reply: Reply | None) -> None:
        if reply is not None and not reply.is_ok:
            raise ProtocolFaultError("freeswitch refuses the secret; compare it with event_socket.conf.xml or the user")

    def _on_subscribed(self, reply: Reply | None) -> None:
        if reply is not None and not reply.is_ok:
            raise ProtocolFaultError("freeswitch refuses to send events; compare `esl-allowed-events` of the user")
        self._opened.set()

    async def _write(self) -> None:
        while True:
            await self._has_work.wait()
            data, self._unsent = self._unsent, bytearray()
            self._has_work = trio.Event()
            await self._stream.send_all(data)

    async def _listen_for_life(self) -> None:
        while True:
            await trio.sleep(self._settings.ping_s)
            silent_s = trio.current_time() - self._heard_mono
            if silent_s > _DEAF_PINGS * self._settings.ping_s:
                msg = f"freeswitch has been silent for {silent_s:.1f} s"
                raise LinkLostError(msg)
            if silent_s >= self._settings.ping_s and self._opened.is_set():
                self.post("api global_getvar core_uuid")


def _first(group: BaseExceptionGroup[BaseException]) -> Exception:
    error = group.exceptions[0]
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, Exception)
    return error


@asynccontextmanager
async def open_link(
    settings: ServerSettings, secret: str, hear: Callable[[Event, float], None]
) -> AsyncIterator[EslLink]:
    """A connection over which commands may be sent. Raises `OSError`, `PeerError`."""
    with trio.fail_after(_OPEN_S):
        tcp = await trio.open_tcp_stream(settings.host, settings.port)
    link = EslLink(tcp, settings, secret, hear)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(link.run)
            with trio.move_on_after(_OPEN_S) as limit:
                await link.wait_open()
            if limit.cancelled_caught:
                raise ProtocolFaultError("freeswitch does not answer; is that the port of its event socket?")
            yield link
            nursery.cancel_scope.cancel()
    finally:
        await trio.aclose_forcefully(tcp)

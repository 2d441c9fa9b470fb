"""One Asterisk: its connection, kept; its channels, told apart into ours, lost and left over.

Theory of operation. Whoever opens a channel listens for it under an id of their
own choice. A lost connection does not end a call: listeners live on for `grace_s`
while the connection is made again, and then the list of channels decides. What
is listed but not listened for is hung up; what is listened for but not listed is
gone. An Asterisk that was started anew has none of the old channels, and an
address that refuses connections has no Asterisk: then nobody waits.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import structlog
import trio
from attrs import define, field

from adapters.asterisk.link import AriLink, LinkLostError, open_link
from adapters.asterisk.protocol import UNWANTED_EVENTS, Event, PlaybackOver, ProtocolFaultError, RecordingOver, Reply
from adapters.asterisk.settings import ServerSettings
from dialer.ports import PeerError

__all__ = ["AsteriskServer", "Listener", "running"]

log = structlog.get_logger()

# A clean stop hangs up what is left; longer than this, and Asterisk is not there to hear it.
_GOODBYE_S = 2.0


class Listener(Protocol):
    """Whoever has a channel, or plays or records something."""

    def on_event(self, event: Event, mono: float) -> None:
        """Something happened. Must not wait."""
        ...

    def on_found(self, state: str) -> None:
        """After a lost connection the channel is still there, in Asterisk's `state`."""
        ...

    def on_lost(self) -> None:
        """The channel is out of our hands: gone, or beyond reach for too long."""
        ...


@define(eq=False)
class AsteriskServer:
    """One Asterisk. `run` keeps it connected."""

    settings: ServerSettings
    _secret: str = field(repr=False)
    _link: AriLink | None = None
    _listeners: dict[str, Listener] = field(factory=dict)
    _started_at: str = ""
    _event_mono: float = 0.0
    _grace: trio.CancelScope = field(factory=trio.CancelScope)
    _up: trio.Event = field(factory=trio.Event)
    left_over: dict[str, str] | None = None
    """What an earlier process left on the line: channel ids and their states. None until it is known."""
    bridges: set[str] = field(factory=set)
    """Ids of the bridges that are in use."""
    connect_count: int = 0
    fault: str = "not yet connected"
    """Why it is not connected, in words."""

    @property
    def is_up(self) -> bool:
        """Whether Asterisk can be asked for something now."""
        return self._link is not None and self._link.lost is None

    def channel_id(self, call_id: str) -> str:
        """The channel of an attempt. It names our application, so that what is left over is known as ours.

        The last dot matters: Asterisk refuses an id with which the id of a living channel begins, so that
        `a-1` could not be called while `a-10` is.
        """
        return f"{self.settings.app}.{call_id}."

    def listen(self, key: str, listener: Listener) -> None:
        """Hear of a channel, a playback or a recording from now on."""
        self._listeners[key] = listener

    def forget(self, key: str) -> None:
        """Hear no more of it."""
        self._listeners.pop(key, None)

    def post(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Mapping[str, object] | None = None,
        on_reply: Callable[[Reply | None], None] | None = None,
    ) -> None:
        """Ask without waiting; `on_reply` hears None when that could not be done or its reply was lost."""
        if self._link is not None:
            self._link.post(method, path, query, body, on_reply)
        elif on_reply is not None:
            on_reply(None)

    async def request(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Mapping[str, object] | None = None
    ) -> Reply:
        """Ask and wait for the reply. Raises `LinkLostError`."""
        if self._link is None:
            msg = f"asterisk is not connected: {self.fault}"
            raise LinkLostError(msg)
        return await self._link.request(method, path, query, body)

    def hang_up(self, channel_id: str) -> None:
        """End a channel; one that is beyond reach is ended when Asterisk is found again."""
        self.post("DELETE", f"channels/{channel_id}", {"reason_code": "16"})

    async def wait_up(self) -> None:
        """Block until Asterisk is connected."""
        while not self.is_up:
            await self._up.wait()

    async def run(self) -> None:
        """Connect, and connect again whenever the connection is lost."""
        pause_s = self.settings.retry_s
        async with trio.open_nursery() as nursery:
            while True:
                before = self.connect_count
                await self._hold()
                if self.connect_count > before:
                    pause_s = self.settings.retry_s
                    nursery.start_soon(self._wait_out_grace)
                await trio.sleep(pause_s)
                pause_s = min(2 * pause_s, self.settings.max_retry_s)

    async def close(self) -> None:
        """Hang up everything that is still ours, and see it said."""
        link = self._link
        if link is not None:
            for channel_id in [key for key in self._listeners if self._is_ours(key)]:
                self.hang_up(channel_id)
            for bridge_id in self.bridges:
                self.post("DELETE", f"bridges/{bridge_id}", {})
            with suppress(LinkLostError):  # its reply comes when all of that has been done
                await link.request("GET", "asterisk/ping")

    async def _hold(self) -> None:
        """One connection, from its opening to its loss."""
        try:
            async with open_link(self.settings, self._secret, self._hear) as link:
                await self._take_stock(link)
                self._link, self.fault = link, ""
                self.connect_count += 1
                self._grace.cancel()
                self._up.set()
                log.info("asterisk_connected", url=self.settings.url, connect_count=self.connect_count)
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._listen_for_echoes, link)
                    await link.gone.wait()
                    nursery.cancel_scope.cancel()
                self.fault = str(link.lost)
        except* (OSError, PeerError, trio.TooSlowError) as group:
            error = _innermost(group)
            self.fault = _in_words(error, self.settings)
            if _is_refusal(error):
                self._lose_all()  # there is no process, so there are no channels
        if self._link is not None:
            log.warning("asterisk_lost", url=self.settings.url, reason=self.fault)
        self._link = None
        if self._up.is_set():
            self._up = trio.Event()

    async def _listen_for_echoes(self, link: AriLink) -> None:
        """Find out when Asterisk answers but sends no events any more.

        So it is after an older connection of ours, given up long ago, came through late and was closed: it
        takes the application along. Pings and replies go on, and every answer would be missed.
        """
        pause_s = 2 * self.settings.ping_s
        while True:
            await trio.sleep(pause_s)
            asked_mono = trio.current_time()
            if asked_mono - self._event_mono < pause_s:
                continue
            reply = await link.request("POST", "events/user/echo", {"application": self.settings.app})
            await trio.sleep(self.settings.ping_s)
            if not reply.is_ok or self._event_mono < asked_mono:
                raise LinkLostError("asterisk answers, but sends no events")

    async def _wait_out_grace(self) -> None:
        with trio.CancelScope() as self._grace:
            await trio.sleep(self.settings.grace_s)
            self._lose_all()

    def _lose_all(self) -> None:
        for listener in list(self._listeners.values()):
            listener.on_lost()

    async def _take_stock(self, link: AriLink) -> None:
        """What is on the line, against what we know of."""
        status: Any = await _ask(link, "GET", "asterisk/info", {"only": "status"})
        started_at = str(status["status"]["startup_time"])
        if self._started_at not in ("", started_at):
            self._lose_all()
        self._started_at = started_at
        unwanted = {"disallowed": [{"type": one} for one in UNWANTED_EVENTS]}
        await _ask(link, "PUT", f"applications/{self.settings.app}/eventFilter", {}, unwanted)
        listed: Any = await _ask(link, "GET", "channels", {})
        ours = {one["id"]: one["state"] for one in listed if self._is_ours(one["id"])}
        strays = {key: state for key, state in ours.items() if key not in self._listeners}
        if self.left_over is None:
            self.left_over = strays
        for channel_id in strays:
            link.post("DELETE", f"channels/{channel_id}", {"reason_code": "16"})
        for key, listener in list(self._listeners.items()):
            if key in ours:
                listener.on_found(ours[key])
            elif self._is_ours(key):
                listener.on_lost()
        bridges: Any = await _ask(link, "GET", "bridges", {})
        for bridge_id in {one["id"] for one in bridges if self._is_ours(one["id"])} - self.bridges:
            link.post("DELETE", f"bridges/{bridge_id}", {})
        if strays:
            log.warning("channels_hung_up", url=self.settings.url, count=len(strays))

    def _is_ours(self, key: str) -> bool:
        return key.startswith(f"{self.settings.app}.")

    def _hear(self, event: Event, mono: float) -> None:
        self._event_mono = mono
        key = event.playback_id if isinstance(event, PlaybackOver) else ""
        key = event.name if isinstance(event, RecordingOver) else key or getattr(event, "channel_id", "")
        listener = self._listeners.get(key)
        if listener is not None:
            listener.on_event(event, mono)


@asynccontextmanager
async def running(*servers: AsteriskServer) -> AsyncIterator[None]:
    """Keeps servers connected while the block runs; hangs up what is left when it is over, however it ends."""
    async with trio.open_nursery() as nursery:
        scopes = []
        for server in servers:
            scopes.append(scope := trio.CancelScope(shield=True))
            nursery.start_soon(_keep, server, scope)
        try:
            yield
        finally:
            with trio.CancelScope(deadline=trio.current_time() + _GOODBYE_S, shield=True):
                for server in servers:
                    await server.close()
            for scope in scopes:
                scope.cancel()


async def _keep(server: AsteriskServer, scope: trio.CancelScope) -> None:
    with scope:  # shielded: the connection outlives what is cancelled around it, so that goodbyes are heard
        await server.run()


async def _ask(
    link: AriLink, method: str, path: str, query: Mapping[str, str], body: Mapping[str, object] | None = None
) -> object:
    reply = await link.request(method, path, query, body)
    if not reply.is_ok:
        msg = f"asterisk answered {reply.status} to {method} {path}; is `{path.partition('/')[0]}` of ARI loaded?"
        raise ProtocolFaultError(msg)
    return reply.body


def _innermost(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error = group.exceptions[0]
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _is_refusal(error: BaseException | None) -> bool:
    """Whether the machine is there and says that no program listens; trio tells it as a cause."""
    while error is not None:
        if isinstance(error, ConnectionRefusedError):
            return True
        if isinstance(error, BaseExceptionGroup):
            return all(_is_refusal(one) for one in error.exceptions)
        error = error.__cause__
    return False


def _in_words(error: BaseException, settings: ServerSettings) -> str:
    if isinstance(error, trio.TooSlowError):
        return f"nothing answers at {settings.url}; check the address and the firewall"
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        return f"no connection to {settings.url} ({reason}); is Asterisk running, and its web server enabled?"
    return str(error)

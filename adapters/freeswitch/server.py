"""One FreeSWITCH: its connection, kept; its channels, told apart into ours, lost and left over.

Theory of operation. Whoever opens a channel chooses its id and listens for it. A
lost connection does not end a call: listeners live on for `grace_s` while the
connection is made again, and then each channel is asked after. What nobody
listens for is hung up, also when it turns up later: a call is placed in the
background, so that the order to hang up can overtake the one to call. A
FreeSWITCH that was started anew has none of the old channels, and an address
that refuses connections has no FreeSWITCH: then nobody waits.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import structlog
import trio
from attrs import define, field

from adapters.freeswitch.link import EslLink, LinkLostError, OnReply, open_link
from adapters.freeswitch.protocol import Answered, Created, Event, HungUp, ProtocolFaultError, Reply, Ringing
from adapters.freeswitch.settings import ServerSettings
from dialer.ports import PeerError

__all__ = ["FreeswitchServer", "Listener", "running"]

log = structlog.get_logger()

# A clean stop hangs up what is left; longer than this, and FreeSWITCH is not there to hear it.
_GOODBYE_S = 2.0


class Listener(Protocol):
    """Whoever has a channel."""

    def on_event(self, event: Event, mono: float) -> None:
        """Something happened. Must not wait."""
        ...

    def on_found(self, is_answered: bool) -> None:
        """After a lost connection the channel is still there."""
        ...

    def on_lost(self) -> None:
        """The channel is out of our hands: gone, or beyond reach for too long."""
        ...


def _ignore(_: Reply | None) -> None:
    pass


@define(eq=False)
class FreeswitchServer:
    """One FreeSWITCH. `run` keeps it connected."""

    settings: ServerSettings
    _secret: str = field(repr=False)
    _link: EslLink | None = None
    _listeners: dict[str, Listener] = field(factory=dict)
    _core_id: str = ""
    _grace: trio.CancelScope = field(factory=trio.CancelScope)
    _up: trio.Event = field(factory=trio.Event)
    left_over: dict[str, bool] | None = None
    """What an earlier process left on the line: ids of channels, and whether they were answered. None until known."""
    connect_count: int = 0
    fault: str = "not yet connected"
    """Why it is not connected, in words."""

    @property
    def is_up(self) -> bool:
        """Whether FreeSWITCH can be asked for something now."""
        return self._link is not None and self._link.lost is None

    def channel_id(self, call_id: str) -> str:
        """The channel of an attempt. It names our application, so that what is left over is known as ours."""
        return f"{self.settings.app}.{call_id}"

    def listen(self, channel_id: str, listener: Listener) -> None:
        """Hear of a channel from now on."""
        self._listeners[channel_id] = listener

    def forget(self, channel_id: str) -> None:
        """Hear no more of it."""
        self._listeners.pop(channel_id, None)

    def post(self, line: str, headers: Mapping[str, str] | None = None, on_reply: OnReply = _ignore) -> None:
        """Ask without waiting; `on_reply` hears None when that could not be done or its reply was lost."""
        if self._link is not None:
            self._link.post(line, headers, on_reply)
        else:
            on_reply(None)

    async def request(self, line: str) -> Reply:
        """Ask and wait for the reply. Raises `LinkLostError`."""
        if self._link is None:
            msg = f"freeswitch is not connected: {self.fault}"
            raise LinkLostError(msg)
        return await self._link.request(line)

    def execute(self, channel_id: str, application: str, argument: str) -> None:
        """Run an application on a channel that is parked; its end comes as an event."""
        headers = {"call-command": "execute", "execute-app-name": application, "execute-app-arg": argument}
        self.post(f"sendmsg {channel_id}", headers)

    def hang_up(self, channel_id: str) -> None:
        """End a channel; one that is beyond reach is ended when FreeSWITCH is found again."""
        self.post(f"api uuid_kill {channel_id} NORMAL_CLEARING")

    async def wait_up(self) -> None:
        """Block until FreeSWITCH is connected."""
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
            for channel_id in list(self._listeners):
                self.hang_up(channel_id)
            with suppress(LinkLostError):  # its reply comes when all of that has been done
                await link.request("api global_getvar core_uuid")

    async def _hold(self) -> None:
        """One connection, from its opening to its loss."""
        try:
            async with open_link(self.settings, self._secret, self._hear) as link:
                await self._take_stock(link)
                self._link, self.fault = link, ""
                self.connect_count += 1
                self._grace.cancel()
                self._up.set()
                log.info("freeswitch_connected", address=self.settings.address, connect_count=self.connect_count)
                await link.gone.wait()
                self.fault = str(link.lost)
        except* (OSError, PeerError, trio.TooSlowError) as group:
            error = _innermost(group)
            self.fault = _in_words(error, self.settings)
            if _is_refusal(error):
                self._lose_all()  # there is no process, so there are no channels
        if self._link is not None:
            log.warning("freeswitch_lost", address=self.settings.address, reason=self.fault)
        self._link = None
        if self._up.is_set():
            self._up = trio.Event()

    async def _wait_out_grace(self) -> None:
        with trio.CancelScope() as self._grace:
            await trio.sleep(self.settings.grace_s)
            self._lose_all()

    def _lose_all(self) -> None:
        for listener in list(self._listeners.values()):
            listener.on_lost()

    async def _take_stock(self, link: EslLink) -> None:
        """What is on the line, against what we know of."""
        core_id = (await _ask(link, "global_getvar core_uuid")).strip()
        if self._core_id not in ("", core_id):
            self._lose_all()
        self._core_id = core_id
        listed = _channel_ids(await _ask(link, "show channels as json"))
        strays = {one for one in listed if self._is_ours(one) and one not in self._listeners}
        if self.left_over is None:
            states = {one: await _state(link, one) for one in sorted(strays)}
            self.left_over = {one: state for one, state in states.items() if state is not None}
        for channel_id in strays:
            link.post(f"api uuid_kill {channel_id} NORMAL_CLEARING")
        # The list is written with a delay; whoever is listened for is asked after one by one.
        for channel_id, listener in list(self._listeners.items()):
            is_answered = await _state(link, channel_id)
            if is_answered is None:
                listener.on_lost()
            else:
                listener.on_found(is_answered)
        if self.connect_count == 0:  # nothing can be wanted yet, so what the list does not hold goes as well
            await _ask(link, f"hupall NORMAL_CLEARING paceline_app {self.settings.app}")
        if strays:
            log.warning("channels_hung_up", address=self.settings.address, count=len(strays))

    def _is_ours(self, channel_id: str) -> bool:
        return channel_id.startswith(f"{self.settings.app}.")

    def _hear(self, event: Event, mono: float) -> None:
        listener = self._listeners.get(event.channel_id)
        if listener is not None:
            listener.on_event(event, mono)
            if isinstance(event, HungUp):
                self.forget(event.channel_id)
        elif isinstance(event, Created | Ringing | Answered) and self._is_ours(event.channel_id):
            self.hang_up(event.channel_id)  # it was taken back before it was there


@asynccontextmanager
async def running(*servers: FreeswitchServer) -> AsyncIterator[None]:
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


async def _keep(server: FreeswitchServer, scope: trio.CancelScope) -> None:
    with scope:  # shielded: the connection outlives what is cancelled around it, so that goodbyes are heard
        await server.run()


async def _ask(link: EslLink, line: str) -> str:
    reply = await link.request(f"api {line}")
    if not reply.is_ok:
        what = line.partition(" ")[0]
        msg = f"freeswitch answered `{reply.text[:80]}` to {what}; is it among `esl-allowed-api` of the user?"
        raise ProtocolFaultError(msg)
    return reply.text


async def _state(link: EslLink, channel_id: str) -> bool | None:
    """Whether a channel was answered; None when there is none."""
    reply = await link.request(f"api uuid_dump {channel_id}")
    if not reply.is_ok:
        return None
    return "\nAnswer-State: answered" in f"\n{reply.text}"


def _channel_ids(text: str) -> list[str]:
    try:
        found: Any = json.loads(text)
        return [str(one["uuid"]) for one in found.get("rows", ())]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProtocolFaultError("freeswitch sent a list of channels that cannot be read") from error


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
        return f"nothing answers at {settings.address}; check the address and the firewall"
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        return f"no connection to {settings.address} ({reason}); is FreeSWITCH running, with mod_event_socket?"
    return str(error)

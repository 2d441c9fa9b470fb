"""Phones beside the pages of agents: called when somebody sits down, kept on the line, bridged with persons.

Theory of operation. Only phones that the operator lists are called, so that a
page is no way to call anywhere. An agent's phone is nailed up on every Asterisk
as in `phones.py`; a talk is what lasts while a person is in its bridge. A
supervisor's phone is called for one talk and let go when it is over.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
import trio
from attrs import define, field

from adapters.asterisk.oversight import Listening, listening, recording, transfer
from adapters.asterisk.phones import PhoneLine
from adapters.asterisk.server import AsteriskServer
from adapters.asterisk.trunk import AsteriskLeg
from adapters.switches.floor import FloorSettings
from dialer.ports import CallCard, Leg, PeerError

__all__ = ["AsteriskStations"]

log = structlog.get_logger()


@define(eq=False)
class _PhoneTalk:
    """`dialer.stations.Talk` on a phone."""

    leg: AsteriskLeg
    line: PhoneLine
    name: str
    announcement: str
    endpoints: Mapping[str, str]
    stack: AsyncExitStack
    on: frozenset[str] = frozenset()
    _recording: AsyncExitStack | None = None

    @property
    def abilities(self) -> frozenset[str]:
        """Nobody is recorded without being told, so recording needs an announcement."""
        return frozenset({"hold", "mute"} | ({"record"} if self.announcement else set()))

    @property
    def targets(self) -> tuple[str, ...]:
        """Whom the person can be handed on to."""
        return tuple(self.endpoints)

    async def wait_over(self) -> None:
        """Block until the agent ends the talk at the phone."""
        await self.line.wait_over()

    async def turn(self, ability: str, *, is_on: bool) -> None:
        """Turn one of the abilities on or off."""
        if is_on == (ability in self.on):
            return
        match ability:
            case "hold":
                await self._hold(is_on=is_on)
            case "mute":
                method, path = "POST" if is_on else "DELETE", f"channels/{self.line.channel_id}/mute"
                await self._ask(method, path, {"direction": "in"})
            case "record" if self.announcement:
                await self._record(is_on=is_on)
            case _:
                raise PeerError(f"`{ability}` cannot be turned here")
        self.on = self.on | {ability} if is_on else self.on - {ability}

    async def transfer(self, target: str) -> None:
        """Hand the person on; the agent hears nothing more of it."""
        if target not in self.endpoints:
            raise PeerError(f"there is no `{target}` to hand over to; there are {', '.join(self.endpoints) or 'none'}")
        if "hold" in self.on:
            await self._ask("DELETE", f"channels/{self.leg.channel_id}/moh", {})
        await transfer(self.leg, self.endpoints[target], self.line.caller_id)

    def clean_up(self) -> None:
        """What would last beyond the talk."""
        if "mute" in self.on:
            self.line.server.post("DELETE", f"channels/{self.line.channel_id}/mute", {"direction": "in"})

    async def _hold(self, *, is_on: bool) -> None:
        person, bridge = self.leg.channel_id, self.line.bridge_id
        if is_on:
            await self._ask("POST", f"bridges/{bridge}/removeChannel", {"channel": person})
            await self._ask("POST", f"channels/{person}/moh", {})
        else:
            await self._ask("DELETE", f"channels/{person}/moh", {})
            await self._ask("POST", f"bridges/{bridge}/addChannel", {"channel": person})

    async def _record(self, *, is_on: bool) -> None:
        if self._recording is not None:
            stack, self._recording = self._recording, None
            await stack.aclose()
        if is_on:
            self._recording = await self.stack.enter_async_context(AsyncExitStack())
            name = f"{self.name}-{round(trio.current_time())}"
            await self._recording.enter_async_context(recording(self.line, name, self.announcement))

    async def _ask(self, method: str, path: str, query: Mapping[str, str]) -> None:
        reply = await self.line.server.request(method, path, query)
        if not reply.is_ok:
            raise PeerError(f"asterisk answered {reply.status} to {method} {path.rpartition('/')[2]}")


@define(eq=False)
class _Seat:
    phone: str
    lines: dict[AsteriskServer, PhoneLine]
    scope: trio.CancelScope = field(factory=trio.CancelScope)
    talking: PhoneLine | None = None


@define(eq=False)
class AsteriskStations:
    """`dialer.stations.Stations` over one or several Asterisk."""

    servers: tuple[AsteriskServer, ...]
    floor: FloorSettings
    needs_phone: bool = True
    can_oversee: bool = True
    _seats: dict[str, _Seat] = field(factory=dict)
    _listeners: dict[str, tuple[str, str, trio.CancelScope]] = field(factory=dict)
    _count: int = 0
    _nursery: trio.Nursery | None = None

    async def run(self) -> None:
        """Keep phones on the line until cancelled."""
        async with trio.open_nursery() as self._nursery:
            await trio.sleep_forever()

    def sit(self, agent_id: str, phone: str, on_change: Callable[[], None]) -> None:
        """Call the agent's phone and keep it on the line. Raises `PeerError` for one that may not be used."""
        self.leave(agent_id)
        self._check(phone)
        if self._nursery is None:
            raise PeerError("phones are not called yet; try again in a moment")
        lines = {one: self._line(one, agent_id, phone) for one in self.servers}
        seat = self._seats[agent_id] = _Seat(phone, lines)
        for line in lines.values():
            line.on_change = on_change
        self._nursery.start_soon(self._keep, seat)

    def leave(self, agent_id: str) -> None:
        """Let the agent's phone go; without effect where there is none."""
        seat = self._seats.pop(agent_id, None)
        if seat is None:
            return
        seat.scope.cancel()
        for line in seat.lines.values():
            line.on_change = lambda: None
            line.hang_up()

    def is_ready(self, agent_id: str) -> bool:
        """Whether a person could be put through to the agent from every Asterisk that is up."""
        seat = self._seats.get(agent_id)
        lines = [line for server, line in seat.lines.items() if server.is_up] if seat is not None else []
        return bool(lines) and all(line.is_up for line in lines)

    @asynccontextmanager
    async def connect(self, leg: Leg, card: CallCard, agent_id: str) -> AsyncIterator[_PhoneTalk]:
        """Let a person and an agent hear each other while the block lasts."""
        seat = self._seats.get(agent_id)
        if seat is None or not isinstance(leg, AsteriskLeg):
            raise PeerError(f"{agent_id} has no phone to talk on")
        line = seat.lines[leg.server]
        floor = self.floor
        await line.put_through(leg)
        async with AsyncExitStack() as stack:
            talk = _PhoneTalk(leg, line, card.attempt_id, floor.record_announcement, floor.transfers, stack)
            seat.talking = line
            try:
                if floor.record:
                    await talk.turn("record", is_on=True)
                yield talk
            finally:
                seat.talking = None
                talk.clean_up()

    async def oversee(self, supervisor: str, agent_id: str, phone: str, how: str) -> None:
        """Call a supervisor's phone and let it take part in an agent's talk; returns when it does."""
        self._check(phone)
        seat = self._seats.get(agent_id)
        if seat is None or seat.talking is None:
            raise PeerError(f"{agent_id} is in no talk that can be heard")
        if self._nursery is None:
            raise PeerError("phones are not called yet; try again in a moment")
        self.end_oversight(supervisor)
        await self._nursery.start(self._take_part, supervisor, agent_id, seat.talking, phone, Listening(how))

    def end_oversight(self, supervisor: str) -> None:
        """Let the supervisor's phone go."""
        if supervisor in self._listeners:
            self._listeners.pop(supervisor)[2].cancel()

    def overseen_by(self, supervisor: str) -> tuple[str, str] | None:
        """Which agent, and how; None when the supervisor takes part in no talk."""
        found = self._listeners.get(supervisor)
        return found[:2] if found is not None else None

    async def _take_part(
        self,
        supervisor: str,
        agent_id: str,
        agent: PhoneLine,
        phone: str,
        how: Listening,
        task_status: trio.TaskStatus[None],
    ) -> None:
        boss = self._line(agent.server, supervisor, phone)
        has_begun = False
        try:
            await boss.call()
            async with listening(agent, boss, how):
                with trio.CancelScope() as scope:
                    self._listeners[supervisor] = (agent_id, how.value, scope)
                    has_begun = True
                    task_status.started()
                    await boss.wait_gone()
        except PeerError as error:
            if not has_begun:
                raise
            log.warning("oversight_broke_off", agent_id=agent_id, reason=str(error))
        finally:
            if has_begun and self._listeners.get(supervisor, ("", "", None))[2] is scope:
                del self._listeners[supervisor]
            boss.hang_up()

    async def _keep(self, seat: _Seat) -> None:
        with seat.scope:
            async with trio.open_nursery() as nursery:
                for line in seat.lines.values():
                    nursery.start_soon(line.keep)

    def _line(self, server: AsteriskServer, name: str, phone: str) -> PhoneLine:
        self._count += 1
        endpoint = self.floor.endpoint.format(phone=phone)
        # Somebody who sits down again has another channel: the old one may not be gone yet.
        name = f"{name}-{self._count}"
        return PhoneLine(server, name, endpoint, caller_id=self.floor.caller_id, end_key=self.floor.end_key)

    def _check(self, phone: str) -> None:
        if phone not in self.floor.web_phones:
            raise PeerError(f"`{phone}` is none of the phones listed for pages")
        taken = [name for name, seat in self._seats.items() if seat.phone == phone]
        if taken:
            raise PeerError(f"the phone {phone} is in use by {taken[0]}")

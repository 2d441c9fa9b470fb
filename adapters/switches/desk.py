"""An agent at a telephone: logged in while the phone is on the line, who says by key what became of a call."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Protocol

import trio
from attrs import define, field

from dialer.disposition import Disposition
from dialer.ports import AgentProfile, AgentReport, CallCard, Floor, Leg

__all__ = ["Line", "PhoneDesk", "keep_logged_in"]


class Line(Protocol):
    """One agent's phone on one switch."""

    on_change: Callable[[], None]

    @property
    def is_up(self) -> bool:
        """Whether a person could be put through now."""
        ...

    async def keep(self) -> None:
        """Have the phone on the line, and call it again whenever it goes."""
        ...

    async def wait_server(self) -> None:
        """For a phone that is called for each person: ready as soon as its switch is."""
        ...

    async def put_through(self, leg: Any) -> None:
        """Let a person and the agent hear each other."""
        ...

    async def wait_over(self) -> None:
        """Block until the agent ends the call."""
        ...

    async def wait_key(self) -> str:
        """Block until a key is pressed."""
        ...

    def hang_up(self) -> None:
        """Let the phone go."""
        ...


@define(eq=False)
class PhoneDesk:
    """An agent with a phone and no screen: keys say what became of a call, or `decide` does.

    `talk_s` ends each talk by itself: for trials and tests, where nobody is at the phone.
    """

    lines: Mapping[Any, Line]
    keys: Mapping[str, Disposition] = field(factory=dict)
    wrap_up_s: float = 30.0
    unsaid: Disposition = Disposition.RIGHT_PARTY
    """What a call counts as when no key was pressed in time."""
    talk_s: float | None = None
    decide: Callable[[CallCard], AgentReport] | None = None
    is_nailed_up: bool = True
    around_talk: Callable[[Any, CallCard], AbstractAsyncContextManager[None]] | None = None
    """What lasts as long as a talk does, such as its recording."""
    _line: Line | None = None

    @property
    def is_ready(self) -> bool:
        """Whether a person could be put through from every switch that is up."""
        lines = [line for server, line in self.lines.items() if server.is_up]
        return bool(lines) and (not self.is_nailed_up or all(line.is_up for line in lines))

    async def preview(self, card: CallCard) -> bool:
        """There is nothing to read on a phone."""
        return True

    async def converse(self, leg: Leg, card: CallCard) -> None:
        """Talk. Returns when the agent hangs up; cancelled when the person does."""
        server = getattr(leg, "server", None)
        if server not in self.lines:
            msg = f"an agent's phone needs a leg on a switch that it is called from, not {type(leg).__name__}"
            raise TypeError(msg)
        self._line = self.lines[server]
        with trio.CancelScope() as limit:
            if self.talk_s is not None:
                limit.deadline = trio.current_time() + self.talk_s
            try:
                await self._line.put_through(leg)
                async with self.around_talk(self._line, card) if self.around_talk is not None else nullcontext():
                    await self._line.wait_over()
            finally:
                if not self.is_nailed_up:
                    self._line.hang_up()

    async def wait_disposition(self, card: CallCard) -> AgentReport:
        """Wrap up: wait for a key, `wrap_up_s` at most."""
        if self.decide is not None:
            await trio.sleep(self.wrap_up_s)
            return self.decide(card)
        if self._line is None or not self._line.is_up:
            return AgentReport(Disposition.AGENT_LOST)
        with trio.move_on_after(self.wrap_up_s):
            while True:
                key = await self._line.wait_key()
                if key in self.keys:
                    return AgentReport(self.keys[key])
        return AgentReport(self.unsaid)


async def keep_logged_in(profile: AgentProfile, desk: PhoneDesk, floor: Floor) -> None:
    """The agent is logged in from the first time the phone is answered, and on a break while it is not on the line."""
    changed, is_in, is_away = trio.Event(), False, False

    def on_change() -> None:
        changed.set()

    async with trio.open_nursery() as nursery:
        for line in desk.lines.values():
            line.on_change = on_change
            nursery.start_soon(line.keep if desk.is_nailed_up else line.wait_server)
        while True:
            await changed.wait()
            changed = trio.Event()
            if desk.is_ready and not is_in:
                floor.log_in(profile, desk)
                is_in = True
            elif is_in and desk.is_ready is is_away:
                if is_away:
                    floor.end_break(profile.agent_id)
                else:
                    floor.start_break(profile.agent_id, "phone lost")
                is_away = not is_away

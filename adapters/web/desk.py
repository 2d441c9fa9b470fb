"""Where a person works: the server's side of one agent's page.

Theory of operation. The engine calls `preview`, `converse` and
`wait_disposition` as it does for every desk; each puts the call into its next
phase and blocks on an event. What the agent does on the page sets the events.
A page may come, go and come again in mid-call: it shows what stands here. A
page that stays away puts its agent on a break, so that nobody is connected to
an empty chair.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import Enum

import structlog
import trio
from attrs import define, field

from dialer.board import ConsoleError
from dialer.ports import AgentReport, CallCard, Leg, PeerError
from dialer.stations import Stations, Talk

__all__ = ["DeskCall", "Phase", "WebDesk"]

log = structlog.get_logger()


class Phase(Enum):
    """Where the call at a desk stands."""

    PREVIEW = "preview"
    TALK = "talk"
    WRAP_UP = "wrap_up"


@define(eq=False)
class DeskCall:
    """The call at a desk."""

    card: CallCard
    phase: Phase
    since_mono: float
    report: AgentReport | None = None
    is_wanted: bool | None = None
    """The answer to a preview."""
    is_by_hand: bool = False
    """Whether the agent asked for it."""
    talk: Talk | None = None
    """What can be done with the talk, while there is one."""
    hung_up: trio.Event = field(factory=trio.Event)
    answered: trio.Event = field(factory=trio.Event)
    reported: trio.Event = field(factory=trio.Event)


@define(eq=False)
class WebDesk:
    """`dialer.ports.AgentDesk` for one signed-in agent. `on_change` is called whenever the page has to look again."""

    agent_id: str
    on_change: Callable[[], None] = field(default=lambda: None)
    stations: Stations | None = None
    """Where the talk is heard; None where nothing is to be heard."""
    call: DeskCall | None = None
    missed: str = ""
    """What became of the last call by hand that nobody answered."""

    # What the engine does.

    async def preview(self, card: CallCard) -> bool:
        """Show the account; False when the agent skips it or does not answer in time."""
        call = self._next(card, Phase.PREVIEW)
        try:
            await call.answered.wait()
        finally:
            if call.is_wanted is not True:
                self._leave(call)
        return bool(call.is_wanted)

    async def converse(self, leg: Leg, card: CallCard) -> None:
        """Block until the agent hangs up; cancelled when the person does."""
        call = self._next(card, Phase.TALK)
        try:
            async with self._connected(leg, card) as call.talk, trio.open_nursery() as nursery:
                self.on_change()
                nursery.start_soon(self._hang_up_at_phone, call)
                await call.hung_up.wait()
                nursery.cancel_scope.cancel()
        except* PeerError as group:
            log.warning("talk_broke_off", agent_id=self.agent_id, reason=str(group.exceptions[0]))
        finally:
            call.phase, call.since_mono, call.talk = Phase.WRAP_UP, trio.current_time(), None
            self.on_change()

    async def wait_disposition(self, card: CallCard) -> AgentReport:
        """Block until the agent has said what became of the call."""
        call = self.call
        if call is None or call.card.attempt_id != card.attempt_id:
            call = self._next(card, Phase.WRAP_UP)  # the line went in the instant of the connection
        try:
            await call.reported.wait()
        finally:
            self._leave(call)
        assert call.report is not None
        return call.report

    def end_unanswered(self, attempt_id: str, disposition: str) -> None:
        """The call that the agent asked for came to nothing."""
        call = self.call
        if call is not None and call.is_by_hand and call.card.attempt_id == attempt_id and call.phase is Phase.PREVIEW:
            self.missed = disposition
            self._leave(call)

    # What the agent does.

    def expect(self, card: CallCard) -> None:
        """Show the account whose number is being dialed at the agent's own wish."""
        call = self._next(card, Phase.PREVIEW)
        call.is_wanted = call.is_by_hand = True

    def answer_preview(self, attempt_id: str, *, is_wanted: bool) -> None:
        """Take or skip the account shown."""
        call = self._at(attempt_id, Phase.PREVIEW)
        call.is_wanted = is_wanted
        call.answered.set()
        self.on_change()

    def hang_up(self, attempt_id: str) -> None:
        """End the talk."""
        self._at(attempt_id, Phase.TALK).hung_up.set()

    def say(self, attempt_id: str, report: AgentReport) -> None:
        """Say what became of the call; during the talk this ends it."""
        call = self._at(attempt_id, Phase.TALK, Phase.WRAP_UP)
        call.report = report
        call.hung_up.set()
        call.reported.set()

    async def turn(self, attempt_id: str, ability: str, *, is_on: bool) -> None:
        """Hold, mute or record the talk, or end that."""
        talk = self._talk(attempt_id)
        if ability not in talk.abilities:
            msg = f"this talk cannot be turned to `{ability}`; it has {', '.join(sorted(talk.abilities)) or 'nothing'}"
            raise ConsoleError(msg)
        try:
            await talk.turn(ability, is_on=is_on)
        except PeerError as error:
            raise ConsoleError(str(error)) from error
        self.on_change()

    async def transfer(self, attempt_id: str, target: str) -> None:
        """Hand the person on; the talk is over for this agent when somebody has taken over."""
        try:
            await self._talk(attempt_id).transfer(target)
        except PeerError as error:
            raise ConsoleError(str(error)) from error
        call = self.call
        if call is not None and call.card.attempt_id == attempt_id:
            call.hung_up.set()

    def card_of(self, attempt_id: str) -> CallCard:
        """The card of the call at hand."""
        return self._at(attempt_id, *Phase).card

    # How.

    @asynccontextmanager
    async def _connected(self, leg: Leg, card: CallCard) -> AsyncIterator[Talk | None]:
        if self.stations is None:
            yield None
            return
        async with self.stations.connect(leg, card, self.agent_id) as talk:
            yield talk

    async def _hang_up_at_phone(self, call: DeskCall) -> None:
        if call.talk is not None:
            await call.talk.wait_over()
            call.hung_up.set()

    def _talk(self, attempt_id: str) -> Talk:
        talk = self._at(attempt_id, Phase.TALK).talk
        if talk is None:
            msg = "nothing can be done with this talk but to end it"
            raise ConsoleError(msg)
        return talk

    def _at(self, attempt_id: str, *phases: Phase) -> DeskCall:
        call = self.call
        if call is None or call.card.attempt_id != attempt_id:
            msg = "that call is no longer at this desk"
            raise ConsoleError(msg)
        if call.phase not in phases:
            msg = f"the call is in `{call.phase.value}`; that can be done in {' or '.join(one.value for one in phases)}"
            raise ConsoleError(msg)
        return call

    def _next(self, card: CallCard, phase: Phase) -> DeskCall:
        self.call = DeskCall(card, phase, trio.current_time())
        self.missed = ""
        self.on_change()
        return self.call

    def _leave(self, call: DeskCall) -> None:
        if self.call is call:
            self.call = None
        self.on_change()

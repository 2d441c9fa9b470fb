"""Where a person works: the server's side of one agent's page.

Theory of operation. The engine calls `preview`, `converse` and
`wait_disposition` as it does for every desk; each puts the call into its next
phase and blocks on an event. What the agent does on the page sets the events.
A page may come, go and come again in mid-call: it shows what stands here. A
page that stays away puts its agent on a break, so that nobody is connected to
an empty chair.
"""

from collections.abc import Awaitable, Callable
from enum import Enum

import trio
from attrs import define, field

from dialer.board import ConsoleError
from dialer.ports import AgentReport, CallCard, Leg

__all__ = ["DeskCall", "FarSide", "Phase", "WebDesk"]

FarSide = Callable[[Leg, CallCard], Awaitable[None]]
"""Plays the other end of a call where there is no real one; returns or is cancelled with the talk."""


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
    hung_up: trio.Event = field(factory=trio.Event)
    answered: trio.Event = field(factory=trio.Event)
    reported: trio.Event = field(factory=trio.Event)


@define(eq=False)
class WebDesk:
    """`dialer.ports.AgentDesk` for one signed-in agent. `on_change` is called whenever the page has to look again."""

    agent_id: str
    on_change: Callable[[], None] = field(default=lambda: None)
    far_side: FarSide | None = None
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
            async with trio.open_nursery() as nursery:
                if self.far_side is not None:
                    nursery.start_soon(self.far_side, leg, card)
                await call.hung_up.wait()
                nursery.cancel_scope.cancel()
        finally:
            call.phase, call.since_mono = Phase.WRAP_UP, trio.current_time()
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

    def card_of(self, attempt_id: str) -> CallCard:
        """The card of the call at hand."""
        return self._at(attempt_id, *Phase).card

    # How.

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

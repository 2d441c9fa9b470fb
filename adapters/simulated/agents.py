"""Agents who talk as long as the people they talk to, and take their time afterwards."""

import math
from datetime import datetime
from typing import Protocol

import trio

from adapters.simulated.assumptions import Assumptions
from adapters.simulated.draws import generator
from adapters.simulated.fates import Conversation, Pace, SpokenLeg
from adapters.simulated.people import People
from dialer.clock import sleep_until
from dialer.disposition import Disposition
from dialer.ports import AgentReport, CallCard, Leg

__all__ = ["SimulatedDesk", "WallTime", "pace_of"]

# Microseconds are lost when virtual instants are added up; less than this is the same instant.
_SAME_INSTANT_S = 1e-3


class WallTime(Protocol):
    """A wall clock that runs on trio's."""

    def now_at(self) -> datetime:
        """The instant."""
        ...

    def mono(self, at: datetime) -> float:
        """The trio time of an instant."""
        ...


def pace_of(assumptions: Assumptions, seed: int, agent_id: str) -> Pace:
    """How fast one agent talks and wraps up, from a generator of their own."""
    rng = generator(seed, "agent", agent_id)
    spreads = (assumptions.agents.talk_spread.value, assumptions.agents.wrap_up_spread.value)
    talk, wrap_up = (rng.gammavariate(1 / cv**2, cv**2) if cv > 0 else 1.0 for cv in spreads)
    return Pace(talk, wrap_up)


class SimulatedDesk:
    """Where one simulated agent works. One call at a time."""

    def __init__(self, agent_id: str, people: People, clock: WallTime) -> None:
        self.agent_id = agent_id
        self.pace = pace_of(people.assumptions, people.seed, agent_id)
        self._people = people
        self._clock = clock
        self._talk: tuple[str, Conversation, float] | None = None

    async def preview(self, card: CallCard) -> bool:
        """Read for some seconds; False when the agent skips the account."""
        rng = generator(self._people.seed, "preview", card.attempt_id)
        laws = self._people.assumptions.agents
        await trio.sleep(laws.preview.draw(rng))
        return rng.random() >= laws.preview_skip.share

    async def converse(self, leg: Leg, card: CallCard) -> None:
        """Talk until one side hangs up; cancelled when it is the person, or the line is lost."""
        if not isinstance(leg, SpokenLeg):
            msg = f"a simulated agent needs a simulated leg, not {type(leg).__name__}"
            raise TypeError(msg)
        conversation = self._people.converse(card, leg.fate, self._clock.now_at(), self.pace)
        started_mono = trio.current_time()
        self._talk = (card.attempt_id, conversation, -math.inf)
        try:
            await leg.talk(conversation)
        finally:
            talked_s = trio.current_time() - started_mono
            self._talk = (card.attempt_id, conversation, talked_s)

    async def wait_disposition(self, card: CallCard) -> AgentReport:
        """Wrap up, then say what became of the call; a talk broken off by others is reported as cut off."""
        talk, self._talk = self._talk, None
        if talk is None or talk[0] != card.attempt_id:
            return AgentReport(Disposition.AGENT_LOST)
        _, conversation, talked_s = talk
        if talked_s < conversation.talk_s - _SAME_INSTANT_S:
            conversation = self._people.broken_off(conversation, talked_s)
        await sleep_until(trio.current_time() + conversation.wrap_up_s)
        return conversation.report

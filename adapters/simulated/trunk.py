"""A carrier that rings, answers and fails as its people decide.

Theory of operation. A leg's whole future is known when it is placed: its fate
says when the far end goes if nobody speaks. That instant is the deadline of the
leg's cancel scope, so a leg needs no task of its own, and moving the deadline is
all that a talk, a message or an outage does. The scope takes only its own
cancellation; one from outside passes through. At exit, whoever's time came first
has hung up: the far end if the scope was cancelled, else we.
"""

import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import trio

from adapters.simulated.fates import CallFate, Conversation, Party
from adapters.simulated.people import People
from dialer.clock import sleep_until
from dialer.disposition import HungUpBy, NetworkOutcome
from dialer.ports import CallOrder, CallTrace, Greeting, LegEnd

__all__ = ["SimulatedLeg", "SimulatedTrunk"]

# A caller that keeps to the rate may still bunch two seconds' calls at a tick; a third is refused.
_BURST_S = 2.0

# Instants are kept to the microsecond; less than this apart, they are the same.
_SAME_INSTANT_S = 1e-3


class SimulatedLeg:
    """The far end's side of one call."""

    def __init__(self, fate: CallFate, lost_from_mono: Callable[[], float]) -> None:
        now = trio.current_time()
        self.fate = fate
        self.ended: LegEnd | None = None
        self.scope = trio.CancelScope()
        self._answer_mono = now + fate.answered_s
        self._lost_from_mono = lost_from_mono
        if fate.is_answered:
            by = HungUpBy.NETWORK if fate.party is Party.MACHINE else HungUpBy.PERSON
            self._plan(self._answer_mono + fate.stays_s, NetworkOutcome.NORMAL, by)
        else:
            self._plan(now + fate.ends_s, fate.outcome, HungUpBy.NETWORK)

    async def wait_answer(self) -> float:
        """Block until somebody answers; the trio time of the answer."""
        if not self.fate.is_answered:
            await trio.sleep_forever()
        await sleep_until(self._answer_mono)
        return self._answer_mono

    async def wait_greeting(self) -> Greeting:
        """Block until the switch has told person from machine; it may say so some time after the greeting."""
        await sleep_until(self._answer_mono + self.fate.detected_s)
        return Greeting(self.fate.detected, self._answer_mono + self.fate.greeting_s)

    async def play(self, message: str) -> None:
        """Play a recorded message, which the person hears to its end or leaves."""
        heard_mono = trio.current_time() + self.fate.message_s
        is_left = self.fate.leaves_message
        self._plan(heard_mono if is_left else math.inf, NetworkOutcome.NORMAL, HungUpBy.PERSON)
        if is_left:
            await trio.sleep_forever()
        await sleep_until(heard_mono)

    async def talk(self, conversation: Conversation) -> None:
        """An agent speaks, so the far end stays for the length of the talk; cancelled if they hang up first."""
        over_mono = trio.current_time() + conversation.talk_s
        is_theirs = conversation.hung_up_by is HungUpBy.PERSON
        self._plan(over_mono if is_theirs else math.inf, NetworkOutcome.NORMAL, HungUpBy.PERSON)
        if is_theirs:
            await trio.sleep_forever()
        await sleep_until(over_mono)

    def replan(self) -> None:
        """Take a change of the trunk's outages into account."""
        if not self.scope.cancel_called:
            self._plan(*self._going)

    def close(self) -> None:
        """The block is left; say who hung up. An agent's or the caller's exit counts as ours."""
        if self.ended is not None:
            return
        now = trio.current_time()
        is_false = self.fate.is_false_machine and now >= self._answer_mono + self.fate.detected_s
        if self.scope.cancel_called:
            at_mono = min(now, self.scope.deadline)
            self.ended = LegEnd(self._outcome, self._hung_up_by, at_mono, is_false)
        else:
            is_up = self.fate.is_answered and now >= self._answer_mono
            outcome = NetworkOutcome.NORMAL if is_up else NetworkOutcome.NO_ANSWER
            self.ended = LegEnd(outcome, HungUpBy.US, now, is_false)

    def _plan(self, at_mono: float, outcome: NetworkOutcome, by: HungUpBy) -> None:
        """Set when the far end goes, and how; an outage before that takes the line with it."""
        self._going = (at_mono, outcome, by)
        lost_mono = self._lost_from_mono()
        if lost_mono <= at_mono and math.isfinite(lost_mono):
            at_mono, outcome, by = lost_mono, NetworkOutcome.TRUNK_LOST, HungUpBy.NETWORK
        self._outcome, self._hung_up_by = outcome, by
        self.scope.deadline = at_mono


class SimulatedTrunk:
    """The way out to `people`. Refuses calls above its lines or its rate as a carrier does: congested."""

    def __init__(
        self,
        name: str,
        line_count: int,
        max_calls_per_s: float,
        people: People,
        now_at: Callable[[], datetime],
    ) -> None:
        if line_count < 1 or not 0 < max_calls_per_s < math.inf:
            msg = f"trunk `{name}` needs lines and a rate above 0, not {line_count} and {max_calls_per_s}"
            raise ValueError(msg)
        self.name = name
        self.line_count = line_count
        self.max_calls_per_s = max_calls_per_s
        self.refused_count = 0
        self._people = people
        self._now_at = now_at
        self._outages: list[tuple[datetime, datetime]] = []
        self._legs: dict[SimulatedLeg, None] = {}
        self._tokens = self._burst = max(1.0, max_calls_per_s * _BURST_S)
        self._filled_mono = -math.inf

    @property
    def is_up(self) -> bool:
        """Whether a call placed now could succeed."""
        return not self._outages or self._lost_from_mono() > trio.current_time() + _SAME_INSTANT_S

    @property
    def open_count(self) -> int:
        """Legs that are open."""
        return len(self._legs)

    def outage(self, start: datetime, end: datetime) -> None:
        """Lose the trunk from `start` up to `end`: open legs end as lost, new ones fail at once."""
        if start.tzinfo is None or end.tzinfo is None or end <= start:
            msg = f"an outage needs two instants in order, not {start.isoformat()} and {end.isoformat()}"
            raise ValueError(msg)
        self._outages.append((start, end))
        for leg in self._legs:
            leg.replan()

    @asynccontextmanager
    async def open_leg(self, order: CallOrder) -> AsyncIterator[SimulatedLeg]:
        """Originate. The block is left when the far end goes; leaving it hangs up."""
        leg = SimulatedLeg(self._fate(order), self._lost_from_mono)
        self._legs[leg] = None
        try:
            with leg.scope:
                yield leg
        finally:
            del self._legs[leg]
            leg.close()

    async def settle(self, attempt_ids: Sequence[str]) -> Mapping[str, CallTrace]:
        """Nothing: this carrier lives in the engine's process and forgets with it."""
        return {}

    def _fate(self, order: CallOrder) -> CallFate:
        if not self.is_up:
            return CallFate(NetworkOutcome.TRUNK_LOST, Party.NOBODY)
        if not self._has_room():
            self.refused_count += 1
            return CallFate(NetworkOutcome.CONGESTED, Party.NOBODY, ends_s=0.2)
        return self._people.take_call(order.e164, order.attempt_id, self._now_at())

    def _has_room(self) -> bool:
        now = trio.current_time()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_mono) * self.max_calls_per_s)
        self._filled_mono = now
        if self._tokens < 1.0 or len(self._legs) >= self.line_count:
            return False
        self._tokens -= 1.0
        return True

    def _lost_from_mono(self) -> float:
        """When the outage that holds now or comes next began or begins; infinity when there is none."""
        if not self._outages:
            return math.inf
        now_at = self._now_at()
        first = min((start for start, end in self._outages if end > now_at), default=None)
        if first is None:
            return math.inf
        return trio.current_time() + max(0.0, (first - now_at) / timedelta(seconds=1))

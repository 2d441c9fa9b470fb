"""Verified fakes of every port: scripted, without randomness, and held to the contracts of what they stand for.

A fake does what its script says and remembers what it was told. Times are
seconds of trio's clock, which tests keep virtual.
"""

import math
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import trio
from attrs import define, field, frozen

from dialer.disposition import Disposition, HungUpBy, NetworkOutcome
from dialer.model import Account, Claim, NumberKind, Person, PhoneNumber
from dialer.ports import (
    AgentProfile,
    AgentReport,
    CallCard,
    CallOrder,
    CallTrace,
    Greeting,
    Leg,
    LegEnd,
    StoreError,
)
from dialer.records import AnsweredBy

SEOUL = ZoneInfo("Asia/Seoul")
TEN = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
"""Ten in the morning in Seoul, a Tuesday."""
CALLER_ID = "+8215990101"


def an_account(index: int = 1, *, tier: str = "", number_count: int = 1, person_id: str = "", **fields: Any) -> Account:
    """An account with its own person and claim."""
    numbers = tuple(
        PhoneNumber(f"n-{index}-{nth}", f"+8210{index:04d}{nth:04d}", NumberKind.MOBILE)
        for nth in range(1, number_count + 1)
    )
    person = Person(person_id or f"p-{index}", value_tier=tier)
    return Account(f"acc-{index}", person, numbers, (Claim(f"c-{index}", 100_000, "KRW", 30),), **fields)


def a_profile(agent_id: str = "ag-1", *campaign_ids: str) -> AgentProfile:
    """An agent of campaign `c`, or of those named."""
    return AgentProfile(agent_id, "seoul", campaign_ids or ("c",))


@frozen
class FarEnd:
    """What is at a number. Answered unless `outcome` says otherwise; times run from origination or answer."""

    after_s: float = 6.0
    greets_s: float = 1.0
    detects_s: float = 0.5
    """How long after the greeting the switch says who answered."""
    stays_s: float = math.inf
    detected: AnsweredBy = AnsweredBy.HUMAN
    outcome: NetworkOutcome = NetworkOutcome.NORMAL
    is_false_machine: bool = False
    message_s: float = 9.0

    @property
    def is_answered(self) -> bool:
        return self.outcome is NetworkOutcome.NORMAL


class FakeLeg:
    """A call to a `FarEnd`. Its scope's deadline is the moment the far end goes."""

    def __init__(self, order: CallOrder, far_end: FarEnd, trunk: "FakeTrunk") -> None:
        now = trio.current_time()
        self.order = order
        self.far_end = far_end
        self.ended: LegEnd | None = None
        self.played: list[str] = []
        self.played_mono: list[float] = []
        self.scope = trio.CancelScope()
        self.placed_mono = now
        self.answer_mono = now + far_end.after_s if far_end.is_answered else math.inf
        goes_mono = self.answer_mono + far_end.stays_s if far_end.is_answered else now + far_end.after_s
        by = HungUpBy.PERSON if far_end.is_answered else HungUpBy.NETWORK
        if trunk.is_lost_at(now):
            goes_mono, self.answer_mono = now, math.inf
        self._end = (far_end.outcome, by)
        self._trunk = trunk
        self._goes_at(goes_mono)

    async def wait_answer(self) -> float:
        await trio.sleep_until(self.answer_mono)
        return self.answer_mono

    async def wait_greeting(self) -> Greeting:
        ended_mono = self.answer_mono + self.far_end.greets_s
        await trio.sleep_until(ended_mono + self.far_end.detects_s)
        return Greeting(self.far_end.detected, ended_mono)

    async def play(self, message: str) -> None:
        self.played.append(message)
        self.played_mono.append(trio.current_time())
        await trio.sleep(self.far_end.message_s)

    def _goes_at(self, mono: float) -> None:
        lost_mono = self._trunk.lost_from_mono(self.placed_mono)
        if lost_mono <= mono and math.isfinite(lost_mono):
            mono, self._end = lost_mono, (NetworkOutcome.TRUNK_LOST, HungUpBy.NETWORK)
        self.scope.deadline = mono

    def close(self) -> None:
        now = trio.current_time()
        is_up = now >= self.answer_mono
        is_false = self.far_end.is_false_machine and is_up
        if self.scope.cancel_called:
            self.ended = LegEnd(*self._end, min(now, self.scope.deadline), is_false)
        else:
            outcome = NetworkOutcome.NORMAL if is_up else NetworkOutcome.NO_ANSWER
            self.ended = LegEnd(outcome, HungUpBy.US, now, is_false)


class FakeTrunk:
    """A way out to scripted far ends; keeps every leg it opened."""

    def __init__(self, *script: tuple[str, FarEnd], name: str = "seoul", lines: int = 100, rate: float = 50.0) -> None:
        self.name = name
        self.line_count = lines
        self.max_calls_per_s = rate
        self.far_ends: dict[str, FarEnd] = dict(script)
        self.default = FarEnd()
        self.legs: list[FakeLeg] = []
        self.open_count = 0
        self.traces: dict[str, CallTrace] = {}
        """What it remembers of an earlier process's calls."""
        self.settled: list[str] | None = None
        self._lost: list[tuple[float, float]] = []

    @property
    def is_up(self) -> bool:
        return not self.is_lost_at(trio.current_time())

    @property
    def orders(self) -> list[CallOrder]:
        """Everything the trunk was told, in order."""
        return [leg.order for leg in self.legs]

    def lose(self, from_mono: float, to_mono: float = math.inf) -> None:
        """Be gone between two moments of trio's clock."""
        self._lost.append((from_mono, to_mono))

    def is_lost_at(self, mono: float) -> bool:
        return any(start <= mono < end for start, end in self._lost)

    def lost_from_mono(self, mono: float) -> float:
        """When the outage that holds at `mono`, or the next, began or begins."""
        return min((max(start, mono) for start, end in self._lost if end > mono), default=math.inf)

    async def settle(self, attempt_ids: Sequence[str]) -> Mapping[str, CallTrace]:
        self.settled = list(attempt_ids)
        return {one: self.traces[one] for one in attempt_ids if one in self.traces}

    @asynccontextmanager
    async def open_leg(self, order: CallOrder) -> AsyncIterator[FakeLeg]:
        leg = FakeLeg(order, self.far_ends.get(order.e164, self.default), self)
        self.legs.append(leg)
        self.open_count += 1
        try:
            with leg.scope:
                yield leg
        finally:
            self.open_count -= 1
            leg.close()


@define(eq=False)
class FakeDesk:
    """An agent who talks for `talk_s`, wraps up for `wrap_s` and says `report`."""

    talk_s: float = 60.0
    wrap_s: float = 10.0
    report: AgentReport = field(factory=lambda: AgentReport(Disposition.RIGHT_PARTY))
    takes_call: bool = True
    reads_s: float = 5.0
    is_broken: bool = False
    cards: list[CallCard] = field(factory=list)
    """Every card shown, in the order of talks."""

    async def preview(self, card: CallCard) -> bool:
        await trio.sleep(self.reads_s)
        return self.takes_call

    async def converse(self, leg: Leg, card: CallCard) -> None:
        self.cards.append(card)
        await trio.sleep(self.talk_s)
        if self.is_broken:
            raise RuntimeError("the desk broke")

    async def wait_disposition(self, card: CallCard) -> AgentReport:
        await trio.sleep(self.wrap_s)
        return self.report


class FakeStore:
    """A journal store that takes `flush_s` for each batch, and fails from batch `fails_from` on (counted from 1)."""

    is_instant = False

    def __init__(self, flush_s: float = 0.5, fails_from: float = math.inf, failure: Exception | None = None) -> None:
        self.flush_s = flush_s
        self.fails_from = fails_from
        self.failure = failure or StoreError("the disk is full")
        self.batches: list[list[bytes]] = []
        self.attempted = 0
        self.snapshot: tuple[int, bytes] | None = None

    @property
    def lines(self) -> list[bytes]:
        """What would survive a crash."""
        return [line for batch in self.batches for line in batch]

    async def append(self, lines: Sequence[bytes]) -> Sequence[bytes]:
        # Like a thread that was started: whoever is cancelled before loses nothing but the batch.
        await trio.lowlevel.checkpoint_if_cancelled()
        self.attempted += 1
        with trio.CancelScope(shield=True):
            await trio.sleep(self.flush_s)
        if self.attempted >= self.fails_from:
            raise self.failure
        self.batches.append(list(lines))
        return ()

    def append_nowait(self, lines: Sequence[bytes]) -> None:
        self.batches.append(list(lines))

    def read(self, after: int = 0) -> Iterator[bytes]:
        return iter(self.lines[after:])

    async def wait_news(self) -> None:
        await trio.sleep_forever()

    async def put_snapshot(self, number: int, body: bytes) -> None:
        self.snapshot = (number, body)

    def latest_snapshot(self) -> tuple[int, bytes] | None:
        return self.snapshot

    def close(self) -> None:
        pass


@frozen
class FakeSource:
    """Lists by campaign."""

    lists: Mapping[str, Sequence[Account]]

    def accounts(self, campaign_id: str) -> Iterator[Account]:
        return iter(self.lists[campaign_id])

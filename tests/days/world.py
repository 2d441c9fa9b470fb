"""Runs a planned day through the production engine and keeps everything that an inspector could ask for."""

import tempfile
import tomllib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import trio
from attrs import define, field

from adapters.journal_memory import MemoryJournal
from adapters.simulated.agents import SimulatedDesk
from adapters.simulated.assumptions import Assumptions
from adapters.simulated.fates import CallFate
from adapters.simulated.people import People
from adapters.simulated.trunk import SimulatedLeg, SimulatedTrunk
from dialer.app import Engine, Ports, open_engine
from dialer.clock import WallClock
from dialer.config import CampaignSettings, Config, Names, PacingConfig, TrunkConfig, structure
from dialer.disposition import Disposition
from dialer.list_mapping import Columns, FictitiousNumbers, ListMapping
from dialer.model import Account
from dialer.ports import AgentProfile, CallOrder, CallTrace, JournalStore, LegEnd
from dialer.record_codec import decode, decode_all, encode
from dialer.records import CampaignChanged, CampaignState, Claimed, Closed, Disposed, Opened, Originated, Record
from dialer.simulation import run_virtual
from dialer.state import EngineState
from tests.days.plans import SAFE_HARBOR, Agent, CampaignPlan, DayPlan, TrunkPlan, house_rules

__all__ = ["Asked", "Day", "Dialed", "live"]

ROOT = Path(__file__).parents[2]
CALLER_ID = "+8215990101"


@define
class Dialed:
    """One origination as the far end saw it."""

    order: CallOrder
    trunk: str
    at: datetime
    is_claimed: bool
    """The store held the claim when the trunk heard of the call."""
    fate: CallFate | None = None
    played: list[str] = field(factory=list)
    ended_at: datetime | None = None
    end: LegEnd | None = None


@define
class Asked:
    """What an agent asked of the floor, and when."""

    at: datetime
    agent_id: str
    what: str


@define
class Day:
    """A day that has been dialed."""

    plan: DayPlan
    config: Config
    past_count: int
    """How many of the lines are from before the day."""
    lines: list[bytes]
    state: EngineState
    dialed: list[Dialed]
    asked: list[Asked]
    stopped_at: datetime | None
    refused_count: int

    @property
    def records(self) -> list[Record]:
        """The journal of the day, the past included."""
        return list(decode_all(self.lines))


class SlowStore(MemoryJournal):
    """A store that takes its time to make a batch durable, as a disk does."""

    is_instant = False

    def __init__(self, delay_s: float, lines: Sequence[bytes] = ()) -> None:
        super().__init__(lines)
        self._delay_s = delay_s

    async def append(self, lines: Sequence[bytes]) -> Sequence[bytes]:
        with trio.CancelScope(shield=True):  # a commit is done or not done
            await trio.sleep(self._delay_s)
        self.lines.extend(lines)
        return ()


class RecordingTrunk:
    """A simulated trunk that writes down what it was told and when."""

    def __init__(self, inner: SimulatedTrunk, store: MemoryJournal, clock: WallClock, log: list[Dialed]) -> None:
        self.name, self.line_count, self.max_calls_per_s = inner.name, inner.line_count, inner.max_calls_per_s
        self.inner, self._store, self._clock, self._log = inner, store, clock, log
        self._read, self._claimed = 0, set[str]()

    @property
    def is_up(self) -> bool:
        return self.inner.is_up

    async def settle(self, attempt_ids: Sequence[str]) -> Mapping[str, CallTrace]:
        return await self.inner.settle(attempt_ids)

    @asynccontextmanager
    async def open_leg(self, order: CallOrder) -> AsyncIterator[SimulatedLeg]:
        for line in self._store.lines[self._read :]:
            if line.startswith(b'["claimed"'):
                self._claimed.add(decode(line).attempt_id)  # type: ignore[union-attr]
        self._read = len(self._store.lines)
        dialed = Dialed(order, self.name, self._clock.now_at(), order.attempt_id in self._claimed)
        self._log.append(dialed)
        leg: SimulatedLeg | None = None
        try:
            async with self.inner.open_leg(order) as leg:
                dialed.fate = leg.fate
                play = leg.play

                async def play_and_note(message: str) -> None:
                    dialed.played.append(message)
                    await play(message)

                leg.play = play_and_note  # type: ignore[method-assign]
                yield leg
        finally:
            dialed.ended_at = self._clock.now_at()
            dialed.end = leg.ended if leg is not None else None


class Lists:
    """The campaigns' lists, as the engine reads them."""

    def __init__(self, campaigns: tuple[CampaignPlan, ...]) -> None:
        self._accounts = {one.id: one.accounts for one in campaigns}

    def accounts(self, campaign_id: str) -> Iterator[Account]:
        return iter(self._accounts[campaign_id])


def live(plan: DayPlan, scheduler_seed: int | None = None) -> Day:
    """Dial the day."""
    with tempfile.TemporaryDirectory() as folder:
        config = _config(plan, Path(folder))
        past = [encode(record) for record in _past(plan)]
        return run_virtual(lambda: _dial(plan, config, past), plan.seed if scheduler_seed is None else scheduler_seed)


async def _dial(plan: DayPlan, config: Config, past: list[bytes]) -> Day:
    clock = WallClock(plan.start_at.astimezone(UTC))
    people = People(assumptions(), plan.seed, plan.zone)
    for campaign in plan.campaigns:
        people.add(campaign.id, campaign.purpose, campaign.accounts)
    store = SlowStore(plan.store_s, past) if plan.store_s else MemoryJournal(past)
    dialed: list[Dialed] = []
    asked: list[Asked] = []
    trunks = tuple(_trunk(one, plan, people, store, clock, dialed) for one in plan.trunks)
    stopped_at = None
    async with open_engine(config, Ports(trunks, Lists(plan.campaigns), _as_store(store)), clock) as engine:
        async with trio.open_nursery() as nursery:
            for agent in plan.agents:
                nursery.start_soon(_work, agent, engine, people, clock, asked)
            nursery.start_soon(_end, plan, engine, clock)
            await engine.run()
            nursery.cancel_scope.cancel()
        engine.agents.log_out_all()
        if plan.ending.stop_minute is not None and clock.now_at() >= _at(plan, plan.ending.stop_minute):
            stopped_at = _at(plan, plan.ending.stop_minute)
    refused = sum(trunk.inner.refused_count for trunk in trunks)
    return Day(plan, config, len(past), store.lines, engine.state, dialed, asked, stopped_at, refused)


async def _work(agent: Agent, engine: Engine, people: People, clock: WallClock, asked: list[Asked]) -> None:
    """An agent's day. What cannot be asked any more, because the agent has left, is not asked."""
    desk, began = SimulatedDesk(agent.id, people, clock), trio.current_time()
    for shift in agent.shifts:
        await trio.sleep_until(began + 60.0 * shift.minute)
        is_here = engine.agents.get(agent.id) is not None
        if is_here == (shift.what == "log_in"):
            continue
        asked.append(Asked(clock.now_at(), agent.id, shift.what))
        if shift.what == "log_in":
            engine.agents.log_in(AgentProfile(agent.id, "here", shift.campaigns), desk)
        elif shift.what == "start_break":
            engine.agents.start_break(agent.id, "rest")
        elif shift.what == "end_break":
            engine.agents.end_break(agent.id)
        else:
            engine.agents.log_out(agent.id)


async def _end(plan: DayPlan, engine: Engine, clock: WallClock) -> None:
    ending = plan.ending
    steps = [(ending.drain_minute, engine.drain)]
    if ending.stop_minute is not None:
        steps.append((ending.stop_minute, lambda: engine.stop("test")))
    for minute, step in sorted(steps, key=lambda one: one[0]):
        await trio.sleep_until(clock.mono(_at(plan, minute)))
        step()


def _at(plan: DayPlan, minute: float) -> datetime:
    return plan.start_at.astimezone(UTC) + timedelta(minutes=minute)


def _trunk(
    one: TrunkPlan, plan: DayPlan, people: People, store: MemoryJournal, clock: WallClock, log: list[Dialed]
) -> RecordingTrunk:
    inner = SimulatedTrunk(one.name, one.lines, one.calls_per_s, people, clock.now_at)
    for minute, minutes in one.outages:
        inner.outage(_at(plan, minute), _at(plan, minute + minutes))
    return RecordingTrunk(inner, store, clock, log)


def _as_store(store: MemoryJournal) -> JournalStore:
    return store


def _config(plan: DayPlan, folder: Path) -> Config:
    (folder / "house.rules").write_text(house_rules(plan.house, plan.zone), encoding="utf-8")
    return Config(
        title=Names("하루", "A day"),
        time_zone=plan.zone,
        own_numbers=(CALLER_ID,),
        trunks=tuple(TrunkConfig(name=one.name, lines=one.lines, calls_per_s=one.calls_per_s) for one in plan.trunks),
        campaigns=tuple(_campaign(one) for one in plan.campaigns),
        drain_s=plan.ending.drain_s,
        folder=folder,
    )


def _campaign(one: CampaignPlan) -> CampaignSettings:
    return CampaignSettings(
        id=one.id,
        name=Names(one.id, one.id),
        purpose=one.purpose,
        caller_id=CALLER_ID,
        rules=("house.rules",),
        list=ListMapping(path="none.csv", columns=Columns(person_id="id"), fictitious_numbers=FictitiousNumbers()),
        pacing=PacingConfig(mode=one.mode, tick_s=1.0),
        ring_s=one.ring_s,
        safe_harbor_message=SAFE_HARBOR,
        assume_clean=one.is_clean_assumed,
    )


def _past(plan: DayPlan) -> Iterator[Record]:
    """The journal of earlier days: attempts that nobody answered."""
    if not plan.past:
        return
    start_at = plan.start_at.astimezone(UTC)
    records: list[Record] = []
    counts: dict[str, int] = {}
    for one in plan.past:
        at = start_at - timedelta(seconds=one.ago_s)
        counts[one.campaign_id] = counts.get(one.campaign_id, 0) + 1
        attempt_id = f"{one.campaign_id}-{counts[one.campaign_id]}"
        account, number = one.account, one.account.numbers[0]
        claims = tuple(claim.claim_id for claim in account.claims)
        ids = (attempt_id, one.campaign_id, account.account_id)
        person_id = account.person.person_id
        records += (
            Claimed(at, *ids, person_id, claims, number.number_id, "t", CALLER_ID, "", "progressive"),
            Originated(at, attempt_id, one.campaign_id),
            Disposed(
                at + timedelta(seconds=20),
                *ids,
                Disposition.NO_ANSWER,
                next_at=max(start_at, at + timedelta(seconds=20)),
                next_number_id=number.number_id,
            ),
        )
    records.sort(key=lambda record: record.at)
    yield Opened(records[0].at, "0", "", plan.zone)
    yield from records
    for campaign in plan.campaigns:
        yield CampaignChanged(records[-1].at, campaign.id, CampaignState.ENDED, "ended")
    yield Closed(records[-1].at)


@cache
def assumptions() -> Assumptions:
    """The bank day's people, but brisk: short talks, early callbacks, many opt-outs."""
    return changed_assumptions(
        {
            "callback": {"after": {"mean_s": 900.0, "min_s": 200.0}, "today": {"share": 0.9}},
            "telesales": {
                "opt_out": {"share": 0.12},
                "callback": {"share": 0.3},
                "talk_other": {"mean_s": 70.0},
                "talk_sold": {"mean_s": 150.0},
            },
            "network": {"busy": {"share": 0.08}, "congested": {"share": 0.03}},
            "agents": {"preview_skip": {"share": 0.2}},
            "detection": {"false_machine": {"share": 0.05}},
        }
    )


def changed_assumptions(changes: dict[str, dict[str, dict[str, Any]]]) -> Assumptions:
    """The bank day's people with some values changed."""
    table = tomllib.loads((ROOT / "examples/bank_day/assumptions.toml").read_text(encoding="utf-8"))
    for name, laws in changes.items():
        for law, values in laws.items():
            table[name][law] |= values
    return structure(table, Assumptions, "assumptions")

"""A day on which the engine dies: killed, cut from its store, or both, and started again on what the store kept.

Everything runs on the virtual clock. The far end's own list of calls outlives
the engine, as does what the store had made durable; nothing else does.
"""

import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import trio
from attrs import define, field, frozen

from adapters.journal_memory import MemoryJournal
from adapters.simulated.carrier_book import Dialed
from adapters.simulated.people import People
from adapters.simulated.trunk import SimulatedLeg, SimulatedTrunk
from bench.crash_audit import Audit
from dialer.app import Engine, Ports, open_engine
from dialer.clock import WallClock
from dialer.config import Config
from dialer.ports import CallOrder, CallTrace, StoreError
from dialer.records import AnsweredBy
from dialer.simulation import run_virtual
from dialer.state import EngineState
from dialer.supervisor import Supervisor
from tests.days import world
from tests.days.plans import DayPlan

__all__ = ["Crash", "CrashedDay", "crash_day"]


@frozen
class Crash:
    """The engine ends `after_s` seconds after its start: killed, or by a store that fails at that moment."""

    after_s: float
    is_kill: bool = True


class MortalStore(MemoryJournal):
    """A store that takes its time, fails when told, and hears nothing of a process that is dead."""

    is_instant = False

    def __init__(self, flush_s: float, lines: Sequence[bytes]) -> None:
        super().__init__(lines)
        self.flush_s = flush_s
        self.is_dead = self.is_failing = False

    async def append(self, lines: Sequence[bytes]) -> Sequence[bytes]:
        """Flush, then say so: whoever dies between has written what it never heard was written."""
        with trio.CancelScope(shield=True):
            await trio.sleep(self.flush_s / 2)
            was_failing = self.is_failing
            if not self.is_dead and not was_failing:
                self.lines.extend(lines)
            await trio.sleep(self.flush_s / 2)
        if self.is_failing:
            raise StoreError("the disk is full" if was_failing else "the connection is gone")
        return ()

    def append_nowait(self, lines: Sequence[bytes]) -> None:
        """Not used: this store is not instant."""
        raise AssertionError


@define
class FarEnd:
    """What the carrier remembers, however often the engine dies."""

    dialed: list[Dialed] = field(factory=list)
    answered: dict[str, AnsweredBy] = field(factory=dict)
    ended: set[str] = field(factory=set)


class RememberingTrunk:
    """A simulated trunk whose far end outlives the engine and can be asked."""

    def __init__(self, inner: SimulatedTrunk, clock: WallClock, far_end: FarEnd, store: MortalStore) -> None:
        self.name, self.line_count, self.max_calls_per_s = inner.name, inner.line_count, inner.max_calls_per_s
        self._inner, self._clock, self._far_end, self._store = inner, clock, far_end, store

    @property
    def is_up(self) -> bool:
        return self._inner.is_up

    async def settle(self, attempt_ids: Sequence[str]) -> Mapping[str, CallTrace]:
        await trio.sleep(0.2)
        placed = {one.attempt_id for one in self._far_end.dialed}
        return {one: CallTrace(one in placed, self._far_end.answered.get(one)) for one in attempt_ids}

    @asynccontextmanager
    async def open_leg(self, order: CallOrder) -> AsyncIterator[SimulatedLeg]:
        assert not self._store.is_dead, "a dead engine dials"
        self._far_end.dialed.append(Dialed(order.attempt_id, order.e164, self._clock.now_at()))
        async with self._inner.open_leg(order) as leg:
            wait_answer = leg.wait_answer

            async def wait_and_note() -> float:
                answered_mono = await wait_answer()
                self._far_end.answered[order.attempt_id] = leg.fate.detected
                return answered_mono

            leg.wait_answer = wait_and_note  # type: ignore[method-assign]
            yield leg


@define
class CrashedDay:
    """What is left of it."""

    config: Config
    lines: list[bytes]
    state: EngineState
    audit: Audit
    restarts: int


def crash_day(
    plan: DayPlan,
    crashes: Sequence[Crash],
    attempts_a_day: int,
    prepare: Callable[[Engine], None] = lambda _: None,
) -> CrashedDay:
    """Dial the day, dying as told; `prepare` may break an engine before it runs."""
    with tempfile.TemporaryDirectory() as folder:
        config = world._config(plan, Path(folder))
        return run_virtual(lambda: _lives(plan, config, crashes, attempts_a_day, prepare), plan.seed)


async def _lives(
    plan: DayPlan, config: Config, crashes: Sequence[Crash], attempts_a_day: int, prepare: Callable[[Engine], None]
) -> CrashedDay:
    clock = WallClock(plan.start_at.astimezone(UTC))
    people = People(world.assumptions(), plan.seed, plan.zone)
    for campaign in plan.campaigns:
        people.add(campaign.id, campaign.purpose, campaign.accounts)
    far_end, audit = FarEnd(), Audit(ZoneInfo(plan.zone), attempts_a_day)
    lines: list[bytes] = []
    ahead, states = list(crashes), []
    supervisor, starts = Supervisor(), 0

    async def live_once() -> None:
        nonlocal starts
        starts += 1
        crash = ahead.pop(0) if ahead else None
        store, read = MortalStore(plan.store_s, lines), len(lines)
        inner = [SimulatedTrunk(one.name, one.lines, one.calls_per_s, people, clock.now_at) for one in plan.trunks]
        for one, trunk in zip(plan.trunks, inner, strict=True):
            for minute, minutes in one.outages:
                trunk.outage(world._at(plan, minute), world._at(plan, minute + minutes))
        trunks = tuple(RememberingTrunk(one, clock, far_end, store) for one in inner)
        try:
            async with open_engine(config, Ports(trunks, world.Lists(plan.campaigns), store), clock) as engine:
                states.append(engine.state)
                supervisor.engine = engine
                prepare(engine)
                async with trio.open_nursery() as nursery:
                    for agent in plan.agents:
                        nursery.start_soon(world._work, agent, engine, people, clock, [])
                    if crash is not None:
                        nursery.start_soon(_die, crash, store, nursery)
                    nursery.start_soon(_end_of_day, plan, engine, clock)
                    await engine.run()
                    nursery.cancel_scope.cancel()
                engine.agents.log_out_all()
        finally:
            lines[:] = store.lines
            audit.take(far_end.dialed, lines[read:])
        if store.is_dead:
            raise StoreError("killed")

    await supervisor.keep_running(live_once)
    return CrashedDay(config, lines, states[-1], audit, starts - 1)


async def _die(crash: Crash, store: MortalStore, nursery: trio.Nursery) -> None:
    await trio.sleep(crash.after_s)
    if crash.is_kill:
        store.is_dead = True
        nursery.cancel_scope.cancel()
    else:
        store.is_failing = True


async def _end_of_day(plan: DayPlan, engine: Engine, clock: WallClock) -> None:
    end_at = plan.start_at.astimezone(UTC) + timedelta(minutes=plan.ending.drain_minute)
    await trio.sleep_until(max(trio.current_time(), clock.mono(end_at)))
    engine.drain()

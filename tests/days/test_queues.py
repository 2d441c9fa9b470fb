"""The simulator and the engine against queueing formulas, within what chance allows."""

import math
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import trio
from attrs import evolve

from adapters.simulated.fates import CallFate, Party
from adapters.simulated.trunk import SimulatedTrunk
from dialer.agents import AgentPool
from dialer.clock import WallClock
from dialer.disposition import NetworkOutcome
from dialer.ports import AgentProfile, CallOrder
from dialer.records import AgentState
from dialer.simulation import run_virtual
from pacing import PacingMode
from pacing.queueing import erlang_a, erlang_b, erlang_c
from tests.days import world
from tests.days.inspection import Book, seconds_between
from tests.days.invariants import check_day
from tests.days.plans import CampaignPlan, Ending, House, TrunkPlan
from tests.days.test_single_days import PLAIN, here, people

pytestmark = pytest.mark.slow

START_AT = datetime(2026, 11, 24, 1, tzinfo=UTC)
MEAN_S = 100.0
# Four standard deviations: one false alarm in 16,000 seeds, and the seeds are fixed.
SIGMAS = 4.0


def near(found: float, expected: float, count: float) -> bool:
    """Whether a share of `count` independent cases is where chance would put it."""
    return abs(found - expected) <= SIGMAS * math.sqrt(expected * (1 - expected) / count)


async def poisson(rate_per_s: float, count: int, seed: int, start: Callable[[int], Awaitable[None]]) -> None:
    """Start `count` tasks at random instants; returns when the last has ended."""
    rng = random.Random(seed)
    async with trio.open_nursery() as nursery:
        for index in range(count):
            await trio.sleep(rng.expovariate(rate_per_s))
            nursery.start_soon(start, index)


class Callers:
    """People of whom everybody answers at once and stays for an exponential time."""

    def take_call(self, e164: str, attempt_id: str, at: datetime) -> CallFate:
        stays_s = random.Random(attempt_id).expovariate(1 / MEAN_S)
        return CallFate(NetworkOutcome.NORMAL, Party.RIGHT, stays_s=stays_s)


@pytest.mark.parametrize(("lines", "load"), [(5, 3.0), (20, 16.0)])
def test_lines_refuse_as_many_calls_as_erlang_b_says(lines, load):
    count = 12_000

    async def day() -> float:
        clock = WallClock(START_AT)
        trunk = SimulatedTrunk("east", lines, 1e6, Callers(), clock.now_at)  # type: ignore[arg-type]

        async def call(index: int) -> None:
            async with trunk.open_leg(CallOrder(f"a-{index}", "+82", "+82", 20.0)):
                await trio.sleep_forever()

        # A refusal takes its 0.2 s on no line, so it does not count among the open legs.
        await poisson(load / MEAN_S, count, 1, call)
        return trunk.refused_count / count

    # Refusals come in runs as long as a call, so fewer of them are independent.
    found = run_virtual(day, 1)
    assert near(found, erlang_b(load, lines), count / (2 * load)), (found, erlang_b(load, lines))


class NoJournal:
    """Takes records and keeps none."""

    def append(self, record: object) -> None:
        pass


async def _queue(servers: int, load: float, patience_s: float, count: int) -> tuple[float, float]:
    """Share of persons who wait for an agent of the pool, and share who leave."""
    clock = WallClock(START_AT)
    pool = AgentPool(NoJournal(), clock)  # type: ignore[arg-type]
    for index in range(servers):
        pool.log_in(AgentProfile(f"agent-{index}", "here", ("sales",)), SimpleNamespace())  # type: ignore[arg-type]
    waited, left = 0, 0

    async def person(index: int) -> None:
        nonlocal waited, left
        rng = random.Random(f"person {index}")
        handling_s, stays_s = rng.expovariate(1 / MEAN_S), rng.expovariate(1.0) * patience_s
        waited += pool.idle_count("sales") == 0
        agent = None
        with trio.move_on_after(stays_s):
            agent = await pool.take_longest_idle("sales", f"a-{index}")
        if agent is None:
            left += 1
            return
        pool.start_talk(agent)
        await trio.sleep(handling_s)
        pool.put(agent)

    await poisson(load / MEAN_S, count, 2, person)
    assert all(agent.state is AgentState.IDLE for agent in pool.members("sales"))
    return waited / count, left / count


@pytest.mark.parametrize(("servers", "load"), [(4, 2.5), (12, 9.5)])
def test_persons_wait_for_the_pool_as_often_as_erlang_c_says(servers, load):
    count = 12_000
    waits, left = run_virtual(lambda: _queue(servers, load, 1e9, count), 1)
    assert left == 0
    # Busy spells last long near saturation: their length is the relaxation time of the queue.
    spell = 2 * load / (math.sqrt(servers) - math.sqrt(load)) ** 2
    assert near(waits, erlang_c(load, servers), count / spell), (waits, erlang_c(load, servers))


@pytest.mark.parametrize(("servers", "load", "patience"), [(4, 4.0, 0.2), (12, 13.0, 0.5)])
def test_persons_leave_the_pool_as_often_as_erlang_a_says(servers, load, patience):
    count = 12_000
    waits, left = run_virtual(lambda: _queue(servers, load, patience * MEAN_S, count), 1)
    expected_waits, expected_left = erlang_a(load, servers, patience)
    assert near(waits, expected_waits, count / (2 * load)), (waits, expected_waits)
    assert near(left, expected_left, count / (2 * load)), (left, expected_left)


def test_a_progressive_floor_is_as_busy_as_talk_and_dialing_time_say(monkeypatch):
    """Each agent alternates between dialing, until a person answers, and talk with wrap-up: a renewal process."""
    answers, ring_s, talk_s, wrap_s, post_dial_s = 0.4, 20.0, 70.0, 25.0, 2.0
    monkeypatch.setattr(world, "assumptions", lambda: simple_people(answers, talk_s, wrap_s, post_dial_s))
    plan = evolve(
        PLAIN,
        campaigns=(CampaignPlan("sales", PacingMode.PROGRESSIVE, people(4000), ring_s=ring_s),),
        agents=here(20),
        house=House(per_day=1, has_sequence=False),
        trunks=(TrunkPlan("east", 100, 100.0),),
        ending=Ending(180.0),
    )
    book = check_day(world.live(plan))
    answered = [one for one in book.of_today if one.connected]
    assert near(len(answered) / len(book.of_today), answers, len(book.of_today))
    dialed_s = [seconds_between(one.claimed.at, one.connected[0].at) for one in answered]
    failed_s = [seconds_between(one.claimed.at, one.end.at) for one in book.of_today if not one.answered]
    assert sum(failed_s) / len(failed_s) == pytest.approx(ring_s, abs=0.01)
    # An answer after 2 s plus an exponential ring of 5 s that the ring time cuts hardly ever; then the first words.
    dialing_s = sum(dialed_s) / len(dialed_s)
    assert dialing_s == pytest.approx(post_dial_s + 5.0 + 1.3 + 0.6, rel=0.08)
    # Between two calls the floor is asked once a second: half a second lost each, for a person and for nobody.
    handled_s, lost_s = talk_s + wrap_s, 0.5
    cycle_s = handled_s + dialing_s + lost_s + (1 - answers) / answers * (ring_s + lost_s)
    found = busy_share(book)
    # A cycle's deviation is about its mean, and the floor goes through so many of them.
    assert found == pytest.approx(handled_s / cycle_s, rel=SIGMAS / math.sqrt(len(answered)))


def simple_people(answers: float, talk_s: float, wrap_s: float, post_dial_s: float) -> object:
    """Everybody is alike, every law is exponential or narrow, and nothing fails."""
    none = {"share": 0.0}
    nobody = {"shares": {}}
    talk = {"law": "gamma", "mean_s": talk_s, "cv": 1.0, "min_s": 0.0, "max_s": 1e6}
    wrap = {"law": "gamma", "mean_s": wrap_s, "cv": 1.0, "min_s": 0.0}
    return world.changed_assumptions(
        {
            "numbers": {"invalid": nobody, "wrong": nobody},
            "answer": {
                "mobile": {"shares": {"12": answers}},
                "odds_telesales": {"value": 1.0},
                "person_spread": {"value": 0.0},
                "ring": {"law": "gamma", "mean_s": 5.0, "cv": 0.5, "min_s": 0.0, "max_s": 17.0},
            },
            "network": {
                "post_dial_delay": {"law": "uniform", "min_s": post_dial_s, "max_s": post_dial_s},
                "busy": none,
                "congested": none,
                "rejected": none,
            },
            "machine": {"has": nobody},
            "detection": {"false_machine": none},
            "telesales": {
                "third_party": nobody,
                "cut_off": none,
                "opt_out": none,
                "callback": none,
                "sale_at_first_contact": none,
                "talk_other": talk,
            },
            "wrap_up": {"spoken": wrap},
            "agents": {"talk_spread": {"value": 0.0}, "wrap_up_spread": {"value": 0.0}},
        }
    )


def busy_share(book: Book) -> float:
    """Share of the logged-in time that agents talk or wrap up, over the time before the drain."""
    end_at = book.day.plan.start_at.timestamp() + 60 * book.day.plan.ending.drain_minute
    busy = here_s = 0.0
    for stays in book.agents.values():
        for stay in stays:
            if stay.until is None:
                continue
            spent_s = max(0.0, min(stay.until.timestamp(), end_at) - min(stay.change.at.timestamp(), end_at))
            here_s += spent_s
            busy += spent_s * (stay.change.state in (AgentState.TALKING, AgentState.WRAP_UP))
    return busy / here_s

"""The three clocks: wall time that follows trio's, virtual time that jumps, and real time made faster."""

import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from dialer import clock as clock_module
from dialer.clock import JumpClock, SpeedClock, WallClock, sleep_until
from tests.fakes import TEN


async def test_wall_shows_its_start_and_moves_with_trio_s_clock(autojump_clock):
    wall = WallClock(TEN)
    assert wall.now_at() == TEN
    await trio.sleep(90.5)
    assert wall.now_at() == TEN + timedelta(seconds=90.5)


async def test_wall_starts_now_and_not_at_trio_s_zero(autojump_clock):
    await trio.sleep(1000.0)
    assert WallClock(TEN).now_at() == TEN


async def test_instants_and_trio_s_times_translate_both_ways(autojump_clock):
    wall = WallClock(TEN)
    assert wall.mono(TEN + timedelta(hours=2)) == pytest.approx(7200.0)
    assert wall.at(7200.0) == TEN + timedelta(hours=2)


async def test_wall_is_told_its_start_in_any_zone_and_shows_utc(autojump_clock):
    seoul = datetime(2026, 11, 24, 10, tzinfo=timezone(timedelta(hours=9)))
    assert WallClock(seoul).now_at().isoformat() == "2026-11-24T01:00:00+00:00"


async def test_wall_without_a_zone_is_refused(autojump_clock):
    with pytest.raises(ValueError, match="needs a time zone") as refused:
        WallClock(datetime(2026, 11, 24, 10))  # noqa: DTZ001 (that is the point)
    assert str(refused.value) == "the clock's start needs a time zone, got 2026-11-24T10:00:00"


@pytest.mark.slow
@given(seconds=st.lists(st.floats(0.0, 86_400.0), max_size=10))
def test_wall_never_goes_back(seconds):
    seen = []

    async def live():
        wall = WallClock(TEN)
        for one in seconds:
            seen.append(wall.now_at())
            await trio.sleep(one)
        seen.append(wall.now_at())

    trio.run(live, clock=JumpClock())
    assert seen == sorted(seen)
    assert all(at.tzinfo is UTC for at in seen)


# The clock that jumps.


def test_clock_jumps_to_the_next_deadline_when_everybody_sleeps():
    clock, woke = JumpClock(), []

    async def sleeper(seconds):
        await trio.sleep(seconds)
        woke.append((seconds, trio.current_time()))

    async def main():
        async with trio.open_nursery() as nursery:
            for seconds in (86_400.0, 5.0, 3600.0):
                nursery.start_soon(sleeper, seconds)

    trio.run(main, clock=clock)
    assert woke == [(5.0, 5.0), (3600.0, 3600.0), (86_400.0, 86_400.0)]


def test_clock_stands_while_somebody_works():
    async def main():
        for _ in range(10):
            await trio.lowlevel.checkpoint()
        return trio.current_time()

    assert trio.run(main, clock=JumpClock()) == 0.0


def test_clock_that_is_held_does_not_jump_until_everybody_has_let_go():
    clock = JumpClock()
    clock.hold()
    clock.hold()
    assert clock.deadline_to_sleep_time(5.0) > 0
    clock.release()
    assert clock.deadline_to_sleep_time(5.0) > 0
    assert clock.current_time() == 0.0
    clock.release()
    assert clock.deadline_to_sleep_time(5.0) == 0.0
    assert clock.current_time() == 5.0


async def _thread_result():
    return await trio.to_thread.run_sync(lambda: 7)


def test_virtual_time_stands_still_for_a_thread_that_holds_the_clock():
    clock = JumpClock()

    async def main():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep, 1000.0)
            clock.hold()
            value = await _thread_result()
            at = trio.current_time()
            clock.release()
        return value, at

    assert trio.run(main, clock=clock) == (7, 0.0)


def test_clock_never_jumps_back_or_to_the_end_of_time():
    clock = JumpClock()
    clock.deadline_to_sleep_time(5.0)
    assert clock.deadline_to_sleep_time(3.0) == 0.0
    assert clock.deadline_to_sleep_time(math.inf) > 0
    assert clock.current_time() == 5.0


def test_jumps_are_reported_at_most_once_in_a_while():
    reports = []
    clock = JumpClock(reports.append, every_s=60.0)
    for deadline in (10.0, 20.0, 69.0, 70.0, 75.0, 200.0):
        clock.deadline_to_sleep_time(deadline)
    assert reports == [10.0, 70.0, 200.0]


# The clock that is faster.


@pytest.fixture
def real_time(monkeypatch):
    """Real seconds, as the test turns them."""
    real = [1000.0]
    monkeypatch.setattr(clock_module.time, "perf_counter", lambda: real[0])
    return real


@pytest.mark.parametrize("speed", [0.5, 1.0, 60.0])
def test_time_goes_as_many_times_faster_as_asked(real_time, speed):
    clock = SpeedClock(speed)
    clock.start_clock()
    real_time[0] += 10.0
    assert clock.current_time() == pytest.approx(10.0 * speed)
    assert clock.deadline_to_sleep_time(10.0 * speed + 6.0 * speed) == pytest.approx(6.0)


def test_time_counts_from_the_start_and_a_deadline_that_has_passed_is_now(real_time):
    clock = SpeedClock(10.0)
    real_time[0] += 50.0
    clock.start_clock()
    assert clock.current_time() == 0.0
    assert clock.deadline_to_sleep_time(-1.0) == 0.0


@pytest.mark.parametrize("speed", [0, -1.0, math.nan])
def test_speed_that_is_not_above_zero_is_refused(speed):
    with pytest.raises(ValueError, match="the speed must be above 0, got"):
        SpeedClock(speed)


async def _wait_for(sleep: Callable[[float], Awaitable[None]], seconds: list[float]) -> list[tuple[float, float]]:
    woke: list[tuple[float, float]] = []

    async def one(after_s: float) -> None:
        await sleep(trio.current_time() + after_s)
        woke.append((after_s, trio.current_time()))

    async with trio.open_nursery() as nursery:
        for after_s in seconds:
            nursery.start_soon(one, after_s)
    return sorted(woke)


@given(seconds=st.lists(st.floats(0, 1e4), max_size=20))
def test_own_sleep_wakes_at_the_same_virtual_instants_as_trios(seconds: list[float]) -> None:
    ours = trio.run(_wait_for, sleep_until, seconds, clock=JumpClock())
    trios = trio.run(_wait_for, trio.sleep_until, seconds, clock=JumpClock())
    assert ours == trios


def test_own_sleep_ends_at_once_when_cancelled_and_never_wakes_twice() -> None:
    async def main() -> float:
        with trio.move_on_after(5):
            await sleep_until(100)
        await sleep_until(7)
        return trio.current_time()

    assert trio.run(main, clock=JumpClock()) == 7


def test_own_sleep_works_on_any_clock() -> None:
    async def main() -> float:
        await sleep_until(trio.current_time() + 3)
        return trio.current_time()

    assert trio.run(main, clock=MockClock(autojump_threshold=0)) >= 3

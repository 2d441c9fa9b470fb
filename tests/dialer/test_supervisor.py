"""An engine whose store fails is started again; one that is told to end, ends; a clock that jumps is noticed."""

import itertools
from datetime import timedelta
from types import SimpleNamespace

import pytest
import trio
from attrs import define, field

from dialer.clock import WallClock
from dialer.ports import StoreError
from dialer.supervisor import Supervisor, watch_clock
from tests.fakes import TEN


@define
class FakeEngine:
    """Runs until it is drained."""

    said: list[str] = field(factory=list)
    over: trio.Event = field(factory=trio.Event)

    def drain(self, reason: str) -> None:
        self.said.append(f"drain {reason}")
        self.over.set()

    def stop(self, reason: str) -> None:
        self.said.append(f"stop {reason}")


def failing(supervisor, *failures, group=False):
    """Runs that fail one after the other, each after a second; the last runs to its end."""
    left, starts = list(failures), []

    async def run_once() -> None:
        starts.append(trio.current_time())
        supervisor.engine = FakeEngine()
        await trio.sleep(1.0)
        if left:
            failure = left.pop(0)
            raise BaseExceptionGroup("of a nursery", [failure]) if group else failure

    return run_once, starts


@pytest.mark.parametrize("group", [False, True])
async def test_store_that_comes_back_is_found_at_first_soon_then_less_often(autojump_clock, group):
    supervisor = Supervisor()
    run_once, starts = failing(supervisor, *[StoreError("gone")] * 8, group=group)
    await supervisor.keep_running(run_once)
    waits = [after - before - 1.0 for before, after in itertools.pairwise(starts)]
    assert waits == pytest.approx([1, 2, 4, 8, 16, 30, 30, 30])


async def test_failure_after_a_good_run_is_a_new_one(autojump_clock):
    supervisor = Supervisor()
    starts = []

    async def run_once() -> None:
        starts.append(trio.current_time())
        supervisor.engine = FakeEngine()
        await trio.sleep(400.0)
        if len(starts) < 4:
            raise StoreError("gone")

    await supervisor.keep_running(run_once)
    assert [b - a for a, b in itertools.pairwise(starts)] == pytest.approx([401.0] * 3)


async def test_store_that_never_worked_is_not_waited_for(autojump_clock):
    async def run_once() -> None:
        raise StoreError("no such folder")

    with pytest.raises(StoreError, match="no such folder"):
        await Supervisor().keep_running(run_once)


@pytest.mark.parametrize(
    "failure",
    [RuntimeError("a bug"), BaseExceptionGroup("both", [StoreError("gone"), RuntimeError("a bug")]), KeyError("x")],
)
async def test_bug_is_not_tried_again(autojump_clock, failure):
    supervisor = Supervisor()
    run_once, starts = failing(supervisor, failure)
    with pytest.raises(type(failure)):
        await supervisor.keep_running(run_once)
    assert len(starts) == 1


async def test_first_request_to_end_drains_and_the_second_stops(autojump_clock):
    supervisor = Supervisor()
    supervisor.engine = engine = FakeEngine()
    supervisor.end("SIGTERM")
    supervisor.end("SIGTERM")
    assert engine.said == ["drain SIGTERM", "stop SIGTERM"]


async def test_request_to_end_between_two_starts_gives_up_waiting(autojump_clock):
    supervisor = Supervisor()
    run_once, _ = failing(supervisor, *[StoreError("gone")] * 99)

    async def run() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(supervisor.keep_running, run_once)
            await trio.sleep(20.0)  # in the fifth wait
            supervisor.end("SIGTERM")

    with pytest.RaisesGroup(StoreError):
        await run()
    assert trio.current_time() == pytest.approx(20.0)


class Floor(SimpleNamespace):
    """An engine with one campaign and a machine clock that can be set."""

    def __init__(self) -> None:
        super().__init__(clock=WallClock(TEN), paused=[], off_s=0.0)
        self.campaigns = {"c": SimpleNamespace(pause=self.paused.append)}
        self.zero = trio.current_time()

    def machine_now(self):
        return TEN + timedelta(seconds=trio.current_time() - self.zero + self.off_s)


async def watched(off_s):
    floor = Floor()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch_clock, floor, floor.machine_now)
        await trio.sleep(12.0)
        floor.off_s = off_s
        await trio.sleep(8.0)
        nursery.cancel_scope.cancel()
    return floor


async def test_clock_that_jumps_forward_is_followed(autojump_clock):
    floor = await watched(3_600.0)
    assert floor.clock.now_at() == TEN + timedelta(seconds=3_620)
    assert floor.paused == []


async def test_clock_that_is_set_back_stops_new_calls(autojump_clock):
    floor = await watched(-60.0)
    assert floor.clock.now_at() == TEN + timedelta(seconds=20)
    assert floor.paused
    assert "set back by 60 s" in floor.paused[0]


async def test_clock_that_is_disciplined_is_left_alone(autojump_clock):
    floor = await watched(-0.5)
    assert floor.paused == []
    assert floor.clock.now_at() == TEN + timedelta(seconds=20)

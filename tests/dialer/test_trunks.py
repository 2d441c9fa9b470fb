"""Trunks as one way out: lines, calls per second, the least loaded, lost and back."""

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from adapters.journal_memory import MemoryJournal
from dialer.clock import JumpClock, WallClock
from dialer.journal import Journal
from dialer.records import TrunkChanged
from dialer.state import EngineState
from dialer.trunks import TrunkPool
from tests.dialer.parts import Parts
from tests.fakes import TEN, FakeTrunk


def a_pool(*trunks, parts=None):
    parts = parts or Parts()
    return TrunkPool(trunks, parts.journal, parts.clock)


def take_all(pool):
    taken = []
    while (trunk := pool.take_nowait()) is not None:
        taken.append(trunk.name)
    return taken


async def test_no_more_lines_are_taken_than_there_are(autojump_clock):
    pool = a_pool(FakeTrunk(lines=3, rate=50.0))
    assert pool.free_count() == 3
    assert len(take_all(pool)) == 3
    assert (pool.free_count(), pool.in_use_count, pool.line_count) == (0, 3, 3)


async def test_line_given_back_can_be_taken_again(autojump_clock):
    trunk = FakeTrunk(lines=1, rate=50.0)
    pool = a_pool(trunk)
    assert pool.take_nowait() is trunk
    assert pool.take_nowait() is None
    pool.put(trunk)
    assert pool.take_nowait() is trunk


@pytest.mark.parametrize(("after_s", "more"), [(0.24, 0), (0.26, 1), (0.51, 2), (100.0, 4)])
async def test_at_most_one_second_s_worth_of_calls_goes_out_at_once(autojump_clock, after_s, more):
    pool = a_pool(FakeTrunk(lines=100, rate=4.0))
    assert len(take_all(pool)) == 4
    await trio.sleep(after_s)
    assert len(take_all(pool)) == more


@pytest.mark.parametrize(("after_s", "more"), [(3.9, 0), (4.1, 1), (60.0, 1)])
async def test_trunk_slower_than_a_call_a_second_still_takes_one_at_a_time(autojump_clock, after_s, more):
    pool = a_pool(FakeTrunk(lines=100, rate=0.25))
    assert len(take_all(pool)) == 1
    await trio.sleep(after_s)
    assert len(take_all(pool)) == more


async def test_call_goes_out_where_most_lines_are_free(autojump_clock):
    big, small = FakeTrunk(name="big", lines=5, rate=50.0), FakeTrunk(name="small", lines=3, rate=50.0)
    pool = a_pool(small, big)
    assert [pool.take_nowait().name for _ in range(2)] == ["big", "big"]
    assert sorted([pool.take_nowait().name for _ in range(2)]) == ["big", "small"]


async def test_trunk_that_is_lost_takes_no_calls_and_says_so_once(autojump_clock):
    parts = Parts()
    trunk, other = FakeTrunk(name="seoul", lines=5), FakeTrunk(name="daejeon", lines=2)
    trunk.lose(10.0, 20.0)
    pool = a_pool(trunk, other, parts=parts)
    assert pool.free_count() == 7
    await trio.sleep(10.0)
    assert pool.free_count() == 2
    assert take_all(pool) == ["daejeon", "daejeon"]
    await trio.sleep(10.0)
    assert pool.free_count() == 5
    lost, back = parts.of(TrunkChanged)
    assert (lost.trunk, lost.is_up, lost.reason, lost.at) == ("seoul", False, "lost", parts.clock.at(10.0))
    assert (back.trunk, back.is_up, back.reason, back.at) == ("seoul", True, "back", parts.clock.at(20.0))


async def test_trunk_that_is_down_from_the_start_is_noticed(autojump_clock):
    parts = Parts()
    trunk = FakeTrunk()
    trunk.lose(0.0)
    assert a_pool(trunk, parts=parts).take_nowait() is None
    assert [one.is_up for one in parts.of(TrunkChanged)] == [False]


async def test_line_of_a_lost_trunk_is_given_back_like_any_other(autojump_clock):
    trunk = FakeTrunk(lines=1)
    trunk.lose(10.0, 20.0)
    pool = a_pool(trunk)
    pool.take_nowait()
    await trio.sleep(12.0)
    pool.put(trunk)
    assert pool.in_use_count == 0
    await trio.sleep(10.0)
    assert pool.take_nowait() is trunk


@pytest.mark.slow
@given(
    waits=st.lists(st.sampled_from((0.0, 0.001, 0.05, 0.3, 1.0, 7.0)), min_size=5, max_size=60),
    rate=st.sampled_from((0.5, 1.0, 3.0, 4.0)),
)
def test_calls_in_any_span_of_time_stay_within_the_rate_and_one_burst(waits, rate):
    taken_at = []

    async def main():
        journal = Journal(MemoryJournal(), EngineState())
        pool = TrunkPool((FakeTrunk(lines=1000, rate=rate),), journal, WallClock(TEN))
        for wait in waits:
            await trio.sleep(wait)
            taken_at.extend(trio.current_time() for _ in range(3) if pool.take_nowait() is not None)

    trio.run(main, clock=JumpClock())
    for first, start in enumerate(taken_at):
        for count, end in enumerate(taken_at[first:], start=1):
            assert count <= (end - start) * rate + max(1.0, rate) + 1e-6


async def test_drained_trunk_takes_no_call_and_leaves_them_to_the_others(autojump_clock):
    parts = Parts()
    one, other = FakeTrunk(name="one", lines=9, rate=50.0), FakeTrunk(name="other", lines=3, rate=50.0)
    pool = a_pool(one, other, parts=parts)
    assert pool.take_nowait() is one
    assert pool.drain("one", "its switch is restarted") == 1
    assert take_all(pool) == ["other"] * 3
    pool.put(one)
    assert pool.take_nowait() is None, "a line given back to a drained trunk is not taken again"
    pool.reopen("one")
    assert set(take_all(pool)) == {"one"}
    said = [(change.trunk, change.is_up, change.reason) for change in parts.of(TrunkChanged)]
    assert said == [("one", False, "drained: its switch is restarted"), ("one", True, "back")]


async def test_trunk_that_is_not_there_cannot_be_drained(autojump_clock):
    with pytest.raises(KeyError):
        a_pool(FakeTrunk(name="one")).drain("two")

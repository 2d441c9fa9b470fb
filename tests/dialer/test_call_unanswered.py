"""Calls that nobody answers, calls that are never placed, and what a drain does to ringing."""

import pytest
import trio
import trio.testing

from dialer.call import CallLimits, run_attempt
from dialer.disposition import Disposition, HungUpBy, NetworkOutcome
from dialer.records import Claimed, Originated
from dialer.retries import NextTry
from tests.dialer.parts import NUMBER, Parts
from tests.fakes import CALLER_ID, TEN, FakeStore, FarEnd

RINGS_ON = FarEnd(after_s=600.0)


async def _run(call, parts):
    await run_attempt(call, parts.ports)


async def test_call_that_nobody_answers_is_given_up_at_the_ring_timeout(autojump_clock):
    parts = Parts(limits=CallLimits(ring_s=24.0))
    assert await parts.call(RINGS_ON) is Disposition.NO_ANSWER
    assert trio.current_time() == pytest.approx(24.0)
    assert parts.kinds == ["Claimed", "Originated", "Disposed"]
    assert parts.disposed.hung_up_by is HungUpBy.US
    assert parts.trunk.open_count == 0


@pytest.mark.parametrize(("after_s", "is_answered"), [(23.999, True), (24.001, False)])
async def test_answer_counts_up_to_the_ring_timeout(autojump_clock, after_s, is_answered):
    parts = Parts(limits=CallLimits(ring_s=24.0))
    disposition = await parts.call(FarEnd(after_s=after_s))
    assert disposition is (Disposition.ABANDONED if is_answered else Disposition.NO_ANSWER)


@pytest.mark.parametrize(
    ("outcome", "disposition"),
    [
        (NetworkOutcome.NO_ANSWER, Disposition.NO_ANSWER),
        (NetworkOutcome.BUSY, Disposition.BUSY),
        (NetworkOutcome.REJECTED, Disposition.REJECTED),
        (NetworkOutcome.INVALID_NUMBER, Disposition.INVALID_NUMBER),
        (NetworkOutcome.CONGESTED, Disposition.CONGESTED),
    ],
)
async def test_call_that_the_network_ends_takes_its_word(autojump_clock, outcome, disposition):
    parts = Parts()
    assert await parts.call(FarEnd(after_s=2.5, outcome=outcome)) is disposition
    assert trio.current_time() == pytest.approx(2.5)
    assert parts.disposed.hung_up_by is HungUpBy.NETWORK


async def test_trunk_lost_while_ringing_ends_the_call_as_lost(autojump_clock):
    parts = Parts()
    parts.trunk.lose(4.0)
    assert await parts.call(RINGS_ON) is Disposition.TRUNK_LOST
    assert trio.current_time() == pytest.approx(4.0)


async def test_trunk_is_told_the_number_the_caller_id_and_the_ring_time(autojump_clock):
    parts = Parts(limits=CallLimits(ring_s=18.0))
    await parts.call(RINGS_ON)
    (order,) = parts.trunk.orders
    assert (order.attempt_id, order.e164, order.caller_id, order.ring_s) == ("c-1", NUMBER.e164, CALLER_ID, 18.0)
    assert NUMBER.e164 not in repr(order)


@pytest.mark.parametrize("ring_s", [14.999, 0.0, -1.0])
def test_ringing_under_fifteen_seconds_is_refused(ring_s):
    with pytest.raises(ValueError, match="ring_s is") as refused:
        CallLimits(ring_s=ring_s)
    assert str(refused.value) == f"ring_s is {ring_s:g}, and a call must ring at least 15 s before it is given up"


def test_ringing_of_fifteen_seconds_is_enough():
    assert CallLimits(ring_s=15.0).ring_s == 15.0


# What never reaches the trunk.


async def test_second_verdict_that_denies_keeps_the_call_from_the_trunk(autojump_clock):
    parts = Parts(may_originate=False)
    assert await parts.call() is Disposition.NOT_PLACED
    assert parts.trunk.legs == []
    assert parts.kinds == ["Claimed", "Disposed"]


async def test_trunk_hears_of_the_call_only_when_the_claim_is_durable(autojump_clock):
    parts = Parts(store=FakeStore(flush_s=0.5))
    call = parts.claim()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(parts.journal.run_writer)
        nursery.start_soon(_run, call, parts)
        await trio.sleep(0.499)
        assert parts.trunk.legs == []
        await trio.sleep(0.002)
        assert len(parts.trunk.legs) == 1
        await trio.sleep(60.0)
        parts.journal.close()
    assert [type(record) for record in parts.records[:2]] == [Claimed, Originated]


async def test_agent_kept_for_a_call_that_is_not_placed_is_given_back(autojump_clock):
    parts = Parts(may_originate=False)
    parts.log_in()
    await parts.call(agent=parts.agents.take_nowait("c", "c-1"))
    assert parts.agents.idle_count("c") == 1
    assert parts.agent_states() == ["idle", "reserved", "idle"]


# Ringing that we end before its time.


@pytest.mark.parametrize("cut_s", [0.5, 15.0, 23.9])
async def test_call_cut_off_before_the_ring_timeout_is_given_up_and_never_no_answer(autojump_clock, cut_s):
    parts = Parts()
    call = parts.claim()
    parts.trunk.default = RINGS_ON
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_run, call, parts)
        await trio.testing.wait_all_tasks_blocked()
        call.ring_scope.deadline = trio.current_time() + cut_s
    assert parts.disposed.disposition is Disposition.GIVEN_UP


async def test_call_cut_off_by_a_stop_while_ringing_is_given_up(autojump_clock):
    parts = Parts()
    with trio.move_on_after(3.0):
        await parts.call(RINGS_ON)
    assert parts.disposed.disposition is Disposition.GIVEN_UP
    assert parts.disposed.at == parts.clock.at(3.0)


async def test_line_is_freed_once_when_the_far_end_is_gone(autojump_clock):
    parts = Parts()
    await parts.call(RINGS_ON)
    assert parts.lines_freed == 1


# What stands in the disposition.


async def test_disposition_holds_the_plan_of_the_next_try(autojump_clock):
    plan = NextTry(TEN, "n-1-1", "ag-7", 600.0, True, "n-1-2", "")
    parts = Parts(plan=plan)
    await parts.call(RINGS_ON)
    record = parts.disposed
    assert parts.plans_with == [(Disposition.NO_ANSWER, None)]
    assert (
        NextTry(
            record.next_at,
            record.next_number_id,
            record.next_agent_id,
            record.same_agent_within_s,
            record.is_next_callback,
            record.dropped_number_id,
            record.ends,
        )
        == plan
    )


async def test_attempt_whose_next_try_cannot_be_planned_is_disposed_all_the_same(autojump_clock, monkeypatch):
    parts = Parts()
    parts.log_in()
    call = parts.claim(agent=parts.agents.take_nowait("c", "c-1"))
    parts.trunk.default = RINGS_ON

    def fail(*_):
        raise RuntimeError("no plan")

    monkeypatch.setattr(Parts, "_next_try", fail)
    with pytest.raises(RuntimeError, match="no plan"):
        await _run(call, parts)
    assert parts.disposed.disposition is Disposition.NO_ANSWER
    assert parts.disposed.ends == "its next try could not be planned; a supervisor decides"
    assert parts.agents.idle_count("c") == 1

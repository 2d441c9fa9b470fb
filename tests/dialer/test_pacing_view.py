"""What the pacer hears of each kind of call, and where each agent and call stands in its snapshot."""

from datetime import timedelta

import pytest
import trio
from attrs import define, field

from dialer.call import run_attempt
from dialer.disposition import NetworkOutcome
from dialer.pacing_view import PacingView
from dialer.records import AgentChanged, AgentState, AnsweredBy
from pacing import (
    AgentBreakEnded,
    AgentBreakStarted,
    AgentLoggedIn,
    AgentLoggedOut,
    CallAbandoned,
    CallAnswered,
    CallConnected,
    CallFailed,
    CallHungUpEarly,
    CallLaunched,
    CallUnanswered,
    LiveDetected,
    MachineDetected,
    TalkEnded,
    WrapUpEnded,
)
from tests.dialer.parts import Parts
from tests.fakes import TEN, FakeDesk, FarEnd

START_S = TEN.timestamp()


@define
class Ear:
    """Hears what the pacer is told."""

    heard: list = field(factory=list)

    def observe(self, event):
        self.heard.append(event)


def a_view(parts):
    view = PacingView("c", Ear())
    parts.journal.tell("c", view.apply)
    return view


async def heard_of(far_end, *, with_agent=False, stop_at_s=None, may_originate=True):
    """The events of one call, without those of agents; times from the start."""
    parts = Parts(may_originate=may_originate)
    view = a_view(parts)
    if with_agent:
        parts.log_in(desk=FakeDesk(talk_s=60.0, wrap_s=10.0))
    with trio.move_on_after(stop_at_s if stop_at_s is not None else 10_000.0):
        await parts.call(far_end)
    assert view.in_flight_count == 0
    assert view.ringing_since_s == view.detecting_since_s == view.waiting_since_s == {}
    assert view._wrapping_since_s == {}
    events = [one for one in view.pacer.heard if not type(one).__name__.startswith("Agent")]
    return [(type(one), *(round(value, 3) for value in rest(one))) for one in events]


def rest(event):
    values = [getattr(event, name) for name in event.__slots__ if name not in ("__weakref__",)]
    return [values[0] - START_S, *values[1:]]


LAUNCHED, ANSWERED, LIVE = (CallLaunched, 0.0), (CallAnswered, 6.0, 6.0), (LiveDetected, 7.5)


async def test_pacer_hears_of_a_talk(autojump_clock):
    assert await heard_of(FarEnd(), with_agent=True) == [
        LAUNCHED,
        ANSWERED,
        LIVE,
        (CallConnected, 7.5, 0.5),
        (TalkEnded, 67.5, 60.0),
        (WrapUpEnded, 77.5, 10.0),
    ]


async def test_pacer_hears_of_an_abandoned_person_and_how_long_they_waited(autojump_clock):
    heard = await heard_of(FarEnd())
    assert heard[:3] == [LAUNCHED, ANSWERED, LIVE]
    assert heard[3:] == [(CallAbandoned, 18.0, 2.0)]


async def test_pacer_hears_of_a_person_who_hung_up_early(autojump_clock):
    assert await heard_of(FarEnd(stays_s=2.5)) == [LAUNCHED, ANSWERED, LIVE, (CallHungUpEarly, 8.5, 1.5)]


async def test_pacer_hears_of_a_machine_and_nothing_more_of_it(autojump_clock):
    heard = await heard_of(FarEnd(detected=AnsweredBy.MACHINE), with_agent=True)
    assert heard == [LAUNCHED, ANSWERED, (MachineDetected, 7.5)]


async def test_pacer_hears_of_ringing_that_nobody_answered(autojump_clock):
    assert await heard_of(FarEnd(after_s=600.0)) == [LAUNCHED, (CallUnanswered, 24.0, 24.0)]


async def test_pacer_hears_of_ringing_that_was_given_up(autojump_clock):
    assert await heard_of(FarEnd(after_s=600.0), stop_at_s=5.0) == [LAUNCHED, (CallUnanswered, 5.0, 5.0)]


@pytest.mark.parametrize("name", ["busy", "rejected", "invalid_number", "congested", "trunk_lost"])
async def test_pacer_hears_of_a_call_that_the_network_ended(autojump_clock, name):
    far_end = FarEnd(after_s=2.5, outcome=NetworkOutcome(name))
    assert await heard_of(far_end) == [LAUNCHED, (CallFailed, 2.5, 2.5)]


async def test_pacer_hears_nothing_of_a_call_that_was_never_placed(autojump_clock):
    assert await heard_of(FarEnd(), may_originate=False) == []


async def test_wrap_up_that_a_stop_cut_short_has_ended(autojump_clock):
    heard = await heard_of(FarEnd(), with_agent=True, stop_at_s=70.0)
    assert heard[-2:] == [(TalkEnded, 67.5, 60.0), (WrapUpEnded, 70.0, 2.5)]


async def test_pacer_hears_of_agents_who_come_pause_return_and_leave(autojump_clock):
    parts = Parts()
    view = a_view(parts)
    parts.log_in()
    parts.agents.start_break("ag-1", "rest")
    parts.agents.end_break("ag-1")
    parts.agents.log_out("ag-1")
    assert [type(one) for one in view.pacer.heard] == [
        AgentLoggedIn,
        AgentBreakStarted,
        AgentBreakEnded,
        AgentLoggedOut,
    ]


async def test_agent_who_leaves_from_a_break_has_not_come_back_from_it(autojump_clock):
    parts = Parts()
    view = a_view(parts)
    parts.log_in()
    parts.agents.start_break("ag-1", "rest")
    parts.agents.log_out("ag-1")
    assert [type(one) for one in view.pacer.heard] == [AgentLoggedIn, AgentBreakStarted, AgentLoggedOut]


async def test_pacer_hears_nothing_of_other_campaigns(autojump_clock):
    parts = Parts()
    view = a_view(parts)
    parts.log_in("ag-9", campaigns=("d",))
    parts.journal.append(AgentChanged(TEN, "ag-9", "seoul", AgentState.ON_BREAK, ("d",)))
    assert view.pacer.heard == []


# The snapshot.


async def test_snapshot_puts_every_agent_and_call_in_one_place(autojump_clock):
    parts = Parts()
    view = a_view(parts)
    for index in range(1, 9):
        parts.log_in(f"ag-{index}")
    pool = parts.agents

    def busy(agent_id, stage):
        pool.take_nowait("c", f"x-{agent_id}", agent_id)
        if stage >= 1:
            pool.start_talk(pool.get(agent_id))
        if stage >= 2:
            pool.start_wrap_up(pool.get(agent_id))

    busy("ag-2", 0)  # reserved
    busy("ag-3", 1)  # talking
    busy("ag-4", 2)  # wrapping up
    busy("ag-5", 1)
    pool.log_out("ag-5")  # talking, and then leaves
    busy("ag-6", 2)
    pool.start_break("ag-6", "rest")  # wrapping up, and then breaks
    pool.start_break("ag-7", "rest")
    busy("ag-8", 0)
    pool.log_out("ag-8")  # reserved, and then leaves
    await trio.sleep(30.0)
    now_at = parts.clock.now_at()
    seen = view.snapshot(pool, 17, parts.journal.state.campaigns["c"].counters, now_at)
    assert seen.now_s == START_S + 30.0
    assert (seen.idle_count, seen.on_break_count, seen.leaving_count) == (2, 1, 3)
    assert seen.talking_since_s == (START_S,)
    assert seen.wrapping_since_s == (START_S,)
    assert seen.free_lines == 17
    assert [one.name for one in seen.windows] == ["day"]


@pytest.mark.parametrize(
    ("at_s", "ringing", "detecting", "waiting"),
    [(3.0, (0.0,), (), ()), (6.5, (), (6.0,), ()), (8.0, (), (), (7.0,)), (30.0, (), (), ())],
)
async def test_snapshot_says_since_when_each_call_rings_is_told_apart_or_waits(
    autojump_clock, at_s, ringing, detecting, waiting
):
    parts = Parts()
    view = a_view(parts)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_attempt, parts.claim(), parts.ports)
        await trio.sleep(at_s)
        now_at = parts.clock.now_at()
        seen = view.snapshot(parts.agents, 1, parts.journal.state.campaigns["c"].counters, now_at)
        assert now_at == TEN + timedelta(seconds=at_s)
        assert seen.ringing_since_s == tuple(START_S + one for one in ringing)
        assert seen.detecting_since_s == tuple(START_S + one for one in detecting)
        assert seen.waiting_since_s == tuple(START_S + one for one in waiting)
        assert seen.in_flight_count == view.in_flight_count == len(ringing) + len(detecting) + len(waiting)
        nursery.cancel_scope.cancel()

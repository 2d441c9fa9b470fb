"""The floor: who is next, who waits first, and what happens to a break in the middle of a handover."""

import pytest
import trio
import trio.testing

from dialer.records import AgentChanged, AgentState
from tests.dialer.parts import Parts
from tests.fakes import FakeDesk, a_profile


async def arrive(parts, *agent_ids, every_s=1.0, campaigns=("c",)):
    for agent_id in agent_ids:
        parts.log_in(agent_id, campaigns=campaigns)
        await trio.sleep(every_s)


def take(parts, attempt_id="c-1", prefer=None, campaign_id="c"):
    agent = parts.agents.take_nowait(campaign_id, attempt_id, prefer)
    return agent.agent_id if agent is not None else None


def work(parts, agent_id):
    """Talk and wrap up, in no time."""
    agent = parts.agents.get(agent_id)
    parts.agents.start_talk(agent)
    parts.agents.start_wrap_up(agent)
    parts.agents.put(agent)


# Who is next.


async def test_longest_idle_agent_is_taken_first(autojump_clock):
    parts = Parts()
    await arrive(parts, "ag-2", "ag-1", "ag-3")
    assert [take(parts) for _ in range(4)] == ["ag-2", "ag-1", "ag-3", None]


async def test_agent_who_has_worked_goes_to_the_end_of_the_line(autojump_clock):
    parts = Parts()
    await arrive(parts, "ag-1", "ag-2")
    assert take(parts) == "ag-1"
    work(parts, "ag-1")
    assert [take(parts), take(parts)] == ["ag-2", "ag-1"]


async def test_agent_whose_call_nobody_answered_keeps_their_place(autojump_clock):
    parts = Parts()
    await arrive(parts, "ag-1", "ag-2", "ag-3")
    assert take(parts) == "ag-1"
    await trio.sleep(24.0)
    parts.agents.put(parts.agents.get("ag-1"))
    assert [take(parts), take(parts), take(parts)] == ["ag-1", "ag-2", "ag-3"]


async def test_agent_back_from_a_break_goes_to_the_end_of_the_line(autojump_clock):
    parts = Parts()
    await arrive(parts, "ag-1", "ag-2")
    parts.agents.start_break("ag-1", "rest")
    await trio.sleep(1.0)
    parts.agents.end_break("ag-1")
    assert [take(parts), take(parts)] == ["ag-2", "ag-1"]


async def test_preferred_agent_is_taken_or_nobody(autojump_clock):
    parts = Parts()
    await arrive(parts, "ag-1", "ag-2")
    assert take(parts, prefer="ag-2") == "ag-2"
    assert take(parts, prefer="ag-2") is None
    assert take(parts) == "ag-1"


async def test_agent_of_two_campaigns_is_taken_once(autojump_clock):
    parts = Parts()
    parts.log_in("ag-1", campaigns=("c", "d"))
    assert (parts.agents.idle_count("c"), parts.agents.idle_count("d")) == (1, 1)
    assert take(parts, campaign_id="d") == "ag-1"
    assert (parts.agents.idle_count("c"), parts.agents.idle_count("d")) == (0, 0)
    assert take(parts) is None


async def test_agent_of_another_campaign_is_not_taken(autojump_clock):
    parts = Parts()
    parts.log_in("ag-1", campaigns=("d",))
    assert take(parts) is None
    assert [one.agent_id for one in parts.agents.members("d")] == ["ag-1"]
    assert list(parts.agents.members("c")) == []


# Who waits first.


async def wait_for_agent(parts, got, attempt_id, priority=0, campaign_id="c"):
    agent = await parts.agents.take_longest_idle(campaign_id, attempt_id, priority)
    got.append((attempt_id, agent.agent_id, trio.current_time()))


async def test_waiting_persons_get_agents_by_priority_and_then_by_arrival(autojump_clock):
    parts, got = Parts(), []
    async with trio.open_nursery() as nursery:
        for attempt_id, priority in (("late", 2), ("first", 1), ("second", 1), ("tier a", 0)):
            nursery.start_soon(wait_for_agent, parts, got, attempt_id, priority)
            await trio.testing.wait_all_tasks_blocked()
        await arrive(parts, "ag-1", "ag-2", "ag-3", "ag-4")
    assert [attempt_id for attempt_id, _, _ in got] == ["tier a", "first", "second", "late"]


async def test_agent_who_comes_free_goes_straight_to_who_waits_and_is_never_idle_between(autojump_clock):
    parts, got = Parts(), []
    parts.log_in("ag-1")
    take(parts)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait_for_agent, parts, got, "c-2")
        await trio.testing.wait_all_tasks_blocked()
        work(parts, "ag-1")
        assert parts.agents.idle_count("c") == 0
        assert parts.agents.get("ag-1").attempt_id == "c-2"
        assert take(parts, "c-3") is None
    assert parts.agent_states() == ["idle", "reserved", "talking", "wrap_up", "reserved"]


async def test_agent_of_two_campaigns_goes_to_the_better_priority_of_both(autojump_clock):
    parts, got = Parts(), []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait_for_agent, parts, got, "c-1", 5, "c")
        nursery.start_soon(wait_for_agent, parts, got, "d-1", 1, "d")
        await trio.testing.wait_all_tasks_blocked()
        parts.log_in("ag-1", campaigns=("c", "d"))
        await trio.sleep(1.0)
        parts.log_in("ag-2", campaigns=("c", "d"))
    assert [(attempt_id, agent_id) for attempt_id, agent_id, _ in got] == [("d-1", "ag-1"), ("c-1", "ag-2")]


async def test_person_who_gave_up_waiting_is_passed_over(autojump_clock):
    parts, got = Parts(), []
    async with trio.open_nursery() as nursery:
        with trio.move_on_after(2.0):
            await parts.agents.take_longest_idle("c", "gone", 0)
        nursery.start_soon(wait_for_agent, parts, got, "there", 1)
        await trio.testing.wait_all_tasks_blocked()
        parts.log_in("ag-1")
    assert got == [("there", "ag-1", 2.0)]


async def test_limit_that_runs_out_in_the_instant_of_the_handover_loses_nobody(autojump_clock):
    parts = Parts()

    async def come():
        await trio.sleep(2.0)
        parts.log_in("ag-1")

    for _ in range(20):  # the order of the two is the scheduler's choice
        agent = None
        async with trio.open_nursery() as nursery:
            nursery.start_soon(come)
            with trio.move_on_after(2.0):
                agent = await parts.agents.take_longest_idle("c", "c-1")
        assert parts.agents.idle_count("c") == (1 if agent is None else 0)
        parts.agents.log_out("ag-1")
        if agent is not None:
            parts.agents.put(agent)
        assert len(parts.agents) == 0


# Breaks and leaving.


@pytest.mark.parametrize("stage", ["reserved", "talking", "wrap_up"])
@pytest.mark.parametrize(("wish", "ends_in"), [("break", "on_break"), ("leave", "logged_out")])
async def test_break_or_log_out_during_a_call_takes_effect_after_the_wrap_up(autojump_clock, stage, wish, ends_in):
    parts = Parts()
    parts.log_in("ag-1")
    take(parts)
    agent = parts.agents.get("ag-1")
    if stage != "reserved":
        parts.agents.start_talk(agent)
    if stage == "wrap_up":
        parts.agents.start_wrap_up(agent)
    if wish == "break":
        parts.agents.start_break("ag-1", "rest")
    else:
        parts.agents.log_out("ag-1")
    assert agent.state.value == stage
    assert agent.is_leaving
    parts.agents.put(agent)
    assert parts.agent_states()[-1] == ends_in
    assert parts.agents.idle_count("c") == 0
    assert (parts.agents.get("ag-1") is None) == (wish == "leave")
    assert parts.of(AgentChanged)[-1].reason == ("rest" if wish == "break" else "logged out")


async def test_idle_agent_breaks_and_leaves_at_once(autojump_clock):
    parts = Parts()
    await arrive(parts, "ag-1", "ag-2")
    parts.agents.start_break("ag-1", "rest")
    parts.agents.log_out("ag-2")
    assert parts.agent_states("ag-1") == ["idle", "on_break"]
    assert parts.agent_states("ag-2") == ["idle", "logged_out"]
    assert take(parts) is None


async def test_agent_may_leave_from_a_break(autojump_clock):
    parts = Parts()
    parts.log_in("ag-1")
    parts.agents.start_break("ag-1", "rest")
    parts.agents.log_out("ag-1")
    assert parts.agent_states() == ["idle", "on_break", "logged_out"]


async def test_break_asked_for_exactly_when_the_agent_is_handed_over_waits_for_the_call(autojump_clock):
    parts, got = Parts(), []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait_for_agent, parts, got, "c-1")
        await trio.testing.wait_all_tasks_blocked()
        parts.log_in("ag-1")
        parts.agents.start_break("ag-1", "rest")  # before the waiting task has run
    assert [attempt_id for attempt_id, _, _ in got] == ["c-1"]
    assert parts.agent_states() == ["reserved"]
    work(parts, "ag-1")
    assert parts.agent_states()[-1] == "on_break"


async def test_person_waiting_does_not_get_an_agent_who_is_about_to_break(autojump_clock):
    parts, got = Parts(), []
    parts.log_in("ag-1")
    take(parts)
    parts.agents.start_break("ag-1", "rest")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait_for_agent, parts, got, "c-2")
        await trio.testing.wait_all_tasks_blocked()
        work(parts, "ag-1")
        await trio.sleep(5.0)
        assert got == []
        parts.agents.end_break("ag-1")
    assert got == [("c-2", "ag-1", 5.0)]


async def test_break_that_is_taken_back_during_the_call_does_not_happen(autojump_clock):
    parts = Parts()
    parts.log_in("ag-1")
    take(parts)
    parts.agents.start_break("ag-1", "rest")
    parts.agents.end_break("ag-1")
    work(parts, "ag-1")
    assert parts.agent_states()[-1] == "idle"


async def test_end_of_a_break_does_not_keep_an_agent_who_wants_to_leave(autojump_clock):
    parts = Parts()
    parts.log_in("ag-1")
    take(parts)
    parts.agents.log_out("ag-1")
    parts.agents.end_break("ag-1")
    work(parts, "ag-1")
    assert parts.agent_states()[-1] == "logged_out"


async def test_end_of_a_break_that_was_none_changes_nothing(autojump_clock):
    parts = Parts()
    parts.log_in("ag-1")
    parts.agents.end_break("ag-1")
    assert parts.agent_states() == ["idle"]


async def test_asking_twice_changes_nothing(autojump_clock):
    parts = Parts()
    desk = parts.log_in("ag-1")
    parts.log_in("ag-1", FakeDesk())
    assert len(parts.agents) == 1
    assert parts.agents.get("ag-1").desk is desk
    parts.agents.start_break("ag-1", "rest")
    parts.agents.start_break("ag-1", "lunch")
    assert parts.agent_states() == ["idle", "on_break"]
    parts.agents.end_break("ag-1")
    parts.agents.end_break("ag-1")
    assert parts.agent_states() == ["idle", "on_break", "idle"]


@pytest.mark.parametrize("ask", ["start_break", "end_break", "log_out"])
async def test_agent_who_is_not_logged_in_is_refused(autojump_clock, ask):
    parts = Parts()
    arguments = ("nobody", "rest") if ask == "start_break" else ("nobody",)
    with pytest.raises(KeyError, match="nobody"):
        getattr(parts.agents, ask)(*arguments)


async def test_everybody_leaves_at_the_end(autojump_clock):
    parts = Parts()
    await arrive(parts, "ag-1", "ag-2")
    parts.agents.start_break("ag-2", "rest")
    parts.agents.log_out_all()
    assert len(parts.agents) == 0
    assert parts.journal.state.agents["ag-2"].state is AgentState.LOGGED_OUT


async def test_record_says_who_where_and_for_which_campaigns(autojump_clock):
    parts = Parts()
    parts.agents.log_in(a_profile("ag-1", "c", "d"), FakeDesk())
    take(parts, "c-7")
    idle, reserved = parts.of(AgentChanged)
    assert (idle.site, idle.campaign_ids, idle.reason, idle.attempt_id) == ("seoul", ("c", "d"), "logged in", None)
    assert (reserved.state, reserved.attempt_id) == (AgentState.RESERVED, "c-7")

"""Whatever the order of arrivals, waits, hang-ups, breaks and leavings, nobody is lost or in two places (I4)."""

from collections import Counter

import pytest
import trio
import trio.testing
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.agents import Agent
from dialer.records import AgentChanged, AgentState
from tests.dialer.parts import Parts

AGENTS = ("ag-1", "ag-2", "ag-3")
MOVES = (
    "log in", "log out", "break", "back", "wait", "wait", "wait", "give up", "take", "talk", "wrap up", "put", "put",
    "pass time",
)  # fmt: skip


@define
class Floor:
    """Moves that agents, persons and calls may make at any time."""

    parts: Parts
    nursery: trio.Nursery
    owned: list[Agent] = field(factory=list)
    """Agents that a call holds."""
    waits: dict[trio.CancelScope, str] = field(factory=dict)
    """Persons waiting, each for an agent of a campaign."""
    asked: int = 0

    async def wait(self, scope: trio.CancelScope, campaign_id: str, priority: int) -> None:
        self.asked += 1
        with scope:
            self.owned.append(await self.parts.agents.take_longest_idle(campaign_id, f"a-{self.asked}", priority))
        del self.waits[scope]

    async def move(self, kind: str, which: int) -> None:
        pool, agent_id, campaign_id = self.parts.agents, AGENTS[which % 3], "cd"[which % 2]
        is_in, owned = pool.get(agent_id) is not None, self.owned
        match kind:
            case "log in":
                self.parts.log_in(agent_id, campaigns=(("c",), ("d",), ("c", "d"))[which % 3])
            case "log out" if is_in:
                pool.log_out(agent_id)
            case "break" if is_in:
                pool.start_break(agent_id, "rest")
            case "back" if is_in:
                pool.end_break(agent_id)
            case "wait":
                self.waits[scope := trio.CancelScope()] = campaign_id
                self.nursery.start_soon(self.wait, scope, campaign_id, which % 4)
            case "give up" if self.waits:
                list(self.waits)[which % len(self.waits)].cancel()
            case "take":
                agent = pool.take_nowait(campaign_id, "b-1")
                owned.extend([agent] if agent is not None else [])
            case "talk" if owned and owned[which % len(owned)].state is AgentState.RESERVED:
                pool.start_talk(owned[which % len(owned)])
            case "wrap up" if owned and owned[which % len(owned)].state is AgentState.TALKING:
                pool.start_wrap_up(owned[which % len(owned)])
            case "put" if owned:
                pool.put(owned.pop(which % len(owned)))
            case "pass time":
                await trio.sleep(which * 0.5)

    def check(self) -> None:
        """What holds when nobody is about to run."""
        pool = self.parts.agents
        states = Counter(pool.get(one).state for one in AGENTS if pool.get(one) is not None)
        busy = states[AgentState.RESERVED] + states[AgentState.TALKING] + states[AgentState.WRAP_UP]
        assert len(self.owned) == len({id(one) for one in self.owned}) == busy
        for campaign_id in "cd":
            idle = [one for one in pool.members(campaign_id) if one.is_idle]
            assert pool.idle_count(campaign_id) == len(idle)
            assert not idle or campaign_id not in self.waits.values()
        for agent_id in AGENTS:
            known = self.parts.journal.state.agents.get(agent_id)
            agent = pool.get(agent_id)
            assert (agent.state if agent else AgentState.LOGGED_OUT) is (
                known.state if known else AgentState.LOGGED_OUT
            )


@settings(deadline=None, max_examples=100)
@given(moves=st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 11), st.booleans()), min_size=20, max_size=80))
@pytest.mark.slow
def test_no_interleaving_swallows_or_doubles_an_agent(moves):
    async def scenario() -> None:
        parts = Parts()
        async with trio.open_nursery() as nursery:
            floor = Floor(parts, nursery)
            for kind, which, lets_others_run in moves:
                await floor.move(kind, which)
                if lets_others_run:
                    await trio.testing.wait_all_tasks_blocked()
                    floor.check()
            await trio.testing.wait_all_tasks_blocked()
            floor.check()
            nursery.cancel_scope.cancel()
        for agent in list(floor.owned):
            parts.agents.put(agent)
        parts.agents.log_out_all()
        await trio.sleep(1.0)
        check_seconds(parts, trio.current_time())

    trio.run(scenario, clock=trio.testing.MockClock(autojump_threshold=0))


def check_seconds(parts: Parts, now: float) -> None:
    """Seconds in all states add up to the seconds since each agent first logged in (I4)."""
    for agent_id, status in parts.journal.state.agents.items():
        first = next(one.at for one in parts.of(AgentChanged) if one.agent_id == agent_id)
        since_first = now - parts.clock.mono(first)
        in_last = now - parts.clock.mono(status.since_at)
        assert sum(status.seconds.values()) + in_last == pytest.approx(since_first, abs=1e-5)
        assert status.state is AgentState.LOGGED_OUT

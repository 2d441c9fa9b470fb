"""The agents: who is free, who is next, and what each is doing.

An agent is in exactly one state (I4); every change goes through `_move`, which
writes it to the journal. Idle agents wait in order of how long; persons on the
line wait in order of priority, then arrival. Whoever comes free goes straight
to the first person waiting, so a handover is never lost between two tasks: a
waiting task is either given an agent or cancelled, never both.

A break or a log-out asked for during a call is kept as the agent's `intent` and
carried out when the wrap-up is over; so is a move to other campaigns. A move is
written as leaving and coming back in one instant, so that the campaigns left
behind hear of it as they hear of everything.
"""

import heapq
from collections.abc import Callable, Iterator
from enum import Enum

import trio
from attrs import define, evolve, field

from dialer.clock import WallClock
from dialer.journal import Journal
from dialer.ports import AgentDesk, AgentProfile
from dialer.records import AgentChanged, AgentState

__all__ = ["Agent", "AgentPool"]


_NOBODY: frozenset[str] = frozenset()


class _Intent(Enum):
    STAY = "stay"
    BREAK = "break"
    LEAVE = "leave"


@define(eq=False)
class Agent:
    """One agent who is logged in."""

    profile: AgentProfile
    desk: AgentDesk
    state: AgentState
    since_mono: float
    idle_since_mono: float
    attempt_id: str | None = None
    taken_by: str = ""
    """The campaign that reserved the agent, while a call is at hand."""
    intent: _Intent = _Intent.STAY
    intent_reason: str = ""
    next_campaign_ids: tuple[str, ...] | None = None
    """Where the agent works from the end of the call at hand on; None to stay."""
    move_reason: str = ""

    @property
    def agent_id(self) -> str:
        """As in the journal."""
        return self.profile.agent_id

    @property
    def is_idle(self) -> bool:
        """Whether a call could be handed over this moment."""
        return self.state is AgentState.IDLE

    @property
    def is_leaving(self) -> bool:
        """Whether the agent will not be idle after the call at hand."""
        return self.intent is not _Intent.STAY


@define(order=True)
class _Waiter:
    priority: int
    arrival: int
    attempt_id: str = field(order=False)
    campaign_id: str = field(order=False)
    task: trio.lowlevel.Task = field(order=False)
    is_waiting: bool = field(default=True, order=False)
    agent: Agent | None = field(default=None, order=False)


class AgentPool:
    """Everybody who is logged in. Implements `ports.Floor`."""

    def __init__(self, journal: Journal, clock: WallClock) -> None:
        self._journal = journal
        self._clock = clock
        self._agents: dict[str, Agent] = {}
        self._leaving: dict[str, Agent] = {}
        self._moving: dict[str, Agent] = {}
        self._idle: dict[str, dict[str, Agent]] = {}
        self._waiters: dict[str, list[_Waiter]] = {}
        self._arrivals = 0
        self._parts: dict[tuple[str, str], float] = {}
        """A memo for `shared_part`, until somebody comes or goes."""
        self._on_idle: dict[str, list[Callable[[], None]]] = {}

    # What agents say.

    def log_in(self, profile: AgentProfile, desk: AgentDesk) -> None:
        """The agent is here, and idle. Logging in twice changes nothing."""
        if profile.agent_id in self._agents:
            return
        now = trio.current_time()
        agent = Agent(profile, desk, AgentState.LOGGED_OUT, now, now)
        self._agents[profile.agent_id] = agent
        self._parts.clear()
        self._become_idle(agent, "logged in")

    def start_break(self, agent_id: str, reason: str) -> None:
        """Pause now, or after the call at hand."""
        self._leave(self._agents[agent_id], _Intent.BREAK, reason)

    def end_break(self, agent_id: str) -> None:
        """Idle again; without effect unless on a break or about to take one."""
        agent = self._agents[agent_id]
        if agent.intent is _Intent.BREAK:
            agent.intent = _Intent.STAY
            self._leaving.pop(agent_id, None)
        if agent.state is AgentState.ON_BREAK:
            self._become_idle(agent, "back")

    def log_out(self, agent_id: str) -> None:
        """Leave now, or after the call at hand."""
        self._leave(self._agents[agent_id], _Intent.LEAVE, "logged out")

    def move(self, agent_id: str, campaign_ids: tuple[str, ...], reason: str) -> None:
        """Work other campaigns, from now on or from the end of the call at hand."""
        agent = self._agents[agent_id]
        agent.next_campaign_ids, agent.move_reason = campaign_ids, reason
        if agent.state not in (AgentState.IDLE, AgentState.ON_BREAK):
            self._moving[agent_id] = agent
            return
        was_idle = agent.is_idle
        self._change_campaigns(agent)
        if was_idle:
            self._become_idle(agent, reason, keeps_place=True)
        else:
            self._move(agent, AgentState.ON_BREAK, None, agent.intent_reason)

    def log_out_all(self) -> None:
        """Everybody leaves, as when the engine stops."""
        for agent_id in list(self._agents):
            self.log_out(agent_id)

    # What campaigns and calls ask.

    def on_idle(self, campaign_id: str, callback: Callable[[], None]) -> None:
        """Call back whenever an agent of the campaign comes free and nobody was waiting."""
        self._on_idle.setdefault(campaign_id, []).append(callback)

    def members(self, campaign_id: str) -> Iterator[Agent]:
        """Everybody logged in who works the campaign."""
        return (agent for agent in self._agents.values() if campaign_id in agent.profile.campaign_ids)

    def get(self, agent_id: str) -> Agent | None:
        """An agent by id, None when not logged in."""
        return self._agents.get(agent_id)

    def leaving(self, campaign_id: str) -> frozenset[str]:
        """Ids of the campaign's busy agents who will not be idle after the call at hand."""
        if not self._leaving and not self._moving:
            return _NOBODY
        gone = {one for one, agent in self._leaving.items() if campaign_id in agent.profile.campaign_ids}
        gone |= {
            one
            for one, agent in self._moving.items()
            if campaign_id in agent.profile.campaign_ids and campaign_id not in (agent.next_campaign_ids or ())
        }
        return frozenset(gone)

    @property
    def has_shared_agents(self) -> bool:
        """Whether anybody works more than one campaign."""
        shared = self._parts.get(("", ""))
        if shared is None:
            shared = float(any(len(agent.profile.campaign_ids) > 1 for agent in self._agents.values()))
            self._parts["", ""] = shared
        return shared > 0.0

    def shared_part(self, campaign_id: str, other_id: str) -> float:
        """The part of a campaign's agents who work the other one too, 0 to 1."""
        part = self._parts.get((campaign_id, other_id))
        if part is None:
            members = [agent.profile.campaign_ids for agent in self.members(campaign_id)]
            part = sum(other_id in ids for ids in members) / max(1, len(members))
            self._parts[campaign_id, other_id] = part
        return part

    def reserved_elsewhere(self, campaign_id: str) -> frozenset[str]:
        """Ids of the campaign's agents who are reserved for a call of another one."""
        if not self.has_shared_agents:
            return _NOBODY
        return frozenset(
            agent.agent_id
            for agent in self.members(campaign_id)
            if agent.state is AgentState.RESERVED and agent.taken_by != campaign_id
        )

    def idle_count(self, campaign_id: str) -> int:
        """How many of the campaign's agents are free this moment."""
        return len(self._idle.get(campaign_id, ()))

    def __len__(self) -> int:
        return len(self._agents)

    def take_nowait(self, campaign_id: str, attempt_id: str, prefer: str | None = None) -> Agent | None:
        """Reserve the longest idle agent of a campaign, or the preferred one; None when none is free."""
        idle = self._idle.get(campaign_id)
        if not idle:
            return None
        agent = idle.get(prefer) if prefer is not None else next(iter(idle.values()))
        if agent is not None:
            agent.taken_by = campaign_id
            self._reserve(agent, attempt_id)
        return agent

    def take_by_hand(self, agent_id: str, campaign_id: str, attempt_id: str) -> Agent:
        """Reserve an agent who is idle or on a break, for a call of their own; a break goes on behind it."""
        agent = self._agents[agent_id]
        assert agent.state in (AgentState.IDLE, AgentState.ON_BREAK), agent.state
        if agent.state is AgentState.ON_BREAK:
            self._leaving[agent_id] = agent
        agent.taken_by = campaign_id
        self._reserve(agent, attempt_id)
        return agent

    async def take_longest_idle(self, campaign_id: str, attempt_id: str, priority: int = 0) -> Agent:
        """Reserve an agent, waiting for one if need be; lower `priority` first. All or nothing when cancelled."""
        agent = self.take_nowait(campaign_id, attempt_id)
        if agent is not None:
            return agent
        self._arrivals += 1
        waiter = _Waiter(priority, self._arrivals, attempt_id, campaign_id, trio.lowlevel.current_task())
        heapq.heappush(self._waiters.setdefault(campaign_id, []), waiter)

        def give_up(_: object) -> trio.lowlevel.Abort:
            waiter.is_waiting = False
            return trio.lowlevel.Abort.SUCCEEDED

        await trio.lowlevel.wait_task_rescheduled(give_up)
        assert waiter.agent is not None
        return waiter.agent

    def reserve_for(self, agent: Agent, attempt_id: str) -> None:
        """What the agent was reserved for has got another id, as when a preview becomes an attempt."""
        self._move(agent, AgentState.RESERVED, attempt_id)

    def start_talk(self, agent: Agent) -> None:
        """The reserved agent and the person hear each other."""
        self._move(agent, AgentState.TALKING, agent.attempt_id)

    def start_wrap_up(self, agent: Agent) -> None:
        """The line is gone; the agent still owes a disposition."""
        self._move(agent, AgentState.WRAP_UP, agent.attempt_id)

    def put(self, agent: Agent) -> None:
        """The agent is done with the attempt: to the next person waiting, or idle, or as intended."""
        has_worked = agent.state is not AgentState.RESERVED
        if agent.next_campaign_ids is not None and agent.intent is not _Intent.LEAVE:
            self._change_campaigns(agent)
        if agent.intent is _Intent.STAY:
            self._become_idle(agent, "", keeps_place=not has_worked)
        else:
            self._carry_out(agent)

    # How.

    def _reserve(self, agent: Agent, attempt_id: str) -> None:
        for campaign_id in agent.profile.campaign_ids:
            self._idle.get(campaign_id, {}).pop(agent.agent_id, None)
        self._move(agent, AgentState.RESERVED, attempt_id)

    def _leave(self, agent: Agent, intent: _Intent, reason: str) -> None:
        agent.intent, agent.intent_reason = intent, reason
        if agent.state in (AgentState.IDLE, AgentState.ON_BREAK):
            self._carry_out(agent)
        else:
            self._leaving[agent.agent_id] = agent

    def _carry_out(self, agent: Agent) -> None:
        self._leaving.pop(agent.agent_id, None)
        for campaign_id in agent.profile.campaign_ids:
            self._idle.get(campaign_id, {}).pop(agent.agent_id, None)
        if agent.intent is _Intent.LEAVE:
            self._moving.pop(agent.agent_id, None)
            self._move(agent, AgentState.LOGGED_OUT, None, agent.intent_reason)
            del self._agents[agent.agent_id]
            self._parts.clear()
        elif agent.state is not AgentState.ON_BREAK:
            self._move(agent, AgentState.ON_BREAK, None, agent.intent_reason)

    def _change_campaigns(self, agent: Agent) -> None:
        """Leave all campaigns; whoever asked says at once what the agent does in the new ones."""
        self._moving.pop(agent.agent_id, None)
        for campaign_id in agent.profile.campaign_ids:
            self._idle.get(campaign_id, {}).pop(agent.agent_id, None)
        self._move(agent, AgentState.LOGGED_OUT, None, agent.move_reason)
        assert agent.next_campaign_ids is not None
        agent.profile = evolve(agent.profile, campaign_ids=agent.next_campaign_ids)
        agent.next_campaign_ids = None
        self._parts.clear()

    def _become_idle(self, agent: Agent, reason: str, *, keeps_place: bool = False) -> None:
        if not keeps_place:
            agent.idle_since_mono = trio.current_time()
        waiter = self._first_waiter(agent)
        if waiter is not None:
            # INVARIANT: reserved before anything else runs, so no break or other call can come between.
            waiter.is_waiting, waiter.agent = False, agent
            agent.taken_by = waiter.campaign_id
            self._move(agent, AgentState.RESERVED, waiter.attempt_id, reason)
            trio.lowlevel.reschedule(waiter.task)
            return
        self._move(agent, AgentState.IDLE, None, reason)
        for campaign_id in agent.profile.campaign_ids:
            idle = self._idle.setdefault(campaign_id, {})
            idle[agent.agent_id] = agent
            if keeps_place:
                # The longest idle stays first, though a call that nobody answered took them away for a while.
                self._idle[campaign_id] = dict(
                    sorted(idle.items(), key=lambda item: (item[1].idle_since_mono, item[0]))
                )
        for campaign_id in agent.profile.campaign_ids:
            for callback in self._on_idle.get(campaign_id, ()):
                callback()

    def _first_waiter(self, agent: Agent) -> _Waiter | None:
        best: _Waiter | None = None
        for campaign_id in agent.profile.campaign_ids:
            queue = self._waiters.get(campaign_id, [])
            while queue and not queue[0].is_waiting:
                heapq.heappop(queue)
            if queue and (best is None or queue[0] < best):
                best = queue[0]
        return best

    def _move(self, agent: Agent, state: AgentState, attempt_id: str | None, reason: str = "") -> None:
        agent.state, agent.attempt_id, agent.since_mono = state, attempt_id, trio.current_time()
        profile = agent.profile
        self._journal.append(
            AgentChanged(
                at=self._clock.now_at(),
                agent_id=profile.agent_id,
                site=profile.site,
                state=state,
                campaign_ids=profile.campaign_ids,
                attempt_id=attempt_id,
                reason=reason,
            )
        )

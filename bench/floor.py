"""A model floor on an event heap: thousands of times faster than a real one, with the real pacer on it.

Theory of operation. Every call and agent is in exactly one of the containers
of `Floor`; heap entries move them on and carry what they need, so a popped
entry is never stale, except a connect limit whose caller already has an agent
(looked up in `waiting`) and the end of ringing of a call that was given up
(looked up in `ringing`). After every entry, and each tick, waiting persons and
idle agents are paired first come first served, then the pacer is asked.
"""

import heapq
from collections import deque
from collections.abc import Callable
from itertools import count
from time import thread_time
from typing import Any, Protocol

from attrs import define, field, frozen

from bench.draws import Draws, Outcome
from bench.scenarios import Scenario
from pacing import (
    AbandonmentWindow,
    AgentBreakEnded,
    AgentBreakStarted,
    AgentLoggedIn,
    AgentLoggedOut,
    CallAbandoned,
    CallAnswered,
    CallConnected,
    CallFailed,
    CallLaunched,
    CallUnanswered,
    LiveDetected,
    MachineDetected,
    Pacer,
    PacerSettings,
    PacingDecision,
    PacingEvent,
    PacingMode,
    Snapshot,
    TalkEnded,
    WindowCount,
    WrapUpEnded,
)

QUARTER_S = 900.0


class PacesCalls(Protocol):
    """What a floor needs of a pacer; baselines implement it too."""

    def observe(self, event: PacingEvent) -> None: ...

    def decide(self, snapshot: Snapshot) -> PacingDecision: ...


@frozen
class Day:
    """What one model day came to; times in seconds."""

    scenario: str
    seed: int
    utilisation: float
    delivered: int
    abandoned: int
    launched: int
    quarters: tuple[tuple[int, int, int], ...]
    """Per quarter hour: persons answered, of them abandoned, fewest agents present."""
    decide_count: int
    decide_s: float
    observe_count: int
    observe_s: float

    @property
    def abandonment_rate(self) -> float:
        """Abandoned / (delivered + abandoned), zero when nobody answered."""
        return self.abandoned / max(1, self.delivered + self.abandoned)


@define(eq=False)
class _Agent:
    agent_id: int
    break_due_s: float
    is_leaving: bool = False
    state_since_s: float = 0.0


@define
class _Tally:
    busy_s: float = 0.0
    present_s: float = 0.0
    delivered: int = 0
    abandoned: int = 0
    launched: int = 0
    answered_by_quarter: dict[int, int] = field(factory=dict)
    abandoned_by_quarter: dict[int, int] = field(factory=dict)
    fewest_by_quarter: dict[int, int] = field(factory=dict)
    decide_count: int = 0
    decide_s: float = 0.0
    observe_count: int = 0
    observe_s: float = 0.0


def settings_for(scenario: Scenario, mode: PacingMode = PacingMode.PREDICTIVE) -> PacerSettings:
    """The pacer's settings for a scenario: one day is one window."""
    target = scenario.abandonment_target
    return PacerSettings(
        mode=mode,
        abandonment_target=target,
        windows=(AbandonmentWindow(name="day", limit=target, length_s=scenario.hours * 3600.0),),
        connect_s=scenario.parameters["connect_limit_s"],
        ring_s=scenario.parameters["ring_timeout_s"],
        machine_detection=bool(scenario.parameters["machine_detection"]),
    )


def run_day(scenario: Scenario, seed: int, make_pacer: Callable[[PacerSettings], PacesCalls] = Pacer) -> Day:
    """One day of `scenario` under a fresh pacer; the same seed meets the same people."""
    return Floor(scenario, seed, make_pacer(settings_for(scenario))).run()


class Floor:
    """Agents, calls and lines of one model day."""

    def __init__(self, scenario: Scenario, seed: int, pacer: PacesCalls, tick_s: float = 0.5) -> None:
        self.scenario, self.seed, self.pacer, self.tick_s = scenario, seed, pacer, tick_s
        self.draws = Draws(scenario, seed)
        self.now_s, self.end_s = 0.0, scenario.hours * 3600.0
        self.connect_s = scenario.parameters["connect_limit_s"]
        self.has_detection = bool(scenario.parameters["machine_detection"])
        self.has_breaks = scenario.parameters["break_every_s"] > 0.0
        self.heap: list[tuple[float, int, Callable[..., None], Any]] = []
        self.sequence = count()
        self.idle: deque[_Agent] = deque()
        self.talking: dict[_Agent, bool] = {}
        self.wrapping: dict[_Agent, None] = {}
        self.on_break: dict[_Agent, None] = {}
        self.ringing: dict[int, float] = {}
        self.detecting: dict[int, float] = {}
        self.waiting: dict[int, tuple[float, Outcome]] = {}
        self.tally = _Tally()
        self.agent_ids = count()

    def run(self) -> Day:
        """Run to the end of the day and return what came of it."""
        self._at(0.0, self._tick, None)
        while self.heap and self.heap[0][0] <= self.end_s:
            self.now_s, _, action, subject = heapq.heappop(self.heap)
            action(subject)
            self._pair()
            self._ask()
        return self._close()

    # -- what the pacer sees and does ----------------------------------------------------------

    def _observe(self, event: PacingEvent) -> None:
        started = thread_time()
        self.pacer.observe(event)
        self.tally.observe_s += thread_time() - started
        self.tally.observe_count += 1

    def _ask(self) -> None:
        snapshot = self._snapshot()
        started = thread_time()
        decision = self.pacer.decide(snapshot)
        self.tally.decide_s += thread_time() - started
        self.tally.decide_count += 1
        for _ in range(decision.launch_count):
            self._launch()
        for call_id in list(self.ringing)[: decision.give_up_count]:
            # Calls ring in the order they were placed, so the first has rung longest.
            self._observe(CallUnanswered(self.now_s, self.now_s - self.ringing.pop(call_id)))

    def _snapshot(self) -> Snapshot:
        tally = self.tally
        talking = tuple([a.state_since_s for a in self.talking if not self._will_leave(a)])
        wrapping = tuple([a.state_since_s for a in self.wrapping if not self._will_leave(a)])
        busy_count = len(self.talking) + len(self.wrapping)
        lines_in_use = len(self.ringing) + len(self.detecting) + len(self.waiting) + len(self.talking)
        return Snapshot(
            now_s=self.now_s,
            idle_count=len(self.idle),
            on_break_count=len(self.on_break),
            leaving_count=busy_count - len(talking) - len(wrapping),
            talking_since_s=talking,
            wrapping_since_s=wrapping,
            ringing_since_s=tuple(self.ringing.values()),
            detecting_since_s=tuple(self.detecting.values()),
            waiting_since_s=tuple([since for since, _ in self.waiting.values()]),
            free_lines=self.scenario.lines - lines_in_use,
            windows=(WindowCount("day", tally.delivered + tally.abandoned, tally.abandoned, self.now_s / self.end_s),),
        )

    def _will_leave(self, agent: _Agent) -> bool:
        return agent.is_leaving or self.now_s >= agent.break_due_s

    # -- calls ---------------------------------------------------------------------------------

    def _at(self, when_s: float, action: Callable[..., None], subject: Any) -> None:
        heapq.heappush(self.heap, (when_s, next(self.sequence), action, subject))

    def _launch(self) -> None:
        self.tally.launched += 1
        call_id = self.tally.launched
        outcome = self.draws.call(self.now_s)
        self.ringing[call_id] = self.now_s
        self._at(self.now_s + outcome.ring_s, self._ring_ends, (call_id, outcome))
        self._observe(CallLaunched(self.now_s))

    def _ring_ends(self, subject: tuple[int, Outcome]) -> None:
        call_id, outcome = subject
        if self.ringing.pop(call_id, None) is None:
            return  # given up
        if outcome.is_failed:
            self._observe(CallFailed(self.now_s, outcome.ring_s))
        elif not outcome.is_answered:
            self._observe(CallUnanswered(self.now_s, outcome.ring_s))
        else:
            self._observe(CallAnswered(self.now_s, outcome.ring_s))
            if self.has_detection:
                self.detecting[call_id] = self.now_s
                self._at(self.now_s + outcome.detection_s, self._told_apart, subject)
            else:
                self._starts_waiting(call_id, outcome)

    def _told_apart(self, subject: tuple[int, Outcome]) -> None:
        call_id, outcome = subject
        del self.detecting[call_id]
        if outcome.seems_person:
            self._starts_waiting(call_id, outcome)
        else:
            self._observe(MachineDetected(self.now_s))

    def _starts_waiting(self, call_id: int, outcome: Outcome) -> None:
        self._observe(LiveDetected(self.now_s))
        if outcome.is_person:
            self._count(self.tally.answered_by_quarter)
        self.waiting[call_id] = (self.now_s, outcome)
        self._at(self.now_s + self.connect_s, self._connect_limit, call_id)

    def _connect_limit(self, call_id: int) -> None:
        since_and_outcome = self.waiting.pop(call_id, None)
        if since_and_outcome is None:
            return
        self._observe(CallAbandoned(self.now_s, self.connect_s))
        if since_and_outcome[1].is_person:
            self.tally.abandoned += 1
            self._count(self.tally.abandoned_by_quarter)

    def _count(self, by_quarter: dict[int, int]) -> None:
        quarter = int(self.now_s // QUARTER_S)
        by_quarter[quarter] = by_quarter.get(quarter, 0) + 1

    # -- agents --------------------------------------------------------------------------------

    def _pair(self) -> None:
        while self.idle and self.waiting:
            agent = self.idle.popleft()
            call_id = next(iter(self.waiting))
            since_s, outcome = self.waiting.pop(call_id)
            self._present(agent)
            self.talking[agent] = outcome.is_person
            self.tally.delivered += outcome.is_person
            self._observe(CallConnected(self.now_s, self.now_s - since_s))
            self._at(self.now_s + self.draws.talk_s(self.now_s, outcome.is_person), self._talk_ends, agent)

    def _present(self, agent: _Agent) -> float:
        """Close the agent's present state as time logged in; its length in seconds."""
        length_s = self.now_s - agent.state_since_s
        self.tally.present_s += length_s
        agent.state_since_s = self.now_s
        return length_s

    def _talk_ends(self, agent: _Agent) -> None:
        del self.talking[agent]
        talk_s = self._present(agent)
        self.tally.busy_s += talk_s
        self._observe(TalkEnded(self.now_s, talk_s))
        self.wrapping[agent] = None
        self._at(self.now_s + self.draws.wrap_s(), self._wrap_up_ends, agent)

    def _wrap_up_ends(self, agent: _Agent) -> None:
        del self.wrapping[agent]
        wrap_s = self._present(agent)
        self.tally.busy_s += wrap_s
        self._observe(WrapUpEnded(self.now_s, wrap_s))
        if agent.is_leaving:
            self._observe(AgentLoggedOut(self.now_s))
        elif self.now_s >= agent.break_due_s:
            self._start_break(agent)
        else:
            self.idle.append(agent)

    def _start_break(self, agent: _Agent) -> None:
        self._observe(AgentBreakStarted(self.now_s))
        self.on_break[agent] = None
        self._at(self.now_s + self.draws.break_s(), self._break_ends, agent)

    def _break_ends(self, agent: _Agent) -> None:
        if agent not in self.on_break:
            return
        del self.on_break[agent]
        self._observe(AgentBreakEnded(self.now_s))
        agent.state_since_s = self.now_s
        agent.break_due_s = self.now_s + self.scenario.parameters["break_every_s"]
        self.idle.append(agent)

    def _tick(self, _: None) -> None:
        self._staff(round(self.scenario.agents.at(self.now_s)))
        if self.has_breaks:
            for agent in [a for a in self.idle if self.now_s >= a.break_due_s]:
                self._present(agent)
                self.idle.remove(agent)
                self._start_break(agent)
        self._at(self.now_s + self.tick_s, self._tick, None)

    def _staff(self, wanted: int) -> None:
        here = [
            a for group in (self.idle, self.talking, self.wrapping, self.on_break) for a in group if not a.is_leaving
        ]
        for _ in range(wanted - len(here)):
            due_s = self.now_s + self.draws.first_break_s() if self.has_breaks else float("inf")
            self.idle.append(_Agent(next(self.agent_ids), due_s, state_since_s=self.now_s))
            self._observe(AgentLoggedIn(self.now_s))
        if wanted < len(here):
            # Whoever came last leaves first.
            for agent in sorted(here, key=lambda a: -a.agent_id)[: len(here) - wanted]:
                self._send_home(agent)
        quarter = int(self.now_s // QUARTER_S)
        fewest = self.tally.fewest_by_quarter.get(quarter, wanted)
        self.tally.fewest_by_quarter[quarter] = min(fewest, wanted)

    def _send_home(self, agent: _Agent) -> None:
        agent.is_leaving = True
        if agent in self.on_break:
            del self.on_break[agent]
            self._observe(AgentLoggedOut(self.now_s))
        elif agent in self.idle:
            self._present(agent)
            self.idle.remove(agent)
            self._observe(AgentLoggedOut(self.now_s))

    def _close(self) -> Day:
        self.now_s = self.end_s
        for agent in (*self.talking, *self.wrapping):
            self.tally.busy_s += self._present(agent)
        for agent in self.idle:
            self._present(agent)
        tally = self.tally
        return Day(
            scenario=self.scenario.name,
            seed=self.seed,
            utilisation=tally.busy_s / max(1.0, tally.present_s),
            delivered=tally.delivered,
            abandoned=tally.abandoned,
            launched=tally.launched,
            quarters=tuple(
                (tally.answered_by_quarter.get(q, 0), tally.abandoned_by_quarter.get(q, 0), fewest)
                for q, fewest in sorted(tally.fewest_by_quarter.items())
            ),
            decide_count=tally.decide_count,
            decide_s=tally.decide_s,
            observe_count=tally.observe_count,
            observe_s=tally.observe_s,
        )

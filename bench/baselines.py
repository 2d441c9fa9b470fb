"""Pacers to compare with, by name. Each is written from public descriptions of what it does; none learns from ours."""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from math import exp
from statistics import fmean

from attrs import evolve

from bench.floor import PacesCalls, run_day
from bench.scenarios import Scenario
from pacing import (
    CallAbandoned,
    CallConnected,
    CallFailed,
    CallHungUpEarly,
    CallUnanswered,
    MachineDetected,
    Pacer,
    PacerSettings,
    PacingDecision,
    PacingEvent,
    PacingMode,
    Snapshot,
    TalkEnded,
    WrapUpEnded,
)
from pacing.settings import SHORTEST_RING_S

_ADJUST_S = 15.0
_MOST_LEVEL = 8.0
_MOST_RATIO = 30.0


class Measuring:
    """What most dialers measure: answers, abandoned calls, handling times. Subclasses say how many calls to have up."""

    def __init__(self, settings: PacerSettings) -> None:
        self.target = settings.abandonment_target
        self.delivered = self.abandoned = 0
        self.results: deque[bool] = deque([True], maxlen=300)
        """Whether the last finished calls reached a person."""
        self.talk_s: deque[float] = deque([120.0], maxlen=100)
        self.wrap_s: deque[float] = deque([20.0], maxlen=100)

    @property
    def answer_rate(self) -> float:
        """Share of the last calls that reached a person, at least one in fifty."""
        return max(0.02, sum(self.results) / len(self.results))

    @property
    def abandonment_rate(self) -> float:
        """Share abandoned so far."""
        return self.abandoned / max(1, self.delivered + self.abandoned)

    def observe(self, event: PacingEvent) -> None:
        """Count."""
        match event:
            case CallConnected():
                self.delivered += 1
                self.results.append(True)
            case CallAbandoned() | CallHungUpEarly():
                self.abandoned += isinstance(event, CallAbandoned)
                self.results.append(True)
            case CallUnanswered() | CallFailed() | MachineDetected():
                self.results.append(False)
            case TalkEnded():
                self.talk_s.append(event.talk_s)
            case WrapUpEnded():
                self.wrap_s.append(event.wrap_s)
            case _:
                pass

    def decide(self, snapshot: Snapshot) -> PacingDecision:
        """As many calls as bring the floor up to what the rule wants, never above the free lines."""
        wanted = int(self.wanted(snapshot)) - snapshot.in_flight_count
        return PacingDecision(min(max(0, wanted), max(0, snapshot.free_lines)), mode=PacingMode.PREDICTIVE)

    def wanted(self, snapshot: Snapshot) -> float:
        """Calls to have in flight."""
        raise NotImplementedError


class FixedRatio(Measuring):
    """So many calls for each idle agent: the ratio that a supervisor sets on a power dialer.

    Public manuals of most dialers describe it; the best ratio is left to trial
    and error, which `best_ratio` does in hindsight.
    """

    def __init__(self, settings: PacerSettings, ratio: float = 2.0) -> None:
        super().__init__(settings)
        self.ratio = ratio

    def wanted(self, snapshot: Snapshot) -> float:
        return self.ratio * snapshot.idle_count


class LevelController(Measuring):
    """A dial level of lines per agent, moved every 15 s, as open-source call centre suites document it.

    Agents waiting raise the level in proportion to their share; nobody waiting
    lowers it. `hard`: above the target, so far today, the level is one. `tapered`:
    the target is twice as high when the day begins and comes down to itself.
    """

    def __init__(self, settings: PacerSettings, is_tapered: bool = False) -> None:
        super().__init__(settings)
        self.is_tapered = is_tapered
        self.level, self.due_s, self.idle_counts = 1.0, _ADJUST_S, [0]

    def wanted(self, snapshot: Snapshot) -> float:
        self.idle_counts.append(snapshot.idle_count)
        if snapshot.now_s >= self.due_s:
            self.due_s = snapshot.now_s + _ADJUST_S
            self._adjust(snapshot)
        return self.level * snapshot.staffed_count - len(snapshot.talking_since_s)

    def _adjust(self, snapshot: Snapshot) -> None:
        waiting, self.idle_counts = fmean(self.idle_counts), [snapshot.idle_count]
        gone = snapshot.windows[0].elapsed if snapshot.windows else 1.0
        limit = self.target * (2.0 - gone if self.is_tapered else 1.0)
        if self.abandonment_rate > limit:
            self.level = 1.0
        elif waiting < 0.5:
            self.level = max(1.0, self.level - 0.05)
        else:
            step = 0.5 * waiting / max(1, snapshot.staffed_count)
            self.level = min(_MOST_LEVEL, self.level + step)


class ElapsedTime(Measuring):
    """Agents weighted by how long they have been on their call, as in call placement patents of the eighties, expired.

    An agent counts as soon to be free in proportion to how much of a usual
    call is over by the time a call placed now would be answered. As many calls
    are kept up as are expected to reach that many persons: an expectation, so
    nothing in it knows how often it goes wrong. Above the target it waits for idle agents.
    """

    answer_s = 10.0

    def wanted(self, snapshot: Snapshot) -> float:
        if self.abandonment_rate > self.target:
            return snapshot.idle_count
        usual_s = fmean(self.talk_s) + fmean(self.wrap_s)
        wrapped_s = fmean(self.wrap_s)
        near = sum(self._weight(snapshot.now_s - since_s, usual_s) for since_s in snapshot.talking_since_s)
        near += sum(self._weight(snapshot.now_s - since_s, wrapped_s) for since_s in snapshot.wrapping_since_s)
        return (snapshot.idle_count + near) / self.answer_rate

    def _weight(self, age_s: float, usual_s: float) -> float:
        left_s = max(1.0, usual_s - age_s)
        return min(1.0, self.answer_s / left_s) if left_s < 3.0 * self.answer_s else 0.0


class PerIdleAgent(Measuring):
    """For each idle agent as many calls as it takes on average to reach a person, as open PBX call centre modules do.

    Calls in flight are taken off; agents about to be free are not looked at.
    """

    def wanted(self, snapshot: Snapshot) -> float:
        return snapshot.idle_count / self.answer_rate


class StepwiseCorrection(Measuring):
    """Lines per idle agent, corrected after every so many answers by the abandonment measured in them.

    The administration guides of a large vendor name the two knobs: after how
    many answered calls to correct, and how strongly.
    """

    pace, gain = 70, 0.5

    def __init__(self, settings: PacerSettings) -> None:
        super().__init__(settings)
        self.lines_per_agent, self._from = 1.5, (0, 0)

    def wanted(self, snapshot: Snapshot) -> float:
        answered = self.delivered + self.abandoned - sum(self._from)
        if answered >= self.pace:
            measured = (self.abandoned - self._from[1]) / answered
            self._from = (self.delivered, self.abandoned)
            off = min(1.0, max(-1.0, (self.target - measured) / self.target))
            self.lines_per_agent = min(30.0, max(1.0, self.lines_per_agent * exp(self.gain * off)))
        return self.lines_per_agent * snapshot.idle_count


class AbandonmentPI(Measuring):
    """Lines per agent by a proportional-integral controller on the abandonment measured of late, from textbooks."""

    proportional, integral, memory = 4.0, 0.02, 100.0

    def __init__(self, settings: PacerSettings) -> None:
        super().__init__(settings)
        self.recent, self.sum, self.due_s = 0.0, 0.0, _ADJUST_S

    def observe(self, event: PacingEvent) -> None:
        super().observe(event)
        if isinstance(event, CallConnected | CallAbandoned):
            self.recent += (float(isinstance(event, CallAbandoned)) - self.recent) / self.memory

    def wanted(self, snapshot: Snapshot) -> float:
        if snapshot.now_s >= self.due_s:
            self.due_s = snapshot.now_s + _ADJUST_S
            room = min(1.0, (self.target - self.recent) / self.target)
            self.sum = min(_MOST_LEVEL, max(0.0, self.sum + self.integral * room))
        level = 1.0 + self.sum + self.proportional * (self.target - self.recent)
        return max(1.0, level) * snapshot.staffed_count - len(snapshot.talking_since_s)


def _progressive(settings: PacerSettings) -> PacesCalls:
    """One call in flight for each idle agent: what manuals call progressive, or power dialing at one line an agent."""
    return Pacer(PacerSettings(mode=PacingMode.PROGRESSIVE, connect_s=settings.connect_s, ring_s=settings.ring_s))


def _giving_up(settings: PacerSettings) -> PacesCalls:
    """The pacer with the option to give up calls that have rung for 15 s when the floor has filled."""
    return Pacer(evolve(settings, give_up_ringing_after_s=SHORTEST_RING_S))


PACERS: dict[str, Callable[[PacerSettings], PacesCalls]] = {
    "predictive": Pacer,
    "predictive-giving-up": _giving_up,
    "progressive": _progressive,
    "fixed-ratio": FixedRatio,
    "level-hard": LevelController,
    "level-tapered": partial(LevelController, is_tapered=True),
    "elapsed-time": ElapsedTime,
    "per-idle-agent": PerIdleAgent,
    "stepwise": StepwiseCorrection,
    "pi": AbandonmentPI,
}
"""By the name on the command line. `fixed-ratio` is replaced by its best ratio where `best_ratio` has been asked."""


def best_ratio(scenario: Scenario, seeds: Sequence[int], halvings: int = 7) -> float:
    """The highest fixed ratio that keeps the days of `seeds` together within the target: hindsight."""
    low, high = 1.0, _MOST_RATIO
    for _ in range(halvings):
        middle = (low * high) ** 0.5
        days = [run_day(scenario, seed, partial(FixedRatio, ratio=middle)) for seed in seeds]
        lost = sum(day.abandoned for day in days)
        answered = lost + sum(day.delivered for day in days)
        low, high = (middle, high) if lost <= scenario.abandonment_target * answered else (low, middle)
    return low

"""The hindsight oracle: a policy that knows every true law of a model day, with one threshold tuned afterwards.

It asks the same question as the pacer, would the next call meet no agent, and
answers it from the laws that the day is drawn from instead of from what was
seen. Its threshold never moves, and is the one that spends the day's budget to
the last call. What the pacer falls short of it is what learning and prudence cost.
"""

from collections.abc import Sequence
from functools import cached_property, partial
from math import exp, log, log1p, sqrt

import numpy as np
import numpy.typing as npt
from attrs import frozen
from scipy.special import gammainc, gammaincinv, ndtr

from bench.floor import Day, run_day
from bench.scenarios import Scenario
from pacing import PacerSettings, PacingDecision, PacingEvent, PacingMode, Snapshot
from pacing.forecast import Outlook

Floats = npt.NDArray[np.float64]

_HORIZONS = (np.arange(6) + 0.5) / 6.0
_AGE_STEP_S = 2.0
_AGES_S = np.arange(0.0, 1200.0, _AGE_STEP_S)
_MOST_LAUNCHED = 4000


@frozen(slots=False)
class Laws:
    """The true laws of a scenario."""

    scenario: Scenario

    @cached_property
    def _ring(self) -> tuple[float, float, float]:
        p = self.scenario.parameters
        mean, spread = p["ring_mean_s"] - p["ring_min_s"], p["ring_cv"] * p["ring_mean_s"]
        shape, scale = (mean / spread) ** 2, spread**2 / mean
        return shape, scale, float(gammainc(shape, (p["ring_timeout_s"] - p["ring_min_s"]) / scale))

    @cached_property
    def answer_times_s(self) -> Floats:
        """Six equally likely times to an answer."""
        shape, scale, whole = self._ring
        return self.scenario.parameters["ring_min_s"] + scale * gammaincinv(shape, _HORIZONS * whole)

    @cached_property
    def live_share(self) -> float:
        """Share of answers that are handed to agents."""
        p = self.scenario.parameters
        if not p["machine_detection"]:
            return 1.0
        machines = p["machine_share_of_answers"]
        return (1.0 - machines) * (1.0 - p["false_machine"]) + machines * p["missed_machine"]

    def answered_by(self, age_s: Floats) -> Floats:
        """Share of answers that have come after ringing so long."""
        shape, scale, whole = self._ring
        return np.minimum(
            1.0, gammainc(shape, np.maximum(0.0, age_s - self.scenario.parameters["ring_min_s"]) / scale) / whole
        )

    def answers(self, ages_s: Floats, answer_rate: float) -> Floats:
        """Chance of calls ringing so long to reach a live answer by each horizon."""
        p = self.scenario.parameters
        come = self.answered_by(ages_s)
        low, high = p["failed_after_lo_s"], p["failed_after_hi_s"]
        failed = p["failed_share_of_unanswered"] * np.clip((ages_s - low) / (high - low), 0.0, 1.0)
        still = answer_rate * (1.0 - come) + (1.0 - answer_rate) * (1.0 - failed)
        soon = self.answered_by(ages_s[:, None] + self.answer_times_s) - come[:, None]
        return answer_rate * soon * self.live_share / np.maximum(1e-9, still)[:, None]

    @cached_property
    def _free_in_s(self) -> Floats:
        return self.answer_times_s + self.scenario.parameters["connect_limit_s"]

    def _talk_left(self, t: Floats, factor: float) -> Floats:
        """Chance that a talk lasts longer than `t`."""
        p = self.scenario.parameters
        total = np.zeros_like(t)
        for share, which in ((p["w1"], "1"), (1.0 - p["w1"], "2")):
            variance = log1p(p[f"cv{which}"] ** 2)
            mean = log(p[f"mean{which}_s"] * factor) - variance / 2.0
            total += share * ndtr(-(np.log(np.maximum(1e-9, t)) - mean) / sqrt(variance))
        return total

    def _wrapped_by(self, t: Floats) -> Floats:
        p = self.scenario.parameters
        shape = 1.0 / p["wrap_cv"] ** 2
        return gammainc(shape, np.maximum(0.0, t) * shape / p["wrap_mean_s"])

    def free_tables(self, factor: float) -> tuple[Floats, Floats]:
        """By age of talk and of wrap-up, in steps: chance to be free by the end of the new call's wait."""
        left = np.maximum(1e-12, self._talk_left(_AGES_S, factor))
        # A talk ends in one of these steps, and its wrap-up within what remains.
        steps = np.arange(0.0, float(self._free_in_s.max()), 0.5)
        ages_s = _AGES_S[:, None] + steps
        ends = self._talk_left(ages_s, factor) - self._talk_left(ages_s + 0.5, factor)
        within = self._wrapped_by(self._free_in_s[None, :] - steps[:, None] - 0.25)
        talk = (ends @ within) / left[:, None]
        done = self._wrapped_by(_AGES_S)[:, None]
        wrap = (self._wrapped_by(_AGES_S[:, None] + self._free_in_s) - done) / np.maximum(1e-9, 1.0 - done)
        return np.clip(talk, 0.0, 1.0), np.clip(wrap, 0.0, 1.0)


class Oracle:
    """Launches while the next call meets no agent with a chance of at most `theta`."""

    def __init__(self, settings: PacerSettings, scenario: Scenario, theta: float) -> None:
        self.laws, self.scenario, self.theta = Laws(scenario), scenario, theta
        self._tables: dict[float, tuple[Floats, Floats]] = {}

    def observe(self, event: PacingEvent) -> None:
        """It has nothing to learn."""

    def decide(self, snapshot: Snapshot) -> PacingDecision:
        """As many calls as the threshold lets."""
        if snapshot.staffed_count == 0:
            return PacingDecision(0)
        now, laws = snapshot.now_s, self.laws
        rate = self.scenario.answer_rate.at(now)
        factor = round(self.scenario.talk.at(now), 2)
        talk, wrap = self._tables.get(factor) or self._tables.setdefault(factor, laws.free_tables(factor))
        answers = laws.answers(now - np.array(snapshot.ringing_since_s, dtype=np.float64), rate)
        if snapshot.detecting_since_s:
            told = np.full((len(snapshot.detecting_since_s), len(_HORIZONS)), laws.live_share)
            answers = np.concatenate((answers, told))
        freed = (talk[_bins(now, snapshot.talking_since_s)], wrap[_bins(now, snapshot.wrapping_since_s)])
        outlook = Outlook(
            ahead=len(snapshot.waiting_since_s) - snapshot.idle_count,
            answers=answers,
            freed=np.concatenate(freed),
            own=rate * laws.live_share * _HORIZONS,
        )
        most = min(snapshot.free_lines, _MOST_LAUNCHED)
        return PacingDecision(outlook.launches(self.theta, most), mode=PacingMode.PREDICTIVE)


def _bins(now_s: float, since_s: Sequence[float]) -> npt.NDArray[np.intp]:
    ages = now_s - np.array(since_s, dtype=np.float64)
    return np.clip(ages / _AGE_STEP_S, 0, len(_AGES_S) - 1).astype(np.intp)


def hindsight(scenario: Scenario, seeds: Sequence[int], rounds: int = 4) -> tuple[float, list[Day]]:
    """The threshold whose days together abandon what the target allows, as near as `rounds` come, and those days.

    Of the rounds within the target the boldest is given; if none was, the most careful.
    """
    theta, tried = 0.8 * scenario.abandonment_target, {}
    for _ in range(rounds):
        days = [run_day(scenario, seed, partial(Oracle, scenario=scenario, theta=theta)) for seed in seeds]
        lost = sum(day.abandoned for day in days)
        tried[theta] = (lost / max(1, lost + sum(day.delivered for day in days)), days)
        # The rate is close to proportional to the threshold.
        off = scenario.abandonment_target / max(0.1 * scenario.abandonment_target, tried[theta][0])
        theta *= exp(0.9 * log(off)) * 0.995
    within = [one for one, (rate, _) in tried.items() if rate <= scenario.abandonment_target]
    best = max(within) if within else min(tried)
    return best, tried[best][1]

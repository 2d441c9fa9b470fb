"""What happens to the n-th call and the n-th talk of a model day: draws that do not depend on the pacer."""

import math
import random

from attrs import frozen

from bench.scenarios import Scenario


@frozen
class Outcome:
    """The fate of one call, fixed when it is placed; times in seconds."""

    ring_s: float
    is_answered: bool
    is_failed: bool = False
    is_person: bool = False
    seems_person: bool = False
    detection_s: float = 0.0


class Draws:
    """Seeded draws, one stream for calls and one for agents, so that two pacers meet the same people."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self._p = scenario.parameters
        self._scenario = scenario
        self._calls = random.Random(f"calls {scenario.name} {seed}")
        self._agents = random.Random(f"agents {scenario.name} {seed}")
        spread = self._p["ring_cv"] * self._p["ring_mean_s"]
        mean = self._p["ring_mean_s"] - self._p["ring_min_s"]
        self._ring_shape, self._ring_scale = (mean / spread) ** 2, spread**2 / mean
        self._wrap_shape = 1.0 / self._p["wrap_cv"] ** 2
        self._wrap_scale = self._p["wrap_mean_s"] / self._wrap_shape

    def call(self, now_s: float) -> Outcome:
        """What becomes of a call placed now."""
        p, rng = self._p, self._calls
        if rng.random() >= self._scenario.answer_rate.at(now_s):
            if rng.random() < p["failed_share_of_unanswered"]:
                return Outcome(rng.uniform(p["failed_after_lo_s"], p["failed_after_hi_s"]), False, is_failed=True)
            return Outcome(p["ring_timeout_s"], False)
        ring_s = self._ring_s()
        is_person = rng.random() >= p["machine_share_of_answers"]
        if not p["machine_detection"]:
            return Outcome(ring_s, True, is_person=is_person, seems_person=True)
        mistaken = rng.random() < (p["false_machine"] if is_person else p["missed_machine"])
        detection_s = rng.uniform(p["machine_detection_lo_s"], p["machine_detection_hi_s"])
        return Outcome(ring_s, True, is_person=is_person, seems_person=is_person != mistaken, detection_s=detection_s)

    def _ring_s(self) -> float:
        # The law is cut at the timeout, so that the answer rate is what the scenario says.
        while True:
            ring_s = self._p["ring_min_s"] + self._calls.gammavariate(self._ring_shape, self._ring_scale)
            if ring_s < self._p["ring_timeout_s"]:
                return ring_s

    def talk_s(self, now_s: float, is_person: bool) -> float:
        """How long an agent talks; a machine that slipped through is noticed within seconds."""
        if not is_person:
            return self._agents.uniform(4.0, 12.0)
        which = "1" if self._agents.random() < self._p["w1"] else "2"
        mean, cv = self._p[f"mean{which}_s"], self._p[f"cv{which}"]
        variance = math.log1p(cv * cv)
        drawn = self._agents.lognormvariate(math.log(mean) - variance / 2.0, math.sqrt(variance))
        return drawn * self._scenario.talk.at(now_s)

    def wrap_s(self) -> float:
        """How long the work after a call takes."""
        return self._agents.gammavariate(self._wrap_shape, self._wrap_scale)

    def first_break_s(self) -> float:
        """Work before an agent's first break: anywhere in the cycle, so that breaks do not come in step."""
        return self._agents.uniform(0.2, 1.0) * self._p["break_every_s"]

    def break_s(self) -> float:
        """Length of one break."""
        return self._agents.expovariate(1.0 / self._p["break_mean_s"])

"""Rates learned on line: what share of calls is answered, by persons, or fails; each with a prior and a memory.

All estimators forget exponentially: with memory `m`, an observation weighs
`(1 - 1/m)` to the power of the observations since, as in an exponentially
weighted mean with smoothing factor `1/m` (Hunter 1986). A prior counts as so
many observations and fades with them.
"""

from collections import deque
from math import exp, log, sqrt

from attrs import Factory, define, field

# Two-sided 95 % point of the normal distribution.
_Z95 = 1.959964


@define
class Share:
    """An exponentially forgetting share of successes with a Beta prior.

    `prior_rate` and `prior_weight` are the first guess and how many
    observations it is worth; `memory` is the number of observations looked
    back on. Raises `ValueError` on values that cannot be.
    """

    prior_rate: float
    prior_weight: float = 10.0
    memory: float = 320.0
    n: int = field(default=0, init=False)
    _hits: float = field(default=Factory(lambda self: self.prior_rate * self.prior_weight, True), init=False)
    _weight: float = field(default=Factory(lambda self: self.prior_weight, True), init=False)

    def __attrs_post_init__(self) -> None:
        if not 0.0 <= self.prior_rate <= 1.0:
            raise ValueError(f"prior_rate must lie between 0 and 1, not {self.prior_rate!r}")
        if not self.prior_weight > 0.0 or not self.memory > 1.0:
            raise ValueError(f"prior_weight {self.prior_weight!r} and memory {self.memory!r} must be above 0 and 1")

    def observe(self, is_hit: bool) -> None:
        """Count one trial: hits = keep * hits + x, weight = keep * weight + 1, keep = 1 - 1/memory."""
        keep = 1.0 - 1.0 / self.memory
        self._hits = keep * self._hits + is_hit
        self._weight = keep * self._weight + 1.0
        self.n += 1

    @property
    def mean(self) -> float:
        """The share, 0 to 1; the prior before the first trial."""
        return self._hits / self._weight

    @property
    def weight(self) -> float:
        """How many trials the mean rests on, forgotten ones not counted."""
        return self._weight

    def interval(self) -> tuple[float, float]:
        """A 95 % interval of the share (Wilson 1927) on the weight that is remembered."""
        w, p = self._weight, self.mean
        middle = (p + _Z95**2 / (2 * w)) / (1 + _Z95**2 / w)
        half = _Z95 / (1 + _Z95**2 / w) * sqrt(p * (1 - p) / w + (_Z95 / (2 * w)) ** 2)
        return max(0.0, middle - half), min(1.0, middle + half)

    def restart(self, mean: float, weight: float) -> None:
        """Forget the past: go on from `mean` as if it were worth `weight` trials."""
        self._hits, self._weight = mean * weight, weight


@define
class AnswerRate:
    """The share of calls that are answered, failures left aside, learned in the order of launching.

    Finished calls are a biased sample: answers end within seconds, no-answers
    at the timeout, so right after a burst only answers have been seen. A call
    is therefore held back until `settle_s` after its launch, when every call
    launched with it has finished too. The level remembers `memory` calls and
    stays within a factor of five of the long-run level. A quick level watches
    for jumps: when the two differ beyond chance, the level starts again from
    the quick one.
    """

    settle_s: float
    prior_rate: float = 0.5
    quick_memory: float = 40.0
    jump_z: float = 3.0
    _since_restart: int = field(default=0, init=False)
    _level: Share = field(default=Factory(lambda self: Share(self.prior_rate, 8.0, 320.0), True), init=False)
    _quick: Share = field(
        default=Factory(lambda self: Share(self.prior_rate, 8.0, self.quick_memory), True), init=False
    )
    _long: Share = field(default=Factory(lambda self: Share(self.prior_rate, 8.0, 5000.0), True), init=False)
    _held: dict[int, list[int]] = field(factory=dict, init=False)
    _order: deque[int] = field(factory=deque, init=False)

    @property
    def n(self) -> int:
        """Calls that count already."""
        return self._level.n

    @property
    def mean(self) -> float:
        """Answered share of calls that do not fail, within a factor of five of the long-run level."""
        long_run = self._long.mean
        return min(max(self._level.mean, long_run / 5.0), 5.0 * long_run, 1.0)

    @property
    def experience(self) -> int:
        """Calls that count since the start or the last jump, forgotten ones too."""
        return self._since_restart

    @property
    def cautious(self) -> float:
        """The mean and one standard error of all calls since the start or the last jump.

        A level taken for too low over-dials, taken for too high it only idles a
        little; once thousands of calls have been seen the two hardly differ.
        """
        p = self.mean
        return min(1.0, p + sqrt(p * (1.0 - p) / (self._since_restart + self._level.prior_weight)))

    def interval(self) -> tuple[float, float]:
        """A 95 % interval of the present level."""
        return self._level.interval()

    def remember(self, in_flight: int) -> None:
        """Set the memory for `in_flight` calls: several times as many, so that it moves slower than the queue."""
        self._level.memory = max(320.0, 8.0 * in_flight)
        self._quick.memory = max(self.quick_memory, 2.0 * in_flight)

    def observe(self, launched_s: float, is_answered: bool) -> None:
        """Hold back one finished call, launched at `launched_s`."""
        second = int(launched_s)
        held = self._held.get(second)
        if held is None:
            self._held[second] = held = [0, 0]
            self._order.append(second)
        held[is_answered] += 1

    def settle(self, now_s: float) -> bool:
        """Count the calls launched more than `settle_s` ago; whether any were."""
        has_moved = False
        # A launch later than now is a clock set back; waiting for it would hold up all the others.
        while self._order and not now_s - self.settle_s - 1.0 <= self._order[0] <= now_s + 1.0:
            unanswered, answered = self._held.pop(self._order.popleft())
            # Hits are spread over the misses: in a block, the last ones would weigh more.
            total, owed = unanswered + answered, 0
            for position in range(1, total + 1):
                is_hit = position * answered // total > owed
                owed += is_hit
                self._count(is_hit)
            has_moved = True
        return has_moved

    def _count(self, is_answered: bool) -> None:
        for share in (self._level, self._quick, self._long):
            share.observe(is_answered)
        self._since_restart += 1
        quick, level = self._quick, self._level
        # Variance of an exponentially weighted mean: p (1 - p) / (2 m - 1).
        p = max(level.mean, 0.01)
        spread = sqrt(p * (1.0 - p) / (2.0 * quick.memory - 1.0)) + 1e-9
        if quick.n > quick.memory and abs(quick.mean - level.mean) > self.jump_z * spread:
            level.restart(quick.mean, quick.memory)
            self._since_restart = int(quick.memory)


@define
class AnswerWatch:
    """Notices within seconds that far more calls are answered than their ages let expect.

    The level waits until calls have settled; a list that suddenly answers
    would have filled the floor by then. Answers are compared with the sum of
    hazards of the calls ringing, in two ways. Both fading with `memory_s`,
    their difference is a martingale with variance the expectation (Aalen
    1978), so a difference of `z` deviations is no chance; that sees slow
    rises. Sudden ones are seen sooner by a sum that gains log `times` with
    each answer, loses `times` - 1 with each answer expected and never falls
    below zero (Page 1954): by chance it passes `alarm` less than once in
    exp(`alarm`) answers.
    """

    memory_s: float = 20.0
    z: float = 2.5
    times: float = 4.0
    alarm: float = 5.0
    _answered: float = field(default=0.0, init=False)
    _expected: float = field(default=0.0, init=False)
    _sum: float = field(default=0.0, init=False)
    _answered_since: float = field(default=0.0, init=False)
    _expected_since: float = field(default=0.0, init=False)
    """Since the sum was zero last."""
    _now_s: float | None = field(default=None, init=False)

    def observe(self, at_s: float) -> None:
        """Count one answer, unless nobody has said for more than a second what to expect."""
        if self._now_s is not None and abs(at_s - self._now_s) <= 1.0:
            self._answered += 1.0
            self._answered_since += 1.0
            self._sum += log(self.times)

    def expect(self, per_second: float, now_s: float) -> None:
        """Say how many answers a second the calls ringing now let expect; gaps over a second count as one."""
        gap_s = 0.0 if self._now_s is None else min(max(now_s - self._now_s, 0.0), 1.0)
        self._now_s = now_s
        kept, expected = exp(-gap_s / self.memory_s), per_second * gap_s
        self._answered *= kept
        self._expected = kept * self._expected + expected
        self._expected_since += expected
        self._sum -= (self.times - 1.0) * expected
        if self._sum <= 0.0:
            self._sum = self._answered_since = self._expected_since = 0.0

    @property
    def surge(self) -> float:
        """By how much the answer rate is to be raised for now; 1 while nothing is unusual."""
        slow = sudden = 1.0
        if self._answered - self._expected > self.z * sqrt(self._expected + 1.0):
            slow = (self._answered + 1.0) / (self._expected + 1.0)
        if self._sum > self.alarm:
            sudden = (self._answered_since + 1.0) / (self._expected_since + 1.0)
        return max(slow, sudden)


@define
class RunningMean:
    """An exponentially forgetting mean of positive values with a prior worth `prior_weight` of them."""

    prior_mean: float
    prior_weight: float = 5.0
    memory: float = 300.0
    n: int = field(default=0, init=False)
    _sum: float = field(default=Factory(lambda self: self.prior_mean * self.prior_weight, True), init=False)
    _weight: float = field(default=Factory(lambda self: self.prior_weight, True), init=False)

    def observe(self, value: float) -> None:
        """Count one value."""
        keep = 1.0 - 1.0 / self.memory
        self._sum = keep * self._sum + value
        self._weight = keep * self._weight + 1.0
        self.n += 1

    @property
    def mean(self) -> float:
        """The mean, the prior before the first value."""
        return self._sum / self._weight

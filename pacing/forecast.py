"""Would a call placed now, if a person answers it, meet no agent? Distributions of answers against freed agents.

Let D be the persons ahead of that call in the queue: those waiting, and the
calls in flight answered before it. Let A be the agents free by the end of its
connect limit: those idle, and those whose talk or wrap-up ends in time. Both
are sums of independent trials (Poisson-binomial) added to a constant, and the
call meets no agent when Z = D - A >= 0. That chance is averaged over six
equally likely answer times of the call.
"""

from functools import cache
from math import erf, exp, pi, sqrt

import numpy as np
import numpy.typing as npt
from attrs import define, field

Floats = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]

_SMALL, _LARGE = 32, 64
# Above so many trials the exact law costs more than the corrected normal errs.
EXACT_TRIALS = 72
# The exact law lives on a circle of M points; so many standard deviations must fit on each half.
_REACH = 6.5


@cache
def _circle(size: int) -> tuple[Complexes, Complexes]:
    """Roots of unity w_k, k = 0 .. size/2, and c_k with P(0 <= Z < size/2) = Re sum c_k E w_k^Z."""
    k = np.arange(size // 2 + 1)
    roots = np.exp(2j * pi * k / size)
    sums = np.exp(-2j * pi * np.outer(k, np.arange(size // 2)) / size).sum(axis=1)
    # The transform of a real law is Hermitian, so the inner frequencies stand for two.
    twice = np.where((k == 0) | (k == size // 2), 1.0, 2.0)
    return roots, twice * sums / size


def _moments(rows: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean, variance and third central moment of a sum of trials; `rows` has shape (trials, horizons)."""
    square = rows * rows
    # `add.reduce` is `sum` without its detours, which cost as much as the sums of a floor's few hundred numbers.
    add = np.add.reduce
    mean, second, third = add(rows), add(square), add(square * rows)
    return mean, mean - second, mean - 3.0 * second + 2.0 * third


def tail_by_moments(mean: float, variance: float, third: float) -> float:
    """P(Z >= 0) of an integer Z with the given mean, variance and third central moment.

    Normal with continuity correction and the first Edgeworth term for skewness
    (Volkova 1996; Hong 2013 calls it the refined normal approximation).
    """
    if variance < 1e-9:
        return 1.0 if mean > -0.5 else 0.0
    deviation = sqrt(variance)
    x = (-0.5 - mean) / deviation
    skewness = third / (variance * deviation)
    density = exp(-0.5 * x * x) / sqrt(2.0 * pi)
    below = 0.5 * (1.0 + erf(x / sqrt(2.0))) - skewness * (x * x - 1.0) / 6.0 * density
    return min(1.0, max(0.0, 1.0 - below))


@define
class Outlook:
    """The queue that a call placed now would meet.

    `ahead` is persons waiting minus agents idle, an integer; `answers` has the
    chance of each call in flight to be answered before each answer time, shape
    (calls, horizons); `freed` the chance of each busy agent to be free by
    then, shape (agents, horizons); `own` the same for one more call placed
    now, shape (horizons,).
    """

    ahead: int
    answers: Floats
    freed: Floats
    own: Floats
    is_exact: bool = field(init=False)
    expected_answers: float = field(init=False)
    """Mean number answered before the new call."""
    expected_freed: float = field(init=False)
    """Mean number of agents freed by the end of the new call's wait."""
    _mean: Floats = field(init=False)
    _variance: Floats = field(init=False)
    _third: Floats = field(init=False)
    _base: Complexes = field(init=False)
    _step: Complexes = field(init=False)
    _weights: Complexes = field(init=False)
    _half: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        d_mean, d_var, d_third = _moments(self.answers)
        s_mean, s_var, s_third = _moments(self.freed)
        horizons = len(self.own)
        self.expected_answers = float(np.add.reduce(d_mean)) / horizons
        self.expected_freed = float(np.add.reduce(s_mean)) / horizons
        self._mean, self._variance, self._third = self.ahead + d_mean - s_mean, d_var + s_var, d_third - s_third
        self.is_exact = len(self.answers) + len(self.freed) <= EXACT_TRIALS
        if self.is_exact:
            reach = self._reach()
            self.is_exact = reach < _LARGE // 2
            if self.is_exact:
                self._transform(_SMALL if reach < _SMALL // 2 - 2 else _LARGE)

    def _reach(self) -> float:
        """How far from zero the law of Z goes, either way, before what is left of it does not matter."""
        deviation = np.sqrt(self._variance)
        lowest = float((_REACH * deviation - self._mean).max()) + 2.0
        highest = float((_REACH * deviation + self._mean).max()) + 2.0
        most_freed, most_ahead = len(self.freed) - self.ahead + 1.0, self.ahead + len(self.answers) + 1.0
        return max(min(lowest, most_freed), min(highest, most_ahead))

    def _transform(self, size: int) -> None:
        roots, self._weights = _circle(size)
        up, down = roots - 1.0, np.conj(roots) - 1.0
        base = np.ones((len(self.own), len(roots)), dtype=np.complex128) * roots**self.ahead
        if len(self.answers):
            base *= np.multiply.reduce(1.0 + self.answers[:, :, None] * up, axis=0)
        if len(self.freed):
            base *= np.multiply.reduce(1.0 + self.freed[:, :, None] * down, axis=0)
        self._base, self._step = base, 1.0 + self.own[:, None] * up
        self._half = size // 2

    def _fits(self, extra: int) -> bool:
        """Whether the law with `extra` more calls still lies on its half of the circle."""
        if self.ahead + len(self.answers) + extra < self._half:
            return True
        mean = self._mean + extra * self.own
        variance = self._variance + extra * self.own * (1.0 - self.own)
        return float(np.max(mean + _REACH * np.sqrt(variance))) + 2.0 < self._half

    def _fits_wider(self, extra: int) -> bool:
        """Move the law to the large circle, if it is not there yet, and ask again."""
        if self._half < _LARGE // 2:
            self._transform(_LARGE)
            return self._fits(extra)
        return False

    def p_no_agent(self, extra: int = 0) -> float:
        """Chance that a call placed now after `extra` others meets no agent once a person answers it."""
        if self.is_exact and (extra == 0 or self._fits(extra) or self._fits_wider(extra)):
            # The mean over answer times is taken before the inverse transform: both are linear.
            law = self._base if extra == 0 else self._base * self._step**extra
            value = float((law.sum(axis=0) @ self._weights).real) / len(self.own)
            return min(1.0, max(0.0, value))
        own = self.own
        mean = self._mean + extra * own
        variance = self._variance + extra * own * (1.0 - own)
        third = self._third + extra * own * (1.0 - own) * (1.0 - 2.0 * own)
        tails = map(tail_by_moments, mean.tolist(), variance.tolist(), third.tolist())
        return sum(tails) / len(own)

    def launches(self, theta: float, most: int) -> int:
        """How many calls to place, at most `most`: one more as long as `p_no_agent` of the next is within `theta`."""
        if most <= 0 or self.p_no_agent(0) > theta:
            return 0
        # One more call never lowers the chance, so the first refused one is found by doubling, then halving.
        allowed, refused = 0, 1
        while refused < most and self.p_no_agent(refused) <= theta:
            allowed, refused = refused, 2 * refused
        refused = min(refused, most)
        while refused - allowed > 1:
            middle = (allowed + refused) // 2
            if self.p_no_agent(middle) <= theta:
                allowed = middle
            else:
                refused = middle
        return refused

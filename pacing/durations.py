"""How long ringing, talking and wrapping up still last, given how long they have lasted; learned on line."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from attrs import define, field

Floats = npt.NDArray[np.float64]

RING_STEP_S = 0.5
"""Ring ages are told apart to half a second: the answer hazard changes little within."""


def _ring_prior(edges: Floats) -> Floats:
    # People mostly answer within the second to fifth ring; broad on purpose (gamma, shape 2, mean 10 s).
    x = edges / 5.0
    cdf: Floats = 1.0 - np.exp(-x) * (1.0 + x)
    mass: Floats = np.diff(cdf) / cdf[-1]
    return mass


@define
class RingLaw:
    """Law of the ring time of answered calls, and of the others, up to the ring timeout.

    A histogram in steps of half a second with a prior worth `prior_weight`
    calls (a Dirichlet posterior mean), forgetting over `memory` calls.
    `longest_s` is where every call has ended.
    """

    longest_s: float
    prior: Floats
    prior_weight: float = 20.0
    memory: float = 3000.0
    n: int = field(default=0, init=False)
    _counts: list[float] = field(init=False)
    _gain: float = field(default=1.0, init=False)

    def __attrs_post_init__(self) -> None:
        self._counts = [0.0] * len(self.prior)

    @classmethod
    def of_answers(cls, longest_s: float) -> "RingLaw":
        """The law of ring times that ended in an answer."""
        edges = np.arange(0.0, longest_s + RING_STEP_S, RING_STEP_S)
        return cls(longest_s, _ring_prior(edges))

    @classmethod
    def of_unanswered(cls, longest_s: float) -> "RingLaw":
        """The law of ring times that ended without one: before anything is known, all at the timeout."""
        prior = np.zeros(len(np.arange(0.0, longest_s + RING_STEP_S, RING_STEP_S)) - 1)
        prior[-1] = 1.0
        return cls(longest_s, prior)

    @classmethod
    def of_failures(cls, longest_s: float) -> "RingLaw":
        """The law of the time until a call fails: the network mostly says so within seconds."""
        size = len(np.arange(0.0, longest_s + RING_STEP_S, RING_STEP_S)) - 1
        prior = np.zeros(size)
        prior[:10] = 0.1
        return cls(longest_s, prior)

    def observe(self, ring_s: float) -> None:
        """Count one call that ended after `ring_s`; growing weights are forgetting without touching every bin."""
        self._gain *= 1.0 + 1.0 / self.memory
        index = min(max(int(ring_s / RING_STEP_S), 0), len(self._counts) - 1)
        self._counts[index] += self._gain
        self.n += 1
        if self._gain > 1e6:
            self._counts = [count / self._gain for count in self._counts]
            self._gain = 1.0

    @property
    def mean(self) -> float:
        """Mean ring time in seconds."""
        middles = (np.arange(len(self.prior)) + 0.5) * RING_STEP_S
        return float(middles @ np.diff(self.cdf()))

    def cdf(self) -> Floats:
        """P(ended by i * RING_STEP_S), shape (bins + 1,), from 0 to 1."""
        mass = self.prior * self.prior_weight + np.array(self._counts) / self._gain
        out = np.zeros(len(mass) + 1)
        np.cumsum(mass, out=out[1:])
        out /= out[-1]
        return out


@define
class BusyLaw:
    """Law of a time that ends with a hazard depending on its age: piecewise constant between `edges`.

    The hazard of a piece is (ends + 3) / (time spent + 3 / mean hazard), the
    posterior mean under a Gamma prior worth three ends at the mean hazard, so
    pieces nobody has reached follow the mean. `prior_mean_s` is worth
    `prior_weight` ends. Forgets over `memory` ends.
    """

    edges: tuple[float, ...]
    prior_mean_s: float
    prior_weight: float = 3.0
    memory: float = 400.0
    n: int = field(default=0, init=False)
    _ends: list[float] = field(init=False)
    _spent: list[float] = field(init=False)
    _gain: float = field(default=1.0, init=False)

    def __attrs_post_init__(self) -> None:
        self._ends = [0.0] * len(self.edges)
        self._spent = [0.0] * len(self.edges)

    def observe(self, length_s: float) -> None:
        """Count one finished time of `length_s`."""
        self._gain *= 1.0 + 1.0 / self.memory
        gain, last = self._gain, len(self.edges) - 1
        for index, start in enumerate(self.edges):
            end = self.edges[index + 1] if index < last else float("inf")
            if length_s < end:
                self._spent[index] += gain * (length_s - start)
                self._ends[index] += gain
                break
            self._spent[index] += gain * (end - start)
        self.n += 1
        if gain > 1e6:
            self._ends = [value / gain for value in self._ends]
            self._spent = [value / gain for value in self._spent]
            self._gain = 1.0

    def hazards(self, running_s: Sequence[float] = ()) -> Floats:
        """Hazard per second of each piece, shape (pieces,); `running_s` are ages of times not finished yet.

        Leaving the running ones out would see only the short of the first
        hour; with them it is the occurrence / exposure rate of a censored sample.
        """
        ends = np.array(self._ends) / self._gain
        spent = np.array(self._spent) / self._gain
        if running_s:
            starts = np.array(self.edges)
            widths = np.append(np.diff(starts), np.inf)
            ages = np.asarray(running_s, dtype=np.float64)
            spent = spent + np.clip(ages[:, None] - starts, 0.0, widths).sum(axis=0)
        mean = (ends.sum() + self.prior_weight) / (spent.sum() + self.prior_weight * self.prior_mean_s)
        hazards: Floats = (ends + 3.0) / (spent + 3.0 / mean)
        return hazards

    @property
    def mean(self) -> float:
        """Mean length in seconds over what is remembered."""
        ends = sum(self._ends) / self._gain + self.prior_weight
        return (sum(self._spent) / self._gain + self.prior_weight * self.prior_mean_s) / ends

    def log_survival(self, until_s: Floats, hazards: Floats) -> Floats:
        """Log of the chance to last longer than each of `until_s`, shape as `until_s`."""
        starts = np.array(self.edges)
        at_edges = np.concatenate(([0.0], np.cumsum(hazards[:-1] * np.diff(starts))))
        index = np.searchsorted(starts, until_s, side="right") - 1
        out: Floats = -(at_edges[index] + hazards[index] * (until_s - starts[index]))
        return out


def talk_law() -> BusyLaw:
    """A talk law before anything is known: two minutes, pieces finer where short talks end."""
    edges = (0.0, 3.0, 6.0, 10.0, 15.0, 20.0, 27.0, 35.0, 45.0, 60.0, 80.0, 105.0, 140.0, 180.0, 240.0, 330.0, 500.0)
    return BusyLaw(edges, prior_mean_s=120.0)


def wrap_law() -> BusyLaw:
    """A wrap-up law before anything is known: half a minute."""
    edges = (0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 19.0, 23.0, 28.0, 35.0, 45.0, 60.0, 90.0, 150.0)
    return BusyLaw(edges, prior_mean_s=30.0)


@define
class FreeTable:
    """P(an agent is free within each horizon | age of the talk, or of the wrap-up), on a grid of ages.

    `talk` and `wrap` have shape (ages, horizons); `talk_at` and `wrap_at` are
    the ages in seconds of their rows.
    """

    talk_at: Floats
    talk: Floats
    wrap_at: Floats
    wrap: Floats

    def of_talking(self, ages_s: Floats) -> npt.NDArray[np.intp]:
        """Row of each age in `talk`."""
        return np.searchsorted(self.talk_at, ages_s)

    def of_wrapping(self, ages_s: Floats) -> npt.NDArray[np.intp]:
        """Row of each age in `wrap`."""
        return np.searchsorted(self.wrap_at, ages_s)


# Row i of a table is for ages in (upper[i-1], upper[i]]; one row more takes the rest.
_TALK_UPPER = np.concatenate((np.arange(2.0, 60.0, 2.0), np.geomspace(60.0, 700.0, 22)))
_WRAP_UPPER = np.concatenate((np.arange(1.0, 30.0, 1.0), np.geomspace(30.0, 200.0, 14)))


def _middles(upper: Floats) -> Floats:
    lower = np.concatenate(([0.0], upper[:-1]))
    return np.append((lower + upper) / 2.0, upper[-1])


def free_table(
    talk: BusyLaw, talk_hazards: Floats, wrap: BusyLaw, wrap_hazards: Floats, horizons_s: Floats
) -> FreeTable:
    """Convolve the residual talk with a whole wrap-up, and take the residual wrap-up, for each age and horizon."""
    wrap_ages = _middles(_WRAP_UPPER)
    gone = wrap.log_survival(wrap_ages, wrap_hazards)[:, None]
    within = wrap.log_survival(wrap_ages[:, None] + horizons_s, wrap_hazards)
    wrap_rows: Floats = 1.0 - np.exp(within - gone)
    talk_ages = _middles(_TALK_UPPER)
    steps = np.arange(0.0, np.ceil(horizons_s.max()) + 1.0)
    alive = np.exp(
        talk.log_survival(talk_ages[:, None] + steps, talk_hazards)
        - talk.log_survival(talk_ages, talk_hazards)[:, None]
    )
    left_s = np.maximum(horizons_s - (steps[:-1, None] + 0.5), 0.0)
    wrapped = 1.0 - np.exp(wrap.log_survival(left_s, wrap_hazards))
    talk_rows: Floats = -np.diff(alive, axis=1) @ wrapped
    return FreeTable(_TALK_UPPER, talk_rows, _WRAP_UPPER, wrap_rows)

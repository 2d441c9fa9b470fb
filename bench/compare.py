"""Paired comparison on common random numbers: the same people met by two pacers, or by two ways of running one."""

from collections.abc import Sequence
from math import inf, sqrt
from statistics import fmean, stdev

from attrs import frozen
from scipy.special import stdtrit


@frozen
class Interval:
    """A mean with the half width of its 95 % confidence interval; infinite for fewer than two values."""

    mean: float
    half_width: float

    @property
    def holds_zero(self) -> bool:
        """Whether the mean may well be nothing."""
        return abs(self.mean) <= self.half_width


def interval(values: Sequence[float]) -> Interval:
    """The mean of independent values, with Student's interval.

    >>> found = interval([1.0, 2.0, 3.0])
    >>> round(found.mean, 3), round(found.half_width, 3)
    (2.0, 2.484)
    """
    if len(values) < 2:
        return Interval(fmean(values), inf)
    return Interval(fmean(values), float(stdtrit(len(values) - 1, 0.975)) * stdev(values) / sqrt(len(values)))


def paired(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """Ours less theirs, day by day; raises `ValueError` when the days are not the same number."""
    return interval([a - b for a, b in zip(ours, theirs, strict=True)])

"""The forms in which an assumption is written: a share, a law of durations, a table. Each with its reason."""

import math
from bisect import bisect_right
from collections.abc import Mapping
from random import Random

from attrs import Attribute, define, field, frozen
from attrs.validators import and_, ge, gt, instance_of, le

__all__ = ["ByHour", "Count", "Law", "Quantiles", "Share", "Shares", "Steps", "positive", "reason", "share"]

_FORMS = ("gamma", "lognormal", "uniform")


def _has_text(_: object, attribute: "Attribute[str]", value: str) -> None:
    if not value.strip():
        msg = f"{attribute.name} is empty; say where the value comes from"
        raise ValueError(msg)


def _are_shares(_: object, attribute: "Attribute[Mapping[str, float]]", value: Mapping[str, float]) -> None:
    for key, one in value.items():
        if not 0.0 <= one <= 1.0:
            msg = f"{attribute.name}: `{key}` must lie between 0 and 1, not {one!r}"
            raise ValueError(msg)


def reason() -> str:
    """A field for the reason, which may not be empty."""
    return field(validator=_has_text)


def share() -> float:
    """A field between 0 and 1, both included."""
    return field(validator=and_(ge(0.0), le(1.0)))


def positive() -> float:
    """A field above 0."""
    return field(validator=gt(0.0))


@frozen(kw_only=True)
class Share:
    """A probability."""

    share: float = share()
    reason: str = reason()


@frozen(kw_only=True)
class Count:
    """A plain number with its unit."""

    value: float = field(validator=ge(0.0))
    unit: str = field(validator=_has_text)
    reason: str = reason()


@frozen(kw_only=True)
class Shares:
    """Probabilities by name; `of` answers with `other` for a name that is not listed."""

    shares: Mapping[str, float] = field(validator=_are_shares)
    reason: str = reason()

    def of(self, name: str) -> float:
        """The probability for a name."""
        found = self.shares.get(name)
        return self.shares.get("other", 0.0) if found is None else found


@frozen(kw_only=True)
class ByHour:
    """Probabilities by local hour of day, as two digits; an hour not listed takes the nearest listed one's."""

    shares: Mapping[str, float] = field(validator=_are_shares)
    reason: str = reason()
    of_hour: tuple[float, ...] = field(init=False, repr=False)

    @of_hour.default
    def _fill(self) -> tuple[float, ...]:
        try:
            listed = sorted(int(key) for key in self.shares)
        except ValueError as error:
            msg = f"shares must be listed by hour, `00` to `23`, not {', '.join(self.shares)}"
            raise ValueError(msg) from error
        if not listed or any(not 0 <= hour < 24 or f"{hour:02}" not in self.shares for hour in listed):
            msg = f"shares must be listed by hour, `00` to `23`, not {', '.join(self.shares) or 'empty'}"
            raise ValueError(msg)
        nearest = (min(listed, key=lambda one: abs(one - hour)) for hour in range(24))
        return tuple(self.shares[f"{hour:02}"] for hour in nearest)


@frozen(kw_only=True)
class Steps:
    """A value that changes at given points: `values[i]` holds from `starts[i]` up to the next start."""

    starts: tuple[float, ...]
    values: tuple[float, ...] = field()
    unit: str = field(validator=_has_text)
    reason: str = reason()

    @values.validator
    def _match(self, _: object, value: tuple[float, ...]) -> None:
        if not value or len(value) != len(self.starts) or list(self.starts) != sorted(set(self.starts)):
            msg = f"starts must rise and be as many as values: {self.starts} and {value}"
            raise ValueError(msg)

    def at(self, x: float) -> float:
        """The value that holds at `x`; the first one also below the first start."""
        found = self.values[0]
        for start, value in zip(self.starts, self.values, strict=True):
            if x < start:
                break
            found = value
        return found


@define(kw_only=True)
class Law:
    """A law of durations: mean and coefficient of variation of the whole, never below `min_s`, cut at `max_s`.

    The law proper starts at `min_s`, so the drawn mean is `mean_s` (before the
    cut). `uniform` runs from `min_s` to `max_s` and ignores the other two.
    """

    law: str = field()
    mean_s: float = field(default=0.0, validator=ge(0.0))
    cv: float = field(default=0.0, validator=ge(0.0))
    min_s: float = field(default=0.0, validator=ge(0.0))
    max_s: float = field(default=math.inf, validator=instance_of((float, int)))
    reason: str = reason()
    _a: float = field(init=False, repr=False, default=0.0)
    _b: float = field(init=False, repr=False, default=0.0)

    @law.validator
    def _known(self, _: object, value: str) -> None:
        if value not in _FORMS:
            msg = f"law must be one of {', '.join(_FORMS)}, not `{value}`"
            raise ValueError(msg)

    def __attrs_post_init__(self) -> None:
        """Check what concerns several fields; turn mean and variation into the law's own parameters."""
        if self.law == "uniform":
            if not self.min_s <= self.max_s < math.inf:
                msg = f"a uniform law needs min_s and max_s in order, not {self.min_s} and {self.max_s}"
                raise ValueError(msg)
            return
        over = self.mean_s - self.min_s
        if over <= 0 or self.cv <= 0 or self.max_s < self.mean_s:
            msg = f"min_s < mean_s <= max_s and cv > 0 must hold: {self.min_s}, {self.mean_s}, {self.max_s}, {self.cv}"
            raise ValueError(msg)
        cv_squared = (self.cv * self.mean_s / over) ** 2
        if self.law == "gamma":
            self._a, self._b = 1.0 / cv_squared, over * cv_squared
        else:
            self._b = math.sqrt(math.log1p(cv_squared))
            self._a = math.log(over) - self._b**2 / 2.0

    def draw(self, rng: Random) -> float:
        """Seconds, to the microsecond, as instants are."""
        if self.law == "uniform":
            drawn = rng.uniform(self.min_s, self.max_s)
        elif self.law == "gamma":
            drawn = self.min_s + rng.gammavariate(self._a, self._b)
        else:
            drawn = self.min_s + rng.lognormvariate(self._a, self._b)
        return round(min(drawn, self.max_s), 6)


@frozen(kw_only=True)
class Quantiles:
    """A law given by its quantiles: straight lines between the listed points."""

    levels: tuple[float, ...]
    values: tuple[float, ...] = field()
    unit: str = field(validator=_has_text)
    reason: str = reason()

    @values.validator
    def _match(self, _: object, value: tuple[float, ...]) -> None:
        for row in (self.levels, value):
            if len(row) != len(self.levels) or len(row) < 2 or list(row) != sorted(row):
                msg = f"levels and values must rise and be as many: {self.levels} and {value}"
                raise ValueError(msg)

    def draw(self, rng: Random) -> float:
        """A value; outside the outermost levels, the outermost values."""
        u = rng.random()
        index = bisect_right(self.levels, u)
        if index in (0, len(self.levels)):
            return self.values[0] if index == 0 else self.values[-1]
        low, high = self.levels[index - 1], self.levels[index]
        part = (u - low) / (high - low)
        return self.values[index - 1] + part * (self.values[index] - self.values[index - 1])

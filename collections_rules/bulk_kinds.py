"""Which hours each account of a portfolio has: a few kinds, told by the facts that decide, and a search over all.

One sorted list holds the closed stretches of all kinds, one kind after the other, so
that one search answers for accounts of every kind at once.
"""

from collections.abc import Iterator, Sequence
from itertools import product as combinations
from math import prod
from typing import Any

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from collections_rules.bulk_hours import Seconds, Stretches, Walk
from collections_rules.bulk_rules import Unit
from collections_rules.portfolio import Column, Portfolio, Rows
from collections_rules.windows import NEVER

__all__ = ["Digit", "Kinds", "digits_of", "kinds_of"]

_MOST_KINDS = 1 << 15
_NEAR_S = 4 * 86_400
"""Stretches are found so far for all kinds; further only for the kinds of accounts that wait longer."""
_SPAN = 1 << 31
"""Longer than any horizon, so that each kind has its own span of keys."""


@frozen(eq=False)
class _Listed:
    """The closed stretches of several kinds; each kind begins with one that is over before it starts."""

    last: int
    keys: Seconds
    ends: Seconds
    closed: Seconds
    """Closed seconds of the kind after this stretch, up to `last`."""


@define(eq=False)
class Kinds:
    """Which hours each account has: a code, and for each code that occurs the closed stretches."""

    began_s: int
    codes: NDArray[np.uint16]
    stretches: dict[int, Stretches]
    _lists: dict[tuple[int, ...] | None, _Listed] = field(factory=dict)

    def open_from(self, rows: Rows, at: Seconds) -> Seconds:
        """The first second from `at` on at which all hours are open; `at` itself where it is `NEVER`."""
        codes = self.codes[rows]
        found = self._look(None, codes, at, self.near_s)
        far = np.flatnonzero((at > self.near_s) & (at < NEVER))
        if len(far):
            mine = codes[far]
            found[far] = self._look(tuple(np.unique(mine).tolist()), mine, at[far], int(at[far].max()))
        return found

    def near_open_from(self, rows: Rows, at: Seconds) -> Seconds:
        """The same for instants up to `near_s`."""
        return self._look(None, self.codes[rows], at, self.near_s)

    @property
    def near_s(self) -> int:
        """Up to here the stretches of all kinds are listed together."""
        return self.began_s + _NEAR_S

    def open_seconds(self, rows: Rows, at: Seconds, until: int) -> Seconds:
        """How many seconds from `at` on and before `until` all hours are open."""
        listed = self._listed(None, until, exactly=True)
        place = self._places(listed, self.codes[rows], np.minimum(at, until))
        opens = np.minimum(np.maximum(at, listed.ends[place]), until)
        return np.maximum(until - opens - listed.closed[place], 0)

    def is_open(self, at_s: int) -> dict[int, bool]:
        """Which kinds are open at one instant."""
        asked = np.array([at_s], np.int64)
        return {code: int(one.open_from(asked)[0]) == at_s for code, one in self.stretches.items()}

    def _look(self, kinds: tuple[int, ...] | None, codes: NDArray[Any], at: Seconds, last: int) -> Seconds:
        listed = self._listed(kinds, last)
        return np.maximum(at, listed.ends[self._places(listed, codes, at)])

    def _places(self, listed: _Listed, codes: NDArray[Any], at: Seconds) -> NDArray[np.intp]:
        wanted = np.minimum(at - self.began_s, _SPAN - 1)
        wanted += np.multiply(codes, _SPAN, dtype=np.int64)
        return np.searchsorted(listed.keys, wanted, side="right") - 1

    def _listed(self, kinds: tuple[int, ...] | None, last: int, *, exactly: bool = False) -> _Listed:
        # A sum needs a list that ends where it ends; a search only one that reaches far enough.
        key = (-1, last) if exactly else kinds
        found = self._lists.get(key)
        if found is None or found.last < last:
            found = self._lists[key] = self._list(list(self.stretches) if kinds is None else kinds, last)
        return found

    def _list(self, kinds: Sequence[int], last: int) -> _Listed:
        keys, ends, closed = [], [], []
        for code in sorted(kinds):
            one = self.stretches[code]
            if one.walks:
                one.walk_to(last)
            starts = np.maximum(one.starts - self.began_s, 0)
            keys += [np.array([code * _SPAN], np.int64), code * _SPAN + starts]
            ends += [np.zeros(1, np.int64), one.ends]
            lasts = np.minimum(one.ends, last) - np.minimum(starts + self.began_s, last)
            closed.append(np.append(np.cumsum(lasts[::-1])[::-1], [0]))
        return _Listed(last, np.concatenate(keys), np.concatenate(ends), np.concatenate(closed))


@define(eq=False)
class Digit:
    """One thing that decides the hours of an account: a fact, or whether some rules apply."""

    name: str
    size: int
    column: Column | None = None
    unit: Unit | None = None

    def of(self, rows: slice) -> NDArray[Any]:
        """The digit of each row."""
        if self.column is not None:
            return self.column.codes[rows]
        assert self.unit is not None
        found = self.unit.rule.applies(rows, self.unit.rule.masks.portfolio.at_s)
        assert isinstance(found, np.ndarray)
        return found.view(np.uint8)


def digits_of(hours: list[Unit], portfolio: Portfolio) -> list[Digit] | None:
    """What decides which of these gates' hours hold for an account; None where that makes too many kinds."""
    digits = list(_digits(hours, portfolio))
    return digits if prod(digit.size for digit in digits) <= _MOST_KINDS else None


def _digits(hours: list[Unit], portfolio: Portfolio) -> Iterator[Digit]:
    names = dict.fromkeys(name for unit in hours if unit.gate.hours for name in unit.gate.hours.names)
    for name in names:
        column = portfolio.zones if name == "zones" else portfolio.columns.get(name)
        if column is not None and len(column.values) > 1:
            yield Digit(name, len(column.values), column=column)
    first = slice(0, min(1, portfolio.size))
    for unit in {unit.rule.limit_key: unit for unit in hours}.values():
        if isinstance(unit.rule.applies(first, portfolio.at_s), np.ndarray):
            yield Digit("", 2, unit=unit)


def kinds_of(hours: list[Unit], digits: list[Digit], codes: NDArray[np.uint16], portfolio: Portfolio) -> Kinds:
    """The closed stretches of every kind that occurs."""
    known: dict[tuple[Walk, ...], Stretches] = {}
    stretches: dict[int, Stretches] = {}
    occurring = set(np.flatnonzero(np.bincount(codes, minlength=1)).tolist())
    for code, row in enumerate(combinations(*(range(digit.size) for digit in digits))):
        if code in occurring:
            walks = tuple(dict.fromkeys(_walks(hours, digits, row, portfolio)))
            stretches[code] = known.setdefault(walks, Stretches(walks, portfolio.at_s))
    return Kinds(portfolio.at_s, codes, stretches)


def _walks(hours: list[Unit], digits: list[Digit], row: tuple[int, ...], portfolio: Portfolio) -> Iterator[Walk]:
    """The closed stretches of each gate that applies to accounts with these digits."""
    values: dict[str, Any] = {}
    applying: dict[tuple[object, ...], bool] = {}
    for digit, place in zip(digits, row, strict=True):
        if digit.column is not None:
            values[digit.name] = digit.column.values[place]
        elif digit.unit is not None:
            applying[digit.unit.rule.limit_key] = bool(place)
    for unit in hours:
        assert unit.gate.hours is not None
        applies = applying.get(unit.rule.limit_key)
        if applies is None:
            applies = bool(unit.rule.applies(slice(0, 0), portfolio.at_s))
        if applies:
            yield from unit.gate.hours.walks(tuple(_value(name, values, portfolio) for name in unit.gate.hours.names))


def _value(name: str, values: dict[str, Any], portfolio: Portfolio) -> object:
    if name in values:
        return values[name]
    column = portfolio.zones if name == "zones" else portfolio.columns.get(name)
    return column.values[0] if column is not None else None

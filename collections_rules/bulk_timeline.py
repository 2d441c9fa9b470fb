"""What time does to every account of a portfolio, worked out once: until when it waits, and which hours it has.

Nearly every gate is of one of three kinds. Some hold for good; some open once and
stay open, so the last of them is a number; hours come and go, the same for all
accounts of a kind. With these three, the state of an account at any later instant is
a comparison and a look into a short list. Gates of any other sort are asked again,
and only about the accounts that are not settled.
"""

from collections.abc import Iterator
from itertools import product as combinations
from math import prod
from typing import Any

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from collections_rules.bulk_gates import Until, where
from collections_rules.bulk_hours import Stretches, Walk
from collections_rules.bulk_masks import Mask, either
from collections_rules.bulk_rules import BulkRule, SortedUnits, Unit, bulk_rules, later, sorted_units
from collections_rules.evaluate import HORIZON_S, RuleBook
from collections_rules.portfolio import Column, Portfolio, Rows
from collections_rules.windows import NEVER

__all__ = ["BLOCK", "Seconds", "Timeline", "blocks", "timeline_of"]

BLOCK = 1 << 16
"""Accounts at a time: what they need fits the processor's cache."""
Seconds = NDArray[np.int64]
_MOST_KINDS = 1 << 15
_NEAR_S = 4 * 86_400
"""Stretches are found so far for all kinds; further only for the kinds of accounts that wait longer."""
_SPAN = 1 << 31


def blocks(size: int) -> list[slice]:
    """All rows, a block at a time."""
    return [slice(start, min(start + BLOCK, size)) for start in range(0, size, BLOCK)]


@define(eq=False)
class Kinds:
    """Which hours each account has: a code, and for each code that occurs the closed stretches."""

    began_s: int
    codes: NDArray[np.uint16]
    stretches: dict[int, Stretches]
    _searches: dict[tuple[int, ...] | None, tuple[int, Seconds, Seconds]] = field(factory=dict)

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

    def _look(self, kinds: tuple[int, ...] | None, codes: NDArray[Any], at: Seconds, last: int) -> Seconds:
        """By one search in the stretches of all these kinds, one after the other."""
        search = self._searches.get(kinds)
        if search is None or search[0] < last:
            search = self._searches[kinds] = (last, *self._listed(kinds, last))
        _, keys, ends = search
        wanted = np.minimum(at - self.began_s, _SPAN - 1)
        wanted += np.multiply(codes, _SPAN, dtype=np.int64)
        place = np.searchsorted(keys, wanted, side="right")
        place -= 1
        return np.maximum(at, ends[place])

    def _listed(self, kinds: tuple[int, ...] | None, last: int) -> tuple[Seconds, Seconds]:
        keys, ends = [], []
        for code in self.stretches if kinds is None else kinds:
            one = self.stretches[code]
            if one.walks:
                one.walk_to(last)
            keys += [np.array([code * _SPAN], np.int64), code * _SPAN + np.maximum(one.starts - self.began_s, 0)]
            ends += [np.zeros(1, np.int64), one.ends]
        return np.concatenate(keys), np.concatenate(ends)


@define(eq=False)
class Timeline:
    """Every account's future if nothing else happens."""

    portfolio: Portfolio
    rules: list[BulkRule]
    units: SortedUnits
    release: Seconds
    """From when on neither a hold nor a wait keeps the account; `NEVER` for those held for good."""
    kinds: Kinds

    def next_allowed(self) -> Seconds:
        """The first second from the instant of the portfolio on at which every gate passes; `NEVER` for none."""
        if self.units.is_empty:
            return np.full(self.portfolio.size, NEVER, np.int64)
        limit_s = self.portfolio.at_s + HORIZON_S
        found = self.release.copy()
        for rows in blocks(self.portfolio.size):
            near = np.flatnonzero(self.release[rows] <= self.kinds.near_s) + rows.start
            found[near] = self.kinds.near_open_from(near, self.release[near])
        far = np.flatnonzero((self.release > self.kinds.near_s) & (self.release <= limit_s))
        found[far] = self.kinds.open_from(far, self.release[far])
        if self.units.others:
            self._settle(found, limit_s)
        found[found > limit_s] = NEVER
        return found

    def _settle(self, found: Seconds, limit_s: int) -> None:
        """Ask the gates of no simple kind, and jump on, until every account passes or none is left to look for."""
        rows = np.flatnonzero(found <= limit_s)
        at = found[rows]
        while len(rows):
            parts = blocks(len(rows))
            latest = np.concatenate([latest_of(self.units.others, rows[part], at[part]) for part in parts])
            goes_on = latest != 0
            rows, at = rows[goes_on], latest[goes_on]
            at = np.where(at <= limit_s, self.kinds.open_from(rows, np.minimum(at, limit_s + 1)), NEVER)
            found[rows] = at
            near = at <= limit_s
            rows, at = rows[near], at[near]


def latest_of(units: list[Unit], rows: Rows, at: Seconds) -> Seconds:
    """Until when the last of these units is closed at an instant of each row's own; 0 where all pass."""
    latest = np.zeros(len(at), np.int64)
    for unit in units:
        until = unit.until(rows, at)
        if isinstance(until, np.ndarray) or until:
            np.maximum(latest, until, out=latest)
    return latest


def timeline_of(book: RuleBook, portfolio: Portfolio) -> Timeline:
    """The future of every account under this book."""
    rules = bulk_rules(book, portfolio)
    units = sorted_units(rules)
    digits = list(_digits(units.hours, portfolio))
    if prod(digit.size for digit in digits) > _MOST_KINDS:
        units.others.extend(units.hours)
        units.hours.clear()
        digits = []
    release = np.empty(portfolio.size, np.int64)
    codes = np.zeros(portfolio.size, np.uint16)
    groups = _groups(units.waiting)
    for rows in blocks(portfolio.size):
        release[rows] = _release(units.forever, groups, rows, portfolio.at_s)
        mine = codes[rows]
        for digit in digits:
            mine *= np.uint16(digit.size)
            mine += digit.of(rows).astype(np.uint16, copy=False)
    return Timeline(portfolio, rules, units, release, _kinds(units.hours, digits, codes, portfolio))


# Holds and waits ------------------------------------------------------------------


def _groups(waiting: list[Unit]) -> list[list[Unit]]:
    """Waits that apply to the same accounts, together: the question to whom is then asked once."""
    groups: dict[tuple[object, ...], list[Unit]] = {}
    for unit in waiting:
        groups.setdefault(unit.rule.limit_key, []).append(unit)
    return list(groups.values())


def _release(forever: list[Unit], groups: list[list[Unit]], rows: slice, at_s: int) -> Seconds:
    held: Mask = False
    for unit in forever:
        held = either(held, unit.closed(rows, at_s))
    if held is True:
        return np.full(rows.stop - rows.start, NEVER, np.int64)
    latest = np.full(rows.stop - rows.start, at_s, np.int64)
    for group in groups:
        limits = group[0].rule.applies(rows, at_s)
        if limits is False:
            continue
        worst: Until = 0
        for unit in group:
            gate = unit.gate
            worst = later(worst, gate.release(rows) if gate.release is not None else gate.until(rows, at_s))
        np.maximum(latest, where(limits, worst), out=latest)
    if isinstance(held, np.ndarray):
        latest[held] = NEVER
    return latest


# Hours ----------------------------------------------------------------------------


@define(eq=False)
class _Digit:
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


def _digits(hours: list[Unit], portfolio: Portfolio) -> Iterator[_Digit]:
    names = dict.fromkeys(name for unit in hours if unit.gate.hours for name in unit.gate.hours.names)
    for name in names:
        column = portfolio.zones if name == "zones" else portfolio.columns.get(name)
        if column is not None and len(column.values) > 1:
            yield _Digit(name, len(column.values), column=column)
    first = slice(0, min(1, portfolio.size))
    for unit in {unit.rule.limit_key: unit for unit in hours}.values():
        if isinstance(unit.rule.applies(first, portfolio.at_s), np.ndarray):
            yield _Digit("", 2, unit=unit)


def _kinds(hours: list[Unit], digits: list[_Digit], codes: NDArray[np.uint16], portfolio: Portfolio) -> Kinds:
    known: dict[tuple[Walk, ...], Stretches] = {}
    stretches: dict[int, Stretches] = {}
    occurring = set(np.flatnonzero(np.bincount(codes, minlength=1)).tolist())
    for code, row in enumerate(combinations(*(range(digit.size) for digit in digits))):
        if code in occurring:
            walks = tuple(dict.fromkeys(_walks(hours, digits, row, portfolio)))
            stretches[code] = known.setdefault(walks, Stretches(walks, portfolio.at_s))
    return Kinds(portfolio.at_s, codes, stretches)


def _walks(hours: list[Unit], digits: list[_Digit], row: tuple[int, ...], portfolio: Portfolio) -> Iterator[Walk]:
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

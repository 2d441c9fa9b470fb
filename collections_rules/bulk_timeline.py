"""What time does to every account of a portfolio, worked out once: until when it waits, and which hours it has.

Nearly every gate is of one of three kinds. Some hold for good; some open once and
stay open, so the last of them is a number; hours come and go, the same for all
accounts of a kind. With these three, the state of an account at any later instant is
a comparison and a look into a short list. Gates of any other sort are asked again,
and only about the accounts that are not settled.
"""

import numpy as np
from attrs import define
from numpy.typing import NDArray

from collections_rules.bulk_gates import Until, where
from collections_rules.bulk_hours import Seconds
from collections_rules.bulk_kinds import Kinds, digits_of, kinds_of
from collections_rules.bulk_masks import Mask, either
from collections_rules.bulk_rules import BulkRule, SortedUnits, Unit, bulk_rules, later, sorted_units
from collections_rules.evaluate import HORIZON_S, RuleBook
from collections_rules.portfolio import Portfolio, Rows
from collections_rules.windows import NEVER

__all__ = ["BLOCK", "Seconds", "Timeline", "blocks", "timeline_of"]

BLOCK = 1 << 16
"""Accounts at a time: what they need fits the processor's cache."""


def blocks(size: int) -> list[slice]:
    """All rows, a block at a time."""
    return [slice(start, min(start + BLOCK, size)) for start in range(0, size, BLOCK)]


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

    def callable_seconds(self, until: int) -> Seconds:
        """How many seconds of the time before `until` each account may be called."""
        found = np.zeros(self.portfolio.size, np.int64)
        if self.units.is_empty:
            return found
        for part in blocks(self.portfolio.size):
            mine = np.flatnonzero(self.release[part] < until) + part.start
            found[mine] = self.kinds.open_seconds(mine, self.release[mine], until)
        if self.units.others:
            rows = np.flatnonzero(found)
            for part in blocks(len(rows)):
                found[rows[part]] = self._open_seconds(rows[part], until)
        return found

    def _open_seconds(self, rows: NDArray[np.int64], until: int) -> Seconds:
        """The same where gates of no simple kind have a say, stretch by stretch."""
        others, found, places = self.units.others, np.zeros(len(rows), np.int64), np.arange(len(rows))
        at = self.kinds.open_from(rows, self.release[rows])
        while len(rows):
            latest = latest_of(others, rows, at)
            is_open = latest == 0
            closes = np.full(len(rows), until, np.int64)
            for unit in others:
                np.minimum(closes, unit.closes(rows, at), out=closes)
            spent = self.kinds.open_seconds(rows, at, until) - self.kinds.open_seconds(rows, closes, until)
            found[places] += np.where(is_open, spent, 0)
            at = np.where(is_open, closes, np.minimum(latest, until))
            near = at < until
            rows, places = rows[near], places[near]
            at = self.kinds.open_from(rows, at[near])
        return found


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
    digits = digits_of(units.hours, portfolio)
    if digits is None:
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
    return Timeline(portfolio, rules, units, release, kinds_of(units.hours, digits, codes, portfolio))


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

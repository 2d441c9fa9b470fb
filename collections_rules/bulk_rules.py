"""The rules of a book over one portfolio, gate by gate, sorted by what time does to them."""

from collections.abc import Sequence

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from collections_rules import tree as t
from collections_rules.bulk_gates import BulkGate, Until, ages_in, bulk_gate, next_edge, where
from collections_rules.bulk_masks import Mask, Masks, Times, both, either, inverted
from collections_rules.conditions import Test
from collections_rules.counting import AtMostGate, WaitAfterEventGate
from collections_rules.evaluate import HORIZON_S, RuleBook, RunningRule
from collections_rules.gates import StopWhenGate
from collections_rules.lower import DatedGate
from collections_rules.portfolio import Portfolio, Rows
from collections_rules.waiting import WaitAfterFactGate, WaitUntilGate
from collections_rules.windows import NEVER

__all__ = ["BulkRule", "SortedUnits", "Unit", "bulk_rules", "later", "sorted_units"]


@define(eq=False)
class BulkRule:
    """One rule over one portfolio: to whom it applies, and its gates."""

    rule: RunningRule
    masks: Masks
    place: int
    gates: list[BulkGate] = field(init=False)
    limit_key: tuple[object, ...] = field(init=False)
    """Rules with the same key apply to the same accounts."""
    limit_ages: list[tuple[t.Age, Test]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        lowered, rule_id = self.rule.lowered, self.rule.info.rule_id
        self.gates = [bulk_gate(d.gate, (rule_id, n), self.masks) for n, d in enumerate(lowered.gates)]
        self.limit_key = (
            tuple(id(test.condition) for test in lowered.applies),
            tuple(id(test.condition) for test in lowered.excepts),
        )
        self.limit_ages = [(age, x) for x in (*lowered.applies, *lowered.excepts) for age in ages_in(x.condition)]

    @property
    def rule_id(self) -> str:
        """Its id in the pack."""
        return self.rule.info.rule_id

    def closed(self, rows: Rows, at: int) -> Mask:
        """Where the rule is closed at one instant."""
        lowered = self.rule.lowered
        limits = self.applies(rows, at) if lowered.from_s <= at < lowered.until_s else False
        if limits is False:
            return False
        closed: Mask = False
        for dated, gate in zip(lowered.gates, self.gates, strict=True):
            if dated.from_s <= at < dated.until_s:
                closed = either(closed, gate.closed(rows, at))
        return both(limits, closed)

    def applies(self, rows: Rows, at: Times) -> Mask:
        """Where the rule is there at all, or may be, and nothing surely frees it."""
        made: Mask = True
        for test in self.rule.lowered.applies:
            made = both(made, self._mask(test, False, rows, at))
        for test in self.rule.lowered.excepts:
            made = both(made, inverted(self._mask(test, True, rows, at)))
        return made

    def _mask(self, test: Test, is_sure: bool, rows: Rows, at: Times) -> Mask:
        assert test.condition is not None
        return self.masks.mask(test.condition, test.clocks, is_sure, rows, at)


@frozen(eq=False)
class Unit:
    """One gate of a rule, for the accounts to which the rule applies. An account waits for the last of its units."""

    rule: BulkRule
    gate: BulkGate
    dated: DatedGate
    from_s: int
    until_s: int

    def closed(self, rows: Rows, at: int) -> Mask:
        """Where it is closed at one instant."""
        if not self.from_s <= at < self.until_s:
            return False
        limits = self.rule.applies(rows, at)
        return False if limits is False else both(limits, self.gate.closed(rows, at))

    def until(self, rows: Rows, at: Times) -> Until:
        """0 where it passes, or the first second at which it might."""
        until = self.gate.until(rows, at)
        if not isinstance(until, np.ndarray) and not until:
            return 0
        limits = both(_between(self.from_s, at, self.until_s), self.rule.applies(rows, at))
        for age, test in self.rule.limit_ages:
            until = np.minimum(until, next_edge([age], test.clocks, self.rule.masks, rows, at))
        if self.until_s != NEVER:
            until = np.minimum(until, self.until_s)
        return where(limits, until)

    def closes(self, rows: Rows, at: NDArray[np.int64]) -> Times:
        """The first instant after `at` at which it may close where it is open."""
        first: Times = NEVER
        for edge in (self.from_s, self.until_s):
            first = np.minimum(first, np.where(np.greater(edge, at), edge, NEVER))
        if self.gate.closes is not None:
            first = np.minimum(first, self.gate.closes(rows, at))
        for age, test in self.rule.limit_ages:
            first = np.minimum(first, next_edge([age], test.clocks, self.rule.masks, rows, at))
        return first


@frozen(eq=False)
class SortedUnits:
    """The units that may matter from the instant of the portfolio on."""

    forever: list[Unit]
    """Who is held, is held until a fact changes."""
    waiting: list[Unit]
    """Once open, they stay open: one look says until when."""
    hours: list[Unit]
    """Open and close by the clock, for the same accounts at all times."""
    others: list[Unit]

    @property
    def is_empty(self) -> bool:
        """A book without rules allows nothing."""
        return not (self.forever or self.waiting or self.hours or self.others)


def bulk_rules(book: RuleBook, portfolio: Portfolio) -> list[BulkRule]:
    """The rules that are on, over this portfolio."""
    masks = Masks(portfolio)
    return [BulkRule(rule, masks, place) for place, rule in enumerate(book.running)]


def sorted_units(rules: Sequence[BulkRule]) -> SortedUnits:
    """The gates of these rules by what time does to them."""
    found = SortedUnits([], [], [], [])
    for rule in rules:
        lowered, began_s = rule.rule.lowered, rule.masks.portfolio.at_s
        limit_s = began_s + HORIZON_S
        for gate, dated in zip(rule.gates, lowered.gates, strict=True):
            from_s, until_s = max(lowered.from_s, dated.from_s), min(lowered.until_s, dated.until_s)
            if until_s <= began_s or from_s > limit_s or from_s >= until_s:
                continue
            unit = Unit(rule, gate, dated, from_s, until_s)
            is_steady = not rule.limit_ages and from_s <= began_s and until_s > limit_s
            kind = found.others
            if is_steady and gate.is_forever:
                kind = found.forever
            elif is_steady and gate.hours is not None:
                kind = found.hours
            elif is_steady and _opens_for_good(dated.gate):
                kind = found.waiting
            kind.append(unit)
    return found


def later(one: Until, other: Until) -> Until:
    """The later of two releases; a gate that passes everywhere costs nothing."""
    if not isinstance(one, np.ndarray) and not one:
        return other
    return one if not isinstance(other, np.ndarray) and not other else np.maximum(one, other)


def _between(first: int, at: Times, last: int) -> Mask:
    if first == -NEVER and last == NEVER:
        return True
    if isinstance(at, np.ndarray):
        return np.logical_and(np.greater_equal(at, first), np.less(at, last))
    return first <= at < last


def _opens_for_good(gate: object) -> bool:
    if isinstance(gate, StopWhenGate):
        return not ages_in(gate.test.condition) or _only_ages(gate.test.condition)
    if isinstance(gate, WaitAfterFactGate | WaitUntilGate):
        return gate.test is None or not ages_in(gate.test.condition)
    return isinstance(gate, AtMostGate | WaitAfterEventGate)


def _only_ages(condition: t.Condition | None) -> bool:
    """`newer than …`, alone or together with what time does not change: over with its day, and then for good."""
    parts = condition.parts if isinstance(condition, t.AllOf) else [condition]
    ages = [part for part in parts if isinstance(part, t.Age)]
    return len(ages) == 1 == len(ages_in(condition)) and not ages[0].is_older

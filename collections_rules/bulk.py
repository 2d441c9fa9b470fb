"""Whole portfolios at once: who may be called at an instant, which rules say no, and when each may next be called.

The same rules, the same answers as `RuleBook.evaluate`, account by account; only
without the words of the reasons. Tables of the values that occur are worked out by
the very gates that judge a single call, and numpy does the rest in blocks that fit
the processor's cache.
"""

from collections.abc import Sequence

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from collections_rules.bulk_gates import BulkGate, Until, ages_in, bulk_gate, next_edge, where
from collections_rules.bulk_masks import Mask, Masks, Times, both, either
from collections_rules.conditions import Test
from collections_rules.counting import AtMostGate, WaitAfterEventGate
from collections_rules.evaluate import HORIZON_S, RuleBook, RunningRule
from collections_rules.gates import StopWhenGate
from collections_rules.portfolio import Portfolio, Rows
from collections_rules.waiting import WaitAfterFactGate, WaitUntilGate
from collections_rules.windows import NEVER

__all__ = ["NO_NEXT", "BulkVerdict", "evaluate_bulk", "next_allowed"]

NO_NEXT = np.iinfo(np.int64).max
"""In place of a next allowed second: only a changed fact opens."""
BLOCK = 1 << 15
_WORD_BITS = 64
Seconds = NDArray[np.int64]


@frozen(eq=False)
class BulkVerdict:
    """What came of every account."""

    allowed: NDArray[np.bool_]
    reasons: NDArray[np.uint64]
    """One row an account: bit k of word w is rule 64 w + k of `rule_ids`, set where that rule is closed."""
    rule_ids: tuple[str, ...]

    def closed(self, rule_id: str) -> NDArray[np.bool_]:
        """The accounts that this rule keeps from being called."""
        word, bit = divmod(self.rule_ids.index(rule_id), _WORD_BITS)
        closed: NDArray[np.bool_] = (self.reasons[:, word] & np.uint64(1 << bit)) != 0
        return closed


def evaluate_bulk(book: RuleBook, portfolio: Portfolio) -> BulkVerdict:
    """Who may be called at the instant of the portfolio, and which rules say no."""
    rules = _rules(book, portfolio)
    words = max(1, -(-len(rules) // _WORD_BITS))
    allowed = np.zeros(portfolio.size, np.bool_)
    reasons = np.zeros((portfolio.size, words), np.uint64)
    octets = reasons.view(np.uint8)
    for rows in _blocks(portfolio.size) if rules else ():
        size = rows.stop - rows.start
        open_so_far = np.ones(size, np.bool_)
        for first in range(0, len(rules), 8):
            bits = np.zeros(size, np.uint8)
            for bit, rule in enumerate(rules[first : first + 8]):
                closed = rule.closed(rows, portfolio.at_s)
                if closed is not False:
                    bits |= np.multiply(closed, np.uint8(1 << bit), dtype=np.uint8)
            open_so_far &= bits == 0
            octets[rows, first // 8] = bits
        allowed[rows] = open_so_far
    return BulkVerdict(allowed, reasons, tuple(rule.rule.info.rule_id for rule in rules))


def next_allowed(book: RuleBook, portfolio: Portfolio) -> NDArray[np.int64]:
    """The first second, from the instant of the portfolio on, at which every gate passes; `NO_NEXT` for none."""
    rules = _rules(book, portfolio)
    found = np.full(portfolio.size, NO_NEXT, np.int64)
    forever = [rule for rule in rules if rule.is_forever]
    timed = [rule for rule in rules if not rule.is_forever]
    moving = [rule for rule in timed if not rule.is_monotone]
    limit_s = portfolio.at_s + HORIZON_S
    waiting, releases = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for rows in _blocks(portfolio.size) if rules else ():
        held: Mask = False
        for rule in forever:
            held = either(held, rule.closed(rows, portfolio.at_s))
        latest = _latest(timed, rows, portfolio.at_s, rows.stop - rows.start)
        latest = np.where(held, NEVER, latest)
        found[rows] = np.where(latest == 0, portfolio.at_s, NO_NEXT)
        later = np.flatnonzero((latest > 0) & (latest <= limit_s))
        waiting.append(later + rows.start)
        releases.append(latest[later])
    _go_on(moving, np.concatenate(waiting), np.concatenate(releases), limit_s, found)
    return found


def _go_on(
    moving: Sequence["_BulkRule"],
    rows: NDArray[np.int64],
    at: NDArray[np.int64],
    limit_s: int,
    found: NDArray[np.int64],
) -> None:
    """Jump from release to release until every account passes or none is left to look for.

    All accounts together: the few that jump a hundred times then cost a hundred small steps, not a hundred a block.
    """
    while len(rows):
        blocks = [_latest(moving, rows[part], at[part], part.stop - part.start) for part in _blocks(len(rows))]
        latest = np.concatenate(blocks)
        passes = latest == 0
        found[rows[passes]] = at[passes]
        goes_on = ~passes & (latest <= limit_s)
        rows, at = rows[goes_on], latest[goes_on]


def _latest(rules: Sequence["_BulkRule"], rows: Rows, at: Times, size: int) -> NDArray[np.int64]:
    latest = np.zeros(size, np.int64)
    for rule in rules:
        until = rule.until(rows, at)
        if isinstance(until, np.ndarray) or until:
            np.maximum(latest, until, out=latest)
    return latest


def _blocks(size: int) -> list[slice]:
    return [slice(start, min(start + BLOCK, size)) for start in range(0, size, BLOCK)]


def _rules(book: RuleBook, portfolio: Portfolio) -> list["_BulkRule"]:
    masks = Masks(portfolio)
    return [_BulkRule(rule, masks) for rule in book.running]


@define(eq=False)
class _BulkRule:
    """One rule over one portfolio."""

    rule: RunningRule
    masks: Masks
    gates: list[BulkGate] = field(init=False)
    is_forever: bool = field(init=False)
    """Time changes nothing about it: who is held, is held until a fact changes."""
    is_monotone: bool = field(init=False)
    """Once open, it stays open: it need not be asked again when time goes on."""

    def __attrs_post_init__(self) -> None:
        lowered, rule_id, at_s = self.rule.lowered, self.rule.info.rule_id, self.masks.portfolio.at_s
        self.gates = [bulk_gate(d.gate, (rule_id, n), self.masks) for n, d in enumerate(lowered.gates)]
        limits = [test.condition for test in (*lowered.applies, *lowered.excepts)]
        starts = max([lowered.from_s, *(dated.from_s for dated in lowered.gates)])
        is_steady = not any(ages_in(condition) for condition in limits) and starts <= at_s
        ends = [lowered.until_s, *(dated.until_s for dated in lowered.gates)]
        self.is_forever = is_steady and min(ends) == NEVER and all(gate.is_forever for gate in self.gates)
        self.is_monotone = is_steady and all(_opens_for_good(dated.gate) for dated in lowered.gates)

    def closed(self, rows: Rows, at: int) -> Mask:
        limits = self._applies(rows, at) if self._is_in_force(at) else False
        if limits is False:
            return False
        closed: Mask = False
        for dated, gate in zip(self.rule.lowered.gates, self.gates, strict=True):
            if dated.from_s <= at < dated.until_s:
                closed = either(closed, gate.closed(rows, at))
        return both(limits, closed)

    def until(self, rows: Rows, at: Times) -> Until:
        lowered = self.rule.lowered
        worst: Until = 0
        for dated, gate in zip(lowered.gates, self.gates, strict=True):
            until = gate.until(rows, at)
            if dated.until_s != NEVER:
                until = np.minimum(until, dated.until_s)
            until = where(_between(dated.from_s, at, dated.until_s), until)
            worst = _later(worst, until)
        if not isinstance(worst, np.ndarray) and not worst:
            return 0
        limits = both(_between(lowered.from_s, at, lowered.until_s), self._applies(rows, at))
        ages = [(age, t) for t in (*lowered.applies, *lowered.excepts) for age in ages_in(t.condition)]
        for age, test in ages:
            worst = np.minimum(worst, next_edge([age], test.clocks, self.masks, rows, at))
        if lowered.until_s != NEVER:
            worst = np.minimum(worst, lowered.until_s)
        return where(limits, worst)

    def _is_in_force(self, at: int) -> bool:
        return self.rule.lowered.from_s <= at < self.rule.lowered.until_s

    def _applies(self, rows: Rows, at: Times) -> Mask:
        made: Mask = True
        for test in self.rule.lowered.applies:
            made = both(made, self._mask(test, False, rows, at))
        for test in self.rule.lowered.excepts:
            freed = self._mask(test, True, rows, at)
            made = both(made, not freed if isinstance(freed, bool) else ~freed)
        return made

    def _mask(self, test: Test, is_sure: bool, rows: Rows, at: Times) -> Mask:
        assert test.condition is not None
        return self.masks.mask(test.condition, test.clocks, is_sure, rows, at)


def _later(one: Until, other: Until) -> Until:
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
        return not ages_in(gate.test.condition)
    if isinstance(gate, WaitAfterFactGate | WaitUntilGate):
        return gate.test is None or not ages_in(gate.test.condition)
    return isinstance(gate, AtMostGate | WaitAfterEventGate)

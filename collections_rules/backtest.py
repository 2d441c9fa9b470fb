"""A draft of the rules on the attempts that were made: which of them it would have blocked, and what they brought.

Every attempt is judged by the facts of its own moment and by the contacts that really
were made before it. That a blocked call leaves room for a later one is not played
out, and a call that only the draft would have allowed was never made: what it would
have brought, no log can say.
"""

from collections.abc import Mapping
from math import sqrt

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from collections_rules.backtest_counts import Bits, Counter, LogRows, Seconds
from collections_rules.bulk_masks import Masks
from collections_rules.bulk_rules import BulkRule, Unit
from collections_rules.bulk_timeline import blocks
from collections_rules.counting import AtMostGate, WaitAfterEventGate
from collections_rules.evaluate import RuleBook, RunningRule
from collections_rules.portfolio import Column, Portfolio

__all__ = ["AttemptLog", "Backtest", "Blocked", "Estimate", "backtest"]

_LAW = ("law", "order")
_Z = 1.959964
"""Of a 95 % interval."""


@frozen(eq=False)
class AttemptLog:
    """Attempts, oldest first, with what was known of each when it was made."""

    rows: LogRows
    columns: Mapping[str, Column]
    """Facts by name; `outcome` is how the attempt ended."""
    zones: Column
    promised: NDArray[np.bool_]
    collected_minor: NDArray[np.int64]
    ring_s: float = 0.0


@frozen
class Estimate:
    """A sum over attempts, with the 95 % interval of what another such period would bring."""

    total: int
    low: int
    high: int


@frozen
class Blocked:
    """Attempts that would not have been made."""

    calls: int
    talks: int
    promises: int
    collected: Estimate
    """In minor units."""


@frozen
class Backtest:
    """What a draft would have done to a log."""

    attempts: int
    blocked: Blocked
    by_rule: Mapping[str, Blocked]
    """By every rule that would have blocked, alone or together with others; the largest first."""
    violations: Blocked
    """Of the blocked: by a rule of law or order, so that the attempt was a violation as the draft reads the law."""
    not_judged: tuple[str, ...] = field(default=())
    """Rules that a log cannot be asked about."""


def backtest(book: RuleBook, log: AttemptLog) -> Backtest:
    """Every attempt of the log under the draft."""
    size = len(log.rows.at_s)
    began_s = int(log.rows.at_s[0]) if size else 0
    nothing = np.zeros(size, np.int64)
    # The counts are worked out from the log; the portfolio's own would be those of one instant.
    held = dict.fromkeys(book.counting_gates(), nothing)
    portfolio = Portfolio(began_s, size, log.columns, log.zones, held, log.ring_s)
    masks = Masks(portfolio)
    counter = Counter(log.rows, masks)
    any_closed, by_law = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    by_rule: dict[str, Blocked] = {}
    judged = [rule for rule in book.running if not _is_beyond_a_log(rule, log)]
    for place, rule in enumerate(judged):
        closed = _closed(BulkRule(rule, masks, place), log.rows.at_s, counter)
        if closed.any():
            by_rule[rule.info.rule_id] = _blocked(log, closed)
            any_closed |= closed
            if rule.info.layer in _LAW:
                by_law |= closed
    return Backtest(
        size, _blocked(log, any_closed), dict(sorted(by_rule.items(), key=lambda item: -item[1].calls)),
        _blocked(log, by_law), tuple(r.info.rule_id for r in book.running if _is_beyond_a_log(r, log)),
    )  # fmt: skip


def _is_beyond_a_log(rule: RunningRule, log: AttemptLog) -> bool:
    """`free within` hangs on what came after the fact that it names; a log of attempts does not say."""
    for dated in rule.lowered.gates:
        if isinstance(dated.gate, AtMostGate | WaitAfterEventGate):
            for within in dated.gate.counted.within:
                column = log.columns.get(within.name)
                if column is not None and any(value is not None for value in column.values):
                    return True
    return False


def _closed(rule: BulkRule, at_s: Seconds, counter: Counter) -> Bits:
    closed = np.zeros(len(at_s), np.bool_)
    lowered = rule.rule.lowered
    for gate, dated in zip(rule.gates, lowered.gates, strict=True):
        from_s, until_s = max(lowered.from_s, dated.from_s), min(lowered.until_s, dated.until_s)
        if not len(at_s) or from_s > at_s[-1] or until_s <= at_s[0]:
            continue
        unit = Unit(rule, gate, dated, from_s, until_s)
        if isinstance(dated.gate, AtMostGate | WaitAfterEventGate):
            closed |= _limited(unit, at_s, counter.closed(dated.gate))
            continue
        for rows in blocks(len(at_s)):
            until = unit.until(rows, at_s[rows])
            closed[rows] |= np.not_equal(until, 0)
    return closed


def _limited(unit: Unit, at_s: Seconds, closed: Bits) -> Bits:
    """Only where the rule applies and is in force."""
    for rows in blocks(len(at_s)):
        at = at_s[rows]
        closed[rows] &= np.logical_and(at >= unit.from_s, at < unit.until_s)
        closed[rows] &= unit.rule.applies(rows, at)
    return closed


def _blocked(log: AttemptLog, closed: Bits) -> Blocked:
    outcomes = log.columns["outcome"]
    talked = np.array([value == "talk" for value in outcomes.values], np.bool_)
    rows = np.flatnonzero(closed)
    return Blocked(
        len(rows),
        int(talked[outcomes.codes[rows]].sum()),
        int(log.promised[rows].sum()),
        _estimate(log.collected_minor[rows], log.rows.keys["person"][rows]),
    )


def _estimate(amounts: NDArray[np.int64], persons: NDArray[np.int64]) -> Estimate:
    """A sum whose parts come in by person: of such a sum the variance is the sum of the squares by person."""
    paying = amounts != 0
    if not paying.any():
        return Estimate(0, 0, 0)
    _, whose = np.unique(persons[paying], return_inverse=True)
    by_person = np.bincount(whose, weights=amounts[paying].astype(np.float64))
    total, half = int(amounts.sum()), _Z * sqrt(float((by_person**2).sum()))
    return Estimate(total, max(0, round(total - half)), round(total + half))

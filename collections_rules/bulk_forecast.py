"""What a portfolio will be: who may be called now and at later instants, what holds the others, what is not known."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from collections_rules.bulk_masks import Mask, Masks, both, inverted, picker
from collections_rules.bulk_rules import BulkRule, Unit
from collections_rules.bulk_timeline import Seconds, Timeline, blocks
from collections_rules.conditions import Test
from collections_rules.facts import FACT_TABLE
from collections_rules.gates import FreshGate, Gate, OpenGate, StopAtGate, StopWhenGate
from collections_rules.portfolio import Rows
from collections_rules.waiting import WaitAfterFactGate, WaitUntilGate
from collections_rules.windows import NEVER

__all__ = ["NO_RULE", "Forecast", "callable_at", "forecast_of", "last_to_release", "missing_facts"]

NO_RULE = -1
"""In place of a rule where none keeps the account."""


@frozen
class Forecast:
    """A portfolio in figures."""

    size: int
    callable_now: int
    instants: tuple[int, ...]
    callable_at: tuple[int, ...]
    """How many accounts may be called at each of the instants, if nothing else happens."""
    held_by: Mapping[str, int]
    """Accounts that may not be called now, by the rule that is the last to let them go; the largest first."""
    held_for_good: int
    """Of these: nothing but a changed fact opens."""
    missing: Mapping[str, int]
    """Accounts that a gate keeps because this fact is not known; the largest first."""


def forecast_of(timeline: Timeline, instants: Sequence[int]) -> Forecast:
    """The figures of a portfolio, now and at these later instants."""
    following = timeline.next_allowed()
    last = last_to_release(timeline, following)
    counts = np.bincount(last + 1, minlength=len(timeline.rules) + 1)[1:]
    held = {rule.rule_id: int(count) for rule, count in zip(timeline.rules, counts, strict=True) if count}
    return Forecast(
        timeline.portfolio.size,
        int((following == timeline.portfolio.at_s).sum()),
        tuple(instants),
        callable_at(timeline, instants),
        _largest_first(held),
        int((following >= NEVER).sum()),
        _largest_first(missing_facts(timeline)),
    )


def _largest_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def callable_at(timeline: Timeline, instants: Sequence[int]) -> tuple[int, ...]:
    """How many accounts may be called at each instant, from that of the portfolio on, in order of time."""
    if timeline.units.is_empty or not instants:
        return (0,) * len(instants)
    steps, kinds = np.array(instants, np.int64), timeline.kinds
    # Accounts by kind and by the first instant at which no hold or wait keeps them.
    first = np.searchsorted(steps, timeline.release).astype(np.int64)
    first += np.multiply(kinds.codes, len(steps) + 1, dtype=np.int64)
    table = np.bincount(first, minlength=(max(kinds.stretches) + 1) * (len(steps) + 1))
    released = np.cumsum(table.reshape(-1, len(steps) + 1), axis=1)
    counts = []
    for index, at_s in enumerate(steps.tolist()):
        is_open = kinds.is_open(at_s)
        count = sum(int(released[code, index]) for code, is_it in is_open.items() if is_it)
        counts.append(count - _kept_by_others(timeline, at_s, is_open))
    return tuple(counts)


def _kept_by_others(timeline: Timeline, at_s: int, is_open: Mapping[int, bool]) -> int:
    """Of the accounts whose hours are open and whose waits are over: how many a gate of no simple kind keeps."""
    if not timeline.units.others:
        return 0
    opens = np.zeros(max(is_open) + 1, np.bool_)
    opens[[code for code, is_it in is_open.items() if is_it]] = True
    kept = 0
    for part in blocks(timeline.portfolio.size):
        rows = np.flatnonzero((timeline.release[part] <= at_s) & opens[timeline.kinds.codes[part]]) + part.start
        closed = np.zeros(len(rows), np.bool_)
        for unit in timeline.units.others:
            closed |= unit.closed(rows, at_s)
        kept += int(closed.sum())
    return kept


# What holds ---------------------------------------------------------------------------


def last_to_release(timeline: Timeline, following: Seconds) -> NDArray[np.int64]:
    """The place of the rule that each account waits for longest; `NO_RULE` where it may be called now.

    It is the first in the book of those that are closed in the second before the account may be called.
    """
    found = np.full(timeline.portfolio.size, NO_RULE, np.int64)
    if timeline.units.is_empty:
        return found
    for part in blocks(timeline.portfolio.size):
        rows = np.flatnonzero(following[part] > timeline.portfolio.at_s) + part.start
        is_ever = following[rows] < NEVER
        _assign(found, _changing(timeline), rows[is_ever], following[rows[is_ever]] - 1)
        _assign_for_good(found, timeline, rows[~is_ever])
    return found


def _changing(timeline: Timeline) -> list[Unit]:
    units = timeline.units
    return sorted([*units.waiting, *units.hours, *units.others], key=lambda unit: unit.rule.place)


def _assign(found: NDArray[np.int64], units: Sequence[Unit], rows: NDArray[np.int64], at: Seconds) -> None:
    for unit in units:
        if not len(rows):
            return
        closed = np.not_equal(unit.until(rows, at), 0)
        if not isinstance(closed, np.ndarray) or not closed.ndim:
            closed = np.full(len(rows), bool(closed))
        found[rows[closed]] = unit.rule.place
        rows, at = rows[~closed], at[~closed]


def _assign_for_good(found: NDArray[np.int64], timeline: Timeline, rows: NDArray[np.int64]) -> None:
    """Rules that never let go come first; then, of hours that never meet, the first that is closed now."""
    at_s, units = timeline.portfolio.at_s, timeline.units
    for unit in sorted([*units.forever, *units.waiting, *units.others], key=lambda unit: unit.rule.place):
        if not len(rows):
            return
        until = unit.until(rows, np.full(len(rows), at_s, np.int64))
        closed = np.broadcast_to(np.greater_equal(until, NEVER), rows.shape)
        found[rows[closed]] = unit.rule.place
        rows = rows[~closed]
    _assign(found, _changing(timeline), rows, np.full(len(rows), at_s, np.int64))
    left = rows[found[rows] == NO_RULE]
    if len(left) and units.hours:
        found[left] = units.hours[0].rule.place  # open now, but not for as long as the phone may ring


# What is not known --------------------------------------------------------------------

_ZONE = "person.zone"


def missing_facts(timeline: Timeline) -> dict[str, int]:
    """How many accounts are kept now because a fact has no value, by that fact."""
    at_s, counts = timeline.portfolio.at_s, dict[str, int]()
    masks = timeline.rules[0].masks if timeline.rules else Masks(timeline.portfolio)
    unknown: dict[str, Callable[[Rows], Mask]] = {}
    for part in blocks(timeline.portfolio.size):
        found: dict[str, NDArray[np.bool_]] = {}
        for rule in timeline.rules:
            for name, undecided in _undecided(rule, part, at_s):
                if undecided is False:
                    continue
                if name not in unknown:
                    unknown[name] = _unknown(masks, name)
                kept = both(undecided, unknown[name](part))
                if kept is not False:
                    found.setdefault(name, np.zeros(part.stop - part.start, np.bool_))
                    found[name] |= kept
        for name, kept in found.items():
            counts[name] = counts.get(name, 0) + int(kept.sum())
    return {name: count for name, count in counts.items() if count}


def _unknown(masks: Masks, name: str) -> Callable[[Rows], Mask]:
    portfolio = masks.portfolio
    column = portfolio.zones if name == _ZONE else portfolio.columns.get(name)
    if column is None:
        return lambda rows: True
    return picker(column.codes, np.array([not v if name == _ZONE else v is None for v in column.values], np.bool_))


def _undecided(rule: BulkRule, rows: slice, at_s: int) -> Iterator[tuple[str, Mask]]:
    """For each fact that the rule reads: the accounts that it keeps although it is not decided."""
    lowered = rule.rule.lowered
    closed = rule.closed(rows, at_s)
    if closed is False:
        return
    for dated in lowered.gates:
        if dated.from_s <= at_s < dated.until_s:
            for name, mask in _of_gate(rule, dated.gate, rows, at_s):
                yield name, both(closed, mask)
    for test in lowered.applies:
        undecided = _is_undecided(rule.masks, test, rows, at_s)
        yield from ((name, both(closed, undecided)) for name in test.names if name in FACT_TABLE)


def _is_undecided(masks: Masks, test: Test, rows: slice, at_s: int) -> Mask:
    assert test.condition is not None
    perhaps = masks.mask(test.condition, test.clocks, False, rows, at_s)
    return both(perhaps, inverted(masks.mask(test.condition, test.clocks, True, rows, at_s)))


def _of_gate(rule: BulkRule, gate: Gate, rows: slice, at_s: int) -> Iterator[tuple[str, Mask]]:
    if isinstance(gate, StopWhenGate):
        undecided = _is_undecided(rule.masks, gate.test, rows, at_s)
        yield from ((name, undecided) for name in gate.test.names if name in FACT_TABLE)
        endless: Mask = bool(gate.releases)
        for release in gate.releases:
            endless = both(endless, _unknown(rule.masks, release.name)(rows))
        if gate.releases:
            yield gate.releases[-1].name, endless
    elif isinstance(gate, WaitAfterFactGate | WaitUntilGate | StopAtGate | FreshGate):
        yield gate.name, True
        if isinstance(gate, WaitAfterFactGate | WaitUntilGate) and gate.test is not None:
            undecided = _is_undecided(rule.masks, gate.test, rows, at_s)
            yield from ((name, undecided) for name in gate.test.names if name in FACT_TABLE)
    elif isinstance(gate, OpenGate) and (gate.clocks.every_evidence or not gate.clocks.zones):
        yield _ZONE, True

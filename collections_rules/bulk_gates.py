"""Gates over whole columns: for every account 0 where a gate passes, or the first second at which it might."""

from collections.abc import Callable, Sequence

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from collections_rules import tree as t
from collections_rules.bulk_masks import Mask, Masks, Times, both, zone_names
from collections_rules.counting import AtMostGate, WaitAfterEventGate
from collections_rules.gates import FreshGate, Gate, OpenGate, StopAtGate, StopWhenGate
from collections_rules.moments import moment_after
from collections_rules.portfolio import Rows
from collections_rules.query import Clocks, Query
from collections_rules.waiting import WaitAfterFactGate, WaitUntilGate
from collections_rules.windows import NEVER

__all__ = ["BulkGate", "Until", "ages_in", "bulk_gate", "next_edge", "where"]

Until = NDArray[np.int64] | int
"""0 where a gate passes."""


@frozen
class BulkGate:
    """One gate over a portfolio: whether it is closed, and until when."""

    until: Callable[[Rows, Times], Until]
    closed: Callable[[Rows, Times], Mask]
    is_forever: bool = False
    """Where it is closed, only a changed fact opens it."""


def _gate(until: Callable[[Rows, Times], Until]) -> BulkGate:
    def closed(rows: Rows, at: Times) -> Mask:
        found = until(rows, at)
        return np.not_equal(found, 0) if isinstance(found, np.ndarray) else bool(found)

    return BulkGate(until, closed)


_UNKNOWN = -1


def bulk_gate(gate: Gate, key: tuple[str, int], masks: Masks) -> BulkGate:
    """The gate over the portfolio of these masks."""
    if isinstance(gate, StopWhenGate):
        return _stop(gate, masks)
    if isinstance(gate, OpenGate | StopAtGate):
        return _gate(_Hours(gate, masks))
    if isinstance(gate, WaitAfterFactGate | WaitUntilGate):
        return _wait(gate, masks)
    if isinstance(gate, FreshGate):
        return _fresh(gate, masks)
    assert isinstance(gate, AtMostGate | WaitAfterEventGate)
    return _counted(gate, key, masks)


def ages_in(condition: t.Condition | None) -> list[t.Age]:
    """The comparisons that time alone may change."""
    if isinstance(condition, t.Age):
        return [condition]
    if isinstance(condition, t.Not):
        return ages_in(condition.part)
    parts = condition.parts if isinstance(condition, t.AllOf | t.AnyOf) else ()
    return [age for part in parts for age in ages_in(part)]


def next_edge(ages: Sequence[t.Age], clocks: Clocks, masks: Masks, rows: Rows, at: Times) -> Times:
    """The first later second at which one of these ages changes."""
    first: Times = NEVER
    for age in ages:
        edges = masks.edges(age, clocks, rows)
        first = np.minimum(first, np.where(np.greater(edges, at), edges, NEVER))
    return first


def where(mask: Mask, until: Until) -> Until:
    """`until` where the mask holds, and 0, which passes, elsewhere."""
    if isinstance(mask, bool):
        return until if mask else 0
    return np.where(mask, until, np.int64(0))


def _table(
    masks: Masks, names: tuple[str, ...], key: object, work_out: Callable[[Query], int]
) -> Callable[[Rows], Until]:
    codes, table = masks.table(names, key, work_out, np.int64)
    if codes is None:
        return lambda rows: int(table[0])
    return lambda rows: table[codes[rows]]


def _stop(gate: StopWhenGate, masks: Masks) -> BulkGate:
    condition, clocks = gate.test.condition, gate.clocks
    assert condition is not None
    ages = ages_in(condition)
    ends = [
        _table(masks, (one.name, *zone_names(clocks)), one, _end_of(one.name, one.plus, one.is_end_of_day, clocks))
        for one in gate.releases
    ]

    def until(rows: Rows, at: Times) -> Until:
        closed = masks.mask(condition, clocks, gate.may_unknown_pass, rows, at)
        if closed is False:
            return 0
        edge = next_edge(ages, clocks, masks, rows, at) if ages else NEVER
        if not ends:
            return where(closed, edge)
        sure = masks.mask(condition, clocks, True, rows, at)
        end: Until = _UNKNOWN
        for release in reversed(ends):
            found = release(rows)
            end = np.where(np.equal(found, _UNKNOWN), end, found)
        has_end = np.logical_and(sure, np.not_equal(end, _UNKNOWN))
        until = np.where(has_end, np.where(np.greater_equal(at, end), 0, np.minimum(end, edge)), edge)
        return where(closed, until)

    if ends:
        return _gate(until)
    return BulkGate(until, lambda rows, at: masks.mask(condition, clocks, gate.may_unknown_pass, rows, at), not ages)


def _end_of(name: str, plus: t.Duration | None, is_end_of_day: bool, clocks: Clocks) -> Callable[[Query], int]:
    def end(query: Query) -> int:
        found = moment_after(query.values.get(name), plus, is_end_of_day, clocks, query)
        return _UNKNOWN if found is None else found

    return end


def _wait(gate: WaitAfterFactGate | WaitUntilGate, masks: Masks) -> BulkGate:
    clocks, test = gate.clocks, gate.test
    ends = _table(masks, (gate.name, *zone_names(clocks)), gate, lambda q: -1 if (e := gate.ends(q)) is None else e)
    condition = test.condition if test is not None else None
    ages = ages_in(condition)

    def until(rows: Rows, at: Times) -> Until:
        applies = True if condition is None else masks.mask(condition, clocks, False, rows, at)
        if applies is False:
            return 0
        end = ends(rows)
        edge = next_edge(ages, clocks, masks, rows, at) if ages else NEVER
        release = np.minimum(np.where(np.equal(end, _UNKNOWN), NEVER, end), edge)
        closed = np.logical_or(np.equal(end, _UNKNOWN), np.greater(end, at))
        return where(both(applies, closed), release)

    return _gate(until)


def _fresh(gate: FreshGate, masks: Masks) -> BulkGate:
    expiry = _table(masks, (gate.name, *zone_names(gate.clocks)), gate, gate.expires)
    return _gate(lambda rows, at: where(np.less_equal(expiry(rows), at), NEVER))


def _counted(gate: AtMostGate | WaitAfterEventGate, key: tuple[str, int], masks: Masks) -> BulkGate:
    held = masks.portfolio.held_until.get(key)
    if held is None:
        raise ValueError(f"the portfolio does not say until when `{key[0]}` is held (held_until[{key}])")
    if gate.counted.within:
        raise ValueError(f"`{key[0]}` has `free within`, which closes again by itself: ask the exact evaluator")

    def closed(rows: Rows, at: Times) -> Mask:
        found: Mask = held[rows] > at
        return found

    def until(rows: Rows, at: Times) -> Until:
        mine = held[rows]
        return np.where(mine > at, mine, 0)

    return BulkGate(until, closed)


# Hours ----------------------------------------------------------------------------


@define(eq=False)
class _Hours:
    """`open` and `stop at`: for each set of zones the exact gate, walked as far as it was ever asked."""

    gate: OpenGate | StopAtGate
    masks: Masks
    _walks: dict[int, "_Walk"] = field(factory=dict)

    def __call__(self, rows: Rows, at: Times) -> Until:
        clocks = self.gate.clocks
        needs_zones = clocks.every_evidence or not clocks.zones
        names = (*(("zones",) if needs_zones else ()), *clocks.fact_names)
        if isinstance(self.gate, StopAtGate):
            names = (*names, self.gate.name)
        cells = self.masks.portfolio.cells(names)
        codes = cells.at(rows)
        if codes is None:
            return self._walk(0, names, cells.combinations[0]).until(at)
        if isinstance(at, int | np.integer):
            each = [self._walk(n, names, row).until(at) for n, row in enumerate(cells.combinations)]
            table = np.array(each, np.int64)
            return int(table[0]) if (table == table[0]).all() else table[codes]
        found = np.zeros(len(codes), np.int64)
        for n in np.unique(codes).tolist():
            mine = codes == n
            found[mine] = self._walk(n, names, cells.combinations[n]).until(at[mine])
        return found

    def _walk(self, n: int, names: tuple[str, ...], row: tuple[object, ...]) -> "_Walk":
        found = self._walks.get(n)
        if found is None:
            found = self._walks[n] = _Walk(self.gate, self.masks.query(names, row), self.masks.portfolio.at_s)
        return found


@define(eq=False)
class _Walk:
    """Closed stretches of one gate for one set of zones, from the instant of the portfolio on."""

    gate: OpenGate | StopAtGate
    query: Query
    began_s: int
    _starts: list[int] = field(factory=lambda: [-NEVER])
    _ends: list[int] = field(factory=lambda: [-NEVER])
    _reached: int = 0
    _arrays: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None

    def until(self, at: Times) -> Until:
        if isinstance(at, int | np.integer):
            self.query.at_s = int(at)
            return self.gate.closed_until(self.query) or 0
        if not len(at):
            return at
        self._walk_to(int(at.max()))
        assert self._arrays is not None
        starts, ends = self._arrays
        place = np.searchsorted(starts, at, side="right") - 1
        closed = ends[place]
        return np.where(closed > at, closed, 0)

    def _walk_to(self, last: int) -> None:
        """Find every closed stretch up to `last`."""
        at = self._reached if self._arrays is not None else self.began_s
        if at > last and self._arrays is not None:
            return
        while at <= last:
            self.query.at_s = at
            closed = self.gate.closed_until(self.query)
            if closed is not None:
                self._starts.append(at)
                self._ends.append(closed)
            at = self.gate.open_until(self.query) if closed is None else closed
        self._reached = at
        self._arrays = np.array(self._starts, np.int64), np.array(self._ends, np.int64)

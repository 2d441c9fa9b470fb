"""Gates over whole columns: for every account 0 where a gate passes, or the first second at which it might."""

from collections.abc import Callable, Sequence

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from collections_rules import tree as t
from collections_rules.bulk_hours import Stretches, Walk
from collections_rules.bulk_masks import Mask, Masks, Times, both, either, inverted, picker, zone_names
from collections_rules.counting import AtMostGate, WaitAfterEventGate
from collections_rules.gates import FreshGate, Gate, OpenGate, StopAtGate, StopWhenGate
from collections_rules.moments import moment_after
from collections_rules.portfolio import Rows
from collections_rules.query import Clocks, Query
from collections_rules.waiting import WaitAfterFactGate, WaitUntilGate
from collections_rules.windows import NEVER

__all__ = ["BulkGate", "Hours", "Until", "ages_in", "bulk_gate", "next_edge", "where"]

Until = NDArray[np.int64] | int
"""0 where a gate passes."""


@frozen
class BulkGate:
    """One gate over a portfolio: whether it is closed, and until when."""

    until: Callable[[Rows, Times], Until]
    closed: Callable[[Rows, int], Mask]
    is_forever: bool = False
    """Where it is closed, only a changed fact opens it."""
    release: Callable[[Rows], Until] | None = None
    """Of a gate that opens for good: from when on it passes, past or to come."""
    hours: "Hours | None" = None
    closes: Callable[[Rows, NDArray[np.int64]], Times] | None = None
    """Of a gate that may close by itself: the first instant after `at` at which it might."""


def _gate(until: Callable[[Rows, Times], Until]) -> BulkGate:
    def closed(rows: Rows, at: int) -> Mask:
        found = until(rows, at)
        return np.not_equal(found, 0) if isinstance(found, np.ndarray) else bool(found)

    return BulkGate(until, closed)


def _at(pick: Callable[[int], Callable[[Rows], Mask]]) -> Callable[[Rows, int], Mask]:
    """Worked out for one instant and kept as long as nobody asks about another."""
    known: dict[int, Callable[[Rows], Mask]] = {}

    def closed(rows: Rows, at: int) -> Mask:
        found = known.get(at)
        if found is None:
            known.clear()
            found = known[at] = pick(at)
        return found(rows)

    return closed


_UNKNOWN = -1


def bulk_gate(gate: Gate, key: tuple[str, int], masks: Masks) -> BulkGate:
    """The gate over the portfolio of these masks."""
    if isinstance(gate, StopWhenGate):
        return _stop(gate, masks)
    if isinstance(gate, OpenGate | StopAtGate):
        hours = Hours(gate, masks)
        return BulkGate(hours.until, _at(hours.closed_at), hours=hours, closes=hours.closes)
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


def _stop(gate: StopWhenGate, masks: Masks) -> BulkGate:
    condition, clocks = gate.test.condition, gate.clocks
    assert condition is not None
    ages = ages_in(condition)

    def holds(rows: Rows, at: Times) -> Mask:
        return masks.mask(condition, clocks, gate.may_unknown_pass, rows, at)

    def until(rows: Rows, at: Times) -> Until:
        closed = holds(rows, at)
        return where(closed, next_edge(ages, clocks, masks, rows, at) if ages else NEVER)

    if gate.releases:
        return _stop_until(gate, condition, masks)
    return BulkGate(until, holds, not ages, closes=_closing(ages, clocks, masks))


def _stop_until(gate: StopWhenGate, condition: t.Condition, masks: Masks) -> BulkGate:
    """A `stop when` that ends by itself: with the first of its dates that is known, where it surely holds."""
    clocks, ages = gate.clocks, ages_in(condition)
    ends = [
        masks.table((r.name, *zone_names(clocks)), r, _end_of(r.name, r.plus, r.is_end_of_day, clocks), np.int64)
        for r in gate.releases
    ]
    known = [picker(codes, table != _UNKNOWN) for codes, table in ends]
    over = [
        _at(lambda at, codes=codes, table=table: picker(codes, (table != _UNKNOWN) & (table <= at)))  # type: ignore[misc]
        for codes, table in ends
    ]

    def until(rows: Rows, at: Times) -> Until:
        closed = masks.mask(condition, clocks, gate.may_unknown_pass, rows, at)
        if closed is False:
            return 0
        edge = next_edge(ages, clocks, masks, rows, at) if ages else NEVER
        sure = masks.mask(condition, clocks, True, rows, at)
        end: Until = _UNKNOWN
        for codes, table in reversed(ends):
            found = int(table[0]) if codes is None else table[codes[rows]]
            end = np.where(np.equal(found, _UNKNOWN), end, found)
        has_end = np.logical_and(sure, np.not_equal(end, _UNKNOWN))
        until = np.where(has_end, np.where(np.greater_equal(at, end), 0, np.minimum(end, edge)), edge)
        return where(closed, until)

    def closed(rows: Rows, at: int) -> Mask:
        ended: Mask = False
        for is_known, is_over in zip(reversed(known), reversed(over), strict=True):
            ended = either(is_over(rows, at), both(inverted(is_known(rows)), ended))
        freed = both(ended, masks.mask(condition, clocks, True, rows, at))
        return both(masks.mask(condition, clocks, gate.may_unknown_pass, rows, at), inverted(freed))

    return BulkGate(until, closed, closes=_closing(ages, clocks, masks))


def _closing(ages: Sequence[t.Age], clocks: Clocks, masks: Masks) -> Callable[[Rows, NDArray[np.int64]], Times] | None:
    return (lambda rows, at: next_edge(ages, clocks, masks, rows, at)) if ages else None


def _end_of(name: str, plus: t.Duration | None, is_end_of_day: bool, clocks: Clocks) -> Callable[[Query], int]:
    def end(query: Query) -> int:
        found = moment_after(query.values.get(name), plus, is_end_of_day, clocks, query)
        return _UNKNOWN if found is None else found

    return end


def _wait(gate: WaitAfterFactGate | WaitUntilGate, masks: Masks) -> BulkGate:
    clocks, test = gate.clocks, gate.test
    codes, ends = masks.table(
        (gate.name, *zone_names(clocks)), gate, lambda q: NEVER if (e := gate.ends(q)) is None else e, np.int64
    )
    condition = test.condition if test is not None else None
    ages = ages_in(condition)
    waits = _at(lambda at: picker(codes, ends > at))

    def applies(rows: Rows, at: Times) -> Mask:
        return True if condition is None else masks.mask(condition, clocks, False, rows, at)

    def until(rows: Rows, at: Times) -> Until:
        applying = applies(rows, at)
        if applying is False:
            return 0
        end = int(ends[0]) if codes is None else ends[codes[rows]]
        edge = next_edge(ages, clocks, masks, rows, at) if ages else NEVER
        return where(both(applying, np.greater(end, at)), np.minimum(end, edge))

    def release(rows: Rows) -> Until:
        return where(applies(rows, masks.portfolio.at_s), int(ends[0]) if codes is None else ends[codes[rows]])

    return BulkGate(until, lambda rows, at: both(applies(rows, at), waits(rows, at)), release=release,
                    closes=_closing(ages, clocks, masks))  # fmt: skip


def _fresh(gate: FreshGate, masks: Masks) -> BulkGate:
    codes, expiry = masks.table((gate.name, *zone_names(gate.clocks)), gate, gate.expires, np.int64)

    def until(rows: Rows, at: Times) -> Until:
        return where(np.less_equal(int(expiry[0]) if codes is None else expiry[codes[rows]], at), NEVER)

    def closes(rows: Rows, at: NDArray[np.int64]) -> Times:
        ends = int(expiry[0]) if codes is None else expiry[codes[rows]]
        return np.where(np.greater(ends, at), ends, NEVER)

    return BulkGate(until, _at(lambda at: picker(codes, expiry <= at)), closes=closes)


def _counted(gate: AtMostGate | WaitAfterEventGate, key: tuple[str, int], masks: Masks) -> BulkGate:
    held = masks.portfolio.held_until.get(key)
    if held is None:
        raise ValueError(f"the portfolio does not say until when `{key[0]}` is held (held_until[{key}])")
    columns = (masks.portfolio.columns.get(within.name) for within in gate.counted.within)
    if any(column is not None and any(value is not None for value in column.values) for column in columns):
        raise ValueError(f"`{key[0]}` has `free within`, which closes again by itself: ask the exact evaluator")

    def closed(rows: Rows, at: int) -> Mask:
        found: Mask = held[rows] > at
        return found

    def until(rows: Rows, at: Times) -> Until:
        mine = held[rows]
        return np.where(mine > at, mine, 0)

    return BulkGate(until, closed, release=lambda rows: held[rows])


# Hours ----------------------------------------------------------------------------


@define(eq=False)
class Hours:
    """`open` and `stop at`: for each set of zones the exact gate, walked as far as it was ever asked."""

    gate: OpenGate | StopAtGate
    masks: Masks
    _known: dict[tuple[Walk, ...], Stretches] = field(factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The facts that decide which hours hold for an account."""
        clocks = self.gate.clocks
        needs_zones = clocks.every_evidence or not clocks.zones
        names = (*(("zones",) if needs_zones else ()), *clocks.fact_names)
        return (*names, self.gate.name) if isinstance(self.gate, StopAtGate) else names

    def walks(self, row: tuple[object, ...]) -> tuple[Walk, ...]:
        """The closed stretches for these values of `names`, zone by zone."""
        return self.masks.walks.of(self.gate, self.masks.query(self.names, row))

    def closed_at(self, at: int) -> Callable[[Rows], Mask]:
        """Who is outside the hours at one instant."""
        cells, gate = self.masks.portfolio.cells(self.names), self.gate
        queries = [self.masks.query(self.names, row, at) for row in cells.combinations]
        return picker(cells.codes, np.array([gate.closed_until(q) is not None for q in queries], np.bool_))

    def until(self, rows: Rows, at: Times) -> Until:
        """0 where the hours are open, or the first second at which they are."""
        cells = self.masks.portfolio.cells(self.names)
        codes = cells.at(rows)
        if isinstance(at, int | np.integer):
            queries = [self.masks.query(self.names, row, int(at)) for row in cells.combinations]
            table = np.array([self.gate.closed_until(query) or 0 for query in queries], np.int64)
            return int(table[0]) if codes is None else table[codes]
        if codes is None:
            return self._until(cells.combinations[0], at)
        found = np.zeros(len(codes), np.int64)
        for n in np.unique(codes).tolist():
            mine = codes == n
            found[mine] = self._until(cells.combinations[n], at[mine])
        return found

    def closes(self, rows: Rows, at: NDArray[np.int64]) -> Times:
        """The first instant after `at` at which a closed stretch begins."""
        cells = self.masks.portfolio.cells(self.names)
        codes = cells.at(rows)
        if codes is None:
            return self._stretches(cells.combinations[0]).closes_after(at)
        found = np.zeros(len(codes), np.int64)
        for n in np.unique(codes).tolist():
            mine = codes == n
            found[mine] = self._stretches(cells.combinations[n]).closes_after(at[mine])
        return found

    def _until(self, row: tuple[object, ...], at: NDArray[np.int64]) -> NDArray[np.int64]:
        opens = self._stretches(row).open_from(at)
        return np.where(opens > at, opens, 0)

    def _stretches(self, row: tuple[object, ...]) -> Stretches:
        walks = self.walks(row)
        return self._known.setdefault(walks, Stretches(walks, self.masks.portfolio.at_s))

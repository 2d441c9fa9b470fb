"""Conditions over whole columns: which accounts surely, and which perhaps, meet them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from collections_rules import tree as t
from collections_rules.bulk_hours import Walks
from collections_rules.conditions import compile_test, names_in
from collections_rules.facts import Facts
from collections_rules.ledger import ContactLedger
from collections_rules.portfolio import Portfolio, Rows
from collections_rules.query import Clocks, Query
from collections_rules.windows import NEVER

__all__ = ["Mask", "Masks", "Pick", "Times", "both", "either", "inverted", "picker", "zone_names"]

Mask = NDArray[np.bool_] | bool
Times = NDArray[np.int64] | int
_NOTHING = ContactLedger()
Pick = Callable[[Rows], Mask]
_MOST_RUNS = 6
"""A run of codes costs a comparison or two of a byte; more runs than this, and looking each code up is quicker."""


@define(eq=False)
class Masks:
    """What the conditions of a book say about one portfolio; each comparison is worked out once."""

    portfolio: Portfolio
    _known: dict[tuple[object, ...], Any] = field(factory=dict)
    _literals: dict[tuple[int, bool], Pick] = field(factory=dict)
    _walks: Walks | None = None
    _ages: dict[int, tuple[NDArray[Any] | None, NDArray[Any]]] = field(factory=dict)

    def table(
        self, names: tuple[str, ...], key: object, work_out: Callable[[Query], Any], kind: type
    ) -> tuple[NDArray[Any] | None, NDArray[Any]]:
        """Codes of the accounts (None: all alike) and, for each combination, what the single-call code says."""
        cells = self.portfolio.cells(names)
        known = (names, key, kind)
        found = self._known.get(known)
        if found is None:
            found = np.array([work_out(self.query(names, row)) for row in cells.combinations], dtype=kind)
            self._known[known] = found
        return cells.codes, found

    @property
    def walks(self) -> Walks:
        """The hours of this portfolio, each walked once."""
        if self._walks is None:
            self._walks = Walks(self.portfolio.margin_s, self.portfolio.at_s)
        return self._walks

    def query(self, names: tuple[str, ...], row: tuple[Any, ...], at_s: int | None = None) -> Query:
        values = {name: value for name, value in zip(names, row, strict=True) if value is not None and name != "zones"}
        zones = dict(zip(names, row, strict=True)).get("zones") or frozenset()
        number = str(values.get("number", ""))
        at_s = self.portfolio.at_s if at_s is None else at_s
        facts = Facts(datetime.fromtimestamp(at_s, UTC), values, zones, "", (), number, "")
        return Query(facts, values, _NOTHING, at_s, self.portfolio.margin_s)

    # -------------------------------------------------------------------------------

    def mask(self, condition: t.Condition, clocks: Clocks, is_sure: bool, rows: Rows, at: Times) -> Mask:
        """Accounts that meet a condition: surely, or (not `is_sure`) perhaps, because it may be unknown."""
        if isinstance(condition, t.Not):
            return inverted(self.mask(condition.part, clocks, not is_sure, rows, at))
        if isinstance(condition, t.AllOf | t.AnyOf):
            return self._joined(condition, clocks, is_sure, rows, at)
        if isinstance(condition, t.Age):
            return self._age(condition, clocks, is_sure, rows, at)
        key = (id(condition), is_sure)
        literal = self._literals.get(key)
        if literal is None:
            literal = self._literals[key] = self._literal(condition, clocks, is_sure)
        return literal(rows)

    def _literal(self, condition: t.Condition, clocks: Clocks, is_sure: bool) -> Pick:
        """A comparison of facts without time: for which codes it holds, in the quickest form."""
        names = tuple(dict.fromkeys(names_in(condition)))
        test = compile_test(condition, clocks)
        wanted = (lambda q: test.ask(q, None) is True) if is_sure else (lambda q: test.ask(q, None) is not False)
        return picker(*self.table(names, (condition, is_sure), wanted, bool))

    def _joined(self, condition: t.AllOf | t.AnyOf, clocks: Clocks, is_sure: bool, rows: Rows, at: Times) -> Mask:
        is_any = isinstance(condition, t.AnyOf)
        made: Mask = not is_any
        for part in condition.parts:
            found = self.mask(part, clocks, is_sure, rows, at)
            made = either(made, found) if is_any else both(made, found)
            if made is is_any:
                return made
        return made

    def edges(self, condition: t.Age, clocks: Clocks, rows: Rows) -> Times:
        """When an age changes its answer; `NEVER` where that is not known."""
        found = self._ages.get(id(condition))
        if found is None:
            edge = compile_test(condition, clocks).edges[0]
            names = (condition.name.text, *zone_names(clocks))
            found = self._ages[id(condition)] = self.table(names, condition, edge, np.int64)
        codes, table = found
        return int(table[0]) if codes is None else table[codes[rows]]

    def _age(self, condition: t.Age, clocks: Clocks, is_sure: bool, rows: Rows, at: Times) -> Mask:
        edges = self.edges(condition, clocks, rows)
        is_known, holds = edges != NEVER, (at >= edges) == condition.is_older
        return is_known & holds if is_sure else np.logical_not(is_known) | holds


def picker(codes: NDArray[Any] | None, table: NDArray[np.bool_]) -> Pick:
    """Looks up a yes or no by code: by comparing runs of codes where they are few."""
    if codes is None or table.all() or not table.any():  # all alike
        same = bool(table[0])
        return lambda rows: same
    holds, misses = _runs(table), _runs(~table)
    runs, is_inverted = (misses, True) if len(misses) < len(holds) else (holds, False)
    if len(runs) > _MOST_RUNS or codes.dtype.kind != "u":
        return lambda rows: table[codes[rows]]
    last, kind = len(table) - 1, codes.dtype.type

    def pick(rows: Rows) -> Mask:
        mine = codes[rows]
        found = _in_run(mine, kind, *runs[0], last, is_inverted)
        for run in runs[1:]:
            more = _in_run(mine, kind, *run, last, is_inverted)
            (np.logical_and if is_inverted else np.logical_or)(found, more, out=found)
        return found

    return pick


def _runs(table: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The first and the last of each stretch of yes."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], table, [False])).astype(np.int8)))
    return [(int(first), int(end) - 1) for first, end in zip(edges[::2], edges[1::2], strict=True)]


def _in_run(codes: NDArray[Any], kind: Any, first: int, end: int, last: int, is_inverted: bool) -> NDArray[np.bool_]:
    found: NDArray[np.bool_]
    if first == end:
        found = np.not_equal(codes, kind(first)) if is_inverted else np.equal(codes, kind(first))
    elif first == 0:
        found = np.greater(codes, kind(end)) if is_inverted else np.less_equal(codes, kind(end))
    elif end == last:
        found = np.less(codes, kind(first)) if is_inverted else np.greater_equal(codes, kind(first))
    else:
        # Codes have no sign: what is below `first` wraps to far above.
        above, width = np.subtract(codes, kind(first)), kind(end - first)
        found = np.greater(above, width) if is_inverted else np.less_equal(above, width)
    return found


def zone_names(clocks: Clocks) -> tuple[str, ...]:
    """What decides the zone on which dates are counted."""
    return () if clocks.zones else ("zones", *clocks.fact_names)


def both(one: Mask, other: Mask) -> Mask:
    if isinstance(one, bool):
        return other if one else False
    return (one if other else False) if isinstance(other, bool) else one & other


def either(one: Mask, other: Mask) -> Mask:
    if isinstance(one, bool):
        return True if one else other
    return (True if other else one) if isinstance(other, bool) else one | other


def inverted(mask: Mask) -> Mask:
    return not mask if isinstance(mask, bool) else ~mask

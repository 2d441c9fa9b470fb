"""Conditions over whole columns: which accounts surely, and which perhaps, meet them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from collections_rules import tree as t
from collections_rules.conditions import compile_test, names_in
from collections_rules.facts import Facts
from collections_rules.ledger import ContactLedger
from collections_rules.portfolio import Portfolio, Rows
from collections_rules.query import Clocks, Query
from collections_rules.windows import NEVER

__all__ = ["Mask", "Masks", "Times", "both", "either", "zone_names"]

Mask = NDArray[np.bool_] | bool
Times = NDArray[np.int64] | int
_NOTHING = ContactLedger()
_Literal = tuple[NDArray[Any] | None, Any, Any, NDArray[Any]]
"""Codes (None: all alike), the only code that holds, the only one that does not, and the table of all."""


@define(eq=False)
class Masks:
    """What the conditions of a book say about one portfolio; each comparison is worked out once."""

    portfolio: Portfolio
    _known: dict[tuple[object, ...], Any] = field(factory=dict)
    _literals: dict[tuple[int, bool], _Literal] = field(factory=dict)
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

    def query(self, names: tuple[str, ...], row: tuple[Any, ...]) -> Query:
        values = {name: value for name, value in zip(names, row, strict=True) if value is not None and name != "zones"}
        zones = dict(zip(names, row, strict=True)).get("zones") or frozenset()
        number = str(values.get("number", ""))
        at_s = self.portfolio.at_s
        facts = Facts(datetime.fromtimestamp(at_s, UTC), values, zones, "", (), number, "")
        return Query(facts, values, _NOTHING, at_s, self.portfolio.margin_s)

    # -------------------------------------------------------------------------------

    def mask(self, condition: t.Condition, clocks: Clocks, is_sure: bool, rows: Rows, at: Times) -> Mask:
        """Accounts that meet a condition: surely, or (not `is_sure`) perhaps, because it may be unknown."""
        if isinstance(condition, t.Not):
            return _inverted(self.mask(condition.part, clocks, not is_sure, rows, at))
        if isinstance(condition, t.AllOf | t.AnyOf):
            return self._joined(condition, clocks, is_sure, rows, at)
        if isinstance(condition, t.Age):
            return self._age(condition, clocks, is_sure, rows, at)
        key = (id(condition), is_sure)
        literal = self._literals.get(key)
        if literal is None:
            literal = self._literals[key] = self._literal(condition, clocks, is_sure)
        codes, only, but, table = literal
        found: Mask
        if codes is None:
            found = bool(table[0])
        elif only is not None:
            found = np.equal(codes[rows], only)
        else:
            found = np.not_equal(codes[rows], but) if but is not None else table[codes[rows]]
        return found

    def _literal(self, condition: t.Condition, clocks: Clocks, is_sure: bool) -> _Literal:
        """A comparison of facts without time: for which codes it holds, in the quickest form."""
        names = tuple(dict.fromkeys(names_in(condition)))
        test = compile_test(condition, clocks)
        wanted = (lambda q: test.ask(q, None) is True) if is_sure else (lambda q: test.ask(q, None) is not False)
        codes, table = self.table(names, (condition, is_sure), wanted, bool)
        if codes is None or table.all() or not table.any():
            return None, None, None, table
        holds, misses = np.flatnonzero(table), np.flatnonzero(~table)
        only = codes.dtype.type(holds[0]) if len(holds) == 1 else None
        but = codes.dtype.type(misses[0]) if len(misses) == 1 else None
        return codes, only, but, table

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


def _inverted(mask: Mask) -> Mask:
    return not mask if isinstance(mask, bool) else ~mask

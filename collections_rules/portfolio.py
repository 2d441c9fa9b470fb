"""A whole list of accounts as columns: codes into the values that occur.

A fact with a few values costs a byte an account, and everything a rule may ask of it
is worked out once for each value, by the same code that judges a single call.
"""

from collections.abc import Callable, Mapping, Sequence
from math import ceil, prod
from typing import Any

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from collections_rules.evaluate import RING_MARGIN_S, RuleBook
from collections_rules.facts import Facts, FactValue
from collections_rules.ledger import ContactLedger
from collections_rules.query import Query

__all__ = ["Cells", "Column", "Portfolio", "Rows"]

Rows = slice | NDArray[np.int64]
Gate = tuple[str, int]
"""A gate by its rule and its place among the gates of that rule."""

_DENSE = 1 << 8
"""So many combinations are taken as they multiply, whether they occur or not: one byte an account."""
_LARGEST_PRODUCT = 1 << 20
"""Up to here the combinations that occur are found by counting; beyond, by sorting."""


@frozen(eq=False)
class Column:
    """One fact of every account. A value of None is unknown."""

    codes: NDArray[Any]
    values: tuple[Any, ...]

    @classmethod
    def of(cls, values: Sequence[Any]) -> "Column":
        """The column of these values, in order."""
        known: dict[Any, int] = {}
        codes = [known.setdefault((type(value), value), len(known)) for value in values]
        return cls(np.array(codes, dtype=_code_type(len(known))), tuple(value for _, value in known))


def _code_type(count: int) -> type[np.unsignedinteger[Any]]:
    return np.uint8 if count <= 1 << 8 else np.uint16 if count <= 1 << 16 else np.uint32


@frozen(eq=False)
class Cells:
    """Several facts together: the combinations that occur, and which each account has."""

    codes: NDArray[Any] | None
    """None: all accounts have the first combination."""
    combinations: tuple[tuple[Any, ...], ...]

    def at(self, rows: Rows) -> NDArray[Any] | None:
        return None if self.codes is None else self.codes[rows]


@define(eq=False)
class Portfolio:
    """Accounts to be judged at one instant. A fact without a column is unknown for all of them.

    `held_until` is what the ledger says, for each gate that counts contacts: the first second at which it lets
    this account pass, or 0 where it passes now.
    """

    at_s: int
    size: int
    columns: Mapping[str, Column]
    zones: Column
    """Each value is the set of zones in which the person may be."""
    held_until: Mapping[Gate, NDArray[np.int64]] = field(factory=dict)
    ring_s: float = 0.0
    _cells: dict[tuple[str, ...], Cells] = field(factory=dict, init=False, repr=False)

    @property
    def margin_s(self) -> int:
        return ceil(self.ring_s) + RING_MARGIN_S if self.ring_s > 0 else 0

    @classmethod
    def of_facts(cls, book: RuleBook, accounts: Sequence[Facts], ledger: ContactLedger) -> "Portfolio":
        """The portfolio of these accounts, which share one instant; contacts are counted by the exact gates."""
        names = {name for facts in accounts for name in facts.values}
        columns = {name: Column.of([facts.values.get(name) for facts in accounts]) for name in names}
        columns["number"] = Column.of([facts.number_id for facts in accounts])
        identifiers = [facts.values.get("call.identifier", facts.number_id) for facts in accounts]
        columns["call.identifier"] = Column.of(identifiers)
        columns["call.means"] = Column.of([facts.values.get("call.means", "call") for facts in accounts])
        at_s = {int(facts.at.timestamp()) for facts in accounts}
        if len(at_s) != 1 or len({facts.ring_s for facts in accounts}) != 1:
            raise ValueError("the accounts of a portfolio share one instant and one ring time")
        held = {
            gate: np.array([_held_until(closed_until, facts, ledger) for facts in accounts], dtype=np.int64)
            for gate, closed_until in book.counting_gates().items()
        }
        zones = Column.of([facts.zones for facts in accounts])
        return cls(at_s.pop(), len(accounts), columns, zones, held, accounts[0].ring_s)

    def cells(self, names: tuple[str, ...]) -> Cells:
        """The combinations of these facts (`zones` is the evidence of where the person is)."""
        found = self._cells.get(names)
        if found is None:
            found = self._cells[names] = self._combined(names)
        return found

    def _combined(self, names: tuple[str, ...]) -> Cells:
        columns = [self.zones if name == "zones" else self.columns.get(name) for name in names]
        known = [column if column is not None else Column(np.zeros(1, np.uint8), (None,)) for column in columns]
        varied = [column for column in known if len(column.values) > 1]
        if not varied:
            return Cells(None, (tuple(column.values[0] for column in known),))
        if len(varied) == 1:
            column = varied[0]
            rows = [tuple(v if c is column else c.values[0] for c in known) for v in column.values]
            return Cells(column.codes, tuple(rows))
        product = prod(len(column.values) for column in varied)
        codes = np.zeros(self.size, dtype=_code_type(product) if product <= _LARGEST_PRODUCT else np.int64)
        for column in varied:
            codes *= codes.dtype.type(len(column.values))
            codes += column.codes.astype(codes.dtype, copy=False)
        occurring, placed = _occurring(codes, product)
        return Cells(placed, tuple(_combination(code, known) for code in occurring))


def _occurring(codes: NDArray[Any], product: int) -> tuple[Sequence[int], NDArray[Any]]:
    """The codes that occur, and for each account the place of its own among them."""
    if product <= _DENSE:
        return range(product), codes
    if product > _LARGEST_PRODUCT:
        found, placed = np.unique(codes, return_inverse=True)
        return found.tolist(), placed.astype(_code_type(len(found)))
    found = np.flatnonzero(np.bincount(codes, minlength=product))
    place = np.zeros(product, dtype=_code_type(len(found)))
    place[found] = np.arange(len(found), dtype=place.dtype)
    return found.tolist(), place[codes]


def _combination(code: int, columns: Sequence[Column]) -> tuple[FactValue | None, ...]:
    row: list[FactValue | None] = []
    for column in reversed(columns):
        code, index = divmod(code, len(column.values))
        row.append(column.values[index])
    return tuple(reversed(row))


def _held_until(closed_until: Callable[[Query], int | None], facts: Facts, ledger: ContactLedger) -> int:
    """When a gate that counts contacts first passes; 0 when it does now."""
    query = Query(facts, facts.values, ledger, int(facts.at.timestamp()), 0)
    began_s, until = query.at_s, closed_until(query)
    while until is not None:
        if until > began_s + 800 * 86_400:
            return until
        query.at_s = until
        until = closed_until(query)
    return 0 if query.at_s == began_s else query.at_s

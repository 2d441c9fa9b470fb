"""A whole list of accounts as columns: codes into the values that occur.

A fact with a few values costs a byte an account, and everything a rule may ask of it
is worked out once for each value, by the same code that judges a single call.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import ceil, prod
from typing import Any

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from collections_rules.counting import AtMostGate, WaitAfterEventGate
from collections_rules.evaluate import HORIZON_S, RING_MARGIN_S, RuleBook
from collections_rules.facts import Facts, FactValue
from collections_rules.ledger import ContactLedger
from collections_rules.query import Query
from collections_rules.windows import NEVER

__all__ = ["Cells", "Column", "ColumnsBuilder", "Portfolio", "PortfolioBuilder", "Rows", "for_book", "names_read"]

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

    def shares(self) -> dict[Any, float]:
        """Which part of the accounts has each value."""
        counts = np.bincount(self.codes, minlength=len(self.values)) / max(len(self.codes), 1)
        return dict(zip(self.values, counts.tolist(), strict=True))


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
        builder = PortfolioBuilder([book], ledger)
        for facts in accounts:
            builder.add(facts)
        return builder.portfolios()[0]

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


# Building -----------------------------------------------------------------------------

_OF_CALLS: Mapping[str, Callable[[Facts], FactValue | None]] = {
    "number": lambda facts: facts.number_id,
    "call.identifier": lambda facts: facts.values.get("call.identifier", facts.number_id),
    "call.means": lambda facts: facts.values.get("call.means", "call"),
}
_OF_GROUPS = ("value.tier", "debt.dpd")
_OF_CONTACTS = ("event", "outcome", "content", "direction")


@define(eq=False)
class ColumnsBuilder:
    """Takes facts one account at a time, so that millions need no memory but their columns."""

    names: Iterable[str]
    _readers: dict[str, Callable[[Facts], Any]] = field(init=False)
    _known: dict[str, dict[Any, int]] = field(init=False)
    _codes: "dict[str, array[int]]" = field(init=False)

    def __attrs_post_init__(self) -> None:
        names = dict.fromkeys([*_OF_GROUPS, *self.names])
        self._readers = {name: _OF_CALLS.get(name) or _value_of(name) for name in names}
        self._readers["zones"] = lambda facts: facts.zones
        self._known = {name: {} for name in self._readers}
        self._codes = {name: array("I") for name in self._readers}

    def add(self, facts: Facts) -> None:
        """One more row."""
        for name, read in self._readers.items():
            value, known = read(facts), self._known[name]
            self._codes[name].append(known.setdefault((type(value), value), len(known)))

    def columns(self) -> tuple[dict[str, Column], Column]:
        """The facts by name, and the zones."""
        made = {name: self._column(name) for name in self._readers}
        return made, made.pop("zones")

    def _column(self, name: str) -> Column:
        values = tuple(value for _, value in self._known[name])
        return Column(np.array(self._codes[name], dtype=_code_type(len(values))), values or (None,))


@define(eq=False)
class PortfolioBuilder:
    """Makes portfolios of the same accounts, one for each book: they differ in what their books count."""

    books: Sequence[RuleBook]
    ledger: ContactLedger
    _size: int = 0
    _at: tuple[int, float] | None = None
    _columns: ColumnsBuilder = field(init=False)
    _counts: "list[dict[Gate, tuple[AtMostGate | WaitAfterEventGate, array[int]]]]" = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._columns = ColumnsBuilder(name for book in self.books for name in names_read(book))
        self._counts = [{key: (gate, array("q")) for key, gate in _counting(book)} for book in self.books]

    def add(self, facts: Facts) -> None:
        """One more account; all of them share one instant and one ring time."""
        at = (int(facts.at.timestamp()), facts.ring_s)
        if self._at not in (None, at):
            raise ValueError("the accounts of a portfolio share one instant and one ring time")
        self._at, self._size = at, self._size + 1
        self._columns.add(facts)
        query = Query(facts, facts.values, self.ledger, at[0], 0)
        for counts in self._counts:
            for gate, held in counts.values():
                held.append(0 if self._is_untouched(gate, query) else _held_until(gate.closed_until, query))

    def _is_untouched(self, gate: AtMostGate | WaitAfterEventGate, query: Query) -> bool:
        """Nothing was ever counted for this account: the usual case, settled without asking the gate."""
        if ("debt" in gate.counted.scopes and not query.facts.claim_ids) or getattr(gate, "limit", 1) < 1:
            return False
        return not len(self.ledger) or not any(track.entries for track in gate.counted.tracks(query))

    def portfolios(self) -> tuple[Portfolio, ...]:
        """What the accounts so far make, for each book in turn."""
        if self._at is None:
            raise ValueError("a portfolio needs at least one account")
        at_s, ring_s = self._at
        columns, zones = self._columns.columns()
        held = [{key: np.array(until, np.int64) for key, (_, until) in one.items()} for one in self._counts]
        return tuple(Portfolio(at_s, self._size, columns, zones, one, ring_s) for one in held)


def for_book(portfolio: Portfolio, book: RuleBook, asked: Mapping[int, Facts], ledger: ContactLedger) -> Portfolio:
    """The same accounts for a book whose facts are among their columns; only the rows `asked` may have contacts."""
    held: dict[Gate, NDArray[np.int64]] = {}
    for key, gate in _counting(book):
        is_shut = getattr(gate, "limit", 1) < 1
        until = held[key] = np.full(portfolio.size, NEVER if is_shut else 0, np.int64)
        for row, facts in asked.items():
            until[row] = _held_until(gate.closed_until, Query(facts, facts.values, ledger, portfolio.at_s, 0))
    return Portfolio(portfolio.at_s, portfolio.size, portfolio.columns, portfolio.zones, held, portfolio.ring_s)


def _value_of(name: str) -> Callable[[Facts], FactValue | None]:
    return lambda facts: facts.values.get(name)


def _counting(book: RuleBook) -> Iterator[tuple[Gate, AtMostGate | WaitAfterEventGate]]:
    for rule in book.running:
        for index, dated in enumerate(rule.lowered.gates):
            if isinstance(dated.gate, AtMostGate | WaitAfterEventGate):
                yield (rule.info.rule_id, index), dated.gate


def names_read(book: RuleBook) -> tuple[str, ...]:
    """Every fact that the rules of a book read of the call they judge."""
    found: dict[str, None] = {}
    for rule in book.running:
        tests = [*rule.lowered.applies, *rule.lowered.excepts]
        for dated in rule.lowered.gates:
            gate = dated.gate
            tests += [test for test in (getattr(gate, "test", None),) if test is not None]
            found.update(dict.fromkeys(release.name for release in getattr(gate, "releases", ())))
            found.update(dict.fromkeys(name for name in (getattr(gate, "name", None),) if name))
            clocks = getattr(gate, "clocks", None)
            found.update(dict.fromkeys(clocks.fact_names if clocks is not None else ()))
            counted = getattr(gate, "counted", None)
            if counted is not None:
                found.update(dict.fromkeys(one.name for one in counted.within))
                tests += [*counted.free, *(one.test for one in counted.quotas), *filter(None, [counted.when])]
        for test in tests:
            found.update(dict.fromkeys((*test.names, *test.clocks.fact_names)))
    return tuple(name for name in found if name not in _OF_CONTACTS)


def _held_until(closed_until: Callable[[Query], int | None], query: Query) -> int:
    """When a gate that counts contacts first passes; 0 when it does now."""
    began_s, until = query.at_s, closed_until(query)
    try:
        while until is not None:
            if until > began_s + HORIZON_S:
                return until
            query.at_s = until
            until = closed_until(query)
        return 0 if query.at_s == began_s else query.at_s
    finally:
        query.at_s = began_s

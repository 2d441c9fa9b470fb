"""Makes a log of attempts, one attempt at a time, in columns."""

from array import array
from datetime import datetime

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from collections_rules.backtest import AttemptLog
from collections_rules.backtest_counts import LogRows
from collections_rules.evaluate import RuleBook
from collections_rules.facts import Facts
from collections_rules.ledger import epoch_s
from collections_rules.portfolio import Column, ColumnsBuilder, names_read

__all__ = ["LogBuilder"]

_SCOPES = ("person", "household", "number", "campaign")


@define(eq=False)
class LogBuilder:
    """Takes attempts oldest first, each with the facts of its own moment."""

    book: RuleBook
    _columns: ColumnsBuilder = field(init=False)
    _times: "array[int]" = field(factory=lambda: array("q"))
    _ends: "array[int]" = field(factory=lambda: array("q"))
    _outcomes: list[str] = field(factory=list)
    _keys: "dict[str, array[int]]" = field(factory=lambda: {scope: array("q") for scope in _SCOPES})
    _debt_rows: "array[int]" = field(factory=lambda: array("q"))
    _debts: "array[int]" = field(factory=lambda: array("q"))
    _codes: dict[tuple[str, str], int] = field(factory=dict)
    _promised: "array[int]" = field(factory=lambda: array("b"))
    _collected: "array[int]" = field(factory=lambda: array("q"))
    _ring_s: float = 0.0

    def __attrs_post_init__(self) -> None:
        self._columns = ColumnsBuilder([*names_read(self.book), "call.content", "callee.role", "number.kind", "number"])

    def add(
        self, facts: Facts, outcome: str, ended_at: datetime, *, promised: bool = False, collected_minor: int = 0
    ) -> None:
        """One more attempt, made at the instant of its facts."""
        at_s = epoch_s(facts.at)
        if self._times and at_s < self._times[-1]:
            raise ValueError("a log is told oldest first")
        row = len(self._times)
        self._ring_s = facts.ring_s
        self._columns.add(facts)
        self._times.append(at_s)
        self._ends.append(max(at_s, epoch_s(ended_at)))
        self._outcomes.append(outcome)
        household = facts.values.get("person.household")
        named = (facts.person_id, str(household or facts.person_id), facts.number_id, facts.campaign_id)
        for scope, name in zip(_SCOPES, named, strict=True):
            self._keys[scope].append(self._code(scope, name))
        for claim_id in dict.fromkeys(facts.claim_ids):
            self._debt_rows.append(row)
            self._debts.append(self._code("debt", claim_id))
        self._promised.append(promised)
        self._collected.append(collected_minor)

    def _code(self, scope: str, name: str) -> int:
        return self._codes.setdefault((scope, name), len(self._codes))

    def log(self) -> AttemptLog:
        """The attempts so far."""
        columns, zones = self._columns.columns()
        columns["outcome"] = Column.of(self._outcomes or ["no_answer"])
        rows = LogRows(
            _seconds(self._times), _seconds(self._ends), {scope: _seconds(keys) for scope, keys in self._keys.items()},
            _seconds(self._debt_rows), _seconds(self._debts),
        )  # fmt: skip
        promised = np.array(self._promised, np.bool_)
        return AttemptLog(rows, columns, zones, promised, _seconds(self._collected), self._ring_s)


def _seconds(values: "array[int]") -> NDArray[np.int64]:
    return np.array(values, np.int64)

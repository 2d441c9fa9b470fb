"""Counting gates over a whole log of attempts at once: which would have been closed when each attempt was made.

The contacts that count for an attempt are those that really were made before it. All
attempts of one person (debt, number …) stand in a row, so a cap is one look back by
its limit, a wait one running maximum, and a quota of free contacts a round for each
place in the row.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from collections_rules.bulk_masks import Masks
from collections_rules.conditions import EVENT_NAMES, Test
from collections_rules.count_window import CountWindow
from collections_rules.counting import AtMostGate, Counted, WaitAfterEventGate
from collections_rules.ledger import ContactEvent
from collections_rules.query import Clocks, Query
from collections_rules.windows import NEVER, zone_days
from collections_rules.words import UNIT_S

__all__ = ["Counter", "LogRows"]

Seconds = NDArray[np.int64]
Bits = NDArray[np.bool_]
_SPAN = 1 << 31


@frozen(eq=False)
class LogRows:
    """What the counts need of a log, oldest first: when each attempt was, how it ended, and whom it concerned."""

    at_s: Seconds
    end_s: Seconds
    keys: Mapping[str, NDArray[Any]]
    """A number for each `person`, `household`, `number` and `campaign`, by attempt."""
    debt_rows: NDArray[np.int64]
    """Each debt of each attempt: whose attempt, in order …"""
    debts: NDArray[Any]
    """… and which debt."""


@frozen(eq=False)
class _Scope:
    """The attempts in rows of one scope each, oldest first."""

    rows: NDArray[np.int64]
    at: Seconds
    first: NDArray[np.int64]
    """The place at which the row of each begins."""
    group: NDArray[np.int64]


@define(eq=False)
class Counter:
    """Asks counting gates about every attempt of a log."""

    log: LogRows
    masks: Masks
    _scopes: dict[tuple[str, ...], _Scope] = field(factory=dict)

    def closed(self, gate: AtMostGate | WaitAfterEventGate) -> Bits:
        """The attempts that this gate would have held, whatever its rule's `applies`."""
        counted = gate.counted
        scope = self._scope(counted.scopes)
        counts, call_free = self._counted(counted, scope)
        if isinstance(gate, AtMostGate):
            held = self._over_limit(gate, scope, counts)
        else:
            held = self._too_soon(gate, scope, counts)
        held &= ~call_free
        found = np.zeros(len(self.log.at_s), np.bool_)
        if "debt" in counted.scopes:
            found[:] = True  # about no debt at all: unknown
            found[self.log.debt_rows] = False
        found[scope.rows[held]] = True
        return found

    def _over_limit(self, gate: AtMostGate, scope: _Scope, counts: Bits) -> Bits:
        before = np.cumsum(counts, dtype=np.int64) - counts.astype(np.int64)
        enough: Bits = np.greater_equal(before - before[scope.first], gate.limit)
        times = scope.at[counts]
        if not len(times):
            return enough
        oldest = times[np.maximum(before - gate.limit, 0)]
        return np.logical_and(enough, oldest >= self._starts(gate.window, scope))

    def _too_soon(self, gate: WaitAfterEventGate, scope: _Scope, counts: Bits) -> Bits:
        base = int(self.log.at_s.min(initial=0)) - 1
        ends = np.where(counts, self.log.end_s[scope.rows] - base, 0)
        latest = np.maximum.accumulate(scope.group * _SPAN + ends)
        before = np.concatenate(([0], latest[:-1])) - scope.group * _SPAN
        last = before + base
        unit_s = UNIT_S.get(gate.duration.unit)
        if unit_s is not None:
            release = last + gate.duration.count * unit_s
        else:
            last = np.where(before > 0, last, self.log.at_s[0])
            release = self._dated(gate.clocks, scope, last, gate.release)
        return np.logical_and(before > 0, release > scope.at)

    # Who stands in one row -----------------------------------------------------------

    def _scope(self, scopes: tuple[str, ...]) -> _Scope:
        names = tuple(sorted(set(scopes) - {"collector"}))
        found = self._scopes.get(names)
        if found is None:
            found = self._scopes[names] = self._sorted(names)
        return found

    def _sorted(self, names: tuple[str, ...]) -> _Scope:
        rows = self.log.debt_rows if "debt" in names else np.arange(len(self.log.at_s))
        key = self.log.debts.astype(np.int64) if "debt" in names else np.zeros(len(rows), np.int64)
        for name in names:
            if name != "debt":
                codes = self.log.keys["campaign" if name == "topic" else name][rows].astype(np.int64)
                key = key * (int(codes.max(initial=0)) + 1) + codes
        order = np.argsort(key, kind="stable")
        key, rows = key[order], rows[order]
        starts = np.concatenate(([True], key[1:] != key[:-1])) if len(key) else np.zeros(0, np.bool_)
        group = np.cumsum(starts) - 1
        return _Scope(rows, self.log.at_s[rows], np.flatnonzero(starts)[group], group)

    # What counts ---------------------------------------------------------------------

    def _counted(self, counted: Counted, scope: _Scope) -> tuple[Bits, Bits]:
        """For each place: whether its contact counts, and whether the call itself is one that does not."""
        of_call = _asked(False)
        counts = self._kinds(counted)[scope.rows] & (scope.at >= counted.from_s)
        call_free = np.zeros(len(scope.rows), np.bool_)
        if counted.when is not None:
            counts &= self._ask(counted.when, lambda found: found is not False)[scope.rows]
            call_free |= of_call(self, counted.when, lambda found: found is False)[scope.rows]
        for test in counted.free:
            counts &= ~self._ask(test, lambda found: found is True)[scope.rows]
            call_free |= of_call(self, test, lambda found: found is True)[scope.rows]
        if counted.quotas:
            self._free_by_quota(counted, scope, counts, call_free)
        return counts, call_free

    def _kinds(self, counted: Counted) -> Bits:
        column = self.masks.portfolio.columns["outcome"]
        table = np.array([("call", outcome, "outbound") in counted.kinds for outcome in column.values], np.bool_)
        found: Bits = table[column.codes]
        return found

    def _free_by_quota(self, counted: Counted, scope: _Scope, counts: Bits, call_free: Bits) -> None:
        """Take what the quotas free out of `counts`, oldest first, the first quota with room freeing it."""
        of_call = _asked(False)
        events = [self._ask(q.test, lambda found: found is True)[scope.rows] & counts for q in counted.quotas]
        calls = [of_call(self, q.test, bool)[scope.rows] for q in counted.quotas]
        take = np.flatnonzero(np.logical_or.reduce([*events, *calls]))
        if not len(take):
            return
        starts = [self._starts(q.window, scope)[take] for q in counted.quotas]
        group = scope.group[take]
        is_first = np.concatenate(([True], group[1:] != group[:-1]))
        dense = np.cumsum(is_first) - 1
        rank = np.arange(len(take)) - np.flatnonzero(is_first)[dense]
        by_rank = np.argsort(rank, kind="stable")
        taken = [np.full((int(dense[-1]) + 1, q.quota), -NEVER, np.int64) for q in counted.quotas]
        ends = np.cumsum(np.bincount(rank))
        for first, last in zip(np.concatenate(([0], ends[:-1])), ends, strict=True):
            mine = by_rank[first:last]
            places, at, freed = take[mine], scope.at[take[mine]], np.zeros(len(mine), np.bool_)
            for index, last_free in enumerate(taken):
                has_room = last_free[dense[mine], 0] < starts[index][mine]
                call_free[places] |= calls[index][places] & has_room
                frees = events[index][places] & has_room & ~freed
                whose = dense[mine[frees]]
                last_free[whose, :-1] = last_free[whose, 1:]
                last_free[whose, -1] = at[frees]
                freed |= frees
            counts[places[freed]] = False

    def _ask(self, test: Test, wanted: Callable[[bool | None], bool]) -> Bits:
        return _asked(True)(self, test, wanted)

    # Windows -------------------------------------------------------------------------

    def _starts(self, window: CountWindow, scope: _Scope) -> Seconds:
        if window.duration is None:
            return np.full(len(scope.at), -NEVER, np.int64)
        unit_s = UNIT_S.get(window.duration.unit)
        if unit_s is not None:
            back: Seconds = scope.at - window.duration.count * unit_s
            return back
        return self._dated(window.clocks, scope, scope.at, window.start)

    def _dated(self, clocks: Clocks, scope: _Scope, at: Seconds, work_out: Callable[[int, Query], int]) -> Seconds:
        """What hangs on the local date alone, worked out once for each date that occurs."""
        names = () if clocks.zones else ("zones", *clocks.fact_names)
        cells = self.masks.portfolio.cells(names)
        found = np.empty(len(at), np.int64)
        for code, row in enumerate(cells.combinations):
            mine = slice(None) if cells.codes is None else np.flatnonzero(cells.codes[scope.rows] == code)
            times, query = at[mine], self.masks.query(names, row)
            if not len(times):
                continue
            edges = _day_edges(clocks.dates_of(query), int(times.min()), int(times.max()))
            table = np.array([work_out(edge, query) for edge in edges], np.int64)
            found[mine] = table[np.searchsorted(np.array(edges, np.int64), times, side="right") - 1]
        return found


def _day_edges(zones: Sequence[str], first: int, last: int) -> list[int]:
    """The instants from `first` to `last` at which the date changes in one of these zones, and `first`."""
    edges = {first}
    for zone in zones:
        days = zone_days(zone)
        if days is not None:
            edges |= {days.day_start(day) for day in range(days.day(first) + 1, days.day(last) + 1)}
    return sorted(edges)


def _asked(of_event: bool) -> Callable[[Counter, Test, Callable[[bool | None], bool]], Bits]:
    """The question of a condition about each attempt as a contact, or as the call that is being judged."""

    def ask(counter: Counter, test: Test, wanted: Callable[[bool | None], bool]) -> Bits:
        masks = counter.masks
        names = tuple(dict.fromkeys(_READ_AS.get(name, name) for name in test.names))
        cells = masks.portfolio.cells(names)
        table = np.array(
            [wanted(test.ask(masks.query(names, row), _event(names, row) if of_event else None))
             for row in cells.combinations],
            np.bool_,
        )  # fmt: skip
        if cells.codes is None:
            return np.full(len(counter.log.at_s), bool(table[0]))
        found: Bits = table[cells.codes]
        return found

    return ask


_READ_AS = {"content": "call.content", "event": "call.means", "direction": "call.means"}
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def _event(names: tuple[str, ...], row: tuple[Any, ...]) -> ContactEvent:
    """A call as a contact with these facts; what a log does not say of it is as in any call."""
    said = {name: str(value) for name, value in zip(names, row, strict=True) if value is not None}
    outcome = said.get("outcome", EVENT_NAMES["outcome"][0])
    return ContactEvent(
        "", _NO_TIME, "call", "outbound", "", (), said.get("number", ""), "", "own", outcome,
        said.get("call.content", "demand"), said.get("callee.role", "debtor"), said.get("number.kind", ""),
    )  # fmt: skip

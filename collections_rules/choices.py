"""What choices say when they are asked: ranks, splits and pacing limits. Tables are in `tables`."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from attrs import frozen

from collections_rules import tree as t
from collections_rules import tree_choices as c
from collections_rules.conditions import compile_test
from collections_rules.lower import PackScope
from collections_rules.moments import home_days, moment_after
from collections_rules.query import Query
from collections_rules.words import UNIT_S

__all__ = ["Arm", "Keep", "KeepLimit", "Rank", "Split", "keep_of", "rank_of", "split_of"]

LAST = float("inf")
"""The key of an account about which the fact is not known: it comes after all others."""
_HASH_BITS = 64


@frozen
class Rank:
    """The order in which accounts are taken: the smallest key first."""

    rank_id: str
    titles: tuple[str, str]
    keys: tuple[Callable[[Query], float], ...]

    def key(self, query: Query) -> tuple[float, ...]:
        return tuple(key(query) for key in self.keys)


def rank_of(block: c.RankBlock, scope: PackScope) -> Rank:
    return Rank(block.rank_id.text, block.titles, tuple(_key(item, scope) for item in block.items))


def _key(item: c.RankItem, scope: PackScope) -> Callable[[Query], float]:
    if item.kind in ("up", "down"):
        assert item.name is not None
        return _by_value(item.name.text, 1.0 if item.kind == "up" else -1.0)
    if item.kind == "due":
        return lambda query: 0.0 if _is_due(query, scope) else 1.0
    condition = item.condition
    if condition is None:
        assert item.duration is not None
        condition = t.Age(t.Word("lead.received", item.duration.span), item.duration, False)
    test = compile_test(condition, scope.clocks)
    return lambda query: 0.0 if test.ask(query, None) is True else 1.0


def _by_value(name: str, sign: float) -> Callable[[Query], float]:
    def key(query: Query) -> float:
        value = query.values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return LAST
        return sign * value

    return key


def _is_due(query: Query, scope: PackScope) -> bool:
    due = moment_after(query.values.get("callback.due"), None, False, scope.clocks, query)
    return due is not None and home_days(scope.clocks, query) is not None and query.at_s >= due


# Splits -------------------------------------------------------------------------


@frozen
class Arm:
    """One group of a split, the table it is treated by (empty: none), and its share in percent."""

    name: str
    table_id: str
    share: float


@frozen
class Split:
    """Who is treated how, drawn once: the same id and seed always give the same arm."""

    split_id: str
    titles: tuple[str, str]
    by: str
    seed: str
    arms: tuple[Arm, ...]
    from_s: int
    until_s: int
    measures: tuple[str, ...]

    def arm(self, key: str, at: datetime) -> Arm | None:
        """The arm of this person (or debt, or number) at a moment; None before and after the split."""
        if not self.from_s <= at.timestamp() < self.until_s:
            return None
        drawn = sha256(f"{self.split_id}\0{self.seed}\0{key}".encode()).digest()[: _HASH_BITS // 8]
        at_percent = int.from_bytes(drawn) * 100 / (1 << _HASH_BITS)
        for arm in self.arms:
            at_percent -= arm.share
            if at_percent < 0:
                return arm
        return self.arms[-1]


def split_of(block: c.SplitBlock, scope: PackScope) -> Split:
    return Split(
        block.split_id.text,
        block.titles,
        block.by.text if block.by else "person",
        block.seed,
        tuple(Arm(arm.name.text, arm.table.text if arm.table else "", float(arm.share.text)) for arm in block.arms),
        scope.midnight(block.from_date, is_end=False),
        scope.midnight(block.until_date, is_end=True),
        tuple(clause.text for clause in block.clauses if isinstance(clause, t.Note) and clause.head == "measure"),
    )


# Pacing limits --------------------------------------------------------------------


@frozen
class KeepLimit:
    """One limit as the pacer reads it."""

    kind: str
    """`abandoned`: a share of the calls that a person answered. `ring`: the least seconds to ring before an
    unanswered call is given up. `connect`: the most seconds from the greeting to an agent."""
    value: float
    """A share between 0 and 1, or seconds."""
    is_strict: bool = False
    """The share must stay below the value; otherwise it may reach it."""
    window_s: float | None = None
    is_from_start: bool = False
    """Periods follow each other from the start of the campaign; otherwise the window moves with the clock."""
    scope: str = "campaign"
    pace_to: float | None = None
    """The share to aim at."""
    calendar_unit: str = ""
    """`month` or `year`: the window is that of the calendar, and `window_s` its longest."""


@frozen
class Keep:
    """Pacing limits with their source. The dialer keeps them; no gate reads them."""

    keep_id: str
    titles: tuple[str, str]
    layer: str
    cite: str
    is_verified: bool
    limits: tuple[KeepLimit, ...]


_UNIT_S = {
    **{unit: float(seconds) for unit, seconds in UNIT_S.items()},
    "day": 86_400.0,
    "month": 31 * 86_400.0,
    "year": 366 * 86_400.0,
}


def keep_of(block: c.KeepBlock) -> Keep:
    source = next(clause for clause in block.clauses if isinstance(clause, t.Source))
    limits = tuple(_limit(clause) for clause in block.clauses if isinstance(clause, c.Limit))
    return Keep(block.keep_id.text, block.titles, source.layer, source.text, source.is_verified, limits)


def _limit(limit: c.Limit) -> KeepLimit:
    if limit.kind != "abandoned":
        return KeepLimit(limit.kind, limit.value)
    assert limit.window is not None
    duration = limit.window.duration
    return KeepLimit(
        limit.kind,
        limit.value / 100,
        limit.is_strict,
        duration.count * _UNIT_S[duration.unit],
        limit.is_from_start,
        limit.scope.text if limit.scope else "campaign",
        None if limit.pace_to is None else limit.pace_to / 100,
        duration.unit if limit.window.is_calendar else "",
    )

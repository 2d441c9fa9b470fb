"""Whom a change of the rules touches, on the whole portfolio: every account under both editions, second by second."""

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from collections_rules.bulk_timeline import Seconds, Timeline, timeline_of
from collections_rules.evaluate import RuleBook
from collections_rules.portfolio import Column, Portfolio
from collections_rules.windows import DAY_S, NEVER

__all__ = ["GroupChange", "PortfolioDiff", "diff_portfolio", "dpd_bucket"]

_EXAMPLES = 3
_BUCKETS = ((0, "not due"), (4, "dpd 1-4"), (29, "dpd 5-29"), (89, "dpd 30-89"), (10**9, "dpd 90+"))
_NO_DPD = "dpd unknown"


@frozen
class GroupChange:
    """The accounts of one tier and one bucket whose time to be called changes."""

    group: str
    accounts: int
    changed: int
    old_hours: float
    """Hours in which an account of the group may be called, summed over the whole group."""
    new_hours: float
    newly_allowed: int
    """Not callable in the period before, callable now."""
    newly_shut: int
    """Callable in the period before, not now."""
    examples: tuple[int, ...]
    """Rows of accounts that change, those that change most first."""

    @property
    def hours_change(self) -> float:
        """By which share the callable hours change."""
        return self.new_hours / self.old_hours - 1 if self.old_hours else 0.0


@frozen
class PortfolioDiff:
    """What a new edition of the rules does to a portfolio over some days, if nothing else happens."""

    size: int
    days: int
    groups: tuple[GroupChange, ...]
    """Groups with at least one changed account, by name."""
    unchanged: int
    newly_allowed: int
    newly_allowed_rows: tuple[int, ...]
    newly_shut: int
    newly_never: int
    """Of the newly shut: no later moment opens either, as long as no fact changes."""
    never_rows: tuple[int, ...]


def diff_portfolio(
    old_book: RuleBook, old: Portfolio, new_book: RuleBook, new: Portfolio, days: int = 7
) -> PortfolioDiff:
    """Every account under both books from the instant of the portfolios on.

    The two portfolios are of the same accounts; each holds the counts of its own book.
    """
    if (old.at_s, old.size) != (new.at_s, new.size):
        raise ValueError(f"portfolios of {old.size} accounts at {old.at_s} and {new.size} at {new.at_s} do not compare")
    until = old.at_s + days * DAY_S
    before_line, after_line = timeline_of(old_book, old), timeline_of(new_book, new)
    before, after = before_line.callable_seconds(until), after_line.callable_seconds(until)
    allowed, shut = (before == 0) & (after > 0), (before > 0) & (after == 0)
    never = shut & _is_never(after_line, shut)
    change = np.abs(after - before)
    codes, names = _groups(old)
    groups = tuple(
        _group(names[code], np.flatnonzero(codes == code), before, after, change)
        for code in np.unique(codes[change > 0]).tolist()
    )
    return PortfolioDiff(
        old.size, days, tuple(sorted(groups, key=_order)), int((change == 0).sum()),
        int(allowed.sum()), _first(allowed), int(shut.sum()), int(never.sum()), _first(never),
    )  # fmt: skip


def _order(group: GroupChange) -> tuple[str, int]:
    place, name = next((n, name) for n, (_, name) in enumerate((*_BUCKETS, (0, _NO_DPD))) if group.group.endswith(name))
    return group.group.removesuffix(name), place


def _is_never(timeline: Timeline, shut: NDArray[np.bool_]) -> NDArray[np.bool_]:
    if not shut.any():
        return shut
    never: NDArray[np.bool_] = timeline.next_allowed() >= NEVER
    return never


def _first(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(np.flatnonzero(mask)[:_EXAMPLES].tolist())


def _group(
    name: str, rows: NDArray[np.int64], before: Seconds, after: Seconds, change: NDArray[np.int64]
) -> GroupChange:
    most = rows[np.argsort(-change[rows], kind="stable")[:_EXAMPLES]]
    return GroupChange(
        name, len(rows), int((change[rows] > 0).sum()),
        float(before[rows].sum()) / 3600, float(after[rows].sum()) / 3600,
        int(((before[rows] == 0) & (after[rows] > 0)).sum()), int(((before[rows] > 0) & (after[rows] == 0)).sum()),
        tuple(most[change[most] > 0].tolist()),
    )  # fmt: skip


# Groups -------------------------------------------------------------------------------


def dpd_bucket(days_past_due: object) -> str:
    """`dpd 5-29`; `dpd unknown` for what is no number."""
    if isinstance(days_past_due, bool) or not isinstance(days_past_due, int | float):
        return _NO_DPD
    return next(name for last, name in _BUCKETS if days_past_due <= last)


def _groups(portfolio: Portfolio) -> tuple[NDArray[np.int64], Sequence[str]]:
    """The group of each account, by value tier and days past due, and the names of the groups."""
    tiers, tier_names = _named(portfolio.columns, "value.tier", portfolio.size, _tier)
    dpds, dpd_names = _named(portfolio.columns, "debt.dpd", portfolio.size, dpd_bucket)
    names = [f"{tier} {dpd}" for tier in tier_names for dpd in dpd_names]
    return tiers * len(dpd_names) + dpds, names


def _tier(value: object) -> str:
    return f"tier {value}" if value else "no tier"


def _named(
    columns: Mapping[str, Column], name: str, size: int, label: object
) -> tuple[NDArray[np.int64], Sequence[str]]:
    column = columns.get(name) or Column(np.zeros(size, np.uint8), (None,))
    assert callable(label)
    labels = [label(value) for value in column.values]
    names = list(dict.fromkeys(labels))
    return np.array([names.index(one) for one in labels], np.int64)[column.codes], names

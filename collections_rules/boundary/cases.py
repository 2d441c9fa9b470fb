"""Moments around which an account's verdict changes, found by scanning it with the slow oracle."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from attrs import frozen

from collections_rules.boundary.header import OracleRule
from collections_rules.boundary.oracle import is_closed
from collections_rules.facts import Facts, FactValue, clean_facts
from collections_rules.ledger import ContactEvent

__all__ = ["Account", "BoundaryCase", "around_edges"]

AROUND_S = (-60, -1, 0, 1, 60)
"""A minute and a second before an edge, at it, and after it."""
_MOST_SCANS = 1_500


@frozen
class BoundaryCase:
    """One account at one second, and why it was made."""

    rule_id: str
    title: str
    facts: Facts
    contacts: tuple[ContactEvent, ...] = ()

    @property
    def at_s(self) -> int:
        """The second of the question."""
        return int(self.facts.at.timestamp())


@frozen
class Account:
    """An account whose verdict changes somewhere in a span of time."""

    title: str
    values: Mapping[str, FactValue | None]
    first_s: int
    last_s: int
    step_s: int
    contacts: tuple[ContactEvent, ...] = ()
    zones: frozenset[str] = frozenset()
    ring_s: float = 0.0


def around_edges(rule: OracleRule, account: Account) -> Iterator[BoundaryCase]:
    """The moments at which the oracle's answer changes, and those next to them; the first moment in any case."""

    values = {name: value for name, value in {**clean_facts(), **account.values}.items() if value is not None}

    def facts_at(at_s: int) -> Facts:
        at = datetime.fromtimestamp(at_s, UTC)
        return Facts(at, values, account.zones, "P1", ("D1",), "N1", "C1", account.ring_s)

    def closed(at_s: int) -> bool:
        return is_closed(rule, facts_at(at_s), account.contacts, at_s)

    edges = []
    step = max(account.step_s, -(-(account.last_s - account.first_s) // _MOST_SCANS))
    before = closed(account.first_s)
    for at_s in range(account.first_s + step, account.last_s + step, step):
        after = closed(at_s)
        if after != before:
            edges.append(_bisected(closed, at_s - step, at_s, before))
        before = after
    moments = {account.first_s, *(edge + away for edge in edges for away in AROUND_S)}
    latest = max((int(event.at.timestamp()) for event in account.contacts), default=0)
    for at_s in sorted(moment for moment in moments if moment >= latest):
        yield BoundaryCase(rule.rule_id, account.title, facts_at(at_s), account.contacts)


def _bisected(closed: Callable[[int], bool], low: int, high: int, before: bool) -> int:
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if closed(middle) == before else (low, middle)
    return high

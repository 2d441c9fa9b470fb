"""Generated boundary tests: every gate of a rule book held against the slow oracle, around every edge."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import frozen

from collections_rules import tree_pack as p
from collections_rules.boundary.accounts import cases_of
from collections_rules.boundary.cases import BoundaryCase
from collections_rules.boundary.oracle import Oracle
from collections_rules.compile import compile_rules, parse_packs
from collections_rules.evaluate import RuleBook
from collections_rules.ledger import ContactLedger
from collections_rules.source import PackSource

__all__ = ["BoundaryFailure", "BoundaryReport", "boundary_cases", "run_boundary_tests"]

_MOST_SHOWN = 5


@frozen
class BoundaryFailure:
    """A case on which the rule book and the oracle do not agree."""

    case: BoundaryCase
    expected: tuple[str, ...]
    found: tuple[str, ...]
    next_at: datetime | None
    """What the rule book says; wrong when the rules agree."""

    def text(self) -> str:
        """One line about it."""
        place = f"{self.case.rule_id}, {self.case.title}, {self.case.facts.at.isoformat()}"
        if self.expected == self.found:
            return f"{place}: next allowed {self.next_at or 'never'} is not the first moment at which all pass"
        return f"{place}: closed {', '.join(self.found) or 'nothing'}, expected {', '.join(self.expected) or 'nothing'}"


@frozen
class BoundaryReport:
    """What came of the generated tests of one file."""

    total: int
    failures: tuple[BoundaryFailure, ...]
    closed: frozenset[str]
    """Rules that a generated case closed."""

    def text(self) -> str:
        """The report as it is shown."""
        about = "one minute before, at, after each edge; both clock changes; Feb 29; year end"
        lines = [f"generated: {self.total} boundary tests ({about})  {self.total - len(self.failures)}/{self.total}"]
        return "\n".join([*lines, *(failure.text() for failure in self.failures[:_MOST_SHOWN])])


def boundary_cases(packs: Sequence[p.PackTree], rule_ids: Sequence[str]) -> Iterator[BoundaryCase]:
    """The cases of some rules of these packs; rules that are off have none."""
    for rule in Oracle(packs).rules:
        if rule.rule_id in rule_ids:
            yield from cases_of(rule)


def run_boundary_tests(source: PackSource, used: Sequence[PackSource] = ()) -> BoundaryReport:
    """Hold the rules of `source`, beside the packs it uses, against the oracle; raises `RulesError` for a bad pack."""
    packs, book = parse_packs([*used, source]), compile_rules([*used, source])
    oracle = Oracle(packs)
    own = [rule.rule_id.text for rule in packs[-1].rules]
    failures: list[BoundaryFailure] = []
    closed: set[str] = set()
    total = 0
    for case in boundary_cases(packs, own):
        total += 1
        expected = oracle.closed(case.facts, case.contacts, case.at_s)
        closed |= expected
        failure = _failure(case, expected, book, oracle)
        if failure is not None:
            failures.append(failure)
    return BoundaryReport(total, tuple(failures), frozenset(closed))


def _failure(case: BoundaryCase, expected: set[str], book: RuleBook, oracle: Oracle) -> BoundaryFailure | None:
    ledger = ContactLedger()
    for event in case.contacts:
        ledger.reserve(event)
    verdict = book.evaluate(case.facts, ledger)
    found = {finding.rule_id for finding in verdict.denials}
    next_at = verdict.next_eligible_at
    if found != expected:
        return BoundaryFailure(case, tuple(sorted(expected)), tuple(sorted(found)), next_at)
    if expected and not _is_first_open(case, next_at, oracle):
        return BoundaryFailure(case, tuple(sorted(expected)), tuple(sorted(found)), next_at)
    return None


_LATER_H = (26, 50, 196, 388, 772, 9_000)
"""When to look whether an account that is never to be called again may be: about noon for a case made at ten."""


def _is_first_open(case: BoundaryCase, next_at: datetime | None, oracle: Oracle) -> bool:
    """Whether all rules pass at `next_at` and not a second before; without it, whether they ever seem to."""
    if next_at is None:
        later = [case.at_s + hours * 3600 for hours in _LATER_H]
        return not any(oracle.is_allowed(case.facts, case.contacts, at_s) for at_s in later)
    next_s = int(next_at.timestamp())
    is_open = oracle.is_allowed(case.facts, case.contacts, next_s)
    return is_open and not oracle.is_allowed(case.facts, case.contacts, next_s - 1)

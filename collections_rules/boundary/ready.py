"""A ready test for a rule, chosen among its generated cases: `rules test --new` and `rules new` write it."""

from collections.abc import Sequence
from itertools import groupby

from collections_rules.boundary.accounts import cases_of
from collections_rules.boundary.cases import BoundaryCase
from collections_rules.boundary.header import Header, OracleRule
from collections_rules.boundary.oracle import Oracle
from collections_rules.boundary.text import is_writable, test_text
from collections_rules.compile import compile_rules, parse_packs
from collections_rules.evaluate import RuleBook
from collections_rules.ledger import ContactLedger
from collections_rules.source import PackSource
from collections_rules.tree_pack import PackTree
from collections_rules.verdict import Verdict

__all__ = ["new_tests"]

Asked = list[tuple[BoundaryCase, Verdict]]


def new_tests(sources: Sequence[PackSource], rule_id: str, count: int = 1) -> list[str]:
    """Up to `count` tests, each around one edge of the rule; none when no generated account closes it.

    ValueError when there is no such rule, or it is off.
    """
    packs, book = parse_packs(sources), compile_rules(sources)
    rule = next((rule for rule in Oracle(packs).rules if rule.rule_id == rule_id), None)
    if rule is None:
        raise ValueError(f"no rule `{rule_id}` is on; there are {', '.join(r.rule_id for r in Oracle(packs).rules)}")
    home = _home(packs, rule_id)
    title = next((r.title_en or r.title_ko for r in book.rules if r.rule_id == rule_id), rule_id)
    asked = [group for group in _groups(rule, book, home) if _shows(group, rule_id)]
    # The fewer other rules take part, the better a test tells about this one.
    asked.sort(key=lambda group: _worth(group, rule_id), reverse=True)
    made: list[str] = []
    for group in asked[:count]:
        said = f"{title}: {group[0][0].title}".replace('"', "'")
        made.append(test_text(said, _shortened(group), home))
    return made


def _home(packs: Sequence[PackTree], rule_id: str) -> str:
    """The zone on which the tests of the rule's pack are written."""
    pack = next(pack for pack in packs if any(rule.rule_id.text == rule_id for rule in pack.rules))
    zones = Header.of(pack, packs).zones
    return zones[0] if zones else "UTC"


def _groups(rule: OracleRule, book: RuleBook, home: str) -> list[Asked]:
    """The cases of one account together, with what the book answers."""
    found = []
    for _, cases in groupby(cases_of(rule), key=lambda c: (c.title, c.facts.zones, c.contacts, str(c.facts.values))):
        usable = [case for case in cases if is_writable(case, home)]
        if usable:
            found.append([(case, book.evaluate(case.facts, _ledger(case))) for case in usable])
    return found


def _ledger(case: BoundaryCase) -> ContactLedger:
    ledger = ContactLedger()
    for event in case.contacts:
        ledger.reserve(event)
    return ledger


def _shows(group: Asked, rule_id: str) -> bool:
    return any(_by(verdict) >= {rule_id} for _, verdict in group)


def _worth(group: Asked, rule_id: str) -> tuple[bool, bool, bool]:
    alone = any(_by(verdict) == {rule_id} for _, verdict in group)
    opens = any(rule_id not in _by(verdict) for _, verdict in group)
    return alone and opens, alone, opens


def _by(verdict: Verdict) -> set[str]:
    return {finding.rule_id for finding in verdict.denials}


def _shortened(group: Asked) -> Asked:
    """The first minute, and the moments on either side of each change of the answer."""
    kept = [0]
    for index in range(1, len(group)):
        if _by(group[index][1]) != _by(group[index - 1][1]):
            kept += [index - 1, index]
    return [group[index] for index in dict.fromkeys(kept)][:8]

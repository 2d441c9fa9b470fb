"""The tests of a pack as questions to a rule book, and what is wrong with how they are written."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from attrs import define, frozen

from collections_rules import tree_pack as p
from collections_rules.diagnostics import Diagnostic, Span, suggest
from collections_rules.facts import Facts
from collections_rules.ledger import ContactLedger
from collections_rules.lower import pack_scope
from collections_rules.rule_test_inputs import CAMPAIGN, NUMBER, PERSON, TestInputs, moment_of
from collections_rules.tree import Word
from collections_rules.windows import zone_days
from collections_rules.zone_names import zone_help

__all__ = ["Question", "read_tests"]


@frozen
class Question:
    """One `at` line: what is asked, and what its author expects."""

    clause: p.TestAt
    facts: Facts
    ledger: ContactLedger
    expected_next: datetime | None
    home: str
    enforced: frozenset[str] = frozenset()
    """Rules that are off and that the test switches on."""


def read_tests(
    pack: p.PackTree, used: Sequence[p.PackTree], rule_ids: Iterable[str], faults: list[Diagnostic]
) -> list[list[Question]]:
    """The questions of every test of a pack, in order; `rule_ids` are all that a test may name."""
    zones = pack_scope(pack, used).clocks.zones
    home = next((zone for zone in zones if zone_days(zone) is not None), "UTC")  # a misspelt one is told at its clock
    reader = _Reader(pack, home, tuple(rule_ids), faults)
    return [reader.test(block) for block in pack.tests]


@define
class _Reader:
    pack: p.PackTree
    home: str
    rule_ids: tuple[str, ...]
    faults: list[Diagnostic]

    def test(self, block: p.TestBlock) -> list[Question]:
        inputs = TestInputs(self.home, self.fault)
        history: list[p.HistoryItem] = []
        for clause in block.clauses:
            if isinstance(clause, p.Given):
                for item in clause.items:
                    inputs.set_item(item)
            elif isinstance(clause, p.History):
                history += clause.items
        asked = [clause for clause in block.clauses if isinstance(clause, p.TestAt)]
        if not asked and block.is_whole:
            self.fault(block.title.span, "R700", "this test asks nothing", "add `at DATE TIME may call`")
        questions = [self.question(clause, inputs.copy(), history) for clause in asked]
        return [question for question in questions if question is not None]

    def question(self, clause: p.TestAt, inputs: TestInputs, history: Sequence[p.HistoryItem]) -> Question | None:
        for setting in clause.settings:
            inputs.set_item(setting)
        self.check_names(clause, inputs.enforced)
        if any(zone is not None and zone_days(zone.text) is None for zone in (clause.zone, clause.next_zone)):
            return None
        try:
            at = moment_of(clause.moment, clause.zone.text if clause.zone else self.home)
            ledger = inputs.ledger(history, at)
            expected_next = self.next_of(clause)
        except (ValueError, KeyError, OSError) as error:
            self.fault(clause.span, "R105", str(error), "write a time that exists")
            return None
        facts = Facts(
            at=at,
            values=inputs.all_values(),
            zones=inputs.all_zones(),
            person_id=PERSON,
            claim_ids=tuple(word.text for word in clause.about) or inputs.all_claims(),
            number_id=NUMBER,
            campaign_id=CAMPAIGN,
            ring_s=clause.ring_s,
        )
        enforced = frozenset(word.text for word in inputs.enforced)
        return Question(clause, facts, ledger, expected_next, self.home, enforced)

    def check_names(self, clause: p.TestAt, enforced: Sequence[Word]) -> None:
        for word in (*clause.blocked_by, *enforced):
            if word.text not in self.rule_ids:
                meant = suggest(word.text, self.rule_ids)
                self.fault(word.span, "R701", f"no rule `{word.text}`", f"write `{meant}`" if meant else "")
        for zone in (clause.zone, clause.next_zone):
            if zone is not None and zone_days(zone.text) is None:
                self.fault(zone.span, "R106", f"unknown time zone `{zone.text}`", zone_help(zone.text))

    def next_of(self, clause: p.TestAt) -> datetime | None:
        if clause.next_moment in ("", "none"):
            return None
        zone = clause.next_zone or clause.zone
        return moment_of(clause.next_moment, zone.text if zone else self.home)

    def fault(self, span: Span, code: str, message: str, help_text: str) -> None:
        self.faults.append(Diagnostic(self.pack.source, span, code, message, help_text))

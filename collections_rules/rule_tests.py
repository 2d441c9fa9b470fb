"""Runs the tests in a rule file and says what passed, what did not, and which rules no test ever made true."""

from collections.abc import Sequence
from datetime import datetime

from attrs import define, field, frozen

from collections_rules import tree_pack as p
from collections_rules.compile import compile_rules, parse_packs
from collections_rules.diagnostics import Diagnostic, RulesError, Span, render, suggest
from collections_rules.evaluate import RuleBook
from collections_rules.facts import Facts
from collections_rules.lower import pack_scope
from collections_rules.rule_test_inputs import CAMPAIGN, NUMBER, PERSON, TestInputs, moment_of
from collections_rules.source import PackSource
from collections_rules.verdict import Verdict
from collections_rules.windows import zone_days

__all__ = ["RuleTestReport", "run_tests"]


@frozen
class RuleTestReport:
    """What came of the tests of one file. A test passes when all its `at` lines do."""

    source: PackSource
    passed: int
    total: int
    failures: tuple[Diagnostic, ...]
    never_blocked: tuple[str, ...]
    """Rules of the file that are on and that no test made true."""

    @property
    def is_green(self) -> bool:
        """Whether every test passed and every rule was made true by one."""
        return not self.failures and not self.never_blocked

    def text(self) -> str:
        """The report as it is shown."""
        lines = [f"{self.source.name}  {self.passed}/{self.total}"]
        if self.never_blocked:
            lines.append("never: " + ", ".join(self.never_blocked))
        return "\n".join([*lines, render(self.failures)]).rstrip()


def run_tests(source: PackSource, used: Sequence[PackSource] = ()) -> RuleTestReport:
    """Run the tests in `source` against it and the packs that it uses; raises `RulesError` when a pack is faulty."""
    packs = parse_packs([*used, source])
    book = compile_rules([*used, source])
    pack = packs[-1]
    scope = pack_scope(pack, packs[:-1])
    home = scope.clocks.zones[0] if scope.clocks.zones else "UTC"
    runner = _Runner(pack, book, home)
    for block in pack.tests:
        runner.run(block)
    if runner.faults:
        raise RulesError(runner.faults)
    own = {rule.rule_id.text for rule in pack.rules}
    never = [r.rule_id for r in book.rules if r.rule_id in own - runner.blocked and r.is_enforced]
    return RuleTestReport(source, runner.passed, len(pack.tests), tuple(runner.failures), tuple(never))


@define
class _Runner:
    pack: p.PackTree
    book: RuleBook
    home: str
    faults: list[Diagnostic] = field(factory=list)
    failures: list[Diagnostic] = field(factory=list)
    blocked: set[str] = field(factory=set)
    passed: int = 0

    def run(self, block: p.TestBlock) -> None:
        failed_before = len(self.failures)
        inputs = TestInputs(self.home, self.fault)
        history: list[p.HistoryItem] = []
        asked = 0
        for clause in block.clauses:
            if isinstance(clause, p.Given):
                for item in clause.items:
                    inputs.set_item(item)
            elif isinstance(clause, p.History):
                history += clause.items
            else:
                asked += 1
                self.ask(clause, inputs.copy(), history)
        if not asked:
            self.fault(block.title.span, "R700", "this test asks nothing", "add `at DATE TIME may call`")
        self.passed += len(self.failures) == failed_before

    def ask(self, clause: p.TestAt, inputs: TestInputs, history: Sequence[p.HistoryItem]) -> None:
        for setting in clause.settings:
            inputs.set_item(setting)
        self.check_names(clause)
        try:
            at = moment_of(clause.moment, clause.zone.text if clause.zone else self.home)
            ledger = inputs.ledger(history, at)
            expected_next = self.next_of(clause)
        except (ValueError, KeyError) as error:
            self.fault(clause.span, "R105", str(error), "write a time that exists")
            return
        facts = Facts(
            at=at,
            values=inputs.values,
            zones=inputs.all_zones(),
            person_id=PERSON,
            claim_ids=tuple(word.text for word in clause.about) or inputs.all_claims(),
            number_id=NUMBER,
            campaign_id=CAMPAIGN,
            ring_s=clause.ring_s,
        )
        verdict = self.book.evaluate(facts, ledger)
        self.blocked.update(finding.rule_id for finding in verdict.denials)
        self.compare(clause, verdict, expected_next)

    def check_names(self, clause: p.TestAt) -> None:
        names = [rule.rule_id for rule in self.book.rules]
        for word in clause.blocked_by:
            if word.text not in names:
                meant = suggest(word.text, names)
                self.fault(word.span, "R701", f"no rule `{word.text}`", f"write `{meant}`" if meant else "")
        for zone in (clause.zone, clause.next_zone):
            if zone is not None and zone_days(zone.text) is None:
                self.fault(zone.span, "R106", f"unknown time zone `{zone.text}`", "write one such as Asia/Seoul")

    def next_of(self, clause: p.TestAt) -> datetime | None:
        if clause.next_moment in ("", "none"):
            return None
        zone = clause.next_zone or clause.zone
        return moment_of(clause.next_moment, zone.text if zone else self.home)

    def compare(self, clause: p.TestAt, verdict: Verdict, expected_next: datetime | None) -> None:
        expected = {word.text for word in clause.blocked_by}
        found = {finding.rule_id for finding in verdict.denials}
        if found != expected:
            self.failed(clause, f"{_said(found)}, not {_said(expected)}", verdict)
        elif clause.next_moment and verdict.next_eligible_at != expected_next:
            self.failed(clause, f"next is {self.shown(verdict.next_eligible_at)}, not {clause.next_moment}", verdict)
        elif clause.because:
            reasons = [text for finding in verdict.denials for text in (finding.reason_en, finding.reason_ko)]
            if not any(clause.because in text for text in reasons):
                self.failed(clause, f"the reason is not `{clause.because}`", verdict)

    def shown(self, at: datetime | None) -> str:
        days = zone_days(self.home)
        if at is None or days is None:
            return "none"
        return f"{days.local(int(at.timestamp())):%Y-%m-%d %H:%M:%S}".removesuffix(":00")

    def failed(self, clause: p.TestAt, text: str, verdict: Verdict) -> None:
        reasons = "; ".join(f"{finding.rule_id}: {finding.reason_en}" for finding in verdict.denials)
        self.failures.append(Diagnostic(self.pack.source, clause.span, "R710", text, reasons))

    def fault(self, span: Span, code: str, message: str, help_text: str) -> None:
        self.faults.append(Diagnostic(self.pack.source, span, code, message, help_text))


def _said(rule_ids: set[str]) -> str:
    return "blocked by " + ", ".join(sorted(rule_ids)) if rule_ids else "the call is allowed"

"""Runs the tests in a rule file and says what passed, what did not, and which rules no test ever made true."""

from collections.abc import Sequence

from attrs import define, field, frozen

from collections_rules import tree_pack as p
from collections_rules.compile import compile_rules, parse_packs
from collections_rules.diagnostics import Diagnostic, render
from collections_rules.evaluate import RuleBook
from collections_rules.rule_test_cases import Question, read_tests
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
    runner = _Runner(pack, book)
    for questions in read_tests(pack, packs[:-1], [rule.rule_id for rule in book.rules], []):
        runner.run(questions)
    own = {rule.rule_id.text for rule in pack.rules}
    never = [r.rule_id for r in book.rules if r.rule_id in own - runner.blocked and r.is_enforced]
    return RuleTestReport(source, runner.passed, len(pack.tests), tuple(runner.failures), tuple(never))


@define
class _Runner:
    pack: p.PackTree
    book: RuleBook
    failures: list[Diagnostic] = field(factory=list)
    blocked: set[str] = field(factory=set)
    passed: int = 0

    def run(self, questions: Sequence[Question]) -> None:
        failed_before = len(self.failures)
        for question in questions:
            verdict = self.book.evaluate(question.facts, question.ledger)
            self.blocked.update(finding.rule_id for finding in verdict.denials)
            self.compare(question, verdict)
        self.passed += len(self.failures) == failed_before

    def compare(self, question: Question, verdict: Verdict) -> None:
        clause = question.clause
        expected = {word.text for word in clause.blocked_by}
        found = {finding.rule_id for finding in verdict.denials}
        if found != expected:
            self.failed(clause, f"{_said(found)}, not {_said(expected)}", verdict)
        elif clause.next_moment and verdict.next_eligible_at != question.expected_next:
            self.failed(clause, f"next is {_shown(question, verdict)}, not {clause.next_moment}", verdict)
        elif clause.because:
            reasons = [text for finding in verdict.denials for text in (finding.reason_en, finding.reason_ko)]
            if not any(clause.because in text for text in reasons):
                self.failed(clause, f"the reason is not `{clause.because}`", verdict)

    def failed(self, clause: p.TestAt, text: str, verdict: Verdict) -> None:
        reasons = "; ".join(f"{finding.rule_id}: {finding.reason_en}" for finding in verdict.denials)
        self.failures.append(Diagnostic(self.pack.source, clause.span, "R710", text, reasons))


def _shown(question: Question, verdict: Verdict) -> str:
    days = zone_days(question.home)
    if verdict.next_eligible_at is None or days is None:
        return "none"
    return f"{days.local(int(verdict.next_eligible_at.timestamp())):%Y-%m-%d %H:%M:%S}".removesuffix(":00")


def _said(rule_ids: set[str]) -> str:
    return "blocked by " + ", ".join(sorted(rule_ids)) if rule_ids else "the call is allowed"

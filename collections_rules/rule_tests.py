"""Runs the tests in a rule file and says what passed, what did not, and which rules no test ever made true."""

from collections.abc import Callable, Collection, Sequence

from attrs import define, field, frozen

from collections_rules import tree_pack as p
from collections_rules.compile import compile_rules, parse_packs
from collections_rules.diagnostics import Diagnostic, render
from collections_rules.evaluate import RuleBook
from collections_rules.lower import PackScope, pack_scope
from collections_rules.properties import counterexample, shown_account
from collections_rules.rule_test_cases import Question, read_tests
from collections_rules.source import PackSource
from collections_rules.tree_choices import AlwaysBlock
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
    held: int = 0
    """Properties that no made account broke."""
    properties: int = 0
    made_accounts: int = 0
    rules: int = 0
    """How many rules of the file are on."""

    @property
    def is_green(self) -> bool:
        """Whether every test passed and every rule was made true by one."""
        return not self.failures and not self.never_blocked

    def text(self) -> str:
        """The report as it is shown."""
        lines = [f"{self.source.name}  {self.passed}/{self.total}"]
        if self.properties:
            lines.append(f"always: {self.held}/{self.properties} held on {self.made_accounts:,} made accounts")
        if self.never_blocked:
            lines.append("never: " + ", ".join(self.never_blocked))
        return "\n".join([*lines, render(self.failures)]).rstrip()


MADE_ACCOUNTS = 2_000
"""On how many accounts each `always` is tried. Two thousand take a tenth of a second and meet every edge of an hour
some hundreds of times."""
_SEED = 1


def run_tests(
    source: PackSource, used: Sequence[PackSource] = (), made_accounts: int = MADE_ACCOUNTS
) -> RuleTestReport:
    """Run the tests in `source` against it and the packs that it uses; raises `RulesError` when a pack is faulty.

    Each `always` is tried on so many made accounts, the same ones every time.
    """
    packs = parse_packs([*used, source])
    book = compile_rules([*used, source])
    pack = packs[-1]
    runner = _Runner(pack, book, lambda rules: compile_rules([*used, source], rules))
    for questions in read_tests(pack, packs[:-1], [rule.rule_id for rule in book.rules], []):
        runner.run(questions)
    own = {rule.rule_id.text for rule in pack.rules}
    scope = pack_scope(pack, packs[:-1])
    for always in pack.properties:
        runner.try_property(always, scope, made_accounts)
    never = [r.rule_id for r in book.rules if r.rule_id in own - runner.blocked and r.is_enforced]
    on = sum(r.rule_id in own and r.is_enforced for r in book.rules)
    total = len(pack.tests)
    held = runner.held, len(pack.properties)
    return RuleTestReport(source, runner.passed, total, tuple(runner.failures), tuple(never), *held, made_accounts, on)


@define
class _Runner:
    pack: p.PackTree
    book: RuleBook
    compiled: Callable[[Collection[str]], RuleBook]
    failures: list[Diagnostic] = field(factory=list)
    blocked: set[str] = field(factory=set)
    passed: int = 0
    held: int = 0
    _variants: dict[frozenset[str], RuleBook] = field(factory=dict)

    def book_of(self, question: Question) -> RuleBook:
        """The rules, with those that the test switches on."""
        if not question.enforced:
            return self.book
        found = self._variants.get(question.enforced)
        if found is None:
            found = self._variants[question.enforced] = self.compiled(question.enforced)
        return found

    def try_property(self, always: AlwaysBlock, scope: PackScope, count: int) -> None:
        found = counterexample(self.book, always, scope, count, _SEED)
        self.held += found is None
        if found is not None:
            title = f" `{always.title}`" if always.title else ""
            text = f"this property{title} does not hold"
            shown = "may be called: " + shown_account(found)
            self.failures.append(Diagnostic(self.pack.source, always.span, "R720", text, shown))

    def run(self, questions: Sequence[Question]) -> None:
        failed_before = len(self.failures)
        for question in questions:
            verdict = self.book_of(question).evaluate(question.facts, question.ledger)
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

"""Compile packs into a rule book, and ask it.

A call may be placed when every gate that applies passes. There is no order and no
priority: one closed gate closes, and a book without gates closes too. The next
allowed moment is found by jumping from release to release until every gate passes.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from attrs import define, evolve, field, frozen

from collections_rules.choices import Keep, Rank, Split
from collections_rules.counting import AtMostGate, WaitAfterEventGate
from collections_rules.facts import Facts
from collections_rules.gates import Gate, Reason, missing_reason
from collections_rules.ledger import ContactLedger
from collections_rules.lower import DatedGate, LoweredRule
from collections_rules.query import Query
from collections_rules.sequences import Sequence
from collections_rules.tables import Table
from collections_rules.verdict import Finding, Verdict
from collections_rules.windows import NEVER

__all__ = ["HORIZON_S", "LAW_LAYERS", "Choices", "RuleBook", "RuleInfo", "RunningRule", "query_of"]

RING_MARGIN_S = 5
"""Hours are asked for the last second of ringing and this much more: a phone rings on after the switch gave up."""

LAW_LAYERS = ("law", "order")
"""The layers that bind everybody from their date on, so that no stage of a draft holds them back."""

HORIZON_S = 800 * 86_400
"""How far the next allowed moment is looked for."""
_MAX_JUMPS = 4000
_NO_RULES = "no-rules"
_NO_CONTACTS = ContactLedger()


@frozen
class RuleInfo:
    """What a rule says of itself, for explanations and lists."""

    rule_id: str
    title_ko: str
    title_en: str
    layer: str
    cite: str
    pack: str
    is_verified: bool
    is_enforced: bool
    """False for a citation nobody has verified and no named person has switched on."""
    enforced_by: str
    from_s: int
    until_s: int
    readings: tuple[str, ...]
    says: tuple[str, str]
    """What the agent's screen may show, in Korean and English."""


@frozen
class Choices:
    """What packs say besides who may be called."""

    tables: Mapping[str, Table] = field(factory=dict)
    rank: Rank | None = None
    splits: Mapping[str, Split] = field(factory=dict)
    keeps: tuple[Keep, ...] = ()


_Ask = Callable[[Query], int | None]


@define(eq=False)
class RunningRule:
    """A rule and its gates."""

    info: RuleInfo
    lowered: LoweredRule
    _is_plain: bool = False

    def __attrs_post_init__(self) -> None:
        self._is_plain = all(gate.from_s == -NEVER and gate.until_s == NEVER for gate in self.lowered.gates)

    def closed_until(self, query: Query) -> int | None:
        """None when the rule lets the call pass at the question's second; else when it might."""
        if query.law_day is not None:
            return self._closed_until_as_of(query, query.law_day)
        lowered, at_s = self.lowered, query.at_s
        if not lowered.from_s <= at_s < lowered.until_s:
            return None
        worst = -1
        for dated in lowered.gates:
            if self._is_plain or dated.from_s <= at_s < dated.until_s:
                release = dated.gate.closed_until(query)
                if release is not None:
                    worst = max(worst, min(release, dated.until_s))
        return None if worst < 0 else self._if_it_applies(query, min(worst, lowered.until_s))

    def _closed_until_as_of(self, query: Query, day: date) -> int | None:
        """The same by the law of one date, which holds at every instant asked about."""
        releases = [gate.closed_until(query) for gate in self.gates_in_force(query)]
        worst = max((release for release in releases if release is not None), default=-1)
        return None if worst < 0 else self._if_it_applies(query, worst)

    def gates_in_force(self, query: Query) -> list[Gate]:
        """The gates that are the law at the question's instant, or on the date it asks about; none when the
        rule is not."""
        lowered = self.lowered
        law_s = query.at_s if query.law_day is None else lowered.scope.midnight(query.law_day, is_end=False)
        if not lowered.from_s <= law_s < lowered.until_s:
            return []
        return [dated.gate for dated in lowered.gates if dated.from_s <= law_s < dated.until_s]

    def starts_after(self, query: Query) -> date | None:
        """The date on which the rule, or the first gate of it, becomes law after the question's; None: it does not."""
        lowered, scope = self.lowered, self.lowered.scope
        law_s = query.at_s if query.law_day is None else scope.midnight(query.law_day, is_end=False)
        starts = [max(lowered.from_s, dated.from_s) for dated in lowered.gates]
        coming = [start_s for start_s in starts if start_s > law_s and start_s < lowered.until_s]
        return self._date_of(min(coming), is_end=False) if coming else None

    @property
    def first_day(self) -> date | None:
        """The first date on which the rule and one of its gates are law; None: for ever."""
        lowered = self.lowered
        first_s = max(lowered.from_s, min((dated.from_s for dated in lowered.gates), default=-NEVER))
        return None if first_s == -NEVER else self._date_of(first_s, is_end=False)

    @property
    def last_day(self) -> date | None:
        """The last date on which they are; None: for ever."""
        lowered = self.lowered
        until_s = min(lowered.until_s, max((dated.until_s for dated in lowered.gates), default=NEVER))
        return None if until_s == NEVER else self._date_of(until_s, is_end=True) - timedelta(days=1)

    def _date_of(self, midnight_s: int, is_end: bool) -> date:
        """The date whose midnight, by the pack's home clock, this is."""
        scope = self.lowered.scope
        if scope.clocks.zones:
            return datetime.fromtimestamp(midnight_s, ZoneInfo(scope.clocks.zones[0])).date()
        # Without a home zone a date begins with the earliest clock on Earth and ends with the latest.
        return datetime.fromtimestamp(midnight_s + (-12 if is_end else 14) * 3600, UTC).date()

    def _if_it_applies(self, query: Query, worst: int) -> int | None:
        lowered = self.lowered
        if any(test.ask(query, None) is False for test in lowered.applies):
            return None
        if any(test.ask(query, None) is True for test in lowered.excepts):
            return None
        edges = [test.next_edge(query) for test in (*lowered.applies, *lowered.excepts) if test.edges]
        return min([worst, *edges])

    def reason(self, query: Query) -> Reason:
        """Why it is closed, or what it says when it passes."""
        gates = self.gates_in_force(query)
        closed: list[Gate] = [gate for gate in gates if gate.closed_until(query) is not None]
        if self.closed_until(query) is not None:
            undecided = [name for test in self.lowered.applies if test.ask(query, None) is None
                         for name in test.missing(query)]  # fmt: skip
            return missing_reason(undecided[0]) if undecided else closed[0].reason(query)
        if closed or not gates:
            return Reason("해당 없음", "does not apply")
        return gates[0].reason(query)


class _Plan:
    """The gates to ask at an instant, in order: those whose dates, and whose rule's, hold then.

    Between two dates of the book they are always the same, so they are listed once.
    """

    def __init__(self, rules: tuple[RunningRule, ...]) -> None:
        self._rules = rules
        dated: list[LoweredRule | DatedGate] = [rule.lowered for rule in rules]
        dated += [gate for rule in rules for gate in rule.lowered.gates]
        self._edges = sorted({edge for one in dated for edge in (one.from_s, one.until_s)})
        self._lists: dict[int, list[tuple[_Ask, RunningRule]]] = {}

    def at(self, at_s: int) -> list[tuple[_Ask, RunningRule]]:
        """What to ask: each gate's question, with its rule."""
        place = bisect_right(self._edges, at_s)
        found = self._lists.get(place)
        if found is None:
            found = self._lists[place] = [
                (dated.gate.closed_until, rule)
                for rule in self._rules
                if rule.lowered.from_s <= at_s < rule.lowered.until_s
                for dated in rule.lowered.gates
                if dated.from_s <= at_s < dated.until_s
            ]
        return found


class RuleBook:
    """Compiled packs: what they allow, when, and why not."""

    def __init__(
        self, rules: tuple[RunningRule, ...], sequence: Sequence | None, pack_hash: str, choices: Choices | None = None
    ) -> None:
        self.pack_hash = pack_hash
        self._choices = choices or Choices()
        self.sequence = sequence
        self.rules = tuple(rule.info for rule in rules)
        self._all = rules
        self._running = tuple(rule for rule in rules if rule.info.is_enforced)
        self._plan = _Plan(self._running)
        self._allowed = Verdict(True, (), None, None, pack_hash)

    def evaluate(self, facts: Facts, ledger: ContactLedger, *, as_of: date | None = None) -> Verdict:
        """Whether the call may be placed at the instant of the facts; if not, why, and when it may.

        `as_of` asks the law of one date, whatever the instant; without it each instant
        is judged by its own.
        """
        query = query_of(facts, ledger, as_of)
        closed = self._closed(query)
        if not closed:
            verdict = self._allowed if self._running else self._nothing_known()
            return verdict if as_of is None else evolve(verdict, as_of=as_of)
        findings = tuple(self._finding(rule, query, is_passed=False) for rule in closed)
        next_at, decider = self._next(query, closed)
        unknown = tuple(dict.fromkeys(f.missing_fact for f in findings if f.missing_fact))
        return Verdict(False, findings, decider, next_at, self.pack_hash, unknown, as_of)

    def explain(self, facts: Facts, ledger: ContactLedger, *, as_of: date | None = None) -> tuple[Finding, ...]:
        """What every rule that is on says, closed ones first."""
        query = query_of(facts, ledger, as_of)
        findings = [self._finding(rule, query, rule.closed_until(query) is None) for rule in self._running]
        return tuple(sorted(findings, key=lambda finding: finding.is_passed))

    @property
    def running(self) -> tuple[RunningRule, ...]:
        """The rules that are on, with their gates."""
        return self._running

    @property
    def all_rules(self) -> tuple[RunningRule, ...]:
        """Every rule, those that are off included."""
        return self._all

    def of_layers(self, *layers: str) -> "RuleBook":
        """The rules of these layers alone."""
        rules = tuple(rule for rule in self._all if rule.info.layer in layers)
        return RuleBook(rules, self.sequence, self.pack_hash, self._choices)

    def with_law_of(self, draft: "RuleBook") -> "RuleBook":
        """These rules, with the law and the orders of a draft in place of their own."""
        law = tuple(rule for rule in draft.all_rules if rule.info.layer in LAW_LAYERS)
        own = tuple(rule for rule in self._all if rule.info.layer not in LAW_LAYERS)
        return RuleBook((*law, *own), self.sequence, f"{self.pack_hash}+{draft.pack_hash}", self._choices)

    def as_of(self, day: date) -> tuple[RuleInfo, ...]:
        """The rules in force at the start of a date of their own clock, those that are off included."""
        return tuple(rule.info for rule in self._all if rule.lowered.is_in_force(day))

    def counting_gates(self) -> Mapping[tuple[str, int], Callable[[Query], int | None]]:
        """The gates that count contacts, by rule and place: each says until when it is closed."""
        return {
            (rule.info.rule_id, index): dated.gate.closed_until
            for rule in self._running
            for index, dated in enumerate(rule.lowered.gates)
            if isinstance(dated.gate, AtMostGate | WaitAfterEventGate)
        }

    # Choices: what to do, never whether it may be done ------------------------------

    @property
    def tables(self) -> Mapping[str, Table]:
        """Every table, by id."""
        return self._choices.tables

    @property
    def splits(self) -> Mapping[str, Split]:
        """Every split, by id."""
        return self._choices.splits

    @property
    def keeps(self) -> tuple[Keep, ...]:
        """The pacing limits of the packs, for the dialer."""
        return self._choices.keeps

    def choose(self, table_id: str, facts: Facts) -> str | None:
        """The cell of this table for these facts; None when one is unknown or outside the table."""
        table = self.tables.get(table_id)
        if table is None:
            raise ValueError(f"no table `{table_id}`; there are {', '.join(self.tables) or 'none'}")
        return table.choose([facts.values.get(name) for name in table.keys])

    def rank_key(self, facts: Facts) -> tuple[float, ...]:
        """The place of this account in the order of the last pack that has one: the smallest key is taken first."""
        rank = self._choices.rank
        return rank.key(query_of(facts, _NO_CONTACTS)) if rank is not None else ()

    def arm_of(self, split_id: str, person_id: str, at: datetime) -> str | None:
        """The arm into which a split draws this id, the same for ever; None before and after the split."""
        split = self.splits.get(split_id)
        if split is None:
            raise ValueError(f"no split `{split_id}`; there are {', '.join(self.splits) or 'none'}")
        arm = split.arm(person_id, at)
        return arm.name if arm is not None else None

    # --------------------------------------------------------------------------------

    def _closed(self, query: Query) -> list[RunningRule]:
        """The rules that do not let the call pass, in their order."""
        if query.law_day is not None:
            return [rule for rule in self._running if rule.closed_until(query) is not None]
        closed: list[RunningRule] = []
        for ask, rule in self._plan.at(query.at_s):
            # Most gates are open: only of a closed one is its whole rule asked, and once.
            if ask(query) is not None and rule not in closed and rule.closed_until(query) is not None:
                closed.append(rule)
        return closed

    def _next(self, query: Query, closed: list[RunningRule]) -> tuple[datetime | None, str | None]:
        """The first moment at which all pass, and the rule that sets it."""
        began_s, limit_s = query.at_s, query.at_s + HORIZON_S
        decider = closed[0]
        try:
            for _ in range(_MAX_JUMPS):
                latest_s = -1
                for rule in self._running:
                    release = rule.closed_until(query)
                    if release is not None and release > latest_s:
                        latest_s, decider = release, rule
                if latest_s < 0:
                    return _utc(query.at_s), decider.info.rule_id
                if latest_s > limit_s:
                    break
                query.at_s = latest_s
            return None, decider.info.rule_id
        finally:
            query.at_s = began_s

    def _finding(self, rule: RunningRule, query: Query, is_passed: bool) -> Finding:
        reason, info = rule.reason(query), rule.info
        return Finding(
            info.rule_id, info.title_ko, info.title_en, reason.ko, reason.en, info.cite, info.layer,
            None if is_passed else self._release(rule, query), reason.missing, is_passed,
        )  # fmt: skip

    def _release(self, rule: RunningRule, query: Query) -> datetime | None:
        """When this rule alone opens."""
        began_s = query.at_s
        try:
            for _ in range(_MAX_JUMPS):
                release = rule.closed_until(query)
                if release is None:
                    return _utc(query.at_s)
                if release > began_s + HORIZON_S:
                    return None
                query.at_s = release
            return None
        finally:
            query.at_s = began_s

    def _nothing_known(self) -> Verdict:
        finding = Finding(
            _NO_RULES, "규칙 없음", "No rules", "적용할 규칙이 없습니다", "no rule is in force", "", "law", None
        )
        return Verdict(False, (finding,), _NO_RULES, None, self.pack_hash)


def query_of(facts: Facts, ledger: ContactLedger, law_day: date | None = None) -> Query:
    """The question that a verdict on these facts begins with."""
    margin_s = ceil(facts.ring_s) + RING_MARGIN_S if facts.ring_s > 0 else 0
    return Query(facts, facts.values, ledger, int(facts.at.timestamp()), margin_s, law_day)


def _utc(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)

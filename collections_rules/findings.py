"""What a pack says that its author can hardly mean: found by meaning, each with an example account where one exists.

Nothing here is an error: the packs compile. Every finding is exact; where a condition
is too large to be decided, nothing is said.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from attrs import frozen

from collections_rules import tree as t
from collections_rules import tree_pack as p
from collections_rules.compile import list_open_points, parse_packs
from collections_rules.diagnostics import Diagnostic, Span
from collections_rules.gates import weekdays_of
from collections_rules.satisfy import Account, Answer, Demand, TooManyError, account_meeting, shown
from collections_rules.source import PackSource

__all__ = ["list_findings"]

YES: frozenset[Answer] = frozenset({True})
NO: frozenset[Answer] = frozenset({False})
MAY: frozenset[Answer] = frozenset({True, None})
MAY_NOT: frozenset[Answer] = frozenset({False, None})
_END_OF_TIME = date(9999, 12, 31)
_WEEK_S = 7 * 86_400


def list_findings(sources: Sequence[PackSource]) -> tuple[Diagnostic, ...]:
    """Everything worth a second look in these packs, in the order of the files; raises `RulesError` for faults."""
    packs = parse_packs(sources)
    found = [*list_open_points(sources)]
    everyone = [_Rule(pack, rule) for pack in packs for rule in pack.rules]
    for rule in everyone:
        _RuleChecker(rule, everyone, found).check()
    order = [source.name for source in sources]
    return tuple(sorted(found, key=lambda d: (order.index(d.source.name), d.span.line, d.span.col)))


@frozen(eq=False)
class _Rule:
    pack: p.PackTree
    block: t.RuleBlock

    @property
    def name(self) -> str:
        return self.block.rule_id.text

    def all(self, kind: type) -> list[t.Clause]:
        return [clause for clause in self.block.clauses if isinstance(clause, kind)]

    def gates(self) -> list[t.Dated]:
        return [clause for clause in self.block.clauses if isinstance(clause, t.Dated)]

    def applies(self) -> list[t.Condition]:
        clauses = [*self.pack.header, *self.block.clauses]
        return [clause.condition for clause in clauses if isinstance(clause, t.Applies)]

    def excepts(self) -> list[t.Except]:
        return [c for c in self.block.clauses if isinstance(c, t.Except) and c.target is None]

    def stops(self) -> list[t.StopWhen]:
        return [dated.gate for dated in self.gates() if isinstance(dated.gate, t.StopWhen)]

    def is_on(self) -> bool:
        return all(clause.is_verified for clause in self.block.clauses if isinstance(clause, t.Source))

    def dates(self) -> tuple[date, date]:
        effective = next((c for c in self.block.clauses if isinstance(c, t.Effective)), None)
        first = effective.from_date if effective else None
        last = effective.until_date if effective else None
        return first or date.min, last or _END_OF_TIME

    def is_all_stops(self) -> bool:
        dated = self.gates()
        return bool(dated) and all(isinstance(d.gate, t.StopWhen) and d.from_date == d.until_date for d in dated)

    def closed(self) -> list[list[Demand]]:
        """The ways in which a rule of stops is closed: unknown closes too."""
        limits = [Demand(c, MAY) for c in self.applies()] + [Demand(c.condition, MAY_NOT) for c in self.excepts()]
        return [[Demand(s.condition, YES if s.may_unknown_pass else MAY), *limits] for s in self.stops()]

    def passed(self) -> list[list[Demand]]:
        """The ways in which it is not."""
        stops = [Demand(s.condition, MAY_NOT if s.may_unknown_pass else NO) for s in self.stops()]
        others = [[Demand(c, NO)] for c in self.applies()] + [[Demand(c.condition, YES)] for c in self.excepts()]
        return [stops, *others]


@frozen
class _RuleChecker:
    rule: _Rule
    everyone: Sequence[_Rule]
    found: list[Diagnostic]

    def check(self) -> None:
        for condition, span, what in self.conditions():
            self.decided(condition, span, what)
        self.dead_excepts()
        self.always_closed()
        self.overlapping_dates()
        self.never_open()
        self.idle()

    def note(self, span: Span, code: str, text: str, help_text: str = "", severity: str = "warning") -> None:
        self.found.append(Diagnostic(self.rule.pack.source, span, code, text, help_text, severity))

    def conditions(self) -> Iterator[tuple[t.Condition, Span, str]]:
        for clause in self.rule.block.clauses:
            if isinstance(clause, t.Applies | t.Except):
                yield clause.condition, clause.span, "applies" if isinstance(clause, t.Applies) else "except"
            elif isinstance(clause, t.Dated):
                gate = clause.gate
                when = gate.condition if isinstance(gate, t.StopWhen) else getattr(gate, "when", None)
                if when is not None:
                    yield when, gate.span, "stop when" if isinstance(gate, t.StopWhen) else "when"
            elif isinstance(clause, t.Free):
                for item in clause.items:
                    if item.condition is not None:
                        yield item.condition, clause.span, "free"

    def decided(self, condition: t.Condition, span: Span, what: str) -> None:
        """A condition that no account, or every account, makes true."""
        if _account([[Demand(condition, YES)]]) is None:
            self.note(span, "R510", f"this condition can never hold: no account makes `{what}` true")
        elif _account([[Demand(condition, MAY_NOT)]]) is None:
            self.note(span, "R511", f"this condition always holds: `{what}` could as well be left out")

    def dead_excepts(self) -> None:
        if not self.rule.is_all_stops():
            return
        for clause in self.rule.excepts():
            alone = [Demand(c, MAY) for c in self.rule.applies()]
            ways = [[Demand(s.condition, MAY), *alone, Demand(clause.condition, YES)] for s in self.rule.stops()]
            can_hold = _account([[Demand(clause.condition, YES)]]) is not None
            if can_hold and _account(ways) is None:
                text = f"this `except` frees nothing: `{self.rule.name}` never closes where it holds"
                self.note(clause.span, "R550", text, "remove it, or correct its condition")

    def always_closed(self) -> None:
        rule = self.rule
        limits = [Demand(c, YES) for c in rule.applies()]
        ways = [[Demand(stop.condition, YES), *limits] for stop in rule.stops()]
        if rule.is_all_stops() and limits and _account(ways) is None:
            self.note(rule.block.rule_id.span, "R512", f"`{rule.name}` never closes: it never applies where it stops")

    def overlapping_dates(self) -> None:
        dated = self.rule.gates()
        for index, later in enumerate(dated):
            for earlier in dated[:index]:
                both = max(_from(earlier), _from(later)), min(_until(earlier), _until(later))
                has_dates = any(d.from_date or d.until_date for d in (earlier, later))
                if has_dates and _is_same_kind(earlier.gate, later.gate) and both[0] < both[1]:
                    text = "the dates of this clause and of an earlier one of its kind overlap"
                    self.note(later.gate.span, "R540", text, f"on {both[0]} both are the law; end one with `until`")

    def never_open(self) -> None:
        """Hours of several rules that leave no hour in common: nothing would ever release."""
        mine = self.rule.gates()
        if not mine or not all(isinstance(dated.gate, t.Open) for dated in mine):
            return
        others = [r for r in self.everyone[: self.everyone.index(self.rule)] if r.is_on()]
        for other in others:
            both = [dated.gate for dated in (*other.gates(), *mine) if isinstance(dated.gate, t.Open)]
            if len(both) == len(mine) or other.applies() != self.rule.applies() or other.excepts():
                continue
            if not any(_open_seconds(gate) is None for gate in both) and not _common(both):
                text = f"nothing releases: `{self.rule.name}` and `{other.name}` leave no hour of the week open"
                self.note(mine[0].gate.span, "R530", text, "widen one of them")

    def idle(self) -> None:
        """Another rule holds every case that this one holds."""
        if not self.rule.is_on():
            return
        for other in self.everyone:
            if other is self.rule or not other.is_on() or other.all(t.Until) or _is_later_twin(other, self):
                continue
            if other.dates()[0] <= self.rule.dates()[0] and other.dates()[1] >= self.rule.dates()[1]:
                text = f"`{self.rule.name}` never blocks alone: `{other.name}` holds every case it holds"
                example = self.held_by(other)
                if example is not None:
                    self.note(self.rule.block.rule_id.span, "R520", text, example, "note")
                    return

    def held_by(self, other: _Rule) -> str | None:
        if self.rule.is_all_stops() and other.is_all_stops():
            ways = [[*mine, *theirs] for mine in self.rule.closed() for theirs in other.passed()]
            if _account(ways) is not None:
                return None
            held = _account(self.rule.closed())
            return "example account: " + shown(held) if held else None
        mine, theirs = self.rule.gates(), other.gates()
        if len(mine) == len(theirs) == 1 and _is_tighter_cap(theirs[0], mine[0]) and _is_bare(other):
            return f"both count the same; {theirs[0].gate.count.text} is reached first"  # type: ignore[union-attr]
        return None


def _is_later_twin(other: _Rule, checker: _RuleChecker) -> bool:
    """Of two rules that hold the same, only the later one is idle."""
    later = checker.everyone.index(other) > checker.everyone.index(checker.rule)
    return later and _RuleChecker(other, checker.everyone, []).held_by(checker.rule) is not None


def _account(ways: list[list[Demand]]) -> Account | None:
    """An account that meets one of these ways; an empty one where that is too much to decide."""
    try:
        return next((found for way in ways if (found := account_meeting(way)) is not None), None)
    except TooManyError:
        return {}


def _from(dated: t.Dated) -> date:
    return dated.from_date or date.min


def _until(dated: t.Dated) -> date:
    return dated.until_date or _END_OF_TIME


def _texts(words: Sequence[t.Word]) -> list[str]:
    return [word.text for word in words]


def _is_same_kind(one: t.Gate, other: t.Gate) -> bool:
    """Whether one would take the place of the other: the same count with another number, other hours."""
    if isinstance(one, t.AtMost) and isinstance(other, t.AtMost):
        same = (one.is_all_collectors, one.when is None) == (other.is_all_collectors, other.when is None)
        return same and _texts(one.nouns) == _texts(other.nouns) and _texts(one.scopes) == _texts(other.scopes)
    return isinstance(one, t.Open) and isinstance(other, t.Open)


def _is_tighter_cap(one: t.Dated, other: t.Dated) -> bool:
    """Whether the first cap is reached no later than the second, whatever happens."""
    first, second = one.gate, other.gate
    if not isinstance(first, t.AtMost) or not isinstance(second, t.AtMost) or first.when or second.when:
        return False
    if not _is_same_kind(first, second) or one.from_date or one.until_date:
        return False
    windows = [w and (w.duration.count, w.duration.unit, w.is_after_first) for w in (first.window, second.window)]
    return windows[0] == windows[1] and int(first.count.text) <= int(second.count.text)


def _is_bare(rule: _Rule) -> bool:
    own = [c for c in rule.block.clauses if isinstance(c, t.Free | t.Except | t.Applies)]
    return not own


# Hours ----------------------------------------------------------------------------


def _open_seconds(gate: t.Open) -> list[tuple[int, int]] | None:
    """The open spans of a week without holidays; None where that depends on a calendar."""
    week: list[tuple[int, int]] = []
    closed: set[int] = set()
    for item in gate.items:
        try:
            days = frozenset().union(*(weekdays_of(d.text) for d in item.days)) if item.days else frozenset(range(7))
        except ValueError:
            if item.hours:
                return None  # hours of a holiday
            days = frozenset().union(*(_weekdays(d.text) for d in item.days))
        if not item.hours:
            closed |= days
        week += [(day * 86_400 + span.start_s, day * 86_400 + span.end_s) for day in days for span in item.hours]
    return [span for span in week if span[0] // 86_400 not in closed]


def _weekdays(text: str) -> frozenset[int]:
    try:
        return weekdays_of(text)
    except ValueError:
        return frozenset()


def _common(gates: Sequence[t.Open]) -> bool:
    spans = [(0, _WEEK_S)]
    for gate in gates:
        other = _open_seconds(gate) or []
        spans = [(max(a, c), min(b, d)) for a, b in spans for c, d in other if max(a, c) < min(b, d)]
    return bool(spans)

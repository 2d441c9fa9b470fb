"""What a pack says that its author can hardly mean: found by meaning, each with an example account where one exists.

Nothing here is an error: the packs compile. Every finding is exact; where a condition
is too large to be decided, nothing is said.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations

from attrs import frozen

from collections_rules import tree as t
from collections_rules.compile import open_points_of, parse_packs
from collections_rules.covering import Placed, Week, closed_example, common_hours, covers, week_of
from collections_rules.diagnostics import Diagnostic, Span
from collections_rules.ruled import END_OF_TIME, MAY, MAY_NOT, NO, YES, Ruled, account_of, rules_of
from collections_rules.satisfy import Demand, shown
from collections_rules.source import PackSource

__all__ = ["list_findings"]

_MOST_TOGETHER = 4
"""Hours of so many rules are laid over each other; more rules that only together leave nothing are not looked for."""


def list_findings(sources: Sequence[PackSource]) -> tuple[Diagnostic, ...]:
    """Everything worth a second look in these packs, in the order of the files; raises `RulesError` for faults."""
    packs = parse_packs(sources)
    found = [*open_points_of(packs)]
    everyone = rules_of(packs)
    for rule in everyone:
        _RuleChecker(rule, everyone, found).check()
    order = [source.name for source in sources]
    return tuple(sorted(found, key=lambda d: (order.index(d.source.name), d.span.line, d.span.col)))


@frozen
class _RuleChecker:
    rule: Ruled
    everyone: Sequence[Ruled]
    found: list[Diagnostic]

    def check(self) -> None:
        for condition, span, what in self.conditions():
            self.decided(condition, span, what)
        self.dead_excepts()
        self.always_closed()
        self.overlapping_dates()
        self.never_open()
        self.shadowed()
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
        if account_of([[Demand(condition, YES)]]) is None:
            self.note(span, "R510", f"this condition can never hold: no account makes `{what}` true")
        elif account_of([[Demand(condition, MAY_NOT)]]) is None:
            if what == "stop when" and not self.rule.applies() and not self.rule.excepts():
                text = f"this condition always holds: `{self.rule.name}` lets nobody be called"
                self.note(span, "R511", text, "example account, never callable: any")
            else:
                self.note(span, "R511", f"this condition always holds: `{what}` could as well be left out")

    def dead_excepts(self) -> None:
        for clause in self.rule.excepts():
            alone = [Demand(c, MAY) for c in self.rule.applies()]
            ways = [[*alone, Demand(clause.condition, YES)]]
            if self.rule.is_all_stops():
                ways = [[Demand(s.condition, MAY), *ways[0]] for s in self.rule.stops()]
            can_hold = account_of([[Demand(clause.condition, YES)]]) is not None
            if can_hold and account_of(ways) is None:
                text = f"this `except` frees nothing: `{self.rule.name}` never closes where it holds"
                held = account_of([[Demand(clause.condition, YES)]]) or {}
                example = f"example account: {shown(held)} is not closed anyway; remove it, or correct its condition"
                self.note(clause.span, "R550", text, example)

    def always_closed(self) -> None:
        rule = self.rule
        limits = [Demand(c, YES) for c in rule.applies()]
        ways = [[Demand(stop.condition, YES), *limits] for stop in rule.stops()]
        if rule.is_all_stops() and limits and account_of(ways) is None:
            held = account_of([[Demand(stop.condition, YES)] for stop in rule.stops()]) or {}
            text = f"`{rule.name}` never closes: it never applies where it stops"
            self.note(rule.block.rule_id.span, "R512", text, f"example account that it lets pass: {shown(held)}")
        elif len(limits) > 1 and account_of([limits]) is None:
            text = f"`{rule.name}` never applies: its conditions, and those of its pack, exclude each other"
            self.note(rule.block.rule_id.span, "R512", text, "look at every `applies`, that of the header too")

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
        """Hours of several rules that leave an account no hour in common: nothing would ever release it."""
        mine = _hours_of(self.rule)
        if not mine:
            return
        before = self.everyone[: self.everyone.index(self.rule)]
        others = [rule for rule in before if rule.is_on() and _hours_of(rule) and _is_same_time(rule, self.rule)]
        if common_hours([week for rule in (*others, self.rule) for week in _hours_of(rule)]):
            return
        for size in range(1, _MOST_TOGETHER):
            for together in combinations(others, size):
                if self.leaves_no_hour([*together, self.rule]):
                    return

    def leaves_no_hour(self, rules: Sequence[Ruled]) -> bool:
        weeks = [week for rule in rules for week in _hours_of(rule)]
        if common_hours(weeks):
            return False
        limits = [
            *(Demand(condition, YES) for rule in rules for condition in rule.applies()),
            *(Demand(clause.condition, NO) for rule in rules for clause in rule.excepts()),
        ]
        account = account_of([limits])
        if account is None:
            return False
        names = [f"`{rule.name}`" for rule in rules]
        text = f"nothing releases: {', '.join(names[:-1])} and {names[-1]} leave no hour of the week open"
        example = f"example account, never callable: {shown(account)}" if account else "no account can be called"
        self.note(rules[-1].gates()[0].gate.span, "R530", text, f"{example}; widen one of them")
        return True

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

    def held_by(self, other: Ruled) -> str | None:
        """An example of what both hold, when the other holds all of it."""
        mine, theirs = self.rule, other
        if not mine.gates() or theirs.is_freed_by_others:
            return None
        if mine.is_all_stops() and theirs.is_all_stops():
            if not theirs.stop_names & mine.names:
                return None
            ways = [[*closed, *passed] for closed in mine.closed() for passed in theirs.passed()]
            return None if account_of(ways) is not None else _example(mine)
        # A policy may well be stricter than a law of the same kind: that is what it is for.
        if mine.layer() < theirs.layer() or not all(_is_undated(dated) for dated in theirs.gates()):
            return None
        placed = [[rule.placed(dated.gate) for dated in rule.gates()] for rule in (mine, theirs)]
        if not all(any(_holds(wide, theirs, narrow, mine) for wide in placed[1]) for narrow in placed[0]):
            return None
        return _example(mine) if _applies_wherever(theirs, mine) else None

    def shadowed(self) -> None:
        """A clause that another clause of the same rule makes needless."""
        dated = [clause for clause in self.rule.gates() if _is_undated(clause)]
        placed = [self.rule.placed(clause.gate) for clause in dated]
        for index, narrow in enumerate(placed):
            for place, wide in enumerate(placed):
                if place == index or not _holds(wide, self.rule, narrow, self.rule):
                    continue
                if place > index and _holds(narrow, self.rule, wide, self.rule):
                    continue  # of two that say the same the later one is needless
                text = f"this clause never blocks alone: another of `{self.rule.name}` holds every case it holds"
                example = _example_of(narrow, self.rule)
                self.note(narrow.gate.span, "R521", text, f"line {wide.gate.span.line} does; {example}", "note")
                break


def _is_undated(dated: t.Dated) -> bool:
    return dated.from_date is None and dated.until_date is None


def _holds(wide: Placed, of_wide: Ruled, narrow: Placed, of_narrow: Ruled) -> bool:
    """Whether one gate is closed wherever another is, where both rules apply."""
    one, other = wide.gate, narrow.gate
    if not isinstance(one, t.StopWhen) or not isinstance(other, t.StopWhen):
        return covers(wide, narrow)
    if of_wide.all(t.Until):
        return False
    closed = Demand(other.condition, YES if other.may_unknown_pass else MAY)
    passed = Demand(one.condition, MAY_NOT if one.may_unknown_pass else NO)
    return account_of([[closed, passed, *of_narrow.applicable()]]) is None


def _applies_wherever(wide: Ruled, narrow: Ruled) -> bool:
    """Whether a rule applies, and is not freed, wherever another one does."""
    here = narrow.applicable()
    missed = [[*here, Demand(condition, NO)] for condition in wide.applies()]
    freed = [[*here, Demand(clause.condition, YES)] for clause in wide.excepts()]
    return all(account_of([way]) is None for way in (*missed, *freed))


def _example(rule: Ruled) -> str | None:
    if rule.is_all_stops():
        held = account_of(rule.closed())
        return "example account: " + shown(held) if held else None
    return _example_of(rule.placed(rule.gates()[0].gate), rule)


def _example_of(placed: Placed, rule: Ruled) -> str:
    """An account that the gate holds, in words."""
    gate = placed.gate
    limits = account_of([[*rule.applicable()]]) or {}
    if isinstance(gate, t.StopWhen):
        limits = account_of([[Demand(gate.condition, MAY), *rule.applicable()]]) or {}
        what = ""
    elif isinstance(gate, t.Open):
        what = "called on " + closed_example(gate, placed.scope)
    elif isinstance(gate, t.AtMost):
        what = f"{gate.count.text} {' or '.join(_texts(gate.nouns))} just now"
    else:
        name = gate.subject if isinstance(gate, t.WaitAfter) else gate.name
        what = f"{name.text} just now" if not isinstance(gate, t.Fresh) else f"{name.text} unknown"
    return "example account: " + ", ".join(part for part in (what, shown(limits)) if part)


def _is_later_twin(other: Ruled, checker: _RuleChecker) -> bool:
    """Of two rules that hold the same, only the later one is idle."""
    later = checker.everyone.index(other) > checker.everyone.index(checker.rule)
    return later and _RuleChecker(other, checker.everyone, []).held_by(checker.rule) is not None


def _from(dated: t.Dated) -> date:
    return dated.from_date or date.min


def _until(dated: t.Dated) -> date:
    return dated.until_date or END_OF_TIME


def _texts(words: Sequence[t.Word]) -> list[str]:
    return [word.text for word in words]


def _is_same_kind(one: t.Gate, other: t.Gate) -> bool:
    """Whether one would take the place of the other: the same count with another number, other hours."""
    if isinstance(one, t.AtMost) and isinstance(other, t.AtMost):
        same = (one.is_all_collectors, one.when is None) == (other.is_all_collectors, other.when is None)
        return same and _texts(one.nouns) == _texts(other.nouns) and _texts(one.scopes) == _texts(other.scopes)
    return isinstance(one, t.Open) and isinstance(other, t.Open)


# Hours ----------------------------------------------------------------------------


def _hours_of(rule: Ruled) -> list[Week]:
    """The hours of a rule that has nothing else, as far as they do not depend on holidays."""
    found = [week_of(d.gate, rule.scope) if isinstance(d.gate, t.Open) else None for d in rule.gates()]
    weeks = [week for week in found if week is not None]
    return weeks if len(weeks) == len(found) and all(_is_undated(dated) for dated in rule.gates()) else []


def _is_same_time(one: Ruled, other: Ruled) -> bool:
    """Whether there is a time at which both are the law, on a clock that both ask."""
    clocks = [rule.placed(rule.gates()[0].gate).scope.clocks for rule in (one, other)]
    shares = bool({*clocks[0].zones} & {*clocks[1].zones}) or (clocks[0].every_evidence and clocks[1].every_evidence)
    return shares and max(one.dates()[0], other.dates()[0]) < min(one.dates()[1], other.dates()[1])

"""Static checks: what reads well but cannot be meant. Every fault of every pack is found before any rule runs."""

from collections.abc import Iterable, Mapping, Sequence

from attrs import define, evolve, field

from collections_rules import tree as t
from collections_rules import tree_pack as p
from collections_rules.calendars import CALENDARS
from collections_rules.check_choices import ChoiceChecker
from collections_rules.check_conditions import ConditionChecker
from collections_rules.conditions import EVENT_NAMES
from collections_rules.diagnostics import Diagnostic, Span, suggest
from collections_rules.facts import FACT_TABLE, FactKind
from collections_rules.gates import weekdays_of
from collections_rules.windows import zone_days
from collections_rules.words import CHANNELS, EVENT_NOUNS, LAYERS, OUTCOMES, SCOPES, SEQUENCE_WORDS, WEEKDAYS, singular
from collections_rules.zone_names import zone_help

__all__ = ["check_packs"]

_NOUNS = (*EVENT_NOUNS, *CHANNELS, *OUTCOMES)
# What people write for words that the lists have under another name.
_OTHER_WORDS = {"conversation": "talk", "dial": "attempt", "message": "text", "claim": "debt", "phone": "number"}
_COUNT_SCOPES = ("person", "household", "debt", "number", "campaign")
_BEFORE_HOURS = ("after", "closed", "every")
"""Words of the language that a misspelt day may have been meant to be."""
_TIMES = (FactKind.DATE, FactKind.DATETIME)
Rules = Mapping[str, tuple[p.PackTree, t.RuleBlock]]


def layer_of(rule: t.RuleBlock) -> str:
    """The layer of a rule; of one that does not say, the lowest."""
    return next((clause.layer for clause in rule.clauses if isinstance(clause, t.Source)), LAYERS[-1])


def check_packs(packs: Sequence[p.PackTree], faults: list[Diagnostic]) -> None:
    """Add every fault of these packs, of each by itself and of all together."""
    rules: dict[str, tuple[p.PackTree, t.RuleBlock]] = {}
    for pack in packs:
        for rule in pack.rules:
            _check_id(pack, rule, rules, faults)
    names = [pack.name.text for pack in packs]
    for index, pack in enumerate(packs):
        if pack.name.text in names[:index]:
            faults.append(Diagnostic(pack.source, pack.name.span, "R203", f"a second pack `{pack.name.text}`"))
        used = [other for other in packs if other.name.text in {word.text for word in pack.uses}]
        checker = _PackChecker(pack, used, rules, names, faults)
        checker.check()
        tables = [table.table_id.text for other in packs for table in other.tables]
        ChoiceChecker(checker.fault, checker.conditions, tables).check(pack)


def _check_id(
    pack: p.PackTree, rule: t.RuleBlock, rules: dict[str, tuple[p.PackTree, t.RuleBlock]], faults: list[Diagnostic]
) -> None:
    other, first = rules.setdefault(rule.rule_id.text, (pack, rule))
    if first is rule:
        return
    name, layer = rule.rule_id.text, layer_of(first)
    if other is pack:
        faults.append(
            Diagnostic(pack.source, rule.rule_id.span, "R203", f"a second rule `{name}`", "give it its own id")
        )
    else:
        text = f"this would replace {layer} rule `{name}` of `{other.name.text}`; a pack may only add rules"
        faults.append(Diagnostic(pack.source, rule.rule_id.span, "R402", text, "give it an id of its own"))


@define
class _PackChecker:
    pack: p.PackTree
    used: Sequence[p.PackTree]
    rules: Rules
    pack_names: Sequence[str]
    faults: list[Diagnostic]
    conditions: ConditionChecker = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.conditions = ConditionChecker(self.fault)

    def check(self) -> None:
        for word in self.pack.uses:
            others = [name for name in self.pack_names if name != self.pack.name.text]
            self.known(word, others, "R403", "no pack", "give it together with this one")
        for clause in self.pack.header:
            self.header_clause(clause)
        self.once(self.pack.header, (t.Clock, p.Contact))
        for rule in self.pack.rules:
            self.rule(rule)
        for sequence in self.pack.sequences:
            self.sequence(sequence)
        for extra in self.pack.sequences[1:]:
            self.fault(extra.sequence_id.span, "R203", "a second sequence in one pack", "a campaign follows one")

    def fault(self, span: Span, code: str, message: str, help_text: str = "") -> None:
        self.faults.append(Diagnostic(self.pack.source, span, code, message, help_text))

    def known(
        self, word: t.Word, words: Iterable[str], code: str = "R101", what: str = "unknown word", remedy: str = ""
    ) -> bool:
        words = tuple(dict.fromkeys(words))
        if word.text in words:
            return True
        other_words = {other: ours for other, ours in _OTHER_WORDS.items() if ours in words}
        meant = suggest(word.text, (*words, *other_words))
        meant = other_words.get(meant or "", meant)
        listed = remedy or ("write one of " + ", ".join(words[:12]) if words else "")
        self.fault(word.span, code, f"{what} `{word.text}`", f"write `{meant}`" if meant else listed)
        return False

    def once(self, clauses: Sequence[object], kinds: tuple[type, ...]) -> None:
        for kind in kinds:
            for extra in [clause for clause in clauses if isinstance(clause, kind)][1:]:
                span = getattr(extra, "span", Span(1, 1))
                self.fault(span, "R203", "this clause stands here twice", "keep one of them")

    # The header ------------------------------------------------------------------

    def header_clause(self, clause: p.HeaderClause) -> None:
        if isinstance(clause, p.Calendar):
            self.known(clause.name, CALENDARS, "R106", "unknown calendar")
        elif isinstance(clause, t.Clock):
            for word in clause.names:
                self.clock_name(word)
        elif isinstance(clause, p.Contact):
            for word in clause.channels:
                self.known(word, ("attempt", *CHANNELS))
        elif isinstance(clause, t.Applies):
            self.conditions.check(clause.condition)
        elif isinstance(clause, p.Enforce):
            self.known(clause.rule_id, self.rules, "R405", "no rule")
            if not clause.by.strip():
                self.fault(clause.span, "R405", "nobody is named", 'write `by "name, function"`')

    def clock_name(self, word: t.Word) -> None:
        if word.text in FACT_TABLE:
            if FACT_TABLE[word.text].kind is not FactKind.TEXT:
                self.fault(
                    word.span, "R103", f"`{word.text}` is not a time zone", "name a zone or `person.stated_zone`"
                )
        elif zone_days(word.text) is None:
            self.fault(
                word.span, "R106", f"unknown time zone `{word.text}`", zone_help(word.text, ("person.stated_zone",))
            )

    def has(self, kind: type) -> bool:
        """Whether this pack, or one that it uses, has such a header clause."""
        return any(isinstance(clause, kind) for pack in (self.pack, *self.used) for clause in pack.header)

    # Rules -----------------------------------------------------------------------

    def rule(self, rule: t.RuleBlock) -> None:
        name, clauses = rule.rule_id, rule.clauses
        gates = [clause.gate for clause in clauses if isinstance(clause, t.Dated)]
        if rule.is_whole and not any(isinstance(clause, t.Source) for clause in clauses):
            self.fault(name.span, "R201", f"rule `{name.text}` does not say where it comes from",
                       "add `law`, `order`, `contract`, `policy` or `campaign`")  # fmt: skip
        if rule.is_whole and not gates and not any(isinstance(c, t.Except) and c.target for c in clauses):
            self.fault(name.span, "R202", f"rule `{name.text}` forbids nothing",
                       "add `open`, `stop`, `at most` or `wait`")  # fmt: skip
        self.once(clauses, (t.Source, t.Effective, t.Until, t.Clock))
        for gate in gates:
            self.gate(gate, rule)
        for clause in clauses:
            self.clause(clause, rule, gates)

    def clause(self, clause: t.Clause, rule: t.RuleBlock, gates: Sequence[t.Gate]) -> None:
        if isinstance(clause, t.Applies):
            self.conditions.check(clause.condition)
        elif isinstance(clause, t.Except):
            self.conditions.check(clause.condition)
            if clause.target is not None:
                self.except_target(clause.target, rule)
        elif isinstance(clause, t.Until):
            if not any(isinstance(gate, t.StopWhen) for gate in gates):
                self.fault(clause.span, "R207", "`until` ends a `stop when`, and there is none", "remove the clause")
            for release in clause.releases:
                self.time_fact(release.name)
                self.duration(release.plus)
        elif isinstance(clause, t.Free):
            self.free(clause, gates)
        elif isinstance(clause, t.Clock):
            for word in clause.names:
                self.clock_name(word)

    def except_target(self, target: t.Word, rule: t.RuleBlock) -> None:
        if not self.known(target, self.rules, "R405", "no rule"):
            return
        other, found = self.rules[target.text]
        above, own = LAYERS.index(layer_of(found)), LAYERS.index(layer_of(rule))
        if own > above or (own == above and other is not self.pack):
            text = (
                f"`except` here would loosen {layer_of(found)} rule `{target.text}`; {layer_of(rule)} may only tighten"
            )
            self.fault(target.span, "R402", text, "write it in the rule's own pack, or a layer above")

    def free(self, clause: t.Free, gates: Sequence[t.Gate]) -> None:
        counts = any(isinstance(g, t.AtMost) or (isinstance(g, t.WaitAfter) and not _is_time(g.subject)) for g in gates)
        if not counts:
            self.fault(
                clause.span, "R207", "`free` is about counting, and nothing is counted here", "remove the clause"
            )
        for item in clause.items:
            if item.condition is not None:
                self.conditions.check(item.condition, counts=True)
            if item.within_name is not None:
                self.time_fact(item.within_name)
            if item.until_next is not None:
                self.noun(item.until_next)
            if item.quota == 0:
                self.fault(clause.span, "R105", "a quota of 0 frees nothing", "remove the clause")
            self.window(item.window)

    # Gates -----------------------------------------------------------------------

    def gate(self, gate: t.Gate, rule: t.RuleBlock) -> None:
        if isinstance(gate, t.Open):
            self.open(gate)
        elif isinstance(gate, t.StopWhen):
            self.conditions.check(gate.condition)
            if gate.may_unknown_pass and layer_of(rule) not in ("policy", "campaign"):
                self.fault(gate.span, "R404", f"`unknown passes` cannot stand in a {layer_of(rule)} rule",
                           "remove it: what is unknown closes")  # fmt: skip
        elif isinstance(gate, t.StopAt):
            self.fact(gate.name, (FactKind.HOURS,), "hours of the week")
        elif isinstance(gate, t.AtMost):
            self.at_most(gate)
        elif isinstance(gate, t.WaitAfter):
            self.wait_after(gate)
        else:
            self.time_fact(gate.name)
            self.duration(gate.plus if isinstance(gate, t.WaitUntil) else gate.duration)
            if isinstance(gate, t.WaitUntil) and gate.when is not None:
                self.conditions.check(gate.when)

    def open(self, gate: t.Open) -> None:
        calendars = [c.name.text for pack in (self.pack, *self.used) for c in pack.header if isinstance(c, p.Calendar)]
        for item in gate.items:
            for day in item.days:
                try:
                    weekdays_of(day.text)
                except ValueError:
                    self.known(day, (*WEEKDAYS, "Mon-Fri", "Mon-Sat", *calendars, *_BEFORE_HOURS))
        if not any(item.hours for item in gate.items):
            self.fault(gate.span, "R202", "no hours are open", "write `stop when`, or give hours")

    def at_most(self, gate: t.AtMost) -> None:
        for noun in gate.nouns:
            self.noun(noun)
        if gate.count.text == "0":
            self.fault(gate.count.span, "R105", "`at most 0` never opens", "write `stop when`")
        self.window(gate.window)
        self.scopes(gate.scopes, gate.span)
        if gate.when is not None:
            self.conditions.check(gate.when, counts=True)

    def wait_after(self, gate: t.WaitAfter) -> None:
        self.duration(gate.duration)
        if _is_time(gate.subject):
            if gate.scopes:
                self.fault(gate.scopes[0].span, "R100", "`per` is about contacts, and this waits after a date",
                           "remove it")  # fmt: skip
        elif "." in gate.subject.text and gate.subject.text not in FACT_TABLE:
            self.time_fact(gate.subject)  # of a misspelt fact nothing else is known
        else:
            if gate.subject.text in FACT_TABLE:
                self.time_fact(gate.subject)
            else:
                self.noun(gate.subject, [n for n, spec in FACT_TABLE.items() if spec.kind in _TIMES])
            self.scopes(gate.scopes, gate.span)
            if gate.duration.is_business:
                self.fault(gate.duration.span, "R105", "business days are counted after a date, not after a contact",
                           "write days")  # fmt: skip
        if gate.when is not None:
            self.conditions.check(gate.when, counts=not _is_time(gate.subject))

    def scopes(self, scopes: Sequence[t.Word], span: Span) -> None:
        for scope in scopes:
            self.known(scope, SCOPES)
        if not any(scope.text in _COUNT_SCOPES for scope in scopes) and all(s.text in SCOPES for s in scopes):
            self.fault(
                span, "R107", "this does not say for whom it counts", "add `per person`, or debt, number, campaign"
            )

    def noun(self, word: t.Word, more: Iterable[str] = ()) -> None:
        name = singular(word.text)
        self.known(evolve(word, text=name), (*_NOUNS, *more))

    def window(self, window: t.Window | None) -> None:
        if window is None or window.is_calendar:
            return
        if window.duration.is_business or window.duration.unit in ("month", "year"):
            self.fault(window.duration.span, "R105", "contacts are counted in hours or days",
                       "write hours, days, or `a month` for that of the calendar")  # fmt: skip

    def duration(self, duration: t.Duration | None) -> None:
        if duration is not None and duration.is_business and not self.has(p.Calendar):
            self.fault(duration.span, "R208", "business days need a calendar", "add `calendar kr-public 2026-2027`")

    def time_fact(self, word: t.Word) -> None:
        self.fact(word, _TIMES, "a date or a moment")

    def fact(self, word: t.Word, kinds: Sequence[FactKind], what: str) -> None:
        fits = [name for name, spec in FACT_TABLE.items() if spec.kind in kinds]
        if word.text in FACT_TABLE and word.text not in fits:
            found = FACT_TABLE[word.text].kind.value
            self.fault(word.span, "R103", f"`{word.text}` is {found}, not {what}", "name " + ", ".join(fits[:4]))
        elif word.text not in EVENT_NAMES:
            self.known(word, fits, "R102", "unknown fact")

    # Sequences -------------------------------------------------------------------

    def sequence(self, block: p.SequenceBlock) -> None:
        for clause in block.clauses:
            if isinstance(clause, p.Numbers):
                for kind, flag in clause.choices:
                    self.known(kind, FACT_TABLE["number.kind"].words)
                    if flag is not None:
                        self.fact(flag, (FactKind.FLAG,), "yes or no")
            elif isinstance(clause, p.Chains):
                for chain in clause.chains:
                    self.known(chain.outcome, SEQUENCE_WORDS)
            elif isinstance(clause, p.First):
                self.time_fact(clause.name)
        self.once(block.clauses, (p.Numbers, p.Hour, p.First, p.End))


def _is_time(word: t.Word) -> bool:
    return word.text in FACT_TABLE and FACT_TABLE[word.text].kind in _TIMES

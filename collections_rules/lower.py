"""From checked trees to gates: what the clauses of a rule become when they run."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from attrs import define, evolve, frozen

from collections_rules import tree as t
from collections_rules import tree_pack as p
from collections_rules.calendars import Calendar, epoch_day
from collections_rules.conditions import Test, compile_test
from collections_rules.count_window import CountWindow
from collections_rules.counting import (
    AtMostGate,
    Counted,
    FreeQuota,
    FreeWithin,
    WaitAfterEventGate,
    event_kinds,
)
from collections_rules.facts import FACT_TABLE
from collections_rules.gates import FreshGate, Gate, OpenGate, Release, StopAtGate, StopWhenGate, calendar_spans
from collections_rules.gates import weekdays_of as weekdays
from collections_rules.query import Clocks
from collections_rules.waiting import WaitAfterFactGate, WaitUntilGate
from collections_rules.windows import DAY_S, NEVER, LocalHours, zone_days
from collections_rules.words import CHANNELS, singular

__all__ = ["DatedGate", "LoweredRule", "PackScope", "lower_rule", "pack_scope", "rule_scope"]

ANY_CHANNEL = ("attempt", *(channel for channel in CHANNELS if channel != "call"))
"""What a contact is where the header does not say: everything that could reach somebody."""


@frozen
class PackScope:
    """What the header of a pack, and of those it uses, gives its rules."""

    clocks: Clocks
    calendars: Mapping[str, Calendar]
    contact: tuple[str, ...]
    applies: tuple[t.Condition, ...]

    def midnight(self, day: date | None, is_end: bool) -> int:
        """When a date of the law begins. Without a home zone, the strictest on Earth."""
        if day is None:
            return NEVER if is_end else -NEVER
        home = zone_days(self.clocks.zones[0]) if self.clocks.zones else None
        if home is not None:
            return home.day_start(epoch_day(day))
        return epoch_day(day) * DAY_S + (12 * 3600 if is_end else -14 * 3600)


@frozen
class DatedGate:
    """A gate and the span of instants in which it is the law."""

    gate: Gate
    from_s: int
    until_s: int


@define(eq=False)
class LoweredRule:
    """A rule ready to be asked."""

    gates: tuple[DatedGate, ...]
    applies: tuple[Test, ...]
    excepts: tuple[Test, ...]
    from_s: int
    until_s: int
    scope: PackScope

    def is_in_force(self, day: date) -> bool:
        """Whether the rule, and at least one of its gates, is the law at the start of a date."""
        at_s = self.scope.midnight(day, is_end=False)
        gates = [gate for gate in self.gates if gate.from_s <= at_s < gate.until_s]
        return self.from_s <= at_s < self.until_s and (bool(gates) or not self.gates)


def pack_scope(pack: p.PackTree, used: Sequence[p.PackTree]) -> PackScope:
    """The header of a pack; what it leaves out comes from the packs that it uses, in order."""
    headers = [clause for tree in (pack, *used) for clause in tree.header]
    named = [clause for clause in headers if isinstance(clause, p.Calendar)]
    calendars = {clause.name.text: _calendar(clause) for clause in reversed(named)}
    clock = next((clause for clause in headers if isinstance(clause, t.Clock)), None)
    contact = next((clause for clause in headers if isinstance(clause, p.Contact)), None)
    own = tuple(clause.condition for clause in pack.header if isinstance(clause, t.Applies))
    clocks = _clocks(clock, _calendar(named[0]) if named else None)
    return PackScope(clocks, calendars, tuple(w.text for w in contact.channels) if contact else ANY_CHANNEL, own)


def _calendar(clause: p.Calendar) -> Calendar:
    added, removed = frozenset(clause.added), frozenset(clause.removed)
    return Calendar(clause.name.text, clause.first_year, clause.last_year, added, removed)


def _clocks(clause: t.Clock | None, business: Calendar | None) -> Clocks:
    names = [word.text for word in clause.names] if clause else []
    return Clocks(
        tuple(name for name in names if name not in FACT_TABLE),
        tuple(name for name in names if name in FACT_TABLE),
        clause.every_evidence if clause else True,
        business,
    )


def rule_scope(rule: t.RuleBlock, scope: PackScope) -> PackScope:
    """What the header gives a rule, with the clock of its own where it has one."""
    own = next((clause for clause in rule.clauses if isinstance(clause, t.Clock)), None)
    return scope if own is None else evolve(scope, clocks=_clocks(own, scope.clocks.calendar))


def lower_rule(rule: t.RuleBlock, scope: PackScope, foreign_excepts: Sequence[Test]) -> LoweredRule:
    """One rule; `foreign_excepts` are those that other rules write on it."""
    scope = rule_scope(rule, scope)
    effective = next((clause for clause in rule.clauses if isinstance(clause, t.Effective)), None)
    from_s = scope.midnight(effective.from_date if effective else None, is_end=False)
    until_s = scope.midnight(effective.until_date if effective else None, is_end=True)
    lowering = _Lowering(rule, scope, from_s if effective and effective.counts_from else -NEVER)
    gates = tuple(
        DatedGate(
            lowering.gate(clause.gate),
            scope.midnight(clause.from_date, is_end=False),
            scope.midnight(clause.until_date, is_end=True),
        )
        for clause in rule.clauses
        if isinstance(clause, t.Dated)
    )
    applies = [*scope.applies, *(clause.condition for clause in rule.clauses if isinstance(clause, t.Applies))]
    excepts = [c.condition for c in rule.clauses if isinstance(c, t.Except) and c.target is None]
    return LoweredRule(
        gates,
        tuple(compile_test(condition, scope.clocks) for condition in applies),
        (*(compile_test(condition, scope.clocks) for condition in excepts), *foreign_excepts),
        from_s,
        until_s,
        scope,
    )


@frozen
class _Lowering:
    rule: t.RuleBlock
    scope: PackScope
    counts_from_s: int

    def gate(self, gate: t.Gate) -> Gate:
        clocks = self.scope.clocks
        if isinstance(gate, t.AtMost):
            return self.at_most(gate)
        if isinstance(gate, t.WaitAfter):
            return self.wait_after(gate)
        if isinstance(gate, t.StopWhen):
            return StopWhenGate(self.test(gate.condition), gate.may_unknown_pass, self.releases(), clocks)
        if isinstance(gate, t.WaitUntil):
            test = self.test(gate.when) if gate.when is not None else None
            return WaitUntilGate(gate.name.text, gate.plus, test, clocks)
        return self.hours_gate(gate)

    def hours_gate(self, gate: t.Open | t.StopAt | t.Fresh) -> Gate:
        clocks = self.scope.clocks
        if isinstance(gate, t.Open):
            items = tuple(self.open_item(item) for item in gate.items)
            return OpenGate(LocalHours(calendar_spans(items)), clocks, _hours_text(gate))
        if isinstance(gate, t.StopAt):
            return StopAtGate(gate.name.text, clocks)
        return FreshGate(gate.name.text, gate.duration, clocks)

    def test(self, condition: t.Condition) -> Test:
        return compile_test(condition, self.scope.clocks)

    def releases(self) -> tuple[Release, ...]:
        until = next((clause for clause in self.rule.clauses if isinstance(clause, t.Until)), None)
        found = until.releases if until else ()
        return tuple(Release(release.name.text, release.plus, release.is_end_of_day) for release in found)

    def open_item(self, item: t.OpenItem) -> tuple[frozenset[int], tuple[Calendar, ...], tuple[tuple[int, int], ...]]:
        calendars = tuple(self.scope.calendars[d.text] for d in item.days if d.text in self.scope.calendars)
        named = [weekdays(day.text) for day in item.days if day.text not in self.scope.calendars]
        days = frozenset().union(*named) if item.days else frozenset(range(7))
        return days, calendars, tuple((span.start_s, span.end_s) for span in item.hours)

    def window(self, window: t.Window | None) -> CountWindow:
        if window is None:
            return CountWindow(None, False, self.scope.clocks)
        return CountWindow(window.duration, window.is_after_first, self.scope.clocks, window.is_calendar)

    def at_most(self, gate: t.AtMost) -> Gate:
        counted = self.counted(gate.nouns, gate.scopes, gate.is_all_collectors, gate.when)
        noun = " or ".join(singular(word.text) for word in gate.nouns)
        return AtMostGate(int(gate.count.text), noun, self.window(gate.window), counted)

    def wait_after(self, gate: t.WaitAfter) -> Gate:
        clocks, subject = self.scope.clocks, gate.subject.text
        if subject in FACT_TABLE:
            test = self.test(gate.when) if gate.when is not None else None
            return WaitAfterFactGate(subject, gate.duration, gate.is_day_counted, test, clocks)
        counted = self.counted((gate.subject,), gate.scopes, gate.is_all_collectors, gate.when)
        return WaitAfterEventGate(gate.duration, gate.is_day_counted, singular(subject), counted, clocks)

    def counted(
        self, nouns: Sequence[t.Word], scopes: Sequence[t.Word], is_all: bool, when: t.Condition | None
    ) -> Counted:
        kinds = frozenset().union(*(event_kinds(singular(noun.text), self.scope.contact) for noun in nouns))
        items = [item for clause in self.rule.clauses if isinstance(clause, t.Free) for item in clause.items]
        return Counted(
            kinds=kinds,
            scopes=tuple(scope.text for scope in scopes),
            is_all_collectors=is_all,
            when=self.test(when) if when is not None else None,
            free=tuple(self.test(i.condition) for i in items if i.condition is not None and i.quota is None),
            quotas=tuple(
                FreeQuota(self.test(i.condition), i.quota, self.window(i.window))
                for i in items
                if i.condition is not None and i.quota is not None
            ),
            within=tuple(self.within(item) for item in items if item.within is not None),
            from_s=self.counts_from_s,
        )

    def within(self, item: t.FreeItem) -> FreeWithin:
        assert item.within_name is not None
        window = CountWindow(item.within, not item.is_day_counted, self.scope.clocks)
        noun = item.until_next
        kinds = event_kinds(singular(noun.text), self.scope.contact) if noun else frozenset()
        return FreeWithin(item.within_name.text, window, kinds)


def _hours_text(gate: t.Open) -> str:
    parts = []
    for item in gate.items:
        days = ", ".join(day.text for day in item.days)
        hours = ", ".join(f"{_clock(span.start_s)}-{_clock(span.end_s)}" for span in item.hours)
        parts.append(f"{days} {hours}".strip() if hours else f"closed {days}")
    return "; ".join(parts)


def _clock(seconds: int) -> str:
    if seconds == DAY_S:
        return "24:00"
    shown = datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)
    return f"{shown:%H:%M:%S}".removesuffix(":00")

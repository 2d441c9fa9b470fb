"""Accounts on which a rule is about to close or to open: for every gate of a book, at every kind of edge."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from attrs import frozen

from collections_rules import tree as t
from collections_rules.boundary.cases import Account, BoundaryCase, around_edges
from collections_rules.boundary.header import Header, OracleRule
from collections_rules.boundary.kinds import NOUNS
from collections_rules.boundary.oracle import is_closed
from collections_rules.conditions import EVENT_NAMES, names_in
from collections_rules.facts import FACT_TABLE, FactKind, FactValue
from collections_rules.ledger import ContactEvent
from collections_rules.satisfy import Demand, TooManyError, account_meeting
from collections_rules.words import CHANNELS, OUTCOMES, singular

__all__ = ["DST_ZONE", "cases_of"]

DST_ZONE = "America/New_York"
"""The clock that changes, where a pack's own does not."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_YES, _NOT_YES, _NO = frozenset({True}), frozenset({False, None}), frozenset({False})
_UNIT_S = {"second": 1, "minute": 60, "hour": 3600, "day": _DAY, "month": 31 * _DAY, "year": 366 * _DAY}
_OPEN_STEP_S = 900
"""Hours of shipped and sensible packs begin and end on quarters; others are looked at minute by minute."""


def cases_of(rule: OracleRule) -> Iterator[BoundaryCase]:
    """The cases of one rule, each second of an account once."""
    seen: set[tuple[object, ...]] = set()
    for account in _Maker(rule).accounts():
        for case in around_edges(rule, account):
            values = tuple(sorted(account.values.items(), key=str))
            key = (case.facts.at, case.facts.zones, case.facts.ring_s, case.contacts, values)
            if key not in seen:
                seen.add(key)
                yield case


@frozen
class _Maker:
    rule: OracleRule

    @property
    def header(self) -> Header:
        return self.rule.header

    @property
    def home(self) -> str:
        return self.header.zones[0] if self.header.zones else DST_ZONE

    @property
    def changing(self) -> str:
        """A zone of the rule in which the clocks change, if it can have one."""
        return DST_ZONE if self.header.takes_evidence else self.home

    def accounts(self) -> Iterator[Account]:
        base = self.base()
        if base is None:
            return
        for clause in self.rule.clauses:
            if isinstance(clause, t.Dated):
                yield from self.of_gate(clause, base)
        yield from self.of_dates(base)
        yield from self.not_applying(base)

    def base(self, *more: Demand) -> dict[str, FactValue | None] | None:
        """Facts of an account on which the rule applies and nothing frees it."""
        demands = [Demand(c, _YES) for c in self.applies()]
        demands += [Demand(c, _NOT_YES) for c, _ in self.rule.freed_by]
        return _met([*demands, *more])

    def applies(self) -> list[t.Condition]:
        own = [c.condition for c in self.rule.clauses if isinstance(c, t.Applies)]
        return [*self.header.applies, *own]

    # Days that matter --------------------------------------------------------------

    def year(self, clause: t.Dated | None) -> int:
        """A year in which the rule and the clause are the law, 2026 if it can be."""
        effective = [c for c in self.rule.clauses if isinstance(c, t.Effective)]
        dated: list[t.Effective | t.Dated] = [*effective, *([clause] if clause else [])]
        first = max((c.from_date.year + 1 for c in dated if c.from_date), default=2026)
        last = min((c.until_date.year - 1 for c in dated if c.until_date), default=2026)
        return min(max(first, 2026), max(last, first - 1)) if last < 2026 else max(first, 2026)

    def days(self, clause: t.Dated | None, zone: str = "") -> list[tuple[str, date]]:
        """Days on which mistakes are made; those of changed clocks where the clocks of the zone change."""
        year = self.year(clause)
        spring, autumn = _clock_changes(ZoneInfo(zone or self.home), year)
        leap = next(y for y in range(year, year + 9) if y % 4 == 0 and (y % 100 or y % 400 == 0))
        changes = [("the clocks go forward", spring), ("the clocks go back", autumn)]
        return [
            ("an ordinary day", date(year, 4, 14)),
            *((name, day) for name, day in changes if day is not None),
            ("29 February", date(leap, 2, 29)),
            ("the end of the year", date(year, 12, 31)),
        ]

    def zone_sets(self) -> list[frozenset[str]]:
        if not self.header.takes_evidence:
            return [frozenset({self.home})]
        return [frozenset({self.home}), frozenset({self.changing})][: 2 if self.home != self.changing else 1]

    def at(self, day: date, hour: int = 0) -> int:
        return int(datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(self.home)).timestamp())

    # Gates --------------------------------------------------------------------------

    def of_gate(self, clause: t.Dated, base: dict[str, FactValue | None]) -> Iterator[Account]:
        gate = clause.gate
        if isinstance(gate, t.Open):
            yield from self.of_hours(clause, gate, base)
        elif isinstance(gate, t.StopAt):
            hours = frozenset({"Mon-Fri 09:00-14:00", "Sun 00:00-24:00"})
            yield from self.of_days(clause, {**base, gate.name.text: hours}, "excluded hours", 2, _OPEN_STEP_S)
            yield from self.single(clause, {**base, gate.name.text: None}, "hours unknown")
        elif isinstance(gate, t.StopWhen):
            yield from self.of_stop(clause, gate)
        elif isinstance(gate, t.AtMost):
            yield from self.of_cap(clause, gate, base)
        elif isinstance(gate, t.WaitAfter) and singular(gate.subject.text) in NOUNS:
            yield from self.of_cooldown(clause, gate, base)
        else:
            yield from self.of_wait(clause, gate, base)

    def of_days(
        self, clause: t.Dated | None, values: Mapping[str, FactValue | None], title: str, days: int, step_s: int
    ) -> Iterator[Account]:
        for zones in self.zone_sets():
            for name, day in self.days(clause, self.changing):
                first = self.at(day - timedelta(days=1))
                yield Account(f"{title}: {name}", values, first, first + days * _DAY, step_s, (), zones)

    def single(self, clause: t.Dated | None, values: Mapping[str, FactValue | None], title: str) -> Iterator[Account]:
        """An account whose answer no clock changes, on the day for which its ages were made."""
        at_s = self.at(date(self.year(clause), 6, 15), 12)
        yield Account(title, values, at_s, at_s, _DAY, (), self.zone_sets()[0])

    def of_hours(self, clause: t.Dated, gate: t.Open, base: dict[str, FactValue | None]) -> Iterator[Account]:
        step_s = _OPEN_STEP_S if all(_on_quarters(span) for item in gate.items for span in item.hours) else _MINUTE
        yield from self.of_days(clause, base, "hours", 3, step_s)
        first = self.at(date(self.year(clause), 4, 14))
        for zones in self.zone_sets():
            yield Account("hours of a week", base, first, first + 7 * _DAY, step_s, (), zones)
            yield Account("hours: ringing 30 seconds", base, first, first + _DAY, step_s, (), zones, 30.0)
        for name, calendar in self.header.calendars.items():
            holiday = next((d for d in _year(self.year(clause)) if calendar.is_holiday(d) and d.weekday() < 5), None)
            if holiday is not None:
                first = self.at(holiday)
                title = f"hours on a holiday of {name}"
                yield Account(title, base, first, first + _DAY, step_s, (), self.zone_sets()[0])
        if self.header.takes_evidence:
            at_s = self.at(date(self.year(clause), 4, 14), 12)
            yield Account("hours: no zone is known", base, at_s, at_s, _DAY)

    def of_stop(self, clause: t.Dated, gate: t.StopWhen) -> Iterator[Account]:
        parts = gate.condition.parts if isinstance(gate.condition, t.AnyOf) else (gate.condition,)
        for part in parts:
            values = self.base(Demand(part, _YES))
            if values is None:
                continue
            yield from self.single(clause, values, "stopped")
            for name in dict.fromkeys(names_in(part)):
                if name in FACT_TABLE:
                    yield from self.single(clause, {**values, name: None}, f"{name} unknown")
            for age in _ages(part):
                yield from self.of_date(clause, age.name.text, age.duration, values, "age")
            for until in self.rule.of_kind(t.Until):
                assert isinstance(until, t.Until)
                for release in until.releases:
                    others = {r.name.text: None for r in until.releases if r is not release}
                    yield from self.of_date(clause, release.name.text, release.plus, {**values, **others}, "release")
        passing = self.base(Demand(gate.condition, _NO))
        if passing is not None:
            yield from self.single(clause, passing, "not stopped")

    def of_wait(
        self, clause: t.Dated, gate: t.WaitAfter | t.WaitUntil | t.Fresh, base: dict[str, FactValue | None]
    ) -> Iterator[Account]:
        name = gate.subject.text if isinstance(gate, t.WaitAfter) else gate.name.text
        plus = gate.plus if isinstance(gate, t.WaitUntil) else gate.duration
        when = None if isinstance(gate, t.Fresh) else gate.when
        values = self.base(Demand(when, _YES)) if when is not None else base
        if values is None:
            return
        yield from self.of_date(clause, name, plus, values, "wait")
        yield from self.single(clause, {**values, name: None}, f"{name} unknown")
        passing = self.base(Demand(when, _NO)) if when is not None else None
        if passing is not None:
            yield from self.single(clause, passing, "no wait")

    def of_date(
        self, clause: t.Dated, name: str, plus: t.Duration | None, values: Mapping[str, FactValue | None], title: str
    ) -> Iterator[Account]:
        """A date or moment that a fact holds, such that what follows from it falls on a day that matters."""
        spec = FACT_TABLE.get(name)
        if spec is None or spec.kind not in (FactKind.DATE, FactKind.DATETIME):
            return
        length_s = plus.count * _UNIT_S[plus.unit] * (2 if plus.is_business else 1) if plus else 0
        for day_name, day in self.days(clause):
            given = day - timedelta(seconds=length_s * (plus is None or not plus.is_business))
            held: date = given
            if spec.kind is FactKind.DATETIME:
                held = datetime(given.year, given.month, given.day, 10, 30, tzinfo=ZoneInfo(self.home)).astimezone(UTC)
            first = self.at(given)
            last = first + length_s + 12 * _DAY
            step = _DAY // 4 if length_s > 2 * _DAY or spec.kind is FactKind.DATE else _HOUR // 2
            yield Account(f"{title}: {day_name}", {**values, name: held}, first, last, step, (), self.zone_sets()[0])

    # Counting -------------------------------------------------------------------------

    def of_cap(self, clause: t.Dated, gate: t.AtMost, base: dict[str, FactValue | None]) -> Iterator[Account]:
        values = self.base(Demand(gate.when, _YES)) if gate.when is not None else base
        if values is None:
            return
        window_s = gate.window.duration.count * _UNIT_S[gate.window.duration.unit] if gate.window else 30 * _DAY
        step = max(_MINUTE, min(_HOUR, window_s // 24))
        limit = int(gate.count.text)
        kind = self.counted_kind([word.text for word in gate.nouns], values, limit)
        for name, day in self.days(clause):
            first = self.at(day, 10) - window_s
            for count in (limit, limit - 1):
                made = tuple(self.event(n, first + n * _MINUTE, kind) for n in range(count))
                last = first + window_s + 3 * _DAY * (gate.window is not None and step == _HOUR) + _HOUR
                title = f"{count} of {limit}: {name}"
                yield Account(title, _facts(values), first + limit * _MINUTE, last, step, made, self.zone_sets()[0])
        yield from self.of_free(clause, values, limit, kind)

    def of_cooldown(self, clause: t.Dated, gate: t.WaitAfter, base: dict[str, FactValue | None]) -> Iterator[Account]:
        values = self.base(Demand(gate.when, _YES)) if gate.when is not None else base
        if values is None:
            return
        length_s = gate.duration.count * _UNIT_S[gate.duration.unit]
        kind = self.counted_kind([gate.subject.text], values, 1)
        for name, day in self.days(clause):
            first = self.at(day, 10) - length_s
            step = max(_MINUTE, min(_HOUR, length_s // 24))
            last = first + length_s + (2 * _DAY if length_s >= _DAY else _HOUR)
            made = (self.event(0, first, kind),)
            yield Account(f"wait: {name}", _facts(values), first, last, step, made, self.zone_sets()[0])
        yield from self.of_free(clause, values, 1, kind)

    def counted_kind(self, nouns: Sequence[str], values: Mapping[str, FactValue | None], limit: int) -> dict[str, str]:
        """A contact that counts; of several the first that closes the rule by the oracle."""
        found = _kinds_of(singular(nouns[0]), self.header.contact)
        wanted = {name: str(value) for name, value in values.items() if name in EVENT_NAMES and value is not None}
        at_s = self.at(date(self.year(None), 4, 14), 12)
        for kind in found:
            kind = {**kind, **wanted}
            made = tuple(self.event(n, at_s - (limit - n) * _MINUTE, kind) for n in range(limit))
            account = Account("", _facts(values), at_s, at_s, _DAY, made, self.zone_sets()[0])
            case = next(around_edges(self.rule, account))
            if is_closed(self.rule, case.facts, made, at_s):
                return kind
        return {**found[0], **wanted}

    def of_free(
        self, clause: t.Dated, values: Mapping[str, FactValue | None], limit: int, kind: dict[str, str]
    ) -> Iterator[Account]:
        """One contact fewer than the limit, and as many that are free as the rule frees, and one more."""
        at_s = self.at(date(self.year(clause), 4, 14), 12)
        for free in self.rule.of_kind(t.Free):
            assert isinstance(free, t.Free)
            for item in free.items:
                met = _met([Demand(item.condition, _YES)]) if item.condition is not None else None
                if met is None:
                    continue
                own = {**kind, **{n: str(v) for n, v in met.items() if n in EVENT_NAMES and v is not None}}
                if "callee.role" in met and isinstance(met["callee.role"], str):
                    own["callee.role"] = met["callee.role"]
                others = {n: v for n, v in met.items() if n in FACT_TABLE and n not in ("callee.role", "call.content")}
                for extra in (1, (item.quota or 1) + 1):
                    made = [self.event(n, at_s - (limit - n) * 2 * _MINUTE, kind) for n in range(limit - 1)]
                    made += [self.event(limit + n, at_s + n * _MINUTE, own) for n in range(extra)]
                    asked = at_s + extra * _MINUTE
                    title = f"{extra} free beside {limit - 1}"
                    facts = {**_facts(values), **others}
                    yield Account(title, facts, asked, asked, _DAY, tuple(made), self.zone_sets()[0])

    def event(self, number: int, at_s: int, kind: Mapping[str, str]) -> ContactEvent:
        channel = kind.get("event", "call")
        return ContactEvent(
            f"b{number}", datetime.fromtimestamp(at_s, UTC), channel, kind.get("direction", "outbound"), "P1", ("D1",),
            "N1", "C1", "own", kind.get("outcome", "talk" if channel in ("call", "visit") else "delivered"),
            kind.get("content", "demand"), kind.get("callee.role", "debtor"),
        )  # fmt: skip

    # The rule as a whole ----------------------------------------------------------------

    def of_dates(self, base: dict[str, FactValue | None]) -> Iterator[Account]:
        """The midnights on which the rule, or a clause of it, begins and ends to be the law."""
        closing = self.closing(base)
        dated = [c for c in self.rule.clauses if isinstance(c, t.Effective | t.Dated)]
        for day in {d for c in dated for d in (c.from_date, c.until_date) if d is not None}:
            first = self.at(day - timedelta(days=2))
            yield Account(f"in force at {day}", closing, first, first + 4 * _DAY, _HOUR, (), self.zone_sets()[0])

    def closing(self, base: dict[str, FactValue | None]) -> dict[str, FactValue | None]:
        """Facts on which a stop of the rule closes, if it has one."""
        for clause in self.rule.clauses:
            if isinstance(clause, t.Dated) and isinstance(clause.gate, t.StopWhen):
                return self.base(Demand(clause.gate.condition, _YES)) or base
            if isinstance(clause, t.Dated) and isinstance(clause.gate, t.WaitAfter | t.WaitUntil):
                name = clause.gate.subject if isinstance(clause.gate, t.WaitAfter) else clause.gate.name
                return {**base, name.text: None}
        return base

    def not_applying(self, base: dict[str, FactValue | None]) -> Iterator[Account]:
        closing = self.closing(base)
        for condition in self.applies():
            met = _met([Demand(condition, _NO)])
            if met is not None:
                yield from self.single(None, {**closing, **met}, "does not apply")
            for name in dict.fromkeys(names_in(condition)):
                if name in FACT_TABLE:
                    yield from self.single(None, {**closing, name: None}, f"{name} unknown")
        for condition, _ in self.rule.freed_by:
            met = _met([Demand(condition, _YES)])
            if met is not None:
                yield from self.single(None, {**closing, **met}, "freed by except")


# Small things ------------------------------------------------------------------------


def _met(demands: list[Demand]) -> dict[str, FactValue | None] | None:
    try:
        found = account_meeting(demands)
    except TooManyError:
        return None
    return None if found is None else dict(found)


def _facts(values: Mapping[str, FactValue | None]) -> dict[str, FactValue | None]:
    """Without what only a contact has."""
    return {name: value for name, value in values.items() if name in FACT_TABLE}


def _ages(condition: t.Condition) -> Iterator[t.Age]:
    if isinstance(condition, t.Age):
        yield condition
    elif isinstance(condition, t.AllOf | t.AnyOf):
        for part in condition.parts:
            yield from _ages(part)
    elif isinstance(condition, t.Not):
        yield from _ages(condition.part)


def _kinds_of(noun: str, contact: Sequence[str]) -> list[dict[str, str]]:
    """Contacts that a noun may mean, the likeliest first."""
    if noun == "contact":
        return [kind for word in contact for kind in _kinds_of(singular(word), ())]
    if noun == "text":
        return [{"event": "sms"}]
    if noun in OUTCOMES:
        return [{"event": "call", "outcome": noun}]
    if noun in CHANNELS and noun != "call":
        return [{"event": noun}]
    return [{"event": "call", "outcome": outcome} for outcome in ("talk", "voicemail", "no_answer")]


def _on_quarters(span: t.HourSpan) -> bool:
    return all(second % _OPEN_STEP_S in (0, 1) for second in (span.start_s, span.end_s))


def _year(year: int) -> Iterator[date]:
    day = date(year, 1, 2)
    while day.year == year:
        yield day
        day += timedelta(days=1)


def _clock_changes(zone: ZoneInfo, year: int) -> tuple[date | None, date | None]:
    """The dates on which the clocks of a zone go forward and back."""
    forward = back = None
    for day in _year(year):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
        before, after = (noon - timedelta(days=1)).utcoffset(), noon.utcoffset()
        if before is not None and after is not None and before != after:
            forward, back = (day, back) if after > before else (forward, day)
    return forward, back

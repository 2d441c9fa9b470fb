"""The gates that read the clock or the facts: `open`, `stop when`, `stop at`, `fresh`.

A gate is asked at a second and answers None when it passes, or the first second at
which it might pass. It is closed on the whole way there, so the next allowed moment
is found by jumping from answer to answer. `NEVER` means that only a changed fact opens it.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import Protocol

from attrs import define, field, frozen

from collections_rules.calendars import EPOCH, Calendar
from collections_rules.conditions import Test
from collections_rules.facts import FACT_TABLE, FactValue
from collections_rules.moments import date_of, home_days, moment_after, shifted, start_of
from collections_rules.query import Clocks, Query
from collections_rules.tree import Duration
from collections_rules.windows import DAY_S, NEVER, LocalHours, zone_days
from collections_rules.words import WEEKDAYS

__all__ = [
    "PASSES", "FreshGate", "Gate", "OpenGate", "Reason", "Release", "StopAtGate", "StopWhenGate", "calendar_spans",
    "missing_reason", "week_hours", "weekdays_of", "when",
]  # fmt: skip


@frozen
class Reason:
    """Why a gate is closed, or that it is not, in both languages."""

    ko: str
    en: str
    missing: str | None = None


class Gate(Protocol):
    """One clause that may keep a call from being placed."""

    def closed_until(self, query: Query) -> int | None:
        """None when the gate passes at the question's second; else when it might."""

    def reason(self, query: Query) -> Reason:
        """Why it is as it is at the question's second."""


def missing_reason(name: str) -> Reason:
    return Reason(f"`{name}` 값이 없습니다", f"`{name}` is not known", name)


def when(at_s: int, clocks: Clocks, query: Query) -> str:
    """A moment on the home clock, as messages show it."""
    days = home_days(clocks, query)
    if days is None:
        return "?"
    local = days.local(at_s)
    return f"{local.day} {local:%b %H:%M:%S}".removesuffix(":00")


PASSES = Reason("통과", "passes")


@define(eq=False)
class OpenGate:
    """Closed outside the hours in any zone of evidence, now or when the ringing ends."""

    hours: LocalHours
    clocks: Clocks
    text: str
    _hits: dict[str, tuple[int, int]] = field(factory=dict, init=False, repr=False)
    """The last open span found in each zone: while it holds, nothing is computed."""

    def closed_until(self, query: Query) -> int | None:
        at_s, hits = query.at_s, self._hits
        last_s = at_s + query.margin_s
        zones = self.clocks.of(query)
        for zone in zones:
            hit = hits.get(zone)
            if hit is None or at_s < hit[0] or last_s >= hit[1]:
                return self._closed_until(query, zones)
        return None if zones else NEVER

    def _closed_until(self, query: Query, zones: tuple[str, ...]) -> int | None:
        worst: int | None = None
        for zone in zones:
            release = self._zone_closed_until(zone, query.at_s, query.margin_s)
            if release is not None and (worst is None or release > worst):
                worst = release
        return worst

    def open_until(self, query: Query) -> int:
        """A later second up to which an open gate certainly stays open."""
        ends = [span[1] for zone in self.clocks.of(query) if (span := self.hours.span_at(zone, query.at_s))]
        return max(min(ends, default=NEVER) - query.margin_s, query.at_s + 1)

    def _zone_closed_until(self, zone: str, at_s: int, margin_s: int) -> int | None:
        span = self.hours.span_at(zone, at_s)
        if span is None:
            return self.hours.next_start(zone, at_s)
        self._hits[zone] = span
        if at_s + margin_s < span[1] or self.hours.span_at(zone, at_s + margin_s):
            return None
        later = self.hours.next_start(zone, at_s + margin_s)
        return later if later == NEVER else later - margin_s

    def reason(self, query: Query) -> Reason:
        zones = self.clocks.of(query)
        if not zones:
            return missing_reason("person.zone")
        for zone in zones:
            days = zone_days(zone)
            if days is None:
                return Reason(f"시간대 `{zone}` 를 모릅니다", f"there is no zone `{zone}`", "person.zone")
            if self._zone_closed_until(zone, query.at_s, query.margin_s) is not None:
                shown = f"{days.local(query.at_s):%a %H:%M:%S} {zone}"
                ring = f", ringing up to {query.margin_s} s" if self.hours.span_at(zone, query.at_s) else ""
                return Reason(f"허용 시간({self.text}) 밖: {shown}", f"outside {self.text} ({shown}{ring})")
        return Reason(f"허용 시간({self.text}) 안", f"within {self.text}")


@frozen
class Release:
    """When a stop ends by itself: a fact, or so long after it."""

    name: str
    plus: Duration | None
    is_end_of_day: bool


@define(eq=False)
class StopWhenGate:
    """Closed while its condition holds or cannot be decided."""

    test: Test
    may_unknown_pass: bool
    releases: tuple[Release, ...]
    clocks: Clocks

    def closed_until(self, query: Query) -> int | None:
        found = self.test.ask(query, None)
        if found is False or (found is None and self.may_unknown_pass):
            return None
        if found and self.releases:
            end = self._ends(query)
            if end is not None:
                return None if query.at_s >= end else min(end, self.test.next_edge(query))
        return self.test.next_edge(query) if self.test.edges else NEVER

    def _ends(self, query: Query) -> int | None:
        for release in self.releases:
            value = query.values.get(release.name)
            end = moment_after(value, release.plus, release.is_end_of_day, self.clocks, query)
            if end is not None:
                return end
        return None

    def reason(self, query: Query) -> Reason:
        found = self.test.ask(query, None)
        if found is None:
            missing = self.test.missing(query)
            return missing_reason(missing[0] if missing else self.test.names[0])
        if not found:
            return PASSES
        if self.releases and self._ends(query) is None:
            return missing_reason(self.releases[-1].name)
        return _said_by_facts(self.test, query)


def _said_by_facts(test: Test, query: Query) -> Reason:
    """Which facts are not clean: they, and not the rest of the condition, closed the gate."""
    ko, en = [], []
    for name in test.names:
        value, spec = query.values.get(name), FACT_TABLE.get(name)
        if spec is None or value is None or value == spec.clean:
            continue
        ko.append(f"{spec.meaning_ko}({name}): {_shown(value)}")
        en.append(f"{name} is {_shown(value)}")
    return Reason(", ".join(ko) or "금지 조건에 해당", ", ".join(en) or "the condition holds")


def _shown(value: FactValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(sorted(value)) if isinstance(value, frozenset) else str(value)


@define(eq=False)
class StopAtGate:
    """Closed in the hours that a fact holds, in any zone of evidence, now or when the ringing ends."""

    name: str
    clocks: Clocks

    def closed_until(self, query: Query) -> int | None:
        held = query.values.get(self.name)
        if not isinstance(held, frozenset):
            return NEVER
        if not held:
            return None
        hours = week_hours(held)
        if hours is None:
            return NEVER
        zones, at_s, margin_s = self.clocks.of(query), query.at_s, query.margin_s
        if not zones:
            return NEVER
        ends = [span[1] for zone in zones if (span := hours.span_at(zone, at_s))]
        ends += [span[1] - margin_s for zone in zones if (span := hours.span_at(zone, at_s + margin_s))]
        return max(ends, default=None)

    def open_until(self, query: Query) -> int:
        """A later second up to which an open gate certainly stays open."""
        held = query.values.get(self.name)
        if not held:
            return NEVER
        hours = week_hours(held) if isinstance(held, frozenset) else None
        starts = [hours.next_start(zone, query.at_s) for zone in self.clocks.of(query)] if hours else []
        return max(min(starts, default=NEVER) - query.margin_s, query.at_s + 1)

    def reason(self, query: Query) -> Reason:
        held = query.values.get(self.name)
        if not isinstance(held, frozenset) or week_hours(held) is None:
            return missing_reason(self.name)
        if self.closed_until(query) is None:
            return PASSES
        return Reason(f"본인이 제외한 시간: {_shown(held)}", f"in hours the person excluded: {_shown(held)}")


@lru_cache(maxsize=4096)
def week_hours(texts: frozenset[str]) -> LocalHours | None:
    """Weekly hours from texts such as `Mon-Fri 09:00-14:00`; None when one cannot be read."""
    parsed: list[tuple[frozenset[int], tuple[int, int]]] = []
    for text in texts:
        try:
            days, hours = text.split()
            start, end = (int(part[:2]) * 3600 + int(part[3:5]) * 60 for part in hours.split("-"))
            parsed.append((weekdays_of(days), (start, end)))
        except (ValueError, KeyError):
            return None
        if not 0 <= start < end <= DAY_S:
            return None

    def spans_of(day: date) -> tuple[tuple[int, int], ...]:
        return tuple(span for days, span in parsed if day.weekday() in days)

    return LocalHours(spans_of)


def weekdays_of(text: str) -> frozenset[int]:
    """`Mon-Fri` as 0 to 4, `Fri-Mon` around the weekend; ValueError for anything else."""
    first, _, last = text.partition("-")
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    return frozenset((start + n) % 7 for n in range((end - start) % 7 + 1))


@define(eq=False)
class FreshGate:
    """Closed when a list is older than so many days, or its date is not known."""

    name: str
    duration: Duration
    clocks: Clocks

    def closed_until(self, query: Query) -> int | None:
        return None if query.at_s < self.expires(query) else NEVER

    def expires(self, query: Query) -> int:
        """The first second at which the list is too old; long ago when its date is not known."""
        days = home_days(self.clocks, query)
        day = date_of(query.values.get(self.name), days) if days else None
        last = shifted(day, self.duration, self.clocks.calendar) if day else None
        return -NEVER if days is None or last is None else start_of(last + timedelta(days=1), days)

    def reason(self, query: Query) -> Reason:
        days = home_days(self.clocks, query)
        day = date_of(query.values.get(self.name), days) if days else None
        if days is None or day is None:
            return missing_reason(self.name)
        age = (EPOCH + timedelta(days=days.day(query.at_s)) - day).days
        limit = self.duration.count
        return Reason(f"{self.name} {age}일 경과, 한도 {limit}일", f"{self.name} is {age} days old, limit {limit}")


def calendar_spans(
    items: tuple[tuple[frozenset[int], tuple[Calendar, ...], tuple[tuple[int, int], ...]], ...],
) -> Callable[[date], tuple[tuple[int, int], ...]]:
    """Hours of a date from (weekdays, calendars, hours) items.

    An item without hours closes its days; hours given for holidays take the place of those of the day of the week.
    """

    def spans_of(day: date) -> tuple[tuple[int, int], ...]:
        of_weekday: list[tuple[int, int]] = []
        of_holiday: list[tuple[int, int]] = []
        for weekdays, calendars, hours in items:
            is_holiday = any(calendar.is_holiday(day) for calendar in calendars)
            if (is_holiday or day.weekday() in weekdays) and not hours:
                return ()
            if is_holiday:
                of_holiday += hours
            elif day.weekday() in weekdays:
                of_weekday += hours
        return tuple(of_holiday or of_weekday)

    return spans_of

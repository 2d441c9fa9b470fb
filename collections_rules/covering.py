"""Whether one gate is closed wherever another is: by hours, counts and waits, whatever the facts and contacts.

`True` is a proof. Where two gates cannot be compared the answer is no, and nothing is said of them.
"""

from collections.abc import Sequence

from attrs import frozen

from collections_rules import tree as t
from collections_rules.calendars import Calendar
from collections_rules.counting import Kind, event_kinds
from collections_rules.facts import FACT_TABLE
from collections_rules.gates import weekdays_of
from collections_rules.lower import PackScope
from collections_rules.words import UNIT_S, singular

__all__ = ["Placed", "Week", "closed_example", "common_hours", "covers", "week_of"]

_DAY_S = 86_400
_HOUR_S = 3600
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Span = tuple[int, int]


@frozen(eq=False)
class Placed:
    """A gate with what the header gives it and what its rule leaves out of the count."""

    gate: t.Gate
    scope: PackScope
    has_free: bool = False
    counts_from: bool = False


def covers(wide: Placed, narrow: Placed) -> bool:
    """Whether `wide` is closed at every instant, and about every call, at which `narrow` is."""
    one, other = wide.gate, narrow.gate
    if type(one) is not type(other):
        return False
    if isinstance(one, t.Open):
        return _hours(wide, narrow)
    if isinstance(one, t.AtMost):
        return _caps(wide, narrow)
    if isinstance(one, t.WaitAfter):
        return _waits(wide, narrow)
    if isinstance(one, t.StopAt) and isinstance(other, t.StopAt):
        return one.name.text == other.name.text and _asks_all_of(wide, narrow)
    return isinstance(one, t.Fresh) and _lists(wide, narrow)


def _lists(wide: Placed, narrow: Placed) -> bool:
    one, other = wide.gate, narrow.gate
    assert isinstance(one, t.Fresh)
    assert isinstance(other, t.Fresh)
    same = one.name.text == other.name.text and one.duration.unit == other.duration.unit
    return same and _is_same_clock(wide, narrow) and one.duration.count <= other.duration.count


def _asks_all_of(wide: Placed, narrow: Placed) -> bool:
    """Whether every zone that `narrow` asks is asked by `wide` too."""
    more, less = wide.scope.clocks, narrow.scope.clocks
    named = {*less.zones, *less.fact_names} <= {*more.zones, *more.fact_names}
    return named and more.every_evidence >= less.every_evidence


def _is_same_clock(wide: Placed, narrow: Placed) -> bool:
    one, other = wide.scope.clocks, narrow.scope.clocks
    return (one.zones, one.fact_names, one.every_evidence) == (other.zones, other.fact_names, other.every_evidence)


# Hours ----------------------------------------------------------------------------


@frozen
class Week:
    """The open seconds of a week without holidays, and the calendars whose days are closed besides."""

    spans: tuple[Span, ...]
    closed: tuple[Calendar, ...]


def week_of(gate: t.Open, scope: PackScope) -> Week | None:
    """The hours of a gate; None where holidays have hours of their own."""
    spans: list[Span] = []
    closed_days: set[int] = set()
    calendars: list[Calendar] = []
    for item in gate.items:
        named = [scope.calendars[day.text] for day in item.days if day.text in scope.calendars]
        if named and item.hours:
            return None
        days = [day for word in item.days if word.text not in scope.calendars for day in weekdays_of(word.text)]
        days = days if item.days else list(range(7))
        calendars += named
        if not item.hours:
            closed_days.update(days)
        spans += [(day * _DAY_S + span.start_s, day * _DAY_S + span.end_s) for day in days for span in item.hours]
    kept = sorted(span for span in spans if span[0] // _DAY_S not in closed_days)
    return Week(_joined(kept), tuple(calendars))


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for first, last in spans:
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)


def common_hours(weeks: Sequence[Week]) -> tuple[Span, ...]:
    """What all of them leave open."""
    spans: tuple[Span, ...] = ((0, 7 * _DAY_S),)
    for week in weeks:
        spans = tuple((max(a, c), min(b, d)) for a, b in spans for c, d in week.spans if max(a, c) < min(b, d))
    return spans


def _hours(wide: Placed, narrow: Placed) -> bool:
    assert isinstance(wide.gate, t.Open)
    assert isinstance(narrow.gate, t.Open)
    tight, loose = week_of(wide.gate, wide.scope), week_of(narrow.gate, narrow.scope)
    if tight is None or loose is None or not _asks_all_of(wide, narrow):
        return False
    inside = all(any(a <= first and last <= b for a, b in loose.spans) for first, last in tight.spans)
    return inside and all(calendar in tight.closed for calendar in loose.closed)


def closed_example(gate: t.Open, scope: PackScope) -> str:
    """A time of the week at which these hours are closed."""
    week = week_of(gate, scope)
    ends = [last % (7 * _DAY_S) for _, last in week.spans] if week else []
    at_s = next((end for end in ends if not any(a <= end < b for a, b in week.spans)), 0) if week else 0
    day, second = divmod(at_s, _DAY_S)
    return f"{_WEEKDAYS[day]} {second // _HOUR_S:02}:{second % _HOUR_S // 60:02}"


# Counts and waits -----------------------------------------------------------------


def _kinds(placed: Placed, nouns: Sequence[t.Word]) -> frozenset[Kind]:
    return frozenset().union(*(event_kinds(singular(noun.text), placed.scope.contact) for noun in nouns))


def _counts_all_of(wide: Placed, narrow: Placed) -> bool:
    """Whether `wide` counts every contact that `narrow` does."""
    one, other = wide.gate, narrow.gate
    assert isinstance(one, t.AtMost | t.WaitAfter)
    assert isinstance(other, t.AtMost | t.WaitAfter)
    if one.when is not None or wide.has_free or wide.counts_from:
        return False
    nouns = [gate.nouns if isinstance(gate, t.AtMost) else (gate.subject,) for gate in (one, other)]
    scopes = [{word.text for word in gate.scopes} for gate in (one, other)]
    # A cap per debt is closed where no debt is known, one without is not.
    same_debts = ("debt" in scopes[0]) == ("debt" in scopes[1])
    same_people = scopes[0] <= scopes[1] and same_debts and one.is_all_collectors >= other.is_all_collectors
    return same_people and _kinds(wide, nouns[0]) >= _kinds(narrow, nouns[1])


def _caps(wide: Placed, narrow: Placed) -> bool:
    one, other = wide.gate, narrow.gate
    assert isinstance(one, t.AtMost)
    assert isinstance(other, t.AtMost)
    if int(one.count.text) > int(other.count.text) or not _counts_all_of(wide, narrow):
        return False
    if one.window is None or other.window is None:
        return one.window is None
    has_dates = any(w.duration.unit not in UNIT_S for w in (one.window, other.window))
    return _reaches(one.window, other.window) and (not has_dates or _is_same_clock(wide, narrow))


def _reaches(wide: t.Window, narrow: t.Window) -> bool:
    """Whether one window reaches back at least as far as the other, at every instant and on every clock."""
    if wide.is_calendar and narrow.is_calendar:
        return wide.duration.unit == narrow.duration.unit or wide.duration.unit == "year"
    if wide.is_calendar:
        return False
    if narrow.is_calendar:
        return _least_s(wide) >= {"month": 31, "year": 366}[narrow.duration.unit] * _DAY_S + _HOUR_S
    if (wide.duration.unit in UNIT_S) == (narrow.duration.unit in UNIT_S):
        return _size(wide) >= _size(narrow)
    return _least_s(wide) >= _most_s(narrow)


def _size(window: t.Window) -> int:
    unit = window.duration.unit
    return window.duration.count * UNIT_S[unit] if unit in UNIT_S else window.duration.count + window.is_after_first


def _least_s(window: t.Window) -> int:
    """How far it reaches back at the least: dates from a midnight on, an hour less when clocks change."""
    return _size(window) if window.duration.unit in UNIT_S else (_size(window) - 1) * _DAY_S - _HOUR_S


def _most_s(window: t.Window) -> int:
    return _size(window) if window.duration.unit in UNIT_S else _size(window) * _DAY_S + _HOUR_S


def _waits(wide: Placed, narrow: Placed) -> bool:
    one, other = wide.gate, narrow.gate
    assert isinstance(one, t.WaitAfter)
    assert isinstance(other, t.WaitAfter)
    is_fact = [gate.subject.text in FACT_TABLE for gate in (one, other)]
    if is_fact[0] != is_fact[1]:
        return False
    elapsed = [gate.duration.unit in UNIT_S for gate in (one, other)]
    if elapsed[0] != elapsed[1] or one.duration.is_business != other.duration.is_business:
        return False
    if not elapsed[0] and (not _is_same_clock(wide, narrow) or one.duration.unit != other.duration.unit):
        return False
    if is_fact[0]:
        same = one.subject.text == other.subject.text and one.when is None
        return same and one.is_day_counted == other.is_day_counted and one.duration.count >= other.duration.count
    size = [g.duration.count * UNIT_S.get(g.duration.unit, 1) - g.is_day_counted for g in (one, other)]
    return size[0] >= size[1] and _counts_all_of(wide, narrow)

"""Conditions, asked the slow way: yes, no or unknown, straight from the tree. For the oracle."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from attrs import frozen

from collections_rules import tree as t
from collections_rules.calendars import Calendar
from collections_rules.facts import FACT_TABLE, FactKind, Facts, FactValue
from collections_rules.ledger import ContactEvent
from collections_rules.words import CHANNELS, CONTENTS, DIRECTIONS, OUTCOMES

__all__ = ["Asked", "ask", "date_on", "later_date"]

_UNIT_S = {"second": 1, "minute": 60, "hour": 3600}
_EVENT_WORDS = {"event": CHANNELS, "outcome": OUTCOMES, "content": CONTENTS, "direction": DIRECTIONS}


@frozen
class Asked:
    """An account, the second of the question, and the zones on whose dates days are counted."""

    facts: Facts
    at_s: int
    date_zones: Sequence[str]


def ask(condition: t.Condition, asked: Asked, event: ContactEvent | None) -> bool | None:
    """Yes, no, or None for what cannot be said; of one contact, or of the call being judged."""
    if isinstance(condition, t.Not):
        found = ask(condition.part, asked, event)
        return None if found is None else not found
    if isinstance(condition, t.AllOf):
        parts = [ask(part, asked, event) for part in condition.parts]
        return False if False in parts else None if None in parts else True
    if isinstance(condition, t.AnyOf):
        parts = [ask(part, asked, event) for part in condition.parts]
        return True if True in parts else None if None in parts else False
    if isinstance(condition, t.Age):
        return _age(condition, asked)
    if isinstance(condition, t.Has | t.InList | t.Evidence):
        return _holds(condition, asked, event)
    return _compared(condition, _read(condition.name.text, asked, event))


def _compared(condition: t.IsTrue | t.IsUnknown | t.Order | t.IsWord, value: FactValue | None) -> bool | None:
    if isinstance(condition, t.IsUnknown):
        return (value is None) != condition.is_negated
    if isinstance(condition, t.IsTrue):
        return value if isinstance(value, bool) else None
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    if isinstance(condition, t.IsWord):
        return _is_one_of(condition, value, number)
    if number is None:
        return None
    above = condition.low is None or number >= float(condition.low.text)
    return above and (condition.high is None or number <= float(condition.high.text))


def _is_one_of(condition: t.IsWord, value: FactValue | None, number: float | None) -> bool | None:
    spec = FACT_TABLE.get(condition.name.text)
    words = {word.text for word in condition.words}
    if spec is not None and spec.kind is FactKind.NUMBER:
        return None if number is None else (number in {float(word) for word in words}) != condition.is_negated
    allowed = _EVENT_WORDS.get(condition.name.text) or (spec.words if spec else ())
    if isinstance(value, str) and (value in words - {"unknown"} or value in allowed or not allowed):
        return (value in words - {"unknown"}) != condition.is_negated
    return (not condition.is_negated) if "unknown" in words else None


def _holds(condition: t.Has | t.InList | t.Evidence, asked: Asked, event: ContactEvent | None) -> bool | None:
    name = "evidence" if isinstance(condition, t.Evidence) else condition.list_name.text
    held = _read(name, asked, event)
    if not isinstance(held, frozenset):
        return None
    if not held:
        return False
    if isinstance(condition, t.Evidence):
        return condition.place.text in held
    item = _item(condition.item, asked, event)
    if isinstance(condition, t.InList) and condition.prefix is not None:
        prefix = _item(condition.prefix, asked, event)
        item = None if item is None or prefix is None else f"{prefix}:{item}"
    return None if item is None else item in held


def _item(word: t.Word, asked: Asked, event: ContactEvent | None) -> FactValue | None:
    return _read(word.text, asked, event) if word.text in FACT_TABLE else word.text


def _age(condition: t.Age, asked: Asked) -> bool | None:
    value, duration = asked.facts.values.get(condition.name.text), condition.duration
    if not asked.date_zones or not isinstance(value, date):
        return None
    if duration.unit in _UNIT_S:
        if not isinstance(value, datetime):
            return None
        is_newer = asked.at_s <= int(value.timestamp()) + duration.count * _UNIT_S[duration.unit]
        return is_newer != condition.is_older
    last = later_date(date_on(value, asked.date_zones[0]), duration, None)
    if last is None:
        return None
    today = datetime.fromtimestamp(asked.at_s, UTC).astimezone(ZoneInfo(asked.date_zones[0])).date()
    return (today <= last) != condition.is_older


def _read(name: str, asked: Asked, event: ContactEvent | None) -> FactValue | None:
    values = asked.facts.values
    if event is not None:
        of_event: dict[str, FactValue | None] = {
            "event": event.channel, "outcome": None if event.outcome == "pending" else event.outcome,
            "content": event.content, "call.content": event.content, "direction": event.direction,
            "callee.role": event.callee_role or None, "number.kind": event.number_kind or None,
            "number": event.number_id,
        }  # fmt: skip
        if name in of_event:
            return of_event[name]
    means = values.get("call.means", "call")
    of_call: dict[str, FactValue | None] = {
        "event": means, "call.means": means, "outcome": None, "direction": "outbound",
        "content": values.get("call.content"), "number": asked.facts.number_id,
        "call.identifier": values.get("call.identifier", asked.facts.number_id),
    }  # fmt: skip
    return of_call[name] if name in of_call else values.get(name)


# Dates -------------------------------------------------------------------------------


def date_on(value: date, zone: str) -> date:
    """The date of a moment on a clock; a date is itself."""
    if not isinstance(value, datetime):
        return value
    return datetime.fromtimestamp(ceil(value.timestamp()), UTC).astimezone(ZoneInfo(zone)).date()


def later_date(day: date, plus: t.Duration | None, calendar: Calendar | None) -> date | None:
    """The date so much later, a day at a time; None beyond the calendar."""
    if plus is None:
        return day
    if plus.is_business:
        for _ in range(plus.count):
            day += timedelta(days=1)
            while calendar is not None and day.year <= calendar.last_year and not calendar.is_business_day(day):
                day += timedelta(days=1)
            if calendar is None or day.year > calendar.last_year:
                return None
        return day
    if plus.unit == "day":
        return day + timedelta(days=plus.count)
    months = day.year * 12 + day.month - 1 + plus.count * (12 if plus.unit == "year" else 1)
    for number in range(day.day, 0, -1):
        try:
            return date(months // 12, months % 12 + 1, number)
        except ValueError:  # that month has no such day
            continue
    return None

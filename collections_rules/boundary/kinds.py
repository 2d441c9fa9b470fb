"""Words of the language that name contacts, days and hours, read one at a time. For the oracle."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from math import ceil

from collections_rules.ledger import ContactEvent
from collections_rules.words import CHANNELS, NOT_A_CONTACT, OUTCOMES, RANG, WEEKDAYS

__all__ = ["NOUNS", "is_in_week", "is_kind", "is_weekday", "second_of"]

NOUNS = ("contact", "attempt", "call", "talk", "text", *CHANNELS, *OUTCOMES)


def is_kind(event: ContactEvent, noun: str, contact: Sequence[str]) -> bool:
    """Whether a noun of the language means this contact."""
    is_ours, has_reached = event.direction == "outbound", event.outcome not in NOT_A_CONTACT
    if noun == "contact":
        return has_reached and any(is_kind(event, word, contact) for word in contact)
    if noun == "talk":
        outcomes = ("talk", "pending") if is_ours else ("talk",)
        return event.channel in ("call", "visit") and event.outcome in outcomes
    if noun in _CALLS:
        return is_ours and event.channel == "call" and _CALLS[noun](event.outcome)
    if noun in OUTCOMES:
        return is_ours and event.channel in ("call", "visit") and event.outcome == noun
    channels = ("sms", "alimtalk") if noun == "text" else (noun,)
    return is_ours and has_reached and event.channel in channels


_CALLS: Mapping[str, Callable[[str], bool]] = {
    "attempt": lambda outcome: outcome != "not_placed",
    "call": lambda outcome: outcome in RANG,
}


def is_weekday(text: str, day: date) -> bool:
    """Whether a date is among `Mon-Fri`."""
    first, _, last = text.partition("-")
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    return (day.weekday() - start) % 7 <= (end - start) % 7


def is_in_week(text: str, wall: datetime) -> bool:
    """Whether a wall clock is within `Mon-Fri 09:00-14:00`."""
    days, hours = text.split()
    first, _, last = hours.partition("-")
    return is_weekday(days, wall.date()) and _minutes(first) * 60 <= (
        wall.hour * 3600 + wall.minute * 60 + wall.second
    ) < _minutes(last) * 60  # fmt: skip


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:5])


def second_of(at: datetime) -> int:
    """Whole seconds since 1970; a part of one counts as a whole one."""
    return ceil(at.timestamp())

"""Dates and moments that facts hold, and what comes so many days after them."""

from datetime import date, datetime, timedelta

from collections_rules.calendars import EPOCH, Calendar, add_months, business_day_after, epoch_day
from collections_rules.facts import FactValue
from collections_rules.ledger import epoch_s
from collections_rules.query import Clocks, Query
from collections_rules.tree import Duration
from collections_rules.windows import NEVER, ZoneDays, zone_days

__all__ = ["date_of", "date_times", "home_days", "moment_after", "shifted", "start_of"]


def home_days(clocks: Clocks, query: Query) -> ZoneDays | None:
    """The zone on whose dates this person's days are counted; None when no zone is known."""
    zones = clocks.dates_of(query)
    return zone_days(zones[0]) if zones else None


def date_of(value: FactValue | None, days: ZoneDays) -> date | None:
    """The local date of a date or a moment; None of anything else."""
    if isinstance(value, datetime):
        return EPOCH + timedelta(days=days.day(epoch_s(value))) if value.tzinfo else None
    return value if isinstance(value, date) else None


def shifted(day: date, duration: Duration, calendar: Calendar | None) -> date | None:
    """The date so many days, months, years or business days later; None where the calendar does not reach."""
    if duration.is_business:
        return business_day_after(day, duration.count, calendar) if calendar else None
    if duration.unit == "day":
        return day + timedelta(days=duration.count)
    return add_months(day, duration.count * (12 if duration.unit == "year" else 1))


def start_of(day: date, days: ZoneDays) -> int:
    """The first second of a local date."""
    return days.day_start(epoch_day(day))


def date_times(unit: str) -> bool:
    """Whether this unit is counted in dates rather than in elapsed time."""
    return unit in ("day", "month", "year")


def moment_after(
    value: FactValue | None, plus: Duration | None, is_end_of_day: bool, clocks: Clocks, query: Query
) -> int | None:
    """When `value`, later by `plus`, comes; None when the value or the zone is unknown.

    A date comes with its first second, or passes with its last when `is_end_of_day`.
    """
    days = home_days(clocks, query)
    if days is None or value is None:
        return None
    if isinstance(value, datetime) and not is_end_of_day and (plus is None or not date_times(plus.unit)):
        return epoch_s(value) + (plus.count * _unit_s(plus) if plus else 0)
    day = date_of(value, days)
    if day is None:
        return None
    if plus is not None and not date_times(plus.unit):
        # Hours after a date: from its end, since the date does not say when in it.
        return start_of(day + timedelta(days=1), days) + plus.count * _unit_s(plus)
    later = shifted(day, plus, clocks.calendar) if plus else day
    if later is None:
        return NEVER
    return start_of(later + timedelta(days=1) if is_end_of_day else later, days)


def _unit_s(duration: Duration) -> int:
    return {"second": 1, "minute": 60, "hour": 3600}[duration.unit]

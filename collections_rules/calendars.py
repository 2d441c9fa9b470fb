"""Public holidays and business days. A date outside a calendar's stated years is never known to be open."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache

import holidays
from attrs import field, frozen

__all__ = ["CALENDARS", "EPOCH", "Calendar", "add_months", "business_day_after", "epoch_day"]

EPOCH = date(1970, 1, 1)

CALENDARS: dict[str, Callable[..., holidays.HolidayBase]] = {
    "kr-public": holidays.country_holidays,
    "us-federal": holidays.country_holidays,
}
_COUNTRY = {"kr-public": "KR", "us-federal": "US"}


def epoch_day(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - EPOCH.toordinal()


@cache
def _holidays(name: str, year: int) -> frozenset[date]:
    return frozenset(CALENDARS[name](_COUNTRY[name], years=year))


@frozen
class Calendar:
    """The holidays of some years, substitute and specially declared days included."""

    name: str
    first_year: int
    last_year: int
    _days: dict[int, bool] = field(factory=dict, eq=False, repr=False)

    def knows(self, day: date) -> bool:
        """Whether the date is in the years that the pack states."""
        return self.first_year <= day.year <= self.last_year

    def is_holiday(self, day: date) -> bool:
        """True on a holiday, and on any date the calendar does not know: an uncertain day is a closed one."""
        return not self.knows(day) or day in _holidays(self.name, day.year)

    def is_business_day(self, day: date) -> bool:
        """Neither Saturday nor Sunday nor a holiday."""
        return day.weekday() < 5 and not self.is_holiday(day)


def business_day_after(day: date, count: int, calendar: Calendar) -> date | None:
    """The `count`-th business day after a date, which is not counted itself; None beyond the calendar.

    >>> business_day_after(date(2026, 11, 23), 3, Calendar("kr-public", 2026, 2027))
    datetime.date(2026, 11, 26)
    """
    while count:
        day += timedelta(days=1)
        if day.year > calendar.last_year:
            return None
        count -= calendar.is_business_day(day)
    return day


def add_months(day: date, count: int) -> date:
    """The same day-number so many months later; the last day of the month where it has no such day.

    >>> add_months(date(2026, 11, 30), 3)
    datetime.date(2027, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))

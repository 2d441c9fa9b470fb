"""Public holidays and business days. A date outside a calendar's stated years is never known to be open."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache, lru_cache
from types import MappingProxyType

import holidays
from attrs import frozen

__all__ = ["CALENDARS", "EPOCH", "Calendar", "add_months", "business_day_after", "epoch_day"]

EPOCH = date(1970, 1, 1)


@frozen
class _Source:
    """What the library is asked for: a country, a part of it, and kinds of holidays besides the public ones."""

    country: str
    part: str | None = None
    more: tuple[str, ...] = ()


_UNITED_STATES = {
    "alabama": "AL", "louisiana": "LA", "mississippi": "MS", "nebraska": "NE", "pennsylvania": "PA",
    "rhode-island": "RI", "utah": "UT",
}  # fmt: skip
_NATIONS = {"england": "ENG", "scotland": "SCT", "wales": "WLS", "northern-ireland": "NIR"}
_PROVINCES = {
    "alberta": "AB", "british-columbia": "BC", "manitoba": "MB", "new-brunswick": "NB", "newfoundland": "NL",
    "nova-scotia": "NS", "ontario": "ON", "prince-edward-island": "PE", "quebec": "QC", "saskatchewan": "SK",
}  # fmt: skip
_AUSTRALIA = {
    "act": "ACT", "new-south-wales": "NSW", "northern-territory": "NT", "queensland": "QLD", "south-australia": "SA",
    "tasmania": "TAS", "victoria": "VIC", "western-australia": "WA",
}  # fmt: skip

CALENDARS: Mapping[str, _Source] = MappingProxyType(
    {
        "kr-public": _Source("KR"),
        "us-federal": _Source("US"),
        **{f"us-{name}": _Source("US", part) for name, part in _UNITED_STATES.items()},
        **{f"uk-{name}": _Source("GB", part) for name, part in _NATIONS.items()},
        "ca-federal": _Source("CA", None, ("government",)),
        **{f"ca-{name}": _Source("CA", part) for name, part in _PROVINCES.items()},
        "au-national": _Source("AU"),
        **{f"au-{name}": _Source("AU", part) for name, part in _AUSTRALIA.items()},
        "jp-public": _Source("JP"),
        "india-national": _Source("IN"),
    }
)
"""Every calendar that a pack may name. What the library lacks is added in the file: `; also 2026-01-08`."""


def epoch_day(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - EPOCH.toordinal()


@cache
def _holidays(name: str, year: int) -> frozenset[date]:
    source = CALENDARS[name]
    return frozenset(
        holidays.country_holidays(source.country, subdiv=source.part, years=year, categories=("public", *source.more))
    )


@frozen(cache_hash=True)  # asked by its hash for every wait in business days
class Calendar:
    """The holidays of some years, substitute and specially declared days included."""

    name: str
    first_year: int
    last_year: int
    added: frozenset[date] = frozenset()
    """Days that the author knows and the library does not."""
    removed: frozenset[date] = frozenset()
    """Days that are holidays by the library and not by the author."""

    def knows(self, day: date) -> bool:
        """Whether the date is in the years that the pack states."""
        return self.first_year <= day.year <= self.last_year

    def is_holiday(self, day: date) -> bool:
        """True on a holiday, and on any date the calendar does not know: an uncertain day is a closed one."""
        if not self.knows(day) or day in self.added:
            return True
        return day in _holidays(self.name, day.year) and day not in self.removed

    def is_business_day(self, day: date) -> bool:
        """Neither Saturday nor Sunday nor a holiday."""
        return day.weekday() < 5 and not self.is_holiday(day)


@lru_cache(maxsize=65_536)
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

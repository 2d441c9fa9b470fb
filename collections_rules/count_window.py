"""The windows in which contacts are counted: elapsed hours, dates of the called clock, months of the calendar."""

from datetime import date, timedelta

from attrs import frozen

from collections_rules.calendars import EPOCH, add_months
from collections_rules.moments import start_of
from collections_rules.query import Clocks, Query
from collections_rules.tree import Duration
from collections_rules.windows import NEVER, ZoneDays, zone_days
from collections_rules.words import UNIT_S

__all__ = ["CountWindow"]


@frozen
class CountWindow:
    """`any 168 hours` reaches back to its far edge and includes it; `any 7 days` are dates. None: for ever."""

    duration: Duration | None
    is_after_first: bool
    clocks: Clocks
    is_calendar: bool = False
    """The month or year of the calendar, from its first day on."""

    def start(self, at_s: int, query: Query) -> int:
        """The earliest second that still counts at `at_s`."""
        if self.duration is None:
            return -NEVER
        if self.duration.unit in UNIT_S:
            return at_s - self.duration.count * UNIT_S[self.duration.unit]
        days = [d for zone in self.clocks.dates_of(query) if (d := zone_days(zone))]
        if self.is_calendar:
            return min((start_of(self._first_of(at_s, d), d) for d in days), default=-NEVER)
        back = self.duration.count - 1 + self.is_after_first
        return min((d.day_start(d.day(at_s) - back) for d in days), default=-NEVER)

    def _first_of(self, at_s: int, days: ZoneDays) -> date:
        """The first day of the calendar's month or year in which an instant is."""
        assert self.duration is not None
        day = EPOCH + timedelta(days=days.day(at_s))
        return day.replace(day=1) if self.duration.unit == "month" else day.replace(month=1, day=1)

    def release(self, event_s: int, query: Query) -> int:
        """The first second at which an event no longer counts."""
        if self.duration is None:
            return NEVER
        if self.duration.unit in UNIT_S:
            return event_s + self.duration.count * UNIT_S[self.duration.unit] + 1
        days = [d for zone in self.clocks.dates_of(query) if (d := zone_days(zone))]
        if self.is_calendar:
            months = 1 if self.duration.unit == "month" else 12
            return max((start_of(add_months(self._first_of(event_s, d), months), d) for d in days), default=NEVER)
        on = self.duration.count + self.is_after_first
        return max((d.day_start(d.day(event_s) + on) for d in days), default=NEVER)

    def says(self) -> tuple[str, str]:
        """`in 7 days`, in Korean and English."""
        if self.duration is None:
            return "전체 기간", "in all"
        count, unit = self.duration.count, self.duration.unit
        if self.is_calendar:
            return ("이번 달", "in this month") if unit == "month" else ("올해", "in this year")
        ko = {"day": "일", "hour": "시간", "minute": "분", "second": "초"}[unit]
        return f"{count}{ko}", f"in {count} {unit}{'s' if count > 1 else ''}"

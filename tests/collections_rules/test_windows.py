"""Local days and hours as instants, against the wall clock itself."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_rules.calendars import Calendar, add_months, business_day_after
from collections_rules.gates import week_hours
from collections_rules.windows import NEVER, LocalHours, zone_days

ZONES = ("Asia/Seoul", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca")
SPANS = ((9 * 3600, 12 * 3600), (13 * 3600 + 1, 20 * 3600))
HOURS = LocalHours(lambda day: SPANS if day.weekday() < 6 else ())
# Around both changes of the clocks in 2026, and the day that Apia skipped.
moments = st.one_of(
    st.integers(1_772_000_000, 1_775_600_000),
    st.integers(1_790_000_000, 1_794_000_000),
    st.integers(1_325_000_000, 1_325_400_000),
)


def _is_open(zone: str, at_s: int) -> bool:
    local = datetime.fromtimestamp(at_s, UTC).astimezone(ZoneInfo(zone))
    second = local.hour * 3600 + local.minute * 60 + local.second
    return local.weekday() < 6 and any(first <= second < last for first, last in SPANS)


@given(zone=st.sampled_from(ZONES), at_s=moments)
def test_an_instant_is_open_when_the_wall_clock_reads_an_open_time(zone: str, at_s: int) -> None:
    assert (HOURS.span_at(zone, at_s) is not None) is _is_open(zone, at_s)


@given(zone=st.sampled_from(ZONES), at_s=moments)
def test_the_next_start_is_the_first_open_instant(zone: str, at_s: int) -> None:
    following = HOURS.next_start(zone, at_s)
    assert _is_open(zone, following)
    assert following == at_s or not _is_open(zone, following - 1)
    assert not any(_is_open(zone, second) for second in range(at_s, following, 977))


@given(zone=st.sampled_from(ZONES), at_s=moments)
def test_a_day_begins_where_the_date_changes(zone: str, at_s: int) -> None:
    days = zone_days(zone)
    assert days is not None
    local = days.local(at_s)
    assert days.day(at_s) == (local.date() - date(1970, 1, 1)).days
    start = days.day_start(days.day(at_s))
    assert start <= at_s
    assert days.local(start - 1).date() < local.date() == days.local(start).date()


def test_hours_that_never_open_say_so() -> None:
    assert LocalHours(lambda day: ()).next_start("Asia/Seoul", 0) == NEVER


@pytest.mark.parametrize("text", ["Mon-Fri", "Mon 09:00", "Mun 09:00-10:00", "Mon 10:00-09:00", "Mon 9-10"])
def test_weekly_hours_that_cannot_be_read_are_unknown(text: str) -> None:
    assert week_hours(frozenset({text})) is None


@pytest.mark.parametrize(
    ("day", "count", "opens"),
    [
        (date(2026, 11, 20), 1, date(2026, 11, 23)),
        (date(2026, 2, 13), 1, date(2026, 2, 19)),  # the lunar new year
        (date(2026, 4, 30), 1, date(2026, 5, 4)),
    ],
)
def test_business_days_skip_weekends_and_holidays(day: date, count: int, opens: date) -> None:
    assert business_day_after(day, count, Calendar("kr-public", 2026, 2027)) == opens


def test_a_date_outside_the_calendar_is_a_closed_day() -> None:
    assert Calendar("kr-public", 2026, 2026).is_holiday(date(2027, 1, 4))
    assert not Calendar("kr-public", 2026, 2027).is_holiday(date(2027, 1, 4))


@pytest.mark.parametrize(
    ("day", "count", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 11, 22), 3, date(2027, 2, 22)),
    ],
)
def test_months_keep_the_day_number_where_they_can(day: date, count: int, later: date) -> None:
    assert add_months(day, count) == later

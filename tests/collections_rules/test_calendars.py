"""Holidays: the Korean substitute days of four years against a list by hand, and a few days of every other calendar."""

from datetime import date

import pytest

from collections_rules import RulesError, compile_rules
from collections_rules.calendars import CALENDARS, Calendar, business_day_after
from tests.collections_rules.made import ask, at, book, facts, local, pack

# Every public holiday that falls on Monday to Friday, from the decree on public holidays: substitute days, days
# declared for one year, elections, and (from 2026) Labour Day and Constitution Day with their substitutes.
KOREAN_WEEKDAYS = {
    2024: (
        "01-01 02-09 02-12 03-01 04-10 05-06 05-15 06-06 08-15 09-16 09-17 09-18 10-01 10-03 10-09 12-25"
    ),
    2025: (
        "01-01 01-27 01-28 01-29 01-30 03-03 05-05 05-06 06-03 06-06 08-15 10-03 10-06 10-07 10-08 10-09 12-25"
    ),
    2026: (
        "01-01 02-16 02-17 02-18 03-02 05-01 05-05 05-25 06-03 07-17 08-17 09-24 09-25 10-05 10-09 12-25"
    ),
    2027: (
        "01-01 02-08 02-09 03-01 05-03 05-05 05-13 07-19 08-16 09-14 09-15 09-16 10-04 10-11 12-27"
    ),
}  # fmt: skip
KOREAN_SUBSTITUTES = [
    "2024-02-12", "2024-05-06", "2025-03-03", "2025-05-06", "2025-10-08", "2026-03-02", "2026-05-25", "2026-08-17",
    "2026-10-05", "2027-02-09", "2027-05-03", "2027-07-19", "2027-08-16", "2027-10-04", "2027-10-11", "2027-12-27",
]  # fmt: skip
KOREAN_FOR_ONE_YEAR = ["2024-04-10", "2024-10-01", "2025-01-27", "2025-06-03", "2026-06-03"]


def weekdays_closed(calendar: Calendar, year: int) -> list[str]:
    first = date(year, 1, 1).toordinal()
    days = [date.fromordinal(first + n) for n in range(365 + (year % 4 == 0))]
    return [f"{day:%m-%d}" for day in days if day.weekday() < 5 and calendar.is_holiday(day)]


@pytest.mark.parametrize("year", KOREAN_WEEKDAYS)
def test_korean_holidays_on_weekdays_are_exactly_those_of_the_decree(year: int) -> None:
    assert weekdays_closed(Calendar("kr-public", 2024, 2027), year) == KOREAN_WEEKDAYS[year].split()


@pytest.mark.parametrize("day", [*KOREAN_SUBSTITUTES, *KOREAN_FOR_ONE_YEAR])
def test_a_substitute_or_specially_declared_day_is_no_business_day(day: str) -> None:
    calendar = Calendar("kr-public", 2024, 2027)
    assert not calendar.is_business_day(date.fromisoformat(day))


def test_a_saturday_of_the_lunar_feasts_and_memorial_day_have_no_substitute() -> None:
    calendar = Calendar("kr-public", 2024, 2027)
    for day in ("2026-09-28", "2026-06-08", "2027-06-07", "2024-02-13"):
        assert calendar.is_business_day(date.fromisoformat(day)), day


@pytest.mark.parametrize(
    ("name", "closed", "open_day"),
    [
        ("us-federal", "2026-07-03 2026-11-26 2021-12-31 2027-12-31", "2026-07-24"),
        ("us-alabama", "2026-04-27 2027-07-05", "2026-02-17"),
        ("us-louisiana", "2026-02-17 2026-04-03", "2026-10-12"),
        ("us-mississippi", "2026-04-27", "2026-10-12"),
        ("us-utah", "2026-07-24", "2026-04-27"),
        ("us-rhode-island", "2026-08-10", "2026-07-24"),
        ("us-pennsylvania", "2026-11-26", "2026-08-10"),
        ("us-nebraska", "2026-04-24", "2026-08-10"),
        ("uk-england", "2026-04-06 2026-08-31 2026-12-28 2027-12-27 2027-12-28", "2026-11-30"),
        ("uk-wales", "2026-04-06 2026-08-31", "2026-03-17"),
        ("uk-scotland", "2026-01-02 2026-08-03 2026-11-30", "2026-04-06"),
        ("uk-northern-ireland", "2026-03-17 2026-07-13", "2026-11-30"),
        ("ca-federal", "2026-05-18 2026-07-01 2026-09-30 2026-10-12", "2026-06-24"),
        ("ca-quebec", "2026-06-24 2026-05-18", "2026-02-16"),
        ("ca-ontario", "2026-02-16 2026-12-28", "2026-06-24"),
        ("ca-british-columbia", "2026-08-03 2026-09-30", "2026-06-24"),
        ("ca-alberta", "2026-02-16", "2026-09-30"),
        ("au-national", "2026-01-26 2026-04-03 2026-04-06", "2026-06-08"),
        ("au-new-south-wales", "2026-06-08 2026-10-05", "2026-11-03"),
        ("au-victoria", "2026-11-03 2026-03-09", "2026-10-05"),
        ("au-western-australia", "2026-06-01", "2026-06-08"),
        ("jp-public", "2026-05-06 2026-09-22 2027-03-22", "2026-05-01"),
        ("india-national", "2026-01-26 2026-10-02", "2026-07-03"),
    ],
)
def test_a_calendar_has_the_days_of_its_place_and_not_its_neighbours(name: str, closed: str, open_day: str) -> None:
    calendar = Calendar(name, 2020, 2027)
    assert [day for day in closed.split() if not calendar.is_holiday(date.fromisoformat(day))] == []
    assert calendar.is_business_day(date.fromisoformat(open_day))


def test_every_calendar_has_new_years_day_or_says_when_it_is_kept() -> None:
    for name in CALENDARS:
        found = [day for day in range(1, 32) if Calendar(name, 2026, 2026).is_holiday(date(2026, 1, day))]
        assert found, name


def test_the_author_adds_a_day_and_takes_one_out() -> None:
    calendar = Calendar("kr-public", 2026, 2027, frozenset({date(2026, 11, 25)}), frozenset({date(2026, 5, 1)}))
    assert business_day_after(date(2026, 11, 23), 3, calendar) == date(2026, 11, 27)
    assert calendar.is_business_day(date(2026, 5, 1))
    assert not calendar.is_business_day(date(2027, 5, 3))


def test_own_dates_in_a_file_close_and_open_hours_and_move_business_days() -> None:
    header = "clock Asia/Seoul\ncalendar kr-public 2026-2027; also 2026-11-25, 2026-11-30; except 2026-10-09"
    hours = book("open Mon-Fri 09:00-18:00; closed kr-public", header=header)
    assert local(ask(hours, facts(at("2026-11-25 10:00")))) == "2026-11-26 09:00:00"
    assert ask(hours, facts(at("2026-10-09 10:00"))).is_allowed
    waits = book("wait 3 business days after debt.start_notice", header=header)
    asked = facts(at("2026-11-23 10:00"), debt__start_notice=date(2026, 11, 23))
    assert local(ask(waits, asked)) == "2026-11-27 00:00:00"


def test_an_own_date_outside_the_years_of_its_calendar_is_a_fault() -> None:
    with pytest.raises(RulesError) as raised:
        compile_rules([pack("open 09:00-18:00 every day", header="calendar kr-public 2026-2027; also 2028-01-03")])
    assert [(d.code, d.span.col) for d in raised.value.diagnostics] == [("R105", 38)]


def test_business_days_go_by_the_first_calendar_of_the_pack() -> None:
    header = "clock Asia/Seoul\ncalendar kr-public 2026-2027\ncalendar us-federal 2026-2027"
    rules = book("wait 1 business day after debt.start_notice", header=header)
    asked = facts(at("2026-11-25 10:00"), debt__start_notice=date(2026, 11, 25))  # the next day is Thanksgiving
    assert local(ask(rules, asked)) == "2026-11-26 00:00:00"

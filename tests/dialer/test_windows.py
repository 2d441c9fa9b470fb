"""Abandoned calls, counted in every window."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from dialer.disposition import DISPOSITIONS, Disposition
from dialer.windows import CampaignCounters
from pacing import AbandonmentWindow
from tests.fakes import SEOUL, TEN

DAY = AbandonmentWindow(name="day")
THIRTY_DAYS = AbandonmentWindow(name="30 days", length_s=30 * 86_400.0)
MIDNIGHT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
"""The end of the 24th in Seoul."""
A_MICROSECOND = timedelta(microseconds=1)


def counters(*windows, zone=SEOUL, started_at=None):
    made = CampaignCounters(windows, zone)
    if started_at is not None:
        made.start(started_at)
    return made


def seen(made, at):
    return [(one.answered_by_person, one.abandoned) for one in made.view(at)]


@pytest.mark.parametrize("disposition", Disposition, ids=lambda one: one.value)
def test_only_calls_answered_by_a_person_are_counted(disposition):
    traits, made = DISPOSITIONS[disposition], counters(DAY)
    made.count(TEN, disposition)
    assert seen(made, TEN) == [(int(traits.is_answered_by_person), int(traits.counts_as_abandoned))]


def test_false_machine_counts_as_an_abandoned_person():
    made = counters(DAY)
    made.count(TEN, Disposition.FALSE_MACHINE)
    assert seen(made, TEN) == [(1, 1)]


@pytest.mark.parametrize(("at", "expected"), [(MIDNIGHT - A_MICROSECOND, (1, 1)), (MIDNIGHT, (0, 0))])
def test_day_ends_at_local_midnight(at, expected):
    made = counters(DAY)
    made.count(TEN, Disposition.ABANDONED)
    assert seen(made, at) == [expected]


@pytest.mark.parametrize("length_s", [None, 86_400.0])
def test_window_of_a_day_is_the_calendar_s_day_however_it_is_written(length_s):
    made = counters(AbandonmentWindow(name="day", length_s=length_s), started_at=TEN)
    made.count(MIDNIGHT - A_MICROSECOND, Disposition.ABANDONED)
    made.count(MIDNIGHT, Disposition.SOLD)
    assert seen(made, MIDNIGHT) == [(1, 0)]


def test_day_of_a_clock_change_has_its_own_length():
    new_york = ZoneInfo("America/New_York")
    made = counters(DAY, zone=new_york)
    noon = datetime(2026, 3, 8, 12, tzinfo=new_york).astimezone(UTC)  # clocks went forward at two
    (view,) = made.view(noon)
    assert view.elapsed == pytest.approx(11 / 23)


@pytest.mark.parametrize(
    ("after", "expected"),
    [(timedelta(days=30) - A_MICROSECOND, (1, 1)), (timedelta(days=30), (0, 0))],
)
def test_thirty_days_count_from_the_campaign_s_first_call_and_then_begin_anew(after, expected):
    made = counters(THIRTY_DAYS, started_at=TEN)
    made.count(TEN + timedelta(days=1), Disposition.ABANDONED)
    assert seen(made, TEN + after) == [expected]


def test_period_that_nothing_fell_into_does_not_move_the_next_one():
    made = counters(THIRTY_DAYS, started_at=TEN)
    made.count(TEN + timedelta(days=95), Disposition.ABANDONED)  # in the fourth period
    assert seen(made, TEN + timedelta(days=120) - A_MICROSECOND) == [(1, 1)]
    assert seen(made, TEN + timedelta(days=120)) == [(0, 0)]


def test_campaign_that_starts_again_keeps_its_periods():
    made = counters(THIRTY_DAYS, started_at=TEN)
    made.start(TEN + timedelta(days=3))
    assert made.started_at == TEN


@pytest.mark.parametrize(("hours", "elapsed"), [(0, 0.0), (6, 0.25), (24, 1.0)])
def test_share_of_the_window_that_is_gone_goes_from_nothing_to_all(hours, elapsed):
    six_hours = AbandonmentWindow(name="a day's work", length_s=24 * 3600.0 + 1)
    made = counters(six_hours, started_at=TEN)
    assert made.view(TEN + timedelta(hours=hours))[0].elapsed == pytest.approx(elapsed, abs=1e-4)


def test_every_window_counts_for_itself():
    made = counters(DAY, THIRTY_DAYS, started_at=TEN)
    made.count(TEN, Disposition.ABANDONED)
    made.count(MIDNIGHT, Disposition.SOLD)
    assert [one.name for one in made.view(MIDNIGHT)] == ["day", "30 days"]
    assert seen(made, MIDNIGHT) == [(1, 0), (2, 1)]
    assert (made.answered_by_person, made.abandoned) == (2, 1)


@pytest.mark.slow
@given(
    calls=st.lists(st.tuples(st.integers(0, 40 * 86_400), st.sampled_from(Disposition)), max_size=30),
    looks=st.lists(st.integers(0, 40 * 86_400), max_size=5),
)
def test_looking_changes_nothing_and_counts_agree_with_the_list_of_calls(calls, looks):
    made, looked_at = (counters(DAY, THIRTY_DAYS, started_at=TEN) for _ in range(2))
    calls = sorted(calls, key=lambda one: one[0])
    for after_s, disposition in calls:
        at = TEN + timedelta(seconds=after_s)
        for look in looks:
            looked_at.view(TEN + timedelta(seconds=look))
        for each in (made, looked_at):
            each.count(at, disposition)
    assert looked_at == made
    now_at = TEN + timedelta(days=40)
    traits = [(TEN + timedelta(seconds=after_s), DISPOSITIONS[one]) for after_s, one in calls]
    recent = [one for at, one in traits if at >= TEN + timedelta(days=30)]
    assert seen(made, now_at)[1] == (
        sum(one.is_answered_by_person for one in recent),
        sum(one.counts_as_abandoned for one in recent),
    )
    assert made.answered_by_person == sum(one.is_answered_by_person for _, one in traits)


def test_two_counters_are_equal_when_they_have_counted_the_same():
    first, second = counters(DAY), counters(DAY)
    first.count(TEN, Disposition.SOLD)
    assert first != second
    second.count(TEN, Disposition.SOLD)
    assert first == second
    assert evolve(DAY, name="x") != DAY

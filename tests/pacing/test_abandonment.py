"""Abandonment as the rules count it, at the edges of rates and of periods."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacing import AbandonmentWindow
from pacing.abandonment import AbandonmentLedger, AnsweredCounts, admits, as_fraction, exceeds, period_of, room_left

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FTC = AbandonmentWindow(name="ftc 30 days", regime="ftc")
CRTC = AbandonmentWindow(name="month", limit=0.05, regime="crtc")
TORONTO = ZoneInfo("America/Toronto")


@pytest.mark.parametrize(("abandoned", "answered", "is_over"), [(30, 1000, False), (30, 999, True), (0, 0, False)])
def test_three_percent_is_an_exact_fraction(abandoned, answered, is_over):
    assert exceeds(abandoned, answered, 0.03) is is_over


def test_persons_taken_for_machines_are_abandoned_calls():
    counts = AnsweredCounts(connected=968, abandoned=27, false_machine=5)
    assert counts.rate_parts("fcc") == (32, 1000)
    assert exceeds(32, 1000, 0.03)


def test_a_person_who_hung_up_early_was_answered_and_not_abandoned():
    assert AnsweredCounts(connected=90, abandoned=3, hung_up_early=7).rate_parts("ftc") == (3, 100)


def test_the_ofcom_formula_takes_estimated_machines_off_and_adds_false_ones():
    counts = AnsweredCounts(connected=960, abandoned=50, false_machine=10, abandoned_machine=20)
    assert counts.rate_parts("ofcom") == (40, 1000)


def test_machines_that_were_dropped_are_not_counted_at_all():
    ledger = AbandonmentLedger(UTC)
    with pytest.raises(ValueError, match="an answered call is never `machine`"):
        ledger.observe(FTC, "spring", START, START, "machine")
    assert ledger.counts(FTC, "spring", START, START) == AnsweredCounts()


def test_the_thirty_first_day_begins_a_period_of_its_own():
    ledger, last = AbandonmentLedger(UTC), START + timedelta(days=30) - timedelta(seconds=1)
    for _ in range(1000):
        ledger.observe(FTC, "spring", START, last, "connected")
    first_of_next = START + timedelta(days=30)
    ledger.observe(FTC, "spring", START, first_of_next, "abandoned")
    assert ledger.counts(FTC, "spring", START, last).rate_parts("ftc") == (0, 1000)
    assert ledger.counts(FTC, "spring", START, first_of_next).rate_parts("ftc") == (1, 1)
    assert room_left(1, 1, 0.03) == 0


def test_a_canadian_month_ends_at_midnight_of_the_telemarketer_and_adds_up_all_campaigns():
    ledger = AbandonmentLedger(TORONTO)
    last = datetime(2026, 1, 31, 23, 59, 59, tzinfo=TORONTO)
    first = datetime(2026, 2, 1, 0, 0, tzinfo=TORONTO)
    ledger.observe(CRTC, "a", START, last, "abandoned")
    ledger.observe(CRTC, "b", START, last, "connected")
    ledger.observe(CRTC, "b", START, first, "connected")
    assert ledger.counts(CRTC, "b", START, last) == AnsweredCounts(connected=1, abandoned=1)
    assert ledger.counts(CRTC, "a", START, first) == AnsweredCounts(connected=1)


def test_campaigns_are_counted_apart_where_the_rule_says_so():
    ledger = AbandonmentLedger(UTC)
    ledger.observe(FTC, "a", START, START, "abandoned")
    assert ledger.counts(FTC, "b", START, START) == AnsweredCounts()


def test_a_day_of_twenty_three_hours_is_half_gone_after_eleven_and_a_half():
    day = AbandonmentWindow(name="day")
    spring_forward = datetime(2026, 3, 8, 12, 30, tzinfo=TORONTO)
    period = period_of(day, spring_forward, START, TORONTO)
    assert (period.ends_at - period.starts_at) == timedelta(hours=23)
    assert period.elapsed(spring_forward) == pytest.approx(0.5)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="times must have a zone"):
        period_of(FTC, datetime(2026, 1, 1), START, UTC)  # noqa: DTZ001


@given(st.integers(0, 400 * 86_400), st.sampled_from([FTC, CRTC, AbandonmentWindow(name="day")]))
def test_every_instant_is_in_its_own_period(second, window):
    now_at = START + timedelta(seconds=second)
    period = period_of(window, now_at, START, TORONTO)
    assert period.starts_at <= now_at < period.ends_at
    assert period_of(window, period.starts_at, START, TORONTO) == period
    assert period_of(window, period.ends_at, START, TORONTO).starts_at == period.ends_at


@given(st.integers(0, 500), st.integers(0, 20_000), st.sampled_from([0.01, 0.03, 0.05]))
def test_the_room_left_is_the_largest_number_that_does_not_exceed(abandoned, connected, limit):
    answered = abandoned + connected
    room = room_left(abandoned, answered, limit)
    assert exceeds(abandoned + room + 1, answered + room + 1, limit)
    assert room == 0 or not exceeds(abandoned + room, answered + room, limit)


def test_a_limit_is_the_number_that_was_written():
    assert as_fraction(0.03) == Fraction(3, 100)


@pytest.mark.parametrize(("answered", "is_admitted"), [(1000, True), (100, False)])
def test_over_dialing_is_admitted_only_when_the_period_has_room(answered, is_admitted):
    assert admits(1, answered, 0.03, expected_abandoned=1.0, expected_answered=5.0) is is_admitted


def test_a_window_count_carries_the_share_of_the_period_that_is_gone():
    ledger, now_at = AbandonmentLedger(UTC), START + timedelta(days=15)
    ledger.observe(FTC, "spring", START, now_at, "abandoned")
    count = ledger.window_count(FTC, "spring", START, now_at)
    assert (count.answered_by_person, count.abandoned, count.elapsed) == (1, 1, 0.5)

"""When an account is tried again, and on which number."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from collections_rules import RetryStep, Sequence
from collections_rules.sequences import Chain
from dialer.disposition import DISPOSITIONS, Disposition
from dialer.retries import NextTry, plan_next_try
from dialer.schedule import AccountProgress
from tests.fakes import SEOUL, TEN, an_account

ACCOUNT = an_account(1, number_count=3)
FIRST, SECOND, THIRD = (one.number_id for one in ACCOUNT.numbers)
HOUR = timedelta(hours=1)


def after(disposition, *steps, progress=None, now_at=TEN, number_id=FIRST, account=ACCOUNT, limits=None, **fields):
    """What follows, when the policy says only this."""
    outcome = DISPOSITIONS[disposition].retry_outcome
    chains = {outcome: Chain(steps)} if steps else {}
    sequence = Sequence("s", chains=chains, **(limits or {}))
    progress = progress or AccountProgress(attempt_count=1, day_attempt_count=1, day=now_at.astimezone(SEOUL).date())
    return plan_next_try(sequence, progress, account, number_id, disposition, now_at=now_at, zone=SEOUL, **fields)


def local(hour, minute=0, second=0, day=24):
    """A time in Seoul, as an instant."""
    return datetime(2026, 11, day, hour, minute, second, tzinfo=SEOUL).astimezone(UTC)


# What ends an account.


@pytest.mark.parametrize(
    ("disposition", "ends"),
    [
        (Disposition.SOLD, "sold"),
        (Disposition.PROMISED, "promised"),
        (Disposition.REFUSED, "refused"),
        (Disposition.OPTED_OUT, "opted out"),
    ],
)
def test_what_settles_the_matter_ends_the_account_whatever_the_policy_says(disposition, ends):
    assert after(disposition, RetryStep(60.0)) == NextTry(ends=ends)


@pytest.mark.parametrize(
    ("disposition", "ends"),
    [
        (Disposition.RIGHT_PARTY, "no further try after talk"),
        (Disposition.MACHINE, "no further try after machine"),
        (Disposition.NO_ANSWER, "no further try after no answer"),
    ],
)
def test_outcome_that_nobody_planned_for_ends_the_account_and_says_so(disposition, ends):
    assert after(disposition) == NextTry(ends=ends)


def test_policy_may_stop_after_an_outcome():
    assert after(Disposition.BUSY, RetryStep(0.0, stops=True)) == NextTry(ends="no further try after busy")


@pytest.mark.parametrize(
    ("disposition", "delay_s"),
    [
        (Disposition.NOT_PLACED, 60),
        (Disposition.CONGESTED, 300),
        (Disposition.TRUNK_LOST, 120),
        (Disposition.ABANDONED, 86_400),
        (Disposition.AGENT_LOST, 600),
    ],
)
def test_what_did_not_reach_the_person_is_tried_again_without_any_policy(disposition, delay_s):
    assert after(disposition) == NextTry(TEN + timedelta(seconds=delay_s), FIRST)


def test_somebody_else_who_answers_does_not_end_the_account():
    assert after(Disposition.THIRD_PARTY).at >= TEN + timedelta(hours=3)


def test_policy_goes_before_the_defaults():
    assert after(Disposition.TRUNK_LOST, RetryStep(900.0)).at == TEN + timedelta(minutes=15)


def test_account_without_a_policy_has_the_defaults_alone():
    assert plan_next_try(
        None, AccountProgress(), ACCOUNT, FIRST, Disposition.CONGESTED, now_at=TEN, zone=SEOUL
    ) == NextTry(TEN + timedelta(minutes=5), FIRST)


# Streaks.


@pytest.mark.parametrize(("last_outcome", "streak", "minutes"), [("", 0, 10), ("busy", 1, 60), ("no_answer", 3, 10)])
def test_second_time_in_a_row_may_be_planned_otherwise_than_the_first(last_outcome, streak, minutes):
    progress = AccountProgress(attempt_count=4, last_outcome=last_outcome, outcome_streak=streak)
    step = after(Disposition.BUSY, RetryStep(600.0), RetryStep(3600.0), progress=progress)
    assert step.at == TEN + timedelta(minutes=minutes)


# Numbers.


@pytest.mark.parametrize(("called", "following"), [(FIRST, SECOND), (SECOND, THIRD), (THIRD, FIRST)])
def test_next_number_goes_round(called, following):
    assert after(Disposition.NO_ANSWER, RetryStep(60.0, number="next"), number_id=called).number_id == following


def test_next_number_of_a_person_with_one_is_the_same():
    step = after(Disposition.NO_ANSWER, RetryStep(60.0, number="next"), account=an_account(1))
    assert step.number_id == FIRST


def test_dropped_numbers_are_passed_over():
    progress = AccountProgress(attempt_count=3, dropped_number_ids=frozenset({SECOND}))
    assert after(Disposition.NO_ANSWER, RetryStep(60.0, number="next"), progress=progress).number_id == THIRD
    assert after(Disposition.NO_ANSWER, RetryStep(60.0), progress=progress, number_id=SECOND).number_id == THIRD


def test_number_that_is_dropped_is_never_tried_again():
    step = after(Disposition.INVALID_NUMBER, RetryStep(60.0, number="drop"))
    assert (step.number_id, step.dropped_number_id) == (SECOND, FIRST)


def test_invalid_number_is_dropped_without_any_policy():
    assert after(Disposition.INVALID_NUMBER) == NextTry(TEN + timedelta(minutes=1), SECOND, dropped_number_id=FIRST)


def test_account_whose_last_number_is_dropped_has_none_left():
    progress = AccountProgress(attempt_count=3, dropped_number_ids=frozenset({FIRST, SECOND}))
    step = after(Disposition.INVALID_NUMBER, progress=progress, number_id=THIRD)
    assert step == NextTry(ends="no number left", dropped_number_id=THIRD)


# Attempts used up.


@pytest.mark.parametrize(("used", "at"), [(2, TEN + HOUR), (3, local(0, day=25))])
def test_attempts_a_day_used_up_wait_for_tomorrow_on_the_local_clock(used, at):
    progress = AccountProgress(attempt_count=9, day_attempt_count=used, day=local(10).astimezone(SEOUL).date())
    limits = {"max_attempts": 3, "is_per_day": True}
    assert after(Disposition.BUSY, RetryStep(3600.0), progress=progress, limits=limits).at == at


def test_rest_after_a_full_day_does_not_bring_a_later_step_forward():
    progress = AccountProgress(attempt_count=3, day_attempt_count=3, day=local(10).astimezone(SEOUL).date())
    limits = {"max_attempts": 3, "is_per_day": True}
    step = after(Disposition.ABANDONED, RetryStep(3 * 86_400.0), progress=progress, limits=limits)
    assert step.at == TEN + timedelta(days=3)


@pytest.mark.parametrize(
    ("ended_at", "at"), [(local(22), local(0, day=25)), (local(0, 1, day=25), local(1, 1, day=25))]
)
def test_full_day_rests_until_the_day_after_the_attempt_though_it_ended_after_midnight(ended_at, at):
    progress = AccountProgress(attempt_count=3, day_attempt_count=3, day=local(23, 58).astimezone(SEOUL).date())
    limits = {"max_attempts": 3, "is_per_day": True}
    assert after(Disposition.BUSY, RetryStep(3600.0), progress=progress, limits=limits, now_at=ended_at).at == at


@pytest.mark.parametrize(("used", "ends"), [(2, ""), (3, "attempts used up")])
def test_attempts_in_all_used_up_end_the_account(used, ends):
    step = after(
        Disposition.BUSY,
        RetryStep(3600.0),
        progress=AccountProgress(attempt_count=used),
        limits={"max_attempts": 3},
    )
    assert step.ends == ends


def test_attempts_in_all_used_up_may_rest_instead():
    progress = AccountProgress(attempt_count=3)
    step = after(Disposition.BUSY, RetryStep(60.0), progress=progress, limits={"max_attempts": 3, "rest_s": 7200.0})
    assert step.at == TEN + 2 * HOUR


# Another part of the day.

ELSEWHERE = RetryStep(3600.0, another_part_of_day=True)


@pytest.mark.parametrize(
    ("now_at", "at"),
    [
        (local(9, 0), local(12, 0)),  # an hour later is still morning
        (local(10, 59, 59), local(12, 0)),
        (local(11, 0), local(12, 0)),  # an hour later is noon, which is another part
        (local(11, 30), local(12, 30)),
        (local(13, 59, 59), local(15, 0)),
        (local(14, 0), local(15, 0)),
        (local(16, 59, 59), local(18, 0)),
        (local(17, 0), local(18, 0)),
        (local(18, 0), local(9, 0, day=25)),
        (local(22, 59, 59), local(9, 0, day=25)),
        (local(23, 0), local(0, 0, day=25)),  # past midnight is another day
    ],
)
def test_another_part_of_the_day_is_the_next_one_unless_the_delay_leads_there(now_at, at):
    assert after(Disposition.NO_ANSWER, ELSEWHERE, now_at=now_at).at == at


def test_plain_delay_does_not_care_for_the_part_of_the_day():
    assert after(Disposition.NO_ANSWER, RetryStep(3600.0), now_at=local(9)).at == local(10)


# Callbacks.

AT_ASKED_TIME = RetryStep(0.0, at_asked_time=True, same_agent_within_s=600.0)


def test_callback_is_at_the_asked_time_on_the_same_number_with_the_same_agent():
    due_at = TEN + 5 * HOUR
    step = after(Disposition.CALLBACK, AT_ASKED_TIME, number_id=SECOND, callback_due_at=due_at, agent_id="ag-1")
    assert step == NextTry(due_at, SECOND, "ag-1", 600.0, is_callback=True)


def test_callback_for_anybody_names_no_agent():
    step = after(
        Disposition.CALLBACK,
        evolve(AT_ASKED_TIME, same_agent_within_s=None),
        callback_due_at=TEN + HOUR,
        agent_id="ag-1",
    )
    assert step == NextTry(TEN + HOUR, FIRST, is_callback=True)


def test_callback_is_kept_though_the_attempts_are_used_up():
    progress = AccountProgress(attempt_count=9)
    step = after(
        Disposition.CALLBACK,
        AT_ASKED_TIME,
        progress=progress,
        limits={"max_attempts": 3},
        callback_due_at=TEN + HOUR,
    )
    assert step.at == TEN + HOUR


def test_callback_without_a_time_is_an_ordinary_retry():
    step = after(Disposition.CALLBACK, evolve(AT_ASKED_TIME, delay_s=3600.0))
    assert step == NextTry(TEN + HOUR, FIRST)


# Any of it.

LIMITS = (
    {},
    {"max_attempts": 2},
    {"max_attempts": 2, "is_per_day": True},
    {"max_attempts": 1, "rest_s": 60.0},
)


@given(
    disposition=st.sampled_from(Disposition),
    steps=st.lists(
        st.builds(
            RetryStep,
            st.sampled_from((0.0, 60.0, 3600.0, 86_400.0)),
            st.sampled_from(("same", "next", "drop")),
            st.booleans(),
            st.booleans(),
            st.none() | st.just(600.0),
            st.booleans(),
        ),
        max_size=2,
    ),
    dropped=st.sets(st.sampled_from((FIRST, SECOND, THIRD))),
    called=st.sampled_from((FIRST, SECOND, THIRD)),
    limits=st.sampled_from(
        ({}, {"max_attempts": 2}, {"max_attempts": 2, "is_per_day": True}, {"max_attempts": 1, "rest_s": 60.0})
    ),
    minutes=st.integers(0, 24 * 60 - 1),
)
def test_there_is_either_a_next_try_not_in_the_past_or_a_reason_why_there_is_none(
    disposition, steps, dropped, called, limits, minutes
):
    now_at = local(0) + timedelta(minutes=minutes)
    progress = AccountProgress(
        attempt_count=2,
        day_attempt_count=2,
        day=local(0).astimezone(SEOUL).date(),
        dropped_number_ids=frozenset(dropped),
    )
    step = after(disposition, *steps, progress=progress, now_at=now_at, number_id=called, limits=limits)
    assert (step.at is None) == bool(step.ends)
    if step.at is not None:
        assert step.at >= now_at
        assert step.at.utcoffset() == timedelta(0)
        assert step.number_id in {FIRST, SECOND, THIRD} - dropped - {step.dropped_number_id}

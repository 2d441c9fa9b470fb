"""Theta follows what the windows may still lose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacing import AbandonmentWindow, PacerSettings, WindowCount
from pacing.budget import THETA_PER_TARGET, Budget, WindowBudget

answered = st.integers(0, 20_000)
abandoned = st.integers(0, 800)
shares = st.floats(0.0, 1.0)


def theta(count, lost, elapsed=0.5, target=0.03):
    return WindowBudget(target).theta(count, lost, elapsed)


@given(answered, abandoned, abandoned, shares)
def test_more_abandoned_calls_never_make_it_bolder(count, one, other, elapsed):
    assert theta(count, max(one, other), elapsed) <= theta(count, min(one, other), elapsed)


@given(answered, abandoned, shares)
def test_theta_is_always_a_chance(count, lost, elapsed):
    assert 0.0 <= theta(count, lost, elapsed) <= 0.5


def test_at_its_reserve_theta_is_four_fifths_of_the_target():
    # 3 calls and 1.5 % of what was earned in hand
    assert theta(1000, 27) == pytest.approx(THETA_PER_TARGET * 0.03, rel=0.3)


def test_a_spent_budget_cuts_theta_and_a_healthy_one_does_not():
    assert theta(1000, 31) < 0.3 * theta(1000, 27)


def test_the_first_answers_of_a_window_may_be_overdrawn_and_the_last_may_not():
    assert theta(3, 1, elapsed=0.01) > 3.0 * theta(3, 1, elapsed=0.99)


def test_a_window_about_to_end_takes_no_chance_that_it_could_not_earn_back():
    assert theta(1000, 30, elapsed=0.99) < 0.1 * theta(1000, 30, elapsed=0.5)


def test_persons_who_will_be_abandoned_anyway_count_already():
    assert WindowBudget(0.03).theta(1000, 25, 0.5, expected_loss=3.0) == pytest.approx(theta(1000, 28))


def test_a_long_calm_is_not_paid_out_in_a_burst():
    assert theta(100_000, 0) <= theta(100_000, 1400) * 1.0001


def test_the_strictest_of_two_windows_rules():
    settings = PacerSettings(windows=(AbandonmentWindow(name="day"), AbandonmentWindow(name="month", limit=0.01)))
    day, month = WindowCount("day", 1000, 10, 0.5), WindowCount("month", 9000, 90, 0.5)
    both, slack = Budget(settings).theta((day, month))
    assert both == Budget(settings).theta((month,))[0]
    assert both < Budget(settings).theta((day,))[0]
    assert slack == pytest.approx(0.0)


def test_a_new_period_starts_with_what_was_learned():
    budget = WindowBudget(0.03)
    for count in range(0, 5000, 10):
        budget.theta(count, 0, count / 5000)
    learned = budget.bias
    assert learned > 0.0
    budget.theta(0, 0, 0.0)
    assert budget.bias == learned

"""Odd days through the production engine: whatever happens, what must hold does."""

import pytest
from hypothesis import HealthCheck, given, settings

from tests.days.invariants import check_day
from tests.days.plans import DayPlan
from tests.days.strategies import days
from tests.days.world import live

# A few rich days rather than many plain ones; the same ones every time, so that a failure is news.
ODD_DAYS = settings(
    deadline=None,
    max_examples=20,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
@ODD_DAYS
@given(plan=days())
def test_whatever_day_it_is_all_invariants_hold(plan: DayPlan) -> None:
    check_day(live(plan))

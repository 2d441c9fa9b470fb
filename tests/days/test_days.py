"""Odd days through the production engine: whatever happens, what must hold does."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

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
    # A failing day is not made smaller: that would take minutes, and the assertion shows its record.
    phases=[Phase.explicit, Phase.generate],
)


class Brief:
    """A plan that is shown without its lists: with them, a failure would be ten thousand lines long."""

    def __init__(self, plan: DayPlan) -> None:
        self.plan = plan

    def __repr__(self) -> str:
        return repr(self.plan)


@pytest.mark.slow
@ODD_DAYS
@given(brief=days().map(Brief))
def test_whatever_day_it_is_all_invariants_hold(brief: Brief) -> None:
    check_day(live(brief.plan))

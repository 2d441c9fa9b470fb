"""Whenever the engine dies, by whatever, and however often: nothing is lost, nobody is called twice."""

import pytest
from attrs import evolve
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dialer.app import new_state
from dialer.journal import replay
from dialer.record_codec import decode_all
from dialer.records import CampaignState, Claimed, Disposed
from pacing import PacingMode
from tests.days.crashing import Crash, crash_day
from tests.days.plans import Ending, TrunkPlan
from tests.days.test_single_days import PLAIN, here, in_mode

pytestmark = pytest.mark.slow

crashes = st.lists(
    # Most deaths come early, while much is under way and little is written.
    st.builds(Crash, st.one_of(st.floats(0.0, 60.0), st.floats(60.0, 900.0)), st.booleans()),
    min_size=1,
    max_size=5,
)


def check(plan, deaths):
    day = crash_day(plan, deaths, attempts_a_day=plan.house.per_day)
    assert day.audit.faults == []
    assert day.audit.open_ids == set()
    day.audit.compare(day.state)
    assert day.audit.faults == []
    assert replay(day.lines, new_state(day.config)) == day.state
    assert day.restarts == len(deaths)
    assert all(book.state is CampaignState.ENDED for book in day.state.campaigns.values())
    return day


@settings(
    deadline=None,
    max_examples=7,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
@given(
    deaths=crashes,
    mode=st.sampled_from((PacingMode.PREDICTIVE, PacingMode.PROGRESSIVE)),
    store_s=st.sampled_from((0.001, 0.05, 3.0)),
    outage=st.booleans(),
    seed=st.integers(1, 1000),
)
def test_whenever_the_engine_dies_nothing_is_lost_and_nobody_is_called_twice(deaths, mode, store_s, outage, seed):
    trunk = TrunkPlan("east", 50, 8.0, ((2.0, 4.0),) if outage else ())
    check(in_mode(mode, store_s=store_s, seed=seed, trunks=(trunk,), agents=here(8), ending=Ending(40.0)), deaths)


def test_attempts_of_a_killed_engine_that_no_carrier_heard_of_are_made_again():
    plan = in_mode(PacingMode.PREDICTIVE, store_s=3.0, agents=here(8))
    day = check(plan, [Crash(5.0)])
    records = list(decode_all(day.lines))
    never = {one.attempt_id for one in records if isinstance(one, Disposed) and one.disposition.value == "not_placed"}
    accounts = [one.account_id for one in records if isinstance(one, Claimed) and one.attempt_id in never]
    again = [one for one in records if isinstance(one, Claimed) and one.attempt_id not in never]
    assert accounts, "the engine was killed too late for this to be seen"
    assert set(accounts) <= {one.account_id for one in again}


def test_store_that_fails_stops_everything_at_once_and_its_return_starts_it_again():
    day = check(evolve(PLAIN, store_s=0.02), [Crash(300.0, is_kill=False), Crash(300.0, is_kill=False)])
    assert day.audit.starts == 3
    assert len(day.audit.claims) > 100

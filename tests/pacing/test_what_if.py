"""What a floor could do: against the exact limit, and in the direction that reason expects."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pacing.what_if
from bench.optimum import MarkovFloor, solve
from pacing.what_if import what_if

FLOORS = {
    "agents": st.integers(1, 100),
    "answer": st.floats(0.05, 0.7),
    "target": st.floats(0.01, 0.05),
    "ring_s": st.floats(5.0, 25.0),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("agents", "answer", "target", "ring_s"),
    [(1, 0.1, 0.03, 10.0), (4, 0.15, 0.02, 8.0), (6, 0.3, 0.03, 12.0), (10, 0.55, 0.04, 6.0), (15, 0.3, 0.015, 10.0)],
)
def test_the_limit_is_close_to_the_exact_one_between_the_floors_of_the_table(agents, answer, target, ring_s):
    exact = solve(MarkovFloor(agents, answer, target, ring_s, 140.0)).utilisation
    assert what_if(agents, answer, target, 120.0, 20.0, ring_s).limit == pytest.approx(exact, abs=0.01)


@given(**FLOORS)
def test_one_more_agent_makes_everybody_busier_and_is_worth_more_than_the_average_one(agents, answer, target, ring_s):
    floor, larger = (what_if(n, answer, target, ring_s=ring_s) for n in (agents, agents + 1))
    assert larger.utilisation >= floor.utilisation
    assert floor.connects_per_hour_of_one_more_agent >= floor.connects_per_hour / agents - 1e-9


@given(**FLOORS)
def test_no_floor_is_busier_than_its_limit_or_less_busy_than_progressive(agents, answer, target, ring_s):
    floor = what_if(agents, answer, target, ring_s=ring_s)
    assert floor.one_call_per_agent <= floor.utilisation <= floor.limit < 1.0
    assert not floor.is_extrapolated


@given(**FLOORS)
def test_a_better_list_and_a_higher_target_are_never_worse(agents, answer, target, ring_s):
    # The table has four decimals, and large floors hardly gain by a better list.
    rounding = 1e-4
    floor = what_if(agents, answer, target, ring_s=ring_s)
    assert what_if(agents, min(0.9, 1.2 * answer), target, ring_s=ring_s).limit >= floor.limit - rounding
    assert what_if(agents, answer, 1.2 * target, ring_s=ring_s).limit >= floor.limit - rounding


def test_counts_add_up():
    floor = what_if(20, 0.25, 0.03, talk_s=150.0, wrap_s=30.0)
    answered = floor.connects_per_hour + floor.abandoned_per_hour
    assert floor.abandoned_per_hour / answered == pytest.approx(0.03)
    assert floor.calls_per_hour * 0.25 == pytest.approx(answered)
    assert floor.connects_per_hour * 180.0 / 3600.0 / 20 == pytest.approx(floor.utilisation)


@pytest.mark.parametrize("agents", [500, 3000])
def test_floors_beyond_the_table_are_marked_and_stay_within_reason(agents):
    floor = what_if(agents, 0.2)
    assert floor.is_extrapolated
    assert what_if(100, 0.2).limit < floor.limit < 1.0


@pytest.mark.parametrize(
    "wrong", [{"agents": 0}, {"answer": 0.0}, {"answer": 1.0}, {"target": 0.0}, {"talk_s": 0.0}, {"wrap_s": -1.0}]
)
def test_an_impossible_floor_is_refused_with_its_value(wrong):
    name, value = next(iter(wrong.items()))
    with pytest.raises(ValueError, match=f"{name} must .*{value}"):
        what_if(**{"agents": 5, "answer": 0.2, **wrong})


def test_its_example_holds():
    result = doctest.testmod(pacing.what_if)
    assert (result.attempted, result.failed) == (2, 0)

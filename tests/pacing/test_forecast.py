"""The forecast against convolution by hand, and the rule built on it."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pacing.forecast import EXACT_TRIALS, Outlook, tail_by_moments


def law_of_sum(chances):
    law = np.array([1.0])
    for p in chances:
        law = np.convolve(law, [1.0 - p, p])
    return law


def brute_force(ahead, answers, freed):
    """P(ahead + answers - freed >= 0), averaged over the horizons."""
    total = 0.0
    for j in range(answers.shape[1]):
        demand, supply = law_of_sum(answers[:, j]), law_of_sum(freed[:, j])
        joint = np.outer(demand, supply)
        d, s = np.indices(joint.shape)
        total += joint[ahead + d - s >= 0].sum()
    return total / answers.shape[1]


@st.composite
def queues(draw, most=10):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    calls, agents = draw(st.integers(0, most)), draw(st.integers(0, most))
    scale = draw(st.sampled_from([0.05, 0.3, 1.0]))
    answers = np.sort(rng.random((calls, 6)) * scale, axis=1)
    freed = np.sort(rng.random((agents, 6)) * draw(st.sampled_from([0.1, 1.0])), axis=1)
    return Outlook(draw(st.integers(-5, 5)), answers, freed, np.sort(rng.random(6) * scale))


def test_the_law_moves_to_a_larger_circle_when_more_calls_do_not_fit():
    answers, own = np.full((8, 6), 0.2), np.full(6, 0.2)
    queue = Outlook(5, answers, np.full((1, 6), 0.3), own)
    counted = brute_force(5, np.vstack([answers, np.tile(own, (5, 1))]), queue.freed)
    assert queue.p_no_agent(5) == pytest.approx(counted, abs=1e-9)


@given(queue=queues(), extra=st.integers(0, 5))
def test_the_exact_chance_is_the_one_counted_by_hand(queue, extra):
    answers = np.vstack([queue.answers, np.tile(queue.own, (extra, 1))])
    assert queue.p_no_agent(extra) == pytest.approx(brute_force(queue.ahead, answers, queue.freed), abs=1e-5)


@pytest.mark.parametrize(("calls", "agents"), [(60, 40), (120, 100), (400, 300)])
@pytest.mark.parametrize("ahead", [-6, -2, 0])
def test_the_corrected_normal_is_near_the_exact_law_on_large_floors(calls, agents, ahead):
    rng = np.random.default_rng(7)
    answers, freed = rng.random((calls, 6)) * 0.12, rng.random((agents, 6)) * 0.16
    outlook = Outlook(ahead, answers, freed, np.full(6, 0.05))
    assert calls + agents > EXACT_TRIALS
    assert not outlook.is_exact
    assert outlook.p_no_agent() == pytest.approx(brute_force(ahead, answers, freed), abs=0.004)


@given(queue=queues())
def test_one_more_call_never_lowers_the_chance_to_meet_no_agent(queue):
    # No theta exceeds a half, and only below it is the exact law used for any number of calls.
    chances = [min(queue.p_no_agent(extra), 0.5) for extra in range(8)]
    assert all(later >= earlier - 1e-6 for earlier, later in pairwise(chances))


@given(queue=queues(), theta=st.floats(0.001, 0.5), most=st.integers(-2, 12))
def test_launches_stop_at_the_first_call_that_risks_too_much(queue, theta, most):
    by_hand = 0
    while by_hand < most and queue.p_no_agent(by_hand) <= theta:
        by_hand += 1
    assert queue.launches(theta, most) == by_hand


@given(queue=queues(), thetas=st.tuples(st.floats(0.0, 0.5), st.floats(0.0, 0.5)))
def test_a_larger_theta_never_launches_fewer_calls(queue, thetas):
    assert queue.launches(min(thetas), 40) <= queue.launches(max(thetas), 40)


@given(idle=st.integers(1, 30))
def test_without_calls_in_flight_each_idle_agent_gets_at_least_one(idle):
    outlook = Outlook(-idle, np.zeros((0, 6)), np.zeros((0, 6)), np.linspace(0.05, 0.5, 6))
    assert outlook.launches(1e-9, 1000) >= idle


@pytest.mark.parametrize(("mean", "expected"), [(-1.0, 0.0), (0.0, 1.0), (2.0, 1.0)])
def test_a_sum_without_spread_is_certain(mean, expected):
    assert tail_by_moments(mean, 0.0, 0.0) == expected


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_both_ways_agree_where_they_meet(seed):
    rng = np.random.default_rng(seed)
    answers, freed = rng.random((40, 6)) * 0.2, rng.random((30, 6)) * 0.25
    outlook = Outlook(-1, answers, freed, np.full(6, 0.05))
    assert outlook.is_exact
    by_moments = np.mean(
        [
            tail_by_moments(
                -1 + a.sum() - f.sum(),
                (a * (1 - a)).sum() + (f * (1 - f)).sum(),
                (a * (1 - a) * (1 - 2 * a)).sum() - (f * (1 - f) * (1 - 2 * f)).sum(),
            )
            for a, f in zip(answers.T, freed.T, strict=True)
        ]
    )
    assert outlook.p_no_agent() == pytest.approx(by_moments, abs=0.003)

"""The linear programme: known cells to four digits, and a policy that keeps what it promises."""

import pytest

from bench.optimum import MarkovFloor, simulate, solve
from pacing.queueing import erlang_b


@pytest.mark.parametrize(
    ("agents", "answer", "target", "expected"),
    [
        (1, 0.1, 0.03, 0.6274),
        (1, 0.5, 0.01, 0.8762),
        (2, 0.3, 0.03, 0.8287),
        (5, 0.1, 0.03, 0.7768),
        (5, 0.5, 0.05, 0.8980),
        (10, 0.3, 0.03, 0.8765),
        (20, 0.5, 0.03, 0.9225),
    ],
)
def test_a_known_limit_comes_out_to_four_digits(agents, answer, target, expected):
    best = solve(MarkovFloor(agents, answer, target))
    assert best.utilisation == pytest.approx(expected, abs=6e-5)
    assert best.abandonment == pytest.approx(target, abs=1e-6)


@pytest.mark.slow
def test_more_room_to_wait_and_to_ring_changes_nothing_in_the_fourth_digit():
    usual = MarkovFloor(5, 0.2, 0.03)
    roomy = MarkovFloor(5, 0.2, 0.03, waiting_room=usual.most_present, ringing_room=2 * usual.most_ringing)
    assert solve(roomy).utilisation == pytest.approx(solve(usual).utilisation, abs=2e-5)


@pytest.mark.slow
def test_the_optimal_policy_keeps_its_promise_when_simulated():
    best = solve(MarkovFloor(5, 0.3, 0.03))
    utilisation, abandonment = simulate(best, 300_000, seed=1)
    assert utilisation == pytest.approx(best.utilisation, abs=0.005)
    assert abandonment == pytest.approx(0.03, abs=0.003)


def test_a_single_agent_without_ringing_time_is_bounded_by_the_share_of_time_it_takes_to_reach_somebody():
    # With hardly any patience and hardly any target, one call at a time is all there is: busy h of h + 10 / p.
    best = solve(MarkovFloor(1, 0.5, 1e-6))
    one_at_a_time = 140.0 / (140.0 + 10.0 / 0.5)
    assert best.utilisation == pytest.approx(one_at_a_time, abs=2e-3)


@pytest.mark.parametrize("agents", [2, 5, 10])
def test_the_limit_lies_above_what_blind_dialing_reaches_when_busy_agents_lose_calls(agents):
    # Poisson arrivals lose `erlang_b` of the persons; at the load that loses 3 % agents are this busy.
    load = next(load / 100 for load in range(1, 10_000) if erlang_b(load / 100, agents) > 0.03)
    assert solve(MarkovFloor(agents, 0.3, 0.03)).utilisation > load * 0.97 / agents


def test_a_higher_target_or_a_better_list_is_never_worse():
    values = [solve(MarkovFloor(3, 0.2, target)).utilisation for target in (0.01, 0.03, 0.05)]
    assert values == sorted(values)
    assert solve(MarkovFloor(3, 0.4, 0.03)).utilisation > values[1]

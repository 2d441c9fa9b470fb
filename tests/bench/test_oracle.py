"""The hindsight oracle knows the laws that days are drawn from, and spends the budget it is given."""

import numpy as np
import pytest
from attrs import evolve

from bench.draws import Draws
from bench.oracle import Laws, hindsight
from bench.scenarios import load_scenarios

SCENARIOS = load_scenarios()


@pytest.mark.slow
def test_its_answer_law_is_the_one_that_calls_are_drawn_from():
    scenario = SCENARIOS["tiny-5"]
    draws, laws = Draws(scenario, 1), Laws(scenario)
    calls = [draws.call(0.0) for _ in range(40_000)]
    rings = np.array([call.ring_s for call in calls if call.is_answered])
    assert float(laws.answered_by(np.array([8.0]))[0]) == pytest.approx((rings <= 8.0).mean(), abs=0.015)
    alive = [call for call in calls if call.ring_s > 6.0]
    soon = 6.0 + laws.answer_times_s[2]
    seen = sum(call.is_answered and call.ring_s <= soon for call in alive) / len(alive)
    assert laws.answers(np.array([6.0]), 0.2)[0, 2] == pytest.approx(seen, abs=0.015)


@pytest.mark.slow
def test_its_law_of_free_agents_is_the_one_that_talks_are_drawn_from():
    scenario = SCENARIOS["mid-20-rpc"]
    draws, laws = Draws(scenario, 1), Laws(scenario)
    talks = [draws.talk_s(0.0, True) for _ in range(40_000)]
    wraps = [draws.wrap_s() for _ in range(40_000)]
    going = [(talk - 100.0, wrap) for talk, wrap in zip(talks, wraps, strict=True) if talk > 100.0]
    within_s = laws.answer_times_s[5] + 2.0
    seen = sum(talk + wrap <= within_s for talk, wrap in going) / len(going)
    assert laws.free_tables(1.0)[0][50, 5] == pytest.approx(seen, abs=0.015)


@pytest.mark.slow
def test_the_days_in_hindsight_are_within_the_target_and_use_most_of_it():
    scenario = evolve(SCENARIOS["tiny-5"], hours=1.0)
    _, days = hindsight(scenario, (1,), rounds=3)
    assert days[0].abandonment_rate <= 0.03
    assert days[0].utilisation > 0.7

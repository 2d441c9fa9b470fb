"""Baselines do what their descriptions say, and stay on the floor they are given."""

import pytest
from attrs import evolve

from bench.baselines import PACERS, FixedRatio, LevelController, PerIdleAgent, StepwiseCorrection, best_ratio
from bench.floor import run_day, settings_for
from bench.scenarios import load_scenarios
from pacing import CallAbandoned, CallConnected, CallUnanswered, Snapshot, WindowCount

TINY = evolve(load_scenarios()["tiny-5"], hours=0.5)
SETTINGS = settings_for(TINY)


def floor(**changes):
    given = {"now_s": 100.0, "idle_count": 2, "talking_since_s": (0.0, 0.0, 0.0), "free_lines": 50}
    return Snapshot(**{**given, "windows": (WindowCount("day", 0, 0, 0.0),), **changes})


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PACERS))
def test_a_baseline_dials_and_keeps_agents_at_work(name):
    day = run_day(TINY, 1, PACERS[name])
    assert 0.3 < day.utilisation < 1.0
    assert day.launched > 50


@pytest.mark.parametrize("name", sorted(PACERS))
def test_a_baseline_never_asks_for_more_than_the_free_lines(name):
    pacer = PACERS[name](SETTINGS)
    assert pacer.decide(floor(free_lines=1)).launch_count <= 1
    assert pacer.decide(floor(free_lines=0)).launch_count == 0
    assert pacer.decide(floor(idle_count=0, talking_since_s=())).launch_count == 0


def test_a_fixed_ratio_is_calls_for_each_idle_agent():
    assert FixedRatio(SETTINGS, ratio=2.0).decide(floor()).launch_count == 4
    assert FixedRatio(SETTINGS, ratio=2.0).decide(floor(ringing_since_s=(90.0,) * 3)).launch_count == 1


def test_a_level_controller_falls_back_to_one_line_an_agent_above_the_target():
    pacer = LevelController(SETTINGS)
    for quarter_minute in range(1, 20):
        pacer.decide(floor(now_s=15.0 * quarter_minute))
    assert pacer.level > 2.0
    pacer.observe(CallAbandoned(299.0, 2.0))
    pacer.decide(floor(now_s=300.0))
    assert pacer.level == 1.0


def test_one_call_an_idle_agent_becomes_many_when_few_answer():
    pacer = PerIdleAgent(SETTINGS)
    for _ in range(9):
        pacer.observe(CallUnanswered(1.0, 24.0))
    assert pacer.decide(floor()).launch_count == 20


def test_a_stepwise_correction_comes_after_enough_answers_only():
    pacer = StepwiseCorrection(SETTINGS)
    for _ in range(69):
        pacer.observe(CallConnected(1.0, 0.0))
    pacer.decide(floor())
    assert pacer.lines_per_agent == 1.5
    pacer.observe(CallConnected(1.0, 0.0))
    pacer.decide(floor())
    assert pacer.lines_per_agent > 1.5


@pytest.mark.slow
def test_the_best_ratio_in_hindsight_is_the_highest_within_the_target():
    ratio = best_ratio(TINY, (1,), halvings=4)
    within = run_day(TINY, 1, lambda settings: FixedRatio(settings, ratio))
    beyond = run_day(TINY, 1, lambda settings: FixedRatio(settings, 2.0 * ratio))
    assert within.abandonment_rate <= TINY.abandonment_target < beyond.abandonment_rate

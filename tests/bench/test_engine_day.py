"""The production engine and the event heap come to the same day from the same draws."""

import pytest
from attrs import evolve

from bench.engine_day import run_engine_day
from bench.floor import run_day
from bench.pacing_table import agreement, one_day
from bench.scenarios import Profile, load_scenarios
from pacing import PacingMode

SCENARIOS = load_scenarios()


def short(name, hours, **changes):
    return evolve(SCENARIOS[name], hours=hours, **changes)


@pytest.mark.slow
def test_progressive_days_of_both_drivers_differ_by_a_tick_a_call_at_most():
    scenario = short("tiny-5", 1.0)
    engine, heap = (one_day(scenario, 1, "progressive", driver) for driver in ("engine", "heap"))
    assert engine.abandoned == heap.abandoned == 0
    assert engine.utilisation == pytest.approx(heap.utilisation, abs=0.03)
    assert engine.launched == pytest.approx(heap.launched, rel=0.05)


@pytest.mark.slow
def test_predictive_days_of_both_drivers_agree_within_the_confidence_interval():
    scenario = short("tiny-5", 1.0)
    seeds = range(1, 4)
    busier, lost = agreement(
        [run_engine_day(scenario, seed) for seed in seeds], [run_day(scenario, seed) for seed in seeds]
    )
    assert busier.holds_zero, busier
    assert lost.holds_zero, lost
    # And the interval is not merely wide.
    assert abs(busier.mean) < 0.04


@pytest.mark.slow
def test_the_same_seed_gives_the_same_engine_day():
    days = [run_engine_day(short("mid-20-amd", 0.2), 4) for _ in range(2)]
    assert days[0] == days[1]


@pytest.mark.slow
def test_agents_come_pause_and_go_in_the_engine_as_planned():
    leave = Profile((0.0, 0.5), (6.0, 2.0), is_step=True)
    scenario = short("mid-30-shifts", 1.0, agents=leave)
    paused = evolve(scenario, parameters={**scenario.parameters, "break_every_s": 600.0, "break_mean_s": 120.0})
    day = run_engine_day(paused, 2, PacingMode.PROGRESSIVE)
    assert [fewest for _, _, fewest in day.quarters] == [6, 6, 2, 2]
    assert 0.3 < day.utilisation < 0.9


@pytest.mark.slow
def test_machines_are_neither_delivered_nor_abandoned_in_the_engine():
    scenario = short("mid-20-amd", 0.1, agents=Profile((0.0,), (3.0,)))
    only_machines = evolve(scenario, parameters={**scenario.parameters, "machine_share_of_answers": 1.0})
    day = run_engine_day(only_machines, 1)
    assert day.launched > 50
    assert (day.delivered, day.abandoned) == (0, 0)

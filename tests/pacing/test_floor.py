"""The pacer on a model floor: inside its limit, and better than one call per agent."""

import pytest
from attrs import evolve

from bench.baselines import PACERS
from bench.floor import Floor, run_day, settings_for
from bench.scenarios import Profile, load_scenarios
from bench.score import render, score
from pacing import Pacer

SCENARIOS = load_scenarios()


def short(name, hours, **changes):
    return evolve(SCENARIOS[name], hours=hours, **changes)


@pytest.mark.slow
def test_a_short_day_stays_inside_its_target_and_beats_progressive():
    scenario = short("mid-20", 1.0)
    predictive, progressive = (run_day(scenario, 3, PACERS[name]) for name in ("predictive", "progressive"))
    assert predictive.abandonment_rate <= scenario.abandonment_target
    assert progressive.abandoned == 0
    assert predictive.utilisation > progressive.utilisation + 0.15


@pytest.mark.slow
def test_a_jump_of_the_answer_rate_does_not_run_away():
    jump = Profile((0.0, 0.5), (0.06, 0.5), is_step=True)
    day = run_day(short("mid-20", 1.0, answer_rate=jump), 1)
    after = day.quarters[2:]
    assert max(lost / max(1, answered) for answered, lost, _ in after) < 0.12


@pytest.mark.slow
def test_a_mass_log_out_ends_within_the_target():
    leave = Profile((0.0, 0.6), (30.0, 8.0), is_step=True)
    day = run_day(short("mid-20", 1.0, agents=leave), 2)
    assert day.abandonment_rate <= 0.03 * 1.15


@pytest.mark.slow
def test_the_same_seed_gives_the_same_day():
    days = [run_day(short("mid-20-amd", 0.3), 4) for _ in range(2)]
    assert days[0].utilisation == days[1].utilisation
    assert (days[0].launched, days[0].abandoned) == (days[1].launched, days[1].abandoned)


@pytest.mark.slow
def test_lines_are_never_exceeded():
    scenario = short("big-100-trunk", 0.1)
    floor = Floor(scenario, 1, Pacer(settings_for(scenario)))
    floor.run()
    in_use = len(floor.ringing) + len(floor.detecting) + len(floor.waiting) + len(floor.talking)
    assert 100 < in_use <= 150


@pytest.mark.parametrize(("hour", "expected"), [(-1, 0.1), (0, 0.1), (2, 0.2), (4, 0.3), (8, 0.15), (9, 0.15)])
def test_a_profile_is_linear_between_its_points(hour, expected):
    assert SCENARIOS["mid-30-drift"].answer_rate.at(hour * 3600.0) == pytest.approx(expected)


@pytest.mark.parametrize(("hour", "expected"), [(1.99, 0.12), (2.0, 0.4), (7.0, 0.3)])
def test_a_stepped_profile_changes_at_the_point(hour, expected):
    assert SCENARIOS["mid-20-jump"].answer_rate.at(hour * 3600.0) == expected


def test_a_wave_goes_up_and_down_around_the_value():
    wave = Profile.parse({"pts": [[0, 0.2]], "sin": [0.5, 4.0]})
    assert [round(wave.at(hour * 3600.0), 3) for hour in (0, 1, 2, 3)] == [0.2, 0.3, 0.2, 0.1]


@pytest.mark.slow
def test_a_table_shows_the_share_of_the_limit():
    scenario = short("tiny-5", 0.2)
    row = score(scenario, [run_day(scenario, seed, PACERS["progressive"]) for seed in (1, 2)])
    assert row.share_of_limit == pytest.approx(row.utilisation / 0.785)
    assert row.days_inside == 2
    assert "mean share of the limit" in render([row], with_head=True, with_sum=True)

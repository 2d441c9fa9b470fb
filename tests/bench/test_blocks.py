"""Many days under one pacer: every window counts for itself, and is held."""

import pytest
from attrs import evolve

from bench.blocks import WINDOWS, Calendar, over_at_their_end, run_days
from bench.floor import settings_for
from bench.scenarios import load_scenarios
from pacing import AbandonmentWindow, CallAbandoned, CallConnected, Pacer

SCENARIOS = load_scenarios()


def test_the_thirty_first_day_opens_a_new_block_and_every_day_a_new_day():
    calendar = Calendar(Pacer(settings_for(SCENARIOS["tiny-5"])), WINDOWS)
    for _ in range(31):
        for second in range(9):
            calendar.observe(CallConnected(float(second), 0.0))
        calendar.observe(CallAbandoned(10.0, 2.0))
        rows = calendar.close(8.0)
        assert (rows[0].abandoned, rows[0].answered) == (1, 10)
    assert (rows[1].abandoned, rows[1].answered) == (1, 10)


@pytest.mark.slow
def test_a_block_of_thirty_days_is_held_while_its_days_are_held_too():
    scenario = evolve(SCENARIOS["tiny-5"], hours=0.08)
    found = run_days(scenario, 31)
    over, count = over_at_their_end(found, WINDOWS, "30 days")
    # The second block has only its first five minutes, and may have lost a call of thirty.
    assert count == 2
    assert over <= 1
    block = [row for row in found if row.window == "30 days" and row.day == 29]
    assert not block[0].is_over


@pytest.mark.slow
def test_persons_that_detection_dropped_leave_less_to_the_dialer():
    windows = (AbandonmentWindow(name="24 hours", regime="house", limit=0.05),)
    mistaken = SCENARIOS["mid-20-amd"]
    scenario = evolve(
        mistaken,
        hours=0.75,
        abandonment_target=0.05,
        parameters={**mistaken.parameters, "false_machine": 0.03, "machine_share_of_answers": 0.3},
    )
    (row,) = run_days(scenario, 1, windows)
    assert row.abandoned >= 3
    assert row.abandoned <= 1.15 * 0.05 * row.answered + 1

"""The picture of whole days: limit, ours, and what the scenario file states of others."""

from bench.published import baselines, curves
from bench.scenarios import load_scenarios


def test_every_scenario_states_its_baselines_as_shares():
    stated = baselines()
    assert set(stated) == set(load_scenarios())
    assert all(0.0 < value < 1.0 for one in stated.values() for value in one.values())


def test_scenarios_of_one_size_are_one_point_and_bound_lines_are_left_out():
    scores = [
        {"scenario": "tiny-5", "agents": 5.0, "limit": 0.8, "utilisation": 0.7},
        {"scenario": "tiny-5-lowp", "agents": 5.0, "limit": 0.7, "utilisation": 0.6},
        {"scenario": "big-100-trunk", "agents": 100.0, "limit": 0.63, "utilisation": 0.63},
    ]
    by_name = {curve.name: curve.points for curve in curves(scores)}
    assert by_name["limit"] == ((5.0, 0.75),)
    assert [round(value, 9) for _, value in by_name["this pacer"]] == [0.65]
    assert len(by_name) == 6

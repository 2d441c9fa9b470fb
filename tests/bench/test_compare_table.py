"""The comparison: one row a pacer, a picture that opens, a price for each decision."""

import json
import xml.etree.ElementTree as ET

import pytest
from attrs import asdict, evolve
from rich.console import Console

from bench.compare_table import curves_of, run_all, table_of
from bench.cost import measure
from bench.picture import Curve, draw
from bench.scenarios import load_scenarios


@pytest.mark.slow
def test_a_comparison_has_a_row_a_pacer_and_an_interval_for_the_difference():
    scenario = evolve(load_scenarios()["tiny-5"], hours=0.4)
    days = []
    found = run_all(scenario, (1, 2), ("predictive", "progressive", "fixed-ratio"), lambda: days.append(1))
    assert len(days) == 6
    assert [one.pacer for one in found] == ["predictive", "progressive", "fixed-ratio"]
    assert found[0].ours_less_this == 0.0
    assert found[1].ours_less_this > 0.05
    assert json.loads(json.dumps([asdict(one) for one in found]))[1]["half_width"] > 0.0
    console = Console(record=True, width=140)
    console.print(table_of(found))
    assert "progressive" in console.export_text()
    assert [curve.name for curve in curves_of(found)] == ["limit", "predictive", "progressive", "fixed-ratio"]


def test_a_picture_is_valid_and_names_its_curves():
    root = ET.fromstring(draw([Curve("limit", ((5.0, 0.8), (100.0, 0.97))), Curve("a < b", ((5.0, 0.6),))]))
    texts = [one.text for one in root.iter() if one.text and one.text.strip()]
    assert {"limit", "a < b", "agents", "60 %", "100 %", "5", "100"} <= set(texts)
    assert "90 %" in texts


def test_a_picture_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one point"):
        draw([Curve("limit", ())])


@pytest.mark.slow
def test_a_decision_costs_far_less_than_the_time_between_two():
    cost = measure(20, 0.05)
    assert 0.0 < cost.observe_us < cost.decide_us < 5_000.0
    assert cost.decisions_per_s > 200.0

"""Closed formulas against printed tables, and the model floor against the formulas."""

import math
import random

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from bench.floor import Floor
from bench.scenarios import load_scenarios
from pacing import PacingDecision
from pacing.queueing import erlang_a, erlang_b, erlang_c, occupancy_bound, poisson_tail


@pytest.mark.parametrize(
    ("load", "servers", "blocked"),
    [(1.0, 1, 0.5), (2.0, 4, 0.0952), (4.0, 5, 0.1991), (10.0, 10, 0.2146), (20.0, 30, 0.0085), (84.06, 100, 0.0100)],
)
def test_erlang_b_is_the_printed_table(load, servers, blocked):
    assert erlang_b(load, servers) == pytest.approx(blocked, abs=6e-5)


@pytest.mark.parametrize(("load", "servers", "waits"), [(0.5, 1, 0.5), (2.0, 3, 0.4444), (8.0, 10, 0.4092)])
def test_erlang_c_is_the_printed_table(load, servers, waits):
    assert erlang_c(load, servers) == pytest.approx(waits, abs=6e-5)


def test_a_load_beyond_the_servers_makes_everybody_wait():
    assert erlang_c(12.0, 10) == 1.0


@given(load=st.floats(0.1, 60.0), servers=st.integers(1, 60))
def test_with_patience_as_long_as_a_call_the_system_is_a_poisson_count(load, servers):
    waits, leaves = erlang_a(load, servers, 1.0)
    assert waits == pytest.approx(poisson_tail(load, servers), abs=1e-9)
    term, excess = math.exp(-load), 0.0
    for k in range(1, 400):
        term *= load / k
        excess += max(0, k - servers) * term
    assert leaves == pytest.approx(excess / load, abs=1e-9)


@given(load=st.floats(0.1, 30.0), servers=st.integers(1, 40))
def test_losses_with_patience_lie_below_losses_without_waiting(load, servers):
    waits, leaves = erlang_a(load, servers, 0.02)
    assert leaves <= erlang_b(load, servers) + 1e-9
    assert waits <= 1.0
    assert occupancy_bound(load, servers) <= min(1.0, load / servers) + 1e-12


@pytest.mark.parametrize(("load", "servers"), [(-1.0, 3), (1.0, -3), (math.nan, 1)])
def test_a_queue_that_cannot_be_is_refused(load, servers):
    with pytest.raises(ValueError, match="must not be negative"):
        erlang_b(load, servers)


class ByTheDice:
    """A pacer that launches a Poisson stream whatever happens: the arrivals of Erlang's formulas."""

    def __init__(self, per_second):
        self.rng, self.per_second, self.last_s = random.Random(5), per_second, 0.0

    def observe(self, event):
        pass

    def decide(self, snapshot):
        gap_s, self.last_s = snapshot.now_s - self.last_s, snapshot.now_s
        left, count = math.exp(-self.per_second * gap_s), -1
        product = 1.0
        while product > left:
            product *= self.rng.random()
            count += 1
        return PacingDecision(max(0, count))


@pytest.mark.slow
def test_a_floor_without_patience_loses_what_erlang_b_says():
    plain = load_scenarios()["tiny-5"]
    parameters = {**plain.parameters, "connect_limit_s": 1e-6}
    scenario = evolve(plain, hours=40.0, answer_rate=evolve(plain.answer_rate, values=(1.0,)), parameters=parameters)
    day = Floor(scenario, 1, ByTheDice(4.0 / 140.0), tick_s=3.0).run()
    assert day.abandonment_rate == pytest.approx(erlang_b(4.0, 5), abs=0.02)
    assert day.utilisation == pytest.approx(occupancy_bound(4.0, 5), abs=0.02)

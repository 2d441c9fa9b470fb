"""Laws of ring, talk and wrap-up times against batch formulas and against drawn times."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacing.durations import RING_STEP_S, BusyLaw, RingLaw, free_table, talk_law, wrap_law


@pytest.mark.slow
@given(rings=st.lists(st.floats(0.0, 30.0), max_size=40))
def test_the_ring_law_equals_the_weighted_histogram_at_every_prefix(rings):
    law = RingLaw.of_answers(24.0)
    keep = 1.0 / (1.0 + 1.0 / law.memory)
    for n in range(len(rings) + 1):
        mass = law.prior * law.prior_weight
        for i, ring_s in enumerate(rings[:n]):
            mass[min(int(ring_s / RING_STEP_S), len(mass) - 1)] += keep ** (n - 1 - i)
        assert np.diff(law.cdf()) == pytest.approx(mass / mass.sum())
        if n < len(rings):
            law.observe(rings[n])


def test_before_any_answer_people_answer_in_about_ten_seconds():
    assert 7.0 < RingLaw.of_answers(24.0).mean < 11.0


def test_the_ring_law_finds_the_mean_of_what_it_is_shown():
    law, rng = RingLaw.of_answers(24.0), np.random.default_rng(3)
    times = np.clip(2.0 + rng.gamma(4.0, 1.0, 2000), 0.0, 23.9)
    for ring_s in times:
        law.observe(float(ring_s))
    assert law.mean == pytest.approx(times.mean(), abs=0.3)


@pytest.mark.slow
@given(lengths=st.lists(st.floats(0.0, 900.0), max_size=30), running=st.lists(st.floats(0.0, 900.0), max_size=5))
def test_hazards_are_ends_over_time_spent_at_every_prefix(lengths, running):
    law = BusyLaw((0.0, 10.0, 60.0), prior_mean_s=100.0)
    keep = 1.0 / (1.0 + 1.0 / law.memory)
    bounds = [(0.0, 10.0), (10.0, 60.0), (60.0, np.inf)]
    for n in range(len(lengths) + 1):
        weights = [keep ** (n - 1 - i) for i in range(n)]
        ends = [sum(w for w, x in zip(weights, lengths, strict=False) if a <= x < b) for a, b in bounds]
        spent = [
            sum(w * (min(x, b) - a) for w, x in zip(weights, lengths, strict=False) if x > a)
            + sum(min(x, b) - a for x in running if x > a)
            for a, b in bounds
        ]
        mean = (sum(ends) + law.prior_weight) / (sum(spent) + law.prior_weight * 100.0)
        expected = [(e + 3.0) / (s + 3.0 / mean) for e, s in zip(ends, spent, strict=True)]
        assert law.hazards(running) == pytest.approx(expected)
        if n < len(lengths):
            law.observe(lengths[n])


def learned(law, times):
    for length_s in times:
        law.observe(float(length_s))
    return law


def test_the_chance_to_be_free_is_what_drawn_times_show():
    rng = np.random.default_rng(11)
    talk = learned(talk_law(), rng.lognormal(4.4, 0.8, 4000))
    wrap = learned(wrap_law(), rng.gamma(2.8, 7.0, 4000))
    horizons = np.array([4.0, 9.0, 20.0])
    table = free_table(talk, talk.hazards(), wrap, wrap.hazards(), horizons)
    talks, wraps = rng.lognormal(4.4, 0.8, 200_000), rng.gamma(2.8, 7.0, 200_000)
    for age_s in (5.0, 40.0, 150.0):
        going = talks > age_s
        drawn = [((talks[going] - age_s + wraps[going]) <= h).mean() for h in horizons]
        assert table.talk[table.of_talking(np.array([age_s]))[0]] == pytest.approx(drawn, abs=0.03)
    for age_s in (1.0, 15.0, 40.0):
        going = wraps > age_s
        drawn = [(wraps[going] - age_s <= h).mean() for h in horizons]
        assert table.wrap[table.of_wrapping(np.array([age_s]))[0]] == pytest.approx(drawn, abs=0.06)


@pytest.mark.slow
@given(ages=st.lists(st.floats(0.0, 1e6), min_size=1, max_size=20))
def test_a_longer_horizon_never_makes_an_agent_less_likely_to_be_free(ages):
    talk, wrap = talk_law(), wrap_law()
    table = free_table(talk, talk.hazards(ages), wrap, wrap.hazards(ages), np.array([2.0, 5.0, 12.0, 26.0]))
    for rows in (
        table.talk[table.of_talking(np.array(ages))],
        table.wrap[table.of_wrapping(np.array(ages))],
    ):
        assert np.all(np.diff(rows, axis=1) >= 0.0)
        assert np.all((rows >= 0.0) & (rows <= 1.0))


def test_a_talk_law_without_a_talk_has_its_prior_mean():
    assert talk_law().mean == pytest.approx(120.0)
    assert wrap_law().mean == pytest.approx(30.0)


def test_short_talks_shown_make_the_mean_short():
    assert learned(talk_law(), [20.0] * 500).mean < 25.0

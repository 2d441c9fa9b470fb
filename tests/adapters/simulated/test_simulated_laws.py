"""Laws and tables: what is drawn has the stated law, and what cannot be one is refused."""

import math
from random import Random

import attrs
import pytest
from scipy import stats

from adapters.simulated.assumptions import Assumptions
from adapters.simulated.draws import generator
from adapters.simulated.laws import ByHour, Law, Quantiles, Share, Shares, Steps
from tests.adapters.simulated.samples import assuming, assumptions, converter, table

WHY = {"reason": "a test"}


def draws(law: Law, count: int = 4000) -> list[float]:
    rng = generator(1, "test", law.law)
    return [law.draw(rng) for _ in range(count)]


def test_gamma_law_is_a_gamma_shifted_to_its_least_value():
    law = Law(law="gamma", mean_s=10.0, cv=0.55, min_s=2.0, **WHY)
    shape = (8.0 / 5.5) ** 2
    assert stats.kstest(draws(law), stats.gamma(shape, loc=2.0, scale=8.0 / shape).cdf).pvalue > 0.01


def test_lognormal_law_is_a_lognormal_with_the_stated_mean_and_variation():
    law = Law(law="lognormal", mean_s=221.19, cv=0.935, **WHY)
    sigma = math.sqrt(math.log1p(0.935**2))
    expected = stats.lognorm(sigma, scale=221.19 * math.exp(-(sigma**2) / 2))
    assert stats.kstest(draws(law), expected.cdf).pvalue > 0.01
    assert expected.mean() == pytest.approx(221.19)
    assert expected.std() / expected.mean() == pytest.approx(0.935)


def test_uniform_law_runs_between_its_bounds():
    law = Law(law="uniform", min_s=1.5, max_s=3.5, **WHY)
    assert stats.kstest(draws(law), stats.uniform(1.5, 2.0).cdf).pvalue > 0.01


def test_quantile_law_meets_its_quantiles():
    law = Quantiles(levels=(0.1, 0.5, 0.9), values=(1.0, 2.0, 10.0), unit="x", **WHY)
    rng = generator(1, "test", "quantiles")
    drawn = sorted(law.draw(rng) for _ in range(4000))
    assert drawn[0] == 1.0
    assert drawn[-1] == 10.0
    assert drawn[2000] == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("name", ["gamma", "lognormal"])
def test_values_are_cut_at_the_bounds(name):
    law = Law(law=name, mean_s=10.0, cv=1.0, min_s=8.0, max_s=12.0, **WHY)
    drawn = draws(law)
    assert min(drawn) >= 8.0
    assert max(drawn) == 12.0


def test_steps_change_at_their_starts():
    steps = Steps(starts=(0, 30, 60), values=(1.0, 0.7, 0.5), unit="x", **WHY)
    assert [steps.at(x) for x in (-1, 0, 29, 30, 59, 60, 1000)] == [1.0, 1.0, 1.0, 0.7, 0.7, 0.5, 0.5]


def test_hour_that_is_not_listed_takes_the_nearest():
    by_hour = ByHour(shares={"09": 0.2, "18": 0.4}, **WHY)
    assert [by_hour.of_hour[hour] for hour in (0, 9, 13, 14, 23)] == [0.2, 0.2, 0.2, 0.4, 0.4]


def test_name_that_is_not_listed_takes_the_share_of_others():
    shares = Shares(shares={"mobile": 0.1, "other": 0.3}, **WHY)
    assert (shares.of("mobile"), shares.of("home")) == (0.1, 0.3)
    assert Shares(shares={}, **WHY).of("home") == 0.0


@pytest.mark.parametrize(
    "make",
    [
        lambda: Share(share=1.01, **WHY),
        lambda: Share(share=-0.01, **WHY),
        lambda: Share(share=0.5, reason=" "),
        lambda: Shares(shares={"mobile": 1.5}, **WHY),
        lambda: Law(law="weibull", mean_s=1.0, cv=1.0, **WHY),
        lambda: Law(law="gamma", mean_s=2.0, cv=1.0, min_s=2.0, **WHY),
        lambda: Law(law="gamma", mean_s=2.0, cv=0.0, **WHY),
        lambda: Law(law="uniform", min_s=2.0, max_s=1.0, **WHY),
        lambda: Law(law="uniform", min_s=2.0, **WHY),
        lambda: Steps(starts=(0, 0), values=(1.0, 1.0), unit="x", **WHY),
        lambda: Steps(starts=(0,), values=(1.0, 1.0), unit="x", **WHY),
        lambda: ByHour(shares={}, **WHY),
        lambda: ByHour(shares={"9": 0.1}, **WHY),
        lambda: ByHour(shares={"noon": 0.1}, **WHY),
        lambda: ByHour(shares={"24": 0.1}, **WHY),
        lambda: Quantiles(levels=(0.5, 0.1), values=(1.0, 2.0), unit="x", **WHY),
        lambda: assuming(money={"round_to_minor": {"KRW": 0}}),
    ],
)
def test_value_that_cannot_be_is_refused(make):
    with pytest.raises((ValueError, ExceptionGroup)):
        make()


def test_unknown_key_in_the_file_is_refused():
    wrong = table()
    wrong["network"]["buzy"] = {"share": 0.1, "reason": "a slip"}
    with pytest.raises(ExceptionGroup):
        converter.structure(wrong, Assumptions)


def test_every_value_of_the_bank_day_has_a_reason_of_a_known_kind():
    def reasons(one: object) -> list[str]:
        found = []
        for item in attrs.fields(type(one)):
            value = getattr(one, item.name)
            if item.name == "reason":
                found.append(value)
            elif attrs.has(type(value)):
                found.extend(reasons(value))
        return found

    found = reasons(assumptions())
    assert len(found) > 60
    assert {text.split(":")[0] for text in found} == {"fitted", "published", "judgement"}


def test_generator_of_a_name_is_its_own_and_stays():
    first = generator(1, "attempt", "a-1").random()
    assert generator(1, "attempt", "a-1").random() == first
    others = [generator(2, "attempt", "a-1"), generator(1, "person", "a-1"), generator(1, "attempt", "a-2")]
    assert first not in [other.random() for other in others]
    assert isinstance(others[0], Random)

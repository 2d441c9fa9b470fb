"""The report says what the floor could have done, and why the pacer did what it did."""

from datetime import timedelta

import pytest
from attrs import evolve

from dialer.records import PacingNoted
from dialer.report import as_json, render_html, summarize
from dialer.report.floor_limit import floor_limit
from tests.dialer.report.sample_day import CONTEXT, sample_day


@pytest.fixture(scope="module")
def records():
    return list(sample_day(scale=0.2))


@pytest.fixture(scope="module")
def figures(records):
    return summarize(records, CONTEXT)


def test_no_floor_is_busier_than_its_limit_and_progressive_is_below_it(figures):
    floors = [found for one in figures.campaigns if (found := floor_limit(one)) is not None]
    assert floors
    for floor in floors:
        assert 0.0 < floor.possible.one_call_per_agent <= floor.possible.limit < 1.0
        assert floor.agents >= 1


def test_a_campaign_without_a_limit_of_abandonment_has_no_limit_of_utilisation(figures):
    campaign = figures.campaigns[0]
    assert floor_limit(evolve(campaign, context=evolve(campaign.context, abandonment_limit=None))) is None


@pytest.mark.parametrize(("language", "words"), [("en", "at most"), ("ko", "한계")])
def test_the_page_and_the_data_say_the_limit_beside_the_result(figures, language, words):
    assert words in render_html(figures, CONTEXT, language)
    limits = [one["floor_limit"] for one in as_json(figures, CONTEXT)["campaigns"].values()]
    assert any(one is not None and one["highest_utilisation"] > one["one_call_per_agent_utilisation"] for one in limits)


def test_a_reason_of_each_half_hour_stands_in_its_own_language(records):
    began_at = records[0].at
    campaign_id = CONTEXT.campaigns[0].campaign_id
    notes = [
        PacingNoted(
            began_at + timedelta(minutes=7 * nth), campaign_id, "predictive", 1, 1, 3, f"because {nth}",
            reason_ko=f"이유 {nth}",
        )
        for nth in range(12)
    ]  # fmt: skip
    figures = summarize([*records[:1], *notes], CONTEXT)
    (trace,) = [one.pacing for one in figures.campaigns if one.pacing is not None]
    half_hours = {int(note.at.timestamp() // 1800) for note in notes}
    assert len(trace.samples) == len(half_hours)
    assert trace.samples[0].why("ko") == "이유 0"
    assert "because 0" in render_html(figures, CONTEXT, "en")

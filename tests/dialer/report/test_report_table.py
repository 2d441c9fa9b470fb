"""The printed table and the JSON form."""

import io
import json

import pytest
from rich.cells import cell_len
from rich.console import Console

from dialer.disposition import Disposition
from dialer.report import CampaignContext, ReportContext, as_json, print_table, summarize
from tests.dialer.report.test_report_figures import TINY, call, in_order, tiny_day


def printed(records, context, language):
    out = io.StringIO()
    print_table(summarize(records, context), context, language, Console(file=out, width=100))
    return out.getvalue()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_table_fits_a_hundred_columns_with_large_figures_and_long_names(language):
    long_name = "아주 긴 이름을 가진 캠페인의 하루를 보여 주는 줄"
    context = ReportContext(
        campaigns=(CampaignContext(campaign_id="c", name_ko=long_name, name_en=long_name, abandonment_limit=0.005),),
        line_counts={"t": 2},
    )
    many = [call(str(n), n * 10, Disposition.SOLD, amount_minor=9_999_999_999) for n in range(100)]
    text = printed(in_order(*many, call("x", 1, Disposition.ABANDONED)), context, language)
    assert max(cell_len(line) for line in text.splitlines()) <= 100


@pytest.mark.parametrize("language", ["ko", "en"])
def test_nothing_is_cut_off_on_eighty_columns_nor_in_a_file(language):
    figures = summarize(in_order(*[call(str(n), n, Disposition.MACHINE) for n in range(300)]), TINY)
    for is_terminal in (True, False):
        out = io.StringIO()
        console = Console(file=out, width=80, force_terminal=is_terminal, color_system=None)
        print_table(figures, TINY, language, console)
        assert "…" not in out.getvalue()
        assert console.width == 80


def test_the_table_says_in_words_when_a_limit_is_exceeded():
    assert "33.33% OVER" in printed(tiny_day(), TINY, "en")
    assert "33.33% 초과" in printed(tiny_day(), TINY, "ko")


def test_a_name_with_markup_is_printed_as_it_stands():
    context = ReportContext(campaigns=(CampaignContext(campaign_id="c", name_en="[red]x[/red]"),))
    assert "[red]x[/red]" in printed(tiny_day(), context, "en")


def test_json_holds_the_figures_and_survives_a_round_trip():
    values = as_json(summarize(tiny_day(), TINY), TINY)
    again = json.loads(json.dumps(values, allow_nan=False))
    assert again == values
    campaign = again["campaigns"]["c"]
    assert campaign["abandonment"]["numerator_count"] == 1
    assert campaign["abandonment"]["denominator_count"] == 3
    assert campaign["is_within_limit"] is False
    assert campaign["promised_minor_by_currency"] == {"KRW": 50_000}
    assert campaign["calls_by_hour"]["9"]["placed_count"] == 5


def test_a_language_that_the_report_does_not_speak_is_refused():
    with pytest.raises(ValueError, match="`fr`"):
        printed(tiny_day(), TINY, "fr")

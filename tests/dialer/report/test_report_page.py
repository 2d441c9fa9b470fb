"""The page: complete without anything else, in both languages, and safe whatever a name holds."""

import re
import string
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

import dialer.report
from dialer.disposition import Disposition
from dialer.records import AgentState, Closed
from dialer.report import CampaignContext, ReportContext, render_html, summarize
from dialer.report.counts import Counts
from dialer.report.funnel import funnel
from dialer.report.messages import LANGUAGES, all_messages, messages
from dialer.report.picture import stacked_labels
from dialer.report.story import ROWS
from tests.dialer.report.sample_day import CONTEXT, sample_day
from tests.dialer.report.test_report_figures import TINY, call, denied, in_order, tiny_day

VOID = {"meta", "br", "hr", "img", "input", "link"}
PACKAGE = Path(dialer.report.__file__).parent


class Page(HTMLParser):
    """What a test asks of a page: its elements, its ids, and that every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: Counter[str] = Counter()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.children: Counter[tuple[str, str]] = Counter()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.ids.update(value for name, value in attrs if name == "id")
        if self.open:
            self.children[self.open[-1], tag] += 1
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page_text():
    return render_html(summarize(sample_day(scale=0.3), CONTEXT), CONTEXT, "ko")


@pytest.fixture(scope="module")
def page(page_text):
    return Page(page_text)


@pytest.mark.slow
def test_every_element_is_closed_and_every_id_is_unique(page):
    assert page.open == []
    assert [one for one, n in page.ids.items() if n > 1] == []


@pytest.mark.slow
def test_the_page_asks_for_nothing_from_outside_and_has_no_inline_handlers(page, page_text):
    for tag, attributes in page.elements:
        assert tag not in {"link", "img", "iframe", "object", "base"}
        for name, value in attributes.items():
            assert name not in {"src", "href", "xlink:href", "style", "action"}
            assert not name.startswith("on")
            assert "//" not in (value or "")
    # The one address is the name of the SVG vocabulary, which nothing fetches.
    assert set(re.findall(r"\w+://[^\s\"']*", page_text)) == {"http://www.w3.org/2000/svg"}
    assert "@import" not in page_text
    assert set(re.findall(r"url\(([^)]*)\)", page_text)) <= {f"#{one}" for one in page.ids}


@pytest.mark.slow
def test_every_picture_has_a_title_and_a_description_that_exist(page):
    pictures = [attributes for tag, attributes in page.elements if tag == "svg" and attributes.get("role") == "img"]
    assert len(pictures) == 2 * 2 * (6 + len(CONTEXT.campaigns))
    for one in pictures:
        title, description = (one["aria-labelledby"] or "").split()
        assert page.ids[title] == page.ids[description] == 1
    assert page.children["svg", "desc"] == len(pictures)
    others = [one for tag, one in page.elements if tag == "svg" and one.get("role") != "img"]
    assert all(one.get("aria-hidden") == "true" for one in others)


@pytest.mark.slow
def test_every_picture_can_be_shown_as_a_table_with_a_row_for_each_bin(page_text):
    for section in re.findall(r"<section aria-labelledby.*?</section>", page_text, re.DOTALL):
        rows = section.split('class="data"')[1].split("<tbody>")[1].count("<tr>")
        assert rows > 0
        for bins in re.findall(r'data-bins="(\d+)"', section):
            assert rows == int(bins)


@pytest.mark.slow
def test_both_languages_stand_in_the_page_and_the_one_asked_for_is_shown(page):
    mains = [attributes for tag, attributes in page.elements if tag == "main"]
    assert [(one["lang"], "hidden" in one) for one in mains] == [("ko", False), ("en", True)]
    assert page.elements[0] == ("html", {"lang": "ko"})


def test_names_titles_and_reasons_are_text_and_never_markup():
    evil = '<script>alert("x")</script>&amp;\'"'
    context = ReportContext(
        title_ko=evil,
        title_en=evil,
        campaigns=(CampaignContext(campaign_id="c", name_ko=evil, name_en=evil, abandonment_limit=0.01),),
        rule_titles={"kr.cap": (evil, evil)},
    )
    text = render_html(summarize(tiny_day(), context), context, "en")
    assert text.count("<script>") == 1  # our own
    assert "alert(&quot;x&quot;)" in text
    assert Page(text).open == []


def test_a_rule_without_a_title_goes_by_its_id_which_is_text_too():
    text = render_html(summarize([denied(0, "x", "<b>rule")], ReportContext()), ReportContext(), "en")
    assert "&lt;b&gt;rule" in text
    assert "<b>" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_day_without_calls_still_makes_a_page(language):
    day = summarize([Closed(tiny_day()[0].at)], ReportContext())
    assert Page(render_html(day, ReportContext(), language)).open == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_day_of_one_call_still_makes_a_page(language):
    assert Page(render_html(summarize(call("1", 0, Disposition.BUSY), TINY), TINY, language)).open == []


def test_every_text_has_both_languages_and_the_same_places_to_fill():
    for key, texts in all_messages().items():
        assert set(texts) == set(LANGUAGES), key
        places = [{name for _, name, _, _ in string.Formatter().parse(texts[one]) if name} for one in LANGUAGES]
        assert places[0] == places[1], key


def test_every_text_that_the_code_names_exists_and_none_is_left_over():
    source = "".join(path.read_text("utf-8") for path in PACKAGE.glob("*.py"))
    texts = all_messages()
    named = set(re.findall(r'say\(\s*"([a-z_.]+)"', source)) | set(re.findall(r'"((?:story|page)\.[a-z_]+)"', source))
    assert named <= set(texts)
    stems = set(re.findall(r'"([a-z_.]+)\.\{', source)) | {"figure"}
    unused = [key for key in texts if key not in source and key.rsplit(".", 1)[0] not in stems]
    assert [key for key in unused if not key.startswith("figure.")] == []


def test_every_disposition_state_and_figure_has_its_words():
    say = messages("ko")
    assert all(say(f"outcome.{one.value}") for one in Disposition)
    assert all(say(f"state.{one.value}") for one in AgentState if one is not AgentState.LOGGED_OUT)
    assert all(say(f"figure.{key}.name") and say(f"figure.{key}.define") for key, _ in ROWS)


def test_a_funnel_loses_nothing_without_naming_it():
    stages = funnel(summarize(tiny_day(), TINY).total.counts, TINY, messages("en"))
    assert [(one.key, one.count) for one in stages] == [
        ("list", 8), ("callable", 7), ("dialed", 4), ("answered", 3), ("right_party", 2), ("success", 1),
    ]  # fmt: skip
    for before, after in pairwise(stages):
        assert before.count - after.count == sum(n for _, n in after.losses)
    assert stages[1].losses == (("kr.cap", 1),)
    assert stages[2].losses == (("turn did not come", 3),)


def test_a_funnel_of_a_list_nobody_enrolled_starts_with_what_was_dialed():
    day = summarize(in_order(call("1", 0, Disposition.SOLD), call("2", 9, Disposition.BUSY)), ReportContext())
    assert [one.count for one in funnel(day.total.counts, ReportContext(), messages("en"))] == [2, 2, 2, 1, 1, 1]


def test_a_funnel_of_nothing_is_all_zeros():
    assert {one.count for one in funnel(Counts(), ReportContext(), messages("ko"))} == {0}


def test_labels_keep_apart_and_inside():
    assert stacked_labels([10, 11, 12], 15, 30) == [0, 15, 30]


def test_the_colours_of_text_and_marks_have_the_contrast_they_need():
    css = (PACKAGE / "report.css").read_text("utf-8")
    for block in re.findall(r"root \{(.*?)\}", css, re.DOTALL)[:2]:
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
        for name in ("ink", "muted", "accent", "alarm"):
            assert contrast(colours[name], colours["paper"]) >= 4.5, name
        for name in ("talking", "wrap_up", "reserved", "idle", "on_break", "second", "hatch", "mark"):
            assert contrast(colours[name], colours["paper"]) >= 3, name


def contrast(first: str, second: str) -> float:
    """Contrast as WCAG 2.2 defines it."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

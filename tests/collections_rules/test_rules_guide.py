"""The guide for policy authors says what is true: its examples run, its tables are those of the code."""

import re
from pathlib import Path

import pytest

from collections_rules import FACT_TABLE, PackSource
from collections_rules.reference import unknown_means, vocabulary_page
from collections_rules.rule_tests import run_tests

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```rules\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_of_the_guide_runs_and_passes_its_tests(text: str) -> None:
    report = run_tests(PackSource("example.rules", text))
    assert report.is_green, report.text()


def test_the_output_that_the_guide_shows_is_what_comes() -> None:
    assert run_tests(PackSource("example.rules", EXAMPLES[0])).text() in GUIDE


def test_the_mistake_that_the_guide_shows_is_told_so() -> None:
    told = Path(__file__).parent / "packs_bad" / "misspelt_fact.txt"
    assert told.read_text(encoding="utf-8") in GUIDE


def test_the_page_of_the_vocabulary_is_that_of_the_code() -> None:
    page = (ROOT / "docs" / "vocabulary.md").read_text(encoding="utf-8")
    assert page == vocabulary_page(), "run: paceline rules vocabulary > docs/vocabulary.md"


def test_the_page_says_of_every_fact_what_it_is_and_what_unknown_means_in_both_languages() -> None:
    page = vocabulary_page()
    for name, spec in FACT_TABLE.items():
        row = next(line for line in page.split("\n") if line.startswith(f"| `{name}` |"))
        said = [spec.kind.value, spec.unit, spec.meaning_en, spec.meaning_ko]
        said += [unknown_means(spec, in_korean).partition(": ")[2] for in_korean in (True, False)]
        assert all(part in row for part in said), name
        assert any("가" <= char <= "힣" for char in spec.meaning_ko), name

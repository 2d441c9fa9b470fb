"""The guide for policy authors says what is true: its examples run, its tables are those of the code."""

import re
from pathlib import Path

import pytest

from collections_rules import PackSource
from collections_rules.reference import fact_reference
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


def test_the_facts_of_the_guide_are_those_of_the_code() -> None:
    assert fact_reference() in GUIDE

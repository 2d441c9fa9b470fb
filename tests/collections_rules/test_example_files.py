"""The three sample files: they check, their tests pass and name every rule, and Korean and JSON lose nothing."""

import json
from pathlib import Path

import pytest

from collections_rules import PackSource, fmt, from_json, list_findings, to_json
from collections_rules.boundary import run_boundary_tests
from collections_rules.rule_tests import run_tests

FOLDER = Path(__file__).parents[2] / "examples" / "rules"
FILES = sorted(FOLDER.glob("*.rules"))


def source(path: Path) -> PackSource:
    return PackSource(path.name, path.read_text(encoding="utf-8"))


def test_there_are_three() -> None:
    assert [path.name for path in FILES] == ["kr-collections.rules", "solar.rules", "us-reg-f.rules"]


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_sample_passes_its_own_tests_and_the_generated_ones(path: Path) -> None:
    report = run_tests(source(path))
    assert report.is_green, report.text()
    assert not run_boundary_tests(source(path)).failures


def test_what_is_worth_a_second_look_in_the_samples_is_known() -> None:
    found = [(path.stem, one.code) for path in FILES for one in list_findings([source(path)])]
    assert found == [("kr-collections", "R611"), ("kr-collections", "R520"), ("us-reg-f", "R610")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_sample_says_the_same_in_korean_and_in_json(path: Path) -> None:
    text = source(path).text
    assert fmt(fmt(text, "ko"), "en") == fmt(text)
    assert fmt(from_json(json.loads(json.dumps(to_json(text))))) == fmt(text)

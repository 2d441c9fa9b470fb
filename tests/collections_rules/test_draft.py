"""A rule from five answers: what fits is written, what does not is named with what would."""

import pytest
from attrs import evolve

from collections_rules import PackSource, RulesError
from collections_rules.draft import NEW_PACK, Answers, draft_rule, with_rule
from collections_rules.rule_tests import run_tests

ANSWERS = Answers("own.cap", "한도", "Cap", "person and topic", "calls or texts", 3, "24 hours", "law §42")


@pytest.mark.parametrize(
    ("changed", "clause"),
    [
        ({}, "at most  3 call or text in any 24 hours per person and topic"),
        ({"who": "채권", "what": "접촉", "how_many": 7, "in_what_time": "168시간"},
         "at most  7 contact in any 168 hours per debt"),
        ({"what": "visit", "in_what_time": "하루"}, "at most  3 visit a day per person and topic"),
        ({"in_what_time": ""}, "at most  3 call or text per person and topic"),
        ({"in_what_time": "7 days"}, "at most  3 call or text in any 7 days per person and topic"),
    ],
)  # fmt: skip
def test_answers_become_one_clause_in_either_language(changed: dict[str, object], clause: str) -> None:
    assert clause in draft_rule(evolve(ANSWERS, **changed))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"who": "persn"}, "unknown scope `persn`; write `person`"),
        ({"what": "contcts"}, "unknown event `contcts`; write `contact`"),
        ({"how_many": 0}, "`at most 0` never opens"),
        ({"in_what_time": "soon"}, "`soon` is not a time; write one such as `168 hours`"),
        ({"in_what_time": "3 months"}, "`3 months` is not a time"),
        ({"source": "somebody"}, "`somebody` is not a source; write one such as `policy manual 4.3`"),
        ({"title_en": 'a "cap"'}, "cannot stand in quotes"),
    ],
)
def test_an_answer_that_does_not_fit_is_named_with_what_would(changed: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        draft_rule(evolve(ANSWERS, **changed))
    assert told in str(raised.value)


def test_a_rule_is_added_before_the_tests_with_tests_of_its_own() -> None:
    pack = PackSource("own.rules", NEW_PACK.format(name="own"))
    first = with_rule(pack, (), ANSWERS)
    both = with_rule(first, (), evolve(ANSWERS, rule_id="own.visit", what="visit", how_many=1))
    rules, tests = both.text.split("\ntest ", 1)
    assert rules.count("\nrule ") == 2
    assert "\nrule " not in tests
    report = run_tests(both)
    assert report.is_green, report.text()


def test_a_korean_file_stays_korean() -> None:
    pack = PackSource("own.rules", "규정집 own 1.0\n  시계     Asia/Seoul\n")
    assert "  최대     3 통화 또는 문자" in with_rule(pack, (), ANSWERS).text


def test_a_rule_that_is_there_already_is_refused() -> None:
    once = with_rule(PackSource("own.rules", NEW_PACK.format(name="own")), (), ANSWERS)
    with pytest.raises(RulesError, match=r"own\.cap"):
        with_rule(once, (), ANSWERS)

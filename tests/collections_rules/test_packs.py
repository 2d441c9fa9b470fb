"""The shipped packs and the example bank's own: their tests, and what a misspelling in them does."""

import random
import re

import pytest

from collections_rules import (
    BUILTIN_PACKS,
    PackSource,
    RulesError,
    builtin_pack,
    compile_rules,
    list_open_points,
)
from collections_rules.facts import FACT_TABLE
from collections_rules.grammar import GRAMMAR_WORDS
from collections_rules.rule_tests import run_tests
from collections_rules.words import CHANNELS, OUTCOMES, SCOPES
from tests.collections_rules.made import BANK_RULES, at, bank_book, bank_pack, event, facts, ledger

BANK_PACKS = {"collections-policy": "kr.collections", "telesales-policy": "kr.telesales"}


@pytest.mark.parametrize("name", BUILTIN_PACKS)
def test_the_tests_in_a_shipped_pack_pass_and_make_every_rule_true(name: str) -> None:
    report = run_tests(builtin_pack(name))
    assert report.is_green, report.text()


def test_every_policy_file_of_the_example_bank_is_tested_here() -> None:
    assert {path.stem for path in BANK_RULES.glob("*.rules")} == set(BANK_PACKS)


@pytest.mark.parametrize("name", BANK_PACKS)
def test_the_tests_in_the_banks_own_packs_pass_and_make_every_rule_true(name: str) -> None:
    report = run_tests(bank_pack(name), [builtin_pack(BANK_PACKS[name])])
    assert report.is_green, report.text()


def test_a_test_that_expects_the_wrong_verdict_says_what_came_instead() -> None:
    text = builtin_pack("kr.collections").text.replace("20:59:59  may call", "20:59:59  blocked by kr.night", 1)
    report = run_tests(PackSource("x.rules", text))
    assert [failure.message for failure in report.failures] == ["the call is allowed, not blocked by kr.night"]
    assert report.passed == report.total - 1


def test_rules_whose_citation_nobody_verified_are_off_and_listed() -> None:
    source = builtin_pack("kr.collections")
    off = [rule.rule_id for rule in compile_rules([source]).rules if not rule.is_enforced]
    assert off == ["kr.repeat", "kr.guideline-daily"]
    assert [d.code for d in list_open_points([source])] == ["R610", "R610"]


def test_a_named_person_switches_an_unverified_rule_on() -> None:
    switch = PackSource(
        "switch.rules", 'pack bank.switch 1.0 uses kr.collections\n  enforce kr.guideline-daily by "Kim Minji"\n'
    )
    rules = compile_rules([builtin_pack("kr.collections"), switch])
    rule = next(rule for rule in rules.rules if rule.rule_id == "kr.guideline-daily")
    assert (rule.is_enforced, rule.enforced_by) == (True, "Kim Minji")
    contacts = ledger(event("a", at("2026-04-14 09:00")), event("b", at("2026-04-14 12:00")))
    verdict = rules.evaluate(facts(at("2026-04-14 15:00")), contacts)
    assert [finding.rule_id for finding in verdict.denials] == ["kr.guideline-daily"]


def test_an_ordinary_own_loan_with_clean_facts_may_be_called_in_the_morning() -> None:
    verdict = bank_book().evaluate(facts(at("2026-11-24 09:30"), ring_s=24, debt__dpd=12), ledger())
    assert verdict.is_allowed


def test_without_the_clean_facts_the_same_account_closes_and_names_what_is_missing() -> None:
    asked = facts(at("2026-11-24 09:30"), person__attorney=None, person__deceased=None)
    verdict = bank_book().evaluate(asked, ledger())
    assert verdict.unknown == ("person.deceased", "person.attorney")


# Misspelling --------------------------------------------------------------------

_TOKEN = re.compile(r"[a-z][a-z_]*(\.[a-z_]+)*")
_FREE = {"law", "law?", "policy", "campaign", "order", "contract", "reading", "accept", "say", "rule", "pack", "test"}
_WORDS = {
    *GRAMMAR_WORDS, *FACT_TABLE, *CHANNELS, *OUTCOMES, *SCOPES, "contacts", "attempts", "hours", "days", "minutes",
    *(word for spec in FACT_TABLE.values() for word in spec.words),
}  # fmt: skip


def _places(text: str) -> list[tuple[int, int]]:
    """Every word of the language in a pack, outside titles, citations and notes."""
    places, is_free, start = [], False, 0
    for line in text.split("\n"):
        code = line.split("  #")[0].split("# ")[0]
        first = code.split()[0] if code.split() else ""
        is_continued = (code.startswith("    ") and not code.startswith("     ")) or code.startswith("            ")
        is_free = is_free if is_continued else first in _FREE
        if not is_free:
            words = _TOKEN.finditer(re.sub(r'"[^"]*"|because.*|by agency-one', lambda m: " " * len(m[0]), code))
            places += [(start + word.start(), start + word.end()) for word in words if word[0] in _WORDS]
        start += len(line) + 1
    return places


def _misspelt(word: str, rng: random.Random) -> str:
    while True:
        i = rng.randrange(len(word))
        letter = rng.choice("abcdefghijklmnopqrstuvwxyz")
        before, after = word[:i], word[i + 1 :]
        made = rng.choice(
            [before + letter + word[i:], before + after, word[: i + 1] + word[i:], before + letter + after]
        )
        if made and made not in _WORDS and made.rstrip("s") not in _WORDS and made + "s" not in _WORDS:
            return made


@pytest.mark.slow
@pytest.mark.parametrize("name", ["kr.collections", "kr.telesales", *BANK_PACKS])
def test_a_misspelt_word_never_runs(name: str) -> None:
    source = bank_pack(name) if name in BANK_PACKS else builtin_pack(name)
    used = [builtin_pack(BANK_PACKS[name])] if name in BANK_PACKS else []
    rng = random.Random(7)
    places = _places(source.text)
    missed, near = [], 0
    chosen = rng.sample(places, min(len(places), 40))  # `bench.rules misspelt` takes every word of every file
    for start, end in chosen:
        word = source.text[start:end]
        wrong = _misspelt(word, rng)
        try:
            compile_rules([*used, PackSource("x.rules", source.text[:start] + wrong + source.text[end:])])
        except RulesError as error:
            line = source.text.count("\n", 0, start) + 1
            near += any(d.span.line == line and word.rstrip("s") in d.help for d in error.diagnostics)
            continue
        missed.append((word, wrong))
    assert not missed
    assert near >= 0.9 * len(chosen)

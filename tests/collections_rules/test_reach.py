"""How far back rules look at contacts, and that forgetting what lies behind changes no verdict."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_rules import BUILTIN_PACKS, ContactLedger, builtin_pack, compile_rules, reach_of
from tests.collections_rules.made import ask, at, bank_book, book, event, facts

NOW = at("2026-04-14 12:00")
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("lines", "least", "most"),
    [
        (["open 09:00-20:00 every day"], 0, 0),
        (["at most 2 calls in any 24 hours per debt"], 1, 1),
        (["at most 7 calls in any 7 days per person"], 8, 10),
        (["at most 3 calls in any 24 hours per debt", "free 2 in any 168 hours when outcome is no_answer"], 8, 8),
        (["wait 7 days after talk per person"], 8, 10),
        (["wait 2 hours after attempt per person"], 0.05, 1),
    ],
)
def test_the_longest_window_of_the_gates_is_the_reach(lines: list[str], least: float, most: float) -> None:
    reach = reach_of(book(*lines))
    assert reach is not None
    assert least * DAY <= reach <= most * DAY


def test_a_cap_without_a_window_reaches_for_ever() -> None:
    assert reach_of(book("at most 3 calls per person")) is None


def test_the_rules_of_a_bank_reach_back_for_weeks_and_not_for_ever() -> None:
    reach = reach_of(bank_book())
    assert reach is not None
    assert 7 * DAY <= reach <= 40 * DAY


@pytest.mark.parametrize("name", BUILTIN_PACKS)
def test_every_pack_that_comes_along_says_its_reach(name: str) -> None:
    reach = reach_of(compile_rules([builtin_pack(name)]))
    assert reach is None or reach <= 800 * DAY


contacts = st.lists(
    st.tuples(st.integers(0, 30 * 24), st.sampled_from(["talk", "no_answer", "busy", "cut_off", "pending"])),
    max_size=25,
)
RULES = book(
    "at most 3 calls in any 7 days per person",
    "at most 2 talks in any 48 hours per debt",
    "wait 3 days after talk per person",
    "free when outcome is busy",
)


@given(made=contacts)
def test_no_verdict_changes_when_what_lies_behind_the_reach_is_forgotten(made: list[tuple[int, str]]) -> None:
    reach = reach_of(RULES)
    assert reach is not None
    whole, short = ContactLedger(), ContactLedger()
    for number, (hours, outcome) in enumerate(sorted(made, reverse=True)):
        then = NOW - timedelta(hours=hours, minutes=1)
        one = event(
            f"e{number}", then, outcome, ended_at=None if outcome == "pending" else then + timedelta(seconds=40)
        )
        whole.reserve(one)
        short.reserve(one)
    short.forget(NOW - reach)
    again = ContactLedger.unpacked(*short.packed())
    assert again == short
    for ledger in (short, again):
        verdict = ask(RULES, facts(NOW), ledger)
        expected = ask(RULES, facts(NOW), whole)
        assert verdict == expected

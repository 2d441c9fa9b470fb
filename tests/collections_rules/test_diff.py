"""What changes between two editions: rule by rule, and account by account."""

from datetime import date, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from collections_rules import ContactLedger, Facts, PackSource, RulesError, builtin_pack, compile_rules, fmt
from collections_rules.diff import diff_books
from collections_rules.diff_portfolio import diff_portfolio, dpd_bucket
from collections_rules.portfolio import Portfolio
from tests.collections_rules.made import at, bank_pack, facts, ledger, pack
from tests.collections_rules.made_portfolios import accounts

HEADER = "calendar kr-public 2026-2027\nclock Asia/Seoul"


def effect(old: tuple[str, ...], new: tuple[str, ...]) -> str:
    changes = diff_books([pack(*old, header=HEADER)], [pack(*new, header=HEADER)]).changes
    return changes[0].effect if changes else "none"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("at most 3 contacts a day per person", "at most 2 contacts a day per person"),
        ("at most 3 contacts in any 7 days per debt", "at most 3 contacts in any 8 days per debt"),
        ("wait 60 minutes after contact per person", "wait 90 minutes after contact per person"),
        ("wait 3 business days after debt.start_notice", "wait 4 business days after debt.start_notice"),
        ("open 09:00-20:00 every day", "open Mon-Fri 09:00-20:00; closed Sat-Sun, kr-public"),
        ("open 09:00-20:00 every day", "open 09:00-12:00, 13:00-20:00 every day"),
        ("stop when person.attorney is known", "stop when person.attorney is not none"),
        ("stop when person.deceased", "stop when person.deceased or debt.dpd is at most 4"),
        ("fresh dnc_list 31 days", "fresh dnc_list 30 days"),
    ],
)
def test_a_change_tightens_one_way_and_loosens_the_other(old: str, new: str) -> None:
    assert effect((old,), (new,)) == "tightens"
    assert effect((new,), (old,)) == "loosens"


@pytest.mark.parametrize(
    ("more", "less"),
    [
        (("stop when person.deceased",), ("stop when person.deceased", "except attorney.consented")),
        (("stop when person.deceased",), ("stop when person.deceased", "applies debt.kind is consumer")),
        (("open 09:00-20:00 every day", "stop when person.deceased"), ("open 09:00-20:00 every day",)),
        (("at most 3 calls per debt",), ("at most 3 calls per debt", "free 2 a day when outcome is cut_off")),
        (("stop when person.deceased",), ("stop when person.deceased", "from 2026-07-01")),
        (
            ("stop when person.deceased", "except attorney.consented"),
            ("stop when person.deceased", "except attorney.consented or attorney.unreachable"),
        ),
    ],
)
def test_what_a_clause_more_or_less_does(more: tuple[str, ...], less: tuple[str, ...]) -> None:
    assert (effect(less, more), effect(more, less)) == ("tightens", "loosens")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("open 09:00-20:00 every day", "open 10:00-21:00 every day"),
        ("at most 3 contacts a day per person", "at most 2 contacts a day per debt"),
        ("at most 3 contacts in any 7 days per debt", "at most 2 contacts in any 5 days per debt"),
        ("stop when person.attorney is known", "stop when person.attorney is notified_in_writing"),
        ("wait 1 day after contact per person", "wait 24 hours after contact per person"),
    ],
)
def test_what_cannot_be_said_of_the_text_alone_is_left_to_the_portfolio(old: str, new: str) -> None:
    assert effect((old,), (new,)) == "unclear"


def test_spacing_notes_and_the_language_of_the_keywords_change_nothing() -> None:
    source = bank_pack("collections-policy")
    other = PackSource(source.name, "# a note\n" + fmt(source.text, "ko"))
    law = builtin_pack("kr.collections")
    assert diff_books([law, source], [law, other]).changes == ()


def test_conditions_that_say_the_same_in_other_words_are_no_change_of_substance() -> None:
    old, new = "stop when person.attorney is one of known, notified_in_writing", "stop when person.attorney is not none"
    assert effect((old,), (new,)) == "same"


def test_a_change_shows_an_account_that_only_one_edition_stops() -> None:
    (change,) = diff_books([pack("stop when debt.dpd is at most 4")], [pack("stop when debt.dpd is at most 9")]).changes
    assert "for example debt.dpd" in change.details[0]


def test_added_and_removed_rules_and_headers_are_told_with_their_layer() -> None:
    law, own = builtin_pack("kr.collections"), bank_pack("collections-policy")
    draft = own.text.replace("policy   collections manual 5.1", "contract servicing agreement 7")
    more = 'rule bank.lunch "점심" "Lunch"\n  policy 1\n  open 00:00-12:00, 13:00-24:00 every day\n\n'
    draft = draft.replace("sequence bank", more + "sequence bank")
    found = diff_books([law, own], [law, PackSource(own.name, draft)])
    marks = {(change.mark, change.rule_id, change.layer, change.effect) for change in found.changes}
    assert marks == {("+", "bank.lunch", "policy", "tightens"), ("~", "bank.attorney", "contract", "same")}
    assert found.of_layers("law") == ()
    assert [change.mark for change in diff_books([law, PackSource("x", draft)], [law, own]).changes] == ["~", "-"]
    wider = diff_books([pack("stop when person.deceased")], [pack("stop when person.deceased", header="clock UTC")])
    assert [(change.layer, change.effect) for change in wider.changes] == [("header", "unclear")]


def test_an_edition_that_does_not_check_is_refused_with_its_own_lines() -> None:
    with pytest.raises(RulesError, match=r"made\.rules:5"):
        diff_books([pack("stop when person.deceased")], [pack("stop when person.deceasd")])


# On the portfolio ---------------------------------------------------------------------

OLD = pack("open Mon-Fri 09:00-20:00; Sat 10:00-16:00", "stop when person.attorney is known")
NEW = pack("open Mon-Fri 09:00-12:00, 13:00-20:00; Sat 10:00-16:00", "stop at person.excluded_hours")


def portfolios(asked: list[Facts], contacts: ContactLedger) -> tuple[object, ...]:
    old, new = compile_rules([OLD]), compile_rules([NEW])
    return old, Portfolio.of_facts(old, asked, contacts), new, Portfolio.of_facts(new, asked, contacts)


def test_a_lunch_break_costs_five_hours_a_week_and_names_who_is_left_without_any() -> None:
    monday = at("2026-04-13 00:00")
    all_week = frozenset({"Mon-Sun 00:00-24:00"})
    asked = [
        facts(monday, value__tier="A", debt__dpd=10),
        facts(monday, value__tier="A", debt__dpd=12, person__attorney="known"),
        facts(monday, value__tier="B", debt__dpd=95, person__excluded_hours=all_week),
    ]
    found = diff_portfolio(*portfolios(asked, ledger()))  # type: ignore[arg-type]
    first, second = found.groups
    assert (first.group, first.accounts, first.changed, first.newly_allowed) == ("tier A dpd 5-29", 2, 2, 1)
    assert (first.old_hours, first.new_hours, first.examples) == (61.0, 2 * 56.0, (1, 0))
    assert (second.group, second.new_hours, second.newly_shut) == ("tier B dpd 90+", 0.0, 1)
    assert (found.unchanged, found.newly_allowed_rows, found.newly_never, found.never_rows) == (0, (1,), 1, (2,))


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(accounts(), st.integers(0, 7 * 24 - 1))
def test_an_account_that_changes_at_some_hour_is_among_the_changed(
    made: tuple[list[Facts], ContactLedger], hour: int
) -> None:
    asked, contacts = made
    old, before, new, after = portfolios(asked, contacts)
    found = diff_portfolio(old, before, new, after)  # type: ignore[arg-type]
    changed = sum(group.changed for group in found.groups)
    assert changed + found.unchanged == len(asked)
    for one in asked:
        then = evolve(one, at=one.at + timedelta(hours=hour))
        if old.evaluate(then, contacts).is_allowed != new.evaluate(then, contacts).is_allowed:  # type: ignore[attr-defined]
            assert changed


def test_buckets_are_those_of_the_trade() -> None:
    days = [0, 1, 4, 5, 29, 30, 89, 90, None, True]
    assert [dpd_bucket(day) for day in days] == [
        "not due", "dpd 1-4", "dpd 1-4", "dpd 5-29", "dpd 5-29", "dpd 30-89", "dpd 30-89", "dpd 90+", "dpd unknown",
        "dpd unknown",
    ]  # fmt: skip


def test_portfolios_of_different_instants_do_not_compare() -> None:
    old, before, new, _ = portfolios([facts(at("2026-04-13 00:00"))], ledger())
    later = Portfolio.of_facts(
        new, [facts(datetime.combine(date(2026, 4, 14), at("2026-04-13 00:00").timetz()))], ledger()
    )  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="do not compare"):
        diff_portfolio(old, before, new, later)  # type: ignore[arg-type]

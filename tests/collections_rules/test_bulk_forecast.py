"""What a portfolio will be, held to what each account is told at each instant by itself."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from collections_rules import ContactLedger, Facts, RuleBook
from collections_rules.bulk_forecast import NO_RULE, callable_at, forecast_of, last_to_release, missing_facts
from collections_rules.bulk_timeline import Timeline, timeline_of
from collections_rules.portfolio import Portfolio
from collections_rules.windows import NEVER
from tests.collections_rules.made import at, bank_book, book, facts
from tests.collections_rules.made_portfolios import BOOKS, accounts

Made = tuple[list[Facts], ContactLedger]
DAY_S = 86_400


def timeline(rules: RuleBook, asked: list[Facts], ledger: ContactLedger) -> Timeline:
    return timeline_of(rules, Portfolio.of_facts(rules, asked, ledger))


def is_allowed(rules: RuleBook, facts_: Facts, ledger: ContactLedger, at_s: int) -> bool:
    return rules.evaluate(evolve(facts_, at=datetime.fromtimestamp(at_s, UTC)), ledger).is_allowed


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(accounts(), st.sampled_from(sorted(BOOKS)), st.lists(st.integers(0, 9 * 24 * 4), min_size=1, max_size=12))
def test_every_later_second_is_as_the_account_itself_is_told(made: Made, name: str, quarters: list[int]) -> None:
    rules, (asked, ledger) = BOOKS[name], made
    line = timeline(rules, asked, ledger)
    began_s = line.portfolio.at_s
    for quarter in sorted(set(quarters)):
        # Just before, at, and after the quarters of hours, where things open and close.
        for at_s in range(began_s - began_s % 900 + quarter * 900 - 1, began_s - began_s % 900 + quarter * 900 + 2):
            if at_s < began_s:
                continue
            exact = [is_allowed(rules, one, ledger, at_s) for one in asked]
            spent = line.callable_seconds(at_s + 1) - line.callable_seconds(at_s)
            assert spent.tolist() == [int(one) for one in exact], datetime.fromtimestamp(at_s, UTC)
            assert callable_at(line, [at_s]) == (sum(exact),)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(accounts(), st.sampled_from(sorted(BOOKS)))
def test_the_last_to_release_is_closed_in_the_second_before_and_none_after_it(made: Made, name: str) -> None:
    rules, (asked, ledger) = BOOKS[name], made
    line = timeline(rules, asked, ledger)
    following = line.next_allowed()
    last = last_to_release(line, following)
    for row, one in enumerate(asked):
        verdict = rules.evaluate(one, ledger)
        if verdict.is_allowed:
            assert last[row] == NO_RULE
            continue
        at_s = int(following[row]) - 1 if following[row] < NEVER else line.portfolio.at_s
        then = rules.evaluate(evolve(one, at=datetime.fromtimestamp(at_s, UTC)), ledger)
        assert line.rules[int(last[row])].rule_id in {finding.rule_id for finding in then.denials}


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(accounts(), st.sampled_from(sorted(BOOKS)))
def test_what_is_missing_for_one_account_is_missing_in_the_figures(made: Made, name: str) -> None:
    rules, (asked, ledger) = BOOKS[name], made
    missing = missing_facts(timeline(rules, asked, ledger))
    for one in asked:
        unknown = rules.evaluate(one, ledger).unknown
        # A date that is known, in a zone that is not, counts as the missing zone.
        assert {name for name in unknown if one.values.get(name) is None} <= set(missing)


def test_a_closed_hour_is_counted_by_nobody_and_names_its_rule() -> None:
    asked = [facts(at("2026-04-14 20:30")), facts(at("2026-04-14 20:30"), person__deceased=True)]
    line = timeline(bank_book(), asked, ContactLedger())
    when = line.portfolio.at_s
    found = forecast_of(line, [when, when + 3600, when + int(timedelta(hours=12, minutes=30).total_seconds())])
    assert (found.callable_now, found.callable_at, found.held_for_good) == (0, (0, 0, 1), 1)
    assert found.held_by == {"kr.barred-debt": 1, "bank.house-hours": 1}


def test_a_fact_nobody_knows_is_counted_once_an_account() -> None:
    rules = book("stop when person.attorney is known", "stop when person.attorney is notified_in_writing")
    asked = [facts(at("2026-04-14 12:00")), facts(at("2026-04-14 12:00"), person__attorney=None)]
    found = forecast_of(timeline(rules, asked, ContactLedger()), [])
    assert (found.callable_now, dict(found.missing), found.held_for_good) == (1, {"person.attorney": 1}, 1)


def test_an_empty_book_opens_nothing() -> None:
    line = timeline(RuleBook((), None, ""), [facts(at("2026-04-14 12:00"))], ContactLedger())
    assert line.callable_seconds(line.portfolio.at_s + DAY_S).tolist() == [0]
    assert callable_at(line, [line.portfolio.at_s]) == (0,)
    assert np.all(line.next_allowed() == NEVER)

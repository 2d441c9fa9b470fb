"""Whole portfolios get the answers that each account gets by itself."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collections_rules import ContactLedger, Facts, RuleBook, clean_facts, compile_rules
from collections_rules.bulk import NO_NEXT, evaluate_bulk, next_allowed
from collections_rules.portfolio import Column, Portfolio
from tests.collections_rules.made import at, bank_book, book
from tests.collections_rules.made_portfolios import BOOKS, accounts


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(accounts(), st.sampled_from(sorted(BOOKS)))
def test_a_portfolio_gets_the_verdicts_of_its_accounts(made: tuple[list[Facts], ContactLedger], name: str) -> None:
    rules, (asked, ledger) = BOOKS[name], made
    portfolio = Portfolio.of_facts(rules, asked, ledger)
    bulk, following = evaluate_bulk(rules, portfolio), next_allowed(rules, portfolio)
    for row, facts in enumerate(asked):
        exact = rules.evaluate(facts, ledger)
        denied = {finding.rule_id for finding in exact.denials}
        assert {rule_id for rule_id in bulk.rule_ids if bulk.closed(rule_id)[row]} == denied
        assert bool(bulk.allowed[row]) is exact.is_allowed
        expected = exact.next_eligible_at
        shown = None if following[row] == NO_NEXT else datetime.fromtimestamp(int(following[row]), UTC)
        assert shown == (facts.at if exact.is_allowed else expected)


def test_counts_may_be_given_as_arrays() -> None:
    rules, size = bank_book(), 70_000
    at_s = int(at("2026-04-14 12:00").timestamp())
    held = {gate: np.zeros(size, np.int64) for gate in rules.counting_gates()}
    held["bank.daily", 0][::2] = at_s + 7200
    zones = Column(np.zeros(size, np.uint8), (frozenset({"Asia/Seoul"}),))
    clean = {name: Column(np.zeros(size, np.uint8), (value,)) for name, value in clean_facts().items()}
    portfolio = Portfolio(at_s, size, clean, zones, held)
    verdict = evaluate_bulk(rules, portfolio)
    assert verdict.allowed.sum() == size // 2
    assert (verdict.closed("bank.daily") == ~verdict.allowed).all()
    assert set(next_allowed(rules, portfolio).tolist()) == {at_s, at_s + 7200}


def test_a_portfolio_without_its_counts_is_refused() -> None:
    zones = Column(np.zeros(1, np.uint8), (frozenset({"Asia/Seoul"}),))
    with pytest.raises(ValueError, match="does not say until when"):
        evaluate_bulk(bank_book(), Portfolio(0, 1, {}, zones))


def test_no_rules_allow_nobody() -> None:
    zones = Column(np.zeros(2, np.uint8), (frozenset({"Asia/Seoul"}),))
    none: RuleBook = compile_rules([])
    assert not evaluate_bulk(none, Portfolio(0, 2, {}, zones)).allowed.any()
    assert (next_allowed(none, Portfolio(0, 2, {}, zones)) == NO_NEXT).all()


def test_a_cap_that_closes_again_by_itself_is_refused_where_somebody_gave_consent() -> None:
    rules = book("at most 7 calls in any 7 days per debt", "free within 7 days of consent.direct")
    zones = Column(np.zeros(1, np.uint8), (frozenset({"Asia/Seoul"}),))
    given = {"consent.direct": Column.of([at("2026-04-01 10:00")])}
    evaluate_bulk(rules, Portfolio(0, 1, {}, zones, {("t.a", 0): np.zeros(1, np.int64)}))
    with pytest.raises(ValueError, match="ask the exact evaluator"):
        evaluate_bulk(rules, Portfolio(0, 1, given, zones, {("t.a", 0): np.zeros(1, np.int64)}))


def test_a_date_of_a_fact_is_a_value_like_any_other() -> None:
    column = Column.of([date(2026, 1, 1), None, date(2026, 1, 1)])
    assert (column.codes.tolist(), column.values) == ([0, 1, 0], (date(2026, 1, 1), None))

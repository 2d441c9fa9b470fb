"""Whole portfolios get the answers that each account gets by itself."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collections_rules import ContactLedger, Facts, RuleBook, builtin_pack, clean_facts, compile_rules
from collections_rules.bulk import NO_NEXT, evaluate_bulk, next_allowed
from collections_rules.facts import FACT_TABLE, FactKind
from collections_rules.portfolio import Column, Portfolio
from tests.collections_rules.made import at, bank_book, book, event

BOOKS = {
    "bank": bank_book(),
    "telesales": compile_rules([builtin_pack("kr.telesales")]),
    "zones": book(
        "open Mon-Fri 08:00-12:00, 13:00-21:00; Sat 10:00-14:00",
        "wait 3 days after debt.start_notice",
        "stop at person.excluded_hours",
        "stop when person.purchase newer than 40 days and not person.deceased",
        "from 2026-03-20 stop when debt.dpd is between 5 and 29 or any evidence is FL",
        "until 2026-03-15 stop when person.hardship is not none",
        "until person.deferral_end; else 3 months after person.hardship_confirmed",
        "applies lead.received newer than 30 hours or collector.kind is agency or debt.kind is consumer",
        "except call.asked_for_now or person.refused_channels has call",
        header="clock every evidence; also person.stated_zone",
    ),
    "stale": book("fresh dnc_list 31 days", "wait until promise.due when promise.state is open"),
}
ZONES = ["Asia/Seoul", "America/New_York", "America/Los_Angeles", "Australia/Lord_Howe", "Europe/London"]
WHENS = [
    "2026-03-08 01:59:30", "2026-03-07 23:00:00", "2026-11-01 01:30:00", "2026-04-14 11:59:59", "2026-12-31 20:59:00",
    "2028-02-29 07:59:59", "2026-10-04 02:00:00",
]  # fmt: skip
CHANGING = [
    "person.attorney", "person.deceased", "person.hardship", "debt.adjustment", "collector.kind", "call.asked_for_now",
    "promise.state", "debt.dpd", "person.excluded_hours", "person.refused_channels", "debt.kind", "product.kind",
    "person.ad_consent", "number.on_dnc", "person.refused_products", "debt.origin", "callee.role", "call.purpose",
]  # fmt: skip
DAYS = ["person.purchase", "debt.start_notice", "promise.due", "person.hardship_confirmed", "person.deferral_end",
        "dnc_list", "person.ad_consent_confirmed", "debt.outsourcing_notice"]  # fmt: skip


def value_of(name: str) -> st.SearchStrategy[Any]:
    spec = FACT_TABLE[name]
    if spec.kind is FactKind.FLAG:
        return st.sampled_from([True, False, None])
    if spec.kind is FactKind.NUMBER:
        return st.sampled_from([0, 4, 5, 29, 30, 200, None])
    if spec.kind is FactKind.HOURS:
        return st.sampled_from([frozenset(), frozenset({"Mon-Fri 09:00-14:00"}), frozenset({"Sun 00:00-24:00"})])
    if spec.kind is FactKind.SET:
        return st.sampled_from([frozenset(), frozenset({spec.words[0]}), None])
    return st.sampled_from([*spec.words, None])


@st.composite
def accounts(draw: st.DrawFn) -> tuple[list[Facts], ContactLedger]:
    when = at(draw(st.sampled_from(WHENS)), draw(st.sampled_from(ZONES)))
    ring_s = draw(st.sampled_from([0.0, 24.0]))
    ledger, made = ContactLedger(), []
    for n in range(draw(st.integers(1, 4))):
        values = dict(clean_facts())
        if draw(st.booleans()):
            values["call.purpose"] = "sales"
            values["product.kind"] = "loan"
        for name in draw(st.lists(st.sampled_from(CHANGING), max_size=3)):
            values[name] = draw(value_of(name))
        for name in draw(st.lists(st.sampled_from(DAYS), max_size=4)):
            values[name] = when.date() + timedelta(days=draw(st.integers(-95, 20)))
        if draw(st.booleans()):
            values["lead.received"] = when - timedelta(hours=draw(st.integers(0, 40)))
        if draw(st.booleans()):
            values["evidence"] = draw(st.sampled_from([frozenset({"FL"}), frozenset()]))
        known = {name: value for name, value in values.items() if value is not None}
        zones = frozenset(draw(st.lists(st.sampled_from(ZONES), max_size=2)))
        made.append(Facts(when, known, zones, f"P{n}", (f"D{n}",), f"N{n}", "C1", ring_s))
        for k in range(draw(st.integers(0, 8))):
            then = when - timedelta(minutes=draw(st.integers(1, 9 * 24 * 60)))
            outcome = draw(st.sampled_from(["talk", "no_answer", "cut_off", "busy"]))
            ledger.reserve(event(f"{n}-{k}", then, outcome, person_id=f"P{n}", claim_ids=(f"D{n}",), number_id=f"N{n}"))
    return made, ledger


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


def columns(size: int, seed: int) -> dict[str, Column]:
    rng = np.random.default_rng(seed)
    made = {}
    for name, value in clean_facts().items():
        others = [word for word in FACT_TABLE[name].words if word != value][:3]
        if FACT_TABLE[name].kind is not FactKind.WORD:
            others = [not value] if isinstance(value, bool) else []
        codes = rng.choice(1 + len(others), size, p=[1 - 0.01 * len(others), *[0.01] * len(others)])
        made[name] = Column(codes.astype(np.uint8), (value, *others))
    return made


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


def test_a_cap_that_closes_again_by_itself_is_refused() -> None:
    rules = book("at most 7 calls in any 7 days per debt", "free within 7 days of consent.direct")
    zones = Column(np.zeros(1, np.uint8), (frozenset({"Asia/Seoul"}),))
    with pytest.raises(ValueError, match="ask the exact evaluator"):
        evaluate_bulk(rules, Portfolio(0, 1, {}, zones, {("t.a", 0): np.zeros(1, np.int64)}))


def test_a_date_of_a_fact_is_a_value_like_any_other() -> None:
    column = Column.of([date(2026, 1, 1), None, date(2026, 1, 1)])
    assert (column.codes.tolist(), column.values) == ([0, 1, 0], (date(2026, 1, 1), None))

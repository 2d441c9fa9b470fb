"""A draft on a log: every attempt judged as the exact rules would have judged it at its own moment."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collections_rules import ContactEvent, ContactLedger, Facts, RuleBook, clean_facts
from collections_rules.backtest import Backtest, backtest
from collections_rules.backtest_log import LogBuilder
from tests.collections_rules.made import at, bank_book, book

CAPS = {
    "bank": bank_book(),
    "rolling": book(
        "at most 3 contacts in any 48 hours per debt",
        "free 1 in any 24 hours when outcome is one of no_answer, busy",
        "free 1 a day when content is debt_facts_only",
        "free when callee.role is not debtor",
    ),
    "dates": book(
        "at most 2 attempts in any 3 days per person", "wait 1 day after talk per debt",
        "wait 90 minutes after no_answer per number when debt.dpd is at most 20",
        "at most 5 calls a month per household", "at most 6 attempts per person and campaign",
        header="clock every evidence",
    ),
    "ages": book(
        "from 2026-04-13 until 2026-04-16 stop when person.purchase newer than 20 days",
        "open Mon-Fri 09:00-18:00", "stop at person.excluded_hours", "at most 4 talks in any 7 days per debt",
    ),
}  # fmt: skip
ZONES = [frozenset({"Asia/Seoul"}), frozenset({"America/New_York"}), frozenset({"Asia/Seoul", "Europe/London"})]
Attempt = tuple[Facts, str, datetime]


@st.composite
def attempts(draw: st.DrawFn) -> list[Attempt]:
    began, made = at("2026-04-10 08:00"), []
    gaps = draw(st.lists(st.integers(0, 14 * 3600), min_size=1, max_size=25))
    for gap in gaps:
        began += timedelta(seconds=gap if gap % 3 else gap // 3600 * 3600)
        person = draw(st.integers(0, 2))
        values = dict(clean_facts()) | {"debt.dpd": 10 * person, "person.household": f"H{person // 2}"}
        if draw(st.booleans()):
            values["call.content"] = "debt_facts_only"
        if draw(st.integers(0, 5)) == 0:
            values["callee.role"] = "guarantor"
        if draw(st.booleans()):
            values["person.purchase"] = began.date() - timedelta(days=draw(st.integers(0, 30)))
        claims = draw(st.sampled_from([(f"D{person}",), (f"D{person}", f"E{person}"), ()]))
        number = draw(st.sampled_from(["N1", "N2"]))
        asked = Facts(began, values, ZONES[person], f"P{person}", claims, f"{number}{person}", "C1", 20.0)
        outcome = draw(st.sampled_from(["talk", "no_answer", "busy", "cut_off", "machine", "out_of_service"]))
        made.append((asked, outcome, began))
    return made


def replay(rules: RuleBook, made: list[Attempt]) -> Backtest:
    log = LogBuilder(rules)
    for asked, outcome, ended in made:
        log.add(asked, outcome, ended)
    return backtest(rules, log.log())


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(attempts(), st.sampled_from(sorted(CAPS)))
def test_a_log_gets_the_verdicts_that_its_attempts_would_have_got(made: list[Attempt], name: str) -> None:
    rules, contacts, expected = CAPS[name], ContactLedger(), dict[str, int]()
    blocked = 0
    for n, (asked, outcome, ended) in enumerate(made):
        verdict = rules.evaluate(asked, contacts)
        blocked += not verdict.is_allowed
        for finding in verdict.denials:
            expected[finding.rule_id] = expected.get(finding.rule_id, 0) + 1
        values = asked.values
        contacts.reserve(ContactEvent(
            f"{n:04}", asked.at, "call", "outbound", asked.person_id, asked.claim_ids, asked.number_id, "C1", "own",
            outcome, str(values["call.content"]), str(values["callee.role"]), str(values["number.kind"]),
            ended_at=ended, household_id=str(values["person.household"]),
        ))  # fmt: skip
    found = replay(rules, made)
    assert {rule_id: one.calls for rule_id, one in found.by_rule.items()} == expected
    assert (found.attempts, found.blocked.calls, found.not_judged) == (len(made), blocked, ())


def clean(when: datetime, person: str = "P1") -> Facts:
    return Facts(when, dict(clean_facts()), ZONES[0], person, (f"D-{person}",), "N1", "C1")


def test_what_blocked_calls_brought_is_summed_with_an_interval() -> None:
    rules = book("at most 1 attempt a day per person")
    log, noon = LogBuilder(rules), at("2026-04-14 12:00")
    log.add(clean(noon), "no_answer", noon)
    log.add(clean(noon + timedelta(hours=1)), "talk", noon, promised=True, collected_minor=50_000)
    log.add(clean(noon + timedelta(hours=2)), "talk", noon, collected_minor=30_000)
    log.add(clean(noon + timedelta(hours=3), "P2"), "talk", noon, collected_minor=10_000)
    found = backtest(rules, log.log()).blocked
    assert (found.calls, found.talks, found.promises, found.collected.total) == (2, 2, 1, 80_000)
    assert (found.collected.low, found.collected.high) == (0, 80_000 + round(1.959964 * 80_000))


def test_an_attempt_that_the_law_closes_is_a_violation_and_one_of_policy_is_not() -> None:
    night = at("2026-04-14 21:30")
    found = replay(bank_book(), [(clean(night), "talk", night), (clean(night + timedelta(days=1)), "talk", night)])
    assert (found.violations.calls, found.by_rule["kr.night"].calls, found.by_rule["bank.house-hours"].calls) == (
        2,
        2,
        2,
    )
    evening = at("2026-04-14 20:30")
    assert replay(bank_book(), [(clean(evening), "talk", evening)]).violations.calls == 0


def test_a_rule_that_hangs_on_a_consent_is_named_as_not_judged() -> None:
    rules = book("at most 1 call in any 7 days per debt", "free within 7 days of consent.direct")
    when = at("2026-04-14 12:00")
    asked = clean(when)
    given_ = Facts(when, {**asked.values, "consent.direct": when}, asked.zones, "P1", ("D1",), "N1", "C1")
    assert replay(rules, [(given_, "talk", when)]).not_judged == ("t.a",)
    assert replay(rules, [(asked, "talk", when)]).not_judged == ()


def test_a_log_is_told_oldest_first_and_may_be_empty() -> None:
    log = LogBuilder(bank_book())
    assert backtest(bank_book(), log.log()).attempts == 0
    log.add(clean(at("2026-04-14 12:00")), "talk", at("2026-04-14 12:00"))
    with pytest.raises(ValueError, match="oldest first"):
        log.add(clean(at("2026-04-14 11:00")), "talk", at("2026-04-14 11:00"))

"""Households, months of the calendar, a rule's own clock, the meanings of seven days, counting while others dial."""

from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_rules import ContactLedger, Facts, RulesError, compile_rules
from collections_rules.bulk import evaluate_bulk, next_allowed
from collections_rules.portfolio import Portfolio
from collections_rules.rule_tests import run_tests
from collections_rules.source import PackSource
from tests.collections_rules.made import ask, at, book, event, facts, hourly, ledger, local, pack

# Seven days, side by side ---------------------------------------------------------

WEEK = hourly(at("2026-04-06 10:00"), 7, "no_answer")  # Monday to Sunday at 10:00


@pytest.mark.parametrize(
    ("clause", "opens"),
    [
        ("at most 7 calls in any 168 hours per debt", "2026-04-13 10:00:01"),
        ("at most 7 calls in any 7 days per debt", "2026-04-13 00:00:00"),
        ("at most 7 calls in any 7 days after the first per debt", "2026-04-14 00:00:00"),
        ("at most 7 calls a month per debt", "2026-05-01 00:00:00"),
        ("wait 168 hours after call per debt", "2026-04-19 10:00:00"),
        ("wait 7 days counting that day after call per debt", "2026-04-19 00:00:00"),
        ("wait 7 days after call per debt", "2026-04-20 00:00:00"),
    ],
)
def test_the_meanings_of_seven_days_side_by_side(clause: str, opens: str) -> None:
    rules = book(clause)
    asked = at("2026-04-12 12:00")
    assert local(ask(rules, facts(asked), ledger(*WEEK))) == opens
    second = timedelta(seconds=1)
    assert not ask(rules, facts(at(opens) - second), ledger(*WEEK)).is_allowed
    assert ask(rules, facts(at(opens)), ledger(*WEEK)).is_allowed


# Months of the calendar -------------------------------------------------------------


def test_a_month_is_that_of_the_calendar_on_the_called_clock() -> None:
    rules = book("at most 2 contacts a month per person", header="clock every evidence")
    contacts = ledger(event("a", at("2026-03-31 23:30")), event("b", at("2026-04-01 00:30")))
    assert ask(rules, facts(at("2026-04-15 12:00")), contacts).is_allowed
    # In London both were on 31 March, in New York too: there the month had ended for neither.
    london = facts(at("2026-03-31 23:00", "Europe/London"), "Europe/London")
    assert local(ask(rules, london, contacts), "Europe/London") == "2026-04-01 00:00:00"
    both = facts(at("2026-04-01 05:00"), "Asia/Seoul", "America/New_York")
    assert local(ask(rules, both, contacts)) == "2026-04-01 13:00:00"


def test_a_year_begins_on_the_first_of_january() -> None:
    rules = book("at most 1 contact a year per person")
    verdict = ask(rules, facts(at("2026-12-31 12:00")), ledger(event("a", at("2026-01-01 00:00"))))
    assert (local(verdict), verdict.denials[0].reason_en) == (
        "2027-01-01 00:00:00", "1 of 1 contacts in this year (last counted 1 Jan 00:00)",
    )  # fmt: skip


def test_several_months_are_not_counted() -> None:
    with pytest.raises(RulesError, match="write hours, days, or `a month`"):
        compile_rules([pack("at most 3 contacts in any 2 months per person")])


# Households -------------------------------------------------------------------------


@pytest.mark.parametrize(("household", "is_allowed"), [("H1", False), ("H2", True), (None, True)])
def test_a_household_shares_its_contacts(household: str | None, is_allowed: bool) -> None:
    rules = book("at most 2 contacts a day per household")
    of_others = [event(f"o{n}", at("2026-04-14 09:00"), person_id=f"P{n + 2}", household_id="H1") for n in range(2)]
    asked = facts(at("2026-04-14 12:00"), person__household=household)
    assert ask(rules, asked, ledger(*of_others)).is_allowed is is_allowed


def test_a_person_without_a_household_is_one_alone() -> None:
    rules = book("at most 1 contact a day per household")
    asked = facts(at("2026-04-14 12:00"))
    assert not ask(rules, asked, ledger(event("a", at("2026-04-14 09:00")))).is_allowed
    assert ask(rules, asked, ledger(event("a", at("2026-04-14 09:00"), person_id="P2"))).is_allowed


def test_the_household_of_a_test_holds_its_history() -> None:
    text = pack("at most 1 contact a day per household").text + (
        'test "h"\n  given  person household H1\n  history  talk 2026-04-14 09:00\n'
        "  at  2026-04-14 12:00  blocked by t.a  next 2026-04-15 00:00\n"
        "  at  2026-04-14 12:00 if person.household H2  may call\n"
    )
    report = run_tests(PackSource("x.rules", text))
    assert report.is_green, report.text()


# A rule's own clock -----------------------------------------------------------------


def test_a_rule_may_have_a_clock_of_its_own() -> None:
    rules = book("clock America/Chicago", "open 08:00-20:00 every day", header="clock every evidence")
    chicago = at("2026-05-12 08:00", "America/Chicago")
    for zones in (("America/New_York",), ("America/Los_Angeles", "Asia/Seoul")):
        assert ask(rules, facts(chicago, *zones)).is_allowed
        assert not ask(rules, facts(chicago - timedelta(seconds=1), *zones)).is_allowed


def test_a_rules_own_clock_is_the_home_of_its_dates() -> None:
    rules = book("clock America/New_York", "from 2026-05-01", "stop when person.deceased")
    before = at("2026-05-01 12:59")  # still 30 April in New York
    assert ask(rules, facts(before, person__deceased=True)).is_allowed
    assert not ask(rules, facts(before + timedelta(minutes=1), person__deceased=True)).is_allowed


def test_an_unknown_zone_in_the_clock_of_a_rule_is_a_fault() -> None:
    with pytest.raises(RulesError, match="unknown time zone `Asia/Soul`"):
        compile_rules([pack("clock Asia/Soul", "open 08:00-20:00 every day")])


# Whole portfolios agree ---------------------------------------------------------------

MIXED = (
    "at most 2 contacts a month per household", "at most 4 contacts in any 9 days per household and topic",
    "wait 90 minutes after contact per household", "free 1 a day when outcome is no_answer",
)  # fmt: skip


@given(st.integers(0, 10_000))
def test_a_portfolio_agrees_on_households_months_and_own_clocks(seed: int) -> None:
    rng = Random(seed)
    rules = book("clock America/New_York and every evidence", *MIXED)
    asked = at("2026-04-30 22:00") + timedelta(minutes=rng.randrange(3000))
    contacts = ContactLedger()
    for n in range(rng.randrange(12)):
        when = asked - timedelta(minutes=rng.randrange(40 * 24 * 60))
        contacts.reserve(
            event(f"e{n}", when, rng.choice(("talk", "no_answer")), person_id=f"P{n % 3}",
                  household_id=rng.choice(("H1", "H2", "")))
        )  # fmt: skip
    accounts = [
        Facts(asked, {**facts(asked).values, **({"person.household": home} if home else {})}, frozenset({zone}),
              person, ("D1",), "N1", "C1")
        for person in ("P0", "P1") for home in ("H1", "H2", "") for zone in ("Asia/Seoul", "Europe/London")
    ]  # fmt: skip
    portfolio = Portfolio.of_facts(rules, accounts, contacts)
    exact = [rules.evaluate(one, contacts) for one in accounts]
    assert evaluate_bulk(rules, portfolio).allowed.tolist() == [verdict.is_allowed for verdict in exact]
    due = [asked if v.is_allowed else v.next_eligible_at for v in exact]
    assert next_allowed(rules, portfolio).tolist() == [int(when.timestamp()) for when in due if when is not None]


# Counting while others dial -----------------------------------------------------------


def counted(contacts: ContactLedger, until: datetime) -> int:
    """By hand: what the clauses below count in the 24 hours up to a moment, an attempt under way included."""
    recent = [e for e in contacts.events() if until - timedelta(hours=24) <= e.at <= until]
    unanswered = [e for e in recent if e.outcome == "no_answer"]
    return len(recent) - len([e for e in recent if e.outcome in ("failed", "congested")]) - min(2, len(unanswered))


@given(st.integers(0, 100_000))
def test_dials_side_by_side_never_pass_the_cap_whatever_becomes_of_them(seed: int) -> None:
    rng = Random(seed)
    rules = book("at most 4 contacts in any 24 hours per debt", "free 2 in any 24 hours when outcome is no_answer",
                 header="clock Asia/Seoul\ncontact attempt")  # fmt: skip
    now, contacts, under_way = at("2026-04-14 09:00"), ContactLedger(), []
    for n in range(40):
        now += timedelta(seconds=rng.randrange(1200))
        if under_way and rng.random() < 0.45:
            chosen = under_way.pop(rng.randrange(len(under_way)))
            contacts.settle(chosen, rng.choice(("talk", "no_answer", "failed", "abandoned")), now)
        elif ask(rules, facts(now), contacts).is_allowed:
            contacts.reserve(event(f"e{n}", now, "pending"))
            under_way.append(f"e{n}")
        assert counted(contacts, now) <= 4


def test_an_attempt_counts_from_its_claim_and_not_from_its_answer() -> None:
    rules = book("at most 1 contact a day per debt", "free when outcome is no_answer")
    contacts, now = ContactLedger(), at("2026-04-14 09:00")
    contacts.reserve(event("a", now, "pending"))
    assert not ask(rules, facts(now), contacts).is_allowed
    contacts.settle("a", "no_answer", now + timedelta(seconds=30))
    assert ask(rules, facts(now + timedelta(seconds=31)), contacts).is_allowed

"""What a stricter reading of seven days would have blocked, on a log of contacts."""

from datetime import timedelta

from collections_rules.facts import Facts
from collections_rules.ledger import ContactEvent
from collections_rules.readings import clean_facts_of, stricter_readings
from tests.collections_rules.made import at, event, hourly, pack

SEOUL = frozenset({"Asia/Seoul"})


def seoul(contact: ContactEvent) -> Facts:
    return clean_facts_of(contact, SEOUL)


def told(*clauses: str, log: list[ContactEvent]) -> list[str]:
    return [d.message for d in stricter_readings([pack(*clauses)], log, seoul)]


WEEK = hourly(at("2026-04-06 10:00"), 7, "no_answer")  # Monday to Sunday at 10:00
MONDAY = event("mon", at("2026-04-13 09:00"), "no_answer")
CAP = "at most 7 calls in any 7 days per debt"


def test_the_readings_of_seven_days_that_would_have_blocked_more() -> None:
    assert told(CAP, log=[*WEEK, MONDAY]) == [
        "a stricter reading of `t.a` exists: `any 168 hours` blocks 1 more call of the log",
        "a stricter reading of `t.a` exists: `any 7 days after the first` blocks 1 more call of the log",
    ]
    noon = [event("noon", at("2026-04-13 12:00"), "no_answer")]
    assert told(CAP, log=[*WEEK, *noon]) == [
        "a stricter reading of `t.a` exists: `any 7 days after the first` blocks 1 more call of the log"
    ]


def test_nothing_is_said_where_no_call_would_have_been_lost() -> None:
    assert told(CAP, log=WEEK) == []
    assert told("at most 7 calls in any 168 hours per debt", log=[*WEEK, MONDAY]) == []
    assert told("at most 1 call a day per debt", log=[*WEEK, MONDAY]) == []


def test_only_our_own_calls_where_the_rule_applies_are_counted() -> None:
    inbound = event("in", at("2026-04-13 09:00"), direction="inbound")
    assert told(CAP, log=[*WEEK, inbound]) == []
    assert told(CAP, "applies call.purpose is sales", log=[*WEEK, MONDAY]) == []
    assert told(CAP, "except call.content is demand", log=[*WEEK, MONDAY]) == []
    assert told(CAP, "from 2026-05-01", log=[*WEEK, MONDAY]) == []


def test_a_wait_that_counts_the_day_has_a_stricter_reading_too() -> None:
    clause = "wait 7 days counting that day after talk per debt"
    first = event("a", at("2026-04-06 10:00"))
    log = [first, event("b", first.at + timedelta(days=7))]
    assert told(clause, log=log) == [
        "a stricter reading of `t.a` exists: `wait 7 days, the first not counted` blocks 1 more call of the log"
    ]

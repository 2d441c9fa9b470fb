"""Caps and waits: what counts, for whom, how far back, and when it frees."""

from datetime import date

import pytest

from collections_rules import ContactLedger
from tests.collections_rules.made import ask, at, book, event, facts, hourly, ledger, local

NEW_YORK = "America/New_York"
US = "clock every evidence\ncontact attempt, sms, visit"


def test_any_168_hours_includes_its_far_edge() -> None:
    rules = book("at most 7 calls in any 168 hours per debt")
    contacts = ledger(*hourly(at("2026-04-06 09:00"), 7))
    assert local(ask(rules, facts(at("2026-04-13 09:00:00")), contacts)) == "2026-04-13 09:00:01"
    assert ask(rules, facts(at("2026-04-13 09:00:01")), contacts).is_allowed


def test_any_7_days_are_today_and_the_six_dates_before() -> None:
    rules = book("at most 7 calls in any 7 days per debt")
    contacts = ledger(*hourly(at("2026-04-06 09:00"), 7))
    assert local(ask(rules, facts(at("2026-04-12 23:59:59")), contacts)) == "2026-04-13 00:00:00"
    assert ask(rules, facts(at("2026-04-13 00:00:00")), contacts).is_allowed


def test_after_the_first_does_not_count_the_first_date() -> None:
    rules = book("at most 7 calls in any 7 days after the first per debt")
    contacts = ledger(*hourly(at("2026-04-06 09:00"), 7))
    assert local(ask(rules, facts(at("2026-04-13 10:00")), contacts)) == "2026-04-14 00:00:00"


def test_168_hours_across_the_spring_change_end_an_hour_later_by_the_clock() -> None:
    rules = book("at most 7 calls in any 168 hours per person and debt", header=US)
    contacts = ledger(*[event(f"e{n}", at(f"2026-03-0{2 + n} 10:00", NEW_YORK)) for n in range(7)])
    verdict = ask(rules, facts(at("2026-03-08 12:00", NEW_YORK), NEW_YORK), contacts)
    assert local(verdict, NEW_YORK) == "2026-03-09 11:00:01"


def test_days_are_counted_in_every_zone_and_the_strictest_holds() -> None:
    rules = book("at most 1 call a day per person", header="clock every evidence")
    contacts = ledger(event("a", at("2026-04-14 23:30", NEW_YORK)))  # 20:30 in Los Angeles
    asked = facts(at("2026-04-15 00:30", NEW_YORK), NEW_YORK, "America/Los_Angeles")
    assert local(ask(rules, asked, contacts), NEW_YORK) == "2026-04-15 03:00:00"


def test_what_was_counted_for_one_topic_is_not_taken_for_another() -> None:
    rules = book("at most 1 call a day per person and topic")
    contacts = ledger(event("a", at("2026-04-14 09:00"), topic="loans"))
    asked = at("2026-04-14 12:00")
    assert not ask(rules, facts(asked, call__topic="loans"), contacts).is_allowed
    assert ask(rules, facts(asked, call__topic="cards"), contacts).is_allowed
    assert not ask(rules, facts(asked, call__topic="loans"), contacts).is_allowed


def test_a_cap_without_a_window_is_for_ever() -> None:
    rules = book("at most 9 attempts per person and campaign")
    contacts = ledger(*hourly(at("2026-01-01 10:00"), 9))
    assert local(ask(rules, facts(at("2026-11-24 10:00")), contacts)) == "never"


@pytest.mark.parametrize(
    ("noun", "outcome", "counts"),
    [
        ("attempts", "failed", True), ("attempts", "not_placed", False), ("attempts", "busy", True),
        ("calls", "busy", False), ("calls", "out_of_service", False), ("calls", "no_answer", True),
        ("calls", "abandoned", True), ("calls", "pending", True), ("talks", "talk", True),
        ("talks", "pending", True), ("talks", "voicemail", False), ("talks", "cut_off", False),
        ("contacts", "busy", True), ("contacts", "congested", False), ("contacts", "pending", True),
        ("no_answer", "no_answer", True), ("no_answer", "pending", False),
    ],
)  # fmt: skip
def test_what_a_noun_counts(noun: str, outcome: str, counts: bool) -> None:
    contacts = ledger(event("a", at("2026-04-14 09:00"), outcome))
    verdict = ask(book(f"at most 1 {noun} a day per person", header=US), facts(at("2026-04-14 12:00")), contacts)
    assert verdict.is_allowed is not counts


def test_an_inbound_talk_counts_as_a_talk_and_not_as_a_contact() -> None:
    contacts = ledger(event("a", at("2026-04-14 09:00"), direction="inbound"))
    asked = facts(at("2026-04-14 12:00"))
    assert ask(book("at most 1 contact a day per person"), asked, contacts).is_allowed
    assert not ask(book("at most 1 talk a day per person"), asked, contacts).is_allowed


def test_attempts_or_texts_are_counted_together() -> None:
    rules = book("at most 2 attempts or texts in any 168 hours per debt")
    contacts = ledger(event("a", at("2026-04-14 09:00")), event("b", at("2026-04-14 10:00"), "delivered", "sms"))
    assert not ask(rules, facts(at("2026-04-14 12:00")), contacts).is_allowed


@pytest.mark.parametrize(
    ("scope", "other", "counts"),
    [
        ("person", {"person_id": "P2"}, False), ("person", {"number_id": "N2"}, True),
        ("number", {"number_id": "N2"}, False), ("debt", {"claim_ids": ("D2",)}, False),
        ("debt", {"person_id": "P2"}, True), ("person and debt", {"person_id": "P2"}, False),
        ("campaign", {"campaign_id": "C2"}, False), ("person and topic", {"topic": "loans"}, False),
    ],
)  # fmt: skip
def test_a_scope_says_whose_contacts_count(scope: str, other: dict[str, object], counts: bool) -> None:
    rules = book(f"at most 1 call a day per {scope}")
    contacts = ledger(event("a", at("2026-04-14 09:00"), **other))
    asked = facts(at("2026-04-14 12:00"), call__topic="cards")
    assert ask(rules, asked, contacts).is_allowed is not counts


def test_a_call_about_two_debts_needs_room_for_both() -> None:
    rules = book("at most 1 call a day per debt")
    contacts = ledger(event("a", at("2026-04-14 09:00"), claim_ids=("D2",)))
    assert ask(rules, facts(at("2026-04-14 12:00"), claims=("D1",)), contacts).is_allowed
    assert not ask(rules, facts(at("2026-04-14 12:00"), claims=("D1", "D2")), contacts).is_allowed


def test_a_cap_per_debt_closes_when_no_debt_is_known() -> None:
    verdict = ask(book("at most 1 call a day per debt"), facts(at("2026-04-14 12:00"), claims=()))
    assert (verdict.is_allowed, verdict.unknown) == (False, ("debt",))


def test_other_collectors_count_only_when_all_are_counted_together() -> None:
    contacts = ledger(event("a", at("2026-04-14 09:00"), collector="agency-one"))
    asked = facts(at("2026-04-14 12:00"))
    assert ask(book("at most 1 call a day per debt"), asked, contacts).is_allowed
    assert not ask(book("at most 1 call a day per debt, all collectors together"), asked, contacts).is_allowed
    asked = facts(at("2026-04-14 12:00"), collector__id="agency-one")
    assert not ask(book("at most 1 call a day per debt"), asked, contacts).is_allowed


def test_two_dials_side_by_side_see_each_other() -> None:
    rules, contacts = book("at most 1 contact a day per person"), ContactLedger()
    assert ask(rules, facts(at("2026-04-14 12:00")), contacts).is_allowed
    contacts.reserve(event("a", at("2026-04-14 12:00"), "pending"))
    assert not ask(rules, facts(at("2026-04-14 12:00")), contacts).is_allowed
    contacts.settle("a", "failed", at("2026-04-14 12:01"))
    assert ask(rules, facts(at("2026-04-14 12:01")), contacts).is_allowed


def test_when_filters_the_call_judged_and_the_contacts() -> None:
    rules = book("at most 1 call a day per debt when number.kind is mobile")
    at_work = ledger(event("a", at("2026-04-14 09:00"), number_kind="work"))
    mobile = ledger(event("a", at("2026-04-14 09:00"), number_kind="mobile"))
    unknown = ledger(event("a", at("2026-04-14 09:00")))
    noon = at("2026-04-14 12:00")
    assert ask(rules, facts(noon), at_work).is_allowed
    assert not ask(rules, facts(noon), mobile).is_allowed
    assert not ask(rules, facts(noon), unknown).is_allowed
    assert ask(rules, facts(noon, number__kind="work"), mobile).is_allowed


def test_a_quota_frees_the_oldest_first_and_counts_what_it_freed() -> None:
    rules = book("at most 2 calls in any 24 hours per debt", "free 2 in any 24 hours when outcome is no_answer")
    contacts = ledger(*hourly(at("2026-04-14 09:00"), 4, "no_answer", every_h=1))
    # 09:00 and 10:00 are free, 11:00 and 12:00 count.
    assert local(ask(rules, facts(at("2026-04-14 13:00")), contacts)) == "2026-04-15 11:00:01"


def test_free_reaches_the_call_being_judged() -> None:
    rules = book("at most 1 call a day per debt", "free when callee.role is attorney")
    contacts = ledger(event("a", at("2026-04-14 09:00")))
    noon = at("2026-04-14 12:00")
    assert not ask(rules, facts(noon), contacts).is_allowed
    assert ask(rules, facts(noon, callee__role="attorney"), contacts).is_allowed


def test_consent_frees_its_dates_until_the_next_talk() -> None:
    rules = book(
        "at most 1 call in any 7 days per person",
        "free within 7 days of consent.direct, that day counted, until the next talk",
    )
    consent = at("2026-04-06 10:00")
    contacts = ledger(event("a", at("2026-04-05 09:00")))
    for when, is_allowed in (("2026-04-08 12:00", True), ("2026-04-05 12:00", False)):
        assert ask(rules, facts(at(when), consent__direct=consent), contacts).is_allowed is is_allowed
    contacts.reserve(event("b", at("2026-04-07 09:00")))  # this talk ends the consent
    assert not ask(rules, facts(at("2026-04-08 12:00"), consent__direct=consent), contacts).is_allowed


@pytest.mark.parametrize(
    ("clause", "opens"),
    [
        ("wait 60 minutes after contact per person", "2026-04-14 10:10:00"),
        ("wait 7 days counting that day after talk per person", "2026-04-21 00:00:00"),
        ("wait 7 days after talk per person", "2026-04-22 00:00:00"),
    ],
)
def test_a_wait_runs_from_the_end_of_the_contact(clause: str, opens: str) -> None:
    contacts = ledger(event("a", at("2026-04-14 09:00"), ended_at=at("2026-04-14 09:10")))
    assert local(ask(book(clause), facts(at("2026-04-14 09:11")), contacts)) == opens


@pytest.mark.parametrize(
    ("clause", "notice", "opens"),
    [
        ("wait 3 business days after debt.start_notice", date(2026, 11, 23), "2026-11-26 00:00:00"),
        ("wait 3 business days after debt.start_notice", date(2026, 9, 23), "2026-09-30 00:00:00"),
        ("wait 3 days after debt.start_notice", date(2026, 11, 23), "2026-11-27 00:00:00"),
        ("wait 3 days counting that day after debt.start_notice", date(2026, 11, 23), "2026-11-26 00:00:00"),
        ("wait until debt.start_notice", date(2026, 11, 23), "2026-11-23 00:00:00"),
        ("wait until debt.start_notice + 1 month", date(2026, 10, 31), "2026-11-30 00:00:00"),
    ],
)
def test_a_wait_after_a_date_counts_by_its_days(clause: str, notice: date, opens: str) -> None:
    rules = book(clause, header="calendar kr-public 2026-2027\nclock Asia/Seoul")
    asked = facts(at("2026-09-01 12:00"), debt__start_notice=notice)
    assert local(ask(rules, asked)) == opens


def test_business_days_beyond_the_calendar_never_come() -> None:
    rules = book(
        "wait 3 business days after debt.start_notice", header="calendar kr-public 2026-2026\nclock Asia/Seoul"
    )
    verdict = ask(rules, facts(at("2026-12-31 12:00"), debt__start_notice=date(2026, 12, 30)))
    assert local(verdict) == "never"
    assert "the calendar ends" in verdict.denials[0].reason_en


@pytest.mark.parametrize(
    ("clause", "last", "is_allowed"),
    [
        ("stop when lead.inquiry newer than 3 months", date(2026, 1, 14), False),
        ("stop when lead.inquiry newer than 3 months", date(2026, 1, 13), True),
        ("stop when lead.inquiry longer than 30 days", date(2026, 3, 15), True),
        ("stop when lead.inquiry longer than 30 days", date(2026, 3, 14), False),
        ("fresh dnc_list 31 days", date(2026, 3, 14), True),
        ("fresh dnc_list 31 days", date(2026, 3, 13), False),
    ],
)
def test_ages_include_their_last_day(clause: str, last: date, is_allowed: bool) -> None:
    asked = facts(at("2026-04-14 12:00"), lead__inquiry=last, dnc_list=last)
    assert ask(book(clause), asked).is_allowed is is_allowed


def test_a_stop_that_an_age_ends_opens_the_day_after() -> None:
    rules = book("stop when lead.inquiry newer than 30 days")
    verdict = ask(rules, facts(at("2026-04-14 12:00"), lead__inquiry=date(2026, 4, 1)))
    assert local(verdict) == "2026-05-02 00:00:00"


def test_what_counts_is_the_same_after_a_correction_as_from_the_start() -> None:
    rules = book("at most 2 calls in any 24 hours per debt", "free 1 a day when outcome is no_answer")
    live = ledger(*hourly(at("2026-04-14 09:00"), 2, "no_answer", 1))
    asked = facts(at("2026-04-14 12:00"))
    assert ask(rules, asked, live).is_allowed
    live.reserve(event("late", at("2026-04-14 08:00"), "no_answer"))
    fresh = ledger(*live.events())
    assert ask(rules, asked, live) == ask(rules, asked, fresh)
    assert not ask(rules, asked, live).is_allowed
    live.forget(at("2026-04-14 08:30"))
    assert ask(rules, asked, ledger(*live.events())).is_allowed

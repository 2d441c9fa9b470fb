"""What a rule book allows, when it next does, and why."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collections_rules import PackSource, RuleBook, RulesError, builtin_pack, compile_rules
from collections_rules.ledger import ContactEvent, ContactLedger
from tests.collections_rules.made import ask, at, bank_book, book, event, facts, hourly, ledger, local, pack

BANK, BANK_AGAIN = bank_book(), bank_book()
NIGHT = "open after 08:00 until 21:00 every day"


def test_no_rules_allow_nothing() -> None:
    verdict = ask(compile_rules([]), facts(at("2026-04-14 10:00")))
    assert (verdict.is_allowed, verdict.deciding_rule_id, verdict.next_eligible_at) == (False, "no-rules", None)


def test_one_closed_gate_closes_whatever_the_others_say() -> None:
    rules = book(NIGHT, "stop when person.deceased")
    assert ask(rules, facts(at("2026-04-14 10:00"))).is_allowed
    assert not ask(rules, facts(at("2026-04-14 10:00"), person__deceased=True)).is_allowed


@pytest.mark.parametrize(
    ("when", "is_allowed"),
    [
        ("2026-04-14 08:00:00", False), ("2026-04-14 08:00:01", True),
        ("2026-04-14 20:59:59", True), ("2026-04-14 21:00:00", False),
    ],
)  # fmt: skip
def test_hours_open_after_eight_and_close_at_nine(when: str, is_allowed: bool) -> None:
    assert ask(book(NIGHT), facts(at(when))).is_allowed is is_allowed


@pytest.mark.parametrize(("when", "is_allowed"), [("20:59:29", True), ("20:59:30", False)])
def test_the_last_second_of_ringing_and_five_more_must_be_open(when: str, is_allowed: bool) -> None:
    verdict = ask(book(NIGHT), facts(at(f"2026-04-14 {when}"), ring_s=25))
    assert verdict.is_allowed is is_allowed


def test_hours_must_be_open_in_every_zone_of_evidence() -> None:
    rules = book("open after 08:00 until 21:00 every day", header="clock every evidence")
    both = ("America/New_York", "America/Los_Angeles")
    verdict = ask(rules, facts(at("2026-04-14 10:30", "America/New_York"), *both))
    assert local(verdict, "America/New_York") == "2026-04-14 11:00:01"
    verdict = ask(rules, facts(at("2026-04-14 18:00", "America/Los_Angeles"), *both))
    assert local(verdict, "America/Los_Angeles") == "2026-04-15 08:00:01"


@pytest.mark.parametrize("zones", [(), ("Nowhere/Land",)])
def test_an_unknown_zone_closes(zones: tuple[str, ...]) -> None:
    asked = facts(at("2026-04-14 12:00"))
    asked = type(asked)(asked.at, asked.values, frozenset(zones), "P1", ("D1",), "N1", "C1")
    verdict = ask(book(NIGHT, header="clock Asia/Seoul and every evidence"), asked)
    assert (verdict.is_allowed, verdict.unknown, local(verdict)) == (False, ("person.zone",), "never")


def test_a_zone_the_person_stated_is_asked_too() -> None:
    rules = book(NIGHT, header="clock Asia/Seoul; also person.stated_zone")
    assert ask(rules, facts(at("2026-04-14 12:00"))).is_allowed
    assert not ask(rules, facts(at("2026-04-14 12:00"), person__stated_zone="America/New_York")).is_allowed


def test_an_unknown_fact_closes_and_is_named() -> None:
    verdict = ask(book("stop when person.deceased"), facts(at("2026-04-14 10:00"), person__deceased=None))
    assert verdict.unknown == ("person.deceased",)
    assert verdict.denials[0].reason_en == "`person.deceased` is not known"


def test_an_unknown_fact_passes_only_where_a_policy_says_so() -> None:
    rules = book("stop when person.deceased unknown passes")
    assert ask(rules, facts(at("2026-04-14 10:00"), person__deceased=None)).is_allowed


def test_a_word_outside_the_list_is_unknown_and_not_clean() -> None:
    rules = book("stop when person.attorney is notified_in_writing")
    assert not ask(rules, facts(at("2026-04-14 10:00"), person__attorney="represented")).is_allowed


def test_an_exception_frees_its_rule_only_when_it_surely_holds() -> None:
    rules = book(NIGHT, "except call.asked_for_now")
    late = at("2026-04-14 22:00")
    assert ask(rules, facts(late, call__asked_for_now=True)).is_allowed
    assert not ask(rules, facts(late, call__asked_for_now=None)).is_allowed


def test_a_rule_that_may_or_may_not_apply_applies() -> None:
    rules = book("stop when person.deceased", "applies collector.kind is agency")
    asked = facts(at("2026-04-14 10:00"), person__deceased=True, collector__kind=None)
    verdict = ask(rules, asked)
    assert verdict.unknown == ("collector.kind",)
    assert ask(rules, facts(at("2026-04-14 10:00"), person__deceased=True)).is_allowed


def test_a_higher_layer_may_free_a_lower_rule() -> None:
    text = pack("stop when person.deceased").text + 'rule t.b "나"\n  law §2\n  except t.a when call.asked_for_now\n'
    rules = compile_rules([PackSource("x.rules", text)])
    assert ask(rules, facts(at("2026-04-14 10:00"), person__deceased=True, call__asked_for_now=True)).is_allowed


def test_a_campaign_cannot_loosen_the_law() -> None:
    law = pack("stop when person.deceased", layer="law", name="t.law")
    own = PackSource(
        "own.rules",
        'campaign t.own 1.0 uses t.law\nrule t.b "나"\n  campaign brief\n  except t.a when call.asked_for_now\n',
    )
    with pytest.raises(RulesError, match=r"R402 `except` here would loosen law rule `t\.a`"):
        compile_rules([law, own])


@pytest.mark.parametrize(("when", "is_allowed"), [("2026-03-01 23:59:59", True), ("2026-03-02 00:00:00", False)])
def test_a_rule_begins_with_its_date(when: str, is_allowed: bool) -> None:
    rules = book("from 2026-03-02", "stop when person.deceased")
    assert ask(rules, facts(at(when), person__deceased=True)).is_allowed is is_allowed


def test_a_rule_ends_with_its_date_and_so_does_what_it_held() -> None:
    rules = book("until 2026-03-02", "stop when person.deceased")
    verdict = ask(rules, facts(at("2026-02-10 10:00"), person__deceased=True))
    assert local(verdict) == "2026-03-02 00:00:00"


def test_one_clause_may_have_its_own_dates() -> None:
    rules = book("until 2026-03-02 open 09:00-20:00 every day", "from 2026-03-02 open 10:00-20:00 every day")
    assert local(ask(rules, facts(at("2026-03-01 21:00")))) == "2026-03-02 10:00:00"
    assert local(ask(rules, facts(at("2026-02-27 21:00")))) == "2026-02-28 09:00:00"


def test_the_reason_counts_and_the_decider_is_the_rule_that_sets_the_hour() -> None:
    contacts = ledger(
        *hourly(at("2026-04-06 09:00"), 5), event("x", at("2026-04-11 10:10")), event("y", at("2026-04-11 10:11"))
    )
    verdict = BANK.evaluate(facts(at("2026-04-11 15:00")), contacts)
    reasons = {finding.rule_id: finding.reason_en for finding in verdict.denials}
    assert reasons["kr.weekly-cap"] == "7 of 7 contacts in 168 hours (last counted 11 Apr 10:11)"
    assert (verdict.deciding_rule_id, local(verdict)) == ("kr.weekly-cap", "2026-04-13 09:00:01")


def test_the_rule_that_sets_the_hour_need_not_be_closed_now() -> None:
    later = PackSource("b", pack("open 09:00-24:00 every day", name="t.two").text.replace("t.a", "t.b"))
    verdict = ask(compile_rules([pack(NIGHT), later]), facts(at("2026-04-14 23:00")))
    assert ([finding.rule_id for finding in verdict.denials], verdict.deciding_rule_id) == (["t.a"], "t.b")


def test_a_finding_carries_its_own_release_and_citation() -> None:
    verdict = BANK.evaluate(facts(at("2026-04-14 21:30")), ledger())
    night, house = verdict.denials
    assert (night.rule_id, night.cite, night.layer) == ("kr.night", "채권추심법 §9 제2호·제3호", "law")
    assert (night.release_at, house.release_at) == (at("2026-04-15 08:00:01"), at("2026-04-15 09:00"))
    assert "허용 시간" in night.reason_ko


def test_explain_lists_every_rule_closed_ones_first() -> None:
    findings = BANK.explain(facts(at("2026-04-14 21:30")), ledger())
    assert len(findings) == len([rule for rule in BANK.rules if rule.is_enforced])
    assert [finding.is_passed for finding in findings] == sorted(finding.is_passed for finding in findings)
    assert all(finding.reason_ko and finding.reason_en for finding in findings)


def test_the_pack_hash_is_of_the_text_and_not_of_its_line_ends() -> None:
    source = builtin_pack("kr.collections")
    windows = PackSource(source.name, source.text.replace("\n", "  \r\n"))
    other = PackSource(source.name, source.text.replace("at most  7", "at most  6"))
    hashes = [compile_rules([one]).pack_hash for one in (source, windows, other)]
    assert hashes[0] == hashes[1] != hashes[2]


# Properties ---------------------------------------------------------------------

CLAUSES = (
    NIGHT,
    "open Mon-Fri 09:00-12:00, 13:00-20:00; Sat 10:00-16:00; closed Sun",
    "at most 3 contacts in any 24 hours per person",
    "at most 2 contacts a day per debt",
    "wait 90 minutes after contact per person",
    "wait 2 days after talk per person",
    "stop at person.excluded_hours",
    "wait until promise.due + 1 business day when promise.state is open",
    "stop when lead.inquiry newer than 3 days",
)
HEADER = "calendar kr-public 2025-2028\nclock every evidence"
ZONES = ("Asia/Seoul", "America/New_York", "America/Los_Angeles", "Europe/London", "Australia/Lord_Howe")
# Both changes of the clocks in both hemispheres are near some of these.
STARTS = ("2026-03-06 18:00", "2026-03-28 12:00", "2026-04-04 03:00", "2026-10-24 20:00", "2026-10-31 20:00")

cases = st.builds(
    dict,
    clauses=st.lists(st.sampled_from(CLAUSES), min_size=1, max_size=4, unique=True),
    start=st.sampled_from(STARTS),
    after_s=st.integers(0, 4 * 86_400),
    zones=st.sets(st.sampled_from(ZONES), min_size=1, max_size=2),
    ring_s=st.sampled_from([0.0, 24.0]),
    contacts=st.lists(st.tuples(st.integers(0, 60 * 72), st.sampled_from(["talk", "no_answer", "busy"])), max_size=5),
    hours=st.sets(st.sampled_from(["Mon-Fri 09:00-14:00", "Sat 10:00-12:00", "Sun 00:00-24:00"]), max_size=2),
    due_in=st.integers(-2, 5),
)


def _asked(case: dict[str, object]) -> tuple[datetime, dict[str, object], ContactLedger]:
    start = at(str(case["start"]), "UTC") + timedelta(seconds=int(str(case["after_s"])))
    due = (start + timedelta(days=int(str(case["due_in"])))).date()
    made: list[ContactEvent] = []
    contacts = case["contacts"]
    assert isinstance(contacts, list)
    for index, (minutes, outcome) in enumerate(contacts):
        made.append(event(f"c{index}", start - timedelta(minutes=minutes), outcome))
    values = {
        "promise__state": "open", "promise__due": due, "lead__inquiry": due - timedelta(days=3),
        "person__excluded_hours": frozenset(case["hours"]),  # type: ignore[call-overload]
        "ring_s": case["ring_s"],
    }  # fmt: skip
    return start, values, ledger(*made)


def _is_allowed(
    rules: RuleBook, when: datetime, case: dict[str, object], values: dict[str, object], contacts: ContactLedger
) -> bool:
    zones = case["zones"]
    assert isinstance(zones, set)
    return ask(rules, facts(when, *zones, **values), contacts).is_allowed  # type: ignore[arg-type]


@pytest.mark.slow
@settings(max_examples=25, deadline=None)  # `bench.rules scan` asks 100,000 accounts, every minute
@given(case=cases)
def test_next_allowed_is_what_a_scan_finds(case: dict[str, object]) -> None:
    clauses = case["clauses"]
    assert isinstance(clauses, list)
    rules = book(*clauses, header=HEADER)
    start, values, contacts = _asked(case)
    zones = case["zones"]
    assert isinstance(zones, set)
    verdict = ask(rules, facts(start, *zones, **values), contacts)  # type: ignore[arg-type]
    found = start if verdict.is_allowed else verdict.next_eligible_at
    end = min(found or start + timedelta(days=4), start + timedelta(days=4))
    # By the minute where the wait is short; a longer one is probed as often, and at its last second below.
    step = max(timedelta(minutes=1), (end - start) / 50)
    for probe in range(int((end - start) / step)):
        assert not _is_allowed(rules, start + step * probe, case, values, contacts)
    if found is not None:
        assert _is_allowed(rules, found, case, values, contacts)
        if found > start:
            assert not _is_allowed(rules, found - timedelta(seconds=1), case, values, contacts)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(case=cases, more=st.sampled_from(CLAUSES))
def test_adding_a_rule_never_turns_deny_into_allow(case: dict[str, object], more: str) -> None:
    clauses = case["clauses"]
    assert isinstance(clauses, list)
    start, values, contacts = _asked(case)
    first = pack(*clauses, header=HEADER)
    second = PackSource("b.rules", pack(more, header=HEADER, name="t.two").text.replace("rule t.a", "rule t.b"))
    before = _is_allowed(compile_rules([first]), start, case, values, contacts)
    after = _is_allowed(compile_rules([first, second]), start, case, values, contacts)
    assert before or not after


@given(seconds=st.integers(0, 400 * 86_400))
def test_a_verdict_repeats_from_the_same_facts(seconds: int) -> None:
    when = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    contacts = ledger(*hourly(when - timedelta(days=3), 4))
    assert BANK.evaluate(facts(when), contacts) == BANK_AGAIN.evaluate(facts(when), contacts)

"""What is said about one decision: it agrees with the verdict, counts in numbers, and knows what could be changed."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_rules import Explanation, builtin_pack, compile_rules, explain_call, render_explanation
from collections_rules.explanation import hash_facts
from collections_rules.remedies import CHANGEABLE
from tests.collections_rules.made import at, bank_book, book, event, facts, ledger

BANK = bank_book()
ALL_BOOKS = (BANK, compile_rules([builtin_pack("kr.telesales")]), compile_rules([builtin_pack("us.reg-f")]))


def told(explanation: Explanation, language: str = "en", **options: bool) -> list[str]:
    return render_explanation(explanation, language, zone="Asia/Seoul", **options).split("\n")


def capped() -> Explanation:
    contacts = ledger(*(event(f"e{n}", at(f"2026-04-1{n} 09:00")) for n in range(7)))
    return explain_call(BANK, facts(at("2026-04-16 21:30")), contacts)


def test_the_blockers_are_named_with_numbers_and_the_one_that_sets_the_time() -> None:
    lines = told(capped())
    assert lines[0].startswith("May not be called now. Next allowed Fri 17 Apr 09:00:01 (in 11 h).")
    assert "as of law 2026-04-16, known 21:30:00" in lines[0]
    (cap,) = [line for line in lines if "kr.weekly-cap" in line]
    assert "7 of 7 contacts" in cap
    assert "<- sets the time" in cap
    assert any(line.endswith("other gates pass (show: --all)") for line in lines)


def test_the_same_is_said_in_korean() -> None:
    lines = told(capped(), "ko")
    assert lines[0].startswith("지금은 통화할 수 없습니다. 다음 허용 4월 17일(금) 09:00:01 (11시간 뒤).")
    assert any("7회 중 7회" in line and "시각을 정함" in line for line in lines)


def test_a_language_that_nobody_speaks_is_refused() -> None:
    with pytest.raises(ValueError, match="no language `de`"):
        told(capped(), "de")


def test_an_open_call_says_so_and_shows_every_gate_when_asked() -> None:
    lines = told(explain_call(BANK, facts(at("2026-04-14 10:00"), debt__start_notice=date(2026, 3, 2)), ledger()),
                 show_all=True)  # fmt: skip
    assert lines[0].startswith("May be called now.")
    assert sum(line.startswith("  v ") for line in lines) == len(BANK.running)


def test_contacts_that_do_not_count_are_shown_with_the_reason() -> None:
    rules = book("at most 2 contacts in any 168 hours per debt", "free 2 a day when outcome is cut_off")
    contacts = ledger(
        event("a", at("2026-04-14 09:00"), "cut_off"), event("b", at("2026-04-14 09:10"), "cut_off"),
        event("c", at("2026-04-14 09:20"), "cut_off"), event("d", at("2026-04-14 09:30")),
        event("e", at("2026-04-14 09:40"), "not_placed"),
    )  # fmt: skip
    explanation = explain_call(rules, facts(at("2026-04-14 10:00")), contacts)
    (count,) = explanation.rules[0].counts
    assert (count.count, count.limit, count.last_at) == (2, 2, at("2026-04-14 09:30"))
    assert [(one.outcome, one.why_en) for one in count.not_counted] == [
        ("cut_off", "free 2 in 1 day: outcome is cut_off"),
        ("cut_off", "free 2 in 1 day: outcome is cut_off"),
        ("not_placed", "not a contact"),
    ]
    assert "not counted: 2 cut_off on 14 Apr (free 2 in 1 day: outcome is cut_off)" in "\n".join(told(explanation))


def test_what_a_supervisor_may_bring_about_is_tried_out_and_named() -> None:
    rules = book("stop when person.attorney is known", "except attorney.consented")
    explanation = explain_call(rules, facts(at("2026-04-14 10:00"), person__attorney="known"), ledger())
    (remedy,) = explanation.remedies
    assert ([one.fact for one in remedy.changes], remedy.next_at) == (["attorney.consented"], None)
    assert "the lawyer agrees (attorney.consented yes): allowed now" in "\n".join(told(explanation))


def test_two_changes_are_offered_where_one_does_not_help() -> None:
    rules = book("stop when person.consent is none or debt.documents is missing")
    asked = facts(at("2026-04-14 10:00"), person__consent="none", debt__documents="missing")
    assert explain_call(rules, asked, ledger()).remedies == ()  # one rule: its own words say what is wrong
    two = compile_rules([builtin_pack("kr.telesales")])
    assert explain_call(two, facts(at("2026-04-14 10:00"), person__opted_out=True), ledger()).remedies == ()


def test_what_a_person_decided_is_never_offered_for_change() -> None:
    final = {"person.opted_out", "person.cease", "person.deceased", "person.no_call", "debt.bankruptcy",
             "person.excluded_hours", "person.excluded_numbers", "person.refused_channels"}  # fmt: skip
    assert not final & set(CHANGEABLE)


def test_a_time_when_nothing_can_be_changed_is_said_so() -> None:
    rules = book("open 09:00-18:00 every day")
    lines = told(explain_call(rules, facts(at("2026-04-14 20:00")), ledger()))
    assert (
        "What would allow it sooner: nothing a supervisor can change. It frees by itself at Wed 15 Apr 09:00." in lines
    )


def test_house_rules_that_hold_longer_than_the_law_are_told_apart() -> None:
    explanation = explain_call(BANK, facts(at("2026-04-14 20:10"), debt__start_notice=date(2026, 3, 2)), ledger())
    assert explanation.law_next_at == at("2026-04-14 20:10")
    assert "The law alone would allow it now; house rules hold it longer." in told(explanation)


def test_another_number_that_may_be_called_sooner_is_named() -> None:
    rules = book("stop when number.kind is work and not work.allowed")
    asked = facts(at("2026-04-14 10:00"), number__kind="work")
    other = facts(at("2026-04-14 10:00"), number__kind="mobile")
    explanation = explain_call(rules, asked, ledger(), number="02-••••-1", others={"010-••••-2": other})
    assert explanation.other_numbers == (("010-••••-2", None),)
    assert "number 010-••••-2 (allowed now)" in "\n".join(told(explanation))


def test_rules_of_another_day_are_absent_with_their_start() -> None:
    rules = compile_rules([builtin_pack("kr.collections")])
    asked = facts(at("2026-04-14 10:00"))
    explanation = explain_call(rules, asked, ledger(), as_of=date(2024, 10, 16))
    assert ("kr.weekly-cap", date(2024, 10, 17)) in explanation.absent
    assert "kr.weekly-cap" not in [rule_id for rule_id, _ in explain_call(rules, asked, ledger()).absent]


def test_the_law_of_one_date_holds_while_the_next_moment_is_sought() -> None:
    rules = book("until 2026-04-15 open 09:00-12:00 every day", "from 2026-04-15 open 09:00-20:00 every day")
    asked = facts(at("2026-04-15 13:00"))
    assert rules.evaluate(asked, ledger()).is_allowed
    old = rules.evaluate(asked, ledger(), as_of=date(2026, 4, 14))
    assert (old.is_allowed, old.next_eligible_at, old.as_of) == (False, at("2026-04-16 09:00"), date(2026, 4, 14))


def test_it_is_data_for_a_page() -> None:
    data = json.loads(json.dumps(capped().as_data(), ensure_ascii=False))
    assert data["next_at"] == "2026-04-17T00:00:01+00:00"
    (cap,) = [one for one in data["rules"] if one["finding"]["rule_id"] == "kr.weekly-cap"]
    assert (cap["sets_next"], cap["counts"][0]["count"], cap["counts"][0]["limit"]) == (True, 7, 7)


def test_facts_have_one_name_whatever_their_order() -> None:
    one, other = facts(at("2026-04-14 10:00")), facts(at("2026-04-14 10:00"))
    turned = type(one)(**{**{name: getattr(one, name) for name in ("at", "zones", "person_id", "claim_ids", "number_id",
                          "campaign_id", "ring_s")}, "values": dict(reversed(one.values.items()))})  # fmt: skip
    assert hash_facts(one) == hash_facts(other) == hash_facts(turned)
    assert hash_facts(one) != hash_facts(facts(at("2026-04-14 10:00"), person__deceased=True))


@pytest.mark.slow
@given(
    rules=st.sampled_from(ALL_BOOKS),
    minutes=st.integers(0, 14 * 1440),
    outcomes=st.lists(
        st.tuples(st.integers(0, 300), st.sampled_from(("talk", "no_answer", "cut_off", "busy"))), max_size=9
    ),
    flags=st.sets(st.sampled_from(("person.deceased", "person.opted_out", "call.asked_for_now", "work.allowed"))),
    missing=st.sets(st.sampled_from(("person.attorney", "debt.suit", "person.consent", "number.kind")), max_size=2),
    law_day=st.sampled_from((None, date(2020, 1, 1), date(2026, 4, 14))),
)
def test_an_explanation_agrees_with_the_verdict(rules, minutes, outcomes, flags, missing, law_day):  # type: ignore[no-untyped-def]
    now = at("2026-04-06 00:00") + timedelta(minutes=minutes)
    contacts = ledger(*(event(f"e{n}", now - timedelta(hours=h), o) for n, (h, o) in enumerate(outcomes)))
    values = {name.replace(".", "__"): True for name in flags} | {name.replace(".", "__"): None for name in missing}
    asked = facts(now, **values)
    verdict, found = rules.evaluate(asked, contacts, as_of=law_day), explain_call(rules, asked, contacts, as_of=law_day)
    assert found.is_allowed == verdict.is_allowed
    assert tuple(one.finding for one in found.closed) == verdict.denials
    assert found.pack_hash == verdict.pack_hash
    if not verdict.is_allowed:
        assert found.next_at == verdict.next_eligible_at
        assert {one.finding.rule_id for one in found.rules if one.sets_next} == {verdict.deciding_rule_id}
    for one in found.remedies:
        assert one.next_at is None or verdict.next_eligible_at is None or one.next_at < verdict.next_eligible_at
    for state in found.rules:
        assert all(len(count.counted) == count.count for count in state.counts)

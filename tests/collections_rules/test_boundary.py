"""Generated boundary tests: the evaluator and the slow oracle agree, and a broken evaluator is noticed."""

from datetime import date, timedelta

import pytest

from collections_rules import BUILTIN_PACKS, PackSource, builtin_pack, compile_rules
from collections_rules.boundary import new_tests, run_boundary_tests
from collections_rules.calendars import Calendar
from collections_rules.count_window import CountWindow
from collections_rules.gates import OpenGate, StopWhenGate
from collections_rules.rule_tests import run_tests
from tests.collections_rules.made import pack

LARGE = ("us.state-sales", "au.collections")  # half of all the time; `rules test --coverage` runs them too
EVERY_GATE = """pack t.all 1.0
  calendar kr-public 2020-2030
  clock    Asia/Seoul and every evidence
  contact  attempt, sms, visit
rule t.open  "가"  "A"
  policy   §1
  open     Mon-Fri 09:10-12:00, 13:00-20:00; Sat 10:00-16:00; closed Sun, kr-public
rule t.excluded  "나"  "B"
  policy   §2
  stop at  person.excluded_hours
rule t.stop  "다"  "C"
  law      §3
  from     2025-01-01 until 2030-01-01
  stop when person.deceased or debt.dpd is between 30 and 60 or person.purchase newer than 18 months
            or number in person.excluded_numbers
  except   call.asked_for_now
rule t.release  "라"  "D"
  policy   §4
  stop when person.hardship is one of medical, wedding
  until    person.deferral_end; else the end of the day 3 months after person.hardship_confirmed
  applies  collector.kind is one of agency, loan_buyer
rule t.cap  "마"  "E"
  policy   §5
  from 2026-01-01 at most 3 contacts in any 48 hours per debt, all collectors together
  until 2026-01-01 at most 4 contacts in any 7 days after the first per debt
  free     when outcome is wrong_person
  free     2 a day when outcome is one of no_answer, busy
rule t.month  "바"  "F"
  policy   §6
  at most  5 calls a month per person
rule t.cool  "사"  "G"
  policy   §7
  wait     90 minutes after talk per person
rule t.cool-days  "아"  "H"
  policy   §8
  wait     2 days counting that day after visit per debt
rule t.notice  "자"  "I"
  policy   §9
  wait     3 business days after debt.start_notice
rule t.promise  "차"  "J"
  policy   §10
  wait     until promise.due + 1 business day when promise.state is open
rule t.fresh  "카"  "K"
  policy   §11
  fresh    dnc_list 31 days
rule t.verified  "타"  "L"
  policy   §12
  wait     36 hours after debt.verification_sent
rule t.abroad  "파"  "M"
  policy   §13
  clock    America/New_York
  open     after 08:00 until 21:00 every day
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in BUILTIN_PACKS if name not in LARGE])
def test_a_shipped_pack_answers_as_the_oracle_does_around_every_edge(name: str) -> None:
    report = run_boundary_tests(builtin_pack(name))
    assert not report.failures, report.text()
    on = {rule.rule_id for rule in compile_rules([builtin_pack(name)]).rules if rule.is_enforced}
    assert report.closed >= on


@pytest.mark.slow
def test_every_kind_of_gate_has_its_boundary_tests() -> None:
    report = run_boundary_tests(PackSource("all.rules", EVERY_GATE))
    assert not report.failures, report.text()
    assert report.closed == {rule.rule_id for rule in compile_rules([PackSource("all.rules", EVERY_GATE)]).rules}
    assert report.total > 500
    assert "one minute before, at, after each edge" in report.text()


def test_a_cap_is_asked_on_both_clock_changes_on_leap_day_and_at_the_end_of_the_year() -> None:
    made = pack("at most 2 calls in any 48 hours per person", header="clock America/New_York")
    titles = "".join(new_tests([made], "t.a", count=20))
    for day in ("an ordinary day", "the clocks go forward", "the clocks go back", "29 February", "the end of the year"):
        assert f"2 of 2: {day}" in titles


def _a_second_late(self: CountWindow, event_s: int, query: object) -> int:
    assert self.duration is not None
    return event_s + self.duration.count * 3600 + 2


@pytest.mark.parametrize(
    ("target", "name", "broken", "clauses"),
    [
        (CountWindow, "release", _a_second_late, ("at most 2 calls in any 48 hours per person",)),
        (OpenGate, "closed_until", lambda self, query: None, ("open 09:00-20:00 every day",)),
        (StopWhenGate, "closed_until", lambda self, query: None, ("stop when person.deceased",)),
        (Calendar, "is_business_day", lambda self, day: day.weekday() < 6, ("wait 3 business days after promise.due",)),
    ],
    ids=["far edge", "hours", "stop", "business days"],
)
def test_a_broken_evaluator_is_noticed(monkeypatch, target, name, broken, clauses) -> None:
    made = pack(*clauses, header="calendar kr-public 2020-2030\nclock Asia/Seoul")
    assert not run_boundary_tests(made).failures
    if target is Calendar:
        # The calendar is shared with the oracle on purpose, so the jump to the date is broken instead.
        monkeypatch.setattr("collections_rules.moments.business_day_after", _calendar_days)
    else:
        monkeypatch.setattr(target, name, broken)
    report = run_boundary_tests(made)
    assert report.failures
    assert "t.a" in report.text()


def _calendar_days(day: date, count: int, calendar: object) -> date:
    return day + timedelta(days=count)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["kr.collections", "us.reg-f", "us.tcpa"])
def test_a_ready_test_for_any_rule_passes_as_it_is(name: str) -> None:
    source = builtin_pack(name)
    rules = [rule.rule_id for rule in compile_rules([source]).rules if rule.is_enforced]
    tests = [test for rule_id in rules for test in new_tests([source], rule_id, count=2)]
    assert len(tests) >= len(rules)
    header = source.text.split("\ntest ")[0]
    report = run_tests(PackSource(name, header + "\n" + "".join(tests)), made_accounts=10)
    assert report.is_green, report.text()


def test_a_rule_that_is_off_has_no_ready_test() -> None:
    with pytest.raises(ValueError, match="is on"):
        new_tests([builtin_pack("kr.collections")], "kr.guideline-daily")

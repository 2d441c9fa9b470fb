"""The shipped packs of other countries: what their own tests cannot say, and what holds at any hour in any zone."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_rules import (
    BUILTIN_PACKS,
    FactValue,
    PackSource,
    RuleBook,
    Verdict,
    builtin_pack,
    compile_rules,
    list_open_points,
)
from collections_rules.rule_tests import run_tests
from tests.collections_rules.made import ask, at, event, facts, ledger, local

FOREIGN = tuple(name for name in BUILTIN_PACKS if not name.startswith("kr."))
NEW_YORK, CHICAGO, DENVER, LOS_ANGELES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
)  # fmt: skip


def shipped(*names: str) -> RuleBook:
    return compile_rules([builtin_pack(name) for name in names])


def blockers(verdict: Verdict) -> list[str]:
    return [finding.rule_id for finding in verdict.denials]


REG_F, SALES = shipped("us.reg-f"), shipped("us.telemarketing")
COLLECTOR: dict[str, FactValue] = {"collector__kind": "debt_collector"}
SELLER: dict[str, FactValue] = {"call__purpose": "sales", "dnc_list": at("2026-06-01").date()}


# Every pack ---------------------------------------------------------------------


@pytest.mark.parametrize("name", FOREIGN)
def test_the_tests_in_the_pack_pass_and_make_every_rule_true(name: str) -> None:
    report = run_tests(builtin_pack(name))
    assert report.is_green, report.text()


@pytest.mark.parametrize("name", FOREIGN)
def test_every_rule_is_law_and_says_so_in_both_languages(name: str) -> None:
    for rule in shipped(name).rules:
        assert (rule.layer, bool(rule.cite)) == ("law", True), rule.rule_id
        assert len({rule.title_ko, rule.title_en, ""}) == 3, rule.rule_id


def test_all_packs_stand_side_by_side() -> None:
    rules = shipped(*BUILTIN_PACKS).rules
    assert len({rule.rule_id for rule in rules}) == len(rules)


# Hours in any zone --------------------------------------------------------------

ZONES = st.sets(
    st.sampled_from(
        [NEW_YORK, CHICAGO, DENVER, LOS_ANGELES, "America/Phoenix", "Pacific/Honolulu", "America/Anchorage"]
    ),
    min_size=1,
    max_size=4,
)
# Both clock changes of 2026, and a year around them.
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda when: when.replace(microsecond=0)
)


def seconds_of_day(when: datetime, zone: str) -> int:
    here = when.astimezone(ZoneInfo(zone))
    return here.hour * 3600 + here.minute * 60 + here.second


@given(INSTANTS, ZONES)
def test_reg_f_opens_only_inside_the_hours_of_every_zone(when: datetime, zones: set[str]) -> None:
    verdict = ask(REG_F, facts(when, *zones, **COLLECTOR))
    assert verdict.is_allowed == all(8 * 3600 < seconds_of_day(when, zone) < 21 * 3600 for zone in zones)


@given(INSTANTS, ZONES)
def test_sales_open_only_inside_the_hours_of_every_zone(when: datetime, zones: set[str]) -> None:
    verdict = ask(SALES, facts(when, *zones, call__purpose="sales", dnc_list=when.date()))
    assert verdict.is_allowed == all(8 * 3600 <= seconds_of_day(when, zone) < 21 * 3600 for zone in zones)


@given(INSTANTS, ZONES)
def test_the_next_allowed_moment_is_allowed_and_the_second_before_is_not(when: datetime, zones: set[str]) -> None:
    verdict = ask(REG_F, facts(when, *zones, **COLLECTOR))
    if verdict.next_eligible_at is not None:
        assert ask(REG_F, facts(verdict.next_eligible_at, *zones, **COLLECTOR)).is_allowed
        assert not ask(REG_F, facts(verdict.next_eligible_at - timedelta(seconds=1), *zones, **COLLECTOR)).is_allowed


@given(INSTANTS, ZONES, st.integers(0, 60))
def test_more_evidence_and_longer_ringing_never_open(when: datetime, zones: set[str], ring_s: int) -> None:
    if ask(REG_F, facts(when, *zones, ring_s=ring_s, **COLLECTOR)).is_allowed:
        assert all(ask(REG_F, facts(when, zone, **COLLECTOR)).is_allowed for zone in zones)


# Regulation F -------------------------------------------------------------------


@given(st.lists(st.integers(0, 20 * 24 * 60), max_size=60), st.lists(st.integers(0, 20 * 24 * 60), max_size=3))
def test_obeying_the_pack_never_makes_eight_calls_in_seven_dates(minutes: list[int], talks: list[int]) -> None:
    began = at("2026-03-01 00:00", NEW_YORK)
    contacts = ledger()
    placed: list[datetime] = []
    for minute in sorted({*minutes, *talks}):
        when = began + timedelta(minutes=minute)
        if ask(REG_F, facts(when, NEW_YORK, **COLLECTOR), contacts).is_allowed:
            contacts.reserve(event(f"e{minute}", when, "talk" if minute in talks else "no_answer"))
            placed.append(when)
    dates = [when.astimezone(ZoneInfo(NEW_YORK)).date() for when in placed]
    assert all((last - first).days >= 7 for first, last in zip(dates, dates[7:], strict=False))
    outcomes = [contact.outcome for contact in contacts.events()]
    for (one, outcome), (two, _) in pairwise(zip(dates, outcomes, strict=True)):
        assert outcome != "talk" or (two - one).days >= 7


def test_spacing_is_for_a_policy_to_add_since_the_regulation_names_no_figure() -> None:
    policy = PackSource(
        "spacing.rules",
        'pack house.spacing 1.0 uses us.reg-f\nrule house.spacing "간격" "Spacing"\n  policy §1\n'
        "  wait 60 minutes after call per person\n",
    )
    rules = compile_rules([builtin_pack("us.reg-f"), policy])
    contacts = ledger(event("a", at("2026-04-14 12:00", NEW_YORK), "no_answer"))
    soon = ask(rules, facts(at("2026-04-14 12:03", NEW_YORK), NEW_YORK, **COLLECTOR), contacts)
    assert (blockers(soon), local(soon, NEW_YORK)) == (["house.spacing"], "2026-04-14 13:00:00")


def test_two_debts_of_one_person_have_fourteen_calls() -> None:
    began = at("2026-03-09 12:00", NEW_YORK)
    contacts = ledger(
        *(event(f"{claim}{n}", began + timedelta(days=n), "no_answer", claim_ids=(claim,))
          for claim in ("D1", "D2") for n in range(6))
    )  # fmt: skip
    for claim in ("D1", "D2"):
        when = at("2026-03-15 15:00", NEW_YORK)
        assert ask(REG_F, facts(when, NEW_YORK, claims=(claim,), **COLLECTOR), contacts).is_allowed
        contacts.reserve(event(f"{claim}-7", when, "no_answer", claim_ids=(claim,)))
        eighth = ask(REG_F, facts(when + timedelta(hours=1), NEW_YORK, claims=(claim,), **COLLECTOR), contacts)
        assert blockers(eighth) == ["usf.seven-in-seven"]


# Readings -----------------------------------------------------------------------


def test_the_open_questions_of_us_packs_are_listed() -> None:
    points = {d.code for d in list_open_points([builtin_pack("us.reg-f"), builtin_pack("us.tcpa")])}
    assert points == {"R611"}

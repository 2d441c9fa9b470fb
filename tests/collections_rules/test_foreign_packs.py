"""The shipped packs of other countries: what their own tests cannot say, and what holds at any hour in any zone."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_rules import (
    BUILTIN_PACKS,
    FACT_TABLE,
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
NEW_YORK, CHICAGO, DENVER, LOS_ANGELES, TORONTO = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
    "America/Toronto",
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


# States of the US -----------------------------------------------------------------

STATE_SALES, ALL_SALES = shipped("us.state-sales"), shipped("us.telemarketing", "us.tcpa", "us.state-sales")
# The calendars are read at the first question, which no example of a property should have to wait for.
ask(STATE_SALES, facts(at("2026-01-05 12:00", CHICAGO), CHICAGO, call__purpose="sales"))
HOURS = {
    "FL": (8, 20), "OK": (8, 20), "MD": (8, 20), "OR": (8, 20), "WA": (8, 20), "MA": (8, 20), "NV": (9, 20),
    "CT": (9, 20), "KY": (10, 21), "GA": (0, 24),
}  # fmt: skip


@given(INSTANTS, st.sets(st.sampled_from([NEW_YORK, CHICAGO, DENVER]), min_size=1), st.sets(st.sampled_from([*HOURS])))
def test_a_sales_call_is_inside_the_hours_of_every_state_in_every_zone(
    when: datetime, zones: set[str], states: set[str]
) -> None:
    verdict = ask(STATE_SALES, facts(when, *zones, call__purpose="sales", evidence=frozenset(states)))
    assert verdict.is_allowed == all(
        HOURS[state][0] * 3600 <= seconds_of_day(when, zone) < HOURS[state][1] * 3600
        for state in states
        for zone in zones
    )


@given(INSTANTS, st.sampled_from([NEW_YORK, CHICAGO, LOS_ANGELES]))
def test_an_unknown_state_leaves_what_every_state_has_open(when: datetime, zone: str) -> None:
    if ask(STATE_SALES, facts(when, zone, call__purpose="sales")).is_allowed:
        assert 10 * 3600 <= seconds_of_day(when, zone) < 20 * 3600
        assert when.astimezone(ZoneInfo(zone)).weekday() < 6


@given(st.lists(st.integers(0, 4 * 24 * 60), max_size=40, unique=True))
def test_obeying_florida_never_makes_a_fourth_attempt_in_24_hours(minutes: list[int]) -> None:
    began = at("2026-05-11 00:00", NEW_YORK)
    contacts = ledger()
    for minute in sorted(minutes):
        when = began + timedelta(minutes=minute)
        asked = facts(when, NEW_YORK, call__purpose="sales", call__topic="solar", evidence=frozenset({"FL"}))
        if ask(STATE_SALES, asked, contacts).is_allowed:
            contacts.reserve(event(f"e{minute}", when, "no_answer", topic="solar"))
    placed = [contact.at for contact in contacts.events()]
    assert all(last - first > timedelta(hours=24) for first, last in zip(placed, placed[3:], strict=False))


@pytest.mark.parametrize(("topic", "closed_by"), [("solar", ["fl.three"]), ("roofs", [])])
def test_another_topic_has_its_own_three_in_florida(topic: str, closed_by: list[str]) -> None:
    contacts = ledger(
        *(event(f"e{n}", at(f"2026-05-12 1{n}:00", NEW_YORK), "no_answer", topic="solar") for n in range(3))
    )
    florida: dict[str, FactValue] = {"call__purpose": "sales", "call__topic": topic, "evidence": frozenset({"FL"})}
    verdict = ask(STATE_SALES, facts(at("2026-05-12 15:00", NEW_YORK), NEW_YORK, **florida), contacts)
    assert blockers(verdict) == closed_by


# Rules that are off until somebody has read the text ------------------------------


def switched_on(pack: str, rule_id: str) -> RuleBook:
    switch = PackSource("switch.rules", f'pack t.switch 1.0 uses {pack}\n  enforce {rule_id} by "A. Tester"\n')
    return compile_rules([builtin_pack(pack), switch])


EVENING = [
    ("jp.collections", "japan.night", "Asia/Tokyo", "2026-05-12 20:59:59", "2026-05-12 21:00:00", {}),
    ("jp.collections", "japan.night", "Asia/Tokyo", "2026-05-13 08:00:01", "2026-05-13 08:00:00", {}),
    ("ca.collections", "ontario.hours", TORONTO, "2026-05-16 07:00", "2026-05-16 06:59:59", {"evidence": "ON"}),
    ("ca.collections", "ontario.hours", TORONTO, "2026-05-17 13:00", "2026-05-17 12:59:59", {"evidence": "ON"}),
    ("ca.collections", "ontario.hours", TORONTO, "2026-05-17 16:59:59", "2026-05-17 17:00", {"evidence": "ON"}),
    ("us.state-sales", "mi.hours", NEW_YORK, "2026-05-12 09:00", "2026-05-12 08:59:59", {"evidence": "MI"}),
    ("us.state-sales", "mn.hours", CHICAGO, "2026-05-12 20:59:59", "2026-05-12 21:00", {"evidence": "MN"}),
    ("us.state-sales", "nm.hours", DENVER, "2026-05-12 09:00", "2026-05-12 08:59:59", {"evidence": "NM"}),
    ("us.state-collections", "cal.hours", LOS_ANGELES, "2026-05-12 20:59:59", "2026-05-12 21:00", {"evidence": "CA"}),
]  # fmt: skip


@pytest.mark.parametrize(("pack", "rule_id", "zone", "open_at", "closed_at", "more"), EVENING)
def test_an_unread_rule_about_hours_keeps_them_once_it_is_switched_on(
    pack: str, rule_id: str, zone: str, open_at: str, closed_at: str, more: dict[str, str]
) -> None:
    known: dict[str, FactValue] = {name: frozenset({place}) for name, place in more.items()}
    known |= {"collector__kind": "debt_collector"}
    if pack == "us.state-sales":
        known |= {"call__purpose": "sales"}
    rules = switched_on(pack, rule_id)
    assert ask(rules, facts(at(open_at, zone), zone, **known)).is_allowed
    assert blockers(ask(rules, facts(at(closed_at, zone), zone, **known))) == [rule_id]
    assert rule_id not in blockers(ask(shipped(pack), facts(at(closed_at, zone), zone, **known)))


def test_utah_on_a_sunday_needs_consent() -> None:
    rules = switched_on("us.state-sales", "ut.hours")
    base: dict[str, FactValue] = {"call__purpose": "sales", "evidence": frozenset({"UT"})}
    sunday = at("2026-05-10 12:00", DENVER)
    assert blockers(ask(rules, facts(sunday, DENVER, person__consent="none", **base))) == ["ut.hours"]
    assert ask(rules, facts(sunday, DENVER, person__consent="written", **base)).is_allowed


@pytest.mark.parametrize(
    ("pack", "rule_id", "place", "outcomes", "free_at"),
    [
        ("us.state-collections", "dc.three-in-seven", "DC", ("no_answer",) * 3, "2026-09-15 10:00:01"),
        ("us.state-collections", "nyc.three-in-seven", "NYC", ("machine", "talk", "delivered"), "2026-09-15 00:00:00"),
        ("us.state-collections", "nyc.after-exchange", "NYC", ("talk",), "2026-09-15 00:00:00"),
        ("uk.collections", "uk.weekly", "", ("talk", "voicemail", "delivered"), "2026-09-15 08:00:00"),
        ("uk.collections", "uk.daily", "", ("talk",), "2026-09-09 08:00:00"),
        ("jp.collections", "japan.daily", "", ("no_answer",) * 3, "2026-09-09 00:00:00"),
    ],
)  # fmt: skip
def test_an_unread_cap_counts_once_it_is_switched_on(
    pack: str, rule_id: str, place: str, outcomes: tuple[str, ...], free_at: str
) -> None:
    zone = {"us": NEW_YORK, "uk": "Europe/London", "jp": "Asia/Tokyo"}[pack[:2]]
    began = at("2026-09-08 10:00", zone)
    contacts = ledger(
        *(event(f"e{n}", began + timedelta(hours=n), outcome, "email" if outcome == "delivered" else "call")
          for n, outcome in enumerate(outcomes))
    )  # fmt: skip
    known: dict[str, FactValue] = {"evidence": frozenset({place})} if place else {}
    rules = switched_on(pack, rule_id)
    verdict = ask(rules, facts(began + timedelta(hours=4), zone, **known), contacts)
    assert (blockers(verdict), local(verdict, zone)) == ([rule_id], free_at)
    freed = at(free_at, zone)
    assert ask(rules, facts(freed, zone, **known), contacts).is_allowed
    assert not ask(rules, facts(freed - timedelta(seconds=1), zone, **known), contacts).is_allowed


def test_new_york_city_caps_from_september_2026() -> None:
    rules = switched_on("us.state-collections", "nyc.three-in-seven")
    contacts = ledger(*(event(f"e{n}", at(f"2026-08-2{n} 12:00", NEW_YORK), "no_answer") for n in range(6, 9)))
    city: dict[str, FactValue] = {"evidence": frozenset({"NYC"})}
    assert ask(rules, facts(at("2026-08-30 12:00", NEW_YORK), NEW_YORK, **city), contacts).is_allowed
    verdict = ask(rules, facts(at("2026-09-01 12:00", NEW_YORK), NEW_YORK, **city), contacts)
    assert blockers(verdict) == ["nyc.three-in-seven"]


def test_an_abandoned_call_is_not_repeated_for_72_hours_unless_an_agent_is_held_for_it() -> None:
    rules = compile_rules(
        [
            builtin_pack("uk.collections"),
            builtin_pack("uk.dialing"),
            PackSource("on.rules", 'pack t.on 1.0 uses uk.dialing\n  enforce uk.after-abandoned by "A. Tester"\n'),
        ]
    )
    contacts = ledger(event("a", at("2026-05-11 10:00", "Europe/London"), "abandoned"))
    thursday = at("2026-05-14 09:59:59", "Europe/London")
    verdict = ask(rules, facts(thursday, "Europe/London"), contacts)
    assert (blockers(verdict), local(verdict, "Europe/London")) == (["uk.after-abandoned"], "2026-05-14 10:00:00")
    assert ask(rules, facts(thursday + timedelta(seconds=1), "Europe/London"), contacts).is_allowed
    assert ask(rules, facts(thursday, "Europe/London", call__dialing="agent_reserved"), contacts).is_allowed


@pytest.mark.parametrize("notice", ["known", "notified_in_writing"])
def test_an_attorneys_notice_closes_in_japan(notice: str) -> None:
    asked = facts(at("2026-05-12 12:00", "Asia/Tokyo"), "Asia/Tokyo", person__attorney=notice)
    assert blockers(ask(switched_on("jp.collections", "japan.attorney"), asked)) == ["japan.attorney"]


def test_india_after_five_and_not_in_mourning() -> None:
    noon = at("2026-08-17 11:00", "Asia/Kolkata")
    late = frozenset({"Mon-Sun 08:00-17:00"})
    own_times = switched_on("india.collections", "india.own-times")
    asked = ask(own_times, facts(noon, "Asia/Kolkata", person__excluded_hours=late))
    assert (blockers(asked), local(asked, "Asia/Kolkata")) == (["india.own-times"], "2026-08-17 17:00:00")
    hardship = switched_on("india.collections", "india.hardship")
    assert blockers(ask(hardship, facts(noon, "Asia/Kolkata", person__hardship="death"))) == ["india.hardship"]
    assert ask(hardship, facts(noon - timedelta(days=60), "Asia/Kolkata", person__hardship="death")).is_allowed


# Several packs together -----------------------------------------------------------


def test_the_strictest_of_the_packs_that_are_named_decides() -> None:
    book = shipped("us.reg-f", "us.tcpa", "us.massachusetts", "us.state-collections")
    boston: dict[str, FactValue] = {**COLLECTOR, "evidence": frozenset({"MA"})}
    contacts = ledger(*(event(f"e{n}", at(f"2026-04-0{n + 6} 11:00", NEW_YORK), "no_answer") for n in range(2)))
    noon = at("2026-04-08 12:00", NEW_YORK)
    assert blockers(ask(book, facts(noon, NEW_YORK, **boston), contacts)) == ["ma.two-in-seven"]
    assert ask(book, facts(noon, NEW_YORK, **{**boston, "evidence": frozenset({"NH"})}), contacts).is_allowed


@given(INSTANTS, ZONES)
def test_adding_a_state_never_opens_what_the_federal_rules_close(when: datetime, zones: set[str]) -> None:
    asked = facts(when, *zones, call__purpose="sales", dnc_list=when.date(), evidence=frozenset({"FL", "TX"}))
    if ask(ALL_SALES, asked).is_allowed:
        assert ask(SALES, asked).is_allowed


# The guide ----------------------------------------------------------------------

GUIDE = (Path(__file__).parents[2] / "docs" / "packs.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FOREIGN)
def test_the_guide_counts_the_rules_as_they_are(name: str) -> None:
    is_on = [rule.is_enforced for rule in shipped(name).rules]
    doubts = [point for point in list_open_points([builtin_pack(name)]) if point.code == "R611"]
    assert f"| `{name}` | {is_on.count(True)} | {is_on.count(False)} | {len(doubts)} |" in GUIDE


def test_the_facts_that_the_guide_names_exist() -> None:
    named = set(re.findall(r"`((?:call|person|number|collector)\.[a-z_]+)`", GUIDE))
    assert named
    assert named <= set(FACT_TABLE)


# Readings -----------------------------------------------------------------------


def test_every_pack_that_leans_on_memory_says_so() -> None:
    unread = {name for name in FOREIGN if any(d.code == "R610" for d in list_open_points([builtin_pack(name)]))}
    assert unread == {
        "us.reg-f", "us.state-sales", "us.state-collections", "uk.collections", "uk.marketing", "uk.dialing",
        "ca.collections", "au.collections", "au.telemarketing", "jp.collections", "india.collections", "eu.sales",
    }  # fmt: skip


def test_a_pack_with_nothing_but_unread_rules_allows_nothing_by_itself() -> None:
    verdict = ask(shipped("jp.collections"), facts(at("2026-05-12 12:00", "Asia/Tokyo"), "Asia/Tokyo"))
    assert not verdict.is_allowed

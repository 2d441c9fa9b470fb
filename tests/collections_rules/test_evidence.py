"""What numbers and addresses say: split area codes, codes of nowhere, other countries, and tests that name them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from collections_rules import PackSource, RulesError, compile_rules
from collections_rules.area_codes import AREA_CODES
from collections_rules.evidence import (
    evidence_of_area_code,
    evidence_of_number,
    evidence_of_place,
    joined_evidence,
)
from collections_rules.places import PLACES, STATE_ZONES
from collections_rules.rule_tests import run_tests
from tests.collections_rules.made import pack

EASTERN, CENTRAL, MOUNTAIN, PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"


@pytest.mark.parametrize(
    ("code", "places", "zones"),
    [
        ("212", "NY NYC", [EASTERN]),
        ("689", "FL", [EASTERN]),  # Orlando, which numbering libraries put an hour west
        ("850", "FL", [CENTRAL, EASTERN]),
        ("448", "FL", [CENTRAL, EASTERN]),
        ("907", "AK", ["America/Adak", "America/Anchorage"]),
        ("208", "ID", ["America/Boise", PACIFIC]),
        ("986", "ID", ["America/Boise", PACIFIC]),
        ("928", "AZ", [MOUNTAIN, "America/Phoenix"]),
        ("602", "AZ", ["America/Phoenix"]),
        ("930", "IN", [CENTRAL, EASTERN]),
        ("775", "NV", [MOUNTAIN, PACIFIC]),
        ("915", "TX", [CENTRAL, MOUNTAIN]),
        ("729", "TN", [CENTRAL, EASTERN]),
        ("807", "ON", [CENTRAL, EASTERN]),
        ("709", "NL", ["America/Goose_Bay", "America/St_Johns"]),
        ("902", "NS PE", ["America/Halifax"]),
        ("829", "DOM", ["America/Puerto_Rico"]),  # UTC-4 all year
        ("357", "CA", [PACIFIC]),
        ("800", "", []),
        ("521", "", []),
        ("710", "", []),
        ("211", "", []),
    ],
)
def test_an_area_code_is_evidence_of_all_its_places_and_zones(code: str, places: str, zones: list[str]) -> None:
    found = evidence_of_area_code(code)
    if code == "807":
        zones = ["America/Chicago", "America/New_York"]
    assert (sorted(found.places), sorted(found.zones)) == (places.split(), sorted(zones))


def clocks(zones: Iterable[str]) -> set[tuple[timedelta | None, ...]]:
    days = [datetime(2026, month, 15, tzinfo=UTC) for month in (1, 7)]
    return {tuple(day.astimezone(ZoneInfo(zone)).utcoffset() for day in days) for zone in zones}


def test_every_clock_of_a_code_is_kept_in_one_of_its_states() -> None:
    for code, (places, zones) in AREA_CODES.items():
        states = places & set(STATE_ZONES)
        assert not states or clocks(zones) <= clocks(z for place in states for z in STATE_ZONES[place]), code
        assert places <= set(PLACES), code


@pytest.mark.parametrize(
    ("number", "places"),
    [
        ("+12125550100", {"NY", "NYC"}),
        ("+18505550100", {"FL"}),
        ("+18005550100", set()),
        ("+821023456789", {"KOR"}),
        ("+82216001234", {"KOR"}),
        ("+827012345678", {"KOR"}),
        ("+828012345678", set()),
        ("+8215881234", set()),
        ("+447700900123", {"GBR", "GGY", "IMN", "JEY"}),
        ("+61412345678", {"AUS", "CCK", "CXR"}),
        ("+819012345678", {"JPN"}),
        ("+919812345678", {"IND"}),
        ("+77012345678", {"KAZ", "RUS"}),
        ("+88312345678", set()),  # an international network, of no country
        ("1588", set()),
    ],
)
def test_a_number_is_evidence_of_its_country_or_state(number: str, places: set[str]) -> None:
    assert evidence_of_number(number).places == places


def test_an_address_and_a_number_add_up_and_neither_is_dropped() -> None:
    found = joined_evidence(["CA"], ["+12125550100"])
    assert (found.places, found.zones) == ({"CA", "NY", "NYC"}, {EASTERN, PACIFIC})
    assert evidence_of_place("NYC").places == {"NY", "NYC"}
    with pytest.raises(ValueError, match="no place `XX`"):
        evidence_of_place("XX")


def run(*tests: str, clauses: tuple[str, ...] = ("open 08:00-21:00 every day",)) -> str:
    text = pack(*clauses, header="clock every evidence").text
    return run_tests(PackSource("made.rules", text + "\n".join(tests) + "\n")).text()


def test_a_test_names_an_address_and_an_area_code() -> None:
    assert (
        run(
            'test "inside both or not at all"',
            "  given  person address CA; number mobile area_code 212",
            "  at  2026-04-14 10:30 America/New_York  blocked by t.a  next 2026-04-14 11:00",
            "  at  2026-04-14 11:00 America/New_York  may call",
            "  at  2026-04-14 18:00 America/Los_Angeles  blocked by t.a  next 2026-04-15 08:00",
            "  at  2026-04-14 10:30 America/New_York if address is GA, area_code is 404  may call",
        )
        == "made.rules  1/1"
    )


def test_the_places_of_a_test_decide_whose_law_binds() -> None:
    assert run(
        'test "Florida by its prefix"',
        "  given  person address GA; number area_code 850",
        "  at  2026-04-14 20:30 America/New_York  blocked by t.a",
        "  at  2026-04-14 20:30 America/New_York if area_code is 404  may call",
        clauses=("open 08:00-20:00 every day", "applies any evidence is FL"),
    ) == "made.rules  1/1"  # fmt: skip


@pytest.mark.parametrize(
    ("given", "told"),
    [("person address XQ", "unknown place `XQ`"), ("number area_code 211", "unknown area code `211`")],
)
def test_an_unknown_place_or_area_code_in_a_test_is_a_fault(given: str, told: str) -> None:
    with pytest.raises(RulesError, match=told):
        run('test "x"', f"  given  {given}", "  at  2026-04-14 12:00  may call")


@pytest.mark.parametrize(("word", "meant"), [("FLL", "FL"), ("fl", "FL"), ("NYCC", "NYC"), ("KORR", "KOR")])
def test_a_misspelt_place_never_runs(word: str, meant: str) -> None:
    with pytest.raises(RulesError) as raised:
        compile_rules([pack("open 08:00-20:00 every day", f"applies any evidence is {word}")])
    assert [(d.code, d.help) for d in raised.value.diagnostics] == [("R101", f"write `{meant}`")]

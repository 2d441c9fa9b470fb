"""`paceline rules explain, next-allowed, as-of` and `paceline control` at a terminal."""

import json
from pathlib import Path

import pytest

from tests.terminal import paceline

DAY = "examples/bank_day/day.toml"
CASE = {
    "packs": ["kr.collections"], "at": "2026-11-24T22:00:00+09:00", "zones": ["Asia/Seoul"],
    "facts": {"person.deceased": False}, "history": [],
}  # fmt: skip


@pytest.mark.slow
def test_a_case_is_explained_in_both_languages_and_as_data(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps(CASE) + "\n", encoding="utf-8")
    english = paceline("rules", "explain", str(file), "1").stdout
    assert english.startswith("May not be called now.")
    assert "x kr.night" in english
    assert paceline("rules", "explain", str(file), "--language", "ko").stdout.startswith("지금은 통화할 수 없습니다.")
    data = json.loads(paceline("rules", "explain", str(file), "--json").stdout)
    assert data["rules"][0]["finding"]["is_passed"] is False
    assert paceline("rules", "next-allowed", str(file), "1").stdout.startswith("never")
    assert "has no line `2`" in paceline("rules", "explain", str(file), "2").stderr


@pytest.mark.slow
def test_the_rules_of_a_date_are_listed_with_what_is_absent_and_when_it_starts() -> None:
    listed = paceline("rules", "as-of", "2024-10-16", "kr.collections").stdout
    assert "- kr.weekly-cap  is absent: starts 2024-10-17" in listed
    assert "  kr.night  " in listed
    assert "is absent: starts" not in paceline("rules", "as-of", "2026-11-24", "kr.collections").stdout


@pytest.mark.slow
def test_an_account_of_a_list_is_explained_without_a_journal() -> None:
    told = paceline("rules", "explain", DAY, "late/L-72", "--at", "2026-11-24 22:00")
    assert told.returncode == 0, told.stderr
    assert "x kr.night" in told.stdout
    assert "••••" in told.stdout
    soon = paceline("rules", "next-allowed", DAY, "late/L-72", "--at", "2026-11-24 22:00").stdout
    assert soon.startswith("2026-11-25 09:00:00 KST  bank.house-hours")


@pytest.mark.slow
def test_an_engine_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    asked = paceline("control", "status", str(tmp_path / "none.sock"))
    assert (asked.returncode, "Traceback" in asked.stderr) == (2, False)
    assert "no engine answers there" in asked.stderr

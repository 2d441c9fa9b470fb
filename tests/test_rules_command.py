"""`paceline rules …` and `paceline pacing …` at a terminal."""

import json
import re
from pathlib import Path

import pytest

from tests.terminal import ROOT, paceline

RULES = ROOT / "examples" / "bank_day" / "rules"
BAD = 'pack bank.bad 1.0\n\nrule bank.a  "가"  "A"\n  policy   manual 1\n  at most  3 contacts a day per persn\n'


@pytest.mark.slow
def test_check_is_quiet_about_good_files_and_names_the_place_of_a_bad_word(tmp_path: Path) -> None:
    good = paceline("rules", "check", str(RULES))
    assert good.returncode == 0
    assert re.match(r"0 errors, \d+ warnings.* in \d+ rules, .*2 files$", good.stdout.splitlines()[-1])
    file = tmp_path / "bad.rules"
    file.write_text(BAD, encoding="utf-8")
    bad = paceline("rules", "check", str(file))
    assert bad.returncode == 1
    assert f"{file}:5:33 error" in bad.stdout
    assert "write `person`" in bad.stdout
    assert "1 of R101 can be mended: paceline rules check --fix R101" in bad.stdout
    mended = paceline("rules", "check", "--fix", "R101", str(file))
    assert (mended.returncode, mended.stdout) == (0, "0 errors, 0 warnings in 1 rule, 1 file\n")
    assert "per person\n" in file.read_text(encoding="utf-8")


@pytest.mark.slow
def test_tests_of_a_file_run_with_the_packs_it_uses(tmp_path: Path) -> None:
    assert paceline("rules", "test", str(RULES)).returncode == 0
    file = tmp_path / "own.rules"
    file.write_text(BAD.replace("persn", "person"), encoding="utf-8")
    untested = paceline("rules", "test", str(file))
    assert untested.returncode == 1
    assert "never: bank.a" in untested.stdout


@pytest.mark.slow
def test_coverage_names_rules_without_a_test_and_a_ready_one_fills_the_gap(
    tmp_path: Path,
) -> None:
    file = tmp_path / "own.rules"
    file.write_text(BAD.replace("persn", "person"), encoding="utf-8")
    bare = paceline("rules", "test", "--coverage", str(file))
    assert bare.returncode == 1
    assert re.search(r"generated: (\d+) boundary tests .* \1/\1", bare.stdout)
    assert "coverage: 0/1 rules blocked at least once; never: bank.a" in bare.stdout
    ready = paceline("rules", "test", "--new", "bank.a", str(file))
    file.write_text(file.read_text(encoding="utf-8") + "\n" + ready.stdout, encoding="utf-8")
    covered = paceline("rules", "test", "--coverage", str(file))
    assert (covered.returncode, covered.stdout.splitlines()[-1]) == (0, "coverage: 1/1 rules blocked at least once")
    assert paceline("rules", "test", "--new", "bank.b", str(file)).returncode == 2


ANSWERS = ("--who", "person and topic", "--what", "calls or texts", "--how-many", "3", "--in-what-time", "24 hours")


@pytest.mark.slow
def test_five_answers_make_a_rule_that_checks_with_boundary_tests_that_pass(tmp_path: Path) -> None:
    file = tmp_path / "own.rules"
    made = paceline("rules", "new", str(file), *ANSWERS, "--source", "law 방문판매법 §42", "--id", "own.three")
    assert made.returncode == 0, made.stderr
    text = file.read_text(encoding="utf-8")
    assert "  at most  3 calls or texts in any 24 hours per person and topic\n" in text
    assert text.count("\ntest ") >= 3
    visits = ("--who", "채권", "--what", "방문", "--how-many", "1", "--in-what-time", "하루")
    again = paceline("rules", "new", str(file), *visits, "--source", "policy 4", "--id", "own.visit")
    assert again.returncode == 0, again.stderr
    assert paceline("rules", "test", "--coverage", str(file)).returncode == 0
    assert paceline("rules", "fmt", str(file)).stdout == file.read_text(encoding="utf-8")


@pytest.mark.slow
def test_what_is_not_answered_is_asked_in_either_language(tmp_path: Path) -> None:
    file = tmp_path / "asked.rules"
    said = "채권\n접촉\n7회\n168시간\npolicy 매뉴얼 1\n"
    made = paceline("rules", "new", str(file), "--language", "ko", said=said)
    assert made.returncode == 0, made.stderr
    assert "무엇을 셉니까?" in made.stdout
    assert "at most  7 contacts in any 168 hours per debt" in file.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_file_survives_korean_and_json(tmp_path: Path) -> None:
    file = RULES / "telesales-policy.rules"
    korean, as_json = tmp_path / "ko.rules", tmp_path / "pack.json"
    korean.write_text(paceline("rules", "fmt", str(file), "--language", "ko").stdout, encoding="utf-8")
    as_json.write_text(paceline("rules", "json", str(file)).stdout, encoding="utf-8")
    english = paceline("rules", "fmt", str(file)).stdout
    assert paceline("rules", "fmt", str(korean)).stdout == english
    assert paceline("rules", "from-json", str(as_json)).stdout == english


@pytest.mark.slow
def test_decide_answers_line_for_line(tmp_path: Path) -> None:
    facts = {"call.purpose": "collection"}
    case = {"packs": ["kr.telesales"], "at": "2026-11-24T22:00:00+09:00", "facts": facts, "zones": ["Asia/Seoul"]}
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps(case) + "\nnonsense\n", encoding="utf-8")
    first, second = (json.loads(line) for line in paceline("rules", "decide", str(file)).stdout.splitlines())
    assert first["allowed"] is True
    assert second["error"].startswith("line 2: ")


@pytest.mark.slow
def test_what_if_says_what_one_more_agent_is_worth_and_refuses_an_impossible_floor() -> None:
    floor = paceline("pacing", "what-if", "--agents", "12", "--answer", "0.2")
    assert floor.returncode == 0
    assert "one more agent adds" in floor.stdout
    impossible = paceline("pacing", "what-if", "--agents", "12", "--answer", "1.2")
    assert impossible.returncode == 2
    assert "Traceback" not in impossible.stderr


@pytest.mark.slow
def test_a_table_goes_to_a_spreadsheet_and_comes_back_checked(tmp_path: Path) -> None:
    file, sheet = tmp_path / "own.rules", tmp_path / "ladder.csv"
    text = (ROOT / "examples" / "rules" / "kr-collections.rules").read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    written = paceline("rules", "table", str(file), "kr.ladder", "--csv", str(sheet), "--language", "ko")
    assert written.stdout == f"kr.ladder: 4 rows written to {sheet}\n"
    assert sheet.read_bytes().startswith("\ufeffdebt.dpd".encode())
    rows = sheet.read_text(encoding="utf-8-sig").replace("specialist,specialist", "specialist,letter")
    sheet.write_bytes(
        rows.replace(",", ";").replace('"call firm; offer 6 m"', '"call firm, offer 6 m"').encode("cp949")
    )
    again = paceline("rules", "table", str(file), "kr.ladder", "--from-csv", str(sheet))
    assert "~ debt.dpd 90+, value.tier B: specialist -> letter\n" in again.stdout
    assert "90+   | specialist           | letter" in file.read_text(encoding="utf-8")
    before = file.read_bytes()
    sheet.write_text(rows.replace("5 ~ 29", "9 ~ 29").replace("1 ~ 4", "1 ~ 4x"), encoding="utf-8")
    refused = paceline("rules", "table", str(file), "--from-csv", str(sheet))
    assert (refused.returncode, "cell A2 (row 2, column 1): `1 ~ 4x` is not a range" in refused.stderr) == (2, True)
    sheet.write_text(rows.replace("5 ~ 29", "9 ~ 29"), encoding="utf-8")
    gap = paceline("rules", "table", str(file), "--from-csv", str(sheet)).stderr
    assert "cell A3 (row 3, column 1): kr.ladder leaves a gap: dpd 5-8 has no row" in gap
    assert file.read_bytes() == before

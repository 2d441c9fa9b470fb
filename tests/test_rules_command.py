"""`paceline rules …` and `paceline pacing …` at a terminal."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RULES = ROOT / "examples" / "bank_day" / "rules"
BAD = 'pack bank.bad 1.0\n\nrule bank.a  "가"  "A"\n  policy   manual 1\n  at most  3 contacts a day per persn\n'


def paceline(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dialer", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_check_is_quiet_about_good_files_and_names_the_place_of_a_bad_word(tmp_path: Path) -> None:
    good = paceline("rules", "check", str(RULES))
    assert (good.returncode, good.stdout.splitlines()[-1][:21]) == (0, "2 files read, 0 error")
    file = tmp_path / "bad.rules"
    file.write_text(BAD, encoding="utf-8")
    bad = paceline("rules", "check", str(file))
    assert bad.returncode == 1
    assert f"{file}:5:33 error" in bad.stdout
    assert "write `person`" in bad.stdout


@pytest.mark.slow
def test_tests_of_a_file_run_with_the_packs_it_uses(tmp_path: Path) -> None:
    assert paceline("rules", "test", str(RULES)).returncode == 0
    file = tmp_path / "own.rules"
    file.write_text(BAD.replace("persn", "person"), encoding="utf-8")
    untested = paceline("rules", "test", str(file))
    assert untested.returncode == 1
    assert "never: bank.a" in untested.stdout


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

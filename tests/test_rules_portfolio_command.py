"""`paceline rules portfolio`, `diff` and `backtest` at a terminal, on the example's lists."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.terminal import ROOT, paceline

CONFIG = "examples/bank_day/day.toml"
RULES = "examples/bank_day/rules/collections-policy.rules"


def told(*words: str) -> dict[str, Any]:
    done = paceline(*words, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_a_list_is_callable_in_house_hours_and_not_after_them() -> None:
    found = told("rules", "portfolio", CONFIG, "--campaign", "early", "--at", "2026-04-14T18:30", "--days", "1")
    hours = list(found["callable_at"].values())
    assert found["callable_now"] == found["accounts"] > 1000
    assert hours[:3] == [found["accounts"], 0, 0]
    assert paceline("rules", "portfolio", CONFIG, "--at", "2026-04-14T18:30").returncode != 0


@pytest.mark.slow
def test_a_draft_shows_whom_it_touches(tmp_path: Path) -> None:
    draft = tmp_path / "draft.rules"
    text = (ROOT / RULES).read_text(encoding="utf-8")
    draft.write_text(text.replace("Mon-Fri 09:00-20:00", "Mon-Fri 09:00-12:00, 13:00-20:00"), encoding="utf-8")
    words = ("--portfolio", CONFIG, "--campaign", "early", "--at", "2026-04-14T09:00")
    found = told("rules", "diff", RULES, str(draft), *words)
    (change,) = found["changes"]
    assert (change["rule_id"], change["effect"], change["layer"]) == ("bank.house-hours", "tightens", "policy")
    assert found["portfolio"]["unchanged"] == 0
    assert found["portfolio"]["groups"][0]["examples"][0].startswith("early/")
    shown = paceline("rules", "diff", RULES, str(draft)).stdout
    assert "no law, order or contract rule changes" in shown


@pytest.mark.slow
def test_a_draft_is_tried_on_the_attempts_of_a_journal(tmp_path: Path) -> None:
    journal, draft = tmp_path / "day.db", tmp_path / "draft.rules"
    made = paceline(
        "simulate", CONFIG, "--until", "09:04", "--journal", str(journal), "--report", str(tmp_path / "report.html")
    )
    assert made.returncode == 0, made.stderr
    text = (ROOT / RULES).read_text(encoding="utf-8")
    draft.write_text(text.replace("Mon-Fri 09:00-20:00", "Mon-Fri 10:00-20:00"), encoding="utf-8")
    words = (CONFIG, "--journal", str(journal), "--campaign", "early")
    kept = told("rules", "backtest", RULES, *words)
    assert (kept["blocked"]["calls"], kept["not_in_list"]) == (0, 0)
    barred = told("rules", "backtest", str(draft), *words)
    assert barred["blocked"]["calls"] == barred["attempts"] > 0
    assert list(barred["by_rule"]) == ["bank.house-hours"]
    assert barred["violations"]["calls"] == 0

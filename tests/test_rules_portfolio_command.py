"""`paceline rules portfolio`, `diff` and `backtest` at a terminal, on the example's lists."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from adapters.journal_sqlite import SqliteJournal
from dialer.record_codec import decode_all, encode
from dialer.records import Claimed, Disposed, Record
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
    assert_stricter_readings_are_counted(journal, tmp_path / "weekly.rules")


def assert_stricter_readings_are_counted(journal: Path, file: Path) -> None:
    """Asked of the same journal, because a journal takes seconds to make."""
    checked = paceline("rules", "check", CONFIG, "--log", str(journal))
    assert (checked.returncode, "R613" in checked.stdout) == (0, False)  # nobody was called for a week
    assert re.search(r"0 errors, .* in \d+ rules, .*4 files$", checked.stdout.splitlines()[-1])
    file.write_text(
        'pack own.days 1.0\n  clock    Asia/Seoul\n\nrule own.days  "가"  "One in two days"\n  policy   manual 1\n'
        "  at most  1 attempt in any 2 days per person\n", encoding="utf-8",
    )  # fmt: skip
    calls = called_again_after_47_hours(journal, journal.with_name("again.db"))
    drafted = paceline("rules", "check", str(file), CONFIG, "--log", str(journal.with_name("again.db")))
    assert drafted.returncode == 0, drafted.stderr
    assert f"`any 48 hours` blocks {calls:,} more calls of the log" in drafted.stdout
    assert "--log: name the one configuration" in paceline("rules", "check", str(file), "--log", "x.db").stderr


def called_again_after_47_hours(journal: Path, again: Path) -> int:
    """A journal of the first finished attempts of another, and each of them once more 47 hours later: so many."""
    records = list(decode_all(SqliteJournal(journal).read()))
    ended = {one.attempt_id: one for one in records if isinstance(one, Disposed)}
    claimed = [one for one in records if isinstance(one, Claimed) and one.attempt_id in ended][:20]
    persons = {one.person_id: one for one in claimed if not any(two.person_id == one.person_id and two is not one
                                                                for two in claimed)}  # fmt: skip
    made: list[Record] = []
    for later, name in ((timedelta(0), "first"), (timedelta(hours=47), "second")):
        for one in persons.values():
            end, attempt_id = ended[one.attempt_id], f"{name}-{one.attempt_id}"
            made.append(evolve(one, at=one.at + later, attempt_id=attempt_id))
            made.append(evolve(end, at=end.at + later, attempt_id=attempt_id, ends="", next_at=end.at + later))
    store = SqliteJournal(again)
    store.append_nowait([encode(one) for one in made])
    store.close()
    return len(persons)

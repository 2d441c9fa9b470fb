"""Decisions as data and as text, and the law of a day."""

import json
from datetime import date
from typing import Any

import pytest

from collections_rules import builtin_pack, compile_rules
from collections_rules.case import decide_case
from tests.collections_rules.made import at, event, ledger, pack

NIGHT = pack("open after 08:00 until 21:00 every day", "stop when person.deceased").text


def case(**more: Any) -> dict[str, Any]:
    base = {"packs": [NIGHT], "at": "2026-04-14T10:00:00+09:00", "zones": ["Asia/Seoul"],
            "facts": {"person.deceased": False}}  # fmt: skip
    return json.loads(json.dumps({**base, **more}))  # type: ignore[no-any-return]


def test_a_case_is_decided_as_data() -> None:
    assert decide_case(case()) == {"allowed": True, "by": [], "next": "2026-04-14T01:00:00+00:00", "unknown": []}
    assert decide_case(case(at="2026-04-14T21:00:00+09:00")) == {
        "allowed": False, "by": ["t.a"], "next": "2026-04-14T23:00:01+00:00", "unknown": [],
    }  # fmt: skip
    assert decide_case(case(facts={})) == {
        "allowed": False, "by": ["t.a"], "next": None, "unknown": ["person.deceased"],
    }  # fmt: skip


def test_a_case_counts_its_history() -> None:
    text = pack("at most 2 contacts in any 168 hours per debt").text
    history = [{"at": f"2026-04-1{day}T10:00:00+09:00", "channel": "sms", "outcome": "delivered"} for day in (2, 3)]
    found = decide_case(case(packs=[text], history=history))
    assert (found["by"], found["next"]) == (["t.a"], "2026-04-19T01:00:01+00:00")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"fact": {}}, "unknown field `fact`"),
        ({"at": "2026-04-14T10:00:00"}, "has no offset"),
        ({"at": "noon"}, "`noon` is not a moment"),
        ({"facts": {"person.decesed": True}}, "unknown fact `person.decesed`"),
        ({"facts": {"person.deceased": "no"}}, "`person.deceased` is yes/no"),
        ({"facts": {"promise.due": "tomorrow"}}, "`promise.due` is a date"),
        ({"history": [{"at": "2026-04-14T09:00:00+09:00", "chanel": "sms"}]}, "contact 1 of the history"),
    ],
)
def test_a_case_that_cannot_be_read_says_why(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        decide_case(case(**wrong))


def test_a_rule_is_in_force_from_its_date() -> None:
    rules = compile_rules([builtin_pack("kr.collections")])
    new = {info.rule_id for info in rules.as_of(date(2024, 10, 17))} - {
        info.rule_id for info in rules.as_of(date(2024, 10, 16))
    }
    assert "kr.weekly-cap" in new
    assert "kr.night" not in new


def test_a_case_knows_only_what_was_known() -> None:
    text = pack("stop when person.deceased", "at most 1 contacts in any 168 hours per debt").text
    base = {"packs": [text], "facts": {"person.deceased": False}}
    history = [{"at": "2026-04-14T09:30:00+09:00"}]
    stated = [{"at": "2026-04-14T09:00:00+09:00", "name": "person.deceased", "value": True},
              {"at": "2026-04-14T09:40:00+09:00", "name": "person.deceased", "value": False}]  # fmt: skip
    for known_at, by in [("08:59", []), ("09:00", ["t.a"]), ("09:35", ["t.a"]), ("09:50", ["t.a"])]:
        asked = case(**base, history=history, stated=stated, known_at=f"2026-04-14T{known_at}:00+09:00")
        assert decide_case(asked)["by"] == by
    assert decide_case(case(**base, stated=stated, known_at="2026-04-14T09:50:00+09:00"))["by"] == []


def test_a_case_may_ask_the_law_of_another_date() -> None:
    text = pack("until 2026-04-14 open 09:00-10:00 every day", "from 2026-04-14 open 09:00-20:00 every day").text
    assert decide_case(case(packs=[text], at="2026-04-14T11:00:00+09:00"))["allowed"]
    old = decide_case(case(packs=[text], at="2026-04-14T11:00:00+09:00", as_of="2026-04-13"))
    assert (old["by"], old["next"]) == (["t.a"], "2026-04-15T00:00:00+00:00")


def test_an_outcome_that_came_later_is_pending() -> None:
    talked = event("e", at("2026-04-14 09:00"), "talk", ended_at=at("2026-04-14 09:10"))
    (known,) = ledger(talked).known_at(at("2026-04-14 09:05")).events()
    assert (known.outcome, known.ended_at) == ("pending", None)
    assert ledger(talked).known_at(at("2026-04-14 09:10")) == ledger(talked)
    assert len(ledger(talked).known_at(at("2026-04-14 08:59"))) == 0

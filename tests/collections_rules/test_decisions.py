"""Decisions as data and as text, and the law of a day."""

import json
from datetime import date
from typing import Any

import pytest

from collections_rules import builtin_pack, compile_rules
from collections_rules.case import decide_case
from tests.collections_rules.made import pack

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

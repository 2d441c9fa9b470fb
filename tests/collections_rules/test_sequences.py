"""Retry plans: what follows the first, the second and the third of an outcome."""

import pytest

from collections_rules import PackSource, RetryStep, Sequence, compile_rules

HOUR = 3600.0


def sequence(*clauses: str) -> Sequence:
    text = 'pack t.one 1.0\nsequence t.s "가" "A"\n' + "".join(f"  {clause}\n" for clause in clauses)
    made = compile_rules([PackSource("x.rules", text)]).sequence
    assert made is not None
    return made


PLAN = sequence(
    "numbers  mobile, home, work when work.allowed",
    "hour     best by model among open hours; else 10-12, 18-20",
    "first    within 5 minutes of lead.received when open; else at next opening",
    "after    busy 20 minutes, twice | no_answer 3 hours, another part of the day, then next number",
    "           voicemail 1 day | wrong_person drop number | not_interested stop | machine 1 hour, 4 hours",
    "           callback at the asked time, same agent when free within 10 minutes",
    "end      12 attempts, then rest 14 days",
)


def test_the_head_of_a_plan() -> None:
    assert [(one.kind, one.only_when) for one in PLAN.numbers] == [
        ("mobile", ""), ("home", ""), ("work", "work.allowed"),
    ]  # fmt: skip
    assert (PLAN.hours, PLAN.max_attempts, PLAN.is_per_day) == (((10, 12), (18, 20)), 12, False)
    assert (PLAN.rest_s, PLAN.first_within_s, PLAN.first_after) == (14 * 24 * HOUR, 300.0, "lead.received")


@pytest.mark.parametrize(
    ("outcome", "nth", "step"),
    [
        ("busy", 1, RetryStep(1200.0)),
        ("busy", 2, RetryStep(1200.0)),
        ("busy", 3, RetryStep(3 * HOUR, another_part_of_day=True)),  # goes on as no_answer
        ("no_answer", 1, RetryStep(3 * HOUR, another_part_of_day=True)),
        ("no_answer", 2, RetryStep(3 * HOUR, "next", another_part_of_day=True)),
        ("no_answer", 9, RetryStep(3 * HOUR, "next", another_part_of_day=True)),
        ("voicemail", 5, RetryStep(24 * HOUR)),
        ("machine", 1, RetryStep(HOUR)),
        ("machine", 2, RetryStep(4 * HOUR)),
        ("machine", 3, RetryStep(3 * HOUR, another_part_of_day=True)),
        ("wrong_person", 1, RetryStep(0.0, "drop")),
        ("not_interested", 1, RetryStep(0.0, stops=True)),
        ("callback", 1, RetryStep(0.0, at_asked_time=True, same_agent_within_s=600.0)),
        ("abandoned", 1, None),
    ],
)
def test_what_follows_an_outcome(outcome: str, nth: int, step: RetryStep | None) -> None:
    assert PLAN.step(outcome, nth) == step


def test_delays_that_are_used_up_stop_the_account() -> None:
    plan = sequence("after    no_answer 1 hour, 4 hours, 1 day, each in another part of the day")
    assert [plan.step("no_answer", nth) for nth in (1, 3)] == [
        RetryStep(HOUR, another_part_of_day=True), RetryStep(24 * HOUR, another_part_of_day=True),
    ]  # fmt: skip
    stop = plan.step("no_answer", 4)
    assert stop is not None
    assert stop.stops


def test_a_limit_for_a_day() -> None:
    assert (sequence("end 3 attempts a day").max_attempts, sequence("end 3 attempts a day").is_per_day) == (3, True)


def test_nth_counts_from_one() -> None:
    with pytest.raises(ValueError, match="nth counts from 1"):
        PLAN.step("busy", 0)


def test_the_last_pack_with_a_sequence_gives_it() -> None:
    first = PackSource("a", 'pack t.a 1.0\nsequence t.s "가"\n  end 1 attempt\n')
    second = PackSource("b", 'pack t.b 1.0\nsequence t.r "나"\n  end 2 attempts\n')
    made = compile_rules([first, second]).sequence
    assert made is not None
    assert made.sequence_id == "t.r"

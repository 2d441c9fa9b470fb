"""The three verdicts of a campaign: which number, what a refusal says, when the campaign closes and reopens."""

from datetime import timedelta

import pytest
import trio
from attrs import evolve

from dialer.gatekeeper import NO_NUMBER, Gatekeeper
from dialer.records import Denied, VerdictStage
from dialer.schedule import Pick
from tests.dialer.parts import ALLOWED, Parts, ScriptedGate, denied
from tests.fakes import TEN, an_account

ACCOUNT = an_account(1, number_count=3)
FIRST, SECOND, THIRD = ACCOUNT.numbers
TOMORROW = TEN + timedelta(days=1)


class Door:
    """A gatekeeper, its gate and its schedule."""

    def __init__(self, verdict=ALLOWED, **by_number):
        self.parts = Parts()
        self.gate = ScriptedGate(verdict, by_number)
        self.schedule = self.parts.journal.state.campaigns["c"].schedule
        self.schedule.enroll([ACCOUNT])
        self.paused = []
        self.keeper = Gatekeeper(
            "c", self.gate, self.schedule, self.parts.journal, self.parts.clock, 24.0, self.paused.append
        )

    def pick(self, account=ACCOUNT, number_id=None, is_callback=False):
        pick = Pick(account.account_id, is_callback, None, 0.0, None, number_id)
        return self.keeper.lawful_call(pick, account, self.parts.clock.now_at())

    def refuse(self, count, verdict=None):
        """So many accounts in a row that are refused; how many were asked about before the campaign closed."""
        if verdict is not None:
            self.gate.verdict = verdict
        for nth in range(1, count + 1):
            self.pick(an_account(nth))
            if self.keeper.closed_until_at is not None:
                return nth
        return count


# Which number.


async def test_first_number_that_may_be_called_is_taken(autojump_clock):
    door = Door(**{"n-1-1": denied()})
    assert door.pick().number is SECOND
    assert door.parts.of(Denied) == []


async def test_number_that_the_plan_names_is_asked_about_first(autojump_clock):
    door = Door()
    assert door.pick(number_id=THIRD.number_id).number is THIRD
    assert [one["number"] for one in door.gate.asked] == ["n-1-3"]


async def test_dropped_numbers_are_not_asked_about(autojump_clock):
    door = Door()
    door.schedule.progress["acc-1"] = evolve(
        door.schedule.progress_of("acc-1"), dropped_number_ids=frozenset({"n-1-1", "n-1-2"})
    )
    assert door.pick().number is THIRD


async def test_account_with_no_number_left_is_refused_by_ourselves(autojump_clock):
    door = Door()
    assert door.pick(evolve(ACCOUNT, numbers=())) is None
    (record,) = door.parts.of(Denied)
    assert (record.rule_id, record.rule_ids, record.next_eligible_at) == (NO_NUMBER, (NO_NUMBER,), None)
    assert (record.number_id, record.reason) == ("", "no number of this account is left to call")


async def test_verdict_is_asked_for_the_whole_ring_time_and_knows_who_asked_to_be_called(autojump_clock):
    door = Door()
    door.pick(is_callback=True)
    assert door.gate.asked == [{"number": "n-1-1", "ring_s": 24.0, "asked_for": True, "own": None}]


# What is written.


async def test_refusal_says_which_rules_why_and_when_to_ask_again(autojump_clock):
    door = Door(denied("bank.hours", TOMORROW, "kr.night"))
    assert door.pick() is None
    (record,) = door.parts.of(Denied)
    assert (record.stage, record.rule_id, record.rule_ids) == (
        VerdictStage.PICK,
        "bank.hours",
        ("bank.hours", "kr.night"),
    )
    assert (record.reason, record.next_eligible_at) == ("bank.hours is closed", TOMORROW)
    assert (record.account_id, record.person_id, record.attempt_id) == ("acc-1", "p-1", None)
    assert door.parts.journal.state.campaigns["c"].denials == {"bank.hours": 1}


async def test_refusal_is_that_of_the_number_that_is_free_the_soonest(autojump_clock):
    soon = TEN + timedelta(hours=1)
    door = Door(**{"n-1-1": denied("a", None), "n-1-2": denied("b", soon), "n-1-3": denied("c", TOMORROW)})
    door.pick()
    (record,) = door.parts.of(Denied)
    assert (record.number_id, record.rule_id, record.next_eligible_at) == ("n-1-2", "b", soon)


async def test_rule_that_sets_the_next_time_without_being_closed_is_not_the_reason(autojump_clock):
    verdict = evolve(denied("kr.cap", TOMORROW), deciding_rule_id="bank.hours")
    door = Door(verdict)
    door.pick()
    (record,) = door.parts.of(Denied)
    assert (record.rule_id, record.next_eligible_at) == ("kr.cap", TOMORROW)


# The second and the third verdict.


def ask(door, stage, call):
    return door.keeper.may_originate(call) if stage == "origination" else door.keeper.may_connect(call)


@pytest.mark.parametrize(("stage", "ring_s"), [("origination", 24.0), ("answer", 0.0)])
async def test_later_verdicts_judge_the_call_without_itself(autojump_clock, stage, ring_s):
    door = Door()
    call = door.parts.claim()
    await trio.sleep(0.01)
    assert ask(door, stage, call)
    assert door.gate.asked == [{"number": "n-1-1", "ring_s": ring_s, "asked_for": False, "own": "c-1"}]


@pytest.mark.parametrize("stage", ["origination", "answer"])
async def test_later_verdict_that_denies_is_written_with_its_stage_and_attempt(autojump_clock, stage):
    door = Door(denied())
    call = door.parts.claim()
    await trio.sleep(0.01)
    assert not ask(door, stage, call)
    (record,) = door.parts.of(Denied)
    assert (record.stage, record.attempt_id) == (VerdictStage(stage), "c-1")
    assert door.paused == []


@pytest.mark.parametrize("stage", ["origination", "answer"])
async def test_error_while_judging_denies_and_pauses_the_campaign(autojump_clock, stage):
    door = Door(ValueError("a rule broke"))
    call = door.parts.claim()
    await trio.sleep(0.01)
    assert not ask(door, stage, call)
    assert door.paused == ["a rule could not be evaluated; see the log"]
    assert door.parts.of(Denied) == []


async def test_error_at_the_pick_puts_the_account_back_and_pauses_the_campaign(autojump_clock):
    door = Door(ValueError("a rule broke"))
    assert door.pick() is None
    assert door.paused == ["a rule could not be evaluated; see the log"]
    assert door.schedule.next(TEN).account_id == "acc-1"


# A campaign that is closed.


async def test_campaign_closes_when_twenty_in_a_row_are_refused_alike(autojump_clock):
    door = Door(denied())
    assert door.refuse(50) == 20
    assert door.keeper.is_closed(TEN)


async def test_campaign_that_is_closed_for_a_moment_is_looked_at_again_soon(autojump_clock):
    door = Door(denied())
    door.refuse(20)
    assert door.keeper.closed_until_at == TEN + timedelta(seconds=1)
    assert door.keeper.is_closed(TEN + timedelta(seconds=0.999))
    assert not door.keeper.is_closed(TEN + timedelta(seconds=1))
    assert door.keeper.closed_until_at is None


async def test_thousands_refused_alike_before_others_are_passed_by_in_a_minute(autojump_clock):
    door, asked, waited_s = Door(denied()), 0, 0.0
    while asked < 9_000:
        asked += door.refuse(500)
        waited_s += (door.keeper.closed_until_at - door.parts.clock.now_at()).total_seconds()
        await trio.sleep_until(door.parts.clock.mono(door.keeper.closed_until_at))
        assert not door.keeper.is_closed(door.parts.clock.now_at())
    assert waited_s < 60.0


async def test_campaign_that_is_closed_in_truth_is_looked_at_less_and_less_often(autojump_clock, monkeypatch):
    monkeypatch.setattr("dialer.gatekeeper._CLOSED_IN_TRUTH", 500)
    door, looks, pauses_s = Door(denied()), [], []
    for _ in range(14):
        looks.append(door.refuse(500))
        pauses_s.append((door.keeper.closed_until_at - door.parts.clock.now_at()).total_seconds())
        await trio.sleep(pauses_s[-1])
        assert not door.keeper.is_closed(door.parts.clock.now_at())
    assert looks == [20, 40, 80, 160] + [200] * 10
    assert pauses_s == [1, 1, 1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


async def test_campaign_never_stays_closed_past_the_instant_at_which_calls_are_lawful(autojump_clock):
    soon = TEN + timedelta(seconds=0.25)
    door = Door(denied("bank.hours", soon))
    door.refuse(20)
    assert door.keeper.closed_until_at == soon


@pytest.mark.parametrize("other", [denied("kr.cap"), denied("bank.hours", TEN + timedelta(hours=1))])
async def test_refusal_of_another_kind_begins_the_count_anew(autojump_clock, other):
    door = Door(denied())
    door.refuse(19)
    door.refuse(1, other)
    assert door.refuse(19, denied()) == 19
    assert not door.keeper.is_closed(TEN)
    assert door.refuse(1) == 1
    assert door.keeper.is_closed(TEN)


async def test_call_that_is_lawful_begins_the_count_anew(autojump_clock):
    door = Door(denied())
    door.refuse(19)
    door.gate.verdict = ALLOWED
    assert door.pick() is not None
    door.refuse(19, denied())
    assert not door.keeper.is_closed(TEN)


async def test_accounts_that_only_a_fact_releases_never_close_the_campaign(autojump_clock):
    door = Door(denied("kr.attorney", None))
    assert door.refuse(300) == 300
    assert not door.keeper.is_closed(TEN)

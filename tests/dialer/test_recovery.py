"""What a crash left open is closed with the worst that can be true of it."""

from datetime import timedelta

import pytest
import trio
from attrs import evolve
from hypothesis import given

from dialer.attempt import AttemptState
from dialer.disposition import DISPOSITIONS, Disposition, HungUpBy, NetworkOutcome
from dialer.ports import CallTrace
from dialer.records import (
    AgentChanged,
    AgentState,
    Answered,
    AnsweredBy,
    CampaignChanged,
    CampaignState,
    Connected,
    Detected,
    Disposed,
    Originated,
    TalkEnded,
)
from dialer.recovery import INTERRUPTED, ask_trunks, closing_records
from dialer.retries import NextTry
from tests.fakes import TEN, FakeTrunk
from tests.strategies import ACCOUNTS, Choices, a_claim, an_engine_state, journals

IDS = (TEN, "c-1", "c")
LATER = TEN + timedelta(hours=2)
TO_PERSON = [Originated(*IDS), Answered(*IDS, 6.0), Detected(*IDS, AnsweredBy.HUMAN, TEN)]
TO_WRAP_UP = [*TO_PERSON, Connected(*IDS, "ag-1", 0.5), TalkEnded(*IDS, "ag-1", 60.0, HungUpBy.PERSON)]


def restart(state):
    """Close what is open, as a second start does."""
    closed = []
    for record in closing_records(state, LATER):
        state.apply(record)
        closed.append(record)
    return closed


def a_crashed_state(*records):
    state = an_engine_state()
    for record in records:
        state.apply(record)
    return state


@pytest.mark.parametrize(
    ("records", "left_in", "worst"),
    [
        ([], AttemptState.CLAIMED, Disposition.NO_ANSWER),
        (TO_PERSON[:1], AttemptState.DIALING, Disposition.NO_ANSWER),
        (TO_PERSON[:2], AttemptState.DETECTING, Disposition.ABANDONED),
        (TO_PERSON, AttemptState.WAITING, Disposition.ABANDONED),
        ([*TO_PERSON[:2], Detected(*IDS, AnsweredBy.MACHINE, TEN)], AttemptState.MACHINE, Disposition.MACHINE),
        (TO_WRAP_UP[:-1], AttemptState.TALKING, Disposition.AGENT_LOST),
        (TO_WRAP_UP, AttemptState.WRAP_UP, Disposition.AGENT_LOST),
    ],
)
def test_attempt_left_open_is_closed_with_its_worst(records, left_in, worst):
    state = a_crashed_state(a_claim(TEN, "c-1", "c", ACCOUNTS[0], Choices(0)), *records)
    assert state.attempts["c-1"].state is left_in
    (closed,) = restart(state)
    assert isinstance(closed, Disposed)
    assert (closed.at, closed.disposition, closed.hung_up_by) == (LATER, worst, HungUpBy.NETWORK)
    assert closed.ends == "interrupted; a supervisor decides"
    assert closed.agent_id == ("ag-1" if "Connected" in [type(one).__name__ for one in records] else None)
    assert state.attempts == {}


MACHINE_HERE, PERSON_HERE = CallTrace(True, AnsweredBy.MACHINE), CallTrace(True, AnsweredBy.HUMAN)
TOMORROW = NextTry(at=LATER + timedelta(days=1), number_id="n-1-1")


@pytest.mark.parametrize(
    ("records", "trace", "disposition", "is_planned"),
    [
        ([], CallTrace(False), Disposition.NOT_PLACED, True),
        (TO_PERSON[:1], CallTrace(False), Disposition.NOT_PLACED, True),
        ([], CallTrace(True), Disposition.NO_ANSWER, True),
        (TO_PERSON[:1], CallTrace(True, None, NetworkOutcome.BUSY), Disposition.BUSY, True),
        (TO_PERSON[:1], CallTrace(True, None, NetworkOutcome.NORMAL), Disposition.NO_ANSWER, True),
        ([], MACHINE_HERE, Disposition.MACHINE, True),
        (TO_PERSON[:2], MACHINE_HERE, Disposition.MACHINE, True),
        ([], PERSON_HERE, Disposition.ABANDONED, False),
        (TO_PERSON[:1], CallTrace(True, AnsweredBy.UNKNOWN), Disposition.ABANDONED, False),
        (TO_PERSON[:2], PERSON_HERE, Disposition.ABANDONED, False),
        # What the journal knows is not taken back by a trunk.
        (TO_PERSON[:2], CallTrace(False), Disposition.ABANDONED, False),
        (TO_PERSON, CallTrace(True), Disposition.ABANDONED, False),
        (TO_WRAP_UP[:-1], CallTrace(False), Disposition.AGENT_LOST, False),
        (TO_WRAP_UP, MACHINE_HERE, Disposition.AGENT_LOST, False),
    ],
)
def test_trunk_that_remembers_decides_where_the_journal_cannot(records, trace, disposition, is_planned):
    state = a_crashed_state(a_claim(TEN, "c-1", "c", ACCOUNTS[0], Choices(0)), *records)
    (closed,) = closing_records(state, LATER, {"c-1": trace}, lambda *_: TOMORROW)
    assert closed.disposition is disposition
    assert (closed.next_at, closed.ends) == ((TOMORROW.at, "") if is_planned else (None, INTERRUPTED))


def test_callback_that_was_never_placed_is_still_owed():
    callback = evolve(a_claim(TEN, "c-1", "c", ACCOUNTS[0], Choices(0)), is_callback=True)
    (closed,) = closing_records(a_crashed_state(callback), LATER, {"c-1": CallTrace(False)}, lambda *_: TOMORROW)
    assert closed.is_next_callback


class BrokenTrunk(FakeTrunk):
    async def settle(self, attempt_ids):
        raise OSError("gone")


class SilentTrunk(FakeTrunk):
    async def settle(self, attempt_ids):
        await trio.sleep_forever()


async def test_trunk_that_fails_or_is_silent_leaves_its_attempts_unknown_and_keeps_nobody_waiting(autojump_clock):
    claims = [
        evolve(a_claim(TEN, f"c-{n}", "c", ACCOUNTS[n - 1], Choices(0)), trunk=name) for n, name in enumerate("abc", 1)
    ]
    good = FakeTrunk(name="c")
    good.traces["c-3"] = PERSON_HERE
    idle = FakeTrunk(name="d")
    trunks = (BrokenTrunk(name="a"), SilentTrunk(name="b"), good, idle)
    assert await ask_trunks(trunks, a_crashed_state(*claims)) == {"c-3": PERSON_HERE}
    assert trio.current_time() <= 10.0
    assert idle.settled == []  # also hangs up what an earlier process left


def test_nobody_is_called_again_for_an_interrupted_attempt():
    state = a_crashed_state(a_claim(TEN, "c-1", "c", ACCOUNTS[0], Choices(0)))
    restart(state)
    schedule = state.campaigns["c"].schedule
    offered = [schedule.next(LATER + timedelta(days=30)) for _ in ACCOUNTS]
    assert [pick.account_id for pick in offered if pick] == ["acc-2", "acc-4", "acc-3"]
    assert len(state.ledger) == 1


def test_agents_of_the_earlier_process_are_logged_out():
    state = a_crashed_state(
        AgentChanged(TEN, "ag-1", "seoul", AgentState.TALKING, ("c",)),
        AgentChanged(TEN, "ag-2", "seoul", AgentState.LOGGED_OUT, ("c",)),
    )
    (record,) = restart(state)
    assert record == AgentChanged(LATER, "ag-1", "seoul", AgentState.LOGGED_OUT, ("c",), None, "interrupted")


@pytest.mark.parametrize(
    ("left_in", "is_paused"),
    [
        (CampaignState.RUNNING, True),
        (CampaignState.DRAINING, True),
        (CampaignState.PAUSED, False),
        (CampaignState.ENDED, False),
    ],
)
def test_campaign_that_was_under_way_is_paused(left_in, is_paused):
    state = a_crashed_state(CampaignChanged(TEN, "c", left_in, "x"))
    closed = restart(state)
    assert closed == ([CampaignChanged(LATER, "c", CampaignState.PAUSED, "interrupted")] if is_paused else [])


@given(records=journals())
def test_second_start_after_any_crash_finds_nothing_to_close(records):
    state = a_crashed_state(*records)
    restart(state)
    assert state.attempts == {}
    assert restart(state) == []
    assert all(one.outcome != "pending" for one in state.ledger.events())


@given(records=journals())
def test_closing_never_flatters(records):
    state = a_crashed_state(*records)
    had_person = {
        attempt_id
        for attempt_id, one in state.attempts.items()
        if one.state not in (AttemptState.CLAIMED, AttemptState.DIALING, AttemptState.MACHINE)
    }
    for record in restart(state):
        if isinstance(record, Disposed):
            traits = DISPOSITIONS[record.disposition]
            assert traits.is_answered_by_person == (record.attempt_id in had_person)
            assert not traits.is_success
            assert not traits.is_right_party

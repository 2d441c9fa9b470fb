"""The state as a function of the records: legal streams, illegal ones, and replay."""

from datetime import timedelta

import pytest
from hypothesis import given, settings

from dialer.attempt import AttemptState, MisuseError
from dialer.disposition import Disposition
from dialer.journal import replay
from dialer.record_codec import RecordError, encode
from dialer.records import (
    AgentChanged,
    AgentState,
    Answered,
    CampaignChanged,
    CampaignState,
    Claimed,
    Disposed,
    FactStated,
    Originated,
    PromiseToPay,
    TrunkChanged,
)
from dialer.state import EngineState
from tests.fakes import CALLER_ID, SEOUL, TEN
from tests.strategies import ACCOUNTS, an_engine_state, journals

ACCOUNT = ACCOUNTS[0]


def claimed(attempt_id="c-1", campaign_id="c", at=TEN, account=ACCOUNT):
    return Claimed(
        at=at,
        attempt_id=attempt_id,
        campaign_id=campaign_id,
        account_id=account.account_id,
        person_id=account.person.person_id,
        claim_ids=("c-1",),
        number_id="n-1-1",
        trunk="seoul",
        caller_id=CALLER_ID,
        pack_hash="hash",
        mode="progressive",
    )


def a_disposal(disposition, at=TEN, **fields):
    return Disposed(at, "c-1", "c", ACCOUNT.account_id, disposition, **fields)


@pytest.mark.slow
@given(records=journals())
@settings(deadline=None)
def test_replay_of_the_lines_equals_the_live_state(records):
    live = an_engine_state()
    for record in records:
        live.apply(record)
    assert replay([encode(record) for record in records], an_engine_state()) == live
    assert live.record_count == len(records)


@pytest.mark.slow
@given(records=journals())
@settings(deadline=None)
def test_looking_at_the_counters_changes_nothing_that_replay_would_miss(records):
    live = an_engine_state()
    for record in records:
        live.apply(record)
        for book in live.campaigns.values():
            book.counters.view(record.at + timedelta(days=1))
            book.counters.view(record.at)
    assert replay([encode(record) for record in records], an_engine_state()) == live


@pytest.mark.slow
@given(records=journals())
@settings(deadline=None)
def test_every_claim_is_open_or_disposed_and_stands_once_in_the_ledger(records):
    state = an_engine_state()
    for record in records:
        state.apply(record)
    claims = {one.attempt_id for one in records if isinstance(one, Claimed)}
    disposed = {one.attempt_id for one in records if isinstance(one, Disposed)}
    assert set(state.attempts) == claims - disposed
    assert {one.event_id for one in state.ledger.events()} == claims
    assert sum(book.attempt_count for book in state.campaigns.values()) == len(claims)
    assert sum(sum(book.dispositions.values()) for book in state.campaigns.values()) == len(disposed)
    pending = {one.event_id for one in state.ledger.events() if one.outcome == "pending"}
    assert pending == claims - disposed


def test_claim_counts_before_the_call_is_placed():
    state = an_engine_state()
    state.apply(claimed())
    assert [one.outcome for one in state.ledger.events_of_person("p-1")] == ["pending"]
    assert state.attempts["c-1"].state is AttemptState.CLAIMED


def test_disposition_settles_the_contact_with_the_word_of_the_rules():
    state = an_engine_state()
    state.apply(claimed())
    state.apply(a_disposal(Disposition.FALSE_MACHINE, TEN + timedelta(seconds=9), ends="x"))
    (event,) = state.ledger.events_of_person("p-1")
    assert (event.outcome, event.ended_at) == ("abandoned", TEN + timedelta(seconds=9))
    assert state.attempts == {}


def test_event_that_the_life_cycle_does_not_allow_is_refused_with_what_it_does():
    state = an_engine_state()
    state.apply(claimed())
    with pytest.raises(MisuseError) as refused:
        state.apply(Answered(TEN, "c-1", "c", 3.0))
    assert str(refused.value) == (
        "an attempt in state claimed cannot take the event answered; allowed: originated, disposed"
    )


def test_event_of_an_attempt_that_is_not_open_is_refused():
    with pytest.raises(MisuseError) as refused:
        an_engine_state().apply(Originated(TEN, "c-9", "c"))
    assert str(refused.value) == "originated for attempt c-9, which is not open"


def test_second_disposition_is_refused():
    state = an_engine_state()
    state.apply(claimed())
    state.apply(a_disposal(Disposition.BUSY, ends="x"))
    with pytest.raises(MisuseError) as refused:
        state.apply(a_disposal(Disposition.BUSY, ends="x"))
    assert str(refused.value) == "disposed for attempt c-1, which is not open"


def test_attempt_that_is_open_cannot_be_claimed_again():
    state = an_engine_state()
    state.apply(claimed())
    with pytest.raises(MisuseError) as refused:
        state.apply(claimed())
    assert str(refused.value) == "attempt c-1 is claimed twice"


@pytest.mark.parametrize(("known", "said"), [((), "none"), (("c", "d"), "c, d")])
def test_campaign_that_the_configuration_does_not_have_is_refused(known, said):
    state = EngineState()
    for campaign_id in known:
        state.add_campaign(campaign_id, SEOUL, ())
    with pytest.raises(MisuseError) as refused:
        state.apply(CampaignChanged(TEN, "e", CampaignState.RUNNING, "started"))
    assert str(refused.value) == f"the journal names the campaign `e`, the configuration has: {said}"


def test_replay_names_the_record_that_does_not_follow():
    lines = [encode(claimed()), encode(Answered(TEN, "c-1", "c", 3.0))]
    with pytest.raises(RecordError) as refused:
        replay(lines, an_engine_state())
    assert str(refused.value) == (
        "record 2: an attempt in state claimed cannot take the event answered; allowed: originated, disposed"
    )


def test_replay_names_the_record_that_claims_a_settled_attempt_again():
    lines = [encode(claimed()), encode(a_disposal(Disposition.BUSY, ends="x")), encode(claimed())]
    with pytest.raises(RecordError, match=r"^record 3: contact `c-1` is already in the ledger$"):
        replay(lines, an_engine_state())


def test_seconds_of_an_agent_add_up_to_the_time_since_the_first_record():
    state = an_engine_state()
    moves = [(0, "IDLE"), (60, "TALKING"), (100, "WRAP_UP"), (130, "IDLE"), (190, "LOGGED_OUT"), (250, "IDLE")]
    for after_s, name in moves:
        state.apply(AgentChanged(TEN + timedelta(seconds=after_s), "ag-1", "seoul", AgentState[name], ("c",)))
    seconds = state.agents["ag-1"].seconds
    assert seconds == {
        AgentState.IDLE: 120.0,
        AgentState.TALKING: 40.0,
        AgentState.WRAP_UP: 30.0,
        AgentState.LOGGED_OUT: 60.0,
    }
    assert sum(seconds.values()) == 250.0


def test_promise_and_stated_facts_are_remembered():
    state = an_engine_state()
    promise = PromiseToPay(50_000, "KRW", TEN.date())
    state.apply(claimed())
    state.apply(a_disposal(Disposition.PROMISED, promise=promise, ends="promised"))
    state.apply(FactStated(TEN, "c", "p-1", "acc-1", "person.opted_out", True))
    assert state.promises == {"acc-1": promise}
    assert state.facts == {"p-1": {"person.opted_out": True}}


def test_trunk_and_campaign_stand_as_last_said():
    state = an_engine_state()
    state.apply(TrunkChanged(TEN, "seoul", is_up=False))
    state.apply(CampaignChanged(TEN, "c", CampaignState.RUNNING, "started"))
    state.apply(CampaignChanged(TEN, "c", CampaignState.PAUSED, "a supervisor said so"))
    assert state.trunks == {"seoul": False}
    book = state.campaigns["c"]
    assert (book.state, book.reason) == (CampaignState.PAUSED, "a supervisor said so")
    assert book.counters.started_at == TEN

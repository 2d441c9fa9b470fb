"""Hypothesis strategies for journals that could have been written.

`journals` draws a length and a seed; each move of a small world (which attempt,
which of the events its state allows, which values) spends one number of that
seed's sequence, so every stream is legal and what varies is the order. A
failing day shrinks to its shortest failing beginning, and a hundred days of
some sixty records are drawn within a second; drawn value by value, they take
ten.
"""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

from attrs import define
from hypothesis import strategies as st

from dialer.attempt import TRANSITIONS, AttemptEvent, AttemptState
from dialer.disposition import Disposition, HungUpBy
from dialer.model import Account
from dialer.records import (
    AgentChanged,
    AgentState,
    Answered,
    AnsweredBy,
    AttemptRecord,
    CampaignChanged,
    CampaignState,
    Claimed,
    Closed,
    Connected,
    Denied,
    Detected,
    Disposed,
    FactStated,
    ListEnrolled,
    Opened,
    Originated,
    PacingNoted,
    PromiseToPay,
    Record,
    TalkEnded,
    TrunkChanged,
    VerdictStage,
)
from dialer.state import EngineState
from pacing import AbandonmentWindow
from tests.fakes import CALLER_ID, SEOUL, TEN, an_account

T = TypeVar("T")

CAMPAIGNS = ("c", "d")
ACCOUNTS = tuple(an_account(index, tier="AB"[index % 2], number_count=2) for index in range(1, 5))
WINDOWS = (AbandonmentWindow(name="day"), AbandonmentWindow(name="hour", length_s=3600.0))

_TEXTS = ("", "rest", "점심 식사", 'a "quoted" \\ line\n', "\u2028\U0001f4de")
_SECONDS = (0.0, 0.000001, 2.0, 59.999999, 7200.0)
_FACTS = (True, False, 0, -3, 2**40, 1.5, "2026-11-24", "", (), ("a", "b"))
_GAPS_S = (0.0, 0.000001, 0.2, 5.0, 61.0, 3599.0, 3600.0, 40_000.0, 90_000.0)

fact_values = st.one_of(
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.lists(st.text(max_size=8), max_size=3).map(tuple),
)


def an_engine_state() -> EngineState:
    """A state that the journals drawn here can be replayed into, its lists enrolled."""
    state = EngineState()
    for campaign_id in CAMPAIGNS:
        state.add_campaign(campaign_id, SEOUL, WINDOWS)
        state.campaigns[campaign_id].schedule.enroll(ACCOUNTS)
    return state


@define
class Choices:
    """One number, spent choice by choice."""

    left: int

    def of(self, options: Sequence[T]) -> T:
        self.left, index = divmod(self.left, len(options))
        return options[index]


@define
class _World:
    """What must be known to go on legally."""

    at: datetime
    states: dict[str, AttemptState]
    claims: dict[str, Claimed]

    def move(self, choices: Choices) -> Record:
        self.at += timedelta(seconds=choices.of(_GAPS_S))
        kind = choices.of(("go on", "go on", "go on", "claim", "claim", "beside"))
        if kind == "go on" and self.states:
            return self._go_on(choices)
        if kind == "claim":
            campaign_id, account = choices.of(CAMPAIGNS), choices.of(ACCOUNTS)
            busy = {(self.claims[one].campaign_id, self.claims[one].account_id) for one in self.states}
            if (campaign_id, account.account_id) not in busy:
                return self._claim(campaign_id, account, choices)
        return beside(self.at, choices)

    def _claim(self, campaign_id: str, account: Account, choices: Choices) -> Claimed:
        attempt_id = f"{campaign_id}-{len(self.claims) + 1}"
        claimed = a_claim(self.at, attempt_id, campaign_id, account, choices)
        self.claims[attempt_id], self.states[attempt_id] = claimed, AttemptState.CLAIMED
        return claimed

    def _go_on(self, choices: Choices) -> AttemptRecord:
        attempt_id = choices.of(list(self.states))
        ways = list(TRANSITIONS[self.states[attempt_id]].items())
        event, after = choices.of(ways[:-1] * 4 + ways[-1:])  # the last way is the end; most calls get somewhere first
        if after is AttemptState.DISPOSED:
            del self.states[attempt_id]
        else:
            self.states[attempt_id] = after
        return record_of(event, self.at, self.claims[attempt_id], choices)


def journals(max_size: int = 120) -> st.SearchStrategy[list[Record]]:
    """Records in the order of time that a legal life of an engine could have written."""
    return st.builds(a_journal, st.integers(0, max_size), st.integers(0, 2**32))


def a_journal(size: int, seed: int) -> list[Record]:
    """The beginning of the day that a seed stands for."""
    numbers, world = random.Random(seed), _World(TEN, {}, {})
    return [world.move(Choices(numbers.getrandbits(96))) for _ in range(size)]


def a_claim(at: datetime, attempt_id: str, campaign_id: str, account: Account, choices: Choices) -> Claimed:
    """A claim of that account at that instant."""
    return Claimed(
        at=at,
        attempt_id=attempt_id,
        campaign_id=campaign_id,
        account_id=account.account_id,
        person_id=account.person.person_id,
        claim_ids=tuple(one.claim_id for one in account.claims),
        number_id=choices.of(account.numbers).number_id,
        trunk="seoul",
        caller_id=CALLER_ID,
        pack_hash="hash",
        mode=choices.of(("preview", "progressive", "predictive")),
        agent_id=choices.of((None, "ag-1")),
        is_callback=choices.of((False, True)),
    )


def record_of(event: AttemptEvent, at: datetime, claimed: Claimed, choices: Choices) -> AttemptRecord:  # noqa: PLR0911 (one a row)
    """The record that says this event of this attempt."""
    ids = (at, claimed.attempt_id, claimed.campaign_id)
    agent_id, seconds = choices.of(("ag-1", "ag-2")), choices.of(_SECONDS)
    match event:
        case AttemptEvent.ORIGINATED:
            return Originated(*ids)
        case AttemptEvent.ANSWERED:
            return Answered(*ids, seconds)
        case AttemptEvent.DETECTED_PERSON:
            return Detected(*ids, choices.of((AnsweredBy.HUMAN, AnsweredBy.UNKNOWN)), at - timedelta(seconds=seconds))
        case AttemptEvent.DETECTED_MACHINE:
            return Detected(*ids, AnsweredBy.MACHINE, at)
        case AttemptEvent.CONNECTED:
            return Connected(*ids, agent_id, seconds)
        case AttemptEvent.TALK_ENDED:
            return TalkEnded(*ids, agent_id, seconds, choices.of(tuple(HungUpBy)))
        case AttemptEvent.DISPOSED:
            return a_disposal(at, claimed, choices)


def a_disposal(at: datetime, claimed: Claimed, choices: Choices) -> Disposed:
    """Any end of an attempt, with any plan."""
    disposition = choices.of(tuple(Disposition))
    next_at = choices.of((None, at, at + timedelta(minutes=20), at + timedelta(days=1)))
    return Disposed(
        at=at,
        attempt_id=claimed.attempt_id,
        campaign_id=claimed.campaign_id,
        account_id=claimed.account_id,
        disposition=disposition,
        hung_up_by=choices.of(tuple(HungUpBy)),
        agent_id=claimed.agent_id,
        wait_s=choices.of(_SECONDS),
        promise=PromiseToPay(50_000, "KRW", date(2026, 12, 1)) if disposition is Disposition.PROMISED else None,
        next_at=next_at,
        next_number_id=choices.of((None, claimed.number_id)),
        next_agent_id=choices.of((None, "ag-2")),
        is_next_callback=choices.of((False, False, True)),
        dropped_number_id=choices.of((None, None, claimed.number_id)),
        ends="" if next_at is not None else "attempts used up",
    )


def beside(at: datetime, choices: Choices) -> Record:  # noqa: PLR0911 (one a row)
    """Something that happens beside attempts."""
    campaign_id, text, account = choices.of(CAMPAIGNS), choices.of(_TEXTS), choices.of(ACCOUNTS)
    match choices.of(("denied", "fact", "agent", "campaign", "trunk", "pacing", "list", "opened", "closed")):
        case "denied":
            return a_denial(at, campaign_id, account, choices.of((None, at, at + timedelta(hours=3))))
        case "fact":
            person_id, value = account.person.person_id, choices.of(_FACTS)
            return FactStated(at, campaign_id, person_id, account.account_id, "person.opted_out", value)
        case "agent":
            return AgentChanged(
                at, choices.of(("ag-1", "ag-2")), "seoul", choices.of(tuple(AgentState)), ("c",), None, text
            )
        case "campaign":
            return CampaignChanged(at, campaign_id, choices.of(tuple(CampaignState)), text)
        case "trunk":
            return TrunkChanged(at, "seoul", choices.of((False, True)), text)
        case "pacing":
            return PacingNoted(at, campaign_id, "predictive", 1, 2, 3, text, {"theta": choices.of(_SECONDS)})
        case "list":
            return ListEnrolled(at, campaign_id, 4, "hash")
        case "opened":
            return Opened(at, "0.1.0", "hash", "Asia/Seoul", choices.of((None, 1)))
        case _:
            return Closed(at)


def a_denial(at: datetime, campaign_id: str, account: Account, next_eligible_at: datetime | None) -> Denied:
    """A refusal at the pick of an account."""
    return Denied(
        at=at,
        campaign_id=campaign_id,
        account_id=account.account_id,
        person_id=account.person.person_id,
        number_id=account.numbers[0].number_id,
        stage=VerdictStage.PICK,
        rule_id="bank.hours",
        rule_ids=("bank.hours",),
        reason="closed",
        next_eligible_at=next_eligible_at,
        pack_hash="hash",
    )

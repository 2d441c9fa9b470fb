"""Everything the engine knows, as a function of the journal's records. Pure.

There is one way in: `EngineState.apply`. Live code appends a record and the
state follows; replay reads the same record and the same state follows (I6). No
other module changes what stands here.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from attrs import define, field

from collections_rules import ContactEvent, ContactLedger
from dialer.attempt import AttemptEvent, AttemptState, MisuseError, advance
from dialer.disposition import DISPOSITIONS, Disposition
from dialer.records import (
    AgentChanged,
    AgentState,
    Answered,
    AnsweredBy,
    CampaignChanged,
    CampaignState,
    Claimed,
    Closed,
    Connected,
    ContactsForgotten,
    Denied,
    Detected,
    Disposed,
    Erased,
    FactStated,
    Judged,
    ListEnrolled,
    NoteTaken,
    Opened,
    Originated,
    PacingNoted,
    PackTexts,
    PromiseToPay,
    Record,
    RulesChanged,
    ShadowNoted,
    TalkEnded,
    TargetSet,
    TrunkChanged,
)
from dialer.schedule import Schedule
from dialer.windows import CampaignCounters
from pacing import AbandonmentWindow

__all__ = ["AgentStatus", "CampaignBook", "EngineState", "OpenAttempt"]


@define
class OpenAttempt:
    """An attempt that has no disposition yet."""

    claimed: Claimed
    state: AttemptState = AttemptState.CLAIMED
    originated_at: datetime | None = None
    answered_at: datetime | None = None
    greeting_ended_at: datetime | None = None
    connected_at: datetime | None = None
    talk_ended_at: datetime | None = None
    agent_id: str | None = None


@define
class AgentStatus:
    """What an agent is doing, and how long they have done what since the journal began."""

    site: str
    campaign_ids: tuple[str, ...]
    state: AgentState
    since_at: datetime
    seconds: dict[AgentState, float] = field(factory=dict)


@define
class CampaignBook:
    """One campaign: its schedule, its abandonment counters, its tallies."""

    campaign_id: str
    schedule: Schedule
    counters: CampaignCounters
    state: CampaignState = CampaignState.PAUSED
    reason: str = ""
    target: float | None = None
    """The share of abandoned calls somebody asked for, instead of the configuration's."""
    attempt_count: int = 0
    dispositions: dict[Disposition, int] = field(factory=dict)
    denials: dict[str, int] = field(factory=dict)


@define
class EngineState:
    """The live state of an engine, or of a journal up to some record.

    Configured before the first record: `add_campaign` for each campaign.
    Two states are equal when they know the same.
    """

    collector: str = "own"
    ledger: ContactLedger = field(factory=ContactLedger)
    campaigns: dict[str, CampaignBook] = field(factory=dict)
    attempts: dict[str, OpenAttempt] = field(factory=dict)
    agents: dict[str, AgentStatus] = field(factory=dict)
    facts: dict[str, dict[str, object]] = field(factory=dict)
    """What people have stated since their list was made, by person and fact name."""
    notes: dict[str, list[NoteTaken]] = field(factory=dict)
    """What agents wrote down, by account, oldest first."""
    promises: dict[str, PromiseToPay] = field(factory=dict)
    """The open promise of each account."""
    trunks: dict[str, bool] = field(factory=dict)
    packs: dict[str, tuple[tuple[str, str], ...]] = field(factory=dict)
    """The rule files behind each pack hash: names and texts."""
    rules: dict[str, RulesChanged] = field(factory=dict)
    """By which packs each campaign is judged, and which are being introduced."""
    record_count: int = 0
    forgotten_before: datetime | None = None
    """Settled contacts that ended before this are not in the ledger."""
    holds_from: datetime | None = field(default=None, eq=False)
    """Nothing later is forgotten, whatever the journal says: for rules that look further back than earlier ones."""

    def add_campaign(self, campaign_id: str, zone: ZoneInfo, windows: tuple[AbandonmentWindow, ...]) -> None:
        """Make room for a campaign that records may name."""
        self.campaigns[campaign_id] = CampaignBook(
            campaign_id, Schedule(zone=zone), CampaignCounters(windows, zone, campaign_id)
        )

    def apply(self, record: Record) -> None:
        """Take one record. Raises `MisuseError` when it cannot follow from what was known."""
        _APPLY[type(record)](self, record)
        self.record_count += 1

    # One method per record type. Order below follows a call.

    def _apply_nothing(
        self, record: Opened | Closed | ListEnrolled | Judged | ShadowNoted | PacingNoted | Erased
    ) -> None:
        """Said for readers of the journal; changes nothing."""

    def _apply_campaign(self, record: CampaignChanged) -> None:
        book = self._book(record.campaign_id)
        book.state, book.reason = record.state, record.reason
        if record.state is CampaignState.RUNNING:
            book.counters.start(record.at)

    def _apply_target(self, record: TargetSet) -> None:
        self._book(record.campaign_id).target = record.target

    def _apply_trunk(self, record: TrunkChanged) -> None:
        self.trunks[record.trunk] = record.is_up

    def _apply_packs(self, record: PackTexts) -> None:
        self.packs[record.pack_hash] = record.sources

    def _apply_rules(self, record: RulesChanged) -> None:
        known = self.rules.get(record.campaign_id)
        self.rules[record.campaign_id] = record
        if known is None or (known.pack_hash, known.draft_hash, known.stage, known.share) != (
            record.pack_hash, record.draft_hash, record.stage, record.share,
        ):  # fmt: skip
            self._book(record.campaign_id).schedule.apply_rules(record.at)

    def _apply_denied(self, record: Denied) -> None:
        book = self._book(record.campaign_id)
        book.denials[record.rule_id] = book.denials.get(record.rule_id, 0) + 1
        book.schedule.apply_denied(record)

    def _apply_claimed(self, record: Claimed) -> None:
        if record.attempt_id in self.attempts:
            msg = f"attempt {record.attempt_id} is claimed twice"
            raise MisuseError(msg)
        book = self._book(record.campaign_id)
        book.attempt_count += 1
        self.attempts[record.attempt_id] = OpenAttempt(record, agent_id=record.agent_id)
        self.ledger.reserve(
            ContactEvent(
                event_id=record.attempt_id,
                at=record.at,
                channel="call",
                direction="outbound",
                person_id=record.person_id,
                claim_ids=record.claim_ids,
                number_id=record.number_id,
                campaign_id=record.campaign_id,
                collector=self.collector,
                outcome="pending",
                callee_role=record.callee_role,
                number_kind=record.number_kind,
                topic=record.campaign_id,
                household_id=record.household_id,
            )
        )
        book.schedule.apply_claimed(record)

    def _apply_originated(self, record: Originated) -> None:
        self._advance(record.attempt_id, AttemptEvent.ORIGINATED).originated_at = record.at

    def _apply_answered(self, record: Answered) -> None:
        self._advance(record.attempt_id, AttemptEvent.ANSWERED).answered_at = record.at

    def _apply_detected(self, record: Detected) -> None:
        is_machine = record.answered_by is AnsweredBy.MACHINE
        event = AttemptEvent.DETECTED_MACHINE if is_machine else AttemptEvent.DETECTED_PERSON
        self._advance(record.attempt_id, event).greeting_ended_at = record.greeting_ended_at

    def _apply_connected(self, record: Connected) -> None:
        attempt = self._advance(record.attempt_id, AttemptEvent.CONNECTED)
        attempt.connected_at, attempt.agent_id = record.at, record.agent_id

    def _apply_talk_ended(self, record: TalkEnded) -> None:
        self._advance(record.attempt_id, AttemptEvent.TALK_ENDED).talk_ended_at = record.at

    def _apply_disposed(self, record: Disposed) -> None:
        self._advance(record.attempt_id, AttemptEvent.DISPOSED)
        del self.attempts[record.attempt_id]
        traits = DISPOSITIONS[record.disposition]
        self.ledger.settle(record.attempt_id, traits.ledger_outcome, record.at)
        book = self._book(record.campaign_id)
        book.dispositions[record.disposition] = book.dispositions.get(record.disposition, 0) + 1
        book.counters.count(record.at, record.disposition)
        book.schedule.apply_disposed(record)
        if record.promise is not None:
            self.promises[record.account_id] = record.promise

    def _apply_fact(self, record: FactStated) -> None:
        self.facts.setdefault(record.person_id, {})[record.name] = record.value
        for book in self.campaigns.values():
            book.schedule.apply_fact(record)

    def _apply_forgotten(self, record: ContactsForgotten) -> None:
        before = record.before if self.holds_from is None else min(record.before, self.holds_from)
        if self.forgotten_before is None or before > self.forgotten_before:
            self.forgotten_before = before
            self.ledger.forget(before)

    def _apply_note(self, record: NoteTaken) -> None:
        self.notes.setdefault(record.account_id, []).append(record)

    def _apply_agent(self, record: AgentChanged) -> None:
        status = self.agents.get(record.agent_id)
        if status is None:
            self.agents[record.agent_id] = AgentStatus(record.site, record.campaign_ids, record.state, record.at)
            return
        seconds = (record.at - status.since_at).total_seconds()
        status.seconds[status.state] = status.seconds.get(status.state, 0.0) + seconds
        status.state, status.since_at = record.state, record.at
        status.site, status.campaign_ids = record.site, record.campaign_ids

    def _book(self, campaign_id: str) -> CampaignBook:
        book = self.campaigns.get(campaign_id)
        if book is None:
            known = ", ".join(self.campaigns) or "none"
            msg = f"the journal names the campaign `{campaign_id}`, the configuration has: {known}"
            raise MisuseError(msg)
        return book

    def _advance(self, attempt_id: str, event: AttemptEvent) -> OpenAttempt:
        attempt = self.attempts.get(attempt_id)
        if attempt is None:
            msg = f"{event.value} for attempt {attempt_id}, which is not open"
            raise MisuseError(msg)
        attempt.state = advance(attempt.state, event)
        return attempt


_APPLY: dict[type, Callable[[EngineState, Any], None]] = {
    Opened: EngineState._apply_nothing,
    Closed: EngineState._apply_nothing,
    ListEnrolled: EngineState._apply_nothing,
    PacingNoted: EngineState._apply_nothing,
    Erased: EngineState._apply_nothing,
    CampaignChanged: EngineState._apply_campaign,
    TargetSet: EngineState._apply_target,
    TrunkChanged: EngineState._apply_trunk,
    Denied: EngineState._apply_denied,
    Judged: EngineState._apply_nothing,
    PackTexts: EngineState._apply_packs,
    RulesChanged: EngineState._apply_rules,
    ShadowNoted: EngineState._apply_nothing,
    Claimed: EngineState._apply_claimed,
    Originated: EngineState._apply_originated,
    Answered: EngineState._apply_answered,
    Detected: EngineState._apply_detected,
    Connected: EngineState._apply_connected,
    TalkEnded: EngineState._apply_talk_ended,
    Disposed: EngineState._apply_disposed,
    FactStated: EngineState._apply_fact,
    ContactsForgotten: EngineState._apply_forgotten,
    NoteTaken: EngineState._apply_note,
    AgentChanged: EngineState._apply_agent,
}

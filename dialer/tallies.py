"""Running counts of the day for screens: each record is counted once, as it is said. Pure.

The journal is the truth and the report recounts it; these counts exist so that
a screen need not. A new local day begins with empty counts.
"""

from collections import Counter, deque
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from attrs import define, field

from dialer.disposition import DISPOSITIONS, Disposition
from dialer.records import Claimed, Connected, Denied, Disposed, PacingNoted, Record, VerdictStage

__all__ = ["TRUNK_WINDOWS_MIN", "CampaignTally", "DayTallies"]

TRUNK_WINDOWS_MIN = (1, 5, 15, 60)


@define
class CampaignTally:
    """One campaign since midnight."""

    attempts: int = 0
    answered_by_person: int = 0
    connected: int = 0
    right_party: int = 0
    promises: int = 0
    promised: Counter[str] = field(factory=Counter)
    """Currency -> minor units."""
    sales: int = 0
    sold: Counter[str] = field(factory=Counter)
    refused_at_pick: int = 0
    refused_at_dial: int = 0
    held_by: Counter[str] = field(factory=Counter)
    mode: str = ""
    pacing_reason: str = ""
    pacing_reason_ko: str = ""
    pacing_figures: dict[str, float] = field(factory=dict)


@define
class DayTallies:
    """Everything counted since midnight in `zone`, and the last hour of each trunk by the minute."""

    zone: ZoneInfo
    day: date | None = None
    campaigns: dict[str, CampaignTally] = field(factory=dict)
    answer_waits: int = 0
    answer_wait_s: float = 0.0
    _trunk_of: dict[str, str] = field(factory=dict)
    _trunk_minutes: dict[str, deque[tuple[int, Counter[str]]]] = field(factory=dict)
    _claims: deque[datetime] = field(factory=deque)

    def observe(self, record: Record) -> None:
        """Count a record."""
        self._turn_day(record.at)
        if isinstance(record, Claimed):
            self._claims.append(record.at)
            self._forget_claims(record.at)
            self._trunk_of[record.attempt_id] = record.trunk
            self.tally(record.campaign_id).attempts += 1
        elif isinstance(record, Connected):
            self.answer_waits += 1
            self.answer_wait_s += record.wait_s
        elif isinstance(record, Disposed):
            self._observe_disposed(record)
        elif isinstance(record, Denied):
            tally = self.tally(record.campaign_id)
            tally.held_by[record.rule_id] += 1
            if record.stage is VerdictStage.PICK:
                tally.refused_at_pick += 1
            else:
                tally.refused_at_dial += 1
        elif isinstance(record, PacingNoted):
            tally = self.tally(record.campaign_id)
            tally.mode, tally.pacing_reason, tally.pacing_reason_ko = record.mode, record.reason, record.reason_ko
            tally.pacing_figures = dict(record.figures)

    def tally(self, campaign_id: str) -> CampaignTally:
        """The counts of a campaign."""
        return self.campaigns.setdefault(campaign_id, CampaignTally())

    def attempts_per_s(self, now_at: datetime) -> float:
        """Over the last minute."""
        self._forget_claims(now_at)
        return len(self._claims) / 60.0

    def trunk_outcomes(self, trunk: str, now_at: datetime) -> dict[str, dict[str, int]]:
        """How the trunk's calls ended in the last 1, 5, 15 and 60 minutes."""
        return {str(minutes): dict(self._outcomes(trunk, now_at, minutes)) for minutes in TRUNK_WINDOWS_MIN}

    def _observe_disposed(self, record: Disposed) -> None:
        traits = DISPOSITIONS[record.disposition]
        tally = self.tally(record.campaign_id)
        tally.answered_by_person += traits.is_answered_by_person
        tally.connected += traits.is_connected
        tally.right_party += traits.is_right_party
        if record.disposition is Disposition.PROMISED:
            tally.promises += 1
            if record.promise is not None:
                tally.promised[record.promise.currency] += record.promise.amount_minor
        elif record.disposition is Disposition.SOLD:
            tally.sales += 1
            if record.amount_minor:
                tally.sold[record.currency] += record.amount_minor
        trunk = self._trunk_of.pop(record.attempt_id, None)
        if trunk is not None:
            self._count_outcome(trunk, record.at, record.disposition)

    def _count_outcome(self, trunk: str, at: datetime, disposition: Disposition) -> None:
        minute = _minute(at)
        minutes = self._trunk_minutes.setdefault(trunk, deque(maxlen=max(TRUNK_WINDOWS_MIN) + 1))
        if not minutes or minutes[-1][0] != minute:
            minutes.append((minute, Counter()))
        minutes[-1][1][disposition.value] += 1

    def _outcomes(self, trunk: str, now_at: datetime, minutes: int) -> Counter[str]:
        first = _minute(now_at) - minutes
        recent: Iterator[Counter[str]] = (
            counts for minute, counts in self._trunk_minutes.get(trunk, ()) if minute > first
        )
        return sum(recent, Counter())

    def _forget_claims(self, now_at: datetime) -> None:
        oldest_at = now_at - timedelta(seconds=60)
        while self._claims and self._claims[0] <= oldest_at:
            self._claims.popleft()

    def _turn_day(self, at: datetime) -> None:
        day = at.astimezone(self.zone).date()
        if day != self.day:
            self.day = day
            self.campaigns = {
                one: CampaignTally(
                    mode=tally.mode, pacing_reason=tally.pacing_reason, pacing_reason_ko=tally.pacing_reason_ko
                )
                for one, tally in self.campaigns.items()
            }
            self.answer_waits, self.answer_wait_s = 0, 0.0


def _minute(at: datetime) -> int:
    return int(at.timestamp() // 60)

"""Abandoned calls counted in each window that a rule or the house names. Pure; integers only.

What counts and when a period begins is `pacing.abandonment`'s business; here
dispositions become its words, and what it counted becomes what a decision sees.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from attrs import define, field

from dialer.disposition import DISPOSITIONS, Disposition
from pacing import AbandonmentWindow, WindowCount
from pacing.abandonment import AbandonmentLedger, Period, period_of

__all__ = ["CampaignCounters"]

_WORDS = {
    Disposition.ABANDONED: "abandoned",
    Disposition.FALSE_MACHINE: "false_machine",
    Disposition.HUNG_UP_EARLY: "hung_up_early",
}


@define
class CampaignCounters:
    """One campaign's counts in every window, and since it began."""

    windows: tuple[AbandonmentWindow, ...]
    zone: ZoneInfo
    campaign_id: str = ""
    started_at: datetime | None = None
    answered_by_person: int = 0
    abandoned: int = 0
    ledger: AbandonmentLedger = field(init=False)
    _seen: dict[str, tuple[Period, int, int]] = field(factory=dict, eq=False)
    """A memo for `view`: the period of each window, and its rate's parts until the next call is counted."""

    def __attrs_post_init__(self) -> None:
        self.ledger = AbandonmentLedger(self.zone)

    def start(self, at: datetime) -> None:
        """The campaign dials for the first time; windows that count from its start begin here."""
        if self.started_at is None:
            self.started_at = at

    def count(self, at: datetime, disposition: Disposition) -> None:
        """Count an attempt that ended at `at`; only those answered by a person matter."""
        traits = DISPOSITIONS[disposition]
        if not traits.is_answered_by_person:
            return
        self.answered_by_person += 1
        self.abandoned += int(traits.counts_as_abandoned)
        word = _WORDS.get(disposition, "connected")
        for window in self.windows:
            self._seen.pop(window.name, None)
            self.ledger.observe(window, self.campaign_id, self.started_at or at, at, word)

    def view(self, now_at: datetime) -> tuple[WindowCount, ...]:
        """What a pacing decision may see of the windows. Looking changes nothing."""
        counts = []
        for window in self.windows:
            period, over, under = self._parts(window, now_at)
            counts.append(WindowCount(window.name, under, over, period.elapsed(now_at)))
        return tuple(counts)

    def _parts(self, window: AbandonmentWindow, now_at: datetime) -> tuple[Period, int, int]:
        seen = self._seen.get(window.name)
        if seen is None or not seen[0].starts_at <= now_at < seen[0].ends_at:
            started_at = self.started_at or now_at
            period = period_of(window, now_at, started_at, self.zone)
            parts = self.ledger.counts(window, self.campaign_id, started_at, now_at).rate_parts(window.regime)
            seen = self._seen[window.name] = (period, *parts)
        return seen

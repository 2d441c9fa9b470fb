"""Abandoned calls counted in each window that a rule or the house names. Pure; integers only.

Periods tumble: a window of 30 days is the campaign's first 30 days, then the
next 30 (16 CFR 310.4(b)(4)(i)), and the day is the local date. A rate is never
stored, only what it is a ratio of.
"""

from datetime import UTC, datetime, timedelta
from datetime import time as local_time
from zoneinfo import ZoneInfo

from attrs import define, field

from dialer.disposition import DISPOSITIONS, Disposition
from pacing import AbandonmentWindow, WindowCount

__all__ = ["CampaignCounters"]


@define
class _Period:
    start_at: datetime
    end_at: datetime
    answered_by_person: int = 0
    abandoned: int = 0


@define
class CampaignCounters:
    """One campaign's counts in every window, for the period that is running."""

    windows: tuple[AbandonmentWindow, ...]
    zone: ZoneInfo
    started_at: datetime | None = None
    answered_by_person: int = 0
    abandoned: int = 0
    _periods: dict[str, _Period] = field(factory=dict)

    def start(self, at: datetime) -> None:
        """The campaign dials for the first time; windows that count from its start begin here."""
        if self.started_at is None:
            self.started_at = at

    def count(self, at: datetime, disposition: Disposition) -> None:
        """Count an attempt that ended at `at`; only those answered by a person matter."""
        traits = DISPOSITIONS[disposition]
        if not traits.is_answered_by_person:
            return
        abandoned = int(traits.counts_as_abandoned)
        self.answered_by_person += 1
        self.abandoned += abandoned
        for window in self.windows:
            period = self._period(window, at)
            period.answered_by_person += 1
            period.abandoned += abandoned

    def view(self, now_at: datetime) -> tuple[WindowCount, ...]:
        """What a pacing decision may see of the windows."""
        counts = []
        for window in self.windows:
            # INVARIANT: looking changes nothing; only a record may begin a period, or replay would miss it (I6).
            period = self._periods.get(window.name)
            if period is None or now_at >= period.end_at:
                period = _Period(*self._borders(window, now_at))
            elapsed = (now_at - period.start_at) / (period.end_at - period.start_at)
            counts.append(
                WindowCount(window.name, period.answered_by_person, period.abandoned, min(1.0, max(0.0, elapsed)))
            )
        return tuple(counts)

    def _period(self, window: AbandonmentWindow, at: datetime) -> _Period:
        period = self._periods.get(window.name)
        if period is None or at >= period.end_at:
            start_at, end_at = self._borders(window, at)
            period = self._periods[window.name] = _Period(start_at, end_at)
        return period

    def _borders(self, window: AbandonmentWindow, at: datetime) -> tuple[datetime, datetime]:
        if window.length_s is None or window.length_s == 86_400:
            day = at.astimezone(self.zone).date()
            first = datetime.combine(day, local_time(0), tzinfo=self.zone)
            last = datetime.combine(day + timedelta(days=1), local_time(0), tzinfo=self.zone)
            return first.astimezone(UTC), last.astimezone(UTC)
        length = timedelta(seconds=window.length_s)
        first = self.started_at or at
        start_at = first + max(0, (at - first) // length) * length
        return start_at, start_at + length

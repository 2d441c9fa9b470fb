"""Abandoned calls as the rules count them: integers per regime, campaign and period, compared as exact fractions.

What each regime puts over and under the line:

- `ftc`, `fcc`, `crtc`, `house`: persons abandoned and persons taken for a
  machine, over all calls answered by a person (16 CFR 310.4(b)(4), 47 CFR
  64.1200(a)(7), CRTC Unsolicited Telecommunications Rules).
- `ofcom` (the scheme of 2008 to 2017, now a diagnosis): (x - a + z) over
  (x - a + z + y), with x abandoned, a of them estimated to be machines, z
  persons estimated to be taken for machines, y passed to an operator.

Periods tumble: a new one starts empty and is judged alone. In the United
States it is each successive 30 days from the campaign's start, for Ofcom the
calendar day, in Canada the calendar month over all campaigns of a telemarketer.
"""

from datetime import UTC, datetime, time, timedelta, tzinfo
from fractions import Fraction
from math import floor, sqrt

from attrs import define, evolve, field, frozen

from pacing.settings import AbandonmentWindow
from pacing.snapshot import WindowCount

US_PERIOD_S = 30 * 86_400.0
_DAY_S = 86_400.0


@frozen
class AnsweredCounts:
    """Answered calls of one period by what became of them; whole numbers, machines in none but the last."""

    connected: int = 0
    abandoned: int = 0
    hung_up_early: int = 0
    false_machine: int = 0
    abandoned_machine: int = 0
    """Of `abandoned`, those estimated to be machines; only the Ofcom formula takes them off."""

    def rate_parts(self, regime: str) -> tuple[int, int]:
        """Numerator and denominator of the abandonment rate under `regime`.

        >>> AnsweredCounts(connected=968, abandoned=27, false_machine=5).rate_parts("ftc")
        (32, 1000)
        """
        if regime == "ofcom":
            over = max(0, self.abandoned - self.abandoned_machine) + self.false_machine
            return over, over + self.connected
        over = self.abandoned + self.false_machine
        return over, over + self.connected + self.hung_up_early


def as_fraction(limit: float) -> Fraction:
    """The limit as it was written: 0.03 is 3/100, not the nearest binary number."""
    return Fraction(repr(limit))


def exceeds(numerator: int, denominator: int, limit: float) -> bool:
    """Whether numerator / denominator is above the limit, exactly; nothing answered exceeds nothing.

    >>> exceeds(30, 1000, 0.03), exceeds(30, 999, 0.03)
    (False, True)
    """
    return numerator > as_fraction(limit) * denominator


def room_left(numerator: int, denominator: int, limit: float) -> int:
    """How many more persons could be abandoned before the limit is exceeded; each is answered too. Never below zero.

    >>> room_left(27, 997, 0.03)
    3
    """
    share = as_fraction(limit)
    return max(0, floor((share * denominator - numerator) / (1 - share)))


def admits(
    numerator: int,
    denominator: int,
    limit: float,
    expected_abandoned: float,
    expected_answered: float,
    safety: float = 2.0,
) -> bool:
    """Whether calls expected to lose `expected_abandoned` of `expected_answered` persons stay within the limit.

    `safety` standard deviations of a Poisson count are added to the loss.
    """
    loss = expected_abandoned + safety * sqrt(max(0.0, expected_abandoned))
    return numerator + loss <= limit * (denominator + expected_answered)


@frozen
class Period:
    """A half-open stretch of time, `[starts_at, ends_at)`."""

    starts_at: datetime
    ends_at: datetime

    def elapsed(self, now_at: datetime) -> float:
        """Share of the period that is gone at `now_at`, 0 to 1."""
        return min(1.0, max(0.0, (now_at - self.starts_at) / (self.ends_at - self.starts_at)))


def period_of(window: AbandonmentWindow, now_at: datetime, campaign_started_at: datetime, zone: tzinfo) -> Period:
    """The period of `window` that `now_at` falls in; `zone` is the telemarketer's, for days and months.

    Raises `ValueError` on times without a zone.
    """
    if now_at.tzinfo is None or campaign_started_at.tzinfo is None:
        raise ValueError(f"times must have a zone: {now_at!r}, {campaign_started_at!r}")
    if window.regime == "crtc":
        return _month(now_at, zone)
    if window.regime == "ofcom":
        return _day(now_at, zone)
    length_s = window.length_s
    if length_s is None:
        length_s = US_PERIOD_S if window.regime in ("ftc", "fcc") else _DAY_S
    if window.regime == "house" and length_s == _DAY_S:
        return _day(now_at, zone)
    length = timedelta(seconds=length_s)
    starts_at = campaign_started_at + (now_at - campaign_started_at) // length * length
    return Period(starts_at, starts_at + length)


def _midnight(year: int, month: int, day: int, zone: tzinfo) -> datetime:
    # Elapsed shares are differences of instants, and those are only right in UTC.
    return datetime.combine(datetime(year, month, day, tzinfo=zone).date(), time(), zone).astimezone(UTC)


def _day(now_at: datetime, zone: tzinfo) -> Period:
    today = now_at.astimezone(zone).date()
    after = today + timedelta(days=1)
    return Period(
        _midnight(today.year, today.month, today.day, zone), _midnight(after.year, after.month, after.day, zone)
    )


def _month(now_at: datetime, zone: tzinfo) -> Period:
    today = now_at.astimezone(zone).date()
    year, month = (today.year + 1, 1) if today.month == 12 else (today.year, today.month + 1)
    return Period(_midnight(today.year, today.month, 1, zone), _midnight(year, month, 1, zone))


@define
class AbandonmentLedger:
    """Counts of every window of a telemarketer's campaigns, period by period.

    Nothing is forgotten: an entry is a few integers, and a regulator may ask
    for it years later. `observe` takes one answered call at a time.
    """

    zone: tzinfo
    _counts: dict[tuple[str, str, str, datetime], AnsweredCounts] = field(factory=dict, init=False)

    def observe(
        self, window: AbandonmentWindow, campaign_id: str, campaign_started_at: datetime, at: datetime, outcome: str
    ) -> None:
        """Count one answered call under a field name of `AnsweredCounts`; raises `ValueError` on another word."""
        if outcome not in ("connected", "abandoned", "hung_up_early", "false_machine"):
            raise ValueError(f"an answered call is never `{outcome}`")
        key = self._key(window, campaign_id, period_of(window, at, campaign_started_at, self.zone))
        counts = self._counts.get(key, AnsweredCounts())
        self._counts[key] = evolve(counts, **{outcome: getattr(counts, outcome) + 1})

    def counts(
        self, window: AbandonmentWindow, campaign_id: str, campaign_started_at: datetime, at: datetime
    ) -> AnsweredCounts:
        """What the period that `at` falls in has counted so far."""
        key = self._key(window, campaign_id, period_of(window, at, campaign_started_at, self.zone))
        return self._counts.get(key, AnsweredCounts())

    def window_count(
        self, window: AbandonmentWindow, campaign_id: str, campaign_started_at: datetime, at: datetime
    ) -> WindowCount:
        """The same as a `Snapshot` carries it."""
        over, under = self.counts(window, campaign_id, campaign_started_at, at).rate_parts(window.regime)
        elapsed = period_of(window, at, campaign_started_at, self.zone).elapsed(at)
        return WindowCount(window.name, under, over, elapsed)

    def _key(self, window: AbandonmentWindow, campaign_id: str, period: Period) -> tuple[str, str, str, datetime]:
        # Canada counts the telemarketer's dialer, whatever the campaign.
        campaign = "" if window.regime == "crtc" else campaign_id
        return window.regime, window.name, campaign, period.starts_at

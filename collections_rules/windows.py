"""Local days and hours as spans of instants, daylight saving included.

An instant is in a span when the wall clock reads a time within it at that instant.
Nothing is ever computed from a wall-clock string: the hour that a change of clocks
repeats is open twice, the hour that it skips never happens. Instants are whole
seconds since 1970; days are days since 1970-01-01. All spans are half-open.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from attrs import define, field

from collections_rules.calendars import EPOCH

__all__ = ["DAY_S", "HORIZON_DAYS", "NEVER", "LocalHours", "ZoneDays", "zone_days"]

DAY_S = 86_400
NEVER = 1 << 62
"""Later than any instant: only a changed fact opens."""

HORIZON_DAYS = 420
"""Hours that have not opened for so long are taken never to open."""
_PROBE_S = 3 * 3600
Interval = tuple[int, int]
Spans = tuple[Interval, ...]


@define(eq=False)
class ZoneDays:
    """The calendar dates of one zone as spans of instants with a constant offset."""

    zone: ZoneInfo
    _pieces: dict[int, tuple[tuple[int, int, int], ...]] = field(factory=dict)
    _last: tuple[int, int, int] = (0, 0, 0)

    def offset(self, at_s: int) -> int:
        """Seconds that the wall clock is ahead of UTC at an instant."""
        found = datetime.fromtimestamp(at_s, self.zone).utcoffset()
        return int(found.total_seconds()) if found is not None else 0

    def day(self, at_s: int) -> int:
        """The local date at an instant."""
        first, last, offset = self._last
        if not first <= at_s < last:
            day = (at_s + self.offset(at_s)) // DAY_S
            for piece in self.pieces(day):
                if piece[0] <= at_s < piece[1]:
                    self._last = piece
            return day
        return (at_s + offset) // DAY_S

    def day_start(self, day: int) -> int:
        """The first instant of a local date; of a date that the zone skipped, that of the next."""
        pieces = self.pieces(day)
        return pieces[0][0] if pieces else self.day_start(day + 1)

    def pieces(self, day: int) -> tuple[tuple[int, int, int], ...]:
        """The instants of a date, as (from, until, offset), in order."""
        found = self._pieces.get(day)
        if found is None:
            found = self._pieces[day] = tuple(self._cut(day))
        return found

    def _cut(self, day: int) -> list[tuple[int, int, int]]:
        start, end = day * DAY_S, (day + 1) * DAY_S
        cut = []
        for first, last, offset in self._constant(start - 16 * 3600, end + 16 * 3600):
            low, high = max(first, start - offset), min(last, end - offset)
            if low < high:
                cut.append((low, high, offset))
        return cut

    def _constant(self, first: int, last: int) -> list[tuple[int, int, int]]:
        """Stretches of one offset, their edges found to the second."""
        stretches, begin, offset = [], first, self.offset(first)
        at_s = first
        while at_s < last:
            following = min(at_s + _PROBE_S, last)
            later = self.offset(following)
            if later != offset:
                edge = self._edge(at_s, following, offset)
                stretches.append((begin, edge, offset))
                begin, offset = edge, later
            at_s = following
        stretches.append((begin, last, offset))
        return stretches

    def _edge(self, low: int, high: int, offset: int) -> int:
        while high - low > 1:
            middle = (low + high) // 2
            if self.offset(middle) == offset:
                low = middle
            else:
                high = middle
        return high

    def local(self, at_s: int) -> datetime:
        """The wall clock, for messages."""
        return datetime.fromtimestamp(at_s, UTC).astimezone(self.zone)


@cache
def zone_days(name: str) -> ZoneDays | None:
    """The days of a zone by its IANA name, or None when there is no such zone."""
    try:
        return ZoneDays(ZoneInfo(name))
    except (KeyError, ValueError, OSError):
        return None


@define(eq=False)
class LocalHours:
    """Hours of local dates; `spans_of` gives each date its seconds of the day."""

    spans_of: Callable[[date], Spans]
    _known: dict[tuple[str, int], Spans] = field(factory=dict)

    def span_at(self, zone: str, at_s: int) -> Interval | None:
        """The span that holds this instant, if one does."""
        days = zone_days(zone)
        if days is None:
            return None
        for span in self._on(zone, days, days.day(at_s)):
            if span[0] <= at_s < span[1]:
                return span
        return None

    def next_start(self, zone: str, at_s: int) -> int:
        """The first instant from `at_s` on that is within the hours, or `NEVER`."""
        days = zone_days(zone)
        if days is None:
            return NEVER
        today = days.day(at_s)
        for day in range(today, today + HORIZON_DAYS):
            for first, last in self._on(zone, days, day):
                if at_s < last:
                    return max(first, at_s)
        return NEVER

    def spans_on(self, zone: str, day: int) -> Spans:
        """The spans of one local date, in order; none of a zone that does not exist."""
        days = zone_days(zone)
        return self._on(zone, days, day) if days is not None else ()

    def _on(self, zone: str, days: ZoneDays, day: int) -> Spans:
        key = (zone, day)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._cut(days, day)
        return found

    def _cut(self, days: ZoneDays, day: int) -> Spans:
        cut: list[Interval] = []
        spans = self.spans_of(EPOCH + timedelta(days=day))
        for first, last, offset in days.pieces(day):
            midnight = day * DAY_S - offset
            for start_s, end_s in spans:
                low, high = max(first, midnight + start_s), min(last, midnight + end_s)
                if low < high:
                    cut.append((low, high))
        return _joined(cut)


def _joined(spans: list[Interval]) -> Spans:
    joined: list[Interval] = []
    for span in sorted(spans):
        if joined and span[0] <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(span[1], joined[-1][1]))
        else:
            joined.append(span)
    return tuple(joined)

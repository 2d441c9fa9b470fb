"""Closed hours over whole columns: the stretches of one set of hours, and those of many laid over each other.

What hours an account has is decided by few facts, so accounts fall into few kinds. For
each kind the closed stretches of all its gates are joined once, and the first open
second of a million accounts is a look into that list.
"""

from collections.abc import Sequence

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from collections_rules.evaluate import HORIZON_S
from collections_rules.gates import OpenGate, StopAtGate, week_hours
from collections_rules.query import Query
from collections_rules.windows import HORIZON_DAYS, NEVER, LocalHours, zone_days

__all__ = ["Seconds", "Stretches", "Walk", "Walks", "joined"]

Seconds = NDArray[np.int64]
_STEP_S = 4 * 86_400


@define(eq=False)
class Walk:
    """When hours in one zone keep a call from being placed, from an instant on.

    `open` hours close outside, `stop at` within; a call that may ring for `margin_s` must not ring into that either.
    """

    hours: LocalHours | None
    """None: closed for good, because nobody knows the hours or the zone."""
    zone: str
    margin_s: int
    is_open: bool
    began_s: int
    starts: Seconds = field(factory=lambda: np.zeros(0, np.int64))
    ends: Seconds = field(factory=lambda: np.zeros(0, np.int64))
    reached: int = -NEVER
    """Up to here, and not including it, every closed stretch is known."""
    _spans: list[tuple[int, int]] = field(factory=list)
    _at: int = field(init=False)
    _day: int = 0
    _idle_days: int = 0

    def __attrs_post_init__(self) -> None:
        self._at, days = self.began_s, zone_days(self.zone)
        if days is None:
            self._at = NEVER
        else:
            self._day = days.day(self.began_s)
        if self.hours is None:
            self.starts, self.ends = np.array([-NEVER], np.int64), np.array([NEVER], np.int64)
            self.reached = NEVER

    def walk_to(self, last: int) -> None:
        """Find every closed stretch that begins up to `last`."""
        if self.reached > last or self.hours is None:
            return
        self._look_to(last + self.margin_s)
        self.reached = self._at - self.margin_s if self._at < NEVER else NEVER
        inside = np.array(self._spans, np.int64).reshape(-1, 2)
        if self.is_open:
            starts = np.concatenate(([self.began_s], inside[:, 1]))
            ends = np.concatenate((inside[:, 0], [self._at]))
            starts, ends = starts[starts < ends], ends[starts < ends]
            # What follows the last span is known only when nothing does.
            known = starts < self._at
            starts, ends = starts[known], ends[known]
        else:
            starts, ends = inside[:, 0], inside[:, 1]
        late = np.where(ends < NEVER, ends - self.margin_s, NEVER)
        self.starts, self.ends = joined([starts, starts - self.margin_s], [ends, late])

    def _look_to(self, last: int) -> None:
        """Find the spans day by day, until one ends later than `last`."""
        assert self.hours is not None
        while self._at <= last:
            spans = [span for span in self.hours.spans_on(self.zone, self._day) if span[1] > self._at]
            self._day += 1
            self._idle_days = 1 if spans else self._idle_days + 1
            if spans:
                self._spans += spans
                self._at = spans[-1][1]
            elif self._idle_days >= HORIZON_DAYS:
                self._at = NEVER


def joined(starts: Sequence[Seconds], ends: Sequence[Seconds]) -> tuple[Seconds, Seconds]:
    """Stretches laid over each other: disjoint, in order of time, none touching the next."""
    first, last = np.concatenate(starts), np.concatenate(ends)
    order = np.argsort(first, kind="stable")
    first, last = first[order], np.maximum.accumulate(last[order])
    if len(first):
        apart = first[1:] > last[:-1]
        first, last = first[np.concatenate(([True], apart))], last[np.concatenate((apart, [True]))]
    return first, last


@define(eq=False)
class Walks:
    """The walks of one portfolio: each set of hours in each zone is walked once."""

    margin_s: int
    began_s: int
    _known: dict[tuple[int, str, bool], Walk] = field(factory=dict)
    _kept: list[LocalHours] = field(factory=list)

    def of(self, gate: OpenGate | StopAtGate, query: Query) -> tuple[Walk, ...]:
        """The walks of one gate for an account with these facts and zones; the gate is closed where one is."""
        zones = gate.clocks.of(query)
        if isinstance(gate, OpenGate):
            return tuple(self._walk(gate.hours, zone, True) for zone in zones) or (self._walk(None, "", True),)
        held = query.values.get(gate.name)
        if isinstance(held, frozenset) and not held:
            return ()
        hours = week_hours(held) if isinstance(held, frozenset) else None
        if hours is None or not zones:
            return (self._walk(None, "", False),)
        return tuple(self._walk(hours, zone, False) for zone in zones)

    def _walk(self, hours: LocalHours | None, zone: str, is_open: bool) -> Walk:
        key = (id(hours), zone, is_open)
        found = self._known.get(key)
        if found is None:
            if hours is not None:
                self._kept.append(hours)  # or its id might be given away
            found = self._known[key] = Walk(hours, zone, self.margin_s, is_open, self.began_s)
        return found


@define(eq=False)
class Stretches:
    """The closed stretches of several walks together."""

    walks: Sequence[Walk]
    began_s: int
    starts: Seconds = field(factory=lambda: np.zeros(0, np.int64))
    ends: Seconds = field(factory=lambda: np.zeros(0, np.int64))
    reached: int = -NEVER

    def open_from(self, at: Seconds) -> Seconds:
        """The first second from each of these on at which all are open; `NEVER`, or too late to matter, for none."""
        if not len(at):
            return at
        self.walk_to(int(at.max()))
        if not len(self.starts):
            return at
        place = np.searchsorted(self.starts, at, side="right") - 1
        return np.where(place >= 0, np.maximum(at, self.ends[place]), at)

    def closes_after(self, at: Seconds) -> Seconds:
        """The first instant after each of these at which something closes."""
        self.walk_to(int(at.max(initial=self.began_s)) + _STEP_S)
        starts = np.append(self.starts, [self.reached])
        return starts[np.searchsorted(starts[:-1], at, side="right")]

    def walk_to(self, last: int) -> None:
        """Know all stretches up to `last`, and the whole of the one that holds it."""
        if self.reached > last:
            return
        limit_s = self.began_s + HORIZON_S + _STEP_S
        goal = min(max(last, self.began_s + _STEP_S), limit_s)
        while True:
            for walk in self.walks:
                walk.walk_to(goal)
            self.reached = min((walk.reached for walk in self.walks), default=NEVER)
            self._join()
            if goal >= limit_s or not len(self.ends) or not last < self.reached <= self.ends[-1] < NEVER:
                break
            # What is closed at the end may be held closed by another walk when it would open.
            goal = min(2 * goal - self.began_s, limit_s)

    def _join(self) -> None:
        """As far as all of them are known."""
        if not self.walks:
            return
        starts, ends = joined([walk.starts for walk in self.walks], [walk.ends for walk in self.walks])
        known = starts < self.reached
        self.starts, self.ends = starts[known], ends[known]

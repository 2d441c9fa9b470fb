"""The trunks as one way out: lines and calls per second are limited and shared.

A token bucket per trunk holds at most one second's worth of calls, so a floor
that comes free at once cannot send a burst that the carrier would refuse.
"""

import trio
from attrs import define

from dialer.clock import WallClock
from dialer.journal import Journal
from dialer.ports import Trunk
from dialer.records import TrunkChanged

__all__ = ["Lane", "TrunkPool"]


@define
class Lane:
    """One trunk and what is in use of it."""

    trunk: Trunk
    in_use: int
    tokens: float
    filled_mono: float
    is_up: bool
    is_drained: bool = False
    """An operator lets its calls end and starts none."""

    def refill(self, now: float) -> None:
        rate = self.trunk.max_calls_per_s
        self.tokens = min(max(1.0, rate), self.tokens + (now - self.filled_mono) * rate)
        self.filled_mono = now

    def room(self, now: float) -> int:
        if not self.is_up:
            return 0
        self.refill(now)
        return max(0, min(self.trunk.line_count - self.in_use, int(self.tokens)))


class TrunkPool:
    """Picks the trunk with the most free lines for each call."""

    def __init__(self, trunks: tuple[Trunk, ...], journal: Journal, clock: WallClock) -> None:
        now = trio.current_time()
        self._lanes = {trunk.name: Lane(trunk, 0, max(1.0, trunk.max_calls_per_s), now, is_up=True) for trunk in trunks}
        self._journal = journal
        self._clock = clock

    def free_count(self) -> int:
        """How many calls could be placed this moment."""
        self.watch()
        now = trio.current_time()
        return sum(lane.room(now) for lane in self._lanes.values())

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """Each trunk with what is in use of it."""
        return tuple(self._lanes.values())

    @property
    def in_use_count(self) -> int:
        """Lines taken on all trunks."""
        return sum(lane.in_use for lane in self._lanes.values())

    @property
    def line_count(self) -> int:
        """Lines of all trunks."""
        return sum(lane.trunk.line_count for lane in self._lanes.values())

    def take_nowait(self) -> Trunk | None:
        """Take a line for one call; None when there is none. Give it back with `put`."""
        self.watch()
        now = trio.current_time()
        lane = max(
            (lane for lane in self._lanes.values() if lane.room(now) > 0),
            key=lambda one: (one.trunk.line_count - one.in_use, one.tokens),
            default=None,
        )
        if lane is None:
            return None
        lane.in_use += 1
        lane.tokens -= 1.0
        return lane.trunk

    def put(self, trunk: Trunk) -> None:
        """The call's line is free again."""
        self._lanes[trunk.name].in_use -= 1

    def watch(self) -> None:
        """Note trunks that were lost or came back."""
        for lane in self._lanes.values():
            if lane.is_up != (lane.trunk.is_up and not lane.is_drained):
                self._turn(lane, "lost" if lane.is_up else "back")

    def drain(self, name: str, reason: str = "asked for") -> int:
        """Start no more calls over a trunk; those on it go on. Returns how many. Raises `KeyError`."""
        lane = self._lanes[name]
        lane.is_drained = True
        if lane.is_up:
            self._turn(lane, f"drained: {reason}")
        return lane.in_use

    def reopen(self, name: str) -> None:
        """Use a drained trunk again. Raises `KeyError`."""
        self._lanes[name].is_drained = False
        self.watch()

    def _turn(self, lane: Lane, reason: str) -> None:
        lane.is_up = not lane.is_up
        self._journal.append(TrunkChanged(self._clock.now_at(), lane.trunk.name, lane.is_up, reason))

"""Wall clock that advances with trio's clock, so that a virtual clock moves both.

Decisions need two times: the monotonic one that trio sleeps by, and the date
and hour that the law speaks of. Deriving the second from the first keeps them
in step, whatever clock trio runs on: real, faster than real, or jumping.
"""

import heapq
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import trio
from attrs import define
from trio.abc import Clock

__all__ = ["JumpClock", "SpeedClock", "SystemTime", "WallClock", "sleep_until", "system_now"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class WallClock:
    """Aware UTC time, running on trio's clock from a given start."""

    def __init__(self, start_at: datetime) -> None:
        """Only inside trio: `start_at` is what the wall shows now."""
        if start_at.tzinfo is None:
            msg = f"the clock's start needs a time zone, got {start_at.isoformat()}"
            raise ValueError(msg)
        self._zero_s = (start_at - _EPOCH) / timedelta(seconds=1) - trio.current_time()

    def now_at(self) -> datetime:
        """The instant, to the microsecond."""
        return datetime.fromtimestamp(self._zero_s + trio.current_time(), UTC)

    def at(self, mono: float) -> datetime:
        """The instant of a trio time."""
        return datetime.fromtimestamp(self._zero_s + mono, UTC)

    def mono(self, at: datetime) -> float:
        """The trio time of an instant."""
        return at.timestamp() - self._zero_s

    def shift(self, seconds: float) -> None:
        """Follow the machine's clock forward; deadlines, which are trio's, stay. Never back: time would repeat."""
        if seconds < 0:
            msg = f"a wall clock is not set back, asked for {seconds} s"
            raise ValueError(msg)
        self._zero_s += seconds


class SystemTime:
    """The machine's clock, which may be set or sleep through hours, scaled and moved as a simulation's is."""

    def __init__(self, start_at: datetime, speed: float = 1.0) -> None:
        self._start_at, self._speed, self._zero_s = start_at, speed, time.time()

    def now_at(self) -> datetime:
        """The instant by the machine's clock."""
        return self._start_at + timedelta(seconds=(time.time() - self._zero_s) * self._speed)


def system_now() -> datetime:
    """The instant by the machine's clock, for runs in real time."""
    return datetime.fromtimestamp(time.time(), UTC)


async def sleep_until(mono: float) -> None:
    """Sleep until a trio time, on whatever clock trio runs."""
    clock = trio.lowlevel.current_clock()
    if isinstance(clock, JumpClock):
        await clock.sleep_until(mono)
    else:
        await trio.sleep_until(mono)


@define(eq=False)
class _Sleeper:
    task: trio.lowlevel.Task
    is_asleep: bool = True


class JumpClock(Clock):
    """A clock for simulations: when every task sleeps, it jumps to the next deadline.

    A thread in flight looks like a sleeping task, so whoever starts one must
    hold the clock meanwhile (`hold`); simulations start none.

    `on_jump` is called with the new time at most once per `every_s` of virtual
    time, from outside any task: it may draw a progress bar, nothing more.
    """

    def __init__(self, on_jump: Callable[[float], None] | None = None, every_s: float = 60.0) -> None:
        self._now = 0.0
        self._holders = 0
        self._on_jump = on_jump
        self._every_s = every_s
        self._next_report = 0.0
        self._sleepers: list[tuple[float, int, _Sleeper]] = []
        self._slept = 0

    def start_clock(self) -> None:
        """Nothing to start."""

    def current_time(self) -> float:
        """Virtual seconds since the start."""
        return self._now

    def deadline_to_sleep_time(self, deadline: float) -> float:
        """Called by trio only when no task is runnable: jump, unless something real is awaited."""
        if self._holders:
            return 999999.0
        while self._sleepers and not self._sleepers[0][2].is_asleep:
            heapq.heappop(self._sleepers)
        to = min(deadline, self._sleepers[0][0]) if self._sleepers else deadline
        if to == math.inf:
            return 999999.0
        if to > self._now:
            self._now = to
            if self._on_jump is not None and to >= self._next_report:
                self._next_report = to + self._every_s
                self._on_jump(to)
        self._wake()
        return 0.0

    async def sleep_until(self, mono: float) -> None:
        """As `trio.sleep_until`, at a third of its price: no cancel scope is made, entered and expired for it."""
        if mono <= self._now:
            await trio.lowlevel.checkpoint()
            return
        sleeper = _Sleeper(trio.lowlevel.current_task())
        self._slept += 1
        heapq.heappush(self._sleepers, (mono, self._slept, sleeper))

        def give_up(_: object) -> trio.lowlevel.Abort:
            sleeper.is_asleep = False
            return trio.lowlevel.Abort.SUCCEEDED

        await trio.lowlevel.wait_task_rescheduled(give_up)

    def _wake(self) -> None:
        while self._sleepers and self._sleepers[0][0] <= self._now:
            sleeper = heapq.heappop(self._sleepers)[2]
            if sleeper.is_asleep:
                sleeper.is_asleep = False
                trio.lowlevel.reschedule(sleeper.task)

    def hold(self) -> None:
        """Stop jumping while a thread or a process is awaited."""
        self._holders += 1

    def release(self) -> None:
        """Undo one `hold`."""
        self._holders -= 1


class SpeedClock(Clock):
    """Real time, `speed` times faster."""

    def __init__(self, speed: float) -> None:
        if not speed > 0:
            msg = f"the speed must be above 0, got {speed}"
            raise ValueError(msg)
        self._speed = speed
        self._zero = time.perf_counter()

    def start_clock(self) -> None:
        """Count from now."""
        self._zero = time.perf_counter()

    def current_time(self) -> float:
        """Scaled seconds since the start."""
        return (time.perf_counter() - self._zero) * self._speed

    def deadline_to_sleep_time(self, deadline: float) -> float:
        """Real seconds until the deadline."""
        return max(0.0, (deadline - self.current_time()) / self._speed)

"""What a pacer has learned from events: rates, ring, talk and wrap-up laws, and the tables made of them."""

from collections import Counter, deque
from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from pacing.durations import RING_STEP_S, Floats, FreeTable, RingLaw, free_table, talk_law, wrap_law
from pacing.estimators import AnswerRate, AnswerWatch, RunningMean, Share
from pacing.events import (
    CallAbandoned,
    CallAnswered,
    CallConnected,
    CallFailed,
    CallUnanswered,
    LiveDetected,
    MachineDetected,
    PacingEvent,
    TalkEnded,
    WrapUpEnded,
)
from pacing.settings import PacerSettings
from pacing.snapshot import Snapshot

HORIZONS = 6
# So many calls failing in a row are an outage of the trunk, not the list.
OUTAGE_FAILURES = 20
# A day of talk; longer times are a clock gone wrong.
_LONGEST_S = 86_400.0


class Learner:
    """Learns from events; `tables` says what a snapshot needs.

    `rejected` counts events left aside because they cannot be, by reason.
    """

    def __init__(self, settings: PacerSettings) -> None:
        self.settings = settings
        self.answer_rate = AnswerRate(settle_s=settings.ring_s)
        self.answer_watch = AnswerWatch()
        self.failure_rate = Share(prior_rate=0.08, prior_weight=20.0, memory=1000.0)
        self.live_share = Share(prior_rate=0.6 if settings.machine_detection else 1.0, memory=300.0)
        self.detection = RunningMean(prior_mean=2.5)
        self.answer_ring = RingLaw.of_answers(settings.ring_s)
        self.unanswered_ring = RingLaw.of_unanswered(settings.ring_s)
        self.failure_ring = RingLaw.of_failures(settings.ring_s)
        self.talk, self.wrap = talk_law(), wrap_law()
        self.recent_loss = Share(settings.abandonment_target, prior_weight=20.0, memory=40.0)
        self.failures_in_row = 0
        self.answered = self.abandoned = 0
        self.rejected: Counter[str] = Counter()
        self._detecting: deque[float] = deque(maxlen=4096)
        self._news = 0
        self._handlers: dict[type, Callable[[Any], None]] = {
            CallAnswered: self._on_answered,
            CallUnanswered: self._on_unanswered,
            CallFailed: self._on_failed,
            LiveDetected: self._on_live,
            MachineDetected: self._on_machine,
            CallConnected: self._on_connected,
            CallAbandoned: self._on_abandoned,
            TalkEnded: self._on_talk_ended,
            WrapUpEnded: self._on_wrap_ended,
        }

    @property
    def news(self) -> int:
        """Finished times observed so far; tables made at another count are stale."""
        return self._news

    @property
    def is_outage(self) -> bool:
        """Whether the last calls all failed, one after another."""
        return self.failures_in_row >= OUTAGE_FAILURES

    def observe(self, event: PacingEvent) -> None:
        """Learn from one event; what cannot be is counted in `rejected`."""
        handler = self._handlers.get(type(event))
        if handler is None:
            return
        if isfinite(event.at_s):
            handler(event)
        else:
            self.rejected["time is not a number"] += 1

    def _is_length(self, length_s: float) -> bool:
        if 0.0 <= length_s <= _LONGEST_S:
            return True
        self.rejected["length cannot be"] += 1
        return False

    def _on_answered(self, event: CallAnswered) -> None:
        self.failures_in_row = 0
        if self._is_length(event.ring_s):
            self.answer_rate.observe(event.at_s - event.ring_s, True)
            self.answer_rate.settle(event.at_s)
            self.failure_rate.observe(False)
            self.answer_ring.observe(event.ring_s)
            self.answer_watch.observe(event.at_s)
            self._detecting.append(event.at_s)
            self._news += 1

    def _on_unanswered(self, event: CallUnanswered) -> None:
        self.failures_in_row = 0
        if self._is_length(event.ring_s):
            self.answer_rate.observe(event.at_s - event.ring_s, False)
            self.answer_rate.settle(event.at_s)
            self.failure_rate.observe(False)
            self.unanswered_ring.observe(event.ring_s)
            self._news += 1

    def _on_failed(self, event: CallFailed) -> None:
        self.failures_in_row += 1
        # An outage says nothing about the list; learning from it would over-dial when the trunk is back.
        if self._is_length(event.after_s) and not self.is_outage:
            self.failure_rate.observe(True)
            self.failure_ring.observe(event.after_s)

    def _on_live(self, event: LiveDetected) -> None:
        self._told_apart(event.at_s, True)

    def _on_machine(self, event: MachineDetected) -> None:
        self._told_apart(event.at_s, False)

    def _told_apart(self, at_s: float, is_live: bool) -> None:
        self.live_share.observe(is_live)
        if self._detecting:
            # Answers are told apart nearly in their order, which is near enough for a mean.
            self.detection.observe(min(max(at_s - self._detecting.popleft(), 0.0), 30.0))

    def _on_connected(self, event: CallConnected) -> None:
        self.answered += 1
        self.recent_loss.observe(False)

    def _on_abandoned(self, event: CallAbandoned) -> None:
        self.answered += 1
        self.abandoned += 1
        self.recent_loss.observe(True)

    def _on_talk_ended(self, event: TalkEnded) -> None:
        if self._is_length(event.talk_s):
            self.talk.observe(event.talk_s)
            self._news += 1

    def _on_wrap_ended(self, event: WrapUpEnded) -> None:
        if self._is_length(event.wrap_s):
            self.wrap.observe(event.wrap_s)
            self._news += 1


class Tables:
    """Chances by age, made of what was learned; remade when enough is new, so that a decision only looks up.

    `answered` has shape (ring ages, horizons): the chance that a call ringing
    so long is answered by a person before each answer time of a call placed
    now; `hazard`, shape (ring ages,), its chance to be answered within the
    next second. `own` is `answered` for a call placed now, shape (horizons,),
    `free` holds the chances of busy agents.
    """

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self._made_at = -1
        self._rates = (-1.0, -1.0, -1.0)
        self.answered: Floats = np.zeros((1, HORIZONS))
        self.own: Floats = np.zeros(HORIZONS)
        self.hazard: Floats = np.zeros(1)
        self.free: FreeTable
        self.live_rate = 0.0

    def refresh(self, snapshot: Snapshot) -> None:
        """Remake what has gone stale; cheap when nothing has."""
        learner = self._learner
        news = learner.news
        if self._made_at < 0 or news - self._made_at >= min(max(news // 8, 8), 150):
            self._made_at = news
            self._remake(snapshot)
        p = min(1.0, learner.answer_rate.cautious * learner.answer_watch.surge)
        rates = (p, learner.failure_rate.mean, learner.live_share.mean)
        if max(abs(a - b) / (a + 1e-6) for a, b in zip(rates, self._rates, strict=True)) > 0.004:
            self._rates = rates
            self._answer_table(*rates)

    def _remake(self, snapshot: Snapshot) -> None:
        learner, connect_s = self._learner, self._learner.settings.connect_s
        self._f, self._g, self._h = (
            law.cdf() for law in (learner.answer_ring, learner.unanswered_ring, learner.failure_ring)
        )
        grid = np.arange(len(self._f)) * RING_STEP_S
        shares = (np.arange(HORIZONS) + 0.5) / HORIZONS
        self._answer_s: Floats = np.interp(shares, self._f + 1e-9 * grid, grid)
        wait_s = connect_s + (learner.detection.mean if learner.settings.machine_detection else 0.0)
        now = snapshot.now_s
        talk_hazards = learner.talk.hazards([max(0.0, now - since) for since in snapshot.talking_since_s])
        wrap_hazards = learner.wrap.hazards([max(0.0, now - since) for since in snapshot.wrapping_since_s])
        self.free = free_table(learner.talk, talk_hazards, learner.wrap, wrap_hazards, self._answer_s + wait_s)
        self._rates = (-1.0, -1.0, -1.0)

    def _answer_table(self, p: float, failing: float, live: float) -> None:
        grid = np.arange(len(self._f)) * RING_STEP_S
        ages = (grid[:-1] + grid[1:]) / 2.0
        f = np.interp(ages, grid, self._f)
        silent = failing * (1.0 - np.interp(ages, grid, self._h))
        silent += (1.0 - failing) * (1.0 - p) * (1.0 - np.interp(ages, grid, self._g))
        hit = (1.0 - failing) * p
        still = hit * (1.0 - f) + silent
        by_then = np.interp(ages[:, None] + self._answer_s, grid, self._f)
        self.answered = live * hit * (by_then - f[:, None]) / np.maximum(still, 1e-9)[:, None]
        self.own = live * hit * np.interp(self._answer_s, grid, self._f)
        self.hazard = hit * np.diff(self._f) / (RING_STEP_S * np.maximum(still, 1e-9))
        self.live_rate = live * hit

    def ring_bins(self, ages_s: Floats) -> npt.NDArray[np.intp]:
        """Rows of `answered` and `hazard` for calls ringing so long; past the timeout, the last one."""
        bins: npt.NDArray[np.intp] = np.minimum((ages_s / RING_STEP_S).astype(np.intp), len(self.hazard) - 1)
        return bins

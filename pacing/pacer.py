"""The pacer of one campaign: it is told what happened and says how many calls to place."""

from math import isfinite

import numpy as np

from pacing.budget import Budget
from pacing.decide import PacingDecision, decide_one_each
from pacing.durations import Floats
from pacing.events import PacingEvent
from pacing.forecast import Outlook
from pacing.learner import Learner, Tables
from pacing.settings import PacerSettings, PacingMode
from pacing.snapshot import Snapshot, WindowCount

# Whatever was learned, so many calls in flight for each agent are a mistake: even at one answer in a hundred,
# two minutes of handling and 24 s of ringing, an agent is kept busy by about twenty.
MOST_PER_AGENT = 40


class Pacer:
    """Decides how many calls to place; keeps no clock and draws no random numbers.

    The same sequence of events and snapshots always gives the same decisions.
    """

    def __init__(self, settings: PacerSettings) -> None:
        self.settings = settings
        self.learner = Learner(settings)
        self._tables = Tables(self.learner)
        self._budget = Budget(settings)

    def observe(self, event: PacingEvent) -> None:
        """Learn from one event; events that cannot be are counted and left aside, never raised."""
        self.learner.observe(event)

    def decide(self, snapshot: Snapshot) -> PacingDecision:
        """How many calls to place now; never more than the free lines, and never raises on a strange floor."""
        mode = self.settings.mode
        if mode is not PacingMode.PREDICTIVE:
            return decide_one_each(snapshot, mode)
        doubt = self._doubt(snapshot)
        if doubt:
            return decide_one_each(snapshot, PacingMode.PROGRESSIVE, doubt)
        return self._predict(snapshot)

    def _doubt(self, snapshot: Snapshot) -> str:
        """Why a forecast would not be trusted now, or nothing."""
        if not isfinite(snapshot.now_s):
            return "progressive, since the time is not a number"
        counted = {count.name for count in snapshot.windows}
        for window in self.settings.windows:
            if window.name not in counted:
                return f"progressive, since window `{window.name}` is not counted"
        return ""

    def _counts(self, snapshot: Snapshot) -> tuple[WindowCount, ...]:
        if snapshot.windows:
            return snapshot.windows
        return (WindowCount("campaign", self.learner.answered, self.learner.abandoned, 0.0),)

    def _predict(self, snapshot: Snapshot) -> PacingDecision:
        in_flight = snapshot.in_flight_count
        self.learner.answer_rate.remember(in_flight)
        self._tables.refresh(snapshot)
        stranded = max(0, len(snapshot.waiting_since_s) - snapshot.idle_count)
        theta, slack = self._budget.theta(self._counts(snapshot), float(stranded))
        outlook = self._outlook(snapshot)
        most = min(snapshot.free_lines, MOST_PER_AGENT * snapshot.staffed_count - in_flight)
        launch = outlook.launches(theta, most)
        p = outlook.p_no_agent(launch)
        figures = {
            "theta": theta,
            "p_no_agent": p,
            "expected_free": snapshot.idle_count + outlook.expected_freed,
            "expected_answers": len(snapshot.waiting_since_s) + outlook.expected_answers,
            "in_flight": float(in_flight),
            "budget_slack": slack,
            "answer_rate": self._tables.live_rate,
        }
        return PacingDecision(launch, 0, PacingMode.PREDICTIVE, "", figures)

    def _outlook(self, snapshot: Snapshot) -> Outlook:
        now, tables = snapshot.now_s, self._tables
        free = tables.free
        answers = tables.ring_rows(_ages(now, snapshot.ringing_since_s))
        if snapshot.detecting_since_s:
            live = self.learner.live_share.mean
            answers = np.concatenate((answers, np.full((len(snapshot.detecting_since_s), answers.shape[1]), live)))
        talking = free.talk[free.of_talking(_ages(now, snapshot.talking_since_s))]
        wrapping = free.wrap[free.of_wrapping(_ages(now, snapshot.wrapping_since_s))]
        return Outlook(
            ahead=len(snapshot.waiting_since_s) - snapshot.idle_count,
            answers=answers,
            freed=np.concatenate((talking, wrapping)),
            own=tables.own,
        )


def _ages(now_s: float, since_s: tuple[float, ...]) -> Floats:
    ages: Floats = now_s - np.array(since_s, dtype=np.float64)
    return np.maximum(ages, 0.0)

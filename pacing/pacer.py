"""The pacer of one campaign: it is told what happened and says how many calls to place.

Theory of operation. `observe` feeds the learner. `decide` asks, in this order:
may a forecast be trusted (else one call per idle agent, and it says why); how
bold may this call be (`Budget`: theta); what queue would it meet (`Outlook`,
from tables by age); then places calls while the chance that the next one meets
no agent is within theta. Nothing else moves the number of calls.
"""

from math import isfinite

import numpy as np
from attrs import evolve

from pacing import wording
from pacing.budget import Budget
from pacing.decide import PacingDecision, decide_one_each
from pacing.durations import Floats
from pacing.events import PacingEvent
from pacing.forecast import Outlook
from pacing.learner import Learner, Tables
from pacing.settings import PacerSettings, PacingMode
from pacing.snapshot import RivalCalls, Snapshot, WindowCount

# Whatever was learned, so many calls in flight for each agent are a mistake: even at one answer in a hundred,
# two minutes of handling and 24 s of ringing, an agent is kept busy by about twenty.
MOST_PER_AGENT = 40
# Whatever was learned, no more calls are in flight than have been learned from, and two for each agent:
# right after a log-in a floor would otherwise bet its day on the first few answers.
FIRST_CALLS_PER_AGENT = 2
# A forecast is not believed while more of the last forty persons or so were abandoned, unless the target is high.
DOUBTED_LOSS = 0.12
DOUBTED_LOSS_OVER_TARGET = 4.0
# Calls are given up when the floor has filled far beyond what the next call may risk.
GIVE_UP_OVER_THETA = 3.0
# Before a call has rung so long, it says nothing of whether the list has changed.
SILENT_S = 8.0
# From so many agents on a jump of the answer rate, by this factor but not above one half, may cost at most this
# share of a quarter hour's answers: the calls that are still silent are limited to what it would take.
GUARDED_AGENTS = 20
GUARDED_JUMP = 10.0
GUARDED_RATE = 0.5
GUARDED_LOSS = 0.06
# But never to less than half as many again as an even pace needs: large floors and poor lists would pay every day
# for a jump that hardly ever comes.
EVEN_PACE_OVER = 1.5
QUARTER_S = 900.0
_LONGEST_AGE_S = 86_400.0


class Pacer:
    """Decides how many calls to place; keeps no clock and draws no random numbers.

    The same sequence of events and snapshots always gives the same decisions.
    """

    def __init__(self, settings: PacerSettings) -> None:
        self.settings = settings
        self.learner = Learner(settings)
        self._tables = Tables(self.learner)
        self._budget = Budget(settings)
        self._theta = 1.0

    def observe(self, event: PacingEvent) -> None:
        """Learn from one event; events that cannot be are counted in `learner.rejected`, never raised."""
        self.learner.observe(event)

    def aim(self, target: float) -> None:
        """Aim at another share of abandoned calls from the next decision on; raises `ValueError` out of (0, 1)."""
        self.settings = evolve(self.settings, abandonment_target=target)
        self._budget.aim(self.settings)

    def decide(self, snapshot: Snapshot) -> PacingDecision:
        """How many calls to place now; never more than the free lines, and never raises on a strange floor."""
        mode = self.settings.mode
        if self.learner.is_outage:
            return self._probe(snapshot)
        if mode is not PacingMode.PREDICTIVE:
            return decide_one_each(snapshot, mode)
        doubt = self._doubt(snapshot)
        if doubt is not None:
            return decide_one_each(snapshot, PacingMode.PROGRESSIVE, doubt)
        return self._predict(snapshot)

    def _probe(self, snapshot: Snapshot) -> PacingDecision:
        """One call at a time while the trunk fails every call at once, and only for an idle agent."""
        mode = self.settings.mode if self.settings.mode is PacingMode.PREVIEW else PacingMode.PROGRESSIVE
        may_try = snapshot.idle_count > 0 and snapshot.in_flight_count == 0 and snapshot.free_lines > 0
        reason = wording.outage(self.learner.failures_in_row)
        figures = {"idle": float(snapshot.idle_count), "in_flight": float(snapshot.in_flight_count)}
        return PacingDecision(int(may_try), 0, mode, reason.en, figures, reason.ko)

    def _doubt(self, snapshot: Snapshot) -> wording.Wording | None:
        """Why a forecast would not be trusted now, or nothing."""
        if not isfinite(snapshot.now_s):
            return wording.NO_TIME
        counted = {count.name for count in snapshot.windows}
        for window in self.settings.windows:
            if window.name not in counted:
                return wording.not_counted(window.name)
        lost = self.learner.recent_loss.mean
        if lost > max(DOUBTED_LOSS, DOUBTED_LOSS_OVER_TARGET * self.settings.abandonment_target):
            return wording.many_lost(lost)
        return None

    def _counts(self, snapshot: Snapshot) -> tuple[WindowCount, ...]:
        if snapshot.windows:
            return snapshot.windows
        return (WindowCount("campaign", self.learner.answered, self.learner.abandoned, 0.0),)

    def _predict(self, snapshot: Snapshot) -> PacingDecision:
        in_flight = snapshot.in_flight_count
        self.learner.answer_rate.remember(in_flight)
        self._tables.refresh(snapshot)
        stranded = max(0, len(snapshot.waiting_since_s) - snapshot.idle_count)
        staffed = snapshot.staffed_count
        theta, slack = self._budget.theta(self._counts(snapshot), float(stranded), staffed)
        self._theta = theta
        # Their callers meet no agent as often as ours do: the stricter campaign rules a shared floor.
        theta = min([theta, *(rival.theta for rival in snapshot.rivals if len(rival.answers))])
        outlook = self._outlook(snapshot)
        known = self.learner.answer_rate.experience + FIRST_CALLS_PER_AGENT * staffed
        most = min(snapshot.free_lines, min(known, MOST_PER_AGENT * staffed) - in_flight)
        launch = outlook.launches(theta, min(most, self._most_silent(snapshot, outlook)))
        p = outlook.p_no_agent(launch)
        figures = {
            "theta": theta,
            "p_no_agent": p,
            "idle": float(snapshot.idle_count),
            "busy": float(staffed - snapshot.idle_count),
            "expected_freed": outlook.expected_freed,
            "expected_free": snapshot.idle_count + outlook.expected_freed,
            "expected_answers": len(snapshot.waiting_since_s) + outlook.expected_answers,
            "in_flight": float(in_flight),
            "budget_slack": slack,
            "answer_rate": self._tables.live_rate,
        }
        give_up = self._give_up_count(snapshot, p, theta) if launch == 0 else 0
        reason = wording.forecast(figures, launch)
        return PacingDecision(launch, give_up, PacingMode.PREDICTIVE, reason.en, figures, reason.ko)

    def _most_silent(self, snapshot: Snapshot, outlook: Outlook) -> int:
        """How many more calls may be placed before those placed lately have begun to speak."""
        staffed = snapshot.staffed_count
        if staffed < GUARDED_AGENTS:
            return MOST_PER_AGENT * staffed
        learner = self.learner
        answers = QUARTER_S * staffed / (learner.talk.mean + learner.wrap.mean)
        takes = snapshot.idle_count + outlook.expected_freed + GUARDED_LOSS * answers
        rate = max(self._tables.live_rate, min(GUARDED_RATE, GUARDED_JUMP * self._tables.live_rate))
        even = EVEN_PACE_OVER * answers * SILENT_S / QUARTER_S
        takes = max(takes, even * rate / max(self._tables.live_rate, 1e-6))
        silent = sum(snapshot.now_s - since_s < SILENT_S for since_s in snapshot.ringing_since_s)
        return max(0, int(takes / max(rate, 1e-6)) - silent)

    def _give_up_count(self, snapshot: Snapshot, p_no_agent: float, theta: float) -> int:
        """Calls that have rung long enough to be given up lawfully, when the floor has filled; off unless set."""
        after_s = self.settings.give_up_ringing_after_s
        if after_s is None or p_no_agent <= GIVE_UP_OVER_THETA * theta:
            return 0
        return sum(snapshot.now_s - since_s >= after_s for since_s in snapshot.ringing_since_s)

    @property
    def live_rate(self) -> float:
        """The share of calls expected to reach a person, as of the last decision."""
        return self._tables.live_rate

    def rival_calls(self, snapshot: Snapshot, share: float) -> RivalCalls:
        """This campaign's calls as another one must see them that shares agents with it.

        `share` is the part of this campaign's agents who also serve the other.
        """
        self._tables.refresh(snapshot)
        rows = self._answers(snapshot)
        waiting = np.ones((len(snapshot.waiting_since_s), rows.shape[1]))
        return RivalCalls(share * np.concatenate((waiting, rows)), self._theta)

    def _answers(self, snapshot: Snapshot) -> Floats:
        """Chance of each call in flight to reach a person before each answer time of a call placed now."""
        tables = self._tables
        answers = tables.answered[tables.ring_bins(_ages(snapshot.now_s, snapshot.ringing_since_s))]
        if not snapshot.detecting_since_s:
            return answers
        told = np.full((len(snapshot.detecting_since_s), answers.shape[1]), self.learner.live_share.mean)
        return np.concatenate((answers, told))

    def _outlook(self, snapshot: Snapshot) -> Outlook:
        now, tables = snapshot.now_s, self._tables
        free = tables.free
        ringing = tables.ring_bins(_ages(now, snapshot.ringing_since_s))
        self.learner.answer_watch.expect(float(tables.hazard[ringing].sum()), now)
        answers = self._answers(snapshot)
        if snapshot.rivals:
            answers = np.concatenate((answers, *(rival.answers for rival in snapshot.rivals)))
        talking = free.talk[free.of_talking(_ages(now, snapshot.talking_since_s))]
        wrapping = free.wrap[free.of_wrapping(_ages(now, snapshot.wrapping_since_s))]
        return Outlook(
            ahead=len(snapshot.waiting_since_s) - max(0, snapshot.idle_count),
            answers=answers,
            freed=np.concatenate((talking, wrapping)),
            own=tables.own,
        )


def _ages(now_s: float, since_s: tuple[float, ...]) -> Floats:
    # A start in the future or no number at all counts as just now.
    ages: Floats = np.fmax(now_s - np.array(since_s, dtype=np.float64), 0.0)
    return np.fmin(ages, _LONGEST_AGE_S)

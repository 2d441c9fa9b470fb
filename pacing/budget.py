"""How bold to be: theta, the chance of meeting no agent that one more call may have, from what may still be abandoned.

The slack of a window is target x answered - abandoned: how many more calls
could be abandoned now without being over. A threshold on the measured rate
saws up and down; holding the slack near a small reserve gives an even theta,
and an even theta is the best use of a budget when the gain from boldness
shrinks, which it does.
"""

from collections.abc import Iterable
from math import exp, log

from attrs import define, field

from pacing.settings import PacerSettings
from pacing.snapshot import WindowCount

# At an even pace the rate of abandoned calls comes to about 1.25 theta, at team sizes from 5 to 500.
THETA_PER_TARGET = 0.8
# The slack aimed at, in calls, and how strongly theta answers to being off it.
RESERVE = 3.0
GAIN = 0.12
# Slack beyond this buys nothing: a long calm must not end in a burst.
MOST_SLACK = 8.0
# Calls that may be abandoned before the first answers have earned them; gone by the end of the window.
OVERDRAFT = 2.0
# Below this slack, overdraft included, theta is cut.
LEAST_SLACK = 0.8
CUT = 0.3
BIAS_PER_ANSWER = 1e-4


@define
class WindowBudget:
    """Theta of one window. `target` is the share it is held to, 0 to 1."""

    target: float
    bias: float = field(default=0.0, init=False)
    slack: float = field(default=0.0, init=False)
    _answered: int = field(default=0, init=False)

    def theta(self, answered: int, abandoned: int, elapsed: float, expected_loss: float = 0.0) -> float:
        """Chance of meeting no agent to allow, 0 to 1.

        `answered` and `abandoned` count the window so far, `elapsed` is the
        share of it that is gone, `expected_loss` how many persons on the line
        will be abandoned whatever is decided.
        """
        self.slack = min(self.target * answered - abandoned - expected_loss, MOST_SLACK)
        if answered < self._answered:
            self._answered = answered  # a new period has begun; what was learned of the bias stays
        off = self.slack - RESERVE
        self.bias += BIAS_PER_ANSWER * off * (answered - self._answered)
        self.bias = min(max(self.bias, -1.5), 1.0)
        self._answered = answered
        theta = THETA_PER_TARGET * self.target * exp(self.bias + GAIN * off)
        if self.slack + OVERDRAFT * (1.0 - elapsed) < LEAST_SLACK:
            theta *= CUT
        return min(theta, 0.5)


@define
class Budget:
    """All windows of a campaign; the strictest rules."""

    settings: PacerSettings
    _windows: dict[str, WindowBudget] = field(factory=dict, init=False)

    def theta(self, counts: Iterable[WindowCount], expected_loss: float = 0.0) -> tuple[float, float]:
        """The smallest theta of all windows, and the slack of that window."""
        least, slack = 1.0, MOST_SLACK
        for count in counts:
            window = self._windows.get(count.name)
            if window is None:
                window = self._windows[count.name] = WindowBudget(self.settings.target_of(count.name))
            elapsed = min(max(count.elapsed, 0.0), 1.0)
            theta = window.theta(count.answered_by_person, count.abandoned, elapsed, expected_loss)
            if theta < least:
                least, slack = theta, window.slack
        return least, slack


def log_ratio(theta: float, target: float) -> float:
    """How far theta stands from its even pace, as a natural logarithm."""
    return log(theta / (THETA_PER_TARGET * target))

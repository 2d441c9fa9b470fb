"""How bold to be: theta, the chance of meeting no agent that one more call may have, from what may still be abandoned.

The slack of a window is target x answered - abandoned: how many more calls
could be abandoned now without being over. A threshold on the measured rate
saws up and down; holding the slack near a small reserve gives an even theta,
and an even theta is the best use of a budget when the gain from boldness
shrinks as it grows, which it does.
"""

from collections.abc import Iterable
from math import exp, inf

from attrs import define, field

from pacing.settings import PacerSettings
from pacing.snapshot import WindowCount

# At an even pace the rate of abandoned calls comes to about 1.25 theta, at team sizes from 5 to 500.
THETA_PER_TARGET = 0.8
# The slack aimed at, in calls: a few, and on large floors, where abandoned calls come in clusters,
# a small part of what the window has earned.
RESERVE = 3.0
RESERVE_SHARE = 0.015
# How strongly theta answers to being off the reserve, in log theta per call.
GAIN = 0.12
# Slack further above the reserve buys nothing: a long calm must not end in a burst.
MOST_OVER_RESERVE = 5.0
# Nor is theta lowered without end when a bad hour has left the window far over: a tenth earns the calls back
# nearly as fast as none, with a floor that still works.
MOST_UNDER_RESERVE = 12.0
# Calls that may be abandoned before the first answers have earned them; gone by the end of the window.
OVERDRAFT = 2.0
# Below this slack, overdraft included, theta is cut.
LEAST_SLACK = 0.8
CUT = 0.3
# When the rest of the window could not earn back one more abandoned call, hardly any chance is taken.
LAST_CUT = 0.03
EARNED_SHARE = 0.8
BIAS_PER_ANSWER = 1e-4
# A window that will earn few calls in all cannot keep three of them back: this share of them, when it is less.
RESERVE_OF_WHOLE = 0.25
# And being a call off means more there: theta answers up to three times as strongly below so many calls in all.
FULL_GAIN_FROM = 15.0
MOST_GAIN = 3.0
# What a window will earn is not told from its first answers; this share of it must be gone.
SETTLED_SHARE = 0.02


_LEAST_BIAS, _MOST_BIAS = -1.5, 1.0
_MOST_THETA = 0.5


def theta_per_target(agents: int) -> float:
    """Theta over the target at an even pace on a floor of so many agents.

    With one or two, the chance to meet no agent rises in steps, a call at a
    time, so that it mostly stays far below theta: there theta may be higher.

    >>> [round(theta_per_target(agents), 2) for agents in (1, 2, 5, 100)]
    [1.6, 1.2, 0.96, 0.81]
    """
    return THETA_PER_TARGET * (1.0 + 1.0 / max(1, agents))


@define
class WindowBudget:
    """Theta of one window. `target` is the share it is held to, 0 to 1."""

    target: float
    bias: float = field(default=0.0, init=False)
    """Log correction learned from how the slack has stood so far."""
    slack: float = field(default=0.0, init=False)
    """Calls that could be abandoned now without being over the target."""
    _answered: int = field(default=0, init=False)

    def theta(
        self, answered: int, abandoned: int, elapsed: float, expected_loss: float = 0.0, agents: int = 100
    ) -> float:
        """Chance of meeting no agent to allow, 0 to 1.

        `answered` and `abandoned` count the window so far, `elapsed` is the
        share of it that is gone, `expected_loss` how many persons on the line
        will be abandoned whatever is decided, `agents` how many work.
        """
        earned = self.target * answered
        self.slack = earned - abandoned - expected_loss
        # What the whole window will have earned if answers go on coming as they did.
        whole = earned / elapsed if elapsed > SETTLED_SHARE else inf
        reserve = min(RESERVE, RESERVE_OF_WHOLE * whole) + RESERVE_SHARE * earned
        off = min(max(self.slack - reserve, -MOST_UNDER_RESERVE), MOST_OVER_RESERVE)
        self._learn_bias(answered, off)
        gain = GAIN * min(MOST_GAIN, max(1.0, FULL_GAIN_FROM / max(whole, 0.1)))
        theta = theta_per_target(agents) * self.target * exp(self.bias + gain * off)
        # What the rest of the window will earn if answers go on coming as they did.
        to_come = earned * (1.0 - elapsed) / elapsed if elapsed > 0.0 else inf
        if self.slack + EARNED_SHARE * to_come < 1.0 and answered:
            theta *= LAST_CUT
        elif self.slack + OVERDRAFT * (1.0 - elapsed) < LEAST_SLACK:
            theta *= CUT
        return min(theta, _MOST_THETA)

    def _learn_bias(self, answered: int, off: float) -> None:
        # A smaller count means a new period; what was learned of the bias stays.
        news = max(0, answered - self._answered)
        self._answered = answered
        self.bias = min(max(self.bias + BIAS_PER_ANSWER * off * news, _LEAST_BIAS), _MOST_BIAS)


@define
class Budget:
    """All windows of a campaign; the strictest rules."""

    settings: PacerSettings
    _windows: dict[str, WindowBudget] = field(factory=dict, init=False)

    def aim(self, settings: PacerSettings) -> None:
        """Hold every window to the target of other settings; what was learned of each stays."""
        self.settings = settings
        for name, window in self._windows.items():
            window.target = settings.target_of(name)

    def theta(
        self, counts: Iterable[WindowCount], expected_loss: float = 0.0, agents: int = 100
    ) -> tuple[float, float]:
        """The smallest theta of all windows, and the slack of that window in calls."""
        least, slack = inf, 0.0
        for count in counts:
            window = self._windows.get(count.name)
            if window is None:
                window = self._windows[count.name] = WindowBudget(self.settings.target_of(count.name))
            elapsed = min(max(count.elapsed, 0.0), 1.0)
            theta = window.theta(count.answered_by_person, count.abandoned, elapsed, expected_loss, agents)
            if theta < least:
                least, slack = theta, window.slack
        return least, slack

"""The pacer of one campaign: it is told what happened and says how many calls to place."""

from pacing.decide import PacingDecision, decide_one_each
from pacing.events import PacingEvent
from pacing.settings import PacerSettings, PacingMode
from pacing.snapshot import Snapshot


class Pacer:
    """Decides how many calls to place; keeps no clock and draws no random numbers.

    The same sequence of events and snapshots always gives the same decisions.
    """

    def __init__(self, settings: PacerSettings) -> None:
        self.settings = settings

    def observe(self, event: PacingEvent) -> None:
        """Learn from one event; events that cannot be are counted and left aside, never raised."""

    def decide(self, snapshot: Snapshot) -> PacingDecision:
        """How many calls to place now; never more than the free lines, and never raises on a strange floor."""
        mode = self.settings.mode
        if mode is PacingMode.PREDICTIVE:
            return decide_one_each(snapshot, PacingMode.PROGRESSIVE, "no forecast yet")
        return decide_one_each(snapshot, mode)

"""What a pacing decision may see of the floor and of the calls in flight."""

import numpy as np
import numpy.typing as npt
from attrs import frozen


@frozen
class WindowCount:
    """What one abandonment window has counted so far.

    `answered_by_person` and `abandoned` count by the definition of the
    window's regime; `elapsed` is the share of the window that is gone, 0 to 1.
    """

    name: str
    answered_by_person: int
    abandoned: int
    elapsed: float = 0.0


@frozen(eq=False)
class RivalCalls:
    """Calls in flight of another campaign that may take agents from this one; `Pacer.rival_calls` makes it.

    `answers` has shape (calls, horizons): the chance that each reaches a
    person, and one of the agents shared, before each answer time of a call
    placed now. `theta` is the chance of meeting no agent that the other
    campaign allows.
    """

    answers: npt.NDArray[np.float64]
    theta: float


@frozen
class Snapshot:
    """The floor at one instant; all times are seconds on one monotonic axis.

    An agent or a call is in one field only. `idle_count` includes agents kept
    for a call in flight. `leaving_count` are talking or wrapping agents who
    will not come back (shift end, break due); they are in no other field.
    `ringing_since_s` are origination times of calls not answered yet,
    `detecting_since_s` answer times of calls not told from a machine yet,
    `waiting_since_s` times since which persons wait for an agent. `rivals` are
    the other campaigns whose calls the same agents take.
    """

    now_s: float
    idle_count: int
    on_break_count: int = 0
    leaving_count: int = 0
    talking_since_s: tuple[float, ...] = ()
    wrapping_since_s: tuple[float, ...] = ()
    ringing_since_s: tuple[float, ...] = ()
    detecting_since_s: tuple[float, ...] = ()
    waiting_since_s: tuple[float, ...] = ()
    free_lines: int = 0
    windows: tuple[WindowCount, ...] = ()
    rivals: tuple[RivalCalls, ...] = ()

    @property
    def in_flight_count(self) -> int:
        """Calls placed that no agent has yet: ringing, detecting or waiting."""
        return len(self.ringing_since_s) + len(self.detecting_since_s) + len(self.waiting_since_s)

    @property
    def staffed_count(self) -> int:
        """Agents who can take a call now or after the one they are on."""
        return self.idle_count + len(self.talking_since_s) + len(self.wrapping_since_s)

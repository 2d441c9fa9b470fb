"""A pacing decision, and the two modes that need no forecast."""

from collections.abc import Mapping

from attrs import field, frozen

from pacing.settings import PacingMode
from pacing.snapshot import Snapshot
from pacing.wording import Wording, one_each

_NO_FIGURES: Mapping[str, float] = {}
_NO_REASON = Wording()


@frozen
class PacingDecision:
    """How many calls to place now, and why.

    `give_up_count` is the number of longest-ringing calls to give up, zero
    unless the campaign allows it. `mode` is the mode in force, which may be
    more careful than the one asked for. `reason` is one sentence for people,
    `reason_ko` the same in Korean, `figures` the numbers behind it: rates from
    0 to 1, counts, seconds.
    """

    launch_count: int
    give_up_count: int = 0
    mode: PacingMode = PacingMode.PROGRESSIVE
    reason: str = ""
    figures: Mapping[str, float] = field(default=_NO_FIGURES)
    reason_ko: str = ""


def decide_one_each(snapshot: Snapshot, mode: PacingMode, why: Wording = _NO_REASON) -> PacingDecision:
    """One call in flight for each idle agent, never more than the free lines; the rule of preview and progressive.

    `why` is put before the reason, when a bolder mode had to step back.

    >>> floor = Snapshot(now_s=0.0, idle_count=3, ringing_since_s=(-4.0,), free_lines=9)
    >>> decide_one_each(floor, PacingMode.PROGRESSIVE).launch_count
    2
    """
    in_flight = snapshot.in_flight_count
    wanted = max(0, snapshot.idle_count - in_flight)
    launch = min(wanted, max(0, snapshot.free_lines))
    reason = why.before(one_each(snapshot.idle_count, in_flight, snapshot.free_lines))
    figures = {"idle": float(snapshot.idle_count), "in_flight": float(in_flight)}
    return PacingDecision(launch, 0, mode, reason.en, figures, reason.ko)

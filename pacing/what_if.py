"""What a floor could do: how busy its agents can be within an abandonment target, and what one more agent is worth.

The limit is that of the Markov floor, whose best policy is known exactly: a
linear programme was solved for the floors of a table, and this interpolates
between them, in the logarithms of everything, to within one point. Real floors lie a little lower,
since unanswered calls ring longer than answered ones.
"""

from bisect import bisect_right
from itertools import product
from math import exp, log

from attrs import frozen

from pacing.limit_table import AGENTS, ANSWER, LIMITS, RING, TARGET

# What the pacer reaches of the limit, measured on model days (docs/pacing.md); between these, in proportion.
_SHARE_BY_AGENTS = ((1, 0.96), (2, 0.97), (5, 0.98), (10, 0.99))
_SECONDS = 3600.0


@frozen
class WhatIf:
    """What to expect of a floor; shares from 0 to 1, counts per hour of the whole floor."""

    limit: float
    """The highest utilisation, talk and wrap-up over time logged in, that any policy could reach."""
    utilisation: float
    """What the pacer can be expected to reach of it."""
    one_call_per_agent: float
    """Utilisation of progressive dialing, which abandons nobody."""
    abandonment: float
    """Share of answered calls that are abandoned; the target, which the limit always uses up."""
    connects_per_hour: float
    abandoned_per_hour: float
    calls_per_hour: float
    connects_per_hour_of_one_more_agent: float
    """What the next agent adds; more than an average one, since a larger floor is easier to keep busy."""
    is_extrapolated: bool
    """Whether the floor lies outside the table that the limit was computed for."""


def what_if(
    agents: int, answer: float, target: float = 0.03, talk_s: float = 120.0, wrap_s: float = 20.0, ring_s: float = 10.0
) -> WhatIf:
    """What `agents` could do when a share `answer` of calls is answered by a person.

    `ring_s` is how long answered calls ring on average, `target` the share of
    answered calls that may be abandoned. Raises `ValueError` on a floor that
    cannot be.

    >>> floor = what_if(agents=10, answer=0.2)
    >>> round(floor.limit, 3), round(floor.connects_per_hour)
    (0.861, 219)
    """
    _check(agents, answer, target, talk_s, wrap_s, ring_s)
    handle_s = talk_s + wrap_s
    point = (float(agents), answer, ring_s / handle_s, target)
    limit = _limit(point)
    utilisation = _expected(point)
    connects = _SECONDS * agents * utilisation / handle_s
    more = _SECONDS * (agents + 1) * _expected((agents + 1.0, *point[1:])) / handle_s
    return WhatIf(
        limit=limit,
        utilisation=utilisation,
        one_call_per_agent=_one_call_each(point),
        abandonment=target,
        connects_per_hour=connects,
        abandoned_per_hour=connects * target / (1.0 - target),
        calls_per_hour=connects / (1.0 - target) / answer,
        connects_per_hour_of_one_more_agent=more - connects,
        is_extrapolated=any(not axis[0] <= at <= axis[-1] for axis, at in zip(_AXES, point, strict=True)),
    )


Point = tuple[float, float, float, float]
_AXES: tuple[tuple[float, ...], ...] = (AGENTS, ANSWER, RING, TARGET)


def _check(agents: int, answer: float, target: float, talk_s: float, wrap_s: float, ring_s: float) -> None:
    if agents < 1:
        raise ValueError(f"agents must be at least 1, not {agents!r}")
    for name, share in (("answer", answer), ("target", target)):
        if not 0.0 < share < 1.0:
            raise ValueError(f"{name} must lie between 0 and 1, not {share!r}")
    for name, seconds in (("talk_s", talk_s), ("ring_s", ring_s)):
        if not 0.0 < seconds < float("inf"):
            raise ValueError(f"{name} must be a positive number of seconds, not {seconds!r}")
    if not 0.0 <= wrap_s < float("inf"):
        raise ValueError(f"wrap_s must be a number of seconds, not {wrap_s!r}")


def _one_call_each(point: Point) -> float:
    """An idle agent waits for ringing / answer on average, one call after the other."""
    _, answer, ring, _ = point
    return 1.0 / (1.0 + ring / answer)


def _expected(point: Point) -> float:
    return max(_one_call_each(point), _share_reached(point[0]) * _limit(point))


def _share_reached(agents: float) -> float:
    below, share = _SHARE_BY_AGENTS[0]
    for above, higher in _SHARE_BY_AGENTS[1:]:
        if agents < above:
            return share + (higher - share) * (log(agents) - log(below)) / (log(above) - log(below))
        below, share = above, higher
    return share


def _limit(point: Point) -> float:
    """Interpolated between the table's floors; beyond its edges, along the last stretch."""
    cells: list[tuple[tuple[int, float], tuple[int, float]]] = []
    for axis, at in zip(_AXES, point, strict=True):
        left = min(max(bisect_right(axis, at) - 1, 0), len(axis) - 2)
        along = (log(at) - log(axis[left])) / (log(axis[left + 1]) - log(axis[left]))
        cells.append(((left, 1.0 - along), (left + 1, along)))
    # Of the odds of being idle, ringing / answer for one agent and no abandoned calls: there it would be exact.
    log_odds = 0.0
    for corner in product(*cells):
        weight = corner[0][1] * corner[1][1] * corner[2][1] * corner[3][1]
        row = (corner[1][0] * len(RING) + corner[2][0]) * len(TARGET) + corner[3][0]
        log_odds += weight * log(1e4 / LIMITS[row][corner[0][0]] - 1.0)
    return min(1.0 - 1e-6, max(_one_call_each(point), 1.0 / (1.0 + exp(log_odds))))

"""Days of one scenario, summed up: share of the limit, abandonment, days inside the target, cost."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

from attrs import frozen

from bench.floor import Day
from bench.scenarios import Scenario

BUSY_FLOOR = 20
"""From this many agents on, a quarter hour holds enough answers to be judged alone."""


@frozen
class Score:
    """What the days of one scenario came to; rates from 0 to 1, costs in microseconds."""

    scenario: str
    agents: float
    day_count: int
    utilisation: float
    standard_error: float
    limit: float | None
    target: float
    abandonment_rate: float
    days_inside: int
    worst_day: float
    """Highest abandonment rate of a day, over the target."""
    worst_quarter: float
    """Highest abandonment rate of a quarter hour after the first with 20 agents or more."""
    decide_us: float
    observe_us: float

    @property
    def share_of_limit(self) -> float | None:
        """Utilisation over the limit, if the limit is known."""
        return None if self.limit is None else self.utilisation / self.limit


def score(scenario: Scenario, days: Sequence[Day]) -> Score:
    """Pool the days; abandonment is pooled over calls, utilisation averaged over days."""
    target = scenario.abandonment_target
    utilisations = [day.utilisation for day in days]
    answered = sum(day.delivered + day.abandoned for day in days)
    quarters = [
        lost / max(1, persons)
        for day in days
        for persons, lost, fewest in day.quarters[1:]
        if fewest >= BUSY_FLOOR and persons
    ]
    return Score(
        scenario=scenario.name,
        agents=scenario.agents.at(scenario.hours * 1800.0),
        day_count=len(days),
        utilisation=fmean(utilisations),
        standard_error=stdev(utilisations) / sqrt(len(days)) if len(days) > 1 else 0.0,
        limit=scenario.limit,
        target=target,
        abandonment_rate=sum(day.abandoned for day in days) / max(1, answered),
        days_inside=sum(day.abandoned <= target * (day.delivered + day.abandoned) + 1e-9 for day in days),
        worst_day=max(day.abandonment_rate for day in days) / target,
        worst_quarter=max(quarters, default=0.0),
        decide_us=1e6 * sum(day.decide_s for day in days) / max(1, sum(day.decide_count for day in days)),
        observe_us=1e6 * sum(day.observe_s for day in days) / max(1, sum(day.observe_count for day in days)),
    )


_HEAD = (
    f"{'scenario':18} {'N':>4} {'days':>4} {'utilisation':>14} {'of limit':>9} {'target':>7} {'abandoned':>9} "
    f"{'inside':>7} {'worst day':>9} {'quarter':>8} {'decide':>8} {'observe':>8}"
)


def render(rows: Sequence[Score], *, with_head: bool = False, with_sum: bool = False, only_sum: bool = False) -> str:
    """The scores as a table for people."""
    lines = [_HEAD] if with_head else []
    lines += [] if only_sum else [_row(row) for row in rows]
    shares = [row.share_of_limit for row in rows if row.share_of_limit is not None]
    if with_sum and shares:
        inside, days = sum(row.days_inside for row in rows), sum(row.day_count for row in rows)
        lines.append(
            f"mean share of the limit {fmean(shares):.2%}, least {min(shares):.2%}; {inside} of {days} days inside"
        )
    return "\n".join(lines)


def _row(row: Score) -> str:
    share = "-" if row.share_of_limit is None else f"{row.share_of_limit:.2%}"
    return (
        f"{row.scenario:18} {row.agents:4.0f} {row.day_count:4} {row.utilisation:7.4f} ±{row.standard_error:.4f} "
        f"{share:>9} "
        f"{row.target:7.1%} {row.abandonment_rate:9.2%} {row.days_inside:3}/{row.day_count:<3} {row.worst_day:9.2f} "
        f"{row.worst_quarter:8.1%} {row.decide_us:5.0f} us {row.observe_us:5.1f} us"
    )

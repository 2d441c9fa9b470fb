"""`python -m bench compare`: ours and the others on the same draws, as a table, a picture and JSON."""

import argparse
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from attrs import asdict, frozen
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.baselines import PACERS, FixedRatio, best_ratio
from bench.compare import paired
from bench.floor import Day, run_day
from bench.pacing_table import scenarios_of, seeds_of
from bench.picture import Curve, draw
from bench.scenarios import Scenario

OURS = "predictive"
OF_THREE_SIZES = ("tiny-5", "mid-20", "big-100")


@frozen
class Result:
    """One pacer on the days of one scenario; rates from 0 to 1."""

    scenario: str
    agents: float
    pacer: str
    limit: float | None
    utilisation: float
    share_of_limit: float | None
    ours_less_this: float
    """Utilisation, paired by day, with the half width of its 95 % interval."""
    half_width: float | None
    target: float
    abandonment_rate: float
    days_inside: int
    day_count: int


def results(scenario: Scenario, days: dict[str, list[Day]]) -> list[Result]:
    """What each pacer came to on the same days; `days` must have ours."""
    ours = [day.utilisation for day in days[OURS]]
    return [_result(scenario, pacer, run, ours) for pacer, run in days.items()]


def _result(scenario: Scenario, pacer: str, days: Sequence[Day], ours: Sequence[float]) -> Result:
    utilisation, target = fmean(day.utilisation for day in days), scenario.abandonment_target
    lost = sum(day.abandoned for day in days)
    difference = paired(ours, [day.utilisation for day in days])
    return Result(
        scenario=scenario.name,
        agents=scenario.agents.at(scenario.hours * 1800.0),
        pacer=pacer,
        limit=scenario.limit,
        utilisation=utilisation,
        share_of_limit=None if scenario.limit is None else utilisation / scenario.limit,
        ours_less_this=difference.mean,
        # JSON has no infinity; one day has no interval.
        half_width=difference.half_width if len(days) > 1 else None,
        target=target,
        abandonment_rate=lost / max(1, lost + sum(day.delivered for day in days)),
        days_inside=sum(day.abandonment_rate <= target + 1e-9 for day in days),
        day_count=len(days),
    )


def table_of(found: Sequence[Result]) -> Table:
    """The results for people."""
    table = Table(title="Utilisation on the same days; abandonment over the target is marked !")
    for name in ("scenario", "pacer", "utilisation", "of limit", "ours is better by", "abandoned", "inside"):
        table.add_column(name, justify="left" if name in ("scenario", "pacer") else "right")
    for one in found:
        share = "-" if one.share_of_limit is None else f"{one.share_of_limit:.1%}"
        width = "" if one.half_width is None else f" ±{one.half_width:.4f}"
        mark = " !" if one.abandonment_rate > one.target else ""
        better = "" if one.pacer == OURS else f"{one.ours_less_this:+.4f}{width}"
        busy, inside = f"{one.utilisation:.4f}", f"{one.days_inside}/{one.day_count}"
        table.add_row(one.scenario, one.pacer, busy, share, better, f"{one.abandonment_rate:.2%}{mark}", inside)
    return table


def curves_of(found: Sequence[Result]) -> list[Curve]:
    """Utilisation against agents: the limit, then each pacer."""
    limits = tuple((one.agents, one.limit) for one in found if one.pacer == OURS and one.limit)
    of_pacer: dict[str, list[tuple[float, float]]] = {}
    for one in found:
        of_pacer.setdefault(one.pacer, []).append((one.agents, one.utilisation))
    return [Curve("limit", limits), *(Curve(pacer, tuple(points)) for pacer, points in of_pacer.items())]


def run_all(scenario: Scenario, seeds: Sequence[int], pacers: Sequence[str], step: Any = lambda: None) -> list[Result]:
    """Every pacer on the days of `seeds`; `step` is called after each day."""
    days: dict[str, list[Day]] = {}
    for pacer in pacers:
        make = PACERS[pacer]
        if pacer == "fixed-ratio":
            make = partial(FixedRatio, ratio=best_ratio(scenario, seeds))
        days[pacer] = []
        for seed in seeds:
            days[pacer].append(run_day(scenario, seed, make))
            step()
    return results(scenario, days)


def _run(arguments: argparse.Namespace) -> None:
    scenarios, seeds = scenarios_of(arguments.scenario or OF_THREE_SIZES, arguments.hours), seeds_of(arguments.seeds)
    pacers = [OURS, *(name for name in arguments.pacer or PACERS if name != OURS)]
    found: list[Result] = []
    # Wide enough for its columns, also where a file or a pipe has no width.
    console = Console(width=max(110, Console().width))
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("model days", total=len(scenarios) * len(pacers) * len(seeds))
        for scenario in scenarios:
            progress.update(task, description=scenario.name)
            found += run_all(scenario, seeds, pacers, lambda: progress.advance(task))
    console.print(table_of(found))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps([asdict(one) for one in found], indent=1), encoding="utf-8")
    if arguments.svg:
        Path(arguments.svg).write_text(draw(curves_of(found)), encoding="utf-8")


def add_command(commands: Any) -> None:
    """Add `compare` to the command line."""
    parser = commands.add_parser("compare", help="ours and the others on the same days, with intervals")
    parser.add_argument("--scenario", action="append", help="tiny-5, mid-20 and big-100 unless given; may be repeated")
    parser.add_argument("--pacer", action="append", choices=sorted(PACERS), help="all unless given; may be repeated")
    parser.add_argument("--seeds", default="1-3")
    parser.add_argument("--hours", type=float, help="shorten the days; the limit is still that of whole days")
    parser.add_argument("--json", help="also write the results to this file")
    parser.add_argument("--svg", help="also draw utilisation against agents into this file")
    parser.set_defaults(run=_run)

"""`python -m bench pacing`: model days run, and printed as shares of the limit."""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Any

from attrs import asdict, evolve

from bench.baselines import PACERS
from bench.compare import Interval, paired
from bench.engine_day import run_engine_day
from bench.floor import Day, run_day
from bench.scenarios import Profile, Scenario, load_scenarios
from bench.score import Score, render, score
from pacing import PacingMode

DRIVERS = ("heap", "engine", "both")


def one_day(scenario: Scenario, seed: int, pacer: str, driver: str) -> Day:
    """One model day on the event heap, or through the production engine."""
    if driver == "engine":
        return run_engine_day(scenario, seed, PacingMode(pacer))
    return run_day(scenario, seed, PACERS[pacer])


def seeds_of(text: str) -> range:
    """`3` or `1-20`."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def scenarios_of(names: Sequence[str] | None, hours: float | None = None, agents: int | None = None) -> list[Scenario]:
    """The scenarios named, or all; leaves the program with a message when one is unknown.

    `hours` and `agents` make them shorter or of another size.
    """
    scenarios = load_scenarios()
    unknown = [name for name in names or () if name not in scenarios]
    if unknown:
        sys.exit(f"unknown scenario `{unknown[0]}`; there are {', '.join(scenarios)}")
    return [_changed(scenarios[name], hours, agents) for name in names or scenarios]


def _changed(scenario: Scenario, hours: float | None, agents: int | None) -> Scenario:
    if hours is not None:
        scenario = evolve(scenario, hours=min(hours, scenario.hours))
    if agents is not None:
        # Its limit is that of another floor.
        scenario = evolve(
            scenario, name=f"{scenario.name}@{agents}", agents=Profile((0.0,), (float(agents),)), limit=None
        )
    return scenario


def agreement(engine: Sequence[Day], heap: Sequence[Day]) -> tuple[Interval, Interval]:
    """How far the engine's days are from the heap's with the same seeds: utilisation, and rate abandoned."""
    return (
        paired([day.utilisation for day in engine], [day.utilisation for day in heap]),
        paired([day.abandonment_rate for day in engine], [day.abandonment_rate for day in heap]),
    )


def _days(scenario: Scenario, seeds: range, pacer: str, driver: str, pool: ProcessPoolExecutor | None) -> list[Day]:
    run: Iterable[Day]
    if pool is None:
        run = (one_day(scenario, seed, pacer, driver) for seed in seeds)
    else:
        run = pool.map(one_day, repeat(scenario), seeds, repeat(pacer), repeat(driver))
    return list(run)


def _run(arguments: argparse.Namespace) -> None:
    if arguments.driver != "heap" and arguments.pacer not in {mode.value for mode in PacingMode}:
        sys.exit(f"the engine has no pacer `{arguments.pacer}`; use --driver heap")
    seeds = seeds_of(arguments.seeds or ("1-2" if arguments.quick else "1-10"))
    pool = ProcessPoolExecutor(arguments.jobs) if arguments.jobs > 1 else None
    first = "engine" if arguments.driver == "both" else arguments.driver
    rows = []
    for scenario in scenarios_of(arguments.scenario, arguments.hours, arguments.agents):
        days = _days(scenario, seeds, arguments.pacer, first, pool)
        rows.append(score(scenario, days))
        print(render([rows[-1]], with_head=len(rows) == 1), flush=True)
        if arguments.driver == "both":
            busier, lost = agreement(days, _days(scenario, seeds, arguments.pacer, "heap", pool))
            print(
                f"    engine less heap: utilisation {busier.mean:+.4f} ±{busier.half_width:.4f}, "
                f"abandoned {lost.mean:+.2%} ±{lost.half_width:.2%} (95 %)",
                flush=True,
            )
    print(render(rows, with_sum=True, only_sum=True))
    if arguments.json:
        Path(arguments.json).write_text(as_json(rows, arguments.pacer, arguments.driver, seeds), encoding="utf-8")


def as_json(rows: Sequence[Score], pacer: str, driver: str, seeds: range) -> str:
    """The scores with what they were measured with; keys carry their units."""
    scores = [{**asdict(row), "share_of_limit": row.share_of_limit} for row in rows]
    return json.dumps({"pacer": pacer, "driver": driver, "seeds": [seeds[0], seeds[-1]], "scores": scores}, indent=1)


def add_command(commands: Any) -> None:
    """Add `pacing` to the command line."""
    parser = commands.add_parser("pacing", help="run model days and print shares of the limit")
    parser.add_argument("--quick", action="store_true", help="two days of each scenario instead of ten")
    parser.add_argument("--seeds", help="for example 1-20; each seed is one day")
    parser.add_argument("--scenario", action="append", help="only this one; may be repeated")
    parser.add_argument("--hours", type=float, help="shorten the days")
    parser.add_argument(
        "--agents", type=int, help="so many agents instead of the scenario's, and no limit to compare with"
    )
    parser.add_argument("--pacer", choices=sorted(PACERS), default="predictive")
    parser.add_argument("--driver", choices=DRIVERS, default="heap", help="event heap, production engine, or both")
    parser.add_argument("--json", help="also write the scores to this file")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.set_defaults(run=_run)

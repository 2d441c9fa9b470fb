"""Command line: `python -m bench pacing` prints how near the pacer comes to the limit of each model day."""

import argparse
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

from bench.floor import Day, PacesCalls, run_day
from bench.scenarios import Scenario, load_scenarios
from bench.score import render, score
from pacing import Pacer, PacerSettings, PacingMode


def _predictive(settings: PacerSettings) -> PacesCalls:
    return Pacer(settings)


def _progressive(settings: PacerSettings) -> PacesCalls:
    return Pacer(PacerSettings(mode=PacingMode.PROGRESSIVE, connect_s=settings.connect_s, ring_s=settings.ring_s))


PACERS: dict[str, Callable[[PacerSettings], PacesCalls]] = {"predictive": _predictive, "progressive": _progressive}


def _one(scenario: Scenario, seed: int, pacer: str) -> Day:
    return run_day(scenario, seed, PACERS[pacer])


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _days(scenario: Scenario, seeds: range, pacer: str, pool: ProcessPoolExecutor | None) -> Iterable[Day]:
    if pool is None:
        return [_one(scenario, seed, pacer) for seed in seeds]
    return pool.map(_one, repeat(scenario), seeds, repeat(pacer))


def _pacing(arguments: argparse.Namespace) -> None:
    scenarios = load_scenarios()
    chosen = arguments.scenario or list(scenarios)
    unknown = [name for name in chosen if name not in scenarios]
    if unknown:
        sys.exit(f"unknown scenario `{unknown[0]}`; there are {', '.join(scenarios)}")
    seeds = _seeds(arguments.seeds or ("1-2" if arguments.quick else "1-10"))
    pool = ProcessPoolExecutor(arguments.jobs) if arguments.jobs > 1 else None
    rows = []
    for name in chosen:
        row = score(scenarios[name], list(_days(scenarios[name], seeds, arguments.pacer, pool)))
        rows.append(row)
        print(render([row], with_head=len(rows) == 1), flush=True)
    print(render(rows, with_sum=True, only_sum=True))


def main() -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    commands = parser.add_subparsers(required=True)
    pacing = commands.add_parser("pacing", help="run model days and print shares of the limit")
    pacing.add_argument("--quick", action="store_true", help="two days of each scenario instead of ten")
    pacing.add_argument("--seeds", help="for example 1-20; each seed is one day")
    pacing.add_argument("--scenario", action="append", help="only this one; may be repeated")
    pacing.add_argument("--pacer", choices=sorted(PACERS), default="predictive")
    pacing.add_argument("--jobs", type=int, default=1, help="processes")
    pacing.set_defaults(run=_pacing)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()

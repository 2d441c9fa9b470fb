"""`python -m bench picture`: measured days beside the limit and the baselines that the scenario file states.

The file's baselines are of whole days, as its author ran them; running them
again takes hours. Scenarios with the same number of agents differ in how many
people answer, so a point is the mean over them.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from bench.picture import Curve, draw
from bench.scenarios import SCENARIO_FILE

_NAMES = {
    "progressive": "one call per idle agent",
    "fixed_ratio_best_in_hindsight": "best fixed ratio, in hindsight",
    "level_controller_hard_limit": "level controller",
    "pi_on_abandonment": "PI on abandonment",
}


def baselines(path: Path = SCENARIO_FILE) -> dict[str, dict[str, float]]:
    """Utilisation of each baseline by scenario, as the scenario file states it."""
    found: dict[str, dict[str, float]] = {}
    for given in json.loads(path.read_text(encoding="utf-8"))["scenarios"]:
        stated = given.get("baselines", {})
        found[given["name"]] = {
            name: float(value["utilisation"] if isinstance(value, Mapping) else value)
            for name, value in stated.items()
            if value is not None
        }
    return found


def curves(scores: Sequence[Mapping[str, Any]]) -> list[Curve]:
    """The limit, ours, and the baselines against agents; scenarios whose lines bind are left out."""
    stated = baselines()
    points: dict[str, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    for score in scores:
        if score["limit"] is None or score["scenario"].endswith("-trunk"):
            continue
        agents = float(score["agents"])
        points["limit"][agents].append(score["limit"])
        points["this pacer"][agents].append(score["utilisation"])
        for name, value in stated.get(score["scenario"], {}).items():
            points[_NAMES.get(name, name)][agents].append(value)
    return [
        Curve(name, tuple((agents, fmean(values)) for agents, values in sorted(by_agents.items())))
        for name, by_agents in points.items()
    ]


def _run(arguments: argparse.Namespace) -> None:
    scores = [one for path in arguments.results for one in json.loads(Path(path).read_text(encoding="utf-8"))["scores"]]
    Path(arguments.svg).write_text(draw(curves(scores)), encoding="utf-8")
    stated = baselines()
    for score in scores:
        best = stated.get(score["scenario"], {}).get("fixed_ratio_best_in_hindsight")
        if best is not None:
            print(f"{score['scenario']:18} {score['utilisation']:.4f}   best fixed ratio in hindsight {best:.4f}")


def add_command(commands: Any) -> None:
    """Add `picture` to the command line."""
    parser = commands.add_parser("picture", help="results of `bench pacing --json` beside the limit and the baselines")
    parser.add_argument("results", nargs="+", help="JSON files")
    parser.add_argument("--svg", required=True)
    parser.set_defaults(run=_run)

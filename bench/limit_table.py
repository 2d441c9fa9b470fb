"""`python -m bench limit`: the exact limit of a floor, and whether its policy keeps what it promises."""

import argparse
from typing import Any

from bench.optimum import MarkovFloor, simulate, solve


def _run(arguments: argparse.Namespace) -> None:
    floor = MarkovFloor(
        arguments.agents, arguments.answer, arguments.target, arguments.ring_s, arguments.handle_s, arguments.connect_s
    )
    best = solve(floor)
    states = (floor.most_present + 1) * (floor.most_ringing + 1)
    print(f"{floor.agents} agents, {floor.answer:.0%} answered, at most {floor.target:.1%} abandoned")
    print(f"utilisation  {best.utilisation:.4f}  at most, for any policy ({states} states)")
    print(f"abandoned    {best.abandonment:.4f}")
    if arguments.simulate:
        utilisation, abandonment = simulate(best, arguments.simulate, arguments.seed)
        print(
            f"simulated    {utilisation:.4f}  utilisation, {abandonment:.4f} abandoned ({arguments.simulate:,} events)"
        )


def add_command(commands: Any) -> None:
    """Add `limit` to the command line."""
    parser = commands.add_parser("limit", help="the highest utilisation any policy could reach on a Markov floor")
    parser.add_argument("--agents", type=int, default=10)
    parser.add_argument("--answer", type=float, default=0.3, help="share of calls that a person answers")
    parser.add_argument("--target", type=float, default=0.03, help="share of answered calls that may be abandoned")
    parser.add_argument("--ring-s", type=float, default=10.0)
    parser.add_argument("--handle-s", type=float, default=140.0, help="talk and wrap-up")
    parser.add_argument("--connect-s", type=float, default=2.0)
    parser.add_argument("--simulate", type=int, default=0, metavar="EVENTS", help="also try the policy out")
    parser.add_argument("--seed", type=int, default=1)
    parser.set_defaults(run=_run)

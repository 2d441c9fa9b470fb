"""`python -m bench limit`: the exact limit of a floor; `python -m bench oracle`: the near-limit of a model day."""

import argparse
from typing import Any

from bench.optimum import MarkovFloor, simulate, solve
from bench.oracle import hindsight
from bench.pacing_table import scenarios_of, seeds_of
from bench.score import render, score


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


def _run_oracle(arguments: argparse.Namespace) -> None:
    for scenario in scenarios_of(arguments.scenario):
        theta, days = hindsight(scenario, seeds_of(arguments.seeds), arguments.rounds)
        print(render([score(scenario, days)], with_head=True), f"  theta {theta:.4f}", flush=True)


def add_command(commands: Any) -> None:
    """Add `limit` and `oracle` to the command line."""
    oracle = commands.add_parser("oracle", help="model days under a policy that knows every law, tuned in hindsight")
    oracle.add_argument("--scenario", action="append", help="only this one; may be repeated")
    oracle.add_argument("--seeds", default="1-4")
    oracle.add_argument("--rounds", type=int, default=4, help="of tuning")
    oracle.set_defaults(run=_run_oracle)
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

"""`python -m bench pacing-cost`: what a decision and an observed event cost, from 5 to 1,000 agents."""

import argparse
from typing import Any

from attrs import evolve, frozen

from bench.floor import run_day
from bench.scenarios import Profile, Scenario, load_scenarios

AGENTS = (5, 10, 20, 50, 100, 200, 500, 1000)


@frozen
class Cost:
    """Time on one core, in microseconds; other work on the machine makes it longer."""

    agents: int
    decide_us: float
    observe_us: float

    @property
    def decisions_per_s(self) -> float:
        """How many decisions one core takes a second."""
        return 1e6 / self.decide_us


def measure(agents: int, hours: float) -> Cost:
    """A floor of so many agents for so long, with one call in five answered."""
    day = run_day(_scenario(agents, hours), 1)
    return Cost(agents, 1e6 * day.decide_s / day.decide_count, 1e6 * day.observe_s / day.observe_count)


def _scenario(agents: int, hours: float) -> Scenario:
    scenario = load_scenarios()["mid-20"]
    return evolve(scenario, name=f"cost-{agents}", hours=hours, agents=Profile((0.0,), (float(agents),)), limit=None)


def _run(arguments: argparse.Namespace) -> None:
    print(f"{'agents':>6} {'decide':>9} {'observe':>9} {'decisions/s':>12}")
    for agents in AGENTS:
        # As many events for each size, or nearly: large floors are busy sooner.
        cost = measure(agents, max(0.1, arguments.agent_hours / agents))
        print(
            f"{agents:6} {cost.decide_us:6.0f} us {cost.observe_us:6.1f} us {cost.decisions_per_s:12,.0f}", flush=True
        )


def add_command(commands: Any) -> None:
    """Add `pacing-cost` to the command line."""
    parser = commands.add_parser("pacing-cost", help="decisions per second from 5 to 1,000 agents")
    parser.add_argument("--agent-hours", type=float, default=10.0, help="length of each run")
    parser.set_defaults(run=_run)

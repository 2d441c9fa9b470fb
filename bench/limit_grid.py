"""Computes the table embedded in `pacing/limit_table.py`: `python -m bench.limit_grid` prints it.

Cells with too many states for the programme are filled along the number of
agents: one less the limit falls there as it does in the nearest cell with a
higher answer rate, or as before where there is none.
"""

import time
from contextlib import suppress
from itertools import product
from math import exp, log

from bench.optimum import MarkovFloor, solve

AGENTS = (1, 2, 3, 5, 8, 12, 20, 40, 100)
ANSWER = (0.05, 0.1, 0.2, 0.4, 0.7)
RING = (0.03, 1.0 / 14.0, 0.18)
TARGET = (0.01, 0.03, 0.05)
HANDLE_S = 140.0

Cell = tuple[int, float, float, float]


def floor_of(cell: Cell) -> MarkovFloor:
    """The floor of a cell: agents, answer rate, ringing over handling, target."""
    agents, answer, ring, target = cell
    return MarkovFloor(agents, answer, target, ring * HANDLE_S, HANDLE_S)


def compute(seconds: float) -> dict[Cell, float]:
    """Small floors first, for so long; the rest is filled in."""
    cells = sorted(product(AGENTS, ANSWER, RING, TARGET), key=_states)
    until, found = time.monotonic() + seconds, {}
    for cell in cells:
        if time.monotonic() > until:
            break
        with suppress(ValueError):
            found[cell] = solve(floor_of(cell)).utilisation
    solved = len(found)
    for agents, answer, ring, target in product(AGENTS, reversed(ANSWER), RING, TARGET):
        cell = (agents, answer, ring, target)
        if cell not in found:
            found[cell] = _filled(found, cell)
    print(f"# {solved} of {len(cells)} cells solved")
    return found


def _filled(found: dict[Cell, float], cell: Cell) -> float:
    agents, answer, ring, target = cell
    last = AGENTS[AGENTS.index(agents) - 1]
    here = log(1.0 - found[last, answer, ring, target])
    if answer < ANSWER[-1]:
        likelier = ANSWER[ANSWER.index(answer) + 1]
        there, there_now = (log(1.0 - found[one, likelier, ring, target]) for one in (last, agents))
        return 1.0 - exp(here + there_now - there)
    before = AGENTS[AGENTS.index(agents) - 2]
    slope = (here - log(1.0 - found[before, answer, ring, target])) / log(last / before)
    return 1.0 - exp(here + slope * log(agents / last))


def _states(cell: Cell) -> int:
    floor = floor_of(cell)
    return (floor.most_present + 1) * (floor.most_ringing + 1)


def main() -> None:
    """Print the table: per answer rate, ringing and target one row, a column for each number of agents."""
    found = compute(150.0)
    for answer, ring, target in product(ANSWER, RING, TARGET):
        row = ", ".join(f"{round(1e4 * found[agents, answer, ring, target]):4}" for agents in AGENTS)
        print(f"    {row},")


if __name__ == "__main__":
    main()

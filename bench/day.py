"""How the engine scales: the bank's day at several sizes, each in a process of its own.

`python -m bench.day --attempts 10000,20000,40000` repeats the list rows with new
ids and scales people, agents, lines and call rates alike, so that every size is
the same day but larger. Importing the lists is not counted among the seconds of
the day; it stands in a column of its own.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC
from itertools import cycle, islice
from pathlib import Path

import attrs
import trio

from adapters.accounts import AccountStore, import_list
from adapters.journal_memory import MemoryJournal
from adapters.simulated.assumptions import Assumptions
from adapters.simulated.people import People
from adapters.simulated.settings import SimulationSettings
from adapters.simulated.shifts import run_shifts
from adapters.simulated.trunk import SimulatedTrunk
from dialer.app import Ports, open_engine
from dialer.clock import WallClock
from dialer.config import Config, load_config, structure
from dialer.log import set_up_logging
from dialer.model import Account, PhoneNumber
from dialer.rule_facts import fact_parsers
from dialer.simulation import run_virtual

DAY = Path(__file__).parents[1] / "examples/bank_day/day.toml"
# Attempts of the unscaled day: only a first guess for the scale; the table shows what was really dialed.
ATTEMPTS_AT_ONE = 41_000
# On Linux, `ru_maxrss` counts kilobytes; on macOS, bytes.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Repeated:
    """The lists, each cut or repeated with new ids to `scale` times its length."""

    def __init__(self, store: AccountStore, scale: float) -> None:
        self._store, self._scale = store, scale

    def accounts(self, campaign_id: str) -> Iterator[Account]:
        rows = list(self._store.accounts(campaign_id))
        wanted = max(1, round(len(rows) * self._scale))
        for index, row in enumerate(islice(cycle(rows), wanted)):
            turn = index // len(rows)
            yield row if turn == 0 else _again(row, turn)


def _again(row: Account, turn: int) -> Account:
    def renamed(number: PhoneNumber) -> PhoneNumber:
        # Longer than a number of any country: nobody's, and another person's than the row it repeats.
        return attrs.evolve(number, number_id=f"{number.number_id}/{turn}", e164=f"{number.e164}{turn:05d}")

    return attrs.evolve(
        row,
        account_id=f"{row.account_id}/{turn}",
        person=attrs.evolve(row.person, person_id=f"{row.person.person_id}/{turn}"),
        numbers=tuple(renamed(one) for one in row.numbers),
        claims=tuple(attrs.evolve(one, claim_id=f"{one.claim_id}/{turn}") for one in row.claims),
    )


def _world(config: Config, scale: float) -> tuple[Config, SimulationSettings]:
    world = structure(config.simulation, SimulationSettings, str(DAY))
    shifts = tuple(attrs.evolve(one, agents=max(1, round(one.agents * scale))) for one in world.shifts)
    trunks = tuple(
        attrs.evolve(one, lines=max(2, round(one.lines * scale)), calls_per_s=max(1.0, one.calls_per_s * scale))
        for one in config.trunks
    )
    return attrs.evolve(config, trunks=trunks), attrs.evolve(world, shifts=shifts)


def measure(attempts: int, seed: int) -> dict[str, float]:
    """Dial one day of about this many attempts in this process."""
    set_up_logging(is_json=False, level="critical")
    began_s = time.perf_counter()
    config, world = _world(load_config(DAY), attempts / ATTEMPTS_AT_ONE)
    assumed = tomllib.loads((config.folder / world.assumptions).read_text(encoding="utf-8"))
    people = People(structure(assumed, Assumptions, "assumptions"), seed, config.time_zone)
    store, parsers = MemoryJournal(), fact_parsers()
    with AccountStore(":memory:") as accounts:
        for campaign in config.campaigns:
            import_list(accounts, campaign.id, campaign.list, parsers, folder=config.folder)
        lists = Repeated(accounts, attempts / ATTEMPTS_AT_ONE)
        for campaign in config.campaigns:
            people.add(campaign.id, campaign.purpose, lists.accounts(campaign.id))
        ready_s, ready_bytes = time.perf_counter(), _peak_bytes()
        dialed = run_virtual(lambda: _dial(config, world, people, lists, store), seed)
    wall_s = time.perf_counter() - ready_s
    return {
        "attempts": dialed,
        "import_s": ready_s - began_s,
        "wall_s": wall_s,
        "per_s": dialed / wall_s,
        "us_each": 1e6 * wall_s / max(1, dialed),
        "peak_mb": _peak_bytes() / 1e6,
        "bytes_each": (_peak_bytes() - ready_bytes) / max(1, dialed),
    }


async def _dial(
    config: Config, world: SimulationSettings, people: People, lists: Repeated, store: MemoryJournal
) -> int:
    clock = WallClock(world.start.replace(tzinfo=config.zone).astimezone(UTC))
    end_mono = clock.mono(world.end.replace(tzinfo=config.zone).astimezone(UTC))
    trunks = tuple(SimulatedTrunk(one.name, one.lines, one.calls_per_s, people, clock.now_at) for one in config.trunks)
    async with open_engine(config, Ports(trunks, lists, store), clock) as engine:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run_shifts, world, engine.agents, people, clock)

            async def drain() -> None:
                await trio.sleep_until(end_mono)
                engine.drain()

            nursery.start_soon(drain)
            await engine.run()
            nursery.cancel_scope.cancel()
        engine.agents.log_out_all()
        return sum(book.attempt_count for book in engine.state.campaigns.values())


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT


COLUMNS = {
    "attempts": "{:>9,.0f}",
    "import_s": "{:>9.1f}",
    "wall_s": "{:>8.1f}",
    "per_s": "{:>8,.0f}",
    "us_each": "{:>8,.0f}",
    "peak_mb": "{:>8,.0f}",
    "bytes_each": "{:>11,.0f}",
    "ratio": "{:>6.2f}",
}
"""`ratio`: microseconds per attempt over those of the first row; 1 at every size is linear."""


def render(row: dict[str, float]) -> str:
    """One line of the table."""
    return " ".join(form.format(row[name]) for name, form in COLUMNS.items())


def main() -> None:
    """Parse the command line; measure each size in a fresh process; print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.day", description=__doc__)
    parser.add_argument("--attempts", default="10000,20000,40000", help="sizes, about; separated by commas")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the rows here")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        print(json.dumps(measure(arguments.one, arguments.seed)))
        return
    print(" ".join(f"{name:>{len(form.format(0))}}" for name, form in COLUMNS.items()))
    rows: list[dict[str, float]] = []
    for size in arguments.attempts.split(","):
        command = [sys.executable, "-m", "bench.day", "--one", size, "--seed", str(arguments.seed)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=os.environ)  # noqa: S603
        row = json.loads(done.stdout)
        row["ratio"] = row["us_each"] / (rows[0]["us_each"] if rows else row["us_each"])
        rows.append(row)
        print(render(row), flush=True)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()

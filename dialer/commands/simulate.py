"""`paceline simulate`: a whole day under a virtual clock."""

import time
from datetime import UTC, timedelta
from pathlib import Path
from typing import Annotated

import trio
from cyclopts import Parameter

from adapters.journal_memory import MemoryJournal
from adapters.journal_sqlite import SqliteJournal
from adapters.simulated.people import People
from adapters.simulated.settings import SimulationSettings
from adapters.simulated.shifts import run_shifts
from dialer.app import Engine, open_engine
from dialer.clock import WallClock
from dialer.commands.day import HeldAccounts, drain_at, import_lists, load_day, simulated_ports
from dialer.commands.terminal import Agents, Changes, Language, Seed, console, fail, progress
from dialer.config import Config
from dialer.log import set_up_logging
from dialer.publishing import publish
from dialer.simulation import run_virtual

__all__ = ["simulate"]


def simulate(
    config_path: Path,
    *,
    seed: Seed = None,
    until: Annotated[str | None, Parameter(help="Stop at this local time, e.g. 11:30.")] = None,
    agents: Agents = None,
    set_: Changes = (),
    json_: Annotated[Path | None, Parameter(name="--json", help="Write the figures as JSON here.")] = None,
    report: Annotated[Path | None, Parameter(help="Where the report page goes.")] = Path("report.html"),
    journal: Annotated[Path | None, Parameter(help="Keep the day's journal in this new file.")] = None,
    language: Language = "en",
) -> None:
    """Dial a whole day under a virtual clock, with the code that dials in production."""
    set_up_logging(is_json=False, level="error")
    config, world = load_day(config_path, set_, seed, agents, until)
    people, accounts = import_lists(config, world)
    store = MemoryJournal()
    started = time.perf_counter()
    with progress("simulating") as bar:
        total_s = (world.end - world.start).total_seconds()
        task = bar.add_task("", total=total_s, note="")

        def show(now_s: float) -> None:
            at = world.start + timedelta(seconds=now_s)
            calls = state_count()
            speed = calls / max(1e-9, time.perf_counter() - started)
            bar.update(task, completed=now_s, note=f"{at:%H:%M} · {calls:,} calls · {speed:,.0f} calls/s")

        engines: list[Engine] = []

        def state_count() -> int:
            return sum(book.attempt_count for engine in engines for book in engine.state.campaigns.values())

        async def day() -> None:
            await _simulated_day(config, world, people, accounts, store, engines)

        run_virtual(day, world.seed, show)
        show(total_s)
    took_s = time.perf_counter() - started
    if journal is not None:
        _keep_journal(journal, store)
    publish(config, store, json_, report, language, console)
    console.print(
        f"{state_count():,} attempts in {took_s:.1f} s, {state_count() / took_s:,.0f} attempts/s; seed {world.seed}"
        + (f"; report: {report}" if report is not None else "")
    )


async def _simulated_day(
    config: Config,
    world: SimulationSettings,
    people: People,
    accounts: HeldAccounts,
    store: MemoryJournal,
    engines: list[Engine],
) -> None:
    clock = WallClock(world.start.replace(tzinfo=config.zone).astimezone(UTC))
    end_mono = clock.mono(world.end.replace(tzinfo=config.zone).astimezone(UTC))
    async with open_engine(config, simulated_ports(config, world, people, accounts, store, clock), clock) as engine:
        engines.append(engine)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run_shifts, world, engine.agents, people, clock)
            nursery.start_soon(drain_at, engine, end_mono)
            await engine.run()
            nursery.cancel_scope.cancel()
        engine.agents.log_out_all()


def _keep_journal(path: Path, store: MemoryJournal) -> None:
    if path.exists():
        fail(f"{path}: exists already; a simulated day goes into a new file")
    kept = SqliteJournal(path)
    kept.append_nowait(store.lines)
    kept.close()

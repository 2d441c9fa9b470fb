"""`paceline run`: dials in real time until it is told to stop."""

import signal
from datetime import UTC
from pathlib import Path
from typing import Annotated

import trio
from cyclopts import Parameter

from adapters.simulated.people import People
from adapters.simulated.settings import SimulationSettings
from adapters.simulated.shifts import run_shifts
from dialer.app import Engine, open_engine
from dialer.clock import SpeedClock, WallClock
from dialer.commands.day import HeldAccounts, drain_at, import_lists, load_day, simulated_ports
from dialer.commands.pages import serve_pages
from dialer.commands.stores import open_journal
from dialer.commands.terminal import Agents, Changes, Seed
from dialer.config import Config
from dialer.log import set_up_logging
from dialer.ports import JournalStore
from dialer.record_codec import decode_all

__all__ = ["run"]


def run(
    config_path: Path,
    *,
    speed: Annotated[float, Parameter(help="So many times faster than real time.")] = 1.0,
    journal: Annotated[str | None, Parameter(help="The journal's file or URL; else as the configuration says.")] = None,
    seed: Seed = None,
    agents: Agents = None,
    set_: Changes = (),
    web: Annotated[bool, Parameter(help="Serve the pages and the API.")] = True,
    log_json: Annotated[bool, Parameter(help="Log JSON lines.")] = False,
) -> None:
    """Dial in real time until SIGTERM (talks finish, then exit 0); a second SIGTERM stops at once."""
    set_up_logging(is_json=log_json)
    config, world = load_day(config_path, set_, seed, agents, None)
    people, accounts = import_lists(config, world)
    store = open_journal(journal) if journal else open_journal(config.journal, config.folder)
    try:
        trio.run(_run_live, config, world, people, accounts, store, speed if web else 0.0, clock=SpeedClock(speed))
    finally:
        store.close()


async def _run_live(
    config: Config,
    world: SimulationSettings,
    people: People,
    accounts: HeldAccounts,
    store: JournalStore,
    web_speed: float,
) -> None:
    """The simulated carrier and floor in real time, from where the journal stands, to the end of the day."""
    start_at = world.start.replace(tzinfo=config.zone).astimezone(UTC)
    last_at = max((record.at for record in decode_all(store.read())), default=start_at)
    clock = WallClock(max(start_at, last_at))
    end_mono = clock.mono(world.end.replace(tzinfo=config.zone).astimezone(UTC))
    async with open_engine(config, simulated_ports(config, world, people, accounts, store, clock), clock) as engine:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_obey_signals, engine)
            nursery.start_soon(run_shifts, world, engine.agents, people, clock)
            nursery.start_soon(drain_at, engine, end_mono)
            nursery.start_soon(engine.report_status)
            if web_speed:
                nursery.start_soon(serve_pages, config, engine, web_speed)
            await engine.run()
            nursery.cancel_scope.cancel()
        engine.agents.log_out_all()


async def _obey_signals(engine: Engine) -> None:
    """The first SIGTERM or SIGINT drains, the second stops."""
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as received:
        async for number in received:
            if engine.is_draining:
                engine.stop(signal.Signals(number).name)
                return
            engine.drain(signal.Signals(number).name)

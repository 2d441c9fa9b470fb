"""`paceline run`: dials in real time until it is told to stop."""

import gc
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import structlog
import trio
from attrs import evolve, frozen
from cyclopts import Parameter

from adapters.simulated.people import People
from adapters.simulated.settings import SimulationSettings
from adapters.simulated.shifts import run_shifts
from dialer.app import Engine, Ports, new_past, open_engine
from dialer.clock import SpeedClock, SystemTime, WallClock, system_now
from dialer.commands.day import HeldAccounts, drain_at, import_run, load_run
from dialer.commands.locking import lock_journal
from dialer.commands.pages import serve_pages
from dialer.commands.seats import stations_of
from dialer.commands.stores import is_file_address, journal_path, open_journal, open_leases
from dialer.commands.telephony import run_phones
from dialer.commands.terminal import Agents, Changes, Seed, fail
from dialer.commands.trunks import open_trunks
from dialer.config import Config
from dialer.control import ControlDesk, serve_control
from dialer.log import set_up_logging
from dialer.ports import JournalStore, Trunk
from dialer.record_codec import decode
from dialer.snapshot import Past, load_past
from dialer.supervisor import Supervisor, watch_clock

__all__ = ["run"]

log = structlog.get_logger()

# A snapshot is made once so many records stand behind the last one; reading them again takes seconds.
_SNAPSHOT_EVERY = 100_000
_SNAPSHOT_LOOK_S = 10.0


@frozen
class _Day:
    """What a run works with, however often its engine starts."""

    config: Config
    world: SimulationSettings | None
    """None when real telephones are called; then there are no simulated `people` either."""
    people: People | None
    accounts: HeldAccounts
    address: str
    folder: Path
    speed: float
    has_web: bool
    arguments: tuple[str, ...]
    """What a snapshot's process is started with, to read the journal as this one does."""
    first: frozenset[str]


def run(
    config_path: Path,
    *,
    speed: Annotated[float, Parameter(help="So many times faster than real time.")] = 1.0,
    journal: Annotated[str | None, Parameter(help="The journal's file or URL; else as the configuration says.")] = None,
    take_over: Annotated[
        bool, Parameter(help="Have the process that dials from this journal finish its calls, then go on.")
    ] = False,
    first: Annotated[
        tuple[str, ...],
        Parameter(help="With a shared journal: a campaign to take at once; others when nobody has them.", negative=()),
    ] = (),
    site: Annotated[tuple[str, ...], Parameter(help="Simulate the agents of this site only.", negative=())] = (),
    seed: Seed = None,
    agents: Agents = None,
    set_: Changes = (),
    web: Annotated[bool, Parameter(help="Serve the pages and the API.")] = True,
    log_json: Annotated[bool, Parameter(help="Log JSON lines.")] = False,
) -> None:
    """Dial in real time until SIGTERM (talks finish, then exit 0); a second SIGTERM stops at once."""
    set_up_logging(is_json=log_json)
    config, world = load_run(config_path, set_, seed, agents)
    if world is None and speed != 1.0:
        fail("--speed: real telephones ring in real time")
    people, accounts = import_run(config, world)
    address, folder = (journal, Path()) if journal else (config.journal, config.folder)
    arguments = (str(config_path), *(part for one in set_ for part in ("--set", one)))
    if world is not None and site:
        world = evolve(world, shifts=tuple(one for one in world.shifts if one.site in site))
    day = _Day(config, world, people, accounts, address, folder, speed, web, arguments, frozenset(first))
    with _alone(day, take_over=take_over):
        trio.run(_run_live, day, clock=SpeedClock(speed))


@contextmanager
def _alone(day: _Day, *, take_over: bool) -> Iterator[None]:
    """Nobody else dials from the journal's file; a journal on a server sees to that itself."""
    if not is_file_address(day.address):
        yield
        return
    drain_s = day.config.drain_s / day.speed
    with lock_journal(journal_path(day.address, day.folder), take_over=take_over, drain_s=drain_s):
        yield


async def _run_live(day: _Day) -> None:
    supervisor = Supervisor()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_obey_signals, supervisor)
        await supervisor.keep_running(partial(_run_once, day, supervisor))
        nursery.cancel_scope.cancel()


async def _run_once(day: _Day, supervisor: Supervisor) -> None:
    """The floor in real time, from where the journal stands; a simulated one to the end of its day."""
    config = day.config
    with closing(open_journal(day.address, day.folder)) as store:
        past = load_past(store, lambda: new_past(config))
        start_at = max(_starts_at(day), _last_at(past))
        clock, machine = WallClock(start_at), SystemTime(start_at, day.speed)
        async with (
            open_trunks(config, day.world, day.people, clock) as trunks,
            open_engine(config, _ports(day, trunks, store), clock, past) as engine,
            trio.open_nursery() as nursery,
        ):
            gc.freeze()  # the past is no garbage: looking through it again and again would hold up calls
            supervisor.engine = engine
            nursery.start_soon(_run_floor, day, trunks, engine)
            nursery.start_soon(engine.report_status)
            nursery.start_soon(watch_clock, engine, machine.now_at)
            nursery.start_soon(_keep_snapshots, day, engine, past.snapshot_count)
            if day.has_web:
                stations = stations_of(config, trunks, day.people, clock, day.speed)
                if stations is not None:
                    nursery.start_soon(stations.run)
                nursery.start_soon(serve_pages, config, engine, day.speed, stations)
            if config.control:
                await nursery.start(serve_control, config.folder / config.control, ControlDesk(engine))
            await engine.run()
            nursery.cancel_scope.cancel()
            engine.agents.log_out_all()


async def _run_floor(day: _Day, trunks: tuple[Trunk, ...], engine: Engine) -> None:
    """Who works: agents with phones, or the simulated shifts until their day is over."""
    world, zone = day.world, day.config.zone
    if world is None or day.people is None:
        await run_phones(day.config, trunks, engine)
        return
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_shifts, world, engine.agents, day.people, engine.clock)
        nursery.start_soon(drain_at, engine, engine.clock.mono(world.end.replace(tzinfo=zone).astimezone(UTC)))


def _starts_at(day: _Day) -> datetime:
    if day.world is None:
        return system_now()
    return day.world.start.replace(tzinfo=day.config.zone).astimezone(UTC)


def _ports(day: _Day, trunks: tuple[Trunk, ...], store: JournalStore) -> Ports:
    return Ports(trunks, day.accounts, store, open_leases(day.address, store), day.speed, day.first)


def _last_at(past: Past) -> datetime:
    """The instant of the last record; time does not run back behind it."""
    return decode(past.last_line).at if past.last_line else datetime.min.replace(tzinfo=UTC) + timedelta(days=1)


async def _keep_snapshots(day: _Day, engine: Engine, kept_count: int) -> None:
    """Have another process make a snapshot now and then: in this one, it would hold up calls for seconds."""
    while True:
        if engine.state.record_count - kept_count >= _SNAPSHOT_EVERY:
            kept_count = engine.state.record_count
            place = day.address if not is_file_address(day.address) else str(journal_path(day.address, day.folder))
            command = [sys.executable, "-m", "dialer", "snapshot", place, *day.arguments]
            made = await trio.run_process(["nice", *command], check=False, capture_stdout=True)
            if made.returncode:
                log.warning("snapshot_failed", returncode=made.returncode, consequence="the next start takes longer")
        await trio.sleep(_SNAPSHOT_LOOK_S)


async def _obey_signals(supervisor: Supervisor) -> None:
    """The first SIGTERM or SIGINT drains, the second stops."""
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as received:
        async for number in received:
            supervisor.end(signal.Signals(number).name)

"""The command line: parses, wires adapters to the engine, prints. The only file here that imports adapters."""

import signal
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, NoReturn

import attrs
import cyclopts
import trio
from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from adapters.accounts import AccountStore, ListError, import_list
from adapters.journal_memory import MemoryJournal
from adapters.journal_sqlite import SqliteJournal
from adapters.simulated.assumptions import Assumptions
from adapters.simulated.people import People
from adapters.simulated.settings import SimulationSettings
from adapters.simulated.shifts import run_shifts
from adapters.simulated.trunk import SimulatedTrunk
from collections_rules import RulesError
from dialer.app import Engine, Ports, new_state, open_engine
from dialer.attempt import MisuseError
from dialer.clock import SpeedClock, WallClock
from dialer.config import Config, ConfigError, load_config, structure
from dialer.journal import replay
from dialer.log import set_up_logging
from dialer.model import Account
from dialer.pacing_command import app as pacing_app
from dialer.ports import JournalStore, StoreError
from dialer.publishing import publish
from dialer.records import RecordError, decode_all
from dialer.rule_facts import fact_parsers
from dialer.rules_command import app as rules_app
from dialer.simulation import run_virtual

app = cyclopts.App(name="paceline", help="Predictive dialer and collections engine.")
console = Console()
errors = Console(stderr=True)

app.command(rules_app)
app.command(pacing_app)

Seed = Annotated[int | None, Parameter(help="Seed of everything random; the same seed repeats the day to the byte.")]
Changes = Annotated[
    tuple[str, ...],
    Parameter(name="--set", help="Change a setting, e.g. campaigns.telesales.pacing.mode=progressive.", negative=()),
]
Language = Annotated[str, Parameter(help="Language of tables and report: ko or en.")]
Agents = Annotated[int | None, Parameter(help="Scale the shifts to this many agents in all.")]


@app.command
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
    config, world = _load(config_path, set_, seed, agents, until)
    people, accounts = _import_lists(config, world)
    store = MemoryJournal()
    started = time.perf_counter()
    with _progress("simulating") as bar:
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


@app.command
def run(
    config_path: Path,
    *,
    speed: Annotated[float, Parameter(help="So many times faster than real time.")] = 1.0,
    journal: Annotated[Path | None, Parameter(help="The journal's file; else as the configuration says.")] = None,
    seed: Seed = None,
    agents: Agents = None,
    set_: Changes = (),
    log_json: Annotated[bool, Parameter(help="Log JSON lines.")] = False,
) -> None:
    """Dial in real time until SIGTERM (talks finish, then exit 0); a second SIGTERM stops at once."""
    set_up_logging(is_json=log_json)
    config, world = _load(config_path, set_, seed, agents, None)
    path = journal or config.folder / config.journal
    people, accounts = _import_lists(config, world)
    store = SqliteJournal(path)
    try:
        trio.run(_run_live, config, world, people, accounts, store, clock=SpeedClock(speed))
    finally:
        store.close()


@app.command(name="import")
def import_(config_path: Path, *, into: Path = Path("accounts.db"), set_: Changes = ()) -> None:
    """Load every campaign's list into an account store; loading again adds nothing."""
    config = load_config(config_path, set_)
    with AccountStore(into) as accounts:
        _load_lists(config, accounts, is_chatty=True)


@app.command(name="replay")
def replay_(journal: Path, config_path: Path, *, set_: Changes = ()) -> None:
    """Rebuild the state that a journal leads to, and say what it holds."""
    config = load_config(config_path, set_)
    store = _open_journal(journal)
    state = replay(store.read(), new_state(config))
    console.print(
        f"{state.record_count:,} records, {len(state.attempts):,} open attempts, {len(state.ledger):,} contacts"
    )
    for book in state.campaigns.values():
        console.print(
            f"{book.campaign_id}: {book.state.value}, {book.attempt_count:,} attempts, "
            f"{book.counters.abandoned:,} abandoned of {book.counters.answered_by_person:,} answered by a person"
        )


@app.command(name="report")
def report_(
    journal: Path,
    config_path: Path,
    *,
    out: Path = Path("report.html"),
    json_: Annotated[Path | None, Parameter(name="--json")] = None,
    set_: Changes = (),
    language: Language = "en",
) -> None:
    """Make the report of a journal."""
    config = load_config(config_path, set_)
    publish(config, _open_journal(journal), json_, out, language, console)
    console.print(f"report: {out}")


# How.


def _load(
    path: Path, changes: tuple[str, ...], seed: int | None, agents: int | None, until: str | None
) -> tuple[Config, SimulationSettings]:
    config = load_config(path, changes)
    world = structure(config.simulation, SimulationSettings, f"{path}: simulation")
    if seed is not None:
        world = attrs.evolve(world, seed=seed)
    if until is not None:
        try:
            end = datetime.combine(world.start.date(), datetime.strptime(until, "%H:%M").time())  # noqa: DTZ007 (local)
        except ValueError:
            _fail(f"--until {until}: write a time like 11:30")
        world = attrs.evolve(world, end=end)
    if agents is not None:
        world = _scaled(world, agents)
    return config, world


class _HeldAccounts:
    """The accounts of a run, read from their store once: the engine and the simulated people share them."""

    def __init__(self, config: Config, store: AccountStore) -> None:
        self._by_campaign = {one.id: tuple(store.accounts(one.id)) for one in config.campaigns}

    def accounts(self, campaign_id: str) -> Iterator[Account]:
        """Every account of the campaign's list."""
        return iter(self._by_campaign[campaign_id])


def _import_lists(config: Config, world: SimulationSettings) -> tuple[People, _HeldAccounts]:
    """The campaigns' lists, and the simulated people behind their numbers."""
    path = config.folder / world.assumptions
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        _fail(f"{path}: {error}")
    people = People(structure(tree, Assumptions, str(path)), world.seed, config.time_zone)
    with AccountStore(":memory:") as store:
        _load_lists(config, store, is_chatty=False)
        accounts = _HeldAccounts(config, store)
    for campaign in config.campaigns:
        people.add(campaign.id, campaign.purpose, accounts.accounts(campaign.id))
    return people, accounts


def _load_lists(config: Config, accounts: AccountStore, *, is_chatty: bool) -> None:
    parsers = fact_parsers()
    with _progress("importing") as bar:
        for campaign in config.campaigns:
            task = bar.add_task(campaign.id, total=None, note="")

            def show(rows: int, done: int, total: int, task=task) -> None:  # type: ignore[no-untyped-def]
                bar.update(task, completed=done, total=total, note=f"{rows:,} rows")

            result = import_list(accounts, campaign.id, campaign.list, parsers, folder=config.folder, on_progress=show)
            if is_chatty or result.rejected or result.faulty:
                console.print(
                    f"{campaign.id}: {result.rows:,} rows, {result.persons:,} new persons, {result.claims:,} claims, "
                    f"{result.numbers:,} numbers, {result.already_there:,} already there, {result.rejected:,} rejected"
                    + (f" (see {result.rejects_path})" if result.rejects_path else "")
                )


def _ports(
    config: Config,
    world: SimulationSettings,
    people: People,
    accounts: _HeldAccounts,
    store: JournalStore,
    clock: WallClock,
) -> Ports:
    trunks = {
        one.name: SimulatedTrunk(one.name, one.lines, one.calls_per_s, people, clock.now_at) for one in config.trunks
    }
    for outage in world.outages:
        if outage.trunk not in trunks:
            _fail(f"simulation.outages: there is no trunk `{outage.trunk}`; there are {', '.join(trunks)}")
        start = datetime.combine(world.start.date(), datetime.fromisoformat(f"2000-01-01T{outage.start}").time())
        start_at = start.replace(tzinfo=config.zone)
        trunks[outage.trunk].outage(start_at, start_at + timedelta(minutes=outage.minutes))
    return Ports(tuple(trunks.values()), accounts, store)


async def _simulated_day(
    config: Config,
    world: SimulationSettings,
    people: People,
    accounts: _HeldAccounts,
    store: MemoryJournal,
    engines: list[Engine],
) -> None:
    clock = WallClock(world.start.replace(tzinfo=config.zone).astimezone(UTC))
    end_mono = clock.mono(world.end.replace(tzinfo=config.zone).astimezone(UTC))
    async with open_engine(config, _ports(config, world, people, accounts, store, clock), clock) as engine:
        engines.append(engine)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run_shifts, world, engine.agents, people, clock)
            nursery.start_soon(_drain_at, engine, end_mono)
            await engine.run()
            nursery.cancel_scope.cancel()
        engine.agents.log_out_all()


async def _drain_at(engine: Engine, mono: float) -> None:
    await trio.sleep_until(mono)
    engine.drain()


async def _run_live(
    config: Config, world: SimulationSettings, people: People, accounts: _HeldAccounts, store: SqliteJournal
) -> None:
    """The simulated carrier and floor in real time, from where the journal stands, to the end of the day."""
    start_at = world.start.replace(tzinfo=config.zone).astimezone(UTC)
    last_at = max((record.at for record in decode_all(store.read())), default=start_at)
    clock = WallClock(max(start_at, last_at))
    end_mono = clock.mono(world.end.replace(tzinfo=config.zone).astimezone(UTC))
    async with open_engine(config, _ports(config, world, people, accounts, store, clock), clock) as engine:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_obey_signals, engine)
            nursery.start_soon(run_shifts, world, engine.agents, people, clock)
            nursery.start_soon(_drain_at, engine, end_mono)
            nursery.start_soon(engine.report_status)
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


def _scaled(world: SimulationSettings, agents: int) -> SimulationSettings:
    """The shifts with `agents` people in all, each shift its share, by largest remainder."""
    total = sum(shift.agents for shift in world.shifts)
    exact = [shift.agents * agents / total for shift in world.shifts]
    counts = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: counts[index] - exact[index])
    for index in by_remainder[: agents - sum(counts)]:
        counts[index] += 1
    shifts = tuple(
        attrs.evolve(shift, agents=count) for shift, count in zip(world.shifts, counts, strict=True) if count > 0
    )
    return attrs.evolve(world, shifts=shifts)


def _open_journal(path: Path) -> SqliteJournal:
    if not path.exists():
        _fail(f"{path}: there is no such journal; check the path")
    return SqliteJournal(path)


def _keep_journal(path: Path, store: MemoryJournal) -> None:
    if path.exists():
        _fail(f"{path}: exists already; a simulated day goes into a new file")
    kept = SqliteJournal(path)
    kept.append_nowait(store.lines)
    kept.close()


@contextmanager
def _progress(what: str) -> Iterator[Progress]:
    columns = (
        TextColumn(what),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as bar:
        yield bar


def _fail(text: str) -> NoReturn:
    raise ConfigError(text)


_MENDABLE = (ConfigError, RulesError, ListError, RecordError, StoreError, MisuseError)


def main() -> None:
    """Entry point: errors that a person can mend are printed as text, not as tracebacks."""
    try:
        app()
    except _MENDABLE as error:
        _say_and_exit(error)
    except BaseExceptionGroup as group:
        mendable, others = group.split(_MENDABLE)
        if mendable is None or others is not None:
            raise
        _say_and_exit(_first(mendable))


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _say_and_exit(error: BaseException) -> NoReturn:
    errors.print(f"paceline: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
    sys.exit(2)


if __name__ == "__main__":
    main()

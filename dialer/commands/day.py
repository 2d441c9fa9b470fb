"""A day to dial: its settings, its lists, the simulated people behind the numbers, the simulated trunks."""

import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import attrs
import trio

from adapters.accounts import AccountStore, import_list
from adapters.simulated.assumptions import Assumptions
from adapters.simulated.people import People
from adapters.simulated.settings import SimulationSettings
from dialer.app import Engine, Ports
from dialer.clock import WallClock
from dialer.commands.telephony import is_real
from dialer.commands.terminal import console, fail, progress
from dialer.commands.trunks import simulated_trunks
from dialer.config import Config, load_config, structure
from dialer.model import Account
from dialer.ports import JournalStore
from dialer.rule_facts import fact_parsers

__all__ = [
    "HeldAccounts",
    "drain_at",
    "hold_lists",
    "import_lists",
    "import_run",
    "load_day",
    "load_lists",
    "load_run",
    "simulated_ports",
]


def load_day(
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
            fail(f"--until {until}: write a time like 11:30")
        world = attrs.evolve(world, end=end)
    if agents is not None:
        world = _scaled(world, agents)
    return config, world


class HeldAccounts:
    """The accounts of a run, read from their store once: the engine and the simulated people share them."""

    def __init__(self, config: Config, store: AccountStore) -> None:
        self._by_campaign = {one.id: tuple(store.accounts(one.id)) for one in config.campaigns}

    def accounts(self, campaign_id: str) -> Iterator[Account]:
        """Every account of the campaign's list."""
        return iter(self._by_campaign[campaign_id])


def load_run(
    path: Path, changes: tuple[str, ...], seed: int | None, agents: int | None
) -> tuple[Config, SimulationSettings | None]:
    """As `load_day`, for a run that may lead to real telephones: then nothing is simulated."""
    config = load_config(path, changes)
    return (config, None) if is_real(config) else load_day(path, changes, seed, agents, None)


def import_run(config: Config, world: SimulationSettings | None) -> tuple[People | None, HeldAccounts]:
    """The campaigns' lists and, unless real people are called, those simulated ones."""
    return import_lists(config, world) if world is not None else (None, hold_lists(config))


def hold_lists(config: Config) -> HeldAccounts:
    """The campaigns' lists, read from their files."""
    with AccountStore(":memory:") as store:
        load_lists(config, store, is_chatty=False)
        return HeldAccounts(config, store)


def import_lists(config: Config, world: SimulationSettings) -> tuple[People, HeldAccounts]:
    """The campaigns' lists, and the simulated people behind their numbers."""
    path = config.folder / world.assumptions
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        fail(f"{path}: {error}")
    people = People(structure(tree, Assumptions, str(path)), world.seed, config.time_zone)
    accounts = hold_lists(config)
    for campaign in config.campaigns:
        people.add(campaign.id, campaign.purpose, accounts.accounts(campaign.id))
    return people, accounts


def load_lists(config: Config, accounts: AccountStore, *, is_chatty: bool) -> None:
    parsers = fact_parsers()
    with progress("importing") as bar:
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


def simulated_ports(
    config: Config,
    world: SimulationSettings,
    people: People,
    accounts: HeldAccounts,
    store: JournalStore,
    clock: WallClock,
) -> Ports:
    """What an engine needs when everybody it meets is in its own process."""
    return Ports(simulated_trunks(config, world, people, clock), accounts, store)


async def drain_at(engine: Engine, mono: float) -> None:
    await trio.sleep_until(mono)
    engine.drain()


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

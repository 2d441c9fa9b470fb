"""The ways out that a configuration names, each by its kind."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta

from adapters.simulated.carrier_trunk import open_carrier_trunk
from adapters.simulated.people import People
from adapters.simulated.settings import SimulationSettings
from adapters.simulated.trunk import SimulatedTrunk
from dialer.clock import WallClock
from dialer.commands.telephony import open_switches
from dialer.commands.terminal import fail
from dialer.config import Config, TrunkConfig
from dialer.ports import Trunk

__all__ = ["open_trunks", "simulated_trunks"]


@asynccontextmanager
async def open_trunks(
    config: Config, world: SimulationSettings | None, people: People | None, clock: WallClock
) -> AsyncIterator[tuple[Trunk, ...]]:
    """The trunks of a live run, connected as long as the block lasts; without a world, they lead to telephones."""
    if world is None or people is None:
        async with open_switches(config) as real:
            yield real
        return
    simulated = {one.name: one for one in simulated_trunks(config, world, people, clock)}
    async with AsyncExitStack() as stack:
        yield tuple([await _open(one, config, simulated, stack) for one in config.trunks])


async def _open(one: TrunkConfig, config: Config, simulated: dict[str, SimulatedTrunk], stack: AsyncExitStack) -> Trunk:
    if one.kind == "carrier":
        return await stack.enter_async_context(
            open_carrier_trunk(one.name, one.lines, one.calls_per_s, config.folder / one.socket)
        )
    return simulated[one.name]


def simulated_trunks(
    config: Config, world: SimulationSettings, people: People, clock: WallClock
) -> tuple[SimulatedTrunk, ...]:
    """The trunks whose far end is in this process, with their outages."""
    names = [one.name for one in config.trunks]
    trunks = {
        one.name: SimulatedTrunk(one.name, one.lines, one.calls_per_s, people, clock.now_at) for one in config.trunks
    }
    for outage in world.outages:
        if outage.trunk not in trunks:
            fail(f"simulation.outages: there is no trunk `{outage.trunk}`; there are {', '.join(names)}")
        start = datetime.combine(world.start.date(), datetime.fromisoformat(f"2000-01-01T{outage.start}").time())
        start_at = start.replace(tzinfo=config.zone)
        trunks[outage.trunk].outage(start_at, start_at + timedelta(minutes=outage.minutes))
    return tuple(trunks.values())

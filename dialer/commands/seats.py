"""Where the talks of agents at pages are heard: on listed phones, or with simulated people."""

from adapters.asterisk.stations import AsteriskStations
from adapters.asterisk.trunk import AsteriskTrunk
from adapters.simulated.far_side import SimulatedStations
from adapters.simulated.people import People
from adapters.switches.floor import FloorSettings
from dialer.clock import WallClock
from dialer.commands.telephony import floor_settings
from dialer.config import Config
from dialer.ports import Trunk
from dialer.stations import Stations

__all__ = ["stations_of"]


def stations_of(
    config: Config, trunks: tuple[Trunk, ...], people: People | None, clock: WallClock, speed: float
) -> Stations | None:
    """The stations of a run; None on a switch whose phones no page can use."""
    if people is not None:
        return SimulatedStations(people, clock, speed)
    servers = dict.fromkeys(one.server for one in trunks if isinstance(one, AsteriskTrunk))
    # Also where no phone is listed: then nobody can sit down, instead of being put through to silence.
    return AsteriskStations(tuple(servers), floor_settings(config) or FloorSettings()) if servers else None

"""The telephone switches that a configuration names, the trunks behind them, and the agents' phones."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import trio

from adapters.asterisk.oversight import recording
from adapters.asterisk.phones import PhoneLine
from adapters.asterisk.server import AsteriskServer, running
from adapters.asterisk.settings import AsteriskSettings, ServerSettings
from adapters.asterisk.trunk import AsteriskTrunk
from adapters.freeswitch.phones import PhoneLine as FreeswitchLine
from adapters.freeswitch.server import FreeswitchServer
from adapters.freeswitch.server import running as freeswitch_running
from adapters.freeswitch.settings import FreeswitchSettings
from adapters.freeswitch.settings import ServerSettings as FreeswitchServerSettings
from adapters.freeswitch.trunk import FreeswitchTrunk
from adapters.switches.desk import Line, PhoneDesk, keep_logged_in
from adapters.switches.floor import FloorSettings
from adapters.switches.secret import SettingsError, read_secret
from dialer.commands.terminal import fail
from dialer.config import Config, TrunkConfig, structure
from dialer.disposition import DISPOSITIONS, Disposition
from dialer.ports import AgentProfile, AgentReport, CallCard, Trunk
from dialer.supervisor import Engine

__all__ = [
    "asterisk_servers",
    "asterisk_trunk",
    "floor_settings",
    "freeswitch_servers",
    "freeswitch_trunk",
    "is_freeswitch",
    "is_real",
    "open_switches",
    "phone_line",
    "run_phones",
]

_CONNECT_S = 5.0
_SWITCHES = {"asterisk", "freeswitch"}


def is_real(config: Config) -> bool:
    """Whether the trunks lead to telephones. A configuration that leads to both real and simulated ones is refused."""
    kinds = {one.kind for one in config.trunks}
    if kinds & _SWITCHES and kinds - _SWITCHES:
        fail("trunks: some are simulated and some are not; a run dials people or simulates them, never both")
    if len(kinds & _SWITCHES) > 1:
        fail("trunks: some are `asterisk` and some `freeswitch`; agents' phones hang on one kind of switch")
    return bool(kinds & _SWITCHES)


def is_freeswitch(config: Config) -> bool:
    """Whether the switches of a real configuration are FreeSWITCHes."""
    return any(one.kind == "freeswitch" for one in config.trunks)


def asterisk_servers(config: Config) -> dict[str, AsteriskServer]:
    """Every Asterisk of the configuration, not yet connected; its secret is read, its limits are checked."""
    servers = {}
    for name, table in config.servers.items():
        settings = structure(_table(table, f"servers.{name}"), ServerSettings, f"servers.{name}")
        servers[name] = AsteriskServer(settings, _checked_secret(config, name, settings))
    return servers


def asterisk_trunk(one: TrunkConfig, servers: Mapping[str, AsteriskServer]) -> AsteriskTrunk:
    """A trunk of the configuration."""
    _check_server(one, servers)
    settings = structure(one.dialing, AsteriskSettings, f"trunks.{one.name}.dialing")
    return AsteriskTrunk(one.name, one.lines, one.calls_per_s, servers[one.server], settings)


def freeswitch_servers(config: Config) -> dict[str, FreeswitchServer]:
    """Every FreeSWITCH of the configuration, not yet connected; its secret is read, its limits are checked."""
    if config.floor.get("record"):
        fail("floor.record: talks are not recorded by way of FreeSWITCH yet; leave it out")
    servers = {}
    for name, table in config.servers.items():
        settings = structure(_table(table, f"servers.{name}"), FreeswitchServerSettings, f"servers.{name}")
        servers[name] = FreeswitchServer(settings, _checked_secret(config, name, settings))
    return servers


def freeswitch_trunk(one: TrunkConfig, servers: Mapping[str, FreeswitchServer]) -> FreeswitchTrunk:
    """A trunk of the configuration."""
    _check_server(one, servers)
    settings = structure(one.dialing, FreeswitchSettings, f"trunks.{one.name}.dialing")
    return FreeswitchTrunk(one.name, one.lines, one.calls_per_s, servers[one.server], settings)


def floor_settings(config: Config) -> FloorSettings | None:
    """The agents' phones; None where the configuration has none."""
    if not config.floor:
        return None
    floor = structure(config.floor, FloorSettings, "floor")
    for where, word in [*floor.keys.items(), ("unsaid", floor.unsaid)]:
        _disposition(word, f"floor: {where}")
    campaigns = {one.id for one in config.campaigns}
    for agent in floor.agents:
        strange = [one for one in agent.campaigns if one not in campaigns]
        if strange:
            fail(f"floor.agents: {agent.id} works `{strange[0]}`; there are {', '.join(sorted(campaigns))}")
    return floor


@asynccontextmanager
async def open_switches(config: Config) -> AsyncIterator[tuple[Trunk, ...]]:
    """The trunks of a configuration, connected as long as the block lasts."""
    async with AsyncExitStack() as stack:
        if is_freeswitch(config):
            peers = freeswitch_servers(config)
            trunks: tuple[Trunk, ...] = tuple(freeswitch_trunk(one, peers) for one in config.trunks)
            await stack.enter_async_context(freeswitch_running(*peers.values()))
            waits = [one.wait_up for one in peers.values()]
        else:
            servers = asterisk_servers(config)
            trunks = tuple(asterisk_trunk(one, servers) for one in config.trunks)
            await stack.enter_async_context(running(*servers.values()))
            waits = [one.wait_up for one in servers.values()]
        with trio.move_on_after(_CONNECT_S):  # one that is not there now is connected when it comes
            for wait_up in waits:
                await wait_up()
        yield trunks


def phone_line(
    server: AsteriskServer | FreeswitchServer, floor: FloorSettings, agent_id: str, phone: str
) -> PhoneLine | FreeswitchLine:
    """An agent's phone on one switch."""
    endpoint = floor.endpoint.format(phone=phone)
    if isinstance(server, FreeswitchServer):
        return FreeswitchLine(server, agent_id, endpoint, caller_id=floor.caller_id, end_key=floor.end_key)
    return PhoneLine(server, agent_id, endpoint, caller_id=floor.caller_id, end_key=floor.end_key)


async def run_phones(config: Config, trunks: tuple[Trunk, ...], engine: Engine) -> None:
    """Keep the agents' phones on the line, and their agents logged in."""
    floor = floor_settings(config)
    if floor is None:
        return
    servers = {one.server for one in trunks if isinstance(one, AsteriskTrunk | FreeswitchTrunk)}
    async with trio.open_nursery() as nursery:
        for agent in floor.agents:
            lines = {one: phone_line(one, floor, agent.id, agent.phone) for one in servers}
            profile = AgentProfile(agent.id, agent.site, agent.campaigns)
            nursery.start_soon(keep_logged_in, profile, _desk(floor, lines), engine.agents)


def _desk(floor: FloorSettings, lines: Mapping[AsteriskServer | FreeswitchServer, Line]) -> PhoneDesk:
    keys = {key: _disposition(word, "floor.keys") for key, word in floor.keys.items()}
    desk = PhoneDesk(
        lines,
        keys,
        floor.wrap_up_s,
        unsaid=_disposition(floor.unsaid, "floor.unsaid"),
        is_nailed_up=floor.nailed_up,
    )
    if floor.record:

        def around_talk(line: PhoneLine, card: CallCard) -> AbstractAsyncContextManager[None]:
            return recording(line, card.attempt_id, floor.record_announcement)

        desk.around_talk = around_talk
    if floor.robot is not None:
        report = AgentReport(_disposition(floor.robot.disposition, "floor.robot.disposition"))

        def decide(_: CallCard) -> AgentReport:
            return report

        desk.talk_s, desk.wrap_up_s, desk.decide = floor.robot.talk_s, floor.robot.wrap_up_s, decide
    return desk


def _disposition(word: str, place: str) -> Disposition:
    sayable = [one.value for one, traits in DISPOSITIONS.items() if traits.is_connected]
    if word not in sayable:
        fail(f"{place}: `{word}` is nothing an agent can say; there are {', '.join(sayable)}")
    return Disposition(word)


def _check_server(one: TrunkConfig, servers: Mapping[str, object]) -> None:
    if one.server not in servers:
        known = ", ".join(servers) or "none"
        fail(f"trunks.{one.name}.server: there is no server `{one.server}`; there are {known}")


def _checked_secret(config: Config, name: str, settings: ServerSettings | FreeswitchServerSettings) -> str:
    """A server's secret. Trunks keep their own limits, so a server's are kept when those do not add up to more."""
    trunks = [one for one in config.trunks if one.server == name]
    lines, rate = sum(one.lines for one in trunks), sum(one.calls_per_s for one in trunks)
    if settings.lines is not None and lines > settings.lines:
        fail(f"servers.{name}: its trunks have {lines} lines together, and it may have {settings.lines}")
    if settings.calls_per_s is not None and rate > settings.calls_per_s:
        fail(f"servers.{name}: its trunks place {rate:g} calls a second, and it may place {settings.calls_per_s:g}")
    try:
        return read_secret(settings, config.folder)
    except SettingsError as error:
        fail(f"servers.{name}: {error}")


def _table(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        fail(f"{place}: is not a table")
    return value

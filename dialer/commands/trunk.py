"""`paceline trunk …`: whether the way out works, before a campaign finds out."""

from pathlib import Path
from typing import Annotated

import trio
from cyclopts import App, Parameter

from adapters.asterisk.check import check_server, check_trunk
from adapters.asterisk.phones import PhoneLine
from adapters.asterisk.settings import AsteriskSettings
from adapters.asterisk.trunk import AsteriskTrunk
from adapters.freeswitch import check as freeswitch_check
from adapters.freeswitch.phones import PhoneLine as FreeswitchLine
from adapters.freeswitch.settings import FreeswitchSettings
from adapters.freeswitch.trunk import FreeswitchTrunk
from adapters.switches.check import Say, Step, check_call, check_phone
from dialer.clock import system_now
from dialer.commands.telephony import floor_settings, is_real, open_switches, phone_line
from dialer.commands.terminal import Changes, console, fail
from dialer.config import Config, TrunkConfig, load_config, structure
from dialer.log import set_up_logging
from dialer.ports import CallOrder

__all__ = ["app"]

app = App(name="trunk", help="The way out: does it work?")

_RING_S = 30.0


@app.command
def check(
    config_path: Path,
    *,
    trunk: Annotated[str | None, Parameter(help="Only this trunk; else all.")] = None,
    number: Annotated[str | None, Parameter(help="Call this number (your own, as +821012345678) as a test.")] = None,
    agent: Annotated[str | None, Parameter(help="Put the test call through to this agent's phone.")] = None,
    set_: Changes = (),
) -> int:
    """Check the switch, the carrier and, with --number, one call from end to end. Exit 1 when something fails."""
    set_up_logging(is_json=False, level="error")
    config = load_config(config_path, set_)
    if not is_real(config):
        fail("trunks: all are simulated; there is nothing to check. Real ones: docs/asterisk.md, docs/freeswitch.md")
    chosen = [one for one in config.trunks if trunk in (None, one.name)]
    if not chosen:
        fail(f"--trunk {trunk}: there are {', '.join(one.name for one in config.trunks)}")
    return 0 if trio.run(_check, config, chosen, number, agent) else 1


async def _check(config: Config, chosen: list[TrunkConfig], number: str | None, agent: str | None) -> bool:
    is_ok = True
    async with open_switches(config) as trunks:
        for one, trunk in zip(config.trunks, trunks, strict=True):
            if one not in chosen:
                continue
            console.print(f"trunk {one.name}, server {one.server}", style="bold")
            steps: list[Step] = []

            def say(step: Step, steps: list[Step] = steps) -> None:
                steps.append(step)
                _print(step)

            assert isinstance(trunk, AsteriskTrunk | FreeswitchTrunk)
            await _check_one(config, one, trunk, number, agent, say)
            is_ok = is_ok and all(step.is_ok for step in steps)
    if is_ok and number is None:
        console.print("Nothing was called. With --number +82… a test call is placed.")
    return is_ok


async def _check_one(
    config: Config,
    one: TrunkConfig,
    trunk: AsteriskTrunk | FreeswitchTrunk,
    number: str | None,
    agent: str | None,
    say: Say,
) -> None:
    await _check_switch(one, trunk, say)
    if not trunk.server.is_up:
        return
    line = _line(config, trunk, agent) if agent is not None else None
    try:
        if line is not None:
            await check_phone(line, say)
        if number is not None:
            campaign = config.campaigns[0]
            order = CallOrder(f"check-{system_now():%Y%m%d%H%M%S%f}", number, campaign.caller_id, _RING_S)
            is_reached = line is not None and line.is_up
            await check_call(trunk, order, campaign.safe_harbor_message, line if is_reached else None, say)
    finally:
        if line is not None:
            line.hang_up()


async def _check_switch(one: TrunkConfig, trunk: AsteriskTrunk | FreeswitchTrunk, say: Say) -> None:
    """The switch, and the way to the carrier where the switch is reached."""
    place = f"trunks.{one.name}.dialing"
    if isinstance(trunk, FreeswitchTrunk):
        await freeswitch_check.check_server(trunk.server, say)
        if trunk.server.is_up:
            await freeswitch_check.check_trunk(trunk, structure(one.dialing, FreeswitchSettings, place), say)
        return
    await check_server(trunk.server, say)
    if trunk.server.is_up:
        await check_trunk(trunk, structure(one.dialing, AsteriskSettings, place), say)


def _line(config: Config, trunk: AsteriskTrunk | FreeswitchTrunk, agent: str) -> PhoneLine | FreeswitchLine:
    floor = floor_settings(config)
    phones = {one.id: one.phone for one in floor.agents} if floor is not None else {}
    if floor is None or agent not in phones:
        fail(f"--agent {agent}: the floor has {', '.join(phones) or 'no agents'}")
    return phone_line(trunk.server, floor, agent, phones[agent])


def _print(step: Step) -> None:
    mark, style = ("ok  ", "green") if step.is_ok else ("FAIL", "red")
    console.print(f"  {mark}  {step.what}: {step.found}", style=style, highlight=False, markup=False, soft_wrap=True)
    if step.remedy:
        console.print(f"        → {step.remedy}", highlight=False, markup=False, soft_wrap=True)

"""Whether calls can be placed over a FreeSWITCH, step by step, each said in words."""

import re

import trio

from adapters.freeswitch.server import FreeswitchServer
from adapters.freeswitch.settings import FreeswitchSettings
from adapters.freeswitch.trunk import FreeswitchTrunk
from adapters.switches.check import Say, Step

__all__ = ["check_server", "check_trunk"]

_CONNECT_S = 5.0

_NEEDED = {
    "mod_commands": "it places calls and puts people and agents together",
    "mod_dptools": "it parks calls, plays the message for abandoned calls, and tells people from machines",
    "mod_sndfile": "it reads the message for abandoned calls",
    "mod_sofia": "it is the SIP channel",
}


async def check_server(server: FreeswitchServer, say: Say) -> None:
    """Connection, version, and what FreeSWITCH has loaded. The server runs meanwhile."""
    what = f"connect to {server.settings.address}"
    with trio.move_on_after(_CONNECT_S):
        await server.wait_up()
    if not server.is_up:
        say(Step(what, False, server.fault, _connect_remedy(server)))
        return
    said = (await server.request("api version")).text
    version = re.search(r"Version (\d+)\.(\d+)\S*", said)
    say(Step(what, True, f"FreeSWITCH {version.group(0)[8:]}" if version else said[:60]))
    if version is not None and (int(version.group(1)), int(version.group(2))) < (1, 10):
        say(Step("version", False, version.group(0), "install FreeSWITCH 1.10 or later"))
    is_complete = True
    for name, why in _NEEDED.items():
        reply = await server.request(f"api module_exists {name}")
        if reply.text.strip() != "true":
            is_complete = False
            say(Step(f"module {name}", False, "not loaded", f"load it in modules.conf.xml: {why}"))
    if is_complete:
        say(Step("modules", True, f"all {len(_NEEDED)} that are needed"))


async def check_trunk(trunk: FreeswitchTrunk, settings: FreeswitchSettings, say: Say) -> None:
    """The gateway behind which the carrier is."""
    match = re.fullmatch(r"sofia/gateway/([\w.-]+)/\S*\{number\}\S*", settings.endpoint)
    if match is None:
        say(Step("gateway", True, f"{settings.endpoint}: of another form, so not looked at"))
        return
    name = match.group(1)
    reply = await trunk.server.request(f"api sofia status gateway {name}")
    found = dict(re.findall(r"^(\w+)[ \t]+(.*?)[ \t]*$", reply.text, re.MULTILINE))
    if "Status" not in found:
        said = reply.text.strip().splitlines()
        remedy = "compare `endpoint` with the gateways of the SIP profile, and `sofia` with `esl-allowed-api`"
        say(Step(f"gateway {name}", False, said[0] if said else "no answer", remedy))
        return
    is_up = found["Status"].startswith("UP")
    remedy = "the carrier does not answer; check its address, the account and your firewall (sofia status in fs_cli)"
    say(Step(f"gateway {name}", is_up, f"{found['Status']}, {found.get('State', '')}", "" if is_up else remedy))


def _connect_remedy(server: FreeswitchServer) -> str:
    if "secret" in server.fault:
        return "compare `user` and the secret with event_socket.conf.xml or the user in the directory"
    return "start FreeSWITCH, load mod_event_socket, and compare `address` with its event_socket.conf.xml"

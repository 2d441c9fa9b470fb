"""Whether calls can be placed: step by step, each said in words, with a remedy where it fails."""

import re
from typing import Any

import trio

from adapters.asterisk.server import AsteriskServer
from adapters.asterisk.settings import AsteriskSettings
from adapters.asterisk.trunk import AsteriskTrunk
from adapters.switches.check import Say, Step

__all__ = ["check_server", "check_trunk"]

_CONNECT_S = 5.0

_NEEDED = {
    "chan_pjsip.so": "it is the SIP channel",
    "app_stasis.so": "it hands calls to the dialer",
    "res_ari_channels.so": "it places calls",
    "res_ari_bridges.so": "it puts people and agents together",
    "res_ari_playbacks.so": "it plays the message for abandoned calls",
    "res_stasis_playback.so": "it plays the message for abandoned calls",
    "func_talkdetect.so": "it tells people from machines",
    "func_callerid.so": "it shows your number",
    "bridge_simple.so": "it mixes two voices",
    "bridge_softmix.so": "it mixes three voices",
}


async def check_server(server: AsteriskServer, say: Say) -> None:
    """Connection, version, and what Asterisk has loaded. The server runs meanwhile."""
    with trio.move_on_after(_CONNECT_S):
        await server.wait_up()
    if not server.is_up:
        say(Step(f"connect to {server.settings.url}", False, server.fault, _connect_remedy(server)))
        return
    info: Any = (await server.request("GET", "asterisk/info", {"only": "system"})).body
    version = str(info["system"]["version"])
    say(Step(f"connect to {server.settings.url}", True, f"Asterisk {version}"))
    major = re.match(r"\d+", version)
    if major is not None and int(major.group()) < 22:
        say(Step("version", False, version, "install Asterisk 22 or later; older ones take no requests by websocket"))
    modules = await server.request("GET", "asterisk/modules")
    if not modules.is_ok:
        say(Step("modules", True, "Asterisk does not list them (res_ari_asterisk); not looked at"))
        return
    listed: Any = modules.body
    running = {one["name"] for one in listed if one["status"] == "Running"}
    for name in sorted(set(_NEEDED) - running):
        say(Step(f"module {name}", False, "not loaded", f"load it in modules.conf: {_NEEDED[name]}"))
    if set(_NEEDED) <= running:
        say(Step("modules", True, f"all {len(_NEEDED)} that are needed"))


async def check_trunk(trunk: AsteriskTrunk, settings: AsteriskSettings, say: Say) -> None:
    """The endpoint behind which the carrier is."""
    match = re.fullmatch(r"([A-Za-z0-9]+)/\{number\}@([\w.-]+)", settings.endpoint)
    if match is None:
        say(Step("endpoint", True, f"{settings.endpoint}: of another form, so not looked at"))
        return
    await _endpoint(trunk.server, match.group(1), match.group(2), say)


async def _endpoint(server: AsteriskServer, technology: str, resource: str, say: Say) -> None:
    reply = await server.request("GET", f"endpoints/{technology}/{resource}")
    what = f"endpoint {technology}/{resource}"
    if reply.status == 404:
        say(Step(what, False, "Asterisk has none", "compare `endpoint` with the sections of pjsip.conf"))
        return
    body: Any = reply.body
    state = str(body.get("state", "unknown")) if isinstance(body, dict) else "unknown"
    remedy = "the carrier does not answer; check its address and your firewall (pjsip show aor in Asterisk's console)"
    say(Step(what, state != "offline", state, remedy if state == "offline" else ""))


def _connect_remedy(server: AsteriskServer) -> str:
    if "user" in server.fault or "secret" in server.fault:
        return "compare `user` and the secret with the section of ari.conf"
    return "start Asterisk; enable `[general] enabled = yes` in http.conf and ari.conf; compare the address and port"

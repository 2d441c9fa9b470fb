"""Whether calls can be placed: step by step, each said in words, with a remedy where it fails."""

import re
from collections.abc import Callable
from typing import Any

import trio
from attrs import frozen

from adapters.asterisk.phones import PhoneLine
from adapters.asterisk.server import AsteriskServer
from adapters.asterisk.settings import AsteriskSettings
from adapters.asterisk.trunk import AsteriskLeg, AsteriskTrunk
from dialer.disposition import NetworkOutcome
from dialer.ports import CallOrder, PeerError

__all__ = ["Say", "Step", "check_call", "check_phone", "check_server", "check_trunk"]

_CONNECT_S = 5.0
_RING_S = 30.0

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

_WHY = {
    NetworkOutcome.BUSY: "the number is busy: the trunk works; try a number that is free",
    NetworkOutcome.NO_ANSWER: "nobody answered: the trunk works; pick up next time",
    NetworkOutcome.REJECTED: "the carrier or the person declined; carriers do so when they do not accept the caller id",
    NetworkOutcome.INVALID_NUMBER: "the carrier does not know the number; compare `number_format` with what it wants",
    NetworkOutcome.CONGESTED: "the carrier has no line; check the account, its lines, and `calls_per_s`",
    NetworkOutcome.TRUNK_LOST: "Asterisk could not place the call; is the endpoint registered and reachable?",
}


@frozen
class Step:
    """One thing that was tried."""

    what: str
    is_ok: bool
    found: str = ""
    remedy: str = ""


Say = Callable[[Step], None]


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


async def check_phone(line: PhoneLine, say: Say) -> None:
    """Whether an agent's phone can be called. Its line stays up for the call that follows."""
    try:
        await line.call()
    except PeerError as error:
        remedy = "register the phone, let it answer by itself, and compare `floor.endpoint` with pjsip.conf"
        say(Step(f"call the phone of {line.agent_id}", False, str(error), remedy))
    else:
        say(Step(f"call the phone of {line.agent_id}", True, "answered, and waits in its bridge"))


async def check_call(trunk: AsteriskTrunk, order: CallOrder, message: str, line: PhoneLine | None, say: Say) -> None:
    """One call from the dial tone to the hang-up."""
    start = trio.current_time()
    async with trunk.open_leg(order) as leg:
        say(Step("place a call", True, f"as {order.caller_id}"))
        with trio.move_on_after(_RING_S):
            answered = await leg.wait_answer()
            rang = "rang, then answered" if leg.has_rung else "answered without ringing"
            say(Step("answer", True, f"{rang} after {answered - start:.1f} s"))
            await _after_answer(leg, message, line, say)
    say(_end(leg))


async def _after_answer(leg: AsteriskLeg, message: str, line: PhoneLine | None, say: Say) -> None:
    greeting = await leg.wait_greeting()
    after_s = trio.current_time() - (await leg.wait_answer())
    say(Step("person or machine", True, f"{greeting.answered_by.value}, {after_s:.1f} s after the answer"))
    try:
        await leg.play(message)
        say(Step(f"play `{message}`", True, "played to its end"))
    except PeerError as error:
        remedy = "put the recording for abandoned calls there; without it every abandoned call breaks the law"
        say(Step(f"play `{message}`", False, str(error), remedy))
    if line is not None:
        try:
            with trio.move_on_after(2.0):
                await line.talk(leg)
            say(Step(f"put through to {line.agent_id}", True, "both were in the bridge for two seconds"))
        except PeerError as error:
            say(Step(f"put through to {line.agent_id}", False, str(error), "look into Asterisk's log"))


def _end(leg: AsteriskLeg) -> Step:
    ended = leg.ended
    assert ended is not None
    if leg.is_answered:
        by = {"us": "we hung up", "person": "the person hung up", "network": "the network cut the line"}
        return Step("hang up", True, by[ended.hung_up_by.value])
    return Step("answer", False, ended.outcome.value.replace("_", " "), _WHY.get(ended.outcome, "see Asterisk's log"))


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

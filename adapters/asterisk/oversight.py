"""Talks recorded, listened to, handed on.

A recording is of the agent's bridge, so it holds both voices. A supervisor
listens through a channel that copies the agent's: who whispers is heard by the
agent alone, who joins is heard by both.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum

import structlog
import trio
from attrs import define, field

from adapters.asterisk.phones import PhoneLine
from adapters.asterisk.protocol import Answered, Destroyed, Event, Ringing
from adapters.asterisk.server import AsteriskServer
from adapters.asterisk.trunk import AsteriskLeg
from dialer.ports import PeerError

__all__ = ["Listening", "listening", "recording", "transfer"]

log = structlog.get_logger()

# Who takes over a call has this long to answer; the person waits meanwhile.
_TRANSFER_RING_S = 20
# A copying channel is in the application within milliseconds; on a starved machine it takes its time.
_ARRIVES_S = 5.0
_LOOK_AGAIN_S = 0.02
_NOT_THERE_YET = 422  # "Channel not in Stasis application"


class Listening(Enum):
    """How a supervisor takes part in a talk."""

    LISTEN = "listen"
    WHISPER = "whisper"
    JOIN = "join"


@asynccontextmanager
async def recording(line: PhoneLine, name: str, announcement: str = "") -> AsyncIterator[None]:
    """Record the agent's bridge while the block lasts, to `name`.wav in Asterisk's folder of recordings.

    The announcement, a sound file, is played to both first thing and stands in the recording, as proof that it
    was heard. A recording that cannot be started is said in the log and does not end the talk.
    """
    query = {"name": name, "format": "wav", "ifExists": "overwrite"}
    reply = await line.server.request("POST", f"bridges/{line.bridge_id}/record", query)
    if not reply.is_ok:
        log.error("recording_failed", agent_id=line.agent_id, status=reply.status, consequence="not recorded")
    elif announcement:
        line.server.post("POST", f"bridges/{line.bridge_id}/play", {"media": f"sound:{announcement}"})
    try:
        yield
    finally:
        line.server.post("POST", f"recordings/live/{name.replace('/', '%2F')}/stop", {})


@asynccontextmanager
async def listening(agent: PhoneLine, supervisor: PhoneLine, how: Listening) -> AsyncIterator[None]:
    """A supervisor, whose phone is on the line, takes part in an agent's talk while the block lasts."""
    server = agent.server
    if not agent.is_up or not supervisor.is_up or supervisor.server is not server:
        raise PeerError("both phones must be on the line of one Asterisk")
    if how is Listening.JOIN:
        await _demand(server, f"bridges/{agent.bridge_id}/addChannel", {"channel": supervisor.channel_id})
        try:
            yield
        finally:
            server.post("POST", f"bridges/{supervisor.bridge_id}/addChannel", {"channel": supervisor.channel_id})
        return
    snoop_id = server.channel_id(f"snoop-{supervisor.agent_id}-{agent.agent_id}")
    whisper = "out" if how is Listening.WHISPER else "none"
    query = {"app": server.settings.app, "spy": "both", "whisper": whisper}
    try:
        await _demand(server, f"channels/{agent.channel_id}/snoop/{snoop_id}", query)
        await _add_when_there(server, supervisor.bridge_id, snoop_id)
        yield
    finally:
        server.hang_up(snoop_id)


async def _add_when_there(server: AsteriskServer, bridge_id: str, channel_id: str) -> None:
    """Add a channel that has just been made: Asterisk answers before the channel has reached the application."""
    deadline = trio.current_time() + _ARRIVES_S
    while True:
        reply = await server.request("POST", f"bridges/{bridge_id}/addChannel", {"channel": channel_id})
        if reply.is_ok:
            return
        if reply.status != _NOT_THERE_YET or trio.current_time() > deadline:
            msg = f"asterisk answered {reply.status} to adding a channel to a bridge: {reply.text[:200]}"
            raise PeerError(msg)
        await trio.sleep(_LOOK_AGAIN_S)


async def _demand(server: AsteriskServer, path: str, query: dict[str, str]) -> None:
    reply = await server.request("POST", path, query)
    if not reply.is_ok:
        msg = f"asterisk answered {reply.status} to POST {path.partition('/')[0]}: {reply.text[:200]}"
        raise PeerError(msg)


@define(eq=False)
class _Party:
    """One of two channels that were left to each other: when it ends, so does the other."""

    server: AsteriskServer
    channel_id: str
    other_id: str = ""
    answered: trio.Event = field(factory=trio.Event)
    gone: trio.Event = field(factory=trio.Event)

    def on_event(self, event: Event, mono: float) -> None:
        """The channel changed."""
        match event:
            case Answered():
                self.answered.set()
            case Destroyed():
                self.on_lost()
            case Ringing():
                pass

    def on_found(self, state: str) -> None:
        """The connection was away, the channel was not."""
        if state == "Up":
            self.answered.set()

    def on_lost(self) -> None:
        """The channel is gone, or out of reach."""
        self.server.forget(self.channel_id)
        self.gone.set()
        self.answered.set()
        if self.other_id:
            self.server.hang_up(self.other_id)


async def transfer(leg: AsteriskLeg, endpoint: str, caller_id: str = "") -> None:
    """Hand the person on to somebody else; the call is theirs from then on. Raises `PeerError` when nobody answers."""
    server = leg.server
    taker = _Party(server, leg.channel_id + "taker.")
    server.listen(taker.channel_id, taker)
    query = {
        "endpoint": endpoint,
        "app": server.settings.app,
        "channelId": taker.channel_id,
        "callerId": caller_id,
        "timeout": str(_TRANSFER_RING_S),
    }
    is_done = False
    try:
        await _demand(server, "channels", query)
        await taker.answered.wait()
        if taker.gone.is_set():
            raise PeerError("nobody answered the transfer")
        bridge_id = leg.channel_id + "transfer"
        server.bridges.add(bridge_id)
        await _demand(server, "bridges", {"type": "mixing", "bridgeId": bridge_id})
        both = {"channel": f"{leg.channel_id},{taker.channel_id}"}
        await _demand(server, f"bridges/{bridge_id}/addChannel", both)
        taker.other_id = leg.channel_id
        leg.hand_over(_Party(server, leg.channel_id, taker.channel_id))
        is_done = True
    finally:
        if not is_done:
            server.forget(taker.channel_id)
            server.hang_up(taker.channel_id)

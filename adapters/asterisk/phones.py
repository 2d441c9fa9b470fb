"""Agents' phones: called once and kept on the line (nailed up), or called for each person; one bridge each.

Theory of operation. A nailed-up phone waits alone in a bridge, so that a person
is put through with one request, a millisecond after the decision. When the
phone goes, the agent is on a break until it is back: nobody is put through to
silence. Keys are heard in the bridge: one ends the call, others say what became of it.
"""

from collections.abc import Callable, Mapping

import structlog
import trio
from attrs import define, field

from adapters.asterisk.protocol import Answered, Destroyed, Event, KeyPressed, Reply
from adapters.asterisk.server import AsteriskServer
from adapters.asterisk.trunk import AsteriskLeg
from dialer.ports import PeerError

__all__ = ["PhoneLine"]

log = structlog.get_logger()

# A phone that does not answer by then is not at the desk.
_RING_S = 30
# First pause before a phone is called again; it doubles up to the second.
_RETRY_S = 0.5
_MAX_RETRY_S = 15.0


@define(eq=False)
class PhoneLine:
    """One agent's phone on one Asterisk."""

    server: AsteriskServer
    agent_id: str
    endpoint: str
    caller_id: str = ""
    end_key: str = "*"
    on_change: Callable[[], None] = lambda: None
    _calls: int = 0
    channel_id: str = ""
    _answered: trio.Event = field(factory=trio.Event)
    _gone: trio.Event = field(factory=trio.Event)
    _talk_over: trio.Event = field(factory=trio.Event)
    _keys: list[str] = field(factory=list)
    _key_came: trio.Event = field(factory=trio.Event)
    bridge_id: str = ""

    @property
    def is_up(self) -> bool:
        """Whether a person could be put through now."""
        return bool(self.channel_id) and self._answered.is_set() and not self._gone.is_set()

    # Nailing up.

    async def keep(self) -> None:
        """Have the phone on the line, and call it again whenever it goes."""
        pause_s = _RETRY_S
        while True:
            await self.server.wait_up()
            try:
                await self.call()
            except PeerError as error:
                log.warning("phone_not_reached", agent_id=self.agent_id, reason=str(error))
            else:
                pause_s = _RETRY_S
                await self._gone.wait()
                log.info("phone_lost", agent_id=self.agent_id)
            await trio.sleep(pause_s)
            pause_s = min(2 * pause_s, _MAX_RETRY_S)

    async def wait_server(self) -> None:
        """For a phone that is called for each person: ready as soon as its Asterisk is."""
        await self.server.wait_up()
        self.on_change()

    async def call(self) -> None:
        """Call the phone and put it into a bridge of its own. Raises `PeerError`."""
        self._calls += 1
        self._answered, self._gone = trio.Event(), trio.Event()
        self.channel_id = self.server.channel_id(f"phone-{self.agent_id}-{self._calls}")
        self.server.listen(self.channel_id, self)
        query = {
            "endpoint": self.endpoint,
            "app": self.server.settings.app,
            "channelId": self.channel_id,
            "timeout": str(_RING_S),
            "callerId": self.caller_id,
        }
        try:
            await self._demand("POST", "channels", query)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._unless_gone, nursery.cancel_scope)
                with trio.move_on_after(_RING_S + 1):
                    await self._answered.wait()
                nursery.cancel_scope.cancel()
            if not self.is_up:
                msg = f"the phone of {self.agent_id} ({self.endpoint}) was not answered"
                raise PeerError(msg)
            bridge_id = self.channel_id + "bridge"
            await self._demand("POST", "bridges", {"type": "mixing,dtmf_events", "bridgeId": bridge_id})
            await self._demand("POST", f"bridges/{bridge_id}/addChannel", {"channel": self.channel_id})
            self.bridge_id = bridge_id
            self.server.bridges.add(bridge_id)
            self.on_change()
        except BaseException:
            self.hang_up()
            raise

    def hang_up(self) -> None:
        """Let the phone go."""
        if self.channel_id:
            self.server.forget(self.channel_id)
            self.server.hang_up(self.channel_id)
        self._drop()

    # Talking.

    async def talk(self, leg: AsteriskLeg) -> None:
        """Put a person through; returns when the agent ends the call, by key or by hanging up."""
        await self.put_through(leg)
        await self.wait_over()

    async def wait_over(self) -> None:
        """Block until the agent ends the call."""
        await self._talk_over.wait()

    async def wait_gone(self) -> None:
        """Block until the phone is off the line."""
        await self._gone.wait()

    async def put_through(self, leg: AsteriskLeg) -> None:
        """Let a person and the agent hear each other."""
        if not self.is_up:
            await self.call()
        self._talk_over, self._keys = trio.Event(), []
        await leg.ask("POST", f"bridges/{self.bridge_id}/addChannel", {"channel": leg.channel_id})

    async def wait_key(self) -> str:
        """Block until a key is pressed."""
        while not self._keys:
            self._key_came = trio.Event()
            await self._key_came.wait()
        return self._keys.pop(0)

    # What the switch says.

    def on_event(self, event: Event, mono: float) -> None:
        """The phone changed."""
        match event:
            case Answered():
                self._answered.set()
            case KeyPressed(key=key) if key == self.end_key:
                self._talk_over.set()
            case KeyPressed(key=key):
                self._keys.append(key)
                self._key_came.set()
            case Destroyed():
                self._drop()

    def on_found(self, state: str) -> None:
        """The connection was away, the phone was not."""
        if state == "Up":
            self._answered.set()

    def on_lost(self) -> None:
        """The phone is out of our hands."""
        self._drop()

    def _drop(self) -> None:
        self.server.forget(self.channel_id)
        if self.bridge_id:
            self.server.bridges.discard(self.bridge_id)
            self.server.post("DELETE", f"bridges/{self.bridge_id}", {})
        self.bridge_id = self.channel_id = ""
        self._gone.set()
        self._talk_over.set()
        self.on_change()

    async def _unless_gone(self, scope: trio.CancelScope) -> None:
        await self._gone.wait()
        scope.cancel()

    async def _demand(self, method: str, path: str, query: Mapping[str, str]) -> Reply:
        reply = await self.server.request(method, path, query)
        if not reply.is_ok:
            msg = f"asterisk answered {reply.status} to {method} {path} for {self.endpoint}: {reply.text[:200]}"
            raise PeerError(msg)
        return reply

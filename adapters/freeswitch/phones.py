"""Agents' phones: called once and kept on the line (nailed up), or called for each person.

Theory of operation. A nailed-up phone waits parked, so that a person is put
through with one command. When the person goes, FreeSWITCH parks the phone again.
When the phone goes, the agent is on a break until it is back: nobody is put
through to silence.
"""

from collections.abc import Callable

import structlog
import trio
from attrs import define, field

from adapters.freeswitch.protocol import Answered, Event, HungUp, JobOver, KeyPressed
from adapters.freeswitch.server import FreeswitchServer
from adapters.freeswitch.trunk import FreeswitchLeg, originate
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
    """One agent's phone on one FreeSWITCH."""

    server: FreeswitchServer
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

    @property
    def is_up(self) -> bool:
        """Whether a person could be put through now."""
        return bool(self.channel_id) and self._answered.is_set() and not self._gone.is_set()

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
        """For a phone that is called for each person: ready as soon as its FreeSWITCH is."""
        await self.server.wait_up()
        self.on_change()

    async def call(self) -> None:
        """Call the phone and park it. Raises `PeerError`."""
        self._calls += 1
        self._answered, self._gone = trio.Event(), trio.Event()
        self.channel_id = self.server.channel_id(f"phone-{self.agent_id}-{self._calls}")
        self.server.listen(self.channel_id, self)
        variables = {
            "paceline_app": self.server.settings.app,
            "originate_timeout": str(_RING_S),
            "park_after_bridge": "true",
        }
        try:
            line = originate(self.channel_id, self.endpoint, self.caller_id, variables)
            self.server.post(line, {"Job-UUID": self.channel_id})
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._unless_gone, nursery.cancel_scope)
                with trio.move_on_after(_RING_S + 1):
                    await self._answered.wait()
                nursery.cancel_scope.cancel()
            if not self.is_up:
                msg = f"the phone of {self.agent_id} ({self.endpoint}) was not answered"
                raise PeerError(msg)
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

    async def talk(self, leg: FreeswitchLeg) -> None:
        """Put a person through; returns when the agent ends the call, by key or by hanging up."""
        await self.put_through(leg)
        await self.wait_over()

    async def wait_over(self) -> None:
        """Block until the agent ends the call."""
        await self._talk_over.wait()

    async def put_through(self, leg: FreeswitchLeg) -> None:
        """Let a person and the agent hear each other."""
        if not self.is_up:
            await self.call()
        self._talk_over, self._keys = trio.Event(), []
        # Should the agent's phone go first, the person stays until we say what becomes of the call.
        self.server.post(f"api uuid_setvar {leg.channel_id} park_after_bridge true")
        self.server.post(f"api uuid_setvar {leg.channel_id} park_timeout {leg.unattended_s}:ALLOTTED_TIMEOUT")
        await leg.ask(f"api uuid_bridge {self.channel_id} {leg.channel_id}")

    async def wait_key(self) -> str:
        """Block until a key is pressed."""
        while not self._keys:
            self._key_came = trio.Event()
            await self._key_came.wait()
        return self._keys.pop(0)

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
            case HungUp():
                self._drop()
            case JobOver(text=text) if text.startswith("-"):
                self._drop()

    def on_found(self, is_answered: bool) -> None:
        """The connection was away, the phone was not."""
        if is_answered:
            self._answered.set()

    def on_lost(self) -> None:
        """The phone is out of our hands."""
        self._drop()

    def _drop(self) -> None:
        self.server.forget(self.channel_id)
        self.channel_id = ""
        self._gone.set()
        self._talk_over.set()
        self.on_change()

    async def _unless_gone(self, scope: trio.CancelScope) -> None:
        await self._gone.wait()
        scope.cancel()

"""The way out through a carrier in a process of its own; the engine's side of `adapters.simulated.carrier`."""

import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import trio

from adapters.simulated.carrier_lines import LineReader, Message, line_of
from adapters.simulated.fates import CallFate, Conversation, Party
from dialer.disposition import HungUpBy, NetworkOutcome
from dialer.ports import CallOrder, CallTrace, Greeting, LegEnd, PeerError
from dialer.records import AnsweredBy

__all__ = ["CarrierLeg", "CarrierTrunk", "open_carrier_trunk"]

_FIRST_RETRY_S = 0.2
_LONGEST_RETRY_S = 5.0


class CarrierLeg:
    """One call; what the carrier says of it arrives here."""

    def __init__(self, order: CallOrder, trunk: "CarrierTrunk") -> None:
        self.attempt_id = order.attempt_id
        self.ended: LegEnd | None = None
        self.scope = trio.CancelScope()
        self.fate = CallFate(NetworkOutcome.NORMAL, Party.NOBODY)
        self._trunk = trunk
        self._answered = trio.Event()
        self._greeted = trio.Event()
        self._answer_mono = math.inf
        self._greeting: Greeting | None = None

    async def wait_answer(self) -> float:
        """Block until somebody answers; the trio time of the answer."""
        await self._answered.wait()
        return self._answer_mono

    async def wait_greeting(self) -> Greeting:
        """Block until the carrier has told person from machine."""
        await self._greeted.wait()
        assert self._greeting is not None
        return self._greeting

    async def play(self, message: str) -> None:
        """Play a recorded message to its end."""
        self._trunk.say(do="play", id=self.attempt_id, leaves_s=None)
        await trio.sleep(self.fate.message_s)

    async def talk(self, conversation: Conversation) -> None:
        """An agent speaks for as long as the talk lasts; cancelled if the person hangs up."""
        is_theirs = conversation.hung_up_by is HungUpBy.PERSON
        self._trunk.say(do="talk", id=self.attempt_id, leaves_s=conversation.talk_s if is_theirs else None)
        if is_theirs:
            await trio.sleep_forever()
        await trio.sleep(conversation.talk_s)

    def heed(self, message: Message) -> None:
        """Take what the carrier says of this call."""
        now = trio.current_time()
        if message["say"] == "answered":
            self._answer_mono = now
            self._answered.set()
        elif message["say"] == "greeted":
            by = AnsweredBy(message["by"])
            party = Party.MACHINE if by is AnsweredBy.MACHINE else Party.RIGHT
            self.fate = CallFate(NetworkOutcome.NORMAL, party, message_s=message["message_s"])
            self._greeting = Greeting(by, max(self._answer_mono, now - message["ago_s"]))
            self._greeted.set()
        elif message["say"] == "ended":
            self.end(LegEnd(NetworkOutcome(message["outcome"]), HungUpBy(message["by"]), now))

    def end(self, end: LegEnd) -> None:
        """The far end is gone."""
        if self.ended is None:
            self.ended = end
            self.scope.cancel()

    def close(self) -> None:
        """The block is left on our side, unless the far end went first."""
        if self.ended is None:
            self._trunk.say(do="hang_up", id=self.attempt_id)
            outcome = NetworkOutcome.NORMAL if self._answered.is_set() else NetworkOutcome.NO_ANSWER
            self.ended = LegEnd(outcome, HungUpBy.US, trio.current_time())


class CarrierTrunk:
    """Implements `ports.Trunk` over a unix socket. `run` keeps it connected."""

    def __init__(self, name: str, line_count: int, max_calls_per_s: float, socket: Path) -> None:
        self.name = name
        self.line_count = line_count
        self.max_calls_per_s = max_calls_per_s
        self._socket = socket
        self._legs: dict[str, CarrierLeg] = {}
        self._outbox: list[bytes] = []
        self._has_mail = trio.Event()
        self._connected = trio.Event()
        self._asked = 0
        self._answers: dict[int, Message] = {}
        self._has_answer = trio.Event()

    @property
    def is_up(self) -> bool:
        """Whether the carrier is connected."""
        return self._connected.is_set()

    def say(self, **message: Any) -> None:
        """Tell the carrier, if it is there."""
        if self.is_up:
            self._outbox.append(line_of(**message))
            self._has_mail.set()

    @asynccontextmanager
    async def open_leg(self, order: CallOrder) -> AsyncIterator[CarrierLeg]:
        """Originate. The block is left when the far end goes; leaving it hangs up."""
        leg = CarrierLeg(order, self)
        self._legs[order.attempt_id] = leg
        if self.is_up:
            self.say(do="dial", id=order.attempt_id, to=order.e164)
        else:
            leg.end(LegEnd(NetworkOutcome.TRUNK_LOST, HungUpBy.NETWORK, trio.current_time()))
        try:
            with leg.scope:
                yield leg
        finally:
            del self._legs[order.attempt_id]
            leg.close()

    async def settle(self, attempt_ids: Sequence[str]) -> Mapping[str, CallTrace]:
        """Have the carrier hang up what is left, and ask its book."""
        await self._connected.wait()
        number = self._ask(attempt_ids)
        while number not in self._answers:
            await self._has_answer.wait()
        traces = self._answers.pop(number)["traces"]
        return {one: _trace(said) for one, said in traces.items()}

    def _ask(self, attempt_ids: Sequence[str]) -> int:
        self._asked += 1
        self.say(do="settle", number=self._asked, ids=list(attempt_ids))
        return self._asked

    async def run(self) -> None:
        """Connect, and connect again with back-off, until cancelled."""
        wait_s = _FIRST_RETRY_S
        while True:
            try:
                async with await trio.open_unix_socket(str(self._socket)) as stream:
                    wait_s = _FIRST_RETRY_S
                    await self._converse(stream)
            except OSError:
                pass  # not there yet, or not any more
            finally:
                self._lose()
            await trio.sleep(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_RETRY_S)

    async def _converse(self, stream: trio.abc.Stream) -> None:
        reader = LineReader()
        self._connected.set()
        self._ask(())  # what an earlier connection left ringing is nobody's any more
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._post, stream)
            with suppress(PeerError, trio.BrokenResourceError):
                async for data in stream:
                    for message in reader.feed(data):
                        self._heed(message)
            nursery.cancel_scope.cancel()

    async def _post(self, stream: trio.abc.Stream) -> None:
        while True:
            await self._has_mail.wait()
            self._has_mail = trio.Event()
            mail, self._outbox = b"".join(self._outbox), []
            try:
                await stream.send_all(mail)
            except trio.BrokenResourceError:
                return  # the reader hears of it too

    def _heed(self, message: Message) -> None:
        if message["say"] == "settled":
            self._answers[message["number"]] = message
            self._has_answer, has_answer = trio.Event(), self._has_answer
            has_answer.set()
            return
        leg = self._legs.get(message["id"])
        if leg is not None:
            leg.heed(message)

    def _lose(self) -> None:
        self._connected = trio.Event()
        self._outbox.clear()
        for leg in list(self._legs.values()):
            leg.end(LegEnd(NetworkOutcome.TRUNK_LOST, HungUpBy.NETWORK, trio.current_time()))


def _trace(said: Message) -> CallTrace:
    by = said["answered_by"]
    return CallTrace(said["is_placed"], AnsweredBy(by) if by is not None else None)


@asynccontextmanager
async def open_carrier_trunk(
    name: str, line_count: int, max_calls_per_s: float, socket: Path
) -> AsyncIterator[CarrierTrunk]:
    """A trunk that stays connected as long as the block lasts."""
    trunk = CarrierTrunk(name, line_count, max_calls_per_s, socket)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trunk.run)
        yield trunk
        nursery.cancel_scope.cancel()

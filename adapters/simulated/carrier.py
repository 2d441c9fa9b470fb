"""A carrier in a process of its own: `python -m adapters.simulated.carrier --socket S --book B`.

For tests and trials of what a simulation inside the engine's process cannot
show: the engine may be killed while calls go on here, and the book tells what
was dialed whatever became of the engine. Serves one engine at a time: a new
connection ends the old one's say, so that nothing that an earlier engine had
sent can be dialed once `settle` is answered.
"""

import argparse
import math
import signal
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import trio
from attrs import define, field, frozen

from adapters.simulated.carrier_book import CarrierBook
from adapters.simulated.carrier_lines import LineReader, Message, line_of
from adapters.simulated.draws import generator
from adapters.simulated.fates import CallFate, Party
from dialer.disposition import HungUpBy, NetworkOutcome
from dialer.ports import PeerError
from dialer.records import AnsweredBy

__all__ = ["Carrier", "Laws"]


@frozen
class Laws:
    """What becomes of calls: shares of 1, and seconds."""

    person: float = 0.35
    machine: float = 0.15
    busy: float = 0.05
    ring_s: float = 2.0
    """Mean time until an answer; unanswered calls ring three times as long."""
    patience_s: float = 6.0

    def fate(self, rng: Random) -> CallFate:
        """One call."""
        u = rng.random()
        ring_s = min(12.0, rng.gammavariate(3.0, self.ring_s / 3.0))
        if u < self.person + self.machine:
            party = Party.RIGHT if u < self.person else Party.MACHINE
            detected = AnsweredBy.HUMAN if party is Party.RIGHT else AnsweredBy.MACHINE
            greeting_s = 0.2 + 0.3 * rng.random()
            return CallFate(
                NetworkOutcome.NORMAL,
                party,
                answered_s=ring_s,
                greeting_s=greeting_s,
                detected_s=greeting_s + 0.1,
                detected=detected,
                stays_s=greeting_s + self.patience_s * (0.5 + rng.random()),
                message_s=self.patience_s * rng.random(),
            )
        is_busy = u < self.person + self.machine + self.busy
        outcome = NetworkOutcome.BUSY if is_busy else NetworkOutcome.NO_ANSWER
        return CallFate(outcome, Party.NOBODY, ends_s=0.3 if is_busy else 3.0 * ring_s)


@define(eq=False)
class _Call:
    id: str
    fate: CallFate
    scope: trio.CancelScope = field(factory=trio.CancelScope)
    is_answered: bool = False
    by: HungUpBy = HungUpBy.NETWORK


@define(eq=False)
class Carrier:
    """All calls, and the engine that is connected."""

    book: CarrierBook
    laws: Laws
    seed: int
    nursery: trio.Nursery
    calls: dict[str, _Call] = field(factory=dict)
    _engine: trio.abc.Stream | None = None
    _outbox: list[bytes] = field(factory=list)
    _has_mail: trio.Event = field(factory=trio.Event)

    async def serve(self, stream: trio.abc.Stream) -> None:
        """One engine, until it goes or another comes."""
        before, self._engine = self._engine, stream
        self._outbox.clear()
        if before is not None:
            await trio.aclose_forcefully(before)
        reader = LineReader()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._post, stream)
            try:
                async for data in stream:
                    for message in reader.feed(data):
                        # INVARIANT: an engine that is no longer the one connected is not obeyed.
                        if self._engine is not stream:
                            return
                        self._obey(message)
            except (trio.BrokenResourceError, trio.ClosedResourceError, PeerError):
                pass
            finally:
                nursery.cancel_scope.cancel()
        if self._engine is stream:
            self._engine = None

    def say(self, **message: object) -> None:
        """Tell the engine, if there is one."""
        if self._engine is not None:
            self._outbox.append(line_of(**message))
            self._has_mail.set()

    async def _post(self, stream: trio.abc.Stream) -> None:
        while True:
            await self._has_mail.wait()
            self._has_mail = trio.Event()
            mail = b"".join(self._outbox)
            self._outbox.clear()
            try:
                await stream.send_all(mail)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                return

    def _obey(self, message: Message) -> None:
        if message["do"] == "settle":
            self._settle(message["number"], message["ids"])
            return
        attempt_id = message["id"]
        if message["do"] == "dial":
            self.nursery.start_soon(self._see_through, attempt_id, message["to"])
            return
        call = self.calls.get(attempt_id)
        if call is None:
            return
        if message["do"] == "hang_up":
            call.by = HungUpBy.US
            call.scope.cancel()
        elif message["do"] in ("talk", "play"):
            call.by = HungUpBy.PERSON
            call.scope.deadline = trio.current_time() + (message["leaves_s"] or math.inf)

    def _settle(self, number: int, ids: list[str]) -> None:
        for call in self.calls.values():
            call.by = HungUpBy.US
            call.scope.cancel()
        known = self.book.answered_by
        traces = {one: {"is_placed": one in known, "answered_by": known.get(one)} for one in ids}
        self.say(say="settled", number=number, traces=traces)

    async def _see_through(self, attempt_id: str, e164: str) -> None:
        engine = self._engine
        await self.book.dialed(attempt_id, e164, datetime.now(UTC))
        if self._engine is not engine:
            return  # nobody is left to speak: it counts as placed, and rings nowhere
        call = self.calls[attempt_id] = _Call(attempt_id, self.laws.fate(generator(self.seed, "attempt", attempt_id)))
        with call.scope:
            await self._proceed(call)
        del self.calls[attempt_id]
        is_ours = call.by is HungUpBy.US
        outcome = call.fate.outcome if call.is_answered or not is_ours else NetworkOutcome.NO_ANSWER
        self.say(say="ended", id=attempt_id, outcome=outcome, by=call.by)

    async def _proceed(self, call: _Call) -> None:
        fate = call.fate
        if not fate.is_answered:
            await trio.sleep(fate.ends_s)
            return
        await trio.sleep(fate.answered_s)
        call.is_answered, call.by = True, HungUpBy.PERSON if fate.is_person else HungUpBy.NETWORK
        self.book.answered(call.id, fate.detected)
        self.say(say="answered", id=call.id)
        call.scope.deadline = trio.current_time() + fate.stays_s
        await trio.sleep(fate.detected_s)
        ago_s = fate.detected_s - fate.greeting_s
        self.say(say="greeted", id=call.id, by=fate.detected, ago_s=ago_s, message_s=fate.message_s)
        await trio.sleep_forever()


async def _run(socket_path: Path, book_path: Path, laws: Laws, seed: int) -> None:
    book = CarrierBook(book_path)
    listening = trio.socket.socket(trio.socket.AF_UNIX, trio.socket.SOCK_STREAM)
    await listening.bind(str(socket_path))
    listening.listen(16)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(book.run)
            nursery.start_soon(_stop_on_signal, nursery)
            carrier = Carrier(book, laws, seed, nursery)
            await trio.serve_listeners(carrier.serve, [trio.SocketListener(listening)])
    finally:
        book.close()


async def _stop_on_signal(nursery: trio.Nursery) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as received:
        async for _ in received:
            nursery.cancel_scope.cancel()


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m adapters.simulated.carrier", description=__doc__)
    parser.add_argument("--socket", type=Path, required=True, help="unix socket to listen on")
    parser.add_argument("--book", type=Path, required=True, help="file that every call is written to")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--person", type=float, default=0.35, help="share of calls that a person answers")
    parser.add_argument("--machine", type=float, default=0.15)
    parser.add_argument("--ring", type=float, default=2.0, help="mean seconds until an answer")
    arguments = parser.parse_args()
    laws = Laws(person=arguments.person, machine=arguments.machine, ring_s=arguments.ring)
    arguments.socket.unlink(missing_ok=True)
    trio.run(_run, arguments.socket, arguments.book, laws, arguments.seed)


if __name__ == "__main__":
    main()

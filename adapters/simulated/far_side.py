"""The simulated person on the line when a real one sits at the desk: they stay for a while, then hang up."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import attrs
import trio
from attrs import define

from adapters.simulated.agents import WallTime
from adapters.simulated.fates import SpokenLeg
from adapters.simulated.people import People
from dialer.disposition import HungUpBy
from dialer.ports import CallCard, Leg, PeerError

__all__ = ["SimulatedStations"]


class _Spoken:
    """A talk with nobody: there is nothing to hold, to mute or to record."""

    abilities: frozenset[str] = frozenset()
    on: frozenset[str] = frozenset()
    targets: tuple[str, ...] = ()

    async def wait_over(self) -> None:
        await trio.sleep_forever()

    async def turn(self, ability: str, *, is_on: bool) -> None:
        raise PeerError(f"a simulated talk cannot be turned to `{ability}`")

    async def transfer(self, target: str) -> None:
        raise PeerError(f"a simulated person cannot be handed on to `{target}`")


@define(eq=False)
class SimulatedStations:
    """`dialer.stations.Stations` where nobody has a phone. People keep people's pace, however fast the simulation."""

    people: People
    clock: WallTime
    speed: float
    needs_phone: bool = False
    can_oversee: bool = False

    async def run(self) -> None:
        """There is nothing to keep."""
        await trio.sleep_forever()

    def sit(self, agent_id: str, phone: str, on_change: Callable[[], None]) -> None:
        """No phone is asked for."""

    def leave(self, agent_id: str) -> None:
        """No phone is let go."""

    def is_ready(self, agent_id: str) -> bool:
        """Whoever sits at the page is."""
        return True

    @asynccontextmanager
    async def connect(self, leg: Leg, card: CallCard, agent_id: str) -> AsyncIterator[_Spoken]:
        """Play the person while the block lasts; a real trunk's person is real."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._play, leg, card)
            yield _Spoken()
            nursery.cancel_scope.cancel()

    async def oversee(self, supervisor: str, agent_id: str, phone: str, how: str) -> None:
        """Nothing is to be heard."""
        raise PeerError("there is nothing to hear on a simulated floor")

    def end_oversight(self, supervisor: str) -> None:
        """Nobody listens."""

    def overseen_by(self, supervisor: str) -> tuple[str, str] | None:
        """Nobody listens."""
        return None

    async def _play(self, leg: Leg, card: CallCard) -> None:
        if not isinstance(leg, SpokenLeg):
            return
        talk = self.people.converse(card, leg.fate, self.clock.now_at())
        await leg.talk(attrs.evolve(talk, talk_s=talk.talk_s * self.speed, hung_up_by=HungUpBy.PERSON))

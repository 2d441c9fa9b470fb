"""The simulated person on the line when a real one sits at the desk: they stay for a while, then hang up."""

from collections.abc import Awaitable, Callable

import attrs

from adapters.simulated.agents import WallTime
from adapters.simulated.fates import SpokenLeg
from adapters.simulated.people import People
from dialer.disposition import HungUpBy
from dialer.ports import CallCard, Leg

__all__ = ["far_side_of"]


def far_side_of(people: People, clock: WallTime, speed: float) -> Callable[[Leg, CallCard], Awaitable[None]]:
    """Plays the person at people's pace, however fast the simulation runs around the desk."""

    async def play(leg: Leg, card: CallCard) -> None:
        if not isinstance(leg, SpokenLeg):
            return  # a real trunk: the person is real too
        talk = people.converse(card, leg.fate, clock.now_at())
        await leg.talk(attrs.evolve(talk, talk_s=talk.talk_s * speed, hung_up_by=HungUpBy.PERSON))

    return play

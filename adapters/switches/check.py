"""A test call over any switch, step by step, each said in words, with a remedy where it fails."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import trio
from attrs import frozen

from dialer.disposition import NetworkOutcome
from dialer.ports import CallOrder, Leg, PeerError

__all__ = ["CheckedLeg", "CheckedLine", "CheckedTrunk", "Say", "Step", "check_call", "check_phone"]

_RING_S = 30.0

_WHY = {
    NetworkOutcome.BUSY: "the number is busy: the trunk works; try a number that is free",
    NetworkOutcome.NO_ANSWER: "nobody answered: the trunk works; pick up next time",
    NetworkOutcome.REJECTED: "the carrier or the person declined; carriers do so when they do not accept the caller id",
    NetworkOutcome.INVALID_NUMBER: "the carrier does not know the number; compare `number_format` with what it wants",
    NetworkOutcome.CONGESTED: "the carrier has no line; check the account, its lines, and `calls_per_s`",
    NetworkOutcome.TRUNK_LOST: "the switch could not place the call; is the endpoint registered and reachable?",
}


@frozen
class Step:
    """One thing that was tried."""

    what: str
    is_ok: bool
    found: str = ""
    remedy: str = ""


Say = Callable[[Step], None]


class CheckedLeg(Leg, Protocol):
    """A leg that remembers what it went through."""

    has_rung: bool

    @property
    def is_answered(self) -> bool:
        """Whether somebody picked up."""
        ...


class CheckedTrunk(Protocol):
    """A trunk of such legs."""

    def open_leg(self, order: CallOrder) -> AbstractAsyncContextManager[CheckedLeg]:
        """Originate."""
        ...


class CheckedLine(Protocol):
    """An agent's phone."""

    agent_id: str

    async def call(self) -> None:
        """Have it on the line."""
        ...

    async def talk(self, leg: Any) -> None:
        """Put a person through; returns when the agent ends the call."""
        ...


async def check_phone(line: CheckedLine, say: Say) -> None:
    """Whether an agent's phone can be called. Its line stays up for the call that follows."""
    try:
        await line.call()
    except PeerError as error:
        remedy = "register the phone, let it answer by itself, and compare `floor.endpoint` with the switch's own"
        say(Step(f"call the phone of {line.agent_id}", False, str(error), remedy))
    else:
        say(Step(f"call the phone of {line.agent_id}", True, "answered, and waits in its bridge"))


async def check_call(trunk: CheckedTrunk, order: CallOrder, message: str, line: CheckedLine | None, say: Say) -> None:
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


async def _after_answer(leg: CheckedLeg, message: str, line: CheckedLine | None, say: Say) -> None:
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
            say(Step(f"put through to {line.agent_id}", False, str(error), "look into the switch's log"))


def _end(leg: CheckedLeg) -> Step:
    ended = leg.ended
    assert ended is not None
    if leg.is_answered:
        by = {"us": "we hung up", "person": "the person hung up", "network": "the network cut the line"}
        return Step("hang up", True, by[ended.hung_up_by.value])
    return Step("answer", False, ended.outcome.value.replace("_", " "), _WHY.get(ended.outcome, "see the switch's log"))

"""What every trunk must do, as tests that any adapter can be run against.

Subclass `TrunkContract` in a test module and give it a fixture `switch`: the
trunk, and a far end that does as it is told. Times are seconds of trio's clock,
which is virtual where the far end is: there, everything happens to the millisecond.
A far end in the real world says with `second` how much faster it lives, and with
`late_s` how late it may be.
"""

import math
from collections.abc import Callable
from typing import Protocol

import pytest
import trio

from dialer.disposition import HungUpBy, NetworkOutcome
from dialer.ports import CallOrder, Leg, LegEnd, Trunk
from dialer.records import AnsweredBy

RING_S = 30.0


class Switch(Protocol):
    """A trunk with a scripted far end. Script numbers before calling them."""

    trunk: Trunk

    def answers(
        self,
        e164: str,
        after_s: float = 6.0,
        greets_s: float = 1.0,
        stays_s: float = math.inf,
        detected: AnsweredBy = AnsweredBy.HUMAN,
    ) -> None:
        """A person answers after `after_s`, greets for `greets_s`, and hangs up `stays_s` after the answer."""

    def refuses(self, e164: str, outcome: NetworkOutcome, after_s: float) -> None:
        """The network ends the call with `outcome`."""

    def lose(self, from_s: float, to_s: float) -> None:
        """The trunk is gone between two moments, counted from the start of the test."""


def order(e164: str = "+821011112222", attempt_id: str = "a-1") -> CallOrder:
    """A call to place."""
    return CallOrder(attempt_id, e164, "+8215880000", RING_S)


def end_of(leg: Leg) -> LegEnd:
    """How a finished leg ended."""
    assert leg.ended is not None, "a leg that was left must say how it ended"
    return leg.ended


async def see_through(leg: Leg) -> None:
    """Wait out every step of a leg on which nobody speaks."""
    await leg.wait_answer()
    await leg.wait_greeting()
    await trio.sleep_forever()


class TrunkContract:
    """Collected through a subclass."""

    second = 1.0
    """How long a second of a script takes."""
    late_s = 1e-3
    """How much later than scripted something may happen, on trio's clock."""

    def is_at(self, mono: float, expected_s: float, start_mono: float) -> bool:
        """Whether something happened when the script says, counted from `start_mono`."""
        early_s = 1e-3 if self.late_s <= 1e-3 else 0.1
        return -early_s <= mono - start_mono - expected_s * self.second <= self.late_s

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for what is true at once in a virtual world."""
        with trio.fail_after(10 * self.late_s):
            while not is_so():  # noqa: ASYNC110 (what a trunk is does not announce itself)
                await trio.sleep(self.late_s / 10)

    async def test_answer_comes_when_the_far_end_answers(self, switch: Switch, autojump_clock: object) -> None:
        start = trio.current_time()
        switch.answers("+821011112222", after_s=6.0)
        async with switch.trunk.open_leg(order()) as leg:
            answered = await leg.wait_answer()
            assert self.is_at(trio.current_time(), 6.0, start)
            assert self.is_at(answered, 6.0, start)
            assert leg.ended is None

    async def test_greeting_says_who_answered_and_when_the_first_words_ended(
        self, switch: Switch, autojump_clock: object
    ) -> None:
        start = trio.current_time()
        switch.answers("+821011112222", after_s=6.0, greets_s=1.0, detected=AnsweredBy.HUMAN)
        async with switch.trunk.open_leg(order()) as leg:
            await leg.wait_answer()
            greeting = await leg.wait_greeting()
            assert greeting.answered_by is AnsweredBy.HUMAN
            assert self.is_at(greeting.ended_mono, 7.0, start)
            assert trio.current_time() >= greeting.ended_mono - 1e-6

    async def test_leaving_the_block_before_an_answer_hangs_up(self, switch: Switch, autojump_clock: object) -> None:
        start = trio.current_time()
        switch.answers("+821011112222", after_s=20.0)
        async with switch.trunk.open_leg(order()) as leg:
            with trio.move_on_after(15.0 * self.second):
                await leg.wait_answer()
        ended = end_of(leg)
        assert (ended.outcome, ended.hung_up_by) == (NetworkOutcome.NO_ANSWER, HungUpBy.US)
        assert self.is_at(ended.at_mono, 15.0, start)

    async def test_leaving_the_block_after_the_answer_hangs_up(self, switch: Switch, autojump_clock: object) -> None:
        switch.answers("+821011112222", after_s=6.0)
        async with switch.trunk.open_leg(order()) as leg:
            await leg.wait_answer()
            await leg.wait_greeting()
        ended = end_of(leg)
        assert (ended.outcome, ended.hung_up_by) == (NetworkOutcome.NORMAL, HungUpBy.US)

    async def test_far_end_that_hangs_up_leaves_the_block_at_that_moment(
        self, switch: Switch, autojump_clock: object
    ) -> None:
        start = trio.current_time()
        switch.answers("+821011112222", after_s=6.0, greets_s=1.0, stays_s=9.0)
        reached_the_end = False
        async with switch.trunk.open_leg(order()) as leg:
            await see_through(leg)
            reached_the_end = True
        assert not reached_the_end
        assert self.is_at(trio.current_time(), 15.0, start)
        ended = end_of(leg)
        assert (ended.outcome, ended.hung_up_by) == (NetworkOutcome.NORMAL, HungUpBy.PERSON)
        assert self.is_at(ended.at_mono, 15.0, start)

    @pytest.mark.parametrize(
        "outcome",
        [
            NetworkOutcome.BUSY,
            NetworkOutcome.REJECTED,
            NetworkOutcome.INVALID_NUMBER,
            NetworkOutcome.CONGESTED,
            NetworkOutcome.NO_ANSWER,
        ],
    )
    async def test_call_that_the_network_refuses_ends_with_its_word(
        self, switch: Switch, autojump_clock: object, outcome: NetworkOutcome
    ) -> None:
        start = trio.current_time()
        switch.refuses("+821011112222", outcome, after_s=2.5)
        async with switch.trunk.open_leg(order()) as leg:
            await see_through(leg)
        ended = end_of(leg)
        assert (ended.outcome, ended.hung_up_by) == (outcome, HungUpBy.NETWORK)
        assert self.is_at(ended.at_mono, 2.5, start)

    async def test_lost_trunk_ends_every_open_leg(self, switch: Switch, autojump_clock: object) -> None:
        start = trio.current_time()
        switch.answers("+821011112222", after_s=6.0)
        switch.answers("+821011113333", after_s=600.0)
        switch.lose(10.0, 20.0)
        legs = []

        async def call(e164: str) -> None:
            async with switch.trunk.open_leg(order(e164, e164)) as leg:
                legs.append(leg)
                await see_through(leg)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(call, "+821011112222")
            nursery.start_soon(call, "+821011113333")
        assert self.is_at(trio.current_time(), 10.0, start)
        assert [end_of(leg).outcome for leg in legs] == [NetworkOutcome.TRUNK_LOST] * 2
        assert [end_of(leg).hung_up_by for leg in legs] == [HungUpBy.NETWORK] * 2

    async def test_call_placed_while_the_trunk_is_lost_fails_at_once(
        self, switch: Switch, autojump_clock: object
    ) -> None:
        start = trio.current_time()
        switch.answers("+821011112222", after_s=6.0)
        switch.lose(10.0, 20.0)
        assert switch.trunk.is_up
        await trio.sleep(10.0 * self.second)
        await self.until(lambda: not switch.trunk.is_up)
        async with switch.trunk.open_leg(order()) as leg:
            await see_through(leg)
        assert self.is_at(trio.current_time(), 10.0, start)
        assert end_of(leg).outcome is NetworkOutcome.TRUNK_LOST
        await trio.sleep(10.001 * self.second)
        await self.until(lambda: switch.trunk.is_up)
        placed = trio.current_time()
        async with switch.trunk.open_leg(order(attempt_id="a-2")) as leg:
            assert self.is_at(await leg.wait_answer(), 6.0, placed)

    @pytest.mark.parametrize("after_s", [0.0, 3.0, 6.0, 6.5, 7.5, 9.0])
    async def test_cancellation_from_outside_passes_through_and_hangs_up(
        self, switch: Switch, autojump_clock: object, after_s: float
    ) -> None:
        switch.answers("+821011112222", after_s=6.0, greets_s=1.0, stays_s=60.0)
        went_on = False
        with trio.move_on_after(after_s * self.second) as outside:
            async with switch.trunk.open_leg(order()) as leg:
                await leg.wait_answer()
                await leg.wait_greeting()
                await leg.play("safe-harbor")
                await trio.sleep_forever()
            went_on = True
            await trio.lowlevel.checkpoint()
        assert outside.cancelled_caught
        assert not went_on
        assert end_of(leg).hung_up_by is HungUpBy.US

    async def test_failure_inside_the_block_comes_out_unchanged(self, switch: Switch, autojump_clock: object) -> None:
        switch.answers("+821011112222", after_s=6.0)
        failure, legs = RuntimeError("a bug"), list[Leg]()

        async def call() -> None:
            async with switch.trunk.open_leg(order()) as leg:
                legs.append(leg)
                await leg.wait_answer()
                raise failure

        with pytest.raises(RuntimeError) as caught:
            await call()
        assert caught.value is failure
        assert end_of(legs[0]).hung_up_by is HungUpBy.US

    async def test_two_legs_at_once_do_not_know_of_each_other(self, switch: Switch, autojump_clock: object) -> None:
        start = trio.current_time()
        switch.answers("+821011112222", after_s=6.0, stays_s=4.0)
        switch.answers("+821011113333", after_s=3.0, stays_s=20.0)
        times: dict[str, tuple[float, float]] = {}

        async def call(e164: str) -> None:
            async with switch.trunk.open_leg(order(e164, e164)) as leg:
                answered = await leg.wait_answer()
                await trio.sleep_forever()
            times[e164] = (answered, end_of(leg).at_mono)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(call, "+821011112222")
            nursery.start_soon(call, "+821011113333")
        for e164, answered_s, over_s in (("+821011112222", 6.0, 10.0), ("+821011113333", 3.0, 23.0)):
            answered, over = times[e164]
            assert self.is_at(answered, answered_s, start)
            assert self.is_at(over, over_s, start)

    async def test_message_plays_to_its_end(self, switch: Switch, autojump_clock: object) -> None:
        switch.answers("+821011112222", after_s=6.0)
        async with switch.trunk.open_leg(order()) as leg:
            await leg.wait_answer()
            started = trio.current_time()
            await leg.play("safe-harbor")
            assert trio.current_time() > started
        assert end_of(leg).hung_up_by is HungUpBy.US

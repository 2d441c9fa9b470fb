"""The simulated trunk: the contract of every trunk, and what is its own."""

import math

import pytest
import trio

from adapters.simulated.fates import Conversation, Party
from adapters.simulated.trunk import SimulatedTrunk
from dialer.disposition import Disposition, HungUpBy, NetworkOutcome
from dialer.ports import AgentReport, Leg, Trunk
from dialer.records import AnsweredBy
from tests.adapters.simulated.samples import MESSAGE_S, Clock, ScriptedPeople, SimulatedSwitch, answered
from tests.contracts.trunk_contract import TrunkContract, end_of, order, see_through

NUMBER = "+821011112222"


@pytest.fixture
def switch() -> SimulatedSwitch:
    return SimulatedSwitch()


class TestSimulatedTrunkKeepsTheContract(TrunkContract):
    pass


def test_simulated_trunk_is_a_trunk(switch: SimulatedSwitch) -> None:
    trunk: Trunk = switch.trunk
    assert trunk.is_up


def a_talk(talk_s: float, by: HungUpBy) -> Conversation:
    return Conversation(talk_s, by, 5.0, AgentReport(Disposition.RIGHT_PARTY))


async def test_person_who_hears_nothing_hangs_up_when_patience_is_over(switch, autojump_clock):
    switch.people.fates[NUMBER] = answered(answered_s=6.0, greeting_s=1.0, stays_s=1.0 + 4.0)
    async with switch.trunk.open_leg(order()) as leg:
        await leg.wait_answer()
        greeting = await leg.wait_greeting()
        await trio.sleep_forever()
    assert end_of(leg).hung_up_by is HungUpBy.PERSON
    assert end_of(leg).at_mono - greeting.ended_mono == pytest.approx(4.0)


async def test_person_to_whom_an_agent_speaks_stays_for_the_talk(switch, autojump_clock):
    switch.people.fates[NUMBER] = answered(stays_s=5.0)
    async with switch.trunk.open_leg(order()) as leg:
        await leg.wait_answer()
        await leg.wait_greeting()
        await leg.talk(a_talk(300.0, HungUpBy.US))
    assert end_of(leg).hung_up_by is HungUpBy.US
    assert trio.current_time() == pytest.approx(7.5 + 300.0)


async def test_talk_that_the_person_ends_leaves_the_block(switch, autojump_clock):
    switch.people.fates[NUMBER] = answered(stays_s=5.0)
    async with switch.trunk.open_leg(order()) as leg:
        await leg.wait_answer()
        await leg.wait_greeting()
        await leg.talk(a_talk(40.0, HungUpBy.PERSON))
        pytest.fail("the person hung up, so the block must be left")
    assert end_of(leg).hung_up_by is HungUpBy.PERSON
    assert end_of(leg).at_mono == pytest.approx(47.5)


async def test_outage_during_a_talk_takes_the_line(switch, autojump_clock):
    switch.people.fates[NUMBER] = answered()
    async with switch.trunk.open_leg(order()) as leg:
        await leg.wait_answer()
        switch.lose(30.0, 60.0)  # known only now, while the leg is open
        await leg.talk(a_talk(300.0, HungUpBy.US))
    assert end_of(leg).outcome is NetworkOutcome.TRUNK_LOST
    assert end_of(leg).at_mono == pytest.approx(30.0)


async def test_outage_after_the_talk_changes_nothing(switch, autojump_clock):
    switch.people.fates[NUMBER] = answered()
    switch.lose(1000.0, 1060.0)
    async with switch.trunk.open_leg(order()) as leg:
        await leg.wait_answer()
        await leg.talk(a_talk(300.0, HungUpBy.US))
    assert end_of(leg).outcome is NetworkOutcome.NORMAL


async def test_call_at_a_lost_trunk_is_no_try_at_the_number(autojump_clock):
    switch = SimulatedSwitch()
    switch.lose(0.0, 60.0)
    async with switch.trunk.open_leg(order("+82 nobody scripted this")) as leg:
        await trio.sleep_forever()
    assert end_of(leg).outcome is NetworkOutcome.TRUNK_LOST


@pytest.mark.parametrize(("leaves", "heard_s", "by"), [(False, MESSAGE_S, HungUpBy.US), (True, 3.0, HungUpBy.PERSON)])
async def test_message_is_heard_to_its_end_or_left(switch, autojump_clock, leaves, heard_s, by):
    switch.people.fates[NUMBER] = answered(stays_s=2.5, message_s=heard_s, leaves_message=leaves)
    async with switch.trunk.open_leg(order()) as leg:
        await leg.wait_answer()
        await leg.wait_greeting()
        started = trio.current_time()
        await leg.play("safe-harbor")
    assert end_of(leg).hung_up_by is by
    assert trio.current_time() - started == pytest.approx(heard_s)


@pytest.mark.parametrize(
    ("party", "detected", "is_false"),
    [
        (Party.RIGHT, AnsweredBy.MACHINE, True),
        (Party.RIGHT, AnsweredBy.HUMAN, False),
        (Party.MACHINE, AnsweredBy.MACHINE, False),
    ],
)
async def test_audit_tells_a_person_taken_for_a_machine(switch, autojump_clock, party, detected, is_false):
    switch.people.fates[NUMBER] = answered(party, detected=detected)
    async with switch.trunk.open_leg(order()) as leg:
        await leg.wait_answer()
        await leg.wait_greeting()
    assert end_of(leg).is_false_machine is is_false


async def test_call_given_up_before_detection_was_taken_for_nothing(switch, autojump_clock):
    switch.people.fates[NUMBER] = answered(answered_s=20.0, detected=AnsweredBy.MACHINE)
    async with switch.trunk.open_leg(order()) as leg:
        with trio.move_on_after(15.0):
            await leg.wait_answer()
    assert not end_of(leg).is_false_machine


async def test_person_who_hangs_up_at_the_moment_we_do_hung_up(switch, autojump_clock):
    switch.people.fates[NUMBER] = answered(answered_s=6.0, stays_s=4.0)
    async with switch.trunk.open_leg(order()) as leg:
        await trio.sleep(10.0)
    assert end_of(leg).hung_up_by is HungUpBy.PERSON


async def test_call_above_the_lines_is_congested(autojump_clock):
    switch = SimulatedSwitch(line_count=1)
    switch.people.fates[NUMBER] = answered()
    async with switch.trunk.open_leg(order()), switch.trunk.open_leg(order()) as second:
        await trio.sleep_forever()
    assert end_of(second).outcome is NetworkOutcome.CONGESTED
    assert switch.trunk.refused_count == 1


async def test_calls_above_the_rate_are_congested(autojump_clock):
    switch = SimulatedSwitch(max_calls_per_s=2.0)
    switch.people.fates[NUMBER] = answered()
    for _ in range(5):  # a burst of two seconds' worth passes
        async with switch.trunk.open_leg(order()):
            pass
    assert switch.trunk.refused_count == 1
    await trio.sleep(0.5)
    async with switch.trunk.open_leg(order()):
        pass
    assert switch.trunk.refused_count == 1


async def test_no_leg_stays_open_behind(switch, autojump_clock):
    switch.people.fates[NUMBER] = answered()
    async with switch.trunk.open_leg(order()) as leg:
        assert switch.trunk.open_count == 1
        typed: Leg = leg
        await see_through(typed)
    assert switch.trunk.open_count == 0


@pytest.mark.parametrize(("lines", "rate"), [(0, 1.0), (1, 0.0), (1, math.inf)])
def test_trunk_without_lines_or_rate_is_refused(lines, rate):
    with pytest.raises(ValueError, match="needs lines and a rate"):
        SimulatedTrunk("seoul", lines, rate, ScriptedPeople(), Clock().now_at)


def test_outage_needs_two_instants_in_order(switch):
    with pytest.raises(ValueError, match="two instants in order"):
        switch.lose(20.0, 10.0)

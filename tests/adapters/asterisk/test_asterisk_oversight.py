"""Recording, listening in and handing on, on a real Asterisk."""

from collections.abc import AsyncIterator
from itertools import count
from os import getpid

import pytest
import trio

from adapters.asterisk.oversight import Listening, listening, recording, transfer
from adapters.asterisk.phones import PhoneLine
from adapters.asterisk.server import AsteriskServer, running
from adapters.asterisk.settings import AsteriskSettings
from adapters.asterisk.trunk import AsteriskTrunk
from dialer.ports import CallOrder, PeerError
from tests.lab.lab import HUMAN, Lab, scripted

pytestmark = pytest.mark.slow

_orders = count()


def an_order() -> CallOrder:
    n = next(_orders)
    return CallOrder(f"over-{getpid()}-{n}", scripted(HUMAN, 0.1, unique=n), "+8215990101", 15.0, False)


def steps(lab: Lab, order: CallOrder) -> list[str]:
    """What the carrier saw of one call."""
    return [row.step for row in lab.carrier_log() if row.number == order.e164]


@pytest.fixture
async def server(lab: Lab) -> AsyncIterator[AsteriskServer]:
    server = lab.server()
    async with running(server):
        await server.wait_up()
        yield server


@pytest.fixture
def trunk(server: AsteriskServer) -> AsteriskTrunk:
    return AsteriskTrunk("lab", 10, 10.0, server, AsteriskSettings())


async def a_phone(server: AsteriskServer, agent_id: str, endpoint: str) -> PhoneLine:
    line = PhoneLine(server, agent_id, endpoint)
    await line.call()
    return line


async def bridged(server: AsteriskServer, bridge_id: str) -> set[str]:
    reply = await server.request("GET", f"bridges/{bridge_id}")
    return set(reply.body["channels"])  # type: ignore[index,call-overload]


async def test_talk_is_recorded_with_both_voices(lab: Lab, server: AsteriskServer, trunk: AsteriskTrunk) -> None:
    line = await a_phone(server, "kim", "PJSIP/1001")
    order = an_order()
    async with trunk.open_leg(order) as leg:
        await leg.wait_answer()
        await line.put_through(leg)
        async with recording(line, order.attempt_id):
            await trio.sleep(0.8)
        await trio.sleep(0.3)
    (file,) = (lab.run / "spool/recording").glob(f"{order.attempt_id}.wav")
    assert file.stat().st_size > 0.5 * 16_000


@pytest.mark.parametrize("how", list(Listening))
async def test_supervisor_takes_part(server: AsteriskServer, trunk: AsteriskTrunk, how: Listening) -> None:
    agent = await a_phone(server, "kim", "PJSIP/1001")
    boss = await a_phone(server, "boss", "PJSIP/1002")
    async with trunk.open_leg(an_order()) as leg:
        await leg.wait_answer()
        await agent.put_through(leg)
        async with listening(agent, boss, how):
            with_agent = await bridged(server, agent.bridge_id)
            with_boss = await bridged(server, boss.bridge_id)
        await trio.sleep(0.2)
        after = await bridged(server, boss.bridge_id)
        assert await bridged(server, agent.bridge_id) == {agent.channel_id, leg.channel_id}
    assert (boss.channel_id in with_agent) is (how is Listening.JOIN)
    assert len(with_boss) == (0 if how is Listening.JOIN else 2), "the supervisor hears a copy of the agent's line"
    assert after == {boss.channel_id}


async def test_person_who_is_handed_on_stays_when_our_call_ends(
    lab: Lab, server: AsteriskServer, trunk: AsteriskTrunk
) -> None:
    agent = await a_phone(server, "kim", "PJSIP/1001")
    order = an_order()
    async with trunk.open_leg(order) as leg:
        await leg.wait_answer()
        await agent.put_through(leg)
        await transfer(leg, "PJSIP/2006@floor")  # hangs up by itself after three seconds
    assert await bridged(server, agent.bridge_id) == {agent.channel_id}
    assert steps(lab, order) == ["INVITE", "ANSWER"]
    with trio.fail_after(15):
        while "BYE" not in steps(lab, order):  # noqa: ASYNC110 (another process's log)
            await trio.sleep(0.1)


async def test_transfer_that_nobody_takes_leaves_the_person_with_the_agent(
    server: AsteriskServer, trunk: AsteriskTrunk
) -> None:
    agent = await a_phone(server, "kim", "PJSIP/1001")
    async with trunk.open_leg(an_order()) as leg:
        await leg.wait_answer()
        await agent.put_through(leg)
        with pytest.raises(PeerError):
            await transfer(leg, "PJSIP/2007@floor")  # busy
        assert await bridged(server, agent.bridge_id) == {agent.channel_id, leg.channel_id}

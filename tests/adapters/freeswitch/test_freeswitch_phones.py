"""Agents' phones behind a scripted FreeSWITCH, and the steps of the check."""

from datetime import UTC, datetime

import pytest
import trio
from trio.testing import MockClock

from adapters.freeswitch.check import check_server, check_trunk
from adapters.freeswitch.phones import PhoneLine
from adapters.freeswitch.server import running
from adapters.freeswitch.settings import FreeswitchSettings
from adapters.freeswitch.trunk import FreeswitchTrunk
from adapters.switches.check import Step, check_call, check_phone
from dialer.ports import CallOrder, PeerError
from tests.adapters.freeswitch.conftest import server_of
from tests.adapters.freeswitch.peer import Fate, Peer

NUMBER = "+821011112222"
ORDER = CallOrder(f"check-{datetime(2026, 11, 22, tzinfo=UTC):%Y%m%d}", NUMBER, "+8215880000", 30.0)


@pytest.mark.parametrize("ends", ["key", "phone", "person"])
async def test_person_is_put_through_and_the_phone_stays_on_the_line(
    peer: Peer, autojump_clock: MockClock, ends: str
) -> None:
    peer.fates[NUMBER] = Fate(1.0, 1.0, 20.0)
    server = server_of(peer)
    trunk = FreeswitchTrunk("peer", 10, 10.0, server, FreeswitchSettings())
    async with running(server), trio.open_nursery() as nursery:
        await server.wait_up()
        line = PhoneLine(server, "kim", "user/1001")
        await line.call()
        phone_id = line.channel_id
        async with trunk.open_leg(ORDER) as leg:
            await leg.wait_answer()
            await leg.wait_greeting()
            nursery.start_soon(_end, peer, ends, phone_id)
            await line.talk(leg)
        assert leg.ended is not None
        assert leg.ended.hung_up_by.value == ("person" if ends == "person" else "us")
        await trio.sleep(0.1)
        assert leg.channel_id not in peer.channels
        assert line.is_up is (ends != "phone")
        assert (phone_id in peer.channels) is (ends != "phone")
    assert peer.channels == {}, "a clean end hangs the phones up"


async def _end(peer: Peer, how: str, phone_id: str) -> None:
    await trio.sleep(5.0)
    assert peer.channels[phone_id].bridged_to == f"paceline.{ORDER.attempt_id}"
    if how == "key":
        peer.press(phone_id, "1")
        peer.press(phone_id, "*")
    elif how == "phone":
        peer.hang_up(peer.channels[phone_id], "NORMAL_CLEARING")


async def test_phone_that_is_not_registered_is_a_fault_at_once(peer: Peer, autojump_clock: MockClock) -> None:
    peer.fates["1001"] = Fate(0.1, cause="USER_NOT_REGISTERED")
    server = server_of(peer)
    async with running(server):
        await server.wait_up()
        start = trio.current_time()
        with pytest.raises(PeerError, match="kim"):
            await PhoneLine(server, "kim", "user/1001").call()
        assert trio.current_time() - start < 1.0


async def test_phone_is_called_again_when_it_goes(peer: Peer, autojump_clock: MockClock) -> None:
    peer.fates["1001"] = Fate(0.1, stays_s=10.0)
    server = server_of(peer)
    async with running(server), trio.open_nursery() as nursery:
        line = PhoneLine(server, "kim", "user/1001")
        nursery.start_soon(line.keep)
        await trio.sleep(1.0)
        first = line.channel_id
        assert line.is_up
        await trio.sleep(11.0)
        assert line.is_up
        assert line.channel_id != first
        nursery.cancel_scope.cancel()


async def test_every_step_of_a_good_call_is_said(peer: Peer, autojump_clock: MockClock) -> None:
    server, steps = server_of(peer), list[Step]()
    trunk = FreeswitchTrunk("peer", 10, 10.0, server, FreeswitchSettings())
    async with running(server):
        await check_server(server, steps.append)
        await check_trunk(trunk, FreeswitchSettings(), steps.append)
        line = PhoneLine(server, "kim", "user/1001")
        await check_phone(line, steps.append)
        await check_call(trunk, ORDER, "safe-harbor", line, steps.append)
        line.hang_up()
    assert all(step.is_ok for step in steps)
    assert [step.what for step in steps] == [
        f"connect to {peer.address}",
        "modules",
        "gateway trunk",
        "call the phone of kim",
        "place a call",
        "answer",
        "person or machine",
        "play `safe-harbor`",
        "put through to kim",
        "hang up",
    ]


async def test_steps_that_fail_come_with_a_remedy(peer: Peer, autojump_clock: MockClock) -> None:
    peer.fates[NUMBER] = Fate(1.0, cause="NORMAL_TEMPORARY_FAILURE", sip_status=503)
    peer.fates["1001"] = Fate(0.1, cause="USER_NOT_REGISTERED")
    settings = FreeswitchSettings(endpoint="sofia/gateway/nowhere/{number}")
    server, steps = server_of(peer), list[Step]()
    async with running(server):
        await server.wait_up()
        await check_trunk(FreeswitchTrunk("peer", 10, 10.0, server, settings), settings, steps.append)
        await check_phone(PhoneLine(server, "kim", "user/1001"), steps.append)
        trunk = FreeswitchTrunk("peer", 10, 10.0, server, FreeswitchSettings())
        await check_call(trunk, ORDER, "safe-harbor", None, steps.append)
    stranger = server_of(peer, "wrong")
    async with running(stranger):
        await check_server(stranger, steps.append)
    failed = [step for step in steps if not step.is_ok]
    assert [step.what for step in failed] == [
        "gateway nowhere",
        "call the phone of kim",
        "answer",
        f"connect to {peer.address}",
    ]
    assert all(step.remedy for step in failed)

"""What breaks between us and the switch: nobody is dialed twice for it, nothing stays on the line."""

import math

import pytest
import trio
from trio.testing import MockClock

from adapters.freeswitch.server import FreeswitchServer, running
from adapters.freeswitch.settings import FreeswitchSettings
from adapters.freeswitch.trunk import FreeswitchLeg, FreeswitchTrunk
from dialer.disposition import HungUpBy, NetworkOutcome
from dialer.ports import CallOrder, PeerError
from dialer.records import AnsweredBy
from tests.adapters.freeswitch.conftest import server_of
from tests.adapters.freeswitch.peer import Fate, Peer

NUMBER = "+821011112222"


def trunk_of(server: FreeswitchServer, **settings: object) -> FreeswitchTrunk:
    return FreeswitchTrunk("peer", 10, 10.0, server, FreeswitchSettings(**settings))  # type: ignore[arg-type]


def an_order(attempt_id: str = "early-1", e164: str = NUMBER) -> CallOrder:
    return CallOrder(attempt_id, e164, "+8215880000", 30.0)


async def see_through(trunk: FreeswitchTrunk, order: CallOrder) -> FreeswitchLeg:
    async with trunk.open_leg(order) as leg:
        await leg.wait_answer()
        await trio.sleep_forever()
    return leg


def end_of(leg: FreeswitchLeg) -> tuple[NetworkOutcome, HungUpBy]:
    assert leg.ended is not None
    return leg.ended.outcome, leg.ended.hung_up_by


async def test_call_is_ordered_with_everything_it_needs(peer: Peer, autojump_clock: MockClock) -> None:
    peer.fates["01011112222"] = Fate(1.0)
    server = server_of(peer)
    settings = {
        "endpoint": "sofia/gateway/kt/{number}",
        "number_format": "national",
        "region": "KR",
        "headers": {"X-Campaign": "early call"},
    }
    async with running(server):
        await server.wait_up()
        async with trunk_of(server, **settings).open_leg(an_order()) as leg:
            await leg.wait_answer()
            assert leg.has_rung
    (line,) = [one for one in peer.commands if one.startswith("bgapi")]
    assert line == (
        "bgapi originate {origination_uuid=paceline.early-1,origination_caller_id_number=+8215880000,"
        "origination_caller_id_name=+8215880000,ignore_early_media=true,paceline_app=paceline,originate_timeout=33,"
        "park_timeout=60:ALLOTTED_TIMEOUT,sip_h_X-Campaign='early call'}sofia/gateway/kt/01011112222 &park()"
    )
    assert peer.channels == {}


@pytest.mark.parametrize(
    ("greets_s", "who", "ended_s"),
    [(0.6, AnsweredBy.HUMAN, 0.6), (9.0, AnsweredBy.MACHINE, 2.4), (0.0, AnsweredBy.UNKNOWN, 2.0)],
)
async def test_greeting_is_judged_by_how_long_it_is(
    peer: Peer, autojump_clock: MockClock, greets_s: float, who: AnsweredBy, ended_s: float
) -> None:
    peer.fates[NUMBER] = Fate(1.0, greets_s)
    server = server_of(peer)
    async with running(server):
        await server.wait_up()
        async with trunk_of(server).open_leg(an_order()) as leg:
            answered = await leg.wait_answer()
            greeting = await leg.wait_greeting()
    assert greeting.answered_by is who
    assert greeting.ended_mono - answered == pytest.approx(ended_s, abs=0.05)


async def test_sound_that_is_not_there_is_a_fault(peer: Peer, autojump_clock: MockClock) -> None:
    peer.missing_sounds.add("custom/safe-harbor.wav")
    server = server_of(peer)
    async with running(server):
        await server.wait_up()
        async with trunk_of(server).open_leg(an_order()) as leg:
            await leg.wait_answer()
            with pytest.raises(PeerError, match=r"custom/safe-harbor\.wav"):
                await leg.play("safe-harbor")


async def test_call_that_is_taken_back_before_it_is_there_is_hung_up_when_it_comes(
    peer: Peer, autojump_clock: MockClock
) -> None:
    peer.originate_delay_s = 2.0
    server = server_of(peer)
    async with running(server):
        await server.wait_up()
        with trio.move_on_after(1.0):
            async with trunk_of(server).open_leg(an_order()) as leg:
                await leg.wait_answer()
        assert peer.channels == {}
        await trio.sleep(1.1)
        assert peer.originated == [NUMBER]
        assert peer.channels == {}, "it lived for one round trip"
    assert end_of(leg) == (NetworkOutcome.NO_ANSWER, HungUpBy.US)


async def test_calls_outlive_a_short_loss_of_the_connection(peer: Peer, autojump_clock: MockClock) -> None:
    peer.fates[NUMBER] = Fate(5.0, 1.0, 20.0)
    server = server_of(peer)
    async with running(server):
        await server.wait_up()
        start = trio.current_time()
        async with trunk_of(server).open_leg(an_order()) as leg:
            await trio.sleep(4.99)
            peer.cut()
            await leg.wait_answer()
            assert trio.current_time() - start == pytest.approx(5.0, abs=0.3)
            greeting = await leg.wait_greeting()
            assert greeting.answered_by is not AnsweredBy.MACHINE
            await trio.sleep_forever()
        assert server.connect_count == 2
    assert end_of(leg) == (NetworkOutcome.NORMAL, HungUpBy.PERSON)
    assert peer.originated == [NUMBER]


async def test_call_that_ends_while_the_connection_is_away_is_given_up(peer: Peer, autojump_clock: MockClock) -> None:
    peer.fates[NUMBER] = Fate(1.0, 1.0, 5.0)
    server = server_of(peer, retry_s=1.0, max_retry_s=1.0)
    async with running(server), trio.open_nursery() as nursery:
        await server.wait_up()
        nursery.start_soon(_cut_at, peer, 5.5)
        leg = await see_through(trunk_of(server), an_order())
        assert server.connect_count == 2 or server.fault == ""
    assert end_of(leg) == (NetworkOutcome.TRUNK_LOST, HungUpBy.NETWORK)


async def _cut_at(peer: Peer, delay_s: float) -> None:
    await trio.sleep(delay_s)
    peer.cut()


async def test_switch_that_falls_silent_is_lost_and_its_calls_after_the_grace(
    peer: Peer, autojump_clock: MockClock
) -> None:
    server = server_of(peer, ping_s=1.0)
    async with running(server):
        await server.wait_up()
        async with trunk_of(server).open_leg(an_order()) as leg:
            await leg.wait_answer()
            peer.is_mute, mute = True, trio.current_time()
            await trio.sleep_forever()
        assert 4.0 <= trio.current_time() - mute <= 9.0
        assert not server.is_up
        peer.is_mute = False
        await server.wait_up()
        await trio.sleep(0.01)
        assert peer.channels == {}, "what was given up is hung up as soon as the switch is found again"
    assert end_of(leg) == (NetworkOutcome.TRUNK_LOST, HungUpBy.NETWORK)


async def test_new_process_at_the_old_address_has_none_of_the_old_calls(peer: Peer, autojump_clock: MockClock) -> None:
    server = server_of(peer, retry_s=2.0, max_retry_s=2.0)
    async with running(server):
        await server.wait_up()
        async with trunk_of(server).open_leg(an_order()) as leg:
            await leg.wait_answer()
            peer.die()
            await peer.rise()
            await trio.sleep_forever()
        assert server.connect_count in (1, 2)
    assert end_of(leg) == (NetworkOutcome.TRUNK_LOST, HungUpBy.NETWORK)


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("Content-Type: text/disconnect-notice\nContent-Length: 0\n\n", "goodbye"),
        ("Content-Type: text/rude-rejection\n\n", "apply-inbound-acl"),
        ("SSH-2.0-OpenSSH_9.2\n\n", "is no header"),
        ("Content-Type: command/reply\nReply-Text: +OK\n\n", "nobody asked for"),
    ],
)
async def test_goodbyes_and_garbage_close_the_connection_and_it_is_made_again(
    peer: Peer, autojump_clock: MockClock, said: str, fault: str
) -> None:
    server = server_of(peer)
    async with running(server):
        await server.wait_up()
        (connection,) = peer.connections
        connection.send(said)
        with trio.fail_after(1.0):
            while server.is_up:  # noqa: ASYNC110 (a loss does not announce itself)
                await trio.sleep(0.001)
        assert fault in server.fault
        await server.wait_up()
        assert server.connect_count == 2


@pytest.mark.parametrize(
    ("user", "password", "is_let_in"), [("", "wrong", False), ("paceline@default", "s3cret", True)]
)
async def test_secret_is_checked_and_refusal_said_in_words(
    peer: Peer, autojump_clock: MockClock, user: str, password: str, is_let_in: bool
) -> None:
    server = server_of(peer, password, user=user)
    async with running(server):
        with trio.move_on_after(1.0):
            await server.wait_up()
        assert server.is_up is is_let_in
        assert is_let_in or "refuses the secret" in server.fault
    assert password not in repr(server)


async def test_what_an_earlier_process_left_on_the_line_is_hung_up_and_settled(
    peer: Peer, autojump_clock: MockClock
) -> None:
    peer.fates[NUMBER] = Fate(0.5)
    peer.fates["+821011113333"] = Fate(20.0)
    first = server_of(peer)
    trunk = trunk_of(first)
    async with trio.open_nursery() as life:
        life.start_soon(first.run)  # not `running`, which would say goodbye
        await first.wait_up()
        life.start_soon(see_through, trunk, an_order("left-1"))
        life.start_soon(see_through, trunk, an_order("left-2", "+821011113333"))
        await trio.sleep(1.0)
        first._link = None  # a process that is killed says nothing more
        life.cancel_scope.cancel()
    assert len(peer.channels) == 2
    second = server_of(peer)
    async with running(second):
        traces = await trunk_of(second).settle(["left-1", "left-2", "left-3"])
        await trio.sleep(0.1)
        assert peer.channels == {}
    assert {one: trace.answered_by for one, trace in traces.items()} == {
        "left-1": AnsweredBy.UNKNOWN,
        "left-2": None,
    }


async def test_another_dialers_calls_are_left_alone(peer: Peer, autojump_clock: MockClock) -> None:
    first, second = server_of(peer), server_of(peer, app="other")
    async with running(first):
        await first.wait_up()
        async with trunk_of(first).open_leg(an_order()) as leg:
            await leg.wait_answer()
            async with running(second):
                await second.wait_up()
                await trio.sleep(1.0)
            assert leg.ended is None
            assert len(peer.channels) == 1


async def test_trunk_whose_switch_refuses_every_call_rests(peer: Peer, autojump_clock: MockClock) -> None:
    server = server_of(peer)
    async with running(server):
        await server.wait_up()
        trunk = trunk_of(server, endpoint="sofia/gateway/nowhere/{number}")
        for n in range(5):
            assert trunk.is_up
            leg = await see_through(trunk, an_order(f"early-{n}"))
            assert end_of(leg) == (NetworkOutcome.TRUNK_LOST, HungUpBy.NETWORK)
        assert not trunk.is_up
        await trio.sleep(5.1)
        assert trunk.is_up


async def test_order_that_could_be_read_as_two_is_not_given(peer: Peer, autojump_clock: MockClock) -> None:
    server = server_of(peer)
    async with running(server):
        await server.wait_up()
        with pytest.raises(PeerError, match="bracket, comma or quote"):
            async with trunk_of(server).open_leg(CallOrder("a-1", NUMBER, "+82,x=y", 30.0)):
                pass
        assert math.isfinite(trio.current_time())
    assert peer.originated == []

"""An agent at a page with a phone, on a real Asterisk: sits down, talks, holds, is heard, hands on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from os import getpid

import pytest
import trio
import trio.testing

from adapters.asterisk.server import AsteriskServer, running
from adapters.asterisk.settings import AsteriskSettings
from adapters.asterisk.stations import AsteriskStations
from adapters.asterisk.trunk import AsteriskLeg, AsteriskTrunk
from adapters.switches.floor import FloorSettings
from adapters.web.desk import WebDesk
from dialer.board import ConsoleError
from dialer.disposition import Disposition
from dialer.ports import AgentReport, CallCard, CallOrder, PeerError
from tests.fakes import an_account
from tests.lab.lab import HUMAN, Lab, scripted

pytestmark = pytest.mark.slow

_orders = count()
FLOOR = FloorSettings(
    endpoint="PJSIP/{phone}@floor",
    web_phones=("1001", "1002", "1003"),
    transfers={"legal": "PJSIP/2006@floor"},
    record_announcement="custom/safe-harbor",
)


@pytest.fixture
async def server(lab: Lab) -> AsyncIterator[AsteriskServer]:
    server = lab.server()
    async with running(server):
        await server.wait_up()
        yield server


@asynccontextmanager
async def seated(server: AsteriskServer, agent_id: str = "kim") -> AsyncIterator[AsteriskStations]:
    """Stations with one agent whose phone is on the line."""
    stations = AsteriskStations((server,), FLOOR)
    changed = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stations.run)
        await trio.testing.wait_all_tasks_blocked(0.01)
        stations.sit(agent_id, "1001", lambda: changed.set() if stations.is_ready(agent_id) else None)
        with trio.fail_after(10):
            await changed.wait()
        yield stations
        stations.leave(agent_id)
        nursery.cancel_scope.cancel()


def an_order() -> CallOrder:
    n = next(_orders)
    return CallOrder(f"seat-{getpid()}-{n}", scripted(HUMAN, 0.1, unique=700 + n), "+8215990101", 15.0, False)


@asynccontextmanager
async def talking(stations: AsteriskStations, server: AsteriskServer) -> AsyncIterator[tuple[WebDesk, AsteriskLeg]]:
    """A desk in a talk over a real call."""
    order, account = an_order(), an_account()
    desk = WebDesk("kim", stations=stations)
    card = CallCard(order.attempt_id, "c", account, account.numbers[0])
    trunk = AsteriskTrunk("lab", 10, 10.0, server, AsteriskSettings())
    async with trio.open_nursery() as nursery:
        async with trunk.open_leg(order) as leg:
            await leg.wait_answer()
            nursery.start_soon(desk.converse, leg, card)
            with trio.fail_after(5):
                while desk.call is None or desk.call.talk is None:  # noqa: ASYNC110 (a page would be pushed)
                    await trio.sleep(0.01)
            yield desk, leg
        nursery.cancel_scope.cancel()


async def bridged(server: AsteriskServer, stations: AsteriskStations) -> set[str]:
    """The channels in the agent's bridge."""
    (line,) = stations._seats["kim"].lines.values()
    reply = await server.request("GET", f"bridges/{line.bridge_id}")
    return set(reply.body["channels"])  # type: ignore[index,call-overload]


async def test_talk_is_on_the_phone_held_muted_and_recorded_from_the_page(lab: Lab, server: AsteriskServer) -> None:
    async with seated(server) as stations, talking(stations, server) as (desk, leg):
        assert desk.call is not None
        attempt_id = desk.call.card.attempt_id
        assert leg.channel_id in await bridged(server, stations)
        await desk.turn(attempt_id, "hold", is_on=True)
        assert leg.channel_id not in await bridged(server, stations)
        assert desk.call.talk is not None
        assert desk.call.talk.on == {"hold"}
        await desk.turn(attempt_id, "hold", is_on=False)
        assert leg.channel_id in await bridged(server, stations)
        await desk.turn(attempt_id, "mute", is_on=True)
        await desk.turn(attempt_id, "mute", is_on=False)
        await desk.turn(attempt_id, "record", is_on=True)
        await trio.sleep(0.6)
        await desk.turn(attempt_id, "record", is_on=False)
        with pytest.raises(ConsoleError):
            await desk.turn(attempt_id, "fly", is_on=True)
        desk.say(attempt_id, AgentReport(Disposition.RIGHT_PARTY))
        await trio.sleep(0.3)
    (file,) = (lab.run / "spool/recording").glob(f"{attempt_id}-*.wav")
    assert file.stat().st_size > 0.3 * 16_000


async def test_person_handed_on_from_the_page_leaves_the_agent_with_the_wrap_up(server: AsteriskServer) -> None:
    async with seated(server) as stations, talking(stations, server) as (desk, leg):
        assert desk.call is not None
        with pytest.raises(ConsoleError, match="there are legal"):
            await desk.transfer(desk.call.card.attempt_id, "+8290012345")
        await desk.transfer(desk.call.card.attempt_id, "legal")
        await trio.sleep(0.1)
        assert desk.call.phase.value == "wrap_up"
        assert leg.channel_id not in await bridged(server, stations)


@pytest.mark.parametrize("how", ["listen", "join"])
async def test_supervisor_takes_part_from_a_phone_of_their_own_until_they_end_it(
    server: AsteriskServer, how: str
) -> None:
    async with seated(server) as stations:
        with pytest.raises(PeerError, match="in no talk"):
            await stations.oversee("boss", "kim", "1002", how)
        async with talking(stations, server):
            before = await bridged(server, stations)
            await stations.oversee("boss", "kim", "1002", how)
            assert stations.overseen_by("boss") == ("kim", how)
            assert len(await bridged(server, stations)) == len(before) + (how == "join")
            stations.end_oversight("boss")
            await trio.sleep(0.3)
            assert await bridged(server, stations) == before
        assert stations.overseen_by("boss") is None


async def test_only_listed_phones_are_called_and_each_for_one_agent(server: AsteriskServer) -> None:
    async with seated(server) as stations:
        with pytest.raises(PeerError, match="none of the phones"):
            stations.sit("lee", "+8290012345", lambda: None)
        with pytest.raises(PeerError, match="in use by kim"):
            stations.sit("lee", "1001", lambda: None)

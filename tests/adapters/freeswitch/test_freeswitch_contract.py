"""The contract of every trunk, against a scripted FreeSWITCH on a real socket in virtual time."""

import math
from collections.abc import AsyncIterator

import pytest
import trio

from adapters.freeswitch.server import running
from adapters.freeswitch.settings import FreeswitchSettings
from adapters.freeswitch.trunk import FreeswitchTrunk
from dialer.disposition import NetworkOutcome
from dialer.ports import Trunk
from dialer.records import AnsweredBy
from tests.adapters.freeswitch.conftest import server_of
from tests.adapters.freeswitch.peer import Fate, Peer
from tests.contracts.trunk_contract import TrunkContract

_REFUSALS = {
    NetworkOutcome.BUSY: ("USER_BUSY", 486),
    NetworkOutcome.REJECTED: ("CALL_REJECTED", 603),
    NetworkOutcome.INVALID_NUMBER: ("UNALLOCATED_NUMBER", 404),
    NetworkOutcome.CONGESTED: ("NORMAL_TEMPORARY_FAILURE", 503),
    NetworkOutcome.NO_ANSWER: ("NO_USER_RESPONSE", 480),
}


class PeerSwitch:
    """A scripted far end behind the scripted switch."""

    def __init__(self, peer: Peer, trunk: FreeswitchTrunk, nursery: trio.Nursery) -> None:
        self.trunk: Trunk = trunk
        self._peer, self._nursery = peer, nursery

    def answers(
        self,
        e164: str,
        after_s: float = 6.0,
        greets_s: float = 1.0,
        stays_s: float = math.inf,
        detected: AnsweredBy = AnsweredBy.HUMAN,
    ) -> None:
        self._peer.fates[e164] = Fate(after_s, greets_s, stays_s)

    def refuses(self, e164: str, outcome: NetworkOutcome, after_s: float) -> None:
        cause, sip_status = _REFUSALS[outcome]
        self._peer.fates[e164] = Fate(after_s, cause=cause, sip_status=sip_status)

    def lose(self, from_s: float, to_s: float) -> None:
        self._nursery.start_soon(self._lose, trio.current_time(), from_s, to_s)

    async def _lose(self, start: float, from_s: float, to_s: float) -> None:
        await trio.sleep_until(start + from_s)
        self._peer.die()
        await trio.sleep_until(start + to_s)
        await self._peer.rise()


@pytest.fixture
async def switch(peer: Peer) -> AsyncIterator[PeerSwitch]:
    server = server_of(peer)
    trunk = FreeswitchTrunk("peer", 100, 50.0, server, FreeswitchSettings())
    async with running(server), trio.open_nursery() as nursery:
        await server.wait_up()
        yield PeerSwitch(peer, trunk, nursery)
        nursery.cancel_scope.cancel()


class TestFreeswitchTrunkKeepsTheContract(TrunkContract):
    late_s = 0.3

"""The contract of every trunk, against a real Asterisk and a carrier that does as the number says."""

import math
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from itertools import count
from os import getpid

import attrs
import pytest
import trio

from adapters.asterisk.server import AsteriskServer, running
from adapters.asterisk.settings import AsteriskSettings
from adapters.asterisk.trunk import AsteriskLeg, AsteriskTrunk
from dialer.disposition import NetworkOutcome
from dialer.ports import CallOrder, CallTrace, Trunk
from dialer.records import AnsweredBy
from tests.contracts.trunk_contract import TrunkContract
from tests.lab.lab import AWAY, BUSY, CONGESTED, HUMAN, INVALID, MACHINE, REJECTED, Lab, scripted

pytestmark = pytest.mark.slow

SECOND = 0.125
_REFUSALS = {
    NetworkOutcome.BUSY: BUSY,
    NetworkOutcome.REJECTED: REJECTED,
    NetworkOutcome.INVALID_NUMBER: INVALID,
    NetworkOutcome.CONGESTED: CONGESTED,
    NetworkOutcome.NO_ANSWER: AWAY,
}
_runs = count()


class ScriptedTrunk:
    """The trunk, but numbers are replaced by those that make the carrier do what was scripted."""

    def __init__(self, trunk: AsteriskTrunk) -> None:
        self.name, self.line_count, self.max_calls_per_s = trunk.name, trunk.line_count, trunk.max_calls_per_s
        self.numbers: dict[str, str] = {}
        self._trunk = trunk
        self._run = f"{getpid()}-{next(_runs)}"

    @property
    def is_up(self) -> bool:
        return self._trunk.is_up

    def open_leg(self, order: CallOrder) -> AbstractAsyncContextManager[AsteriskLeg]:
        attempt_id = f"{self._run}-{order.attempt_id.replace('+', '')}"
        return self._trunk.open_leg(attrs.evolve(order, e164=self.numbers[order.e164], attempt_id=attempt_id))

    async def settle(self, attempt_ids: object) -> dict[str, CallTrace]:
        return {}


class LabSwitch:
    """A scripted far end behind a real Asterisk."""

    def __init__(self, lab: Lab, trunk: AsteriskTrunk, nursery: trio.Nursery) -> None:
        self.trunk: Trunk = ScriptedTrunk(trunk)
        self._numbers = self.trunk.numbers
        self._lab, self._nursery = lab, nursery

    def answers(
        self,
        e164: str,
        after_s: float = 6.0,
        greets_s: float = 1.0,
        stays_s: float = math.inf,
        detected: AnsweredBy = AnsweredBy.HUMAN,
    ) -> None:
        stays_s = 0.0 if math.isinf(stays_s) else stays_s * SECOND
        what = MACHINE if detected is AnsweredBy.MACHINE else HUMAN
        self._numbers[e164] = scripted(what, after_s * SECOND, stays_s, unique=len(self._numbers))

    def refuses(self, e164: str, outcome: NetworkOutcome, after_s: float) -> None:
        self._numbers[e164] = scripted(_REFUSALS[outcome], after_s * SECOND)

    def lose(self, from_s: float, to_s: float) -> None:
        self._nursery.start_soon(self._lose, from_s * SECOND, to_s * SECOND)

    async def _lose(self, from_s: float, to_s: float) -> None:
        start = trio.current_time()
        await trio.sleep(from_s)
        await trio.to_thread.run_sync(self._lab.kill, "pbx")
        await trio.sleep_until(start + to_s)
        await trio.to_thread.run_sync(self._lab.up, "pbx")


@pytest.fixture
async def switch(lab: Lab) -> AsyncIterator[LabSwitch]:
    server: AsteriskServer = lab.server(max_retry_s=0.2)
    trunk = AsteriskTrunk("lab", 100, 50.0, server, AsteriskSettings())
    async with running(server), trio.open_nursery() as nursery:
        await server.wait_up()
        yield LabSwitch(lab, trunk, nursery)
        with trio.CancelScope(shield=True):  # an outage in the script is seen to its end
            while nursery.child_tasks:  # noqa: ASYNC110 (the nursery has no event of its own)
                await trio.sleep(0.01)


@pytest.fixture
def autojump_clock() -> None:
    """Real time: the far end is a process of its own."""


class TestAsteriskTrunkKeepsTheContract(TrunkContract):
    second = SECOND
    late_s = 1.5

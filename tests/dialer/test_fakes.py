"""The fakes keep the contracts of what they stand for, so that tests with them mean something."""

import math

import pytest

from dialer.disposition import NetworkOutcome
from dialer.ports import AccountSource, AgentDesk, JournalStore, Trunk
from dialer.records import AnsweredBy
from tests.contracts.journal_contract import JournalContract
from tests.contracts.trunk_contract import TrunkContract
from tests.fakes import FakeDesk, FakeSource, FakeStore, FakeTrunk, FarEnd, an_account


class FakeSwitch:
    def __init__(self) -> None:
        self.trunk = FakeTrunk()

    def answers(
        self,
        e164: str,
        after_s: float = 6.0,
        greets_s: float = 1.0,
        stays_s: float = math.inf,
        detected: AnsweredBy = AnsweredBy.HUMAN,
    ) -> None:
        self.trunk.far_ends[e164] = FarEnd(after_s, greets_s, 0.5, stays_s, detected)

    def refuses(self, e164: str, outcome: NetworkOutcome, after_s: float) -> None:
        self.trunk.far_ends[e164] = FarEnd(after_s, outcome=outcome)

    def lose(self, from_s: float, to_s: float) -> None:
        self.trunk.lose(from_s, to_s)


class Kept:
    def __init__(self) -> None:
        self.store: JournalStore = FakeStore(flush_s=0.0)

    def reopen(self) -> JournalStore:
        again = FakeStore(flush_s=0.0)
        again.append_nowait(list(self.store.read()))
        return again

    def break_next_append(self) -> list[bytes]:
        self.store.fails_from = self.store.attempted + 1
        return [b"two", b"three"]


@pytest.fixture
def switch() -> FakeSwitch:
    return FakeSwitch()


@pytest.fixture
def journal() -> Kept:
    return Kept()


class TestFakeTrunkKeepsTheContract(TrunkContract):
    pass


class TestFakeStoreKeepsTheContract(JournalContract):
    pass


def test_fakes_are_what_the_engine_asks_for():
    account = an_account()
    ports: tuple[Trunk, AgentDesk, JournalStore, AccountSource]
    ports = (FakeTrunk(), FakeDesk(), FakeStore(), FakeSource({"c": [account]}))
    assert list(ports[3].accounts("c")) == [account]

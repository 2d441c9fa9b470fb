"""Opening an engine, cancelled before each of its steps: its journal can always be opened and gone on from."""

from pathlib import Path

import trio

from adapters.journal_memory import MemoryJournal
from dialer.app import Ports, new_state, open_engine
from dialer.clock import WallClock
from dialer.journal import replay
from dialer.record_codec import decode_all, encode
from dialer.records import Claimed, Closed, Disposed, Opened
from tests.cancelling import Cut, cut_at_every_step
from tests.dialer.test_rule_desk import ACCOUNTS, Floor, Lists
from tests.fakes import TEN, FakeTrunk


class SlowJournal(MemoryJournal):
    """Takes a moment for each batch, as a disk does."""

    is_instant = False

    async def append(self, lines):
        await trio.sleep(0.01)
        self.append_nowait(lines)
        return ()


class SlowTrunk(FakeTrunk):
    """Takes a moment to say what became of calls."""

    async def settle(self, attempt_ids):
        await trio.sleep(0.01)
        return await super().settle(attempt_ids)


def interrupted(floor: Floor) -> SlowJournal:
    """The journal of a process that died in the middle of a call."""
    store = SlowJournal()
    account = ACCOUNTS[0]
    claimed = Claimed(
        TEN, "c-1", "c", account.account_id, account.person.person_id, (), account.numbers[0].number_id, "seoul",
        "+8215990101", "hash", "predictive",
    )  # fmt: skip
    store.append_nowait([encode(Opened(TEN, "1", "", "Asia/Seoul")), encode(claimed)])
    return store


def test_opening_can_be_cancelled_at_every_step(tmp_path: Path) -> None:
    floor = Floor(tmp_path)

    async def scenario(cut: Cut) -> None:
        store = interrupted(floor)

        async def open_and_leave() -> None:
            ports = Ports((SlowTrunk(),), Lists(), store)
            async with open_engine(floor.config, ports, WallClock(TEN)) as engine:
                await engine.journal.wait_durable()

        await cut.run(open_and_leave)
        await in_order(floor, store)

    assert cut_at_every_step(scenario) > 5


async def in_order(floor: Floor, store: SlowJournal) -> None:
    """What is there can be replayed, and the next start closes what is open and nothing twice."""
    replay(store.read(), new_state(floor.config))
    async with open_engine(floor.config, Ports((FakeTrunk(),), Lists(), store), WallClock(TEN)) as engine:
        assert not engine.state.attempts
    records = list(decode_all(store.read()))
    assert sum(isinstance(one, Disposed) for one in records) == 1
    assert isinstance(records[-1], Closed)
    assert replay(store.read(), new_state(floor.config)) == engine.state

"""Two processes on one journal: each knows what stands before its own records before it goes on."""

import pytest
import trio

from dialer.journal import Journal, replay
from dialer.ports import LeaseLostError, StoreError
from dialer.records import Closed
from tests.dialer.test_journal import writing
from tests.strategies import a_journal, an_engine_state


class SharedLines:
    """What a database holds, and who is to be told of it."""

    def __init__(self):
        self.lines = []
        self.news = trio.Event()


class FakeSharedStore:
    """One process's way to the shared lines; each append takes `flush_s`."""

    is_instant = False

    def __init__(self, shared, flush_s=0.5):
        self.shared, self.flush_s, self.seen = shared, flush_s, 0
        self.failure = None

    async def append(self, lines):
        with trio.CancelScope(shield=True):
            await trio.sleep(self.flush_s)
        if self.failure is not None:
            raise self.failure
        others = self.shared.lines[self.seen :]
        self.shared.lines += lines
        self.seen = len(self.shared.lines)
        if lines:
            self.shared.news.set()
            self.shared.news = trio.Event()
        return others

    async def wait_news(self):
        while self.seen == len(self.shared.lines):
            await self.shared.news.wait()


RECORDS = a_journal(60, seed=11)
HALF = len(RECORDS) // 2


@pytest.fixture
def shared():
    return SharedLines()


def a_process(shared, flush_s=0.5):
    return Journal(FakeSharedStore(shared, flush_s), an_engine_state())


async def test_who_waits_for_durability_goes_on_knowing_what_stands_before(autojump_clock, shared):
    seoul, busan = a_process(shared), a_process(shared)
    async with writing(seoul), writing(busan):
        for record in RECORDS[:HALF]:
            seoul.append(record)
        await seoul.wait_durable()
        assert busan.state.record_count == 0
        busan.append(Closed(RECORDS[0].at))
        await busan.wait_durable()
        assert busan.state.ledger == seoul.state.ledger
        assert busan.state.record_count == seoul.state.record_count + 1


async def test_other_processes_are_followed_soon_after_they_write(autojump_clock, shared):
    seoul, busan = a_process(shared), a_process(shared)
    heard = []
    async with writing(seoul), writing(busan), trio.open_nursery() as following:
        following.start_soon(busan.follow)
        for campaign_id in ("c", "d"):
            busan.tell(campaign_id, heard.append)
        for record in RECORDS:
            seoul.append(record)
        await seoul.wait_durable()
        await trio.sleep(1.0)
        assert busan.state == seoul.state
        assert heard
        following.cancel_scope.cancel()
    assert replay(iter(shared.lines), an_engine_state()) == seoul.state


async def test_catching_up_during_a_flush_waits_for_the_next_one(autojump_clock, shared):
    seoul, busan = a_process(shared, flush_s=0.1), a_process(shared, flush_s=1.0)
    async with writing(seoul), writing(busan), trio.open_nursery() as nursery:
        nursery.start_soon(busan.catch_up)
        await trio.sleep(1.0 - 0.05)  # the first look is nearly over
        for record in RECORDS[:HALF]:
            seoul.append(record)
        await seoul.wait_durable()
        await busan.catch_up()
        assert busan.state == seoul.state


async def test_catching_up_says_when_the_store_has_failed(autojump_clock, shared):
    journal = a_process(shared)
    journal._store.failure = LeaseLostError("another has taken over")
    with pytest.RaisesGroup(StoreError, flatten_subgroups=True):
        async with writing(journal):
            with pytest.raises(LeaseLostError), trio.CancelScope(shield=True):
                await journal.catch_up()
            with pytest.raises(LeaseLostError):
                await journal.catch_up()
            await trio.sleep(1)


async def test_record_of_another_that_cannot_be_read_stops_everything(autojump_clock, shared):
    journal = a_process(shared)
    shared.lines.append(b'["of a newer program",{}]')
    with pytest.RaisesGroup(StoreError, flatten_subgroups=True):
        async with writing(journal):
            with pytest.raises(StoreError, match="unknown record kind"), trio.CancelScope(shield=True):
                await journal.catch_up()
            await trio.sleep(1)

"""The journal while the engine runs: what is durable when, and what happens when the store gives up."""

from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import trio

from adapters.journal_memory import MemoryJournal
from adapters.journal_sqlite import SqliteJournal
from dialer.attempt import MisuseError
from dialer.journal import Journal, replay
from dialer.ports import StoreError
from dialer.record_codec import decode, encode
from dialer.records import (
    AgentChanged,
    AgentState,
    CampaignChanged,
    CampaignState,
    Closed,
    FactStated,
    ListEnrolled,
    Originated,
    TrunkChanged,
)
from dialer.state import EngineState
from tests.fakes import TEN, FakeStore
from tests.strategies import a_journal, an_engine_state

ONE, TWO, THREE = (TrunkChanged(TEN + timedelta(seconds=nth), "seoul", nth % 2 == 0) for nth in range(3))


def a_journal_on(store):
    return Journal(store, EngineState())


@asynccontextmanager
async def writing(journal):
    """The journal's writer runs as long as the block, and then writes the rest."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.run_writer)
        try:
            yield nursery
        finally:
            journal.close()


async def test_waiting_ends_only_when_the_store_has_the_line(autojump_clock):
    store = FakeStore(flush_s=0.5)
    journal = a_journal_on(store)
    async with writing(journal):
        journal.append(ONE)
        assert store.lines == []
        await journal.wait_durable()
        assert store.lines == [encode(ONE)]
        assert trio.current_time() == pytest.approx(0.5)


async def test_record_appended_during_a_flush_waits_for_the_next_one(autojump_clock):
    store = FakeStore(flush_s=0.5)
    journal = a_journal_on(store)
    async with writing(journal):
        journal.append(ONE)
        await trio.sleep(0.2)
        journal.append(TWO)
        await journal.wait_durable()
        assert trio.current_time() == pytest.approx(1.0)
    assert store.batches == [[encode(ONE)], [encode(TWO)]]


async def test_one_flush_serves_everybody_who_waits(autojump_clock):
    store = FakeStore(flush_s=0.5)
    journal = a_journal_on(store)
    done_at = []

    async def say_and_wait(index):
        journal.append(TrunkChanged(TEN, f"trunk-{index}", is_up=True))
        await journal.wait_durable()
        done_at.append(trio.current_time())

    async with writing(journal), trio.open_nursery() as waiters:
        for index in range(1000):
            waiters.start_soon(say_and_wait, index)
    assert len(done_at) == 1000
    assert len(store.batches) <= 2  # the writer may have taken the first records alone
    assert max(done_at) <= 1.0 + 1e-9


async def test_waiting_without_anything_new_does_not_wait(autojump_clock):
    journal = a_journal_on(FakeStore())
    async with writing(journal):
        journal.append(ONE)
        await journal.wait_durable()
        before = trio.current_time()
        await journal.wait_durable()
        assert trio.current_time() == before


async def test_instant_store_is_durable_when_the_append_returns():
    store = MemoryJournal()
    journal = a_journal_on(store)
    async with writing(journal):
        journal.append(ONE)
        assert store.lines == [encode(ONE)]
        await journal.wait_durable()


async def test_store_that_fails_stops_everybody_who_waits_and_everything_after(autojump_clock):
    store = FakeStore(flush_s=0.5, fails_from=2)
    journal = a_journal_on(store)
    failures = []

    async def wait():
        with pytest.raises(StoreError) as failed, trio.CancelScope(shield=True):
            await journal.wait_durable()
        failures.append(str(failed.value))

    with pytest.RaisesGroup(pytest.RaisesExc(StoreError, match="^the disk is full$")):
        async with writing(journal) as nursery:
            journal.append(ONE)
            await journal.wait_durable()
            journal.append(TWO)
            for _ in range(3):
                nursery.start_soon(wait)
            with trio.CancelScope(shield=True):
                await trio.sleep(0.1)
                journal.append(THREE)  # while the flush that will fail is under way
                await trio.sleep(1.0)
    with pytest.raises(StoreError, match=r"^the disk is full$"):
        journal.append(THREE)
    assert failures == ["the disk is full"] * 3
    assert store.lines == [encode(ONE)]
    assert store.attempted == 2  # nothing is written behind a batch that was lost


async def test_failure_of_another_kind_stops_everything_too(autojump_clock):
    store = FakeStore(flush_s=0.5, fails_from=1, failure=RuntimeError("no thread could be started"))
    journal = a_journal_on(store)
    with pytest.RaisesGroup(StoreError):
        async with writing(journal):
            journal.append(ONE)
            await trio.sleep(5)
    with pytest.raises(StoreError) as failed:
        await journal.wait_durable()
    assert str(failed.value) == (
        "the journal's store broke (RuntimeError('no thread could be started')); nothing is dialed until it is mended"
    )


async def test_what_was_said_in_the_instant_of_closing_is_written(autojump_clock):
    store = FakeStore(flush_s=0.5)
    journal = a_journal_on(store)
    async with writing(journal):
        await trio.sleep(1.0)
        journal.append(ONE)
        journal.append(Closed(TEN))
    assert store.lines == [encode(ONE), encode(Closed(TEN))]


async def test_what_was_said_while_the_last_flush_was_under_way_is_written(autojump_clock):
    store = FakeStore(flush_s=0.5)
    journal = a_journal_on(store)
    async with writing(journal):
        journal.append(ONE)
        await trio.sleep(0.2)
        journal.append(TWO)
    assert store.lines == [encode(ONE), encode(TWO)]


async def test_writer_outlives_the_cancellation_of_everything_around_it(autojump_clock):
    store = FakeStore(flush_s=0.5)
    journal = a_journal_on(store)
    with trio.CancelScope() as stop:
        async with writing(journal):
            journal.append(ONE)
            await trio.sleep(0.2)
            stop.cancel()
            try:
                await trio.sleep(1)
            finally:
                journal.append(TWO)
                journal.append(Closed(TEN))
    assert store.lines == [encode(ONE), encode(TWO), encode(Closed(TEN))]


async def test_last_words_reach_a_real_file(tmp_path):
    store = SqliteJournal(tmp_path / "day.journal")
    journal = a_journal_on(store)
    async with writing(journal):
        journal.append(ONE)
        await journal.wait_durable()
        journal.append(Closed(TEN))
    assert [decode(line) for line in store.read()] == [ONE, Closed(TEN)]
    store.close()


async def test_waiting_cancelled_leaves_the_record_to_be_written(autojump_clock):
    store = FakeStore(flush_s=0.5)
    journal = a_journal_on(store)
    async with writing(journal):
        journal.append(ONE)
        with trio.move_on_after(0.1):
            await journal.wait_durable()
        await trio.sleep(1.0)
        assert store.lines == [encode(ONE)]


async def test_record_that_does_not_follow_is_neither_written_nor_heard():
    store, heard = MemoryJournal(), []
    journal = a_journal_on(store)
    journal.tell("c", heard.append)
    with pytest.raises(MisuseError):
        journal.append(Originated(TEN, "c-1", "c"))
    assert (store.lines, heard, journal.state.record_count) == ([], [], 0)


async def test_record_that_cannot_be_written_has_not_happened():
    store = MemoryJournal()
    journal = a_journal_on(store)
    with pytest.raises(TypeError):
        journal.append(FactStated(TEN, "c", "p-1", "acc-1", "person.note", object()))
    assert (store.lines, journal.state.facts, journal.state.record_count) == ([], {}, 0)


async def test_campaign_hears_of_its_calls_and_its_agents_after_the_state_has_taken_them():
    journal = Journal(MemoryJournal(), an_engine_state())
    heard = {"c": [], "d": []}
    for campaign_id, records in heard.items():
        journal.tell(campaign_id, lambda record, to=records: to.append((record, journal.state.record_count)))
    of_c = ListEnrolled(TEN, "c", 4, "hash")
    of_both = AgentChanged(TEN, "ag-1", "seoul", AgentState.IDLE, ("c", "d"))
    for record in (of_c, ONE, of_both, CampaignChanged(TEN, "d", CampaignState.RUNNING, "started")):
        journal.append(record)
    assert heard["c"] == [(of_c, 1), (of_both, 3)]
    assert [type(record) for record, _ in heard["d"]] == [AgentChanged, CampaignChanged]


async def test_replay_of_what_a_live_journal_wrote_equals_its_state(autojump_clock):
    store = FakeStore(flush_s=0.5)
    journal = Journal(store, an_engine_state())
    async with writing(journal):
        for record in a_journal(80, seed=3):
            journal.append(record)
            await trio.sleep(0.1)
    assert replay(store.read(), an_engine_state()) == journal.state

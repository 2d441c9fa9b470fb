"""What every journal store must do, as tests that any adapter can be run against.

Subclass `JournalContract` in a test module and give it a fixture `journal`: a
store, and a way to open what it wrote a second time.
"""

from typing import Protocol

import pytest
import trio

from dialer.ports import JournalStore


class JournalUnderTest(Protocol):
    """A store and what a later process would find of it."""

    store: JournalStore

    def reopen(self) -> JournalStore:
        """Close the store and open what it left."""

    def break_next_append(self) -> list[bytes]:
        """Lines that the store refuses half-way, or nothing if it cannot be made to."""


class JournalContract:
    """Collected through a subclass."""

    def test_new_journal_holds_nothing(self, journal: JournalUnderTest) -> None:
        assert list(journal.store.read()) == []

    async def test_lines_are_read_in_the_order_of_their_appends(self, journal: JournalUnderTest) -> None:
        await journal.store.append([b"one", b"two"])
        await journal.store.append([b"three"])
        assert list(journal.store.read()) == [b"one", b"two", b"three"]

    async def test_appending_nothing_adds_nothing(self, journal: JournalUnderTest) -> None:
        await journal.store.append([b"one"])
        await journal.store.append([])
        assert list(journal.store.read()) == [b"one"]

    async def test_line_reads_as_the_same_bytes(self, journal: JournalUnderTest) -> None:
        lines = [b'["closed",{}]', "홍길동".encode(), b"a\nb", b"\x00\xff"]
        await journal.store.append(lines)
        assert list(journal.store.read()) == lines

    async def test_same_line_twice_is_two_lines(self, journal: JournalUnderTest) -> None:
        await journal.store.append([b"same", b"same"])
        assert list(journal.store.read()) == [b"same", b"same"]

    async def test_what_was_appended_is_there_when_the_journal_is_opened_again(self, journal: JournalUnderTest) -> None:
        await journal.store.append([b"one", b"two"])
        again = journal.reopen()
        assert list(again.read()) == [b"one", b"two"]
        await again.append([b"three"])
        assert list(again.read()) == [b"one", b"two", b"three"]
        again.close()

    async def test_append_without_waiting_is_the_same_append(self, journal: JournalUnderTest) -> None:
        await journal.store.append([b"one"])
        journal.store.append_nowait([b"two", b"three"])
        assert list(journal.reopen().read()) == [b"one", b"two", b"three"]

    async def test_batch_that_fails_half_way_leaves_nothing(self, journal: JournalUnderTest) -> None:
        await journal.store.append([b"one"])
        lines = journal.break_next_append()
        if not lines:
            pytest.skip("this store has no way to fail half-way")
        with pytest.raises(Exception, match=r"."):
            await journal.store.append(lines)
        assert list(journal.store.read()) == [b"one"]

    async def test_cancelled_append_is_done_or_not_done(self, journal: JournalUnderTest) -> None:
        with trio.CancelScope() as scope:
            scope.cancel()
            await journal.store.append([b"one", b"two"])
        assert list(journal.store.read()) in ([], [b"one", b"two"])
        await journal.store.append([b"three"])
        assert list(journal.store.read())[-1] == b"three"

    async def test_reading_from_a_number_leaves_out_what_stands_before_it(self, journal: JournalUnderTest) -> None:
        await journal.store.append([b"one", b"two", b"three"])
        assert list(journal.store.read(after=1)) == [b"two", b"three"]
        assert list(journal.store.read(after=3)) == []

    async def test_last_snapshot_is_kept_over_a_restart(self, journal: JournalUnderTest) -> None:
        assert journal.store.latest_snapshot() is None
        await journal.store.append([b"one", b"two"])
        await journal.store.put_snapshot(1, b"after one")
        await journal.store.put_snapshot(2, b"after two")
        assert journal.store.latest_snapshot() == (2, b"after two")

    async def test_single_process_gets_no_news(self, journal: JournalUnderTest) -> None:
        assert list(await journal.store.append([b"one"])) == []
        with trio.move_on_after(0.01) as scope:
            await journal.store.wait_news()
        assert scope.cancelled_caught

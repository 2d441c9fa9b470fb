"""The journal in memory keeps the contract of every journal."""

import pytest

from adapters.journal_memory import MemoryJournal
from dialer.ports import JournalStore
from tests.contracts.journal_contract import JournalContract


class InMemory:
    def __init__(self) -> None:
        self.store: JournalStore = MemoryJournal()

    def reopen(self) -> JournalStore:
        self.store.close()
        return MemoryJournal(list(self.store.read()))

    def break_next_append(self) -> list[bytes]:
        return []


@pytest.fixture
def journal() -> InMemory:
    return InMemory()


class TestMemoryJournalKeepsTheContract(JournalContract):
    pass


def test_memory_journal_needs_no_thread():
    assert MemoryJournal.is_instant


def test_memory_journal_does_not_change_the_lines_it_was_given():
    given = [b"one"]
    store = MemoryJournal(given)
    store.append_nowait([b"two"])
    assert given == [b"one"]
    assert list(store.read()) == [b"one", b"two"]

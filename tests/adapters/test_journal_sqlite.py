"""The journal in a file: the contract of every journal, and what a disk can do to it."""

from pathlib import Path

import apsw
import pytest

from adapters.journal_sqlite import SCHEMA_VERSION, SqliteJournal
from dialer.ports import JournalStore, StoreError
from tests.contracts.journal_contract import JournalContract


class OnDisk:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.store: JournalStore = SqliteJournal(path)

    def reopen(self) -> JournalStore:
        self.store.close()
        return SqliteJournal(self.path)

    def break_next_append(self) -> list[bytes]:
        return [b"two", None, b"three"]  # a record's line cannot be nothing, so the transaction fails at the second


@pytest.fixture
def journal(tmp_path):
    on_disk = OnDisk(tmp_path / "day.journal")
    yield on_disk
    on_disk.store.close()


class TestSqliteJournalKeepsTheContract(JournalContract):
    pass


def test_sqlite_journal_waits_for_a_thread():
    assert not SqliteJournal.is_instant


def test_path_that_cannot_be_opened_is_refused_with_the_remedy(tmp_path):
    path = tmp_path / "nowhere" / "day.journal"
    with pytest.raises(StoreError) as refused:
        SqliteJournal(path)
    assert str(refused.value) == (
        f"{path}: cannot be used as a journal (unable to open database file); "
        "check the path, the disk and who else has it open"
    )


def test_file_that_is_no_journal_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("dear reader, " * 500)
    with pytest.raises(StoreError, match=r"letter\.txt: cannot be used as a journal \(file is not a database\); check"):
        SqliteJournal(path)
    assert path.read_text().startswith("dear reader")


def test_journal_of_a_newer_program_is_refused(tmp_path):
    path = tmp_path / "day.journal"
    SqliteJournal(path).close()
    with apsw.Connection(str(path)) as db:
        db.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    with pytest.raises(StoreError) as refused:
        SqliteJournal(path)
    assert str(refused.value) == (
        f"{path}: the journal has schema {SCHEMA_VERSION + 1}, this program writes {SCHEMA_VERSION}; "
        "use the version that wrote it"
    )


async def test_journal_that_another_process_holds_refuses_with_the_path(journal, monkeypatch):
    other = apsw.Connection(str(journal.path))
    journal.store._db.set_busy_timeout(1)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as refused:
        await journal.store.append([b"one"])
    assert str(refused.value) == (
        f"{journal.path}: the journal cannot take records (database is locked); nothing is dialed until it can"
    )
    other.execute("ROLLBACK")
    await journal.store.append([b"one"])
    assert list(journal.store.read()) == [b"one"]
    other.close()


def test_each_commit_reaches_the_disk(journal):
    assert journal.store._db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert journal.store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_another_connection_may_read_while_the_journal_is_written(journal):
    journal.store.append_nowait([b"one"])
    reader = SqliteJournal(journal.path)
    lines = reader.read()
    assert next(lines) == b"one"
    journal.store.append_nowait([b"two"])
    assert list(lines) == []
    assert list(reader.read()) == [b"one", b"two"]
    reader.close()

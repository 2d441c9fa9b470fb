"""What can happen to a journal file: old schemas, torn and flipped bytes, full and read-only disks, a second writer."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from adapters.journal_sqlite import SCHEMA_VERSION, SqliteJournal
from dialer.chain import first_fault
from dialer.ports import StoreError
from dialer.record_codec import decode, decode_all
from dialer.records import Claimed, Closed, Disposed, FactStated

RELEASED = Path(__file__).parents[1] / "data" / "journals"
LINES = [f'["closed",{{"at":"2026-11-24T00:00:0{i}Z"}}]'.encode() for i in range(6)]


def a_journal(path, lines=LINES):
    store = SqliteJournal(path)
    store.append_nowait(lines)
    return store


def change(path, statement, *values):
    with apsw.Connection(str(path)) as db:
        db.execute(statement, values)


# Schemas.


def test_every_released_schema_has_a_file_here():
    assert {one.stem for one in RELEASED.glob("*.sqlite")} >= {f"schema_{n}" for n in range(1, SCHEMA_VERSION)}


@pytest.mark.parametrize("released", sorted(RELEASED.glob("*.sqlite")), ids=lambda path: path.stem)
def test_journal_of_every_released_schema_opens_and_says_the_same(tmp_path, released):
    path = tmp_path / "old.journal"
    shutil.copy(released, path)
    store = SqliteJournal(path)
    records = list(decode_all(store.read()))
    assert [type(one).__name__ for one in records][:3] == ["Opened", "ListEnrolled", "CampaignChanged"]
    assert [one.person_id for one in records if isinstance(one, Claimed)] == ["p-1"]
    assert [one.value for one in records if isinstance(one, FactStated)] == ["medical"]
    assert [one.promise.amount_minor for one in records if isinstance(one, Disposed)] == [50000]
    assert isinstance(records[-1], Closed)
    assert first_fault(store.links(), store.head()) is None
    store.append_nowait(LINES[:1])
    assert len(list(store.read())) == len(records) + 1
    store.close()


def test_migrated_journal_holds_nobody_in_clear(tmp_path):
    path = tmp_path / "old.journal"
    shutil.copy(RELEASED / "schema_1.sqlite", path)
    store = SqliteJournal(path)
    assert not [one.line for one in store.links() if b"medical" in one.line or b"n-1" in one.line]
    store.close()


def test_migration_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "old.journal"
    shutil.copy(RELEASED / "schema_1.sqlite", path)
    change(path, "CREATE TABLE head (something)")  # in the way of the migration
    with pytest.raises(StoreError, match="cannot be used as a journal"):
        SqliteJournal(path)
    with apsw.Connection(str(path)) as db:
        assert db.execute("PRAGMA user_version").get == 1
        assert db.execute("SELECT count(*) FROM record").get == 14


# Damage.


def test_reading_stops_at_an_altered_record_and_names_it(tmp_path):
    path = tmp_path / "day.journal"
    a_journal(path).close()
    change(path, "UPDATE record SET line = ? WHERE seq = 4", LINES[0])
    store = SqliteJournal(path)
    with pytest.raises(StoreError, match=r"day\.journal: record 4 is not what was written; copy the file away"):
        list(store.read())
    store.close()


def test_journal_whose_end_is_lost_is_refused(tmp_path):
    path = tmp_path / "day.journal"
    a_journal(path).close()
    change(path, "DELETE FROM record WHERE seq >= 5")
    with pytest.raises(StoreError, match=r"the journal ends at record 4, and should at 6; copy the file away"):
        SqliteJournal(path)


def test_snapshot_ahead_of_its_journal_is_noticed(tmp_path):
    store = a_journal(tmp_path / "day.journal")
    with pytest.raises(StoreError, match="record 9 should be there and is not: the end of the journal is lost"):
        list(store.read(after=9))
    store.close()


@pytest.mark.parametrize("place", [0.2, 0.35, 0.5, 0.65, 0.8, 0.95])
def test_flipped_bit_never_passes_for_what_was_written(tmp_path, place):
    """Whatever byte of the file is hit: the same lines, or an error with place and remedy."""
    path = tmp_path / "day.journal"
    lines = [b'["trunk",{"at":"2026-11-24T00:00:00Z","trunk":"%06d","is_up":true}]' % i for i in range(400)]
    store = a_journal(path, lines)
    store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    store.close()
    content = bytearray(path.read_bytes())
    content[int(len(content) * place)] ^= 0x10
    path.write_bytes(content)
    said = read_or_refusal(path)
    if said != lines:
        assert "day.journal: " in said
        assert "copy the file away" in said or "check the path" in said


def read_or_refusal(path):
    try:
        return list(SqliteJournal(path).read())
    except StoreError as refused:
        return str(refused)


@pytest.mark.parametrize("left", [0.1, 0.5, 0.9])
def test_torn_log_loses_whole_batches_from_the_end_and_nothing_else(tmp_path, left):
    """A power cut while the log is being written: what was not flushed is gone, what is there is whole."""
    path = tmp_path / "day.journal"
    store = SqliteJournal(path)
    for line in LINES:
        store.append_nowait([line, line])
    torn = tmp_path / "torn.journal"
    shutil.copy(path, torn)
    log = Path(f"{path}-wal").read_bytes()
    Path(f"{torn}-wal").write_bytes(log[: int(len(log) * left)] + b"\xff" * 100)
    store.close()
    again = SqliteJournal(torn)
    found = list(again.read())
    assert len(found) % 2 == 0
    assert found == [line for line in LINES for _ in range(2)][: len(found)]
    again.append_nowait(LINES[:1])
    assert first_fault(again.links(), again.head()) is None
    again.close()


# Disks and other processes.

IN_A_CHILD = """
import os, resource, sys
from pathlib import Path
from adapters.journal_sqlite import SqliteJournal
from dialer.ports import StoreError
path = Path(sys.argv[1])
what = sys.argv[2]
try:
    if what == "full":
        import signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        store = SqliteJournal(path)
        store.append_nowait([b"one"])
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        kept = 1
        for _ in range(1000):
            store.append_nowait([b"x" * 1000])
            kept += 1
    else:
        if os.getuid() == 0:
            os.setuid(65534)
        SqliteJournal(path).append_nowait([b"two"])
except StoreError as error:
    print(error)
    if what == "full":
        print(kept)
"""


def in_a_child(path, what):
    done = subprocess.run(
        [sys.executable, "-c", IN_A_CHILD, str(path), what], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.mark.slow
def test_full_disk_refuses_the_record_and_keeps_every_earlier_one(tmp_path):
    path = tmp_path / "day.journal"
    error, kept = in_a_child(path, "full")
    assert error.startswith(f"{path}: the journal cannot take records (")
    assert error.endswith("nothing is dialed until it can")
    store = SqliteJournal(path)
    assert len(list(store.read())) == int(kept)
    assert first_fault(store.links(), store.head()) is None
    store.close()


@pytest.mark.slow
def test_disk_that_may_only_be_read_refuses_at_the_start(tmp_path):
    path = tmp_path / "day.journal"
    a_journal(path).close()
    path.chmod(0o444)
    os.chmod(tmp_path, 0o555)
    for parent in tmp_path.parents[:2]:
        parent.chmod(0o755)
    (error,) = in_a_child(path, "readonly")
    assert f"{path}: " in error
    assert "cannot" in error


def test_second_writer_is_refused_by_the_file_itself(tmp_path):
    path = tmp_path / "day.journal"
    first, second = SqliteJournal(path), SqliteJournal(path)
    first.append_nowait([b"one"])
    with pytest.raises(StoreError, match=r"another process writes this journal \(.*\); one journal has one"):
        second.append_nowait([b"other"])
    first.append_nowait([b"two"])
    assert list(first.read()) == [b"one", b"two"]
    first.close()
    second.close()


def test_copy_made_while_the_journal_is_written_is_a_journal(tmp_path):
    store = a_journal(tmp_path / "day.journal")
    store.back_up(tmp_path / "copy.journal")
    store.append_nowait(LINES)
    copy = SqliteJournal(tmp_path / "copy.journal")
    assert list(copy.read()) == LINES
    assert decode(next(copy.read())) == decode(LINES[0])
    copy.close()
    store.close()

"""Any order of appends, reads, restarts, snapshots and erasures: stores agree with a list, and with their chain."""

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from adapters.journal_memory import MemoryJournal
from adapters.journal_sqlite import SqliteJournal
from dialer.chain import first_fault
from dialer.record_codec import decode, encode
from dialer.records import Closed, Erased, FactStated
from tests.strategies import a_journal

STATED = FactStated(datetime(2026, 11, 24, tzinfo=UTC), "c", "person-1", "acc-1", "person.hardship", "medical")
POOL = [encode(one) for one in [*a_journal(60, seed=5), STATED]]
LINES = st.lists(st.sampled_from([*POOL, b"no record", b'["fact",{}]', "홍길동".encode()]), max_size=6)


class Journals(RuleBasedStateMachine):
    """A file and a memory, driven alike."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.file = SqliteJournal(self.folder / "a.journal")
        self.memory = MemoryJournal()
        self.snapshot: tuple[int, bytes] | None = None
        self.erased: set[str] = set()

    @rule(lines=LINES)
    def append(self, lines):
        assert trio.run(self.file.append, lines) == ()
        trio.run(self.memory.append, lines)

    @rule(lines=LINES)
    def append_in_this_thread(self, lines):
        self.file.append_nowait(lines)
        self.memory.append_nowait(lines)

    @rule()
    def restart(self):
        self.file.close()
        self.file = SqliteJournal(self.folder / "a.journal")

    @rule(at=st.floats(0, 1), body=st.binary(max_size=20))
    def keep_snapshot(self, at, body):
        self.snapshot = (int(at * len(self.memory.lines)), body)
        trio.run(self.file.put_snapshot, *self.snapshot)

    @precondition(lambda self: persons(self.memory.lines))
    @rule(draw=st.randoms(use_true_random=False))
    def erase(self, draw):
        person = draw.choice(persons(self.memory.lines))
        tokens = self.file.erase([person])
        assert len(tokens) <= 1
        self.snapshot = None
        self.memory.lines = list(self.file.read())  # from here on they agree again
        assert not [line for line in self.memory.lines if f'"person_id":"{person}"'.encode() in line]

    @rule(at=st.floats(0, 1))
    def read_from(self, at):
        number = int(at * len(self.memory.lines))
        assert list(self.file.read(after=number)) == list(self.memory.read(after=number))

    @rule()
    def look_from_another_process(self):
        other = SqliteJournal(self.folder / "a.journal")
        assert list(other.read()) == self.memory.lines
        other.close()

    @invariant()
    def agrees_with_a_list_and_with_its_chain(self):
        assert list(self.file.read()) == self.memory.lines
        assert first_fault(self.file.links(), self.file.head()) is None
        assert self.file.head().number == len(self.memory.lines)
        assert self.file.latest_snapshot() == self.snapshot

    def teardown(self):
        self.file.close()
        shutil.rmtree(self.folder)


def persons(lines):
    """Whom the lines name."""
    found = {
        record.person_id
        for line in lines
        if line.startswith((b'["claimed",', b'["denied",', b'["fact",')) and line in POOL
        for record in (decode(line),)
        if not isinstance(record, Erased | Closed)
    }
    return sorted(found)


Journals.TestCase.settings = settings(
    max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestJournals = pytest.mark.slow(Journals.TestCase)


def test_pool_has_people_to_erase():
    assert len(persons(POOL)) > 2

"""A journal on a disk that may be read and not written, for a user whom the kernel stops: said so, and nothing lost."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.journal_sqlite import SqliteJournal
from dialer.record_codec import encode
from dialer.records import Closed
from tests.fakes import TEN

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="needs file rights as Unix has them"),
]

_NOBODY = 65_534
# In a process of its own: the rights of files bind nobody who is root.
_PROGRAM = """
import os, sys
from pathlib import Path
from adapters.journal_sqlite import SqliteJournal
from dialer.ports import StoreError
if os.getuid() == 0:
    os.setgid({nobody}), os.setuid({nobody})
path = Path(sys.argv[1])
try:
    store = SqliteJournal(path)
    print("opened with", len(list(store.read())))
    store.append_nowait([b'["closed",{{"at":"2026-11-24T00:00:00Z"}}]'])
    print("appended")
except StoreError as error:
    print("StoreError", error)
"""


def as_somebody(path: Path) -> str:
    """What a process without the right to write says."""
    program = _PROGRAM.format(nobody=_NOBODY)
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a process of another user cannot run here: {done.stderr[-200:]}")
    return done.stdout


@pytest.fixture
def journal() -> Iterator[Path]:
    # Not below pytest's own folder, which is closed to others.
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        path = Path(name) / "day.journal"
        store = SqliteJournal(path)
        store.append_nowait([encode(Closed(TEN))])
        store.close()
        yield path


@pytest.mark.parametrize("rights", [0o444, 0o400])
def test_a_journal_that_may_not_be_written_is_refused_in_words(journal: Path, rights: int) -> None:
    journal.chmod(rights)
    journal.parent.chmod(0o555)
    try:
        said = as_somebody(journal)
    finally:
        journal.parent.chmod(0o755)
        journal.chmod(0o644)
    assert said.startswith("StoreError") or "\nStoreError" in said
    assert "appended" not in said
    assert "journal" in said
    again = SqliteJournal(journal)
    assert len(list(again.read())) == 1
    again.close()

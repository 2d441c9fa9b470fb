"""The journal in one SQLite file: durable when an append returns.

WAL with synchronous=FULL flushes once per commit, so a batch costs one flush
however many lines it has. Commits run in a thread; the loop never waits for
the disk. synchronous=NORMAL would not flush per commit and is never used here.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import apsw
import trio

from dialer.ports import StoreError

__all__ = ["SqliteJournal"]

SCHEMA_VERSION = 1


class SqliteJournal:
    """Implements `ports.JournalStore` on a file. One process writes; any number may read."""

    is_instant = False

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._db = apsw.Connection(str(path))
            self._db.set_busy_timeout(5_000)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._prepare()
        except apsw.Error as error:
            msg = f"{path}: cannot be used as a journal ({error}); check the path, the disk and who else has it open"
            raise StoreError(msg) from error
        self._limiter = trio.CapacityLimiter(1)

    def _prepare(self) -> None:
        with self._db:
            version = self._db.execute("PRAGMA user_version").fetchone()
            assert version is not None
            self._db.execute("CREATE TABLE IF NOT EXISTS snapshot (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT")
            if version[0] == 0:
                self._db.execute("CREATE TABLE record (seq INTEGER PRIMARY KEY, line BLOB NOT NULL) STRICT")
                self._db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            elif version[0] != SCHEMA_VERSION:
                msg = (
                    f"{self._path}: the journal has schema {version[0]}, this program writes {SCHEMA_VERSION}; "
                    "use the version that wrote it"
                )
                raise StoreError(msg)

    async def append(self, lines: Sequence[bytes]) -> Sequence[bytes]:
        """Commit the lines in one transaction. Not cancelled half-way: a commit is done or not done."""
        await trio.to_thread.run_sync(self.append_nowait, lines, limiter=self._limiter)
        return ()

    def append_nowait(self, lines: Sequence[bytes]) -> None:
        """The same in the calling thread, which waits for the disk."""
        try:
            with self._db:
                self._db.executemany("INSERT INTO record (line) VALUES (?)", ((line,) for line in lines))
        except apsw.Error as error:
            msg = f"{self._path}: the journal cannot take records ({error}); nothing is dialed until it can"
            raise StoreError(msg) from error

    def read(self, after: int = 0) -> Iterator[bytes]:
        """The lines with a number above `after`, in order."""
        for (line,) in self._db.execute("SELECT line FROM record WHERE seq > ? ORDER BY seq", (after,)):
            assert isinstance(line, bytes)
            yield line

    async def wait_news(self) -> None:
        """One process writes here, so nobody else does."""
        await trio.sleep_forever()

    async def put_snapshot(self, number: int, body: bytes) -> None:
        """Keep it in place of the last one."""
        await trio.to_thread.run_sync(self._put_snapshot, number, body, limiter=self._limiter)

    def _put_snapshot(self, number: int, body: bytes) -> None:
        try:
            with self._db:
                self._db.execute("DELETE FROM snapshot")
                self._db.execute("INSERT INTO snapshot VALUES (?, ?)", (number, body))
        except apsw.Error as error:
            msg = f"{self._path}: the journal cannot take a snapshot ({error})"
            raise StoreError(msg) from error

    def latest_snapshot(self) -> tuple[int, bytes] | None:
        """The last one kept."""
        row = self._db.execute("SELECT seq, body FROM snapshot").fetchone()
        if row is None:
            return None
        number, body = row
        assert isinstance(number, int)
        assert isinstance(body, bytes)
        return number, body

    def close(self) -> None:
        """Close the file."""
        self._db.close()

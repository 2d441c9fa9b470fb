"""The journal in one SQLite file: durable when an append returns.

WAL with synchronous=FULL flushes once per commit, so a batch costs one flush
however many lines it has. Commits run in a thread; the loop never waits for
the disk. synchronous=NORMAL would not flush per commit and is never used here.

One process writes. A second one that tried would number its records like the
first and be refused by the table itself.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path

import apsw
import trio

from adapters.journal_sqlite.schema import SCHEMA_VERSION, kept_keys, keys_of_tokens, migrate
from dialer.chain import GENESIS, Link, link, link_all
from dialer.ports import StoreError
from dialer.sealing import Sealer, SealError

__all__ = ["SqliteJournal"]

# How many lines a reader decrypts at a time.
_CHUNK = 2_000
# The log is copied into the file when it has so many pages (16 MB), in the append that finds it so. At SQLite's usual
# 1,000, one batch in forty-five would wait for that; so it is one in two hundred, and no more than that is read again
# after a crash.
_LOG_PAGES = 4_000
_MEND = "copy the file away, find out more with `paceline journal verify`, and go back to the last backup"


class SqliteJournal:
    """Implements `ports.ChainedStore` on a file. One process writes; any number may read."""

    is_instant = False

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._db = self._connect()
            self._prepare()
        except apsw.CorruptError as error:
            raise self._damaged(error) from error
        except (apsw.Error, OSError) as error:
            msg = f"{path}: cannot be used as a journal ({error}); check the path, the disk and who else has it open"
            raise StoreError(msg) from error
        self._sealer = self._new_sealer(self._db)
        self._limiter = trio.CapacityLimiter(1)

    def _connect(self) -> apsw.Connection:
        db = apsw.Connection(str(self._path))
        db.set_busy_timeout(5_000)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")
        db.execute("PRAGMA secure_delete=ON")  # an erased key is overwritten, not only unlinked
        return db

    def _prepare(self) -> None:
        if self._number("PRAGMA user_version") != SCHEMA_VERSION:
            self._migrate()
        with self._db:
            self.journal_id, number, digest = self._db.execute("SELECT journal_id, seq, digest FROM head").get
            self._head = (number, digest)
            last = self._db.execute("SELECT seq, digest FROM record ORDER BY seq DESC LIMIT 1").fetchone()
        if (last or (0, GENESIS)) != self._head:
            found = last[0] if last else 0
            msg = f"{self._path}: the journal ends at record {found}, and should at {number}; {_MEND}"
            raise StoreError(msg)

    def _migrate(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")  # whoever else opens the file waits, and finds it done
        try:
            version = self._number("PRAGMA user_version")
            if version > SCHEMA_VERSION:
                msg = (
                    f"{self._path}: the journal has schema {version}, this program writes {SCHEMA_VERSION}; "
                    "use the version that wrote it"
                )
                raise StoreError(msg)
            migrate(self._db, version)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _number(self, query: str) -> int:
        value = self._db.execute(query).get
        assert isinstance(value, int)
        return value

    @staticmethod
    def _new_sealer(db: apsw.Connection) -> Sealer:
        return Sealer(lambda persons: kept_keys(db, persons), lambda tokens: keys_of_tokens(db, tokens))

    # Writing.

    async def append(self, lines: Sequence[bytes]) -> Sequence[bytes]:
        """Commit the lines in one transaction. Not cancelled half-way: a commit is done or not done."""
        await trio.to_thread.run_sync(self.append_nowait, lines, limiter=self._limiter)
        return ()

    def append_nowait(self, lines: Sequence[bytes]) -> None:
        """The same in the calling thread, which waits for the disk."""
        if not lines:
            return
        try:
            with self._db:
                head = self._insert(lines)
        except apsw.CorruptError as error:
            raise self._damaged(error) from error
        except apsw.ConstraintError as error:
            self._sealer.forget()
            msg = f"{self._path}: another process writes this journal ({error}); one journal has one `paceline run`"
            raise StoreError(msg) from error
        except apsw.Error as error:
            self._sealer.forget()  # keys made for this batch were not kept
            msg = f"{self._path}: the journal cannot take records ({error}); nothing is dialed until it can"
            raise StoreError(msg) from error
        except BaseException:
            self._sealer.forget()
            raise
        self._head = head

    def _insert(self, lines: Sequence[bytes]) -> tuple[int, bytes]:
        stored, fresh = self._sealer.seal(lines)
        if fresh:
            self._db.executemany("INSERT INTO person VALUES (?, ?, ?)", [(k.token, k.person_id, k.key) for k in fresh])
        number, digest = self._head
        links = [(one.number, one.line, one.digest) for one in link_all(digest, number, stored)]
        self._db.executemany("INSERT INTO record VALUES (?, ?, ?)", links)
        head = (links[-1][0], links[-1][2])
        self._db.execute("UPDATE head SET seq = ?, digest = ?", head)
        return head

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

    def erase(self, owners: Collection[str]) -> list[str]:
        """Delete the keys of persons and every snapshot; the tokens of those who had one."""
        try:
            with self._db:
                tokens = [one.token for one in kept_keys(self._db, owners)]
                self._db.executemany("DELETE FROM person WHERE token = ?", [(token,) for token in tokens])
                self._db.execute("DELETE FROM snapshot")
            # The log still holds the pages as they were.
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except apsw.Error as error:
            msg = f"{self._path}: nobody was erased ({error}); try again when nothing else uses the journal"
            raise StoreError(msg) from error
        self._sealer.forget()
        return tokens

    # Reading. Each reader has a connection of its own: the writer's is busy in a thread.

    def read(self, after: int = 0) -> Iterator[bytes]:
        """The lines with a number above `after`, in order; each is checked against the chain."""
        links = self.links(after)
        db = self._connect()
        sealer = self._new_sealer(db)
        previous, number = self._digest_of(db, after), after
        try:
            while chunk := list(islice(links, _CHUNK)):
                for one in chunk:
                    number += 1
                    if one.number != number or link(previous, number, one.line) != one.digest:
                        msg = f"{self._path}: record {number} is not what was written; {_MEND}"
                        raise StoreError(msg)
                    previous = one.digest
                yield from self._unseal(sealer, chunk)
        finally:
            db.close()

    def links(self, after: int = 0) -> Iterator[Link]:
        """The lines as they are stored, with what links them."""
        db = self._connect()
        number = after
        try:
            query = "SELECT seq, line, digest FROM record WHERE seq > ? ORDER BY seq"
            for row in db.execute(query, (after,)):
                yield Link(*row)
                number += 1
        except apsw.Error as error:
            raise self._damaged(error, number + 1) from error
        finally:
            db.close()

    def head(self) -> Link:
        """What the store says its last link is; its line is left empty."""
        number, digest = self._db.execute("SELECT seq, digest FROM head").get
        return Link(number, b"", digest)

    def known_tokens(self) -> set[str]:
        """The tokens of everybody who has not been erased."""
        return {str(token) for (token,) in self._db.execute("SELECT token FROM person")}

    def latest_snapshot(self) -> tuple[int, bytes] | None:
        """The last one kept."""
        row = self._db.execute("SELECT seq, body FROM snapshot").fetchone()
        if row is None:
            return None
        number, body = row
        assert isinstance(number, int)
        assert isinstance(body, bytes)
        return number, body

    async def wait_news(self) -> None:
        """One process writes here, so nobody else does."""
        await trio.sleep_forever()

    def back_up(self, target: Path) -> None:
        """Copy the whole journal to a new file while it is being written."""
        source = self._connect()
        try:
            # One read transaction: what is written meanwhile does not start the copying again.
            source.execute("BEGIN")
            source.execute("SELECT seq FROM head").fetchall()
            with apsw.Connection(str(target)) as copy, copy.backup("main", source, "main") as backup:
                while not backup.done:
                    backup.step(1_000)
        except apsw.Error as error:
            msg = f"{target}: the copy failed ({error}); check the disk"
            raise StoreError(msg) from error
        finally:
            source.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _unseal(self, sealer: Sealer, chunk: Sequence[Link]) -> list[bytes]:
        try:
            return sealer.unseal([one.line for one in chunk])
        except SealError as error:
            msg = f"{self._path}: between records {chunk[0].number} and {chunk[-1].number}, {error}; {_MEND}"
            raise StoreError(msg) from error

    def _digest_of(self, db: apsw.Connection, number: int) -> bytes:
        if number == 0:
            return GENESIS
        row = db.execute("SELECT digest FROM record WHERE seq = ?", (number,)).fetchone()
        if row is None:
            msg = f"{self._path}: record {number} should be there and is not: the end of the journal is lost; {_MEND}"
            raise StoreError(msg)
        assert isinstance(row[0], bytes)
        return row[0]

    def _damaged(self, error: Exception, number: int | None = None) -> StoreError:
        place = f" at or behind record {number}" if number is not None else ""
        return StoreError(f"{self._path}: the journal is damaged{place} ({error}); {_MEND}")

"""The journal in PostgreSQL: one total order of records for every process that writes.

Appends are serialised by the one row of `head`, which carries the last number
and digest, so that records are numbered without gaps and linked in the order
of their commits. Each append gives back what others committed before it: when
it returns, its process knows every record that precedes its own.

psycopg runs in a thread, a batch a hop: next to a flush of the disk the hop
costs nothing that could be measured, and nothing private of psycopg is used.

When the connection is cut between an append and its acknowledgement, nobody
knows whether it was committed. The next connection ends the old one's backend,
takes the head's lock, which that backend held, and looks: no guess is made.
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice

import msgspec
import psycopg
import trio
from psycopg import OperationalError, sql

from adapters.journal_postgres.schema import SCHEMA_VERSION, Connection, connect, keys_by, migrate
from dialer.chain import GENESIS, Link, link, link_all
from dialer.ports import LeaseLostError, StoreError
from dialer.sealing import Sealer, SealError

__all__ = ["PostgresJournal"]

_CHUNK = 2_000
# How long an append waits for a lost database to come back before everything stops.
PATIENCE_S = 15.0
_RETRY_S = 0.2
_MEND = "find out more with `paceline journal verify`, and go back to the last backup"
_CLAIM = b'["claimed",'
_ERASURE = b'["erased",'


class _NamesCampaign(msgspec.Struct):
    campaign_id: str = ""


_campaign_of = msgspec.json.Decoder(tuple[str, _NamesCampaign])


class PostgresJournal:
    """Implements `ports.ChainedStore` on a database that several processes share."""

    is_instant = False

    def __init__(self, url: str, *, name: str = "paceline", patience_s: float = PATIENCE_S) -> None:
        self.name = name
        self.fences: Mapping[str, int] | None = None
        """The leases under which this process writes; None when nobody leases anything."""
        self._url = url
        self._patience_s = patience_s
        self._place = _without_password(url)
        self._limiter = trio.CapacityLimiter(1)
        self._listener: Connection | None = None
        self._doubt: Link | None = None
        self._others: list[bytes] = []
        self._next_seen = 0
        self._is_live = False
        try:
            self._db = self._connect()
            version = migrate(self._db)
            if version > SCHEMA_VERSION:
                self._db.close()
                msg = (
                    f"{self._place}: the journal has schema {version}, this program writes {SCHEMA_VERSION}; "
                    "use the version that wrote it"
                )
                raise StoreError(msg)
            row = self._db.execute("SELECT journal_id, seq, current_schema() FROM head").fetchone()
        except psycopg.Error as error:
            msg = f"{self._place}: cannot be used as a journal ({_first_line(error)}); check address, server and rights"
            raise StoreError(msg) from error
        assert row is not None
        self.journal_id, self._seen, schema = row
        self._channel = f"paceline_{schema}"
        self._sealer = self._new_sealer()

    def _connect(self) -> Connection:
        connection = connect(self._url, self.name)
        self._pid = connection.info.backend_pid
        return connection

    def _new_sealer(self) -> Sealer:
        return Sealer(
            lambda persons: keys_by(self._db, "person_id", persons), lambda tokens: keys_by(self._db, "token", tokens)
        )

    # Writing.

    async def append(self, lines: Sequence[bytes]) -> Sequence[bytes]:
        """Commit the lines, however often the connection is lost meanwhile; what others committed before them."""
        return await trio.to_thread.run_sync(self._append_patiently, lines, limiter=self._limiter)

    def append_nowait(self, lines: Sequence[bytes]) -> None:
        """The same in the calling thread, for tools: what others wrote is not given to anybody."""
        self._append_patiently(lines)

    def _append_patiently(self, lines: Sequence[bytes]) -> list[bytes]:
        self._is_live = True
        give_up = time.monotonic() + self._patience_s
        while True:
            try:
                if self._doubt is not None and self._was_committed(self._doubt):
                    return self._settled()
                self._commit(lines)
                return self._settled()
            except OperationalError as error:
                self._sealer.forget()
                if time.monotonic() >= give_up:
                    raise self._refused(error) from error
                self._reconnect(give_up)
            except psycopg.Error as error:
                self._give_up()
                raise self._refused(error) from error
            except BaseException:
                self._give_up()
                raise

    def _commit(self, lines: Sequence[bytes]) -> None:
        """One transaction. What is in doubt until it has been acknowledged stands in `_doubt`."""
        self._doubt = None
        with self._db.transaction():
            number, digest = self._lock_head()
            self._check_fences(lines)
            self._others = self._written_between(self._seen, number)
            self._next_seen = number + len(lines)
            if lines:
                self._doubt = self._insert(number, digest, lines)

    def _lock_head(self) -> tuple[int, bytes]:
        row = self._db.execute("SELECT seq, digest FROM head FOR UPDATE", binary=True).fetchone()
        assert row is not None
        return row[0], bytes(row[1])

    def _insert(self, number: int, digest: bytes, lines: Sequence[bytes]) -> Link:
        stored, fresh = self._sealer.seal(lines)
        if fresh:
            self._db.execute(
                "INSERT INTO person SELECT * FROM unnest(%s::text[], %s::text[], %s::bytea[])",
                ([one.token for one in fresh], [one.person_id for one in fresh], [one.key for one in fresh]),
            )
        links = list(link_all(digest, number, stored))
        last = links[-1]
        # One message: a process that is stopped half-way through it has written nothing, and blocks nobody for long.
        self._db.execute(
            "WITH written AS (INSERT INTO record SELECT * FROM unnest(%b::bigint[], %b::bytea[], %b::bytea[])), "
            "moved AS (UPDATE head SET seq = %b, digest = %b) SELECT pg_notify(%s, '')",
            (
                [one.number for one in links],
                [one.line for one in links],
                [one.digest for one in links],
                last.number,
                last.digest,
                self._channel,
            ),
        )
        return last

    def _check_fences(self, lines: Sequence[bytes]) -> None:
        """Refuse the whole batch when a lease under which it was written belongs to somebody else by now."""
        if self.fences is None:
            return
        held = dict(self.fences)
        rows = self._db.execute(
            "SELECT campaign_id, token FROM lease WHERE campaign_id = ANY(%s) AND holder = %s", (list(held), self.name)
        )
        lost = sorted(held.items() - set(rows.fetchall()))
        claimed = {_campaign_of.decode(line)[1].campaign_id for line in lines if line.startswith(_CLAIM)}
        lost_ids = [campaign_id for campaign_id, _ in lost] + sorted(claimed - held.keys())
        if lost_ids:
            msg = (
                f"{self._place}: this process no longer owns {', '.join(f'`{one}`' for one in lost_ids)}; "
                "another has taken over, and nothing was written"
            )
            raise LeaseLostError(msg)

    def _written_between(self, seen: int, number: int) -> list[bytes]:
        if number <= seen:
            return []
        rows = self._db.execute("SELECT line FROM record WHERE seq > %s AND seq <= %s ORDER BY seq", (seen, number))
        stored = [bytes(line) for (line,) in rows.fetchall()]
        if any(line.startswith(_ERASURE) for line in stored):
            self._sealer.forget()  # whoever was erased gets a new key if ever called again
        return self._sealer.unseal(stored)

    def _settled(self) -> list[bytes]:
        """The append is committed."""
        self._doubt, others, self._others = None, self._others, []
        self._seen = self._next_seen
        return others

    def _give_up(self) -> None:
        self._doubt = None
        self._sealer.forget()  # keys made for this batch were not kept

    def _was_committed(self, doubt: Link) -> bool:
        """Whether the append whose acknowledgement was lost is in the journal. Never a guess."""
        with self._db.transaction():
            self._lock_head()  # behind the old backend, which held it until it committed or died
            row = self._db.execute("SELECT digest FROM record WHERE seq = %s", (doubt.number,)).fetchone()
        return row is not None and bytes(row[0]) == doubt.digest

    def _reconnect(self, give_up: float) -> None:
        old_pid = self._pid
        self._db.close()
        while True:
            try:
                self._db = self._connect()
                # What is left of the old connection may still hold the head.
                self._db.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s AND application_name = %s",
                    (old_pid, self.name),
                )
            except psycopg.Error as error:
                if time.monotonic() >= give_up:
                    raise self._refused(error) from error
                time.sleep(_RETRY_S)
            else:
                return

    def _refused(self, error: psycopg.Error) -> StoreError:
        if self._db.closed:
            msg = (
                f"{self._place}: the database has been gone for {self._patience_s:.0f} s ({_first_line(error)}); "
                "nothing is dialed until it is back"
            )
        else:
            msg = f"{self._place}: the journal cannot take records ({_first_line(error)}); see the server's log"
        return StoreError(msg)

    async def put_snapshot(self, number: int, body: bytes) -> None:
        """Keep it in place of the last one."""
        await trio.to_thread.run_sync(self._put_snapshot, number, body, limiter=self._limiter)

    def _put_snapshot(self, number: int, body: bytes) -> None:
        try:
            with self._db.transaction():
                self._db.execute("DELETE FROM snapshot WHERE seq <= %s", (number,))
                self._db.execute("INSERT INTO snapshot VALUES (%b, %b)", (number, body))
        except psycopg.Error as error:
            msg = f"{self._place}: the journal cannot take a snapshot ({_first_line(error)})"
            raise StoreError(msg) from error

    def erase(self, owners: Collection[str]) -> list[str]:
        """Delete the keys of persons and every snapshot; the tokens of those who had one."""
        try:
            with self._db.transaction():
                self._lock_head()
                rows = self._db.execute("DELETE FROM person WHERE person_id = ANY(%s) RETURNING token", (list(owners),))
                tokens = [str(token) for (token,) in rows.fetchall()]
                self._db.execute("DELETE FROM snapshot")
            # Until now the keys stood in dead rows.
            self._db.execute("VACUUM FULL person")
            self._db.execute("VACUUM FULL snapshot")
        except psycopg.Error as error:
            msg = f"{self._place}: the erasure failed ({_first_line(error)}); do it again"
            raise StoreError(msg) from error
        self._sealer.forget()
        return tokens

    # Reading. Each reader has a connection of its own: the writer's is busy in a thread.

    def read(self, after: int = 0) -> Iterator[bytes]:
        """The lines with a number above `after`, in order; each is checked against the chain.

        Until the first append, what is read counts as told.
        """
        links = self.links(after)
        with self._reader() as db:
            sealer = Sealer(lambda _: (), lambda tokens: keys_by(db, "token", tokens))
            previous, number = self._digest_of(db, after), after
            while chunk := list(islice(links, _CHUNK)):
                for one in chunk:
                    number += 1
                    if one.number != number or link(previous, number, one.line) != one.digest:
                        msg = f"{self._place}: record {number} is not what was written; {_MEND}"
                        raise StoreError(msg)
                    previous = one.digest
                try:
                    lines = sealer.unseal([one.line for one in chunk])
                except SealError as error:
                    msg = f"{self._place}: between records {chunk[0].number} and {number}, {error}; {_MEND}"
                    raise StoreError(msg) from error
                if not self._is_live:
                    self._seen = max(self._seen, number)
                yield from lines

    def links(self, after: int = 0) -> Iterator[Link]:
        """The lines as they are stored, with what links them."""
        with self._reader() as db, db.transaction(), db.cursor("links", binary=True) as cursor:
            cursor.itersize = _CHUNK
            cursor.execute("SELECT seq, line, digest FROM record WHERE seq > %s ORDER BY seq", (after,))
            for number, line, digest in cursor:
                yield Link(number, bytes(line), bytes(digest))

    def head(self) -> Link:
        """What the store says its last link is; its line is left empty."""
        with self._reader() as db:
            row = db.execute("SELECT seq, digest FROM head").fetchone()
        assert row is not None
        return Link(row[0], b"", bytes(row[1]))

    def known_tokens(self) -> set[str]:
        """The tokens of everybody who has not been erased."""
        with self._reader() as db:
            return {token for (token,) in db.execute("SELECT token FROM person")}

    def latest_snapshot(self) -> tuple[int, bytes] | None:
        """The last one kept."""
        with self._reader() as db:
            row = db.execute("SELECT seq, body FROM snapshot ORDER BY seq DESC LIMIT 1", binary=True).fetchone()
        return None if row is None else (row[0], bytes(row[1]))

    @contextmanager
    def _reader(self) -> Iterator[Connection]:
        try:
            # Closed with the block: an idle reader would be one more to end at a takeover.
            with connect(self._url, f"{self.name} reads") as db:
                db.execute("SET idle_in_transaction_session_timeout = 0")
                yield db
        except psycopg.Error as error:
            msg = f"{self._place}: the journal cannot be read ({_first_line(error)}); check address and server"
            raise StoreError(msg) from error

    def _digest_of(self, db: Connection, number: int) -> bytes:
        if number == 0:
            return GENESIS
        row = db.execute("SELECT digest FROM record WHERE seq = %s", (number,)).fetchone()
        if row is None:
            msg = f"{self._place}: record {number} should be there and is not: the end of the journal is lost; {_MEND}"
            raise StoreError(msg)
        return bytes(row[0])

    # What others write.

    async def wait_news(self) -> None:
        """Block until another process has written what this one has not been told."""
        while True:
            if self._listener is None:
                self._listener = await trio.to_thread.run_sync(self._listen)
                if self._listener is None:
                    await trio.sleep(_RETRY_S)
                    continue
                # Signals are not repeated: whatever was written before this one listened is found by looking.
                if await trio.to_thread.run_sync(self._is_behind, self._listener):
                    return
            await trio.lowlevel.wait_readable(self._listener.fileno())
            try:
                senders = {notice.pid for notice in self._listener.notifies(timeout=0)}
            except OperationalError:
                self._listener.close()
                self._listener = None
                continue
            if senders - {self._pid}:
                return

    def _listen(self) -> Connection | None:
        try:
            listener = connect(self._url, f"{self.name} listens")
            listener.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
        except psycopg.Error:
            return None
        return listener

    def _is_behind(self, listener: Connection) -> bool:
        row = listener.execute("SELECT seq FROM head").fetchone()
        return row is not None and row[0] > self._seen

    def close(self) -> None:
        """Close the connections."""
        self._db.close()
        if self._listener is not None:
            self._listener.close()


def _first_line(error: psycopg.Error) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _without_password(url: str) -> str:
    """The address as it may be shown."""
    before, at, behind = url.rpartition("@")
    scheme, _, who = before.partition("://")
    return f"{scheme}://{who.partition(':')[0]}@{behind}" if at else url

"""Leases of campaigns in PostgreSQL: at most one process runs a campaign, and a stopped one cannot come back.

Every lease carries a token that grows with each change of hands. The journal's
append compares it in its own transaction, which waits for the head's lock like
the takeover does; so a process that lost a lease, however long it was stopped,
cannot write one more record. Time is the database's alone.
"""

from collections.abc import Collection

import psycopg
import trio

from adapters.journal_postgres.schema import Connection, connect
from adapters.journal_postgres.store import PostgresJournal
from dialer.ports import LeaseLostError, StoreError

__all__ = ["TTL_S", "PostgresLeases"]

TTL_S = 5.0
"""With a renewal each second and a look each half, a campaign whose process died changes hands well within 10 s."""


class PostgresLeases:
    """Implements `ports.Leases` beside the journal whose writes they fence."""

    def __init__(self, journal: PostgresJournal, url: str, ttl_s: float = TTL_S) -> None:
        self.ttl_s = ttl_s
        self._journal = journal
        self._url = url
        self._held: dict[str, int] = {}
        self._db: Connection | None = None
        self._limiter = trio.CapacityLimiter(1)
        journal.fences = {}

    async def take(self, wanted: Collection[str]) -> frozenset[str]:
        """Renew what is held, take what is free."""
        try:
            await trio.to_thread.run_sync(self._take, sorted(wanted), limiter=self._limiter)
        except psycopg.Error as error:
            self.close()
            msg = f"the leases cannot be renewed ({str(error).strip().splitlines()[0]}); no call is placed meanwhile"
            raise StoreError(msg) from error
        return frozenset(self._held)

    async def release(self) -> None:
        """Let others have them at once."""
        try:
            await trio.to_thread.run_sync(self._release, limiter=self._limiter)
        except psycopg.Error:
            self.close()  # they run out by themselves

    def _take(self, wanted: list[str]) -> None:
        self._renew()
        free = [one for one in wanted if one not in self._held]
        if free:
            self._take_free(free)
        # A new mapping each time: the writer's thread may be reading the old one.
        self._journal.fences = dict(self._held)

    def _renew(self) -> None:
        rows = self._connection().execute(
            "UPDATE lease SET expires_at = clock_timestamp() + %s * interval '1 second' "
            "WHERE holder = %s AND campaign_id = ANY(%s) RETURNING campaign_id, token",
            (self.ttl_s, self._journal.name, list(self._held)),
        )
        lost = sorted(campaign_id for campaign_id, _ in self._held.items() - set(rows.fetchall()))
        if lost:
            self.close()
            names = ", ".join(f"`{one}`" for one in lost)
            msg = f"this process no longer owns {names}: another has taken over while it did not renew its lease"
            raise LeaseLostError(msg)

    def _take_free(self, free: list[str]) -> None:
        connection = self._connection()
        known = connection.execute(
            "SELECT holder, expires_at < clock_timestamp() FROM lease WHERE campaign_id = ANY(%s)", (free,)
        ).fetchall()
        late = [holder for holder, is_late in known if is_late]
        if len(known) == len(free) and not late:
            return  # nobody waits for the head only to hear that others are well
        # A process that was stopped in the middle of an append holds the head; its backend is ended.
        stopped = [holder for holder in late if holder not in ("", self._journal.name)]
        if stopped:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ANY(%s)", (stopped,)
            )
        with connection.transaction():
            connection.execute("SELECT seq FROM head FOR UPDATE")
            rows = connection.execute(
                "INSERT INTO lease "
                "SELECT campaign_id, %(holder)s, 1, clock_timestamp() + %(ttl)s * interval '1 second' "
                "FROM unnest(%(free)s::text[]) AS campaign_id "
                "ON CONFLICT (campaign_id) DO UPDATE SET holder = excluded.holder, token = lease.token + 1, "
                "expires_at = excluded.expires_at WHERE lease.expires_at < clock_timestamp() "
                "RETURNING campaign_id, token",
                {"holder": self._journal.name, "ttl": self.ttl_s, "free": free},
            ).fetchall()
        self._held.update(rows)

    def _release(self) -> None:
        # The token stays and grows with the next holder.
        self._connection().execute(
            "UPDATE lease SET expires_at = '-infinity', holder = '' WHERE holder = %s AND campaign_id = ANY(%s)",
            (self._journal.name, list(self._held)),
        )
        self._held = {}
        self._journal.fences = {}
        self.close()

    def _connection(self) -> Connection:
        if self._db is None or self._db.closed:
            self._db = connect(self._url, f"{self._journal.name} leases")
        return self._db

    def close(self) -> None:
        """Close the connection; what is held runs out by itself."""
        if self._db is not None:
            self._db.close()
        self._db = None

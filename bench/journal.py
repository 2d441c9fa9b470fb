"""How many claims a second each store makes durable, and how long one waits for it, beside what the disk can do.

    python -m bench.journal [--seconds 3] [--folder DIR]

Callers are tasks that append a claim, wait until it is durable and append the
next, as attempts do. The limit of group commit is what one flush carries
divided by how long a flush takes; the share of it that is reached is printed.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import trio
from attrs import frozen

from adapters.journal_postgres import PostgresJournal
from adapters.journal_sqlite import SqliteJournal
from bench.postgres_server import NoPostgresError, server
from dialer.journal import Journal
from dialer.ports import JournalStore
from dialer.record_codec import encode
from dialer.records import Claimed
from dialer.state import EngineState

__all__ = ["Figures", "flush_rate", "measure"]

CALLERS = (1, 20, 200)
_AT = datetime(2026, 11, 24, tzinfo=UTC)
# People that claims are about: a call centre's day, not one person over and over.
_PERSONS = 20_000
_WARM_UP_S = 0.3


@frozen
class Figures:
    """One store under one number of callers."""

    store: str
    callers: int
    claims_per_s: float
    p50_ms: float
    p99_ms: float
    batch: float
    """Claims in one flush, on average."""
    flush_ms: float
    """How long one batch took in the store, on average."""

    @property
    def limit_per_s(self) -> float:
        """What group commit could do at most: every caller in every flush, and nothing but flushes."""
        return self.callers / (self.flush_ms / 1e3)


class _NoState(EngineState):
    """The store is measured, not the engine."""

    def apply(self, record: object) -> None:
        pass


class _Timed:
    """A store that notes its batches."""

    is_instant = False

    def __init__(self, store: JournalStore) -> None:
        self._store = store
        self.batches: list[tuple[int, float]] = []

    async def append(self, lines: list[bytes]) -> list[bytes]:
        began = time.perf_counter()
        others = await self._store.append(lines)
        self.batches.append((len(lines), time.perf_counter() - began))
        return list(others)


def flush_rate(folder: Path, seconds: float) -> float:
    """Flushes a second of a small append to one file: what the disk can do at best."""
    path = folder / "flush"
    count, block = 0, b"x" * 4096
    handle = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        # As a journal's log: the file is long enough already, so that a flush need not write its length.
        os.write(handle, block * 2000)
        os.fsync(handle)
        os.lseek(handle, 0, os.SEEK_SET)
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            os.write(handle, block)
            os.fdatasync(handle)
            count += 1
            if count % 2000 == 0:
                os.lseek(handle, 0, os.SEEK_SET)
        return count / (time.perf_counter() - began)
    finally:
        os.close(handle)
        path.unlink()


async def measure(store: JournalStore, name: str, callers: int, seconds: float) -> Figures:
    """Let so many callers claim as fast as they can."""
    timed = _Timed(store)
    journal = Journal(timed, _NoState())  # type: ignore[arg-type]
    waits: list[float] = []
    began = time.perf_counter() + _WARM_UP_S

    async def claim(caller: int) -> None:
        number = caller
        while True:
            asked = time.perf_counter()
            journal.append(_claim(number))
            await journal.wait_durable()
            if asked > began:
                waits.append(time.perf_counter() - asked)
            number += callers

    async with trio.open_nursery() as outer:
        outer.start_soon(journal.run_writer)
        async with trio.open_nursery() as calling:
            for caller in range(callers):
                calling.start_soon(claim, caller)
            await trio.sleep(_WARM_UP_S)
            timed.batches.clear()
            await trio.sleep(seconds)
            calling.cancel_scope.cancel()
        spent = time.perf_counter() - began
        journal.close()
    waits.sort()
    sizes, times = zip(*timed.batches, strict=True)
    return Figures(
        name,
        callers,
        len(waits) / spent,
        waits[len(waits) // 2] * 1e3,
        waits[int(len(waits) * 0.99)] * 1e3,
        statistics.mean(sizes),
        statistics.mean(times) * 1e3,
    )


def _claim(number: int) -> Claimed:
    person = f"person-{number % _PERSONS}"
    return Claimed(
        at=_AT,
        attempt_id=f"collections-{number}",
        campaign_id="collections",
        account_id=f"collections/{person}",
        person_id=person,
        claim_ids=(f"claim-{number % _PERSONS}",),
        number_id=f"{person}.0",
        trunk="trunk-1",
        caller_id="+8215990102",
        pack_hash="0123456789abcdef",
        mode="progressive",
        number_kind="mobile",
    )


@contextmanager
def _stores(folder: Path) -> Iterator[list[tuple[str, JournalStore]]]:
    with closing(SqliteJournal(folder / "bench.journal")) as embedded:
        try:
            with server(is_durable=True) as url, closing(PostgresJournal(url)) as shared:
                yield [("sqlite", embedded), ("postgresql", shared)]
        except NoPostgresError as missing:
            print(f"PostgreSQL is left out: {missing}", file=sys.stderr)
            yield [("sqlite", embedded)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--folder", type=Path, default=None, help="on the disk that is meant; else the temporary one")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name, _stores(Path(name)) as stores:
        print(f"disk: {flush_rate(Path(name), chosen.seconds):,.0f} flushes/s of 4 KiB")
        print(
            f"a claim is {len(encode(_claim(0)))} bytes; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
        )
        print("store       callers  claims/s   p50 ms   p99 ms  claims/flush  flush ms  of the limit")
        for label, store in stores:
            for callers in CALLERS:
                one = trio.run(measure, store, label, callers, chosen.seconds)
                print(
                    f"{one.store:<11} {one.callers:>7} {one.claims_per_s:>9,.0f} {one.p50_ms:>8.2f} {one.p99_ms:>8.2f} "
                    f"{one.batch:>13.1f} {one.flush_ms:>9.2f} {one.claims_per_s / one.limit_per_s:>13.0%}"
                )
        print(f"disk: {flush_rate(Path(name), chosen.seconds):,.0f} flushes/s of 4 KiB, afterwards")


if __name__ == "__main__":
    main()

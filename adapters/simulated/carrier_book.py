"""What a carrier has been asked to dial: an append-only file, flushed to the disk before a call proceeds.

It is written by another process than the engine, so it is the truth that a
journal can be held against: a line is an attempt, a number and the instant.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import trio
from attrs import frozen

from dialer.records import AnsweredBy

__all__ = ["CarrierBook", "Dialed", "read_book"]


@frozen
class Dialed:
    """One call that the carrier was asked for."""

    attempt_id: str
    e164: str
    at: datetime


class _Entry(msgspec.Struct):
    id: str
    to: str = ""
    at: datetime | None = None
    by: AnsweredBy | None = None


class CarrierBook:
    """The file, and in memory which attempts stand in it and who answered."""

    def __init__(self, path: Path) -> None:
        self.answered_by: dict[str, AnsweredBy | None] = {}
        if path.exists():
            for entry in _entries(path):
                self.answered_by[entry.id] = entry.by
        self._file = path.open("ab")
        self._pending: list[bytes] = []
        self._flushed = trio.Event()
        self._work = trio.Event()

    async def dialed(self, attempt_id: str, e164: str, at: datetime) -> None:
        """Write the call down; returns when that would survive a power cut. Others share the flush."""
        self.answered_by.setdefault(attempt_id, None)
        self._put({"id": attempt_id, "to": e164, "at": at})
        await self._flushed.wait()

    def answered(self, attempt_id: str, by: AnsweredBy) -> None:
        """Write down who answered."""
        self.answered_by[attempt_id] = by
        self._put({"id": attempt_id, "by": by})

    async def run(self) -> None:
        """Flush what is pending, batch after batch, until cancelled."""
        while True:
            await self._work.wait()
            self._work = trio.Event()
            batch, self._pending = self._pending, []
            flushed, self._flushed = self._flushed, trio.Event()
            await trio.to_thread.run_sync(self._write, b"".join(batch))
            flushed.set()

    def close(self) -> None:
        """Write the rest."""
        self._write(b"".join(self._pending))
        self._file.close()

    def _put(self, entry: dict[str, object]) -> None:
        self._pending.append(msgspec.json.encode(entry) + b"\n")
        self._work.set()

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()
        os.fsync(self._file.fileno())


def read_book(path: Path) -> list[Dialed]:
    """Every call in the book, in the order in which they were asked for."""
    return [Dialed(one.id, one.to, one.at) for one in _entries(path) if one.at is not None]


def _entries(path: Path) -> Iterator[_Entry]:
    lines = path.read_bytes().split(b"\n")
    # The last line may be torn; what stands in it was not flushed, so no call came of it.
    yield from (msgspec.json.decode(line, type=_Entry) for line in lines[:-1])

"""The journal in memory: for simulations and tests. Gone when the process is."""

from collections.abc import Iterator, Sequence
from itertools import islice

import trio

__all__ = ["MemoryJournal"]


class MemoryJournal:
    """Implements `ports.JournalStore`; instant, so no thread is ever in flight under a virtual clock."""

    is_instant = True

    def __init__(self, lines: Sequence[bytes] = ()) -> None:
        self.lines: list[bytes] = list(lines)
        self._snapshot: tuple[int, bytes] | None = None

    async def append(self, lines: Sequence[bytes]) -> Sequence[bytes]:
        """As `append_nowait`."""
        self.lines.extend(lines)
        return ()

    def append_nowait(self, lines: Sequence[bytes]) -> None:
        """Keep the lines."""
        self.lines.extend(lines)

    def read(self, after: int = 0) -> Iterator[bytes]:
        """The lines behind the first `after`, in order."""
        return islice(self.lines, after, None)

    async def wait_news(self) -> None:
        """Nobody else writes here."""
        await trio.sleep_forever()

    async def put_snapshot(self, number: int, body: bytes) -> None:
        """Keep it."""
        self._snapshot = (number, body)

    def latest_snapshot(self) -> tuple[int, bytes] | None:
        """The last one kept."""
        return self._snapshot

    def close(self) -> None:
        """Nothing to release."""

"""The journal in memory: for simulations and tests. Gone when the process is."""

from collections.abc import Iterator, Sequence

__all__ = ["MemoryJournal"]


class MemoryJournal:
    """Implements `ports.JournalStore`; instant, so no thread is ever in flight under a virtual clock."""

    is_instant = True

    def __init__(self, lines: Sequence[bytes] = ()) -> None:
        self.lines: list[bytes] = list(lines)

    async def append(self, lines: Sequence[bytes]) -> None:
        """As `append_nowait`."""
        self.lines.extend(lines)

    def append_nowait(self, lines: Sequence[bytes]) -> None:
        """Keep the lines."""
        self.lines.extend(lines)

    def read(self) -> Iterator[bytes]:
        """All lines, in order."""
        return iter(self.lines)

    def close(self) -> None:
        """Nothing to release."""

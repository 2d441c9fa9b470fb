"""The floor's figures, computed once a beat and handed to every open page.

A page that reads slowly misses beats; it never queues them, so that a thousand
slow readers cost no memory and no time.
"""

from collections.abc import AsyncIterator, Callable

import trio

__all__ = ["Pulse"]


class Pulse:
    """One figure source, many readers. `run` beats while anybody reads."""

    def __init__(self, compute: Callable[[], bytes], beat_s: float) -> None:
        self._compute = compute
        self._beat_s = beat_s
        self._beaten = trio.Event()
        self._wanted = trio.Event()
        self._readers = 0
        self.latest = b""

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            if not self._readers:
                await self._wanted.wait()
            self.latest = self._compute()
            self._beaten, beaten = trio.Event(), self._beaten
            beaten.set()
            await trio.sleep(self._beat_s)

    async def beats(self) -> AsyncIterator[bytes]:
        """Each beat from now on, the newest at a time."""
        self._readers += 1
        self._wanted.set()
        try:
            while True:
                await self._beaten.wait()
                yield self.latest
        finally:
            self._readers -= 1
            if not self._readers:
                self._wanted = trio.Event()

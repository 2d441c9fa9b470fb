"""A stretch of network that a test can stall or cut."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import trio
from attrs import define, field

__all__ = ["Wire", "open_wire"]


@define
class Wire:
    """Carries TCP to an address, unless told otherwise."""

    url: str
    """The address to use in place of the real one."""
    _scopes: set[trio.CancelScope] = field(factory=set)
    _flows: trio.Event = field(factory=trio.Event)
    is_cut: bool = False

    def __attrs_post_init__(self) -> None:
        self._flows.set()

    def stall(self) -> None:
        """Nothing gets through, and nobody is told."""
        self._flows = trio.Event()

    def cut(self) -> None:
        """Connections end; new ones end at once."""
        self.is_cut = True
        for scope in self._scopes:
            scope.cancel()

    def mend(self) -> None:
        """Everything gets through again."""
        self.is_cut = False
        self._flows.set()

    async def carry(self, near: trio.SocketStream, host: str, port: int) -> None:
        """One connection."""
        with trio.CancelScope() as scope:
            self._scopes.add(scope)
            try:
                if not self.is_cut:
                    await self._flows.wait()
                    far = await trio.open_tcp_stream(host, port)
                    async with near, far, trio.open_nursery() as nursery:
                        nursery.start_soon(self._pump, near, far, scope)
                        nursery.start_soon(self._pump, far, near, scope)
            except OSError:
                pass
            finally:
                self._scopes.discard(scope)
                await trio.aclose_forcefully(near)

    async def _pump(self, source: trio.SocketStream, sink: trio.SocketStream, scope: trio.CancelScope) -> None:
        try:
            async for data in source:
                await self._flows.wait()
                await sink.send_all(data)
        except trio.BrokenResourceError:
            pass
        scope.cancel()


@asynccontextmanager
async def open_wire(url: str) -> AsyncIterator[Wire]:
    """A wire to where `url` points."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    host, port = parts.hostname, parts.port
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        address = f"127.0.0.1:{listener.socket.getsockname()[1]}"
        wire = Wire(urlunsplit(parts._replace(netloc=address)))

        async def carry(near: trio.SocketStream) -> None:
            await wire.carry(near, host, port)

        nursery.start_soon(trio.serve_listeners, carry, [listener])
        yield wire
        nursery.cancel_scope.cancel()

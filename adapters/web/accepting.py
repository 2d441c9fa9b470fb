"""The door: how many may come in at once, and who has to leave when it is full.

Theory of operation. The server that speaks HTTP has no limit on connections,
and its accept loop ends when the process runs out of descriptors: a flood would
take the pages away. So connections are accepted here. There is room for so many
as the settings and the process's descriptors allow. A connection is a stranger
until a request on it came from somebody known (a session, a token). When there
is no room, the stranger who has been here longest is shown out for the
newcomer; who is known stays. When only known ones are here, the newcomer is
turned away. A stranger may stay for a minute: long enough to sign in, too short
to hold a place by sending a byte now and then.

Ending a connection is a shutdown of its socket: whoever waits to read from it
or to write to it is woken by that, also behind a shield.
"""

import contextlib
import resource
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import anyio.abc
import structlog
import trio
from anyio.streams.tls import TLSStream
from attrs import define, field

__all__ = ["Door", "descriptors_for"]

log = structlog.get_logger()

Handler = Callable[[Any], Awaitable[None]]
# What the rest of the daemon needs: journal, telephony, databases, logs.
_KEPT_BACK = 256
_LEAST = 64
# So often they are looked for in that time.
_SWEEPS = 12
# Out of descriptors in spite of all: others hold them; they come back.
_EXHAUSTED_S = 0.1


def descriptors_for(wanted: int) -> int:
    """How many of the connections wanted the process has descriptors for."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else max(_LEAST, min(wanted, soft - _KEPT_BACK))


@define(eq=False)
class _Guest:
    socket: Any
    since_mono: float
    is_known: bool = False


@define(eq=False)
class Door:
    """Accepts connections, at most `most` at a time. `speed` is how much faster trio's clock runs than people's."""

    most: int
    speed: float = 1.0
    on_drop: Callable[[str], None] = field(default=lambda _: None)
    stranger_s: float = 60.0
    """How long a stranger may stay."""
    _guests: dict[tuple[str, int], _Guest] = field(factory=dict)
    """By the peer's address and port, longest here first."""

    @property
    def count(self) -> int:
        """How many are in."""
        return len(self._guests)

    def know(self, client: tuple[str, int] | None) -> None:
        """A request on the connection came from somebody known."""
        guest = self._guests.get((client[0], client[1])) if client is not None else None
        if guest is not None:
            guest.is_known = True

    async def serve(
        self, listener: anyio.abc.SocketListener, handler: Handler, tls: ssl.SSLContext | None, handshake_s: float
    ) -> None:
        """Accept until cancelled, then end every connection."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._sweep)
            try:
                while True:
                    try:
                        stream = await listener.accept()
                    except OSError as error:
                        log.warning("web_accept_failed", fault=error.strerror)
                        await trio.sleep(_EXHAUSTED_S * self.speed)
                        continue
                    nursery.start_soon(self._entertain, stream, handler, tls, handshake_s)
            finally:
                # Before the nursery waits for them: a write to who does not read is shielded, and would never end.
                for guest in self._guests.values():
                    _shut(guest.socket)

    async def _entertain(
        self, stream: anyio.abc.SocketStream, handler: Handler, tls: ssl.SSLContext | None, handshake_s: float
    ) -> None:
        raw = stream.extra(anyio.abc.SocketAttribute.raw_socket)  # noqa: S610 (not Django's)
        try:
            peer = raw.getpeername()[:2]
        except OSError:  # gone already
            await _close(stream)
            return
        if not self._make_room():
            await _close(stream)
            return
        guest = _Guest(raw, trio.current_time())
        self._guests[peer] = guest
        try:
            if tls is None:
                await handler(stream)
            else:
                with trio.fail_after(handshake_s):
                    safe = await TLSStream.wrap(stream, server_side=True, ssl_context=tls, standard_compatible=True)
                await handler(safe)
        except (OSError, ssl.SSLError, anyio.BrokenResourceError, anyio.EndOfStream, trio.TooSlowError):
            pass  # the peer broke it, or was too slow
        except Exception as error:
            # One connection's trouble, also a bug of the server's, is no other's.
            log.error("web_connection_failed", exc_info=error)
        finally:
            if self._guests.get(peer) is guest:
                del self._guests[peer]
            await _close(stream)

    def _make_room(self) -> bool:
        """Whether there is room for one more, if need be by showing out the oldest stranger."""
        if len(self._guests) < self.most:
            return True
        for peer, guest in self._guests.items():
            if not guest.is_known:
                self._show_out(peer, guest, "stranger")
                return True
        self.on_drop("full")
        return False

    async def _sweep(self) -> None:
        """Show out strangers who stay too long."""
        while True:
            await trio.sleep(self.stranger_s * self.speed / _SWEEPS)
            before_mono = trio.current_time() - self.stranger_s * self.speed
            late = [one for one in self._guests.items() if not one[1].is_known and one[1].since_mono < before_mono]
            for peer, guest in late:
                self._show_out(peer, guest, "late")

    def _show_out(self, peer: tuple[str, int], guest: _Guest, why: str) -> None:
        del self._guests[peer]
        _shut(guest.socket)
        self.on_drop(why)


def _shut(raw: socket.socket) -> None:
    with contextlib.suppress(OSError):
        raw.shutdown(socket.SHUT_RDWR)


async def _close(stream: anyio.abc.SocketStream) -> None:
    with trio.CancelScope(shield=True), contextlib.suppress(Exception):
        await anyio.aclose_forcefully(stream)

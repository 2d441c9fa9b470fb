"""A target of webhooks: an HTTP server of a few lines that keeps what it is sent and answers what it is told to."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import TypeVar

import trio
from attrs import define, field

__all__ = ["Heard", "Target", "open_target", "until"]

_T = TypeVar("_T")


async def until(look: Callable[[], _T]) -> _T:
    """What `look` finds, once it finds something; each look is a beat apart."""
    while not (found := look()):  # noqa: ASYNC110 (other systems tell nobody)
        await trio.sleep(0.01)
    return found


@define
class Heard:
    """One request."""

    headers: dict[str, str]
    body: bytes


@define
class Target:
    """`answers` are the statuses of the next requests, 204 behind them; None keeps the sender waiting."""

    port: int = 0
    answers: Iterator[int | None] = field(factory=lambda: iter(()))
    heard: list[Heard] = field(factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/told"

    async def wait_heard(self, count: int) -> list[Heard]:
        await until(lambda: len(self.heard) >= count)
        return self.heard

    async def serve(self, stream: trio.SocketStream) -> None:
        text = b""
        async with stream:
            while True:
                while b"\r\n\r\n" not in text:
                    part = await stream.receive_some()
                    if not part:
                        return
                    text += part
                head, _, rest = text.partition(b"\r\n\r\n")
                lines = head.decode().split("\r\n")[1:]
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
                length = int(headers.get("content-length", 0))
                while len(rest) < length:
                    rest += await stream.receive_some()
                self.heard.append(Heard(headers, rest[:length]))
                text = rest[length:]
                status = next(self.answers, 204)
                if status is None:
                    await trio.sleep_forever()
                await stream.send_all(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n".encode())


@asynccontextmanager
async def open_target(*answers: int | None) -> AsyncIterator[Target]:
    target = Target(answers=iter(answers))
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, target.serve, 0)
        target.port = listeners[0].socket.getsockname()[1]
        yield target
        nursery.cancel_scope.cancel()

"""How an engine and a carrier in a process of its own talk: a JSON object a line. Sans-IO.

The engine says `dial`, `hang_up`, `talk`, `play` and `settle`; the carrier says
`answered`, `greeted`, `ended` and `settled`. Every message but the last two kinds
names its attempt. Seconds run from the instant a message is read.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from dialer.ports import PeerError

__all__ = ["LineReader", "Message", "line_of"]

Message = dict[str, Any]

# A longer line is no message of this protocol: a `settle` of ten thousand attempts is shorter.
_LONGEST_BYTES = 4_000_000
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(dict[str, Any])


def line_of(**message: Any) -> bytes:
    r"""One message as it is sent.

    >>> line_of(do="hang_up", id="c-1")
    b'{"do":"hang_up","id":"c-1"}\n'
    """
    return _encoder.encode(message) + b"\n"


class LineReader:
    r"""Bytes as they come, to whole messages.

    >>> reader = LineReader()
    >>> list(reader.feed(b'{"say":"ended"}\n{"sa'))
    [{'say': 'ended'}]
    >>> list(reader.feed(b'y":"x"}\n'))
    [{'say': 'x'}]
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes | bytearray) -> Iterator[Message]:
        """The messages that these bytes complete. Raises `PeerError` on what is none."""
        *lines, self._rest = (self._rest + bytes(data)).split(b"\n")
        if len(self._rest) > _LONGEST_BYTES:
            raise PeerError("the other side sends a line without end")
        for line in lines:
            try:
                yield _decoder.decode(line)
            except msgspec.DecodeError as error:
                msg = f"the other side sent what is no message ({error})"
                raise PeerError(msg) from error

"""FreeSWITCH's event socket without I/O: bytes in, messages out; commands as bytes.

Theory of operation. A message is lines of `Name: value` up to an empty one, and
then as many bytes as its `Content-Length` says. An event is such a message once
more in the body of one, its values written as in a URL. Replies carry no id:
they come in the order of the commands.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from attrs import field, frozen

from dialer.ports import PeerError

__all__ = [
    "EVENTS",
    "Answered",
    "AuthAsked",
    "Created",
    "Disconnected",
    "EslParser",
    "Event",
    "Executed",
    "HungUp",
    "JobOver",
    "KeyPressed",
    "Message",
    "ProtocolFaultError",
    "Refused",
    "Reply",
    "Ringing",
    "command",
]

# A block of headers has a few hundred; an event with every variable of a channel came to 20 kB.
_MAX_HEAD = 1 << 16
# The longest body is the list of channels: half a kilobyte for each.
_MAX_BODY = 1 << 24
# What of a channel's variables anybody here reads.
_READ_VARIABLES = ("detect_audio_timeout", "detect_silence_timeout")


class ProtocolFaultError(PeerError):
    """What came is not what FreeSWITCH says; the message tells where in the stream."""


@frozen
class AuthAsked:
    """FreeSWITCH wants a password."""


@frozen
class Refused:
    """FreeSWITCH does not talk to this address."""


@frozen
class Disconnected:
    """FreeSWITCH says goodbye."""


@frozen
class Reply:
    """The answer to the oldest command that has none yet."""

    text: str

    @property
    def is_ok(self) -> bool:
        """Whether it was done."""
        return not self.text.startswith(("-ERR", "-USAGE"))


@frozen
class Created:
    """A channel is there; nobody has been rung yet."""

    channel_id: str


@frozen
class Ringing:
    """The far end rings, or sends sound before it answers."""

    channel_id: str


@frozen
class Answered:
    """Somebody picked up."""

    channel_id: str


@frozen
class Executed:
    """An application on a channel is over."""

    channel_id: str
    application: str
    response: str
    variables: Mapping[str, str] = field(factory=dict)


@frozen
class KeyPressed:
    """A key of the telephone."""

    channel_id: str
    key: str


@frozen
class HungUp:
    """A channel ended."""

    channel_id: str
    cause: str
    sip_status: int | None = None


@frozen
class JobOver:
    """A command that was given to the background has its result."""

    channel_id: str
    text: str


_OF_THE_CONNECTION: dict[str, AuthAsked | Refused | Disconnected] = {
    "auth/request": AuthAsked(),
    "text/rude-rejection": Refused(),
    "text/disconnect-notice": Disconnected(),
}

Event = Created | Ringing | Answered | Executed | KeyPressed | HungUp | JobOver
Message = AuthAsked | Refused | Disconnected | Reply | Event

EVENTS = (
    "CHANNEL_CREATE",
    "CHANNEL_PROGRESS",
    "CHANNEL_PROGRESS_MEDIA",
    "CHANNEL_ANSWER",
    "CHANNEL_EXECUTE_COMPLETE",
    "CHANNEL_HANGUP",
    "DTMF",
    "BACKGROUND_JOB",
)
"""The only events that are asked for."""


class EslParser:
    """The receiving half of one connection."""

    def __init__(self) -> None:
        self._unread = bytearray()
        self._offset = self._message_at = 0
        self._head: dict[str, str] | None = None
        self._body_length = 0

    def receive(self, data: bytes) -> Iterator[Message]:
        """Every message that is complete with these bytes. Raises `ProtocolFaultError`."""
        self._unread += data
        while True:
            if self._head is None and not self._read_head():
                return
            if len(self._unread) < self._body_length:
                return
            head, self._head = self._head or {}, None
            body = self._take(self._body_length)
            message = self._read(head, body)
            if message is not None:
                yield message

    def _read_head(self) -> bool:
        while self._unread.startswith(b"\n"):  # some senders put an empty line more between messages
            self._take(1)
        self._message_at = self._offset
        end = self._unread.find(b"\n\n")
        if max(end, 0) > _MAX_HEAD or (end < 0 and len(self._unread) > _MAX_HEAD):
            raise self._fault(f"headers of more than {_MAX_HEAD} bytes")
        if end < 0:
            return False
        head = self._headers(bytes(self._unread[:end]))
        length = head.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()) or len(length) > 9 or int(length) > _MAX_BODY:
            raise self._fault(f"`{length[:20]}` is no length of a body")
        self._take(end + 2)
        self._head, self._body_length = head, int(length)
        return True

    def _headers(self, block: bytes) -> dict[str, str]:
        try:
            lines = block.decode("utf-8").split("\n")
        except UnicodeDecodeError as error:
            raise self._fault("headers that are no text") from error
        found = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon or not name.strip():
                raise self._fault(f"`{line[:40]}` is no header")
            found[name.strip()] = value.strip()
        return found

    def _read(self, head: dict[str, str], body: bytes) -> Message | None:
        text = body.decode("utf-8", "replace")
        match head.get("Content-Type"):
            case "text/event-plain":
                return self._event(body)
            case "command/reply":
                return Reply(head.get("Reply-Text", ""))
            case "api/response":
                return Reply(text.rstrip("\n"))
            case None:
                raise self._fault("a message without `Content-Type`; is this FreeSWITCH's event socket?")
            case other:
                return _OF_THE_CONNECTION.get(other)  # and no logs and such, which nobody asked for

    def _event(self, body: bytes) -> Event | None:
        block, _, inner = body.partition(b"\n\n")
        said = {name: unquote(value) for name, value in self._headers(block.strip(b"\n")).items()}
        name, channel_id = said.get("Event-Name", ""), said.get("Unique-ID", "")
        if name == "BACKGROUND_JOB":
            return JobOver(said.get("Job-UUID", ""), inner.decode("utf-8", "replace").strip())
        if name not in EVENTS:
            return None
        if not channel_id:
            raise self._fault(f"{name} without `Unique-ID`")
        return _of_channel(name, channel_id, said)

    def _take(self, count: int) -> bytes:
        taken = bytes(self._unread[:count])
        del self._unread[:count]
        self._offset += count
        return taken

    def _fault(self, what: str) -> ProtocolFaultError:
        return ProtocolFaultError(
            f"freeswitch sent {what} (in the message at byte {self._message_at} of the connection)"
        )


def _of_channel(name: str, channel_id: str, said: Mapping[str, str]) -> Event:
    match name:
        case "CHANNEL_CREATE":
            return Created(channel_id)
        case "CHANNEL_PROGRESS" | "CHANNEL_PROGRESS_MEDIA":
            return Ringing(channel_id)
        case "CHANNEL_ANSWER":
            return Answered(channel_id)
        case "DTMF":
            return KeyPressed(channel_id, said.get("DTMF-Digit", ""))
        case "CHANNEL_EXECUTE_COMPLETE":
            variables = {one: said[f"variable_{one}"] for one in _READ_VARIABLES if f"variable_{one}" in said}
            return Executed(channel_id, said.get("Application", ""), said.get("Application-Response", ""), variables)
        case _:
            return HungUp(channel_id, said.get("Hangup-Cause", ""), _sip_status(said))


def _sip_status(said: Mapping[str, str]) -> int | None:
    """The carrier's final answer, under whichever name this version of FreeSWITCH keeps it."""
    for name in ("sip_term_status", "sip_invite_failure_status", "proto_specific_hangup_cause"):
        value = said.get(f"variable_{name}", "").removeprefix("sip:")
        if len(value) == 3 and value.isascii() and value.isdigit():
            return int(value)
    return None


def command(line: str, headers: Mapping[str, str] | None = None) -> bytes:
    """One command. Raises `PeerError` for what would become two.

    >>> command("api version")
    b'api version\\n\\n'
    """
    lines = [line, *(f"{name}: {value}" for name, value in (headers or {}).items())]
    if any("\n" in one or "\r" in one or "\0" in one for one in lines):
        raise PeerError("a command for freeswitch holds a line break")
    return ("\n".join(lines) + "\n\n").encode()

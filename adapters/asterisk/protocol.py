"""What Asterisk says and is asked, over one websocket, without I/O.

Asterisk's REST interface (ARI) takes requests over the same websocket on which it
sends events, so requests, replies and events have one order and one connection.
Bytes go in at `receive`, messages come out; what is to be sent is returned as bytes.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar
from urllib.parse import quote, urlencode

import msgspec
from attrs import field, frozen
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.utilities import ProtocolError

from dialer.ports import PeerError

__all__ = [
    "UNWANTED_EVENTS",
    "Answered",
    "AriProtocol",
    "Destroyed",
    "Echo",
    "Event",
    "HangupAsked",
    "KeyPressed",
    "Message",
    "Opened",
    "PlaybackOver",
    "ProtocolFaultError",
    "RecordingOver",
    "Replaced",
    "Reply",
    "Ringing",
    "TalkBegan",
    "TalkPaused",
    "read_message",
]


class ProtocolFaultError(PeerError):
    """Asterisk, or whatever answers in its place, does not speak as expected."""


@frozen
class Opened:
    """The websocket is open: requests may be sent."""


@frozen
class Reply:
    """The answer to a request."""

    request_id: str
    status: int
    text: str = field(default="", repr=False)

    @property
    def is_ok(self) -> bool:
        """Whether the request was carried out."""
        return 200 <= self.status < 300

    @property
    def body(self) -> object:
        """What stands in it."""
        return json.loads(self.text) if self.text else None


@frozen
class Ringing:
    """The far end rings, or sends sound before it answers (`is_early_media`)."""

    channel_id: str
    is_early_media: bool = False


@frozen
class Answered:
    """A channel that was originated is up and in our hands."""

    channel_id: str
    words: tuple[str, ...] = ()


@frozen
class HangupAsked:
    """The far end, not we, ends the channel."""

    channel_id: str


@frozen
class Destroyed:
    """A channel is gone: its Q.850 cause, and the SIP status where there was one."""

    channel_id: str
    cause: int
    sip_status: int | None = None


@frozen
class TalkBegan:
    """Somebody began to speak."""

    channel_id: str


@frozen
class TalkPaused:
    """Somebody spoke for `spoken_s`, and has been silent for as long as the detector was told to wait."""

    channel_id: str
    spoken_s: float


@frozen
class KeyPressed:
    """A key of the phone."""

    channel_id: str
    key: str


@frozen
class PlaybackOver:
    """A sound was played, or could not be."""

    playback_id: str
    is_failed: bool


@frozen
class RecordingOver:
    """A recording was written, or could not be."""

    name: str
    is_failed: bool


@frozen
class Echo:
    """An event that we asked for, to see whether events still reach us."""


@frozen
class Replaced:
    """Another connection took over our application: we shall hear nothing more."""


Event = (
    Ringing
    | Answered
    | HangupAsked
    | Destroyed
    | TalkBegan
    | TalkPaused
    | KeyPressed
    | PlaybackOver
    | RecordingOver
    | Echo
    | Replaced
)
Message = Opened | Reply | Event

# What Asterisk is asked not to send: half of an answered call's events are changes of variables.
# It cannot be told instead what to send: such a list holds back the replies to requests as well.
UNWANTED_EVENTS = (
    "BridgeCreated",
    "BridgeDestroyed",
    "ChannelCallerId",
    "ChannelConnectedLine",
    "ChannelCreated",
    "ChannelDialplan",
    "ChannelEnteredBridge",
    "ChannelLeftBridge",
    "ChannelStateChange",
    "ChannelVarset",
    "PlaybackStarted",
    "RecordingStarted",
    "StasisEnd",
)


class _Channel(msgspec.Struct):
    id: str


class _Playback(msgspec.Struct):
    id: str
    state: str = ""


class _Recording(msgspec.Struct):
    name: str


class _Wire(msgspec.Struct):
    """Any message; what it does not have stays empty, what is not named here is not read."""

    type: str
    request_id: str = ""
    status_code: int = 0
    message_body: str = ""
    channel: _Channel | None = None
    peer: _Channel | None = None
    playback: _Playback | None = None
    recording: _Recording | None = None
    args: tuple[str, ...] = ()
    dialstatus: str = ""
    cause: int = 0
    tech_cause: int | None = None
    duration: int = 0
    digit: str = ""


_Part = TypeVar("_Part")
_decoder = msgspec.json.Decoder(_Wire)


def read_message(text: str | bytes) -> Message | None:
    """One message; None for an event that nobody needs.

    >>> read_message('{"type": "ChannelDestroyed", "cause": 17, "tech_cause": 486, "channel": {"id": "c"}}')
    Destroyed(channel_id='c', cause=17, sip_status=486)
    """
    try:
        wire = _decoder.decode(text)
        if wire.type == "RESTResponse":
            return Reply(wire.request_id, wire.status_code, wire.message_body)
        reader = _READERS.get(wire.type)
        return reader(wire) if reader is not None else None
    except (msgspec.DecodeError, AttributeError) as error:
        msg = f"asterisk sent what cannot be read ({error})"
        raise ProtocolFaultError(msg) from error


def _of(wire: _Wire) -> str:
    return _there(wire.channel, wire).id


def _there(part: _Part | None, wire: _Wire) -> _Part:
    if part is None:
        msg = f"asterisk sent a {wire.type} that does not say of what"
        raise ProtocolFaultError(msg)
    return part


def _dial(wire: _Wire) -> Ringing | None:
    if wire.peer is not None and wire.dialstatus in ("RINGING", "PROGRESS"):
        return Ringing(wire.peer.id, wire.dialstatus == "PROGRESS")
    return None


def _playback(wire: _Wire) -> PlaybackOver:
    playback = _there(wire.playback, wire)
    return PlaybackOver(playback.id, playback.state == "failed")


def _recording(wire: _Wire) -> RecordingOver:
    return RecordingOver(_there(wire.recording, wire).name, wire.type == "RecordingFailed")


_READERS: dict[str, Callable[[_Wire], Event | None]] = {
    "Dial": _dial,
    "StasisStart": lambda wire: Answered(_of(wire), wire.args),
    "ChannelHangupRequest": lambda wire: HangupAsked(_of(wire)),
    "ChannelDestroyed": lambda wire: Destroyed(_of(wire), wire.cause, wire.tech_cause),
    "ChannelTalkingStarted": lambda wire: TalkBegan(_of(wire)),
    "ChannelTalkingFinished": lambda wire: TalkPaused(_of(wire), wire.duration / 1000),
    "ChannelDtmfReceived": lambda wire: KeyPressed(_of(wire), wire.digit),
    "PlaybackFinished": _playback,
    "RecordingFinished": _recording,
    "RecordingFailed": _recording,
    "ChannelUserevent": lambda _: Echo(),
    "ApplicationReplaced": lambda _: Replaced(),
}


class AriProtocol:
    """One websocket to Asterisk: bytes in, messages out."""

    # A list of a thousand channels is some 700 kB; more than this is not from Asterisk.
    MAX_MESSAGE_BYTES = 16 << 20

    def __init__(self, host: str, path: str, app: str, user: str, secret: str) -> None:
        self._socket = WSConnection(ConnectionType.CLIENT)
        self._partial: list[str] = []
        self._size = 0
        self._next_id = 0
        credentials = base64.b64encode(f"{user}:{secret}".encode())
        target = f"{path.rstrip('/')}/events?{urlencode({'app': app, 'subscribeAll': 'false'})}"
        # Some proxies log the address of a request but not its headers: the secret goes there.
        self.opening = self._socket.send(
            Request(host=host, target=target, extra_headers=[(b"Authorization", b"Basic " + credentials)])
        )

    def request(
        self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, object] | None = None
    ) -> tuple[str, bytes]:
        """A request's id, by which its reply is known, and its bytes."""
        self._next_id += 1
        request_id = str(self._next_id)
        uri = f"{path}?{urlencode(query, quote_via=quote)}" if query else path
        message: dict[str, object] = {
            "type": "RESTRequest",
            "request_id": request_id,
            "method": method,
            "uri": uri,
        }
        if body is not None:
            message["content_type"] = "application/json"
            message["message_body"] = json.dumps(body)
        return request_id, self._socket.send(TextMessage(json.dumps(message)))

    def ping(self) -> bytes:
        """Ask whether anybody is there; the pong is just bytes that arrive."""
        return bytes(self._socket.send(Ping()))

    def receive(self, data: bytes | None) -> Iterator[Message | bytes]:
        """What `data` (None: the end) holds; bytes among it are to be sent."""
        try:
            self._socket.receive_data(data)
            for event in self._socket.events():
                yield from self._read(event)
        except ProtocolError as error:
            msg = f"asterisk's websocket broke ({error})"
            raise ProtocolFaultError(msg) from error

    def _read(self, event: object) -> Iterator[Message | bytes]:
        match event:
            case TextMessage():
                self._size += len(event.data)
                if self._size > self.MAX_MESSAGE_BYTES:
                    raise ProtocolFaultError("asterisk sent a message without an end")
                self._partial.append(event.data)
                if event.message_finished:
                    text, self._partial, self._size = "".join(self._partial), [], 0
                    message = read_message(text)
                    if message is not None:
                        yield message
            case AcceptConnection():
                yield Opened()
            case Ping():
                yield self._socket.send(event.response())
            case Pong():
                pass
            case RejectConnection():
                raise ProtocolFaultError(
                    _REFUSED.get(event.status_code, f"the web server answered {event.status_code}")
                )
            case CloseConnection():
                raise ProtocolFaultError(f"asterisk closed the websocket ({event.code})")


_REFUSED = {
    401: "asterisk refused the user or the secret; compare them with ari.conf",
    403: "asterisk refused the user or the secret; compare them with ari.conf",
    404: "there is no ARI at this address; check the path, and that res_ari is loaded",
    503: "asterisk is still starting",
}

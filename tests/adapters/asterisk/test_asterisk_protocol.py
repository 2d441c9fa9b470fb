"""What Asterisk said in recorded calls, read again without a switch: messages, framing, what a leg makes of them."""

from pathlib import Path
from typing import Any

import pytest
import trio
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, RejectConnection, Request, TextMessage

from adapters.asterisk.protocol import (
    AriProtocol,
    Destroyed,
    Opened,
    PlaybackOver,
    ProtocolFaultError,
    Replaced,
    Reply,
    Ringing,
    TalkBegan,
    TalkPaused,
    read_message,
)
from adapters.asterisk.settings import AsteriskSettings
from adapters.asterisk.trunk import AsteriskLeg
from dialer.disposition import HungUpBy, NetworkOutcome
from dialer.ports import CallOrder

DATA = Path(__file__).parent / "data"


def recorded(name: str) -> list[Any]:
    return [read_message(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


class Peer:
    """The other end of the websocket, in memory."""

    def __init__(self) -> None:
        self.ours = AriProtocol("pbx:8088", "/ari", "paceline", "user", "pass:word")
        self.theirs = WSConnection(ConnectionType.SERVER)
        self.theirs.receive_data(self.ours.opening)
        self.request = next(event for event in self.theirs.events() if isinstance(event, Request))

    def accept(self) -> "Peer":
        assert list(self.ours.receive(self.theirs.send(AcceptConnection()))) == [Opened()]
        return self


def test_secret_stands_in_a_header_and_not_in_the_address():
    request = Peer().request
    assert request.target == "/ari/events?app=paceline&subscribeAll=false"
    assert "word" not in request.target
    assert dict(request.extra_headers)[b"authorization"].startswith(b"Basic ")


def test_requests_are_framed_with_their_query_and_variables():
    peer = Peer().accept()
    request_id, data = peer.ours.request("POST", "channels", {"endpoint": "PJSIP/+82@t"}, {"variables": {"A": "b"}})
    peer.theirs.receive_data(data)
    (event,) = peer.theirs.events()
    assert isinstance(event, TextMessage)
    assert '"uri": "channels?endpoint=PJSIP%2F%2B82%40t"' in event.data
    assert request_id == "1"


def test_messages_are_read_whatever_pieces_they_come_in():
    peer = Peer().accept()
    text = '{"type":"ChannelDestroyed","cause":17,"tech_cause":486,"channel":{"id":"c"}}'
    data = peer.theirs.send(TextMessage(text[:30], message_finished=False)) + peer.theirs.send(TextMessage(text[30:]))
    got = [message for n in range(len(data)) for message in peer.ours.receive(data[n : n + 1])]
    assert got == [Destroyed("c", 17, 486)]


def test_ping_is_answered():
    peer = Peer().accept()
    (pong,) = peer.ours.receive(peer.theirs.send(Ping()))
    assert isinstance(pong, bytes)


def test_refused_secret_is_said_in_words():
    peer = Peer()
    with pytest.raises(ProtocolFaultError, match=r"ari\.conf"):
        list(peer.ours.receive(peer.theirs.send(RejectConnection(status_code=401))))


def test_closed_websocket_is_a_fault():
    peer = Peer().accept()
    with pytest.raises(ProtocolFaultError, match="closed"):
        list(peer.ours.receive(peer.theirs.send(CloseConnection(code=1000))))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"type": 3}', '{"type":"ChannelDestroyed"}', '{"type":"StasisStart"}']
)
def test_what_cannot_be_read_is_a_fault(text):
    with pytest.raises(ProtocolFaultError):
        read_message(text)


def test_events_that_nobody_needs_are_passed_over():
    assert read_message('{"type":"SomethingNew","channel":{"id":"c"},"more":[1,2]}') is None
    assert read_message('{"type":"ApplicationReplaced"}') == Replaced()


def test_human_call_holds_a_greeting_and_two_playbacks():
    messages = recorded("human")
    kinds = [type(one) for one in messages if one is not None]
    assert kinds.index(Ringing) < kinds.index(TalkBegan) < kinds.index(TalkPaused)
    assert [one.is_failed for one in messages if isinstance(one, PlaybackOver)] == [False, True]
    assert next(one.spoken_s for one in messages if isinstance(one, TalkPaused)) < 1.0


class SilentServer:
    """A server that takes requests and says nothing."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, str]] = []

    def channel_id(self, call_id: str) -> str:
        return f"paceline.{call_id}."

    def forget(self, key: str) -> None:
        pass

    def hang_up(self, channel_id: str) -> None:
        self.posted.append(("DELETE", channel_id))

    def post(self, method: str, path: str, query: object, on_reply: Any = None) -> None:
        self.posted.append((method, path))


@pytest.mark.parametrize(
    ("name", "outcome", "by", "has_rung"),
    [
        ("busy", NetworkOutcome.BUSY, HungUpBy.NETWORK, True),
        ("invalid", NetworkOutcome.INVALID_NUMBER, HungUpBy.NETWORK, False),
        ("congested", NetworkOutcome.CONGESTED, HungUpBy.NETWORK, False),
        ("rejected", NetworkOutcome.REJECTED, HungUpBy.NETWORK, True),
        ("away", NetworkOutcome.NO_ANSWER, HungUpBy.NETWORK, True),
        ("early_hangup", NetworkOutcome.NORMAL, HungUpBy.PERSON, True),
    ],
)
async def test_recorded_call_ends_as_it_did(name, outcome, by, has_rung, autojump_clock):
    leg = AsteriskLeg(SilentServer(), AsteriskSettings(), CallOrder(name, "+821012345678", "+82", 20.0))  # type: ignore[arg-type]
    with leg.scope:
        for message in recorded(name):
            if isinstance(message, Reply):
                leg.on_originated(message)
            elif message is not None:
                leg.on_event(message, trio.current_time())
        await trio.sleep_forever()
    assert leg.ended is not None
    assert (leg.ended.outcome, leg.ended.hung_up_by, leg.has_rung) == (outcome, by, has_rung)


async def test_refused_originate_ends_the_leg_at_once(autojump_clock):
    leg = AsteriskLeg(SilentServer(), AsteriskSettings(), CallOrder("x", "+821012345678", "+82", 20.0))  # type: ignore[arg-type]
    leg.on_originated(Reply("1", 500, '{"message":"Allocation failed"}'))
    assert leg.ended is not None
    assert leg.ended.outcome is NetworkOutcome.TRUNK_LOST

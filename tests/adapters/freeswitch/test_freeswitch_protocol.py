"""What FreeSWITCH says on its event socket, read in whatever pieces it comes."""

from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.freeswitch.protocol import (
    Answered,
    AuthAsked,
    Created,
    Disconnected,
    EslParser,
    Executed,
    HungUp,
    JobOver,
    KeyPressed,
    Message,
    ProtocolFaultError,
    Refused,
    Reply,
    Ringing,
    command,
)
from dialer.ports import PeerError

CALL = (Path(__file__).parent / "data/call.esl").read_bytes()
SAID = [
    AuthAsked(),
    Reply("+OK accepted"),
    Reply("+OK event listener enabled plain"),
    Reply("+OK Job-UUID: paceline.early-1"),
    Created("paceline.early-1"),
    Ringing("paceline.early-1"),
    Answered("paceline.early-1"),
    JobOver("paceline.early-1", "+OK paceline.early-1"),
    Executed("paceline.early-1", "detect_audio", "", {"detect_audio_timeout": "false"}),
    Executed("paceline.early-1", "playback", "FILE PLAYED"),
    KeyPressed("paceline.phone-kim-1", "*"),
    HungUp("paceline.early-1", "NORMAL_CLEARING"),
    HungUp("paceline.early-2", "USER_BUSY", 486),
    JobOver("paceline.early-2", "-ERR USER_BUSY"),
    Reply("-ERR No such channel!"),
    Disconnected(),
]


def read(*pieces: bytes) -> list[Message]:
    parser = EslParser()
    return [message for piece in pieces for message in parser.receive(piece)]


def event(body: str) -> bytes:
    return f"Content-Length: {len(body)}\nContent-Type: text/event-plain\n\n{body}".encode()


def test_documented_call_is_read():
    assert read(CALL) == SAID


@given(st.lists(st.integers(0, len(CALL)), max_size=40))
def test_messages_are_the_same_whatever_pieces_they_come_in(cuts):
    edges = [0, *sorted(cuts), len(CALL)]
    assert read(*(CALL[a:b] for a, b in pairwise(edges))) == SAID


def test_messages_are_the_same_byte_by_byte():
    assert read(*(CALL[n : n + 1] for n in range(len(CALL)))) == SAID


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40))
def test_values_are_written_as_in_a_url_whatever_they_hold(text):
    body = (
        f"Event-Name: CHANNEL_EXECUTE_COMPLETE\nUnique-ID: c\nApplication: a\nApplication-Response: {quote(text)}\n\n"
    )
    assert read(event(body)) == [Executed("c", "a", text)]


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_garbage_is_read_or_is_a_fault_and_nothing_else(pieces):
    with suppress(ProtocolFaultError):
        read(*pieces)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"HTTP/1.1 400 Bad Request\nConnection: close\n\n", "is no header"),
        (b"Server: x\n\n", "without `Content-Type`"),
        (b"Content-Type: a\nContent-Length: -1\n\n", "no length"),
        (b"Content-Type: a\nContent-Length: 99999999\n\n", "no length"),
        ("Content-Type: a\nContent-Length: ²\n\n".encode(), "no length"),
        (b"\xff: a\n\n", "no text"),
        (b"a" * 70000, "more than 65536"),
        (b"a: " + b"b" * 70000 + b"\n\n", "more than 65536"),
        (event("Event-Name: CHANNEL_ANSWER\n\n"), "without `Unique-ID`"),
    ],
)
def test_what_cannot_be_read_is_a_fault_that_says_where(data, fault):
    with pytest.raises(ProtocolFaultError, match=fault) as caught:
        read(CALL, data)
    assert f"at byte {len(CALL)}" in str(caught.value)


def test_messages_that_nobody_needs_are_passed_over():
    assert read(event("Event-Name: HEARTBEAT\n\n"), b"Content-Type: log/data\nContent-Length: 3\n\nabc") == []
    assert read(b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n") == [Refused()]


@pytest.mark.parametrize("name", ["sip_term_status", "sip_invite_failure_status"])
def test_final_answer_of_the_carrier_is_found_under_either_name(name):
    body = f"Event-Name: CHANNEL_HANGUP\nUnique-ID: c\nHangup-Cause: USER_BUSY\nvariable_{name}: 486\n\n"
    assert read(event(body)) == [HungUp("c", "USER_BUSY", 486)]


def test_command_is_one_command():
    assert command("sendmsg c", {"call-command": "execute"}) == b"sendmsg c\ncall-command: execute\n\n"
    for bad in ("api version\n\napi hupall", "a\rb", "a\0b"):
        with pytest.raises(PeerError, match="line break"):
            command(bad)
        with pytest.raises(PeerError, match="line break"):
            command("sendmsg c", {"execute-app-arg": bad})

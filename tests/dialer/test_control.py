"""The control socket: who may open it, what it answers, what becomes of one that was left behind."""

import json
import os
import socket
import stat
from pathlib import Path

import pytest
import trio

from dialer.config import ConfigError
from dialer.control import ControlError, ask, serve_control


class EchoDesk:
    """Answers with what it was asked."""

    async def answer(self, request):
        if request.get("command") == "break":
            raise ZeroDivisionError
        return {"ok": True, "asked": request["command"]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.sock"


async def test_request_is_answered_on_a_socket_that_its_owner_alone_may_open(path):
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_control, path, EchoDesk())
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert await ask(path, {"command": "status"}) == {"ok": True, "asked": "status"}
        nursery.cancel_scope.cancel()
    assert not path.exists()


async def test_many_lines_of_one_connection_are_answered_in_order_whatever_they_are(path):
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_control, path, EchoDesk())
        async with await trio.open_unix_socket(os.fspath(path)) as stream:
            await stream.send_all(b'{"command": "a"}\nnonsense\n[1]\n{"command": "break"}\n{"command": ')
            await stream.send_all(b'"b"}\n')
            received = b""
            while received.count(b"\n") < 5:
                received += await stream.receive_some()
        answers = [json.loads(line) for line in received.splitlines()]
        assert [one["ok"] for one in answers] == [True, False, False, False, True]
        assert answers[2]["error"] == "a request is a JSON object"
        assert answers[-1]["asked"] == "b"
        nursery.cancel_scope.cancel()


async def test_socket_that_a_crash_left_behind_is_taken_over(path):
    left = socket.socket(socket.AF_UNIX)
    left.bind(os.fspath(path))
    left.close()
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_control, path, EchoDesk())
        assert (await ask(path, {"command": "status"}))["ok"]
        nursery.cancel_scope.cancel()


async def test_socket_of_another_engine_is_left_alone(path):
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_control, path, EchoDesk())
        with pytest.raises(ConfigError, match="another engine is controlled there"):
            await serve_control(path, EchoDesk())
        assert (await ask(path, {"command": "status"}))["ok"]
        nursery.cancel_scope.cancel()


async def test_file_that_is_no_socket_is_not_removed(path):
    path.write_text("mine")
    with pytest.raises(ConfigError, match="no socket"):
        await serve_control(path, EchoDesk())
    assert path.read_text() == "mine"


async def test_path_that_no_socket_can_have_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="too long for a socket"):
        await serve_control(tmp_path / ("x" * 120), EchoDesk())


async def test_engine_that_is_not_there_is_said_so(path):
    with pytest.raises(ControlError, match="is `paceline run` under way"):
        await ask(path, {"command": "status"})

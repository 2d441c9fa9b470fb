"""Clients that mean harm, or are broken: the daemon stays up, dialing goes on, nobody gets in."""

import os
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx2
import pytest
import trio

from adapters.web.accepting import descriptors_for
from adapters.web.roles import SCOPES, Role
from tests.adapters.web.site import PASSWORD, Site, on_site
from tests.adapters.web.target import until

pytestmark = pytest.mark.slow
FLOOD = int(os.environ.get("PACELINE_FLOOD", "1000"))


async def dialing_goes_on(site: Site) -> None:
    book = site.engine.state.campaigns["sales"]
    before = book.attempt_count
    with trio.fail_after(600.0):  # of the engine's clock
        await until(lambda: book.attempt_count > before)


@asynccontextmanager
async def a_dialing_site(site: Site) -> AsyncIterator[None]:
    """The site dials before, and after whatever is done to it; and it answers."""
    await dialing_goes_on(site)
    yield
    await dialing_goes_on(site)
    async with site.browser() as browser:
        assert (await browser.get("/health")).status_code == 200


def attack(folder, what: Callable[[Site], Awaitable[None]]) -> None:
    async def test(site: Site) -> None:
        async with a_dialing_site(site):
            await what(site)

    on_site(folder, test, agents=4, speed=20.0)


async def connect(site: Site) -> trio.SocketStream:
    return await trio.open_tcp_stream("127.0.0.1", int(site.url.rpartition(":")[2]))


async def read_to_end(stream: trio.SocketStream) -> bytes:
    text = b""
    try:
        async for part in stream:
            text += part
    except trio.BrokenResourceError:
        pass
    return text


def test_garbage_on_the_socket_ends_that_connection_alone(tmp_path):
    noise = random.Random(7)
    texts = [
        noise.randbytes(4096),
        b"\x16\x03\x01\x02\x00" + noise.randbytes(500),  # TLS where none is spoken
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /%00%ff%fe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}",
        b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nzz",
        b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + noise.randbytes(500),
        b"GET /" + b"a" * 200_000,
        b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 20_000,
    ]

    async def test(site: Site) -> None:
        async with trio.open_nursery() as nursery:
            for text in texts:
                nursery.start_soon(send, site, text)

    async def send(site: Site, text: bytes) -> None:
        stream = await connect(site)
        async with stream:
            try:
                await stream.send_all(text)
                await stream.send_eof()
            except (trio.BrokenResourceError, OSError):
                return
            with trio.move_on_after(40.0):
                await read_to_end(stream)

    attack(tmp_path, test)


def test_garbage_frames_on_a_desks_socket_end_that_socket_alone(tmp_path):
    noise = random.Random(8)
    frames = [
        noise.randbytes(64),
        b"\xff" * 100,  # reserved bits and opcode
        b"\x81\x05hello",  # not masked
        b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0",  # nine exabytes
        b"\x89\xfe\x01\x00\0\0\0\0" + b"p" * 256,  # a ping that is too long
        b"\x81\x82\0\0\0\0\xc3\x28",  # text that is no UTF-8
        b"\x88\x81\0\0\0\0x",  # a close of one byte
    ]

    async def test(site: Site) -> None:
        await site.add_user("mina", Role.AGENT)
        async with site.browser("mina") as browser:
            cookie = f"paceline_session={browser.cookies['paceline_session']}"
            async with trio.open_nursery() as nursery:
                for frame in frames:
                    nursery.start_soon(send, site, cookie, frame)
            assert (await browser.get("/api/v1/desk")).status_code == 200

    async def send(site: Site, cookie: str, frame: bytes) -> None:
        host = site.url.partition("//")[2]
        stream = await connect(site)
        async with stream:
            await stream.send_all(
                f"GET /api/v1/desk/socket HTTP/1.1\r\nHost: {host}\r\nOrigin: {site.url}\r\nCookie: {cookie}\r\n"
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            )
            assert b" 101 " in (await stream.receive_some()).split(b"\r\n")[0]
            await stream.send_all(frame)
            await stream.send_eof()
            with trio.move_on_after(40.0):
                await read_to_end(stream)

    attack(tmp_path, test)


def test_a_socket_is_not_opened_for_strangers_nor_from_another_site(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("mina", Role.AGENT)
        async with site.browser("mina") as browser:
            cookie = f"paceline_session={browser.cookies['paceline_session']}"
            host = site.url.partition("//")[2]
            for origin, cookies in ((site.url, ""), ("http://evil.example", cookie), ("", cookie)):
                stream = await connect(site)
                async with stream:
                    await stream.send_all(
                        f"GET /api/v1/desk/socket HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nCookie: {cookies}\r\n"
                        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
                    )
                    status = (await stream.receive_some()).split(b" ")[1]
                    assert status in (b"401", b"403"), origin

    attack(tmp_path, test)


def test_bodies_too_large_are_refused_and_strangers_may_send_little(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("boss", Role.SUPERVISOR)
        async with site.browser() as nobody, site.browser("boss") as boss:
            credentials = {"name": "x" * 100_000, "password": "y"}
            assert (await nobody.post("/api/v1/session", json=credentials)).status_code == 413
            for headers in ({}, {"idempotency-key": "k"}):
                answer = await boss.post(
                    "/api/v1/campaigns/sales/pause",
                    content=b'{"reason": "' + b"x" * 33_000_000 + b'"}',
                    headers={"content-type": "application/json", **headers},
                )
                assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")

    attack(tmp_path, test)


def test_a_flood_of_connections_keeps_nobody_out_for_long_and_stops_no_dialing(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("boss", Role.SUPERVISOR)
        door = site.server.parts.door
        door.most = min(door.most, 200)
        async with site.browser("boss") as boss:
            count = min(FLOOD, descriptors_for(FLOOD + 500) - 300)
            streams = [await connect(site) for _ in range(count)]
            await dialing_goes_on(site)
            assert door.count <= 200
            # Who was signed in still is, on the same connection; a newcomer gets in.
            assert (await boss.get("/api/v1/agents")).status_code == 200
            async with site.browser("boss") as newcomer:
                assert (await newcomer.get("/api/v1/me")).status_code == 200
            figures = (await boss.get("/metrics")).text
            assert 'paceline_web_connections_dropped_total{why="stranger"}' in figures
            for stream in streams:
                stream.socket.close()

    attack(tmp_path, test)


def test_strangers_that_dribble_are_shown_out_and_a_slow_reader_holds_up_nobody(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("boss", Role.SUPERVISOR)
        site.server.parts.door.stranger_s = 2.0
        async with site.browser("boss") as boss, trio.open_nursery() as nursery:
            ended: list[bool] = []
            for _ in range(20):
                nursery.start_soon(dribble, site, ended)
            nursery.start_soon(read_nothing, site, boss.cookies["paceline_session"])
            for _ in range(20):
                assert (await boss.get("/api/v1/agents")).status_code == 200
            await until(lambda: len(ended) == 20)
            nursery.cancel_scope.cancel()

    async def dribble(site: Site, ended: list[bool]) -> None:
        stream = await connect(site)
        async with stream:
            await stream.send_all(b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n")
            try:
                while True:
                    await stream.send_all(b" ")
                    await trio.sleep(2.0)
            except trio.BrokenResourceError:
                ended.append(True)

    async def read_nothing(site: Site, key: str) -> None:
        raw = trio.socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        await raw.connect(("127.0.0.1", int(site.url.rpartition(":")[2])))
        stream = trio.SocketStream(raw)
        request = f"GET /api/v1/board HTTP/1.1\r\nHost: x\r\nCookie: paceline_session={key}\r\n\r\n".encode()
        async with stream:
            with trio.move_on_after(60.0):
                for _ in range(2000):
                    await stream.send_all(request)
            await trio.sleep_forever()

    attack(tmp_path, test)


def test_wrong_tokens_and_cookies_open_nothing(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("boss", Role.SUPERVISOR)
        for header in (
            {"authorization": "Bearer plt_0000000000000000_" + "A" * 43},
            {"authorization": "Bearer ' or 1=1 --"},
            {"authorization": "Bearer x"},
            {"authorization": "Basic Ym9zczp4"},
            {"cookie": "paceline_session=guess"},
            {"cookie": "paceline_session=\xff; ="},
            {"cookie": "; " * 2000 + "x=y"},
        ):
            async with site.browser() as browser:
                headers = [(name.encode(), value.encode("latin-1")) for name, value in header.items()]
                answer = await browser.get("/api/v1/agents", headers=headers)
                assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json"), header

    attack(tmp_path, test)


# Which right each route asks for, by method and path. A route that is not here fails the test: decide, then add it.
PUBLIC = {("post", "/api/v1/session"), ("post", "/api/v1/first-run"), ("get", "/health"), ("get", "/ready")}
ANYBODY_KNOWN = {("post", "/api/v1/session/end"), ("get", "/api/v1/me")}


def test_every_route_is_closed_to_every_role_without_its_right(tmp_path):
    async def test(site: Site) -> None:
        for role in Role:
            await site.add_user(role.value, role)
        routes = sorted(needed_rights(site))
        assert len(routes) > 40
        async with site.browser() as nobody:
            for method, path, scope in routes:
                answer = await ask(nobody, method, path)
                if (method, path) not in PUBLIC:
                    assert answer.status_code in (401, 403), (method, path)
                    assert scope or (method, path) in ANYBODY_KNOWN or path == "/metrics", (method, path)
        for role in Role:
            async with site.browser(role.value) as browser:
                for method, path, scope in routes:
                    if scope and role not in SCOPES[scope]:
                        answer = await ask(browser, method, path)
                        assert answer.status_code == 403, (role, method, path, answer.text)
                    elif scope and method == "get" and not path.endswith("/stream"):
                        answer = await ask(browser, method, path)
                        assert answer.status_code not in (401, 403, 500), (role, method, path, answer.text)

    on_site(tmp_path, test)


def needed_rights(site: Site) -> set[tuple[str, str, str]]:
    """(method, path, right) of every route of the application, from its own table."""
    found = set()
    for route in site.server.app.routes:
        for handler in getattr(route, "route_handlers", None) or [getattr(route, "route_handler", None)]:
            methods = [one.lower() for one in getattr(handler, "http_methods", ())]
            path = route.path_format
            is_ours = path.startswith("/api/v1/") and "/schema" not in path
            if not is_ours and path not in ("/health", "/ready", "/metrics"):
                continue
            scopes = [guard.scope_name for guard in handler.guards or () if hasattr(guard, "scope_name")]
            for method in methods:
                if method != "options":
                    found.add((method, path, scopes[0] if scopes else ""))
    return found


async def ask(browser: httpx2.AsyncClient, method: str, path: str) -> httpx2.Response:
    names = {"{campaign_id}": "sales", "{account_id}": "acc-1", "{delivery_id}": "1"}
    for name, value in names.items():
        path = path.replace(name, value)
    path = path.replace("{", "").replace("}", "")
    async with browser.stream(method.upper(), path, json={} if method != "get" else None) as answer:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return answer
        await answer.aread()
        return answer


def test_scripts_in_names_are_data_wherever_they_are_shown(tmp_path):
    script = "<script>alert(1)</script>"

    async def test(site: Site) -> None:
        await site.add_user("ada", Role.ADMIN)
        async with site.browser("ada") as browser:
            new = {"name": "mina", "password": PASSWORD, "roles": ["agent"], "display_name": script}
            assert (await browser.post("/api/v1/users", json=new)).status_code == 201
            assert (await browser.post("/api/v1/users", json=new | {"name": script})).status_code == 400
            await browser.post("/api/v1/campaigns/sales/pause", json={"reason": script})
            for path in ("/api/v1/users", "/api/v1/audit", "/api/v1/campaigns", "/api/v1/board"):
                answer = await browser.get(path)
                assert answer.headers["content-type"].partition(";")[0] == "application/json"
                assert answer.headers["x-content-type-options"] == "nosniff"
            assert script in (await browser.get("/api/v1/campaigns")).json()[0]["reason"]
            missing = await browser.get(f"/api/v1/campaigns/{script}")
            assert missing.headers["content-type"] == "application/problem+json"

    on_site(tmp_path, test)

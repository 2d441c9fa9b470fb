"""The door: TLS, descriptors, and an end that waits for nobody."""

import resource
import socket
import ssl

import httpx2
import pytest
import trio
import trustme

from adapters.web.accepting import descriptors_for
from adapters.web.serving import WebServer
from adapters.web.settings import WebSettings
from tests.adapters.web.site import Site, on_site

pytestmark = pytest.mark.slow


def test_tls_is_spoken_and_who_does_not_speak_it_disturbs_nobody(tmp_path):
    authority = trustme.CA()
    own = authority.issue_cert("127.0.0.1")
    own.private_key_pem.write_to_path(tmp_path / "key.pem")
    for number, part in enumerate(own.cert_chain_pems):
        part.write_to_path(tmp_path / "cert.pem", append=number > 0)
    context = ssl.create_default_context()
    authority.configure_trust(context)

    async def test(site: Site) -> None:
        settings = WebSettings(port=0, store="tls.db", tls_certificate="cert.pem", tls_key="key.pem")
        server = WebServer(settings, site.console, tmp_path)
        await server.listen()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.run)
            port = int(server.url.rpartition(":")[2])
            for text in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 2000, b""):
                async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                    await stream.send_all(text)
                    await stream.send_eof()
            async with httpx2.AsyncClient(verify=context, base_url=server.url) as browser:
                answer = await browser.get("/health")
                assert answer.text == "ok"
                assert "max-age" in answer.headers["strict-transport-security"]
            nursery.cancel_scope.cancel()

    on_site(tmp_path, test)


def test_the_server_ends_at_once_though_somebody_reads_nothing(tmp_path):
    async def test(site: Site) -> None:
        server = WebServer(WebSettings(port=0, store="other.db"), site.console, tmp_path)
        await server.listen()
        raw = trio.socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        with trio.fail_after(20.0):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(server.run)
                await raw.connect(("127.0.0.1", int(server.url.rpartition(":")[2])))
                with trio.move_on_after(1.0):
                    await trio.SocketStream(raw).send_all(b"GET /static/js/desk.js HTTP/1.1\r\nHost: x\r\n\r\n" * 5000)
                nursery.cancel_scope.cancel()
        raw.close()

    on_site(tmp_path, test)


def test_no_more_are_let_in_than_the_process_has_descriptors_for(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    assert descriptors_for(2000) == 1024 - 256
    assert descriptors_for(500) == 500
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 100))
    assert descriptors_for(2000) == 64

"""The server in the daemon's own nursery: started with it, restarted when it breaks, never the other way round."""

import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path

import apsw
import structlog
import trio
from anycorn import Config as ServerConfig
from anycorn.tcp_server import tcp_server_handler
from anycorn.typing import ConnectionState
from anycorn.utils import wrap_app
from anycorn.worker_context import WorkerContext
from anyio.abc import SocketListener
from litestar.types import ASGIApp

from adapters.web.accepting import Door, descriptors_for
from adapters.web.app import WebParts, board_json, make_app
from adapters.web.audit import Audit
from adapters.web.database import open_database, take_in
from adapters.web.desks import Desks
from adapters.web.front import Front
from adapters.web.knowledge import Knowledge
from adapters.web.metrics import Metrics
from adapters.web.pulse import Pulse
from adapters.web.routes.sign_in import FirstRun
from adapters.web.settings import WebSettings
from adapters.web.throttle import Throttle
from adapters.web.users import Users
from adapters.web.webhooks import Courier, Outbox
from dialer.board import Console
from dialer.stations import Stations

__all__ = ["WebServer", "serve_web"]

log = structlog.get_logger()

_RESTART_S = 1.0
_TAKE_IN_S = 20.0
_LONGEST_RESTART_S = 30.0


class WebServer:
    """A server that listens; `url` is what to type, `first_run_url` only while nobody can sign in."""

    def __init__(
        self,
        settings: WebSettings,
        console: Console,
        folder: Path,
        speed: float = 1.0,
        stations: Stations | None = None,
    ) -> None:
        """`speed` says how much faster trio's clock runs than people do: the web keeps people's pace.

        `stations` are where talks of agents at pages are heard.
        """
        database = open_database(folder / settings.store)
        users = Users(database, time.time, settings.session_hours * 3600.0)
        key = secrets.token_urlsafe(32) if users.is_empty else ""
        metrics = Metrics(console, speed)
        outbox = Outbox(database, time.time, is_any_allowed=settings.any_webhook_target)
        courier = Courier(outbox, time.time, speed, metrics.delivered)
        door = Door(descriptors_for(settings.max_connections), speed, metrics.dropped)
        metrics.count_connections(lambda: door.count)
        console.books.listen(courier.note)
        self.parts = WebParts(
            settings=settings,
            console=console,
            users=users,
            audit=Audit(database, time.time),
            throttle=Throttle(time.time),
            first_run=FirstRun(key),
            pulse=Pulse(lambda: board_json(console), 1.0 * speed),
            knowledge=Knowledge(folder / settings.knowledge if settings.knowledge else None),
            desks=Desks(console, console.now_at, speed, stations),
            connection=database,
            metrics=metrics,
            outbox=outbox,
            courier=courier,
            door=door,
        )
        self.app = make_app(self.parts)
        self._folder = folder
        self._speed = speed
        self._first_key = key
        self._socket: socket.socket | None = None
        self.url = settings.url(settings.port)

    @property
    def first_run_url(self) -> str:
        """Where the first administrator is made; empty when there is somebody already."""
        return f"{self.url}/first-run#{self._first_key}" if self._first_key else ""

    async def listen(self) -> None:
        """Take the port, waiting while somebody else has it: pages are never a reason not to dial."""
        wait_s = _RESTART_S
        while self._socket is None:
            try:
                self._socket = _listen(self.parts.settings)
            except OSError as error:
                settings = self.parts.settings
                log.warning(
                    "web_port_taken",
                    host=settings.host,
                    port=settings.port,
                    fault=error.strerror,
                    remedy="choose another `port` under [web]; trying again meanwhile",
                )
                await trio.sleep(wait_s * self._speed)
                wait_s = min(2 * wait_s, _LONGEST_RESTART_S)
        self.url = self.parts.settings.url(self._socket.getsockname()[1])

    async def run(self) -> None:
        """Serve until cancelled, once `listen` is through; a server that breaks is started again."""
        assert self._socket is not None, "listen comes first"
        with self._socket:
            await self._serve(Front(self.app, self.parts.metrics, is_https=self.parts.settings.is_secure))

    async def _serve(self, app: ASGIApp) -> None:
        wait_s = _RESTART_S
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.parts.pulse.run)
            nursery.start_soon(self.parts.desks.keep_empty_chairs_free)
            nursery.start_soon(self.parts.metrics.run)
            nursery.start_soon(self._deliver)
            nursery.start_soon(self._keep_log_short)
            while True:
                try:
                    await self._accept(app)
                except Exception as error:
                    log.error("web_server_failed", exc_info=error, restart_in_s=wait_s)
                await trio.sleep(wait_s * self._speed)
                wait_s = min(2 * wait_s, _LONGEST_RESTART_S)

    async def _accept(self, app: ASGIApp) -> None:
        """Let people in until cancelled."""
        assert self._socket is not None, "listen comes first"
        config = self._config()
        handler = tcp_server_handler(
            wrap_app(app, config.wsgi_max_body_size, "asgi"),  # type: ignore[arg-type]
            config,
            WorkerContext(None),
            ConnectionState({}),
        )
        # The listener closes its socket when it ends; ours stays for the next one.
        async with await SocketListener.from_socket(self._socket.dup()) as listener:
            await self.parts.door.serve(listener, handler, config.create_ssl_context(), config.ssl_handshake_timeout)

    async def _deliver(self) -> None:
        """Tell webhooks; what breaks there is begun again, and holds up nothing."""
        while True:
            try:
                await self.parts.courier.run()
            except Exception as error:
                log.error("webhooks_failed", exc_info=error)
            await trio.sleep(_RESTART_S * self._speed)

    async def _keep_log_short(self) -> None:
        """Have a thread wait for the disk, now and then."""
        while True:
            await trio.sleep(_TAKE_IN_S * self._speed)
            try:
                await trio.to_thread.run_sync(take_in, self._folder / self.parts.settings.store)
            except apsw.Error as error:
                log.warning("web_log_not_taken_in", fault=str(error))

    def _config(self) -> ServerConfig:
        config = ServerConfig()
        if self.parts.settings.has_tls:
            config.certfile = str(self._folder / self.parts.settings.tls_certificate)
            config.keyfile = str(self._folder / self.parts.settings.tls_key)
        config.errorlog = None
        config.accesslog = None
        config.include_server_header = False
        config.keep_alive_timeout = 75.0 * self._speed
        config.keep_alive_max_requests = 1_000_000
        config.startup_timeout = 60.0 * self._speed
        config.ssl_handshake_timeout = 20.0 * self._speed
        config.shutdown_timeout = 5.0 * self._speed
        config.graceful_timeout = 3.0 * self._speed
        config.websocket_max_message_size = 1_000_000
        return config


async def serve_web(
    settings: WebSettings,
    console: Console,
    folder: Path,
    speed: float,
    announce: Callable[[WebServer], None],
    stations: Stations | None = None,
) -> None:
    """Listen, say where, and serve until cancelled."""
    server = WebServer(settings, console, folder, speed, stations)
    await server.listen()
    announce(server)
    await server.run()


def _listen(settings: WebSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError:
        listener.close()
        raise
    listener.listen(1024)
    listener.setblocking(False)
    return listener

"""The pages and the API of a running engine."""

import gc

import structlog

from adapters.web.serving import WebServer, serve_web
from adapters.web.settings import WebSettings
from dialer.commands.terminal import console
from dialer.config import Config, structure
from dialer.console import EngineConsole
from dialer.stations import Stations
from dialer.supervisor import Engine

__all__ = ["serve_pages"]

log = structlog.get_logger()


async def serve_pages(config: Config, engine: Engine, speed: float, stations: Stations | None = None) -> None:
    """Serve until cancelled; `speed` is how much faster than people the engine's clock runs.

    `stations` are where talks of agents at pages are heard.
    """
    settings = structure(config.web, WebSettings, "web")
    try:
        await serve_web(settings, EngineConsole(engine), config.folder, speed, _announce, stations)
    except Exception as error:
        # Pages are never a reason to stop dialing: whoever is on the line stays there.
        log.error("web_server_failed", exc_info=error, remedy="the engine dials on without pages; see the fault")


def _announce(server: WebServer) -> None:
    gc.freeze()  # the routes and their models stay as long as the daemon: searching them for garbage holds up calls
    console.print(f"pages: {server.url}", highlight=False)
    if server.first_run_url:
        console.print(f"make the first administrator: {server.first_run_url}", highlight=False, soft_wrap=True)

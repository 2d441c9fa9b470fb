"""The web application: every route, behind the one middleware."""

import time
from importlib.metadata import version
from pathlib import Path

import apsw
import msgspec
from attrs import frozen
from litestar import Litestar, MediaType, Response, Router, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.static_files import create_static_files_router

from adapters.web.accepting import Door
from adapters.web.audit import Audit
from adapters.web.description import DescribedJson
from adapters.web.desks import Desks
from adapters.web.idempotency import Idempotency
from adapters.web.knowledge import Knowledge
from adapters.web.metrics import Metrics
from adapters.web.problems import HANDLERS
from adapters.web.pulse import Pulse
from adapters.web.routes.admin import admin_routes
from adapters.web.routes.campaigns import campaign_routes
from adapters.web.routes.desk import desk_routes
from adapters.web.routes.explorer import explorer_routes
from adapters.web.routes.floor import floor_routes
from adapters.web.routes.knowledge import knowledge_routes
from adapters.web.routes.oversight import oversight_routes
from adapters.web.routes.sign_in import FirstRun, sign_in_routes
from adapters.web.routes.watching import watching_routes
from adapters.web.routes.webhooks import webhook_routes
from adapters.web.security import Security
from adapters.web.settings import WebSettings
from adapters.web.throttle import Throttle
from adapters.web.users import Users
from adapters.web.webhooks import Courier, Outbox
from dialer.board import Console

__all__ = ["STATIC", "WebParts", "board_json", "make_app"]

STATIC = Path(__file__).parent / "static"
_PAGES = ("index", "sign-in", "first-run", "wallboard", "desk", "supervisor", "admin", "explorer")


@frozen
class WebParts:
    """What the application is made of."""

    settings: WebSettings
    console: Console
    users: Users
    audit: Audit
    throttle: Throttle
    first_run: FirstRun
    pulse: Pulse
    desks: Desks
    knowledge: Knowledge
    connection: apsw.Connection
    metrics: Metrics
    outbox: Outbox
    courier: Courier
    door: Door


def make_app(parts: WebParts) -> Litestar:
    """The application."""
    is_https = parts.settings.is_secure
    api = Router(
        "/api/v1",
        route_handlers=[
            sign_in_routes(
                parts.users, parts.throttle, parts.first_run, is_https=is_https, time_zone=parts.console.time_zone
            ),
            admin_routes(parts.users, parts.audit),
            floor_routes(parts.console, parts.pulse, parts.desks),
            knowledge_routes(parts.console, parts.knowledge),
            explorer_routes(parts.console),
            campaign_routes(parts.console),
            webhook_routes(parts.outbox, parts.courier),
            desk_routes(parts.console, parts.desks),
            oversight_routes(parts.desks.stations),
        ],
    )
    return Litestar(
        route_handlers=[api, *_watching(parts), *_pages(), create_static_files_router("/static", [STATIC])],
        middleware=[
            Security(parts.users, parts.audit, lambda scope: parts.door.know(scope["client"])),
            Idempotency(parts.connection, time.time, parts.settings.max_body_bytes),
        ],
        exception_handlers=HANDLERS,
        openapi_config=_openapi(),
        request_max_body_size=parts.settings.max_body_bytes,
        logging_config=None,
    )


def board_json(console: Console) -> bytes:
    """The figures as one line of JSON."""
    return msgspec.json.encode(console.board())


def _watching(parts: WebParts) -> list[HTTPRouteHandler]:
    settings = parts.settings
    # Behind a proxy everybody comes from this machine.
    return watching_routes(
        parts.console, parts.metrics, is_open_on_loopback=settings.open_metrics and not settings.public_url
    )


def _pages() -> list[HTTPRouteHandler]:
    """The pages: shells without figures, so anybody may load them; what they show comes from the API."""

    def page(name: str) -> HTTPRouteHandler:
        path = "/" if name == "index" else f"/{name}"

        @get(path, name=f"page_{name}", media_type=MediaType.HTML, include_in_schema=False, sync_to_thread=False)
        def serve() -> Response[bytes]:
            body = (STATIC / f"{name}.html").read_bytes()
            return Response(body, media_type=MediaType.HTML, headers={"cache-control": "no-cache"})

        return serve

    return [page(name) for name in _PAGES]


def _openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Paceline",
        version=version("paceline"),
        description="Predictive dialer and collections engine.",
        path="/api/v1/schema",
        render_plugins=[DescribedJson(path="/openapi.json")],
        use_handler_docstrings=True,
        security=[{"session": []}, {"token": []}],
        components=Components(
            security_schemes={
                "session": SecurityScheme(type="apiKey", security_scheme_in="cookie", name="paceline_session"),
                "token": SecurityScheme(type="http", scheme="bearer"),
            }
        ),
    )

"""What machines ask about the daemon: does it answer, can it dial, its figures for Prometheus."""

from typing import Any

from attrs import frozen
from litestar import MediaType, Request, Response, get
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import HTTPRouteHandler

from adapters.web.metrics import CONTENT_TYPE, Metrics
from adapters.web.security import client_address, is_loopback
from dialer.board import Console

__all__ = ["watching_routes"]


@frozen
class Readiness:
    """Whether calls can be placed, and if not, why."""

    is_ready: bool
    reasons: list[str]
    campaigns: dict[str, str]


def watching_routes(console: Console, metrics: Metrics, *, is_open_on_loopback: bool) -> list[HTTPRouteHandler]:
    """The routes; they stand outside the API's version, where monitors look for them."""

    @get("/health", media_type=MediaType.TEXT, summary="Does it answer", security=[], tags=["watching"])
    async def health() -> str:
        """Whether the daemon answers at all."""
        return "ok"

    @get("/ready", summary="Can it dial", security=[], tags=["watching"])
    async def ready() -> Response[Readiness]:
        """Whether the engine runs, its journal takes records, and it is not draining; else 503 with the reasons."""
        health = console.books.health()
        reasons = [] if health.is_running else ["the engine is not running"]
        if health.is_draining:
            reasons.append("the engine is draining")
        if health.journal_fault:
            reasons.append("the journal takes no records")
        body = Readiness(not reasons, reasons, health.campaigns)
        return Response(body, status_code=503 if reasons else 200, headers={"cache-control": "no-store"})

    @get("/metrics", media_type=MediaType.TEXT, summary="Figures for Prometheus", tags=["watching"])
    async def figures(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Every metric; with the right `metrics:read`, or from this machine where `open_metrics` allows it."""
        identity = request.scope["user"]
        is_local = is_open_on_loopback and is_loopback(client_address(request.scope))
        if not is_local and (identity is None or "metrics:read" not in identity.scopes):
            msg = "this needs a token with the right `metrics:read`"
            raise PermissionDeniedException(msg)
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return [health, ready, figures]

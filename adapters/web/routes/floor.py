"""The floor's figures, once or as a stream, and the steering of campaigns and agents."""

from collections.abc import AsyncIterator
from typing import Any

import attrs
from attrs import field, frozen
from litestar import Request, Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from litestar.response import ServerSentEvent, ServerSentEventMessage

from adapters.web.desks import Desks, Hand
from adapters.web.pulse import Pulse
from adapters.web.security import identity_of, needs, note_detail
from dialer.board import AgentRow, Board, Console

__all__ = ["floor_routes"]


@frozen
class Why:
    """Every change of the floor carries its reason."""

    reason: str = field(default="", validator=attrs.validators.max_len(500))


@frozen
class NewTarget:
    """Another share of abandoned calls to aim at, 0 to 1."""

    target: float
    reason: str = field(default="", validator=attrs.validators.max_len(500))


@frozen
class Move:
    """Other campaigns for an agent."""

    campaigns: list[str]
    reason: str = field(default="", validator=attrs.validators.max_len(500))


def floor_routes(console: Console, pulse: Pulse, desks: Desks) -> Router:
    """The routes."""

    @get("/board", guards=[needs("board:read")], summary="The floor's figures")
    async def board() -> Board:
        """Every figure of the floor at this instant."""
        return console.board()

    @get("/board/stream", guards=[needs("board:read")], summary="The floor's figures, as they change")
    async def stream() -> ServerSentEvent:
        """The same as server-sent events, one a second."""

        async def events() -> AsyncIterator[ServerSentEventMessage]:
            async for beat in pulse.beats():
                yield ServerSentEventMessage(data=beat.decode(), event="board")

        return ServerSentEvent(events())

    @get("/agents", guards=[needs("floor:read")], summary="Who is logged in")
    async def agents() -> list[AgentRow]:
        """Every agent who is logged in, by name."""
        return list(console.agent_rows())

    @post("/campaigns/{campaign_id:str}/pause", guards=[needs("campaigns:write")], status_code=204)
    async def pause(campaign_id: FromPath[str], data: JSONBody[Why], request: Request[Any, Any, Any]) -> None:
        """Start no more calls in a campaign; those under way go on."""
        note_detail(request, reason=data.reason)
        console.pause(campaign_id, identity_of(request).user.name, data.reason or "paused")

    @post("/campaigns/{campaign_id:str}/resume", guards=[needs("campaigns:write")], status_code=204)
    async def resume(campaign_id: FromPath[str], data: JSONBody[Why], request: Request[Any, Any, Any]) -> None:
        """Start calls again."""
        note_detail(request, reason=data.reason)
        console.resume(campaign_id, identity_of(request).user.name, data.reason or "resumed")

    @post("/campaigns/{campaign_id:str}/drain", guards=[needs("campaigns:write")], status_code=204)
    async def drain(campaign_id: FromPath[str], data: JSONBody[Why], request: Request[Any, Any, Any]) -> None:
        """Finish calls, start none, for the rest of the day."""
        note_detail(request, reason=data.reason)
        console.drain(campaign_id, identity_of(request).user.name, data.reason or "drained")

    @post("/campaigns/{campaign_id:str}/target", guards=[needs("campaigns:write")], status_code=204)
    async def target(campaign_id: FromPath[str], data: JSONBody[NewTarget], request: Request[Any, Any, Any]) -> None:
        """Aim at another share of abandoned calls, at most the configuration's."""
        note_detail(request, target=data.target, reason=data.reason)
        console.set_target(campaign_id, data.target, identity_of(request).user.name, data.reason)

    steering = [pause, resume, drain, target, *_agent_steering(console), *_people(console, desks)]
    return Router("/", route_handlers=[board, stream, agents, *steering], tags=["floor"])


def _agent_steering(console: Console) -> list[HTTPRouteHandler]:
    """What a supervisor does to one agent."""

    @post("/agents/{agent_id:str}/pause", guards=[needs("floor:write")], status_code=204)
    async def pause(agent_id: FromPath[str], data: JSONBody[Why], request: Request[Any, Any, Any]) -> None:
        """Send an agent on a break, now or after the call at hand."""
        note_detail(request, reason=data.reason)
        console.start_break(agent_id, data.reason or "by a supervisor")

    @post("/agents/{agent_id:str}/ready", guards=[needs("floor:write")], status_code=204)
    async def ready(agent_id: FromPath[str], data: JSONBody[Why], request: Request[Any, Any, Any]) -> None:
        """End an agent's break."""
        note_detail(request, reason=data.reason)
        console.end_break(agent_id)

    @post("/agents/{agent_id:str}/log-out", guards=[needs("floor:write")], status_code=204)
    async def log_out(agent_id: FromPath[str], data: JSONBody[Why], request: Request[Any, Any, Any]) -> None:
        """Log an agent out, now or after the call at hand."""
        note_detail(request, reason=data.reason)
        console.log_out(agent_id)

    return [pause, ready, log_out]


def _people(console: Console, desks: Desks) -> list[HTTPRouteHandler]:
    """Who works where, and who asks for help."""

    @post("/agents/{agent_id:str}/move", guards=[needs("floor:write")], status_code=204)
    async def move(agent_id: FromPath[str], data: JSONBody[Move], request: Request[Any, Any, Any]) -> None:
        """Have an agent work other campaigns, now or after the call at hand."""
        note_detail(request, campaigns=data.campaigns, reason=data.reason)
        console.desk_work.move(agent_id, data.campaigns, identity_of(request).user.name, data.reason)
        desks.wake(agent_id)

    @get("/hands", guards=[needs("floor:read")], summary="Who asks for help")
    async def hands() -> list[Hand]:
        """Agents who have raised a hand, the longest first."""
        return desks.hands()

    @post("/agents/{agent_id:str}/come", guards=[needs("floor:write")], status_code=204)
    async def come(agent_id: FromPath[str], request: Request[Any, Any, Any]) -> None:
        """Tell an agent who asks for help that somebody comes."""
        desks.come(agent_id, identity_of(request).user.name)

    return [move, hands, come]

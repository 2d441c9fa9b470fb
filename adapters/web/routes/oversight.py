"""Supervisors who listen, whisper or join: on a phone of their own, each time with a reason that is kept."""

from typing import Any

import attrs
from attrs import field, frozen
from litestar import Request, Router, get, post
from litestar.params import FromPath, JSONBody

from adapters.web.security import identity_of, needs, note_detail
from dialer.board import ConsoleError
from dialer.ports import PeerError
from dialer.stations import OVERSIGHT, Stations

__all__ = ["oversight_routes"]

_ANY = Request[Any, Any, Any]


@frozen
class Oversight:
    """Which talk the supervisor takes part in, and how; empty when in none."""

    is_possible: bool
    agent_id: str = ""
    how: str = ""


@frozen
class Oversee:
    """How, on which phone, and why: nobody is listened to without a reason."""

    how: str
    phone: str = field(validator=attrs.validators.max_len(32))
    reason: str = field(validator=[attrs.validators.min_len(1), attrs.validators.max_len(500)])


def oversight_routes(stations: Stations | None) -> Router:
    """The routes."""
    guards = [needs("floor:write")]

    @get("/oversight", guards=guards, summary="Which talk I take part in")
    async def mine(request: _ANY) -> Oversight:
        """Whether talks can be heard here, and which one the supervisor hears."""
        if stations is None or not stations.can_oversee:
            return Oversight(is_possible=False)
        return Oversight(True, *(stations.overseen_by(identity_of(request).user.name) or ()))

    @post("/agents/{agent_id:str}/oversee", guards=guards, status_code=204)
    async def oversee(agent_id: FromPath[str], data: JSONBody[Oversee], request: _ANY) -> None:
        """Call the supervisor's phone; answered when it takes part in the agent's talk."""
        note_detail(request, how=data.how, phone=data.phone, reason=data.reason)
        if stations is None or not stations.can_oversee:
            msg = "talks cannot be heard here"
            raise ConsoleError(msg)
        if data.how not in OVERSIGHT:
            msg = f"`how` is one of {', '.join(OVERSIGHT)}"
            raise ConsoleError(msg)
        try:
            await stations.oversee(identity_of(request).user.name, agent_id, data.phone, data.how)
        except PeerError as error:
            raise ConsoleError(str(error)) from error

    @post("/oversight/end", guards=guards, status_code=204)
    async def end(request: _ANY) -> None:
        """Take part no longer."""
        if stations is not None:
            stations.end_oversight(identity_of(request).user.name)

    return Router("/", route_handlers=[mine, oversee, end], tags=["floor"])

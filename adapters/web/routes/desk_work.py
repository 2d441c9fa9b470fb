"""What an agent does beyond the calls that come: look up, call by hand, see what waits, ask for help."""

from typing import Any

import attrs
from attrs import field, frozen
from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from adapters.web.desks import Desks, DeskState
from adapters.web.security import identity_of, needs, note_detail
from dialer.board import Console
from dialer.desk_work import AccountNow, MyWork

__all__ = ["work_handlers"]

_ANY = Request[Any, Any, Any]
_MOST_HITS = 20


@frozen
class Hit:
    """An account that begins with what was looked for."""

    campaign_id: str
    account_id: str


@frozen
class CallByHand:
    """Whom the agent wants to call."""

    campaign_id: str
    account_id: str
    number_id: str


@frozen
class Help:
    """What the agent needs."""

    text: str = field(default="", validator=attrs.validators.max_len(200))


@frozen
class Turn:
    """Hold, mute or record the talk, or end that."""

    attempt_id: str
    ability: str
    is_on: bool


@frozen
class Transfer:
    """Whom the person is handed on to, by the operator's name."""

    attempt_id: str
    target: str


def work_handlers(console: Console, desks: Desks) -> list[HTTPRouteHandler]:
    """The routes, below the desk's."""
    guards = [needs("desk")]

    @get("/accounts", guards=guards, summary="Look up an account")
    async def find(request: _ANY, text: FromQuery[str]) -> list[Hit]:
        """Accounts that begin with a text, in the campaigns that the agent works."""
        found = console.desk_work.find(identity_of(request).user.name, text.strip(), _MOST_HITS)
        return [Hit(*one) for one in found]

    @get("/accounts/{campaign_id:str}/{account_id:str}", guards=guards, summary="May it be called now")
    async def look_up(request: _ANY, campaign_id: FromPath[str], account_id: FromPath[str]) -> AccountNow:
        """An account with the verdict on each of its numbers at this instant."""
        note_detail(request, campaign_id=campaign_id, account_id=account_id)
        return console.desk_work.look_up(identity_of(request).user.name, campaign_id, account_id)

    @post("/call", guards=guards, status_code=200)
    async def call(data: JSONBody[CallByHand], request: _ANY) -> DeskState:
        """Call a number by hand: through the same verdicts as every call, from idle or from a break."""
        note_detail(request, campaign_id=data.campaign_id, account_id=data.account_id, number_id=data.number_id)
        user = identity_of(request).user
        desks.call(user.name, data.campaign_id, data.account_id, data.number_id)
        return desks.state(user)

    @get("/work", guards=guards, summary="What waits for the agent")
    async def work(request: _ANY) -> MyWork:
        """Callbacks that people asked this agent for, and promises made to them."""
        return console.desk_work.work_of(identity_of(request).user.name)

    @post("/hand", guards=guards, status_code=204)
    async def raise_hand(data: JSONBody[Help], request: _ANY) -> None:
        """Ask a supervisor for help."""
        note_detail(request, text=data.text)
        desks.raise_hand(identity_of(request).user.name, data.text)

    @post("/hand-down", guards=guards, status_code=204)
    async def lower_hand(request: _ANY) -> None:
        """Need no help any more."""
        desks.lower_hand(identity_of(request).user.name)

    @post("/turn", guards=guards, status_code=204)
    async def turn(data: JSONBody[Turn], request: _ANY) -> None:
        """Hold, mute or record the talk, or end that: what the trunk can, as the call says."""
        note_detail(request, attempt_id=data.attempt_id, ability=data.ability, is_on=data.is_on)
        desk = desks.desk(identity_of(request).user.name)
        await desk.turn(data.attempt_id, data.ability, is_on=data.is_on)

    @post("/transfer", guards=guards, status_code=204)
    async def transfer(data: JSONBody[Transfer], request: _ANY) -> None:
        """Hand the person on; answered when somebody has taken over."""
        note_detail(request, attempt_id=data.attempt_id, target=data.target)
        await desks.desk(identity_of(request).user.name).transfer(data.attempt_id, data.target)

    return [turn, transfer, find, look_up, call, work, raise_hand, lower_hand]

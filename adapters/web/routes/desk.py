"""An agent's desk: what it shows, pushed over a WebSocket, and what the agent does, one request each."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import attrs
import msgspec
import trio
from attrs import field, frozen
from litestar import Request, Router, WebSocket, get, post, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromQuery, JSONBody

from adapters.web.desks import Desks, DeskState, DeskTally
from adapters.web.routes.desk_work import work_handlers
from adapters.web.security import identity_of, needs, note_detail
from dialer.board import Console, ConsoleError
from dialer.case_words import LawfulTime
from dialer.disposition import Disposition
from dialer.ports import AgentReport
from dialer.records import PromiseToPay

__all__ = ["desk_routes"]

_ANY = Request[Any, Any, Any]


@frozen
class LogIn:
    """Which campaigns the agent works."""

    campaigns: list[str]
    phone: str = field(default="", validator=attrs.validators.max_len(32))
    """Which phone stands at the desk, where talks are on phones."""


@frozen
class Pause:
    """Why the agent pauses."""

    reason: str = field(validator=[attrs.validators.min_len(1), attrs.validators.max_len(100)])


@frozen
class OnCall:
    """Which call is meant: a late click never hits the next one."""

    attempt_id: str


@frozen
class PreviewAnswer:
    """Take or skip the account shown."""

    attempt_id: str
    is_wanted: bool


@frozen
class Promise:
    """Amount and day given by the person."""

    amount_minor: int
    due_date: date
    currency: str = "KRW"


@frozen
class Report:
    """What became of a call. `facts` are statements of the person, by the names of the fact table."""

    attempt_id: str
    disposition: str
    amount_minor: int = 0
    currency: str = "KRW"
    promise: Promise | None = None
    callback_at: datetime | None = None
    facts: dict[str, Any] = field(factory=dict)


@frozen
class NewNote:
    """What the person said, in the agent's words."""

    attempt_id: str
    category: str
    text: str = field(validator=attrs.validators.max_len(2000), repr=False)


def desk_routes(console: Console, desks: Desks) -> Router:
    """The routes."""
    guards = [needs("desk")]

    @get("/", guards=guards, summary="What the desk shows")
    async def state(request: _ANY) -> DeskState:
        """The agent's state, the call at hand, today's own results."""
        return desks.state(identity_of(request).user)

    @post("/log-in", guards=guards, status_code=200)
    async def log_in(data: JSONBody[LogIn], request: _ANY) -> DeskState:
        """Sit down and be ready for calls of some campaigns."""
        note_detail(request, campaigns=data.campaigns)
        user = identity_of(request).user
        desks.log_in(user, tuple(data.campaigns), data.phone)
        return desks.state(user)

    @post("/log-out", guards=guards, status_code=200)
    async def log_out(request: _ANY) -> DeskState:
        """Leave, now or after the call at hand."""
        user = identity_of(request).user
        desks.log_out(user.name)
        return desks.state(user)

    @post("/pause", guards=guards, status_code=200)
    async def pause(data: JSONBody[Pause], request: _ANY) -> DeskState:
        """Pause, now or after the call at hand."""
        note_detail(request, reason=data.reason)
        user = identity_of(request).user
        console.start_break(user.name, data.reason)
        desks.wake(user.name)
        return desks.state(user)

    @post("/ready", guards=guards, status_code=200)
    async def ready(request: _ANY) -> DeskState:
        """Be ready for calls again."""
        user = identity_of(request).user
        console.end_break(user.name)
        desks.wake(user.name)
        return desks.state(user)

    @websocket("/socket", guards=guards)
    async def socket(socket: WebSocket[Any, Any, Any]) -> None:
        """The desk's state, whenever it changes."""
        await _push(socket, desks)

    handlers = [
        state,
        log_in,
        log_out,
        pause,
        ready,
        socket,
        *_call_handlers(console, desks),
        *work_handlers(console, desks),
    ]
    return Router("/desk", route_handlers=handlers, tags=["desk"])


def _call_handlers(console: Console, desks: Desks) -> list[Any]:
    """What an agent does with the call at hand."""
    guards = [needs("desk")]

    @post("/preview", guards=guards, status_code=204)
    async def preview(data: JSONBody[PreviewAnswer], request: _ANY) -> None:
        """Take or skip the account shown before dialing."""
        note_detail(request, attempt_id=data.attempt_id, is_wanted=data.is_wanted)
        desks.desk(identity_of(request).user.name).answer_preview(data.attempt_id, is_wanted=data.is_wanted)

    @post("/hang-up", guards=guards, status_code=204)
    async def hang_up(data: JSONBody[OnCall], request: _ANY) -> None:
        """End the talk."""
        note_detail(request, attempt_id=data.attempt_id)
        desks.desk(identity_of(request).user.name).hang_up(data.attempt_id)

    @post("/report", guards=guards, status_code=204)
    async def report(data: JSONBody[Report], request: _ANY) -> None:
        """Say what became of the call; during the talk this also hangs up."""
        name = identity_of(request).user.name
        note_detail(request, attempt_id=data.attempt_id, disposition=data.disposition, facts=sorted(data.facts))
        desk = desks.desk(name)
        card = desk.card_of(data.attempt_id)
        said = _report(data)
        console.check_report(card, said)
        desk.say(data.attempt_id, said)
        _count(desks.tally(name), said)

    @post("/note", guards=guards, status_code=204)
    async def note(data: JSONBody[NewNote], request: _ANY) -> None:
        """Write down what the person said: the customer's voice."""
        name = identity_of(request).user.name
        note_detail(request, attempt_id=data.attempt_id, category=data.category)
        console.take_note(desks.desk(name).card_of(data.attempt_id), name, data.category, data.text)
        desks.wake(name)

    @get("/callback-times", guards=guards, summary="When the person may be called back")
    async def callback_times(request: _ANY, attempt_id: FromQuery[str], days: FromQuery[int] = 3) -> list[LawfulTime]:
        """Lawful spans for the call at hand: the desk offers no others."""
        card = desks.desk(identity_of(request).user.name).card_of(attempt_id)
        return console.lawful_times(card.campaign_id, card.account.account_id, card.number.number_id, min(days, 7))

    return [preview, hang_up, report, note, callback_times]


async def _push(socket: WebSocket[Any, Any, Any], desks: Desks) -> None:
    """Send the state on every change; a page that does not read is dropped, one that goes ends this."""
    user = identity_of(socket).user
    await socket.accept()
    desks.watch(user.name)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_end_with_page, socket, nursery.cancel_scope)
            while True:
                with trio.fail_after(10.0 * desks.speed):
                    await socket.send_text(msgspec.json.encode(desks.state(user)).decode())
                await desks.changed(user.name)
    except* (WebSocketDisconnect, trio.TooSlowError, trio.BrokenResourceError, ConsoleError):
        pass
    finally:
        desks.unwatch(user.name)


async def _end_with_page(socket: WebSocket[Any, Any, Any], scope: trio.CancelScope) -> None:
    # Nothing is expected; reading is how one learns that the page has gone.
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        scope.cancel()


def _report(data: Report) -> AgentReport:
    try:
        disposition = Disposition(data.disposition)
    except ValueError as error:
        msg = f"there is no disposition `{data.disposition}`"
        raise ConsoleError(msg) from error
    promise = data.promise
    return AgentReport(
        disposition=disposition,
        amount_minor=data.amount_minor,
        currency=data.currency if data.amount_minor else "",
        promise=PromiseToPay(promise.amount_minor, promise.currency, promise.due_date) if promise else None,
        callback_due_at=data.callback_at,
        facts=_facts(data.facts),
    )


def _facts(given: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has no sets: a list is the set of its values."""
    return {name: frozenset(value) if isinstance(value, list) else value for name, value in given.items()}


def _count(tally: DeskTally, said: AgentReport) -> None:
    tally.calls += 1
    tally.outcomes[said.disposition.value] = tally.outcomes.get(said.disposition.value, 0) + 1
    if said.promise is not None:
        tally.promised_minor += said.promise.amount_minor
    elif said.disposition is Disposition.SOLD:
        tally.sold_minor += said.amount_minor

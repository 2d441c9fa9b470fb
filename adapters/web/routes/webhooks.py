"""Webhooks: who is told what, and what became of each delivery."""

from typing import Any

import attrs
from attrs import field, frozen
from litestar import Request, Router, delete, get, patch, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody

from adapters.web.database import in_range
from adapters.web.security import identity_of, needs, note_detail
from adapters.web.webhooks import EVENTS, Courier, DeliveryRow, Hook, Outbox

__all__ = ["webhook_routes"]

_ANY = Request[Any, Any, Any]
_MOST_ROWS = 500


@frozen
class HookView:
    """One webhook, without its secret."""

    id: str
    url: str
    title: str
    events: list[str]
    maker: str
    created_at: float
    is_disabled: bool
    fault: str
    waiting_count: int


@frozen
class NewHook:
    """A webhook to make; `events` among those that `/webhooks/events` lists."""

    url: str = field(validator=attrs.validators.max_len(2000))
    events: list[str]
    title: str = field(default="", validator=attrs.validators.max_len(100))


@frozen
class MadeHook:
    """The webhook's id, and the secret that signs: shown this once."""

    id: str
    secret: str


@frozen
class HookChange:
    """Whether to stop telling it."""

    is_disabled: bool


@frozen
class DeliveryPage:
    """Some deliveries, newest first; `next` is the `before` of the page behind, None at the end."""

    rows: list[DeliveryRow]
    next: int | None


def webhook_routes(outbox: Outbox, courier: Courier) -> Router:
    """The routes."""
    guards = [needs("webhooks:write")]

    @get("/events", guards=guards, summary="What can be told")
    async def events() -> dict[str, str]:
        """Every kind of event, and when it happens."""
        return EVENTS

    @get("/", guards=guards, summary="All webhooks")
    async def hooks() -> list[HookView]:
        """Every webhook with what its last try met, oldest first; never their secrets."""
        return [_view(one, outbox) for one in outbox.hooks()]

    @post("/", guards=guards, status_code=201, summary="Make a webhook")
    async def make(data: JSONBody[NewHook], request: _ANY) -> MadeHook:
        """Tell a target of events from now on; the answer shows the secret this once."""
        note_detail(request, url=data.url, events=data.events)
        hook = outbox.add(data.url, data.events, data.title, identity_of(request).user.name)
        courier.look()
        return MadeHook(hook.id, hook.secret)

    @patch("/{hook_id:str}", guards=guards, status_code=204, summary="Stop or start a webhook")
    async def change(hook_id: FromPath[str], data: JSONBody[HookChange], request: _ANY) -> None:
        """Stop telling a webhook, or start again; what waits is kept meanwhile."""
        note_detail(request, is_disabled=data.is_disabled)
        _found(hook_id, is_found=outbox.switch(hook_id, is_disabled=data.is_disabled))
        courier.look()

    @delete("/{hook_id:str}", guards=guards, status_code=204, summary="Remove a webhook")
    async def remove(hook_id: FromPath[str]) -> None:
        """Forget a webhook and everything that waits for it."""
        _found(hook_id, is_found=outbox.remove(hook_id))
        courier.look()

    @get("/{hook_id:str}/deliveries", guards=guards, summary="The log of deliveries")
    async def deliveries(
        hook_id: FromPath[str],
        only: FromQuery[str | None] = None,
        before: FromQuery[int | None] = None,
        limit: FromQuery[int] = 100,
    ) -> DeliveryPage:
        """What was told, newest first, a page at a time; `only=dead` is the list of what nobody took."""
        size = max(1, min(limit, _MOST_ROWS))
        rows = outbox.log(hook_id, in_range(before), size, only)
        return DeliveryPage(rows, rows[-1].id if len(rows) == size else None)

    @post("/{hook_id:str}/deliveries/{delivery_id:int}/again", guards=guards, status_code=204, summary="Try again")
    async def again(hook_id: FromPath[str], delivery_id: FromPath[int]) -> None:
        """Try a dead delivery anew."""
        _found(hook_id, is_found=in_range(delivery_id) == delivery_id and outbox.again(hook_id, delivery_id))

    return Router(
        "/webhooks", route_handlers=[events, hooks, make, change, remove, deliveries, again], tags=["webhooks"]
    )


def _view(hook: Hook, outbox: Outbox) -> HookView:
    return HookView(
        hook.id,
        hook.url,
        hook.title,
        list(hook.events),
        hook.maker,
        hook.created_at,
        hook.is_disabled,
        hook.fault,
        outbox.waiting_count(hook.id),
    )


def _found(hook_id: str, *, is_found: bool) -> None:
    if not is_found:
        msg = f"there is no such thing at the webhook `{hook_id}`"
        raise NotFoundException(msg)

"""Campaigns and what is due in them, in pages for programs."""

from typing import Any, TypeVar

from attrs import frozen
from litestar import Request, Router, get
from litestar.params import FromPath, FromQuery

from adapters.web.problems import problem
from adapters.web.security import needs
from dialer.board import CampaignRow, Console, ConsoleError
from dialer.books import AttemptRow, CallbackRow, HeldRow, PromiseRow

__all__ = ["campaign_routes"]

_MOST_ROWS = 500


@frozen
class PromisePage:
    """Some open promises; `next` is the `after` of the page behind, None at the end."""

    rows: list[PromiseRow]
    next: str | None


@frozen
class CallbackPage:
    """Some callbacks; `next` is the `after` of the page behind, None at the end."""

    rows: list[CallbackRow]
    next: str | None


@frozen
class HeldPage:
    """Some accounts that rules hold back; `next` is the `after` of the page behind, None at the end."""

    rows: list[HeldRow]
    next: str | None


@frozen
class AttemptPage:
    """Some attempts, newest first; `next` is the `after` of the page behind, None at the end."""

    rows: list[AttemptRow]
    next: str | None


def campaign_routes(console: Console) -> Router:
    """The routes."""

    @get("/", guards=[needs("campaigns:read")], summary="All campaigns")
    async def campaigns() -> list[CampaignRow]:
        """Every campaign with its figures of today and of this moment."""
        return list(console.board().campaigns)

    @get("/{campaign_id:str}", guards=[needs("campaigns:read")], summary="One campaign")
    async def campaign(campaign_id: FromPath[str]) -> CampaignRow:
        """One campaign with its figures of today and of this moment."""
        rows = {one.campaign_id: one for one in console.board().campaigns}
        if campaign_id not in rows:
            msg = f"there is no campaign `{campaign_id}`; there are {', '.join(rows)}"
            raise ConsoleError(msg)
        return rows[campaign_id]

    return Router(
        "/campaigns",
        route_handlers=[campaigns, campaign, *_pages(console)],
        tags=["campaigns"],
        exception_handlers={ConsoleError: _not_there},
    )


def _pages(console: Console) -> list[Any]:
    guards, books = [needs("accounts:read")], console.books

    @get("/{campaign_id:str}/promises", guards=guards, summary="Open promises")
    async def promises(
        campaign_id: FromPath[str], after: FromQuery[str] = "", limit: FromQuery[int] = 100
    ) -> PromisePage:
        """Accounts with an open promise, by account id, a page at a time."""
        rows, behind = _cut(await books.promises(campaign_id, after, _size(limit) + 1), limit)
        return PromisePage(rows, behind)

    @get("/{campaign_id:str}/callbacks", guards=guards, summary="Callbacks due")
    async def callbacks(
        campaign_id: FromPath[str], after: FromQuery[str] = "", limit: FromQuery[int] = 100
    ) -> CallbackPage:
        """Calls at times that people asked for, by account id, a page at a time."""
        rows, behind = _cut(await books.callbacks(campaign_id, after, _size(limit) + 1), limit)
        return CallbackPage(rows, behind)

    @get("/{campaign_id:str}/held", guards=guards, summary="Who is held back")
    async def held(
        campaign_id: FromPath[str],
        rule_id: FromQuery[str | None] = None,
        after: FromQuery[str] = "",
        limit: FromQuery[int] = 100,
    ) -> HeldPage:
        """Accounts that a rule holds back, by which, and until when; by account id, a page at a time."""
        rows, behind = _cut(await books.held(campaign_id, after, _size(limit) + 1, rule_id), limit)
        return HeldPage(rows, behind)

    @get("/{campaign_id:str}/attempts", guards=guards, summary="Attempts of an account")
    async def attempts(
        campaign_id: FromPath[str], account_id: FromQuery[str], after: FromQuery[str] = "", limit: FromQuery[int] = 100
    ) -> AttemptPage:
        """Contacts with an account's person about it, on every channel, newest first, a page at a time."""
        every = books.attempts(campaign_id, account_id)
        begin = next((place + 1 for place, one in enumerate(every) if one.attempt_id == after), 0)
        size = _size(limit)
        rows = every[begin : begin + size]
        return AttemptPage(rows, rows[-1].attempt_id if len(every) > begin + size else None)

    return [promises, callbacks, held, attempts]


_Row = TypeVar("_Row", PromiseRow, CallbackRow, HeldRow)


def _size(limit: int) -> int:
    return max(1, min(limit, _MOST_ROWS))


def _cut(rows: list[_Row], limit: int) -> tuple[list[_Row], str | None]:
    """A page and its cursor; one row more than wanted was asked for, to know whether there is another page."""
    size = _size(limit)
    return rows[:size], rows[size - 1].account_id if len(rows) > size else None


def _not_there(_: Request[Any, Any, Any], error: ConsoleError) -> Any:
    return problem(404, "not found", str(error))

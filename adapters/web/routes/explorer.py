"""One account: may it be called now, why not, when next, and how its week looks."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Router, get
from litestar.params import FromPath, FromQuery

from adapters.web.problems import problem
from adapters.web.security import needs
from dialer.board import Console, ConsoleError
from dialer.case_words import CaseFile, Permission, Told, Week

__all__ = ["explorer_routes"]

_MOST_FOUND = 50


def explorer_routes(console: Console) -> Router:
    """The routes."""
    guards = [needs("accounts:read")]

    @get("/", guards=guards, summary="Find accounts")
    async def find(campaign_id: FromPath[str], begins: FromQuery[str] = "", limit: FromQuery[int] = 20) -> list[str]:
        """Ids of accounts of a campaign that begin with a text, in list order."""
        return console.find_accounts(campaign_id, begins, max(1, min(limit, _MOST_FOUND)))

    @get("/{account_id:str}", guards=guards, summary="One account")
    async def case(campaign_id: FromPath[str], account_id: FromPath[str]) -> CaseFile:
        """Everything a desk shows of an account."""
        return console.case(campaign_id, account_id)

    @get("/{account_id:str}/verdict", guards=guards, summary="May it be called")
    async def verdict(
        campaign_id: FromPath[str],
        account_id: FromPath[str],
        number_id: FromQuery[str | None] = None,
        at: FromQuery[datetime | None] = None,
    ) -> Permission:
        """The verdict now or at an instant: by which rules, why, and when next."""
        return console.may_call(campaign_id, account_id, number_id, _aware(at, console.time_zone))

    @get("/{account_id:str}/explanation", guards=guards, summary="Why, and when next")
    async def explanation(
        campaign_id: FromPath[str],
        account_id: FromPath[str],
        number_id: FromQuery[str | None] = None,
        at: FromQuery[datetime | None] = None,
        language: FromQuery[str] = "en",
        everything: FromQuery[bool] = False,
    ) -> Told:
        """The whole explanation, as text and as data."""
        tongue = language if language in ("ko", "en") else "en"
        return console.explain(
            campaign_id, account_id, number_id, _aware(at, console.time_zone), tongue, show_all=everything
        )

    @get("/{account_id:str}/week", guards=guards, summary="The coming week")
    async def week(
        campaign_id: FromPath[str], account_id: FromPath[str], number_id: FromQuery[str | None] = None
    ) -> Week:
        """When each rule lets the account through in the coming week, if nothing else happens."""
        return await console.week(campaign_id, account_id, number_id)

    return Router(
        "/campaigns/{campaign_id:str}/accounts",
        route_handlers=[find, case, verdict, explanation, week],
        tags=["accounts"],
        exception_handlers={ConsoleError: _not_there},
    )


def _not_there(_: Request[Any, Any, Any], error: ConsoleError) -> Any:
    return problem(404, "not found", str(error))


def _aware(at: datetime | None, zone: str) -> datetime | None:
    """A moment without an offset is meant on the centre's clock."""
    return at if at is None or at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(zone))

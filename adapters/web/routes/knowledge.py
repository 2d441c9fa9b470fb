"""Articles, scripts, and the customer's voice."""

from typing import Any

from litestar import Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from adapters.web.knowledge import Article, Hit, Knowledge
from adapters.web.security import needs
from dialer.board import Console
from dialer.case_words import Note

__all__ = ["knowledge_routes"]

_MOST = 200


def knowledge_routes(console: Console, knowledge: Knowledge) -> Router:
    """The routes."""

    @get("/knowledge", guards=[needs("rules:read")], summary="Search the articles")
    async def search(words: FromQuery[str], language: FromQuery[str] = "ko") -> list[Hit]:
        """Articles in which every word occurs, parts of words included."""
        return knowledge.search(words[:200], language)

    @get("/knowledge/{slug:str}", guards=[needs("rules:read")], summary="One article")
    async def article(slug: FromPath[str], language: FromQuery[str] = "ko") -> Article:
        """An article in a language, else in the other one."""
        return _found(knowledge.article(slug, language), slug)

    @get("/scripts/{campaign_id:str}/{phase:str}", guards=[needs("desk")], summary="What to say now")
    async def script(
        campaign_id: FromPath[str], phase: FromPath[str], purpose: FromQuery[str] = "", language: FromQuery[str] = "ko"
    ) -> Article:
        """What to say in a phase of a campaign's calls."""
        found = knowledge.script(campaign_id, purpose, phase, language)
        return _found(found, f"script.{campaign_id}.{phase}")

    @get("/notes", guards=[needs("accounts:read")], summary="The customer's voice")
    async def notes(category: FromQuery[str | None] = None, limit: FromQuery[int] = 50) -> list[Note]:
        """What agents wrote down of calls, newest first."""
        return console.notes(category, max(1, min(limit, _MOST)))

    handlers: list[Any] = [search, article, script, notes]
    return Router("/", route_handlers=handlers, tags=["knowledge"])


def _found(article: Article | None, slug: str) -> Article:
    if article is None:
        msg = f"there is no article `{slug}`"
        raise NotFoundException(msg)
    return article

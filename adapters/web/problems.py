"""Errors as `application/problem+json` (RFC 9457): what was wrong, where, and the remedy."""

from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from adapters.web.users import UserError
from adapters.web.webhooks import HookError
from dialer.board import ConsoleError

__all__ = ["HANDLERS", "problem"]

log = structlog.get_logger()


def problem(status: int, title: str, detail: str = "", **more: object) -> Response[dict[str, object]]:
    """An error answer."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return Response(body, status_code=status, media_type="application/problem+json")


_TITLES = {
    400: "the request cannot be used",
    401: "sign in first",
    403: "not allowed",
    404: "not found",
    405: "not with this method",
    409: "not in this state",
    408: "too slow",
    413: "too large",
    415: "not in this format",
    422: "used for something else",
    429: "too many tries",
}


def _http(_: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, object]]:
    more: dict[str, object] = {}
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        more["faults"] = [
            {"at": str(one.get("key", "")), "fault": str(one.get("message", ""))}
            for one in error.extra
            if isinstance(one, dict)
        ]
    answer = problem(error.status_code, _TITLES.get(error.status_code, "refused"), error.detail, **more)
    answer.headers.update(error.headers or {})
    return answer


def _refused(_: Request[Any, Any, Any], error: ConsoleError) -> Response[dict[str, object]]:
    return problem(409, _TITLES[409], str(error))


def _misuse(_: Request[Any, Any, Any], error: UserError | HookError) -> Response[dict[str, object]]:
    return problem(400, _TITLES[400], str(error))


def _bug(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, object]]:
    log.error("web_request_failed", path=request.scope["path"], exc_info=error)
    return problem(500, "our mistake", "the log of the daemon has the details; nothing else was affected")


HANDLERS: ExceptionHandlersMap = {
    HTTPException: _http,
    ConsoleError: _refused,
    UserError: _misuse,
    HookError: _misuse,
    Exception: _bug,
}

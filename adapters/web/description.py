"""The API's description for programs: what the routes say of themselves, and how every one of them may refuse."""

from typing import Any

from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin

from adapters.web.idempotency import HEADER, takes_key

__all__ = ["DescribedJson", "describe"]

_PROBLEM = {
    "title": "Problem",
    "type": "object",
    "description": "What was wrong, and the remedy (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "faults": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"at": {"type": "string"}, "fault": {"type": "string"}},
                "required": ["at", "fault"],
            },
        },
    },
}
_REFUSALS = {
    "400": "The request cannot be used; `faults` say where.",
    "401": "Nobody is signed in, or the token is not known.",
    "403": "The right is missing, or the session's token in `X-CSRF-Token`.",
    "404": "There is no such thing.",
    "409": "Not in this state.",
    "413": "The request is too large.",
    "422": "The idempotency key was used for another request.",
    "429": "Too many tries; `Retry-After` says how long to wait.",
    "500": "Our mistake; nothing else was affected.",
}
_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Sent again within a day with the same key and body, the request is not done again: "
    "the first answer is given.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}
_VERBS = {"get", "post", "put", "patch", "delete"}


class DescribedJson(JsonRenderPlugin):
    """The description as JSON, with every refusal in it."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The description."""
        return super().render(request, describe(openapi_schema))


def describe(schema: dict[str, Any]) -> dict[str, Any]:
    """The description with the refusals of every route, and with idempotency keys where they are taken."""
    components = schema.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _PROBLEM
    for path, item in schema.get("paths", {}).items():
        for verb, operation in item.items():
            if verb in _VERBS:
                _describe(path, verb, operation)
    return schema


def _describe(path: str, verb: str, operation: dict[str, Any]) -> None:
    is_public = operation.get("security") == []
    parameters = operation.setdefault("parameters", [])
    refusals = ["500"]
    if parameters or "requestBody" in operation:
        refusals.append("400")
    if not is_public or path.endswith("/session"):
        refusals.append("401")
    if not is_public or path.endswith("/first-run"):
        refusals.append("403")
    if any(one["in"] == "path" for one in parameters):
        refusals.append("404")
    if verb != "get" or "/campaigns/" in path or "/desk" in path:
        refusals.append("409")
    if verb != "get":
        refusals.append("413")
    if path.endswith("/session"):
        refusals.append("429")
    if verb == "post" and path.startswith("/api/") and takes_key(path):
        if _KEY not in parameters:
            parameters.append(_KEY)
        refusals += ["400", "422"]
    answers = operation.setdefault("responses", {})
    if path == "/ready":
        answers["503"] = answers["200"] | {"description": "It cannot; the reasons say why."}
    for status in refusals:
        answers[status] = {
            "description": _REFUSALS[status],
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }

"""The API's description, and whether the API keeps to it."""

import os
from typing import Any

import pytest
import schemathesis
import trio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import booleans

from adapters.web.roles import SCOPES, Role
from tests.adapters.web.site import Site, on_site

pytestmark = pytest.mark.slow


async def description(site: Site) -> dict[str, Any]:
    async with site.browser() as browser:
        return (await browser.get("/api/v1/schema/openapi.json")).json()


def test_every_route_says_what_it_is_for_and_how_it_may_refuse(tmp_path):
    schema = on_site(tmp_path, description)
    operations = {
        f"{verb} {path}": one
        for path, item in schema["paths"].items()
        for verb, one in item.items()
        if verb != "parameters"
    }
    assert len(operations) > 40
    assert [name for name, one in operations.items() if not one.get("summary") or not one.get("description")] == []
    problem = {"$ref": "#/components/schemas/Problem"}
    for name, one in operations.items():
        assert one["responses"]["500"]["content"]["application/problem+json"]["schema"] == problem, name
        if one.get("security") != []:
            assert {"401", "403"} <= set(one["responses"]), name
    assert all(path.startswith("/api/v1/") for path in schema["paths"] if path not in ("/health", "/ready", "/metrics"))


# What cannot be tried blindly: a stream without an end, and what takes the session of the one who tries.
LEFT_OUT = ("/board/stream", "/session/end", "/schema")
EXAMPLES = int(os.environ.get("PACELINE_FUZZ", "4"))
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


def test_the_api_answers_made_up_requests_as_it_says_it_does(tmp_path):
    async def test(site: Site) -> list[str]:
        await site.add_user("ada", Role.ADMIN, Role.SUPERVISOR, Role.POLICY, campaigns=())
        async with site.browser("ada") as browser:
            made = await browser.post("/api/v1/tokens", json={"title": "t", "scopes": sorted(SCOPES)})
        schema = await description(site)
        return await trio.to_thread.run_sync(lambda: faults_found(site.url, schema, made.json()["token"]))

    assert on_site(tmp_path, test) == []


THERE = {"campaign_id": "sales", "account_id": "acc-1", "agent_id": "agent-1", "name": "ada", "number_id": "n-1-1"}


def _point_at_what_is_there(case: Any) -> None:
    for given_ in (case.path_parameters, case.query):
        for name in given_ or ():
            if name in THERE:
                given_[name] = THERE[name]


def faults_found(url: str, schema: dict[str, Any], token: str) -> list[str]:
    """Every way in which an answer is not as described, by operation."""
    api = schemathesis.openapi.from_dict(schema)
    checks = [getattr(schemathesis.checks, name, None) or schemathesis.checks.CHECKS.get_one(name) for name in CHECKS]
    headers = {"authorization": f"Bearer {token}"}
    found = []
    for result in api.get_all_operations():
        operation = result.ok()
        if operation.path.endswith(LEFT_OUT):
            continue

        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(), is_known=booleans())
        def try_it(case: Any, is_known: bool) -> None:
            if is_known:
                _point_at_what_is_there(case)
            answer = case.call(base_url=url, headers=headers)
            case.validate_response(answer, checks=checks, headers=headers)

        try:
            try_it()
        except (Exception, BaseExceptionGroup) as error:  # each operation's first fault, so that one run shows them all
            found.append(f"{operation.label}: {error!r}")
    return found

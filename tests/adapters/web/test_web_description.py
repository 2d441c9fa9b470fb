"""The API's description, and whether the API keeps to it."""

from typing import Any

import pytest

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

"""Users, tokens, the audit record."""

import pytest

from adapters.web.roles import Role
from tests.adapters.web.site import PASSWORD, Site, on_site

pytestmark = pytest.mark.slow


def test_an_administrator_adds_changes_and_disables_users_and_is_never_locked_out(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("ada", Role.ADMIN)
        async with site.browser("ada") as browser:
            new = {"name": "mina", "password": PASSWORD, "roles": ["agent"]}
            assert (await browser.post("/api/v1/users", json=new)).status_code == 201
            assert (await browser.post("/api/v1/users", json=new)).status_code == 400
            wrong = await browser.post("/api/v1/users", json=new | {"name": "x", "roles": ["king"]})
            assert "roles are agent" in wrong.json()["detail"]
            async with site.browser("mina") as other:
                assert (await other.get("/api/v1/me")).status_code == 200
                assert (await browser.patch("/api/v1/users/mina", json={"is_disabled": True})).status_code == 200
                assert (await other.get("/api/v1/me")).status_code == 401
            assert (await browser.patch("/api/v1/users/ada", json={"roles": ["agent"]})).status_code == 400

    on_site(tmp_path, test)


def test_a_token_has_some_of_its_makers_rights_needs_no_cookie_and_ends_when_revoked(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("boss", Role.SUPERVISOR)
        async with site.browser("boss") as browser, site.browser() as other:
            more = {"title": "t", "scopes": ["users:write"]}
            assert (await browser.post("/api/v1/tokens", json=more)).status_code == 400
            made = await browser.post("/api/v1/tokens", json={"title": "board", "scopes": ["board:read"], "days": 1})
            token = made.json()["token"]
            other.headers["authorization"] = f"Bearer {token}"
            assert (await other.get("/api/v1/board")).status_code == 200
            assert (await other.post("/api/v1/campaigns/sales/pause", json={})).status_code == 403
            other.headers["authorization"] = f"Bearer {token[:-1]}x"
            assert (await other.get("/api/v1/board")).status_code == 401
            (row,) = (await browser.get("/api/v1/tokens")).json()
            assert (await browser.delete(f"/api/v1/tokens/{row['id']}")).status_code == 204
            other.headers["authorization"] = f"Bearer {token}"
            assert (await other.get("/api/v1/board")).status_code == 401

    on_site(tmp_path, test)


def test_the_audit_record_comes_in_pages_newest_first_to_auditors_alone(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("eye", Role.AUDITOR)
        await site.add_user("boss", Role.SUPERVISOR)
        async with site.browser("boss") as browser:
            for what in ("pause", "resume", "pause"):
                await browser.post(f"/api/v1/campaigns/sales/{what}", json={"reason": what})
            assert (await browser.get("/api/v1/audit")).status_code == 403
        async with site.browser("eye") as browser:
            first = (await browser.get("/api/v1/audit", params={"limit": 2, "actor": "boss"})).json()
            second = (await browser.get("/api/v1/audit", params={"before": first["next"], "actor": "boss"})).json()
        targets = [row["target"].rpartition("/")[2] for row in first["rows"] + second["rows"]]
        assert targets == ["pause", "resume", "pause", "session"]
        assert second["next"] is None

    on_site(tmp_path, test)

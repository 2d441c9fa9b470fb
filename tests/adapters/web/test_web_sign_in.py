"""Who gets in, who does not, and what is written down about it."""

import pytest

from adapters.web.app import STATIC
from adapters.web.roles import Role
from adapters.web.settings import WebSettings
from tests.adapters.web.site import PASSWORD, Site, first_run_key, on_site

pytestmark = pytest.mark.slow  # Argon2 takes its time on purpose


def test_the_first_run_link_makes_one_administrator_and_never_a_second(tmp_path):
    async def test(site: Site) -> None:
        async with site.browser() as browser:
            first = {"key": first_run_key(site), "name": "ada", "password": PASSWORD}
            assert (await browser.post("/api/v1/first-run", json=first | {"key": "guess"})).status_code == 403
            answer = await browser.post("/api/v1/first-run", json=first)
            assert answer.status_code == 200
            assert "admin" in answer.json()["roles"]
            assert (await browser.get("/api/v1/me")).json()["name"] == "ada"
            again = await browser.post(
                "/api/v1/first-run", json=first | {"name": "eve"}, headers={"x-csrf-token": answer.json()["csrf"]}
            )
            assert again.status_code == 403

    on_site(tmp_path, test)


def test_a_wrong_password_an_unknown_name_and_too_many_tries_are_refused(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("ada", Role.AGENT)
        async with site.browser() as browser:
            texts = set()
            for name in ("ada", "nobody"):
                answer = await browser.post("/api/v1/session", json={"name": name, "password": "wrong password"})
                assert answer.status_code == 401
                texts.add(answer.text)
            assert len(texts) == 1  # an unknown name cannot be told from a wrong password
            for _ in range(4):
                await browser.post("/api/v1/session", json={"name": "ada", "password": "wrong password"})
            answer = await browser.post("/api/v1/session", json={"name": "ada", "password": PASSWORD})
            assert answer.status_code == 429
            assert int(answer.headers["retry-after"]) > 600

    on_site(tmp_path, test)


def test_nobody_sees_or_changes_what_their_role_does_not_allow(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("agent", Role.AGENT)
        await site.add_user("boss", Role.SUPERVISOR)
        async with site.browser() as browser:
            answer = await browser.get("/api/v1/board")
            assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
        async with site.browser("agent") as browser:
            assert (await browser.get("/api/v1/board")).status_code == 200
            assert (await browser.get("/api/v1/agents")).status_code == 403
            assert (await browser.post("/api/v1/campaigns/sales/pause", json={})).status_code == 403
        async with site.browser("boss") as browser:
            assert (await browser.post("/api/v1/campaigns/sales/pause", json={"reason": "lunch"})).status_code == 204
            row = (await browser.get("/api/v1/board")).json()["campaigns"][0]
            assert (row["state"], row["reason"]) == ("paused", "lunch")

    on_site(tmp_path, test)


def test_a_request_from_another_site_has_the_cookie_but_not_the_token_and_changes_nothing(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("boss", Role.SUPERVISOR)
        async with site.browser("boss") as browser:
            browser.headers["x-csrf-token"] = "guess"
            assert (await browser.post("/api/v1/campaigns/sales/pause", json={})).status_code == 403
            assert (await browser.get("/api/v1/board")).json()["campaigns"][0]["state"] == "running"

    on_site(tmp_path, test)


def test_every_action_stands_in_the_audit_record_with_who_what_and_how_it_was_answered(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("boss", Role.SUPERVISOR)
        async with site.browser("boss") as browser:
            await browser.post("/api/v1/campaigns/sales/pause", json={"reason": "lunch"})
            await browser.post("/api/v1/campaigns/sales/pause", json={"reason": "again"})
        rows = site.server.parts.audit.page(None, 10)
        assert [(row.actor, row.action, row.target, row.outcome) for row in reversed(rows)] == [
            ("boss", "POST", "/api/v1/session", 200),
            ("boss", "POST", "/api/v1/campaigns/sales/pause", 204),
            ("boss", "POST", "/api/v1/campaigns/sales/pause", 409),
        ]
        assert '"lunch"' in rows[1].detail

    on_site(tmp_path, test)


def test_pages_may_load_nothing_foreign_and_cannot_be_framed(tmp_path):
    async def test(site: Site) -> None:
        async with site.browser() as browser:
            for path in ("/", "/sign-in", "/wallboard", "/static/js/api.js", "/api/v1/me"):
                policy = (await browser.get(path)).headers["content-security-policy"]
                assert "default-src 'none'" in policy
                assert "unsafe" not in policy
                assert "frame-ancestors 'none'" in policy

    on_site(tmp_path, test)


def test_signing_out_ends_the_session_for_good(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("ada", Role.AGENT)
        async with site.browser("ada") as browser:
            kept = dict(browser.cookies)
            assert (await browser.post("/api/v1/session/end")).status_code == 204
            browser.cookies.update(kept)
            assert (await browser.get("/api/v1/me")).status_code == 401

    on_site(tmp_path, test)


def test_passwords_never_travel_an_open_network_in_clear_text():
    with pytest.raises(ValueError, match="clear text"):
        WebSettings(host="0.0.0.0")
    assert WebSettings(host="0.0.0.0", public_url="https://floor.example").is_secure


def test_a_password_typed_before_the_page_is_ready_never_gets_into_an_address():
    for name in ("sign-in", "first-run"):
        page = (STATIC / f"{name}.html").read_text(encoding="utf-8")
        assert '<form method="post">' in page
        assert '<button class="primary" disabled' in page

"""No page breaks a rule of WCAG 2.2 at level AA, in either language, in light or dark, with or without a call."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from adapters.web.roles import Role
from tests.adapters.web.browser import PICTURES, needs_browser, on_page, sign_in
from tests.adapters.web.site import Site

pytestmark = [pytest.mark.slow, needs_browser]

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


def violations(page: Page) -> list[str]:
    """What axe finds, as lines that name rule and place. Pages without scripts of others need its script injected."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {node['target']} {node['failureSummary'][:200]}" for one in found for node in one["nodes"]]


def test_every_page_is_accessible_in_both_languages_and_colour_schemes(tmp_path):
    async def prepare(site: Site) -> None:
        await site.add_user("boss", Role.SUPERVISOR, Role.AGENT, Role.ADMIN)

    def test(page: Page, site: Site) -> None:
        page.goto(f"{site.url}/sign-in")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        assert violations(page) == []
        sign_in(page, site.url, "boss", "/")
        for language, scheme in (("en", "light"), ("ko", "dark")):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.evaluate("language => localStorage.setItem('language', language)", language)
            for path in ("/", "/wallboard", "/supervisor", "/admin", "/explorer", "/desk"):
                page.goto(f"{site.url}{path}")
                page.wait_for_timeout(1500)
                assert violations(page) == [], f"{path} {language} {scheme}"
                if scheme == "dark":
                    PICTURES.mkdir(parents=True, exist_ok=True)
                    page.screenshot(path=PICTURES / f"dark{path.replace('/', '-')}.png", full_page=True)
        page.locator("#log-in button").click()
        expect(page.locator("#case")).to_be_visible(timeout=60_000)
        assert violations(page) == []

    on_page(tmp_path, prepare, test, agents=3, speed=10.0)

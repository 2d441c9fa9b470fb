"""A supervisor steers the floor: every change has its reason, and is seen on the page that made it."""

import pytest
from playwright.sync_api import Page, expect

from adapters.web.roles import Role
from tests.adapters.web.browser import PICTURES, needs_browser, on_page, sign_in
from tests.adapters.web.site import Site

pytestmark = [pytest.mark.slow, needs_browser]


def test_a_supervisor_pauses_resumes_aims_lower_and_sends_an_agent_on_a_break(tmp_path):
    async def prepare(site: Site) -> None:
        await site.add_user("boss", Role.SUPERVISOR)

    def test(page: Page, site: Site) -> None:
        sign_in(page, site.url, "boss", "/supervisor")
        card = page.locator("[data-campaign=sales]")
        expect(card.locator(".badge")).to_have_text("running")
        expect(page.locator("#agents tr")).to_have_count(4)
        card.get_by_role("button", name="Pause").click()
        page.locator("#ask").get_by_label("Reason").fill("fire drill")
        page.keyboard.press("Enter")
        expect(card.locator(".badge")).to_have_text("paused")
        expect(card).to_contain_text("fire drill")
        card.get_by_role("button", name="Change the target").click()
        page.get_by_label("Share of answered").fill("5")
        page.get_by_role("button", name="Change the target").last.click()
        expect(page.locator("#ask-fault")).to_contain_text("at most 3.0%")
        page.get_by_label("Share of answered").fill("2")
        page.get_by_role("button", name="Change the target").last.click()
        expect(card).to_contain_text("target 2.0 %")
        card.get_by_role("button", name="Resume").click()
        page.keyboard.press("Enter")
        expect(card.locator(".badge")).to_have_text("running")
        page.get_by_role("button", name="Pause: agent-2").click()
        row = page.locator("#agents tr", has_text="agent-2")
        expect(row).to_contain_text("On a break", timeout=30_000)
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / "supervisor.png", full_page=True)

    on_page(tmp_path, prepare, test, agents=4, speed=20.0)

"""The wall: figures large enough for the far end of the room, in both languages, honest about their age."""

import pytest
from playwright.sync_api import Page, expect

from adapters.web.roles import Role
from tests.adapters.web.browser import PICTURES, needs_browser, on_page, sign_in
from tests.adapters.web.site import Site

pytestmark = [pytest.mark.slow, needs_browser]


def test_the_wall_shows_twelve_large_figures_and_says_when_they_are_old(tmp_path):
    async def prepare(site: Site) -> None:
        await site.add_user("boss", Role.SUPERVISOR)

    def test(page: Page, site: Site) -> None:
        page.set_viewport_size({"width": 1920, "height": 1080})
        sign_in(page, site.url, "boss", "/wallboard")
        expect(page.locator(".tile")).to_have_count(12)
        expect(page.locator(".tile:first-child .figure")).to_contain_text("4")
        page.wait_for_timeout(3000)
        for figure in page.locator(".tile .figure").all():
            box = figure.bounding_box()
            assert box is not None
            assert box["height"] >= 1080 / 25
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / "wallboard-en.png")
        page.get_by_label("Definition: Abandoned").click()
        expect(page.get_by_role("dialog")).to_contain_text("over calls answered by a person")
        page.keyboard.press("Escape")
        page.context.set_offline(True)
        page.evaluate("window.stop()")
        expect(page.locator(".link-state")).to_contain_text("Connection lost", timeout=15_000)
        page.context.set_offline(False)
        expect(page.locator(".link-state")).to_have_text("Live", timeout=30_000)
        page.get_by_label("Language").select_option("ko")
        expect(page.get_by_text("포기율")).to_be_visible()
        page.wait_for_timeout(1500)
        page.screenshot(path=PICTURES / "wallboard-ko.png")

    on_page(tmp_path, prepare, test, agents=4, speed=10.0)

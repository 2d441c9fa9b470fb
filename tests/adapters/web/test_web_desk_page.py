"""An agent's day on the page, by keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from adapters.web.roles import Role
from dialer.disposition import Disposition
from dialer.record_codec import decode_all
from dialer.records import Disposed
from tests.adapters.web.browser import PICTURES, needs_browser, on_page, sign_in
from tests.adapters.web.site import Site

pytestmark = [pytest.mark.slow, needs_browser]


def test_an_agent_works_a_call_from_sitting_down_to_the_break_by_keyboard_alone(tmp_path):
    async def prepare(site: Site) -> None:
        await site.add_user("mina", Role.AGENT)

    def test(page: Page, site: Site) -> None:
        sign_in(page, site.url, "mina", "/desk")
        expect(page.locator("#log-in")).to_be_visible()
        page.locator("#log-in button").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#phase")).to_have_text("Talking", timeout=60_000)
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / "desk-talk.png", full_page=True)
        page.reload()  # in mid-call: everything stands where it stood
        expect(page.locator("#phase")).to_have_text("Talking")
        page.keyboard.press("p")
        page.keyboard.press("2")
        expect(page.get_by_role("radio", name="Right party")).to_be_checked()
        page.keyboard.press("Enter")
        expect(page.locator("#state")).to_have_text("On a break")
        expect(page.locator("#tally")).to_contain_text("Right party")
        page.keyboard.press("r")
        expect(page.locator("#state")).not_to_have_text("On a break")

        ended = [one for one in decode_all(site.store.read()) if isinstance(one, Disposed) and one.agent_id == "mina"]
        assert Disposition.RIGHT_PARTY in {one.disposition for one in ended}

    on_page(tmp_path, prepare, test, speed=10.0)

"""Between calls on the page, by keyboard alone: look up, call, ask for help; previews; the supervisor's answer."""

import pytest
import trio
from playwright.sync_api import Page, expect

from adapters.web.roles import Role
from dialer.record_codec import decode_all
from dialer.records import AgentChanged, Claimed
from pacing import PacingMode
from tests.adapters.web.browser import PICTURES, needs_browser, on_page, sign_in
from tests.adapters.web.site import Site
from tests.adapters.web.test_web_accessibility import violations

pytestmark = [pytest.mark.slow, needs_browser]


async def an_agent(site: Site) -> None:
    await site.add_user("mina", Role.AGENT, Role.SUPERVISOR, campaigns=("sales",))


async def an_agent_of_a_paused_campaign(site: Site) -> None:
    await an_agent(site)
    for campaign_id in site.engine.campaigns:
        site.console.pause(campaign_id, "test", "so that no call comes by itself")


def sit_down(page: Page, site: Site) -> None:
    sign_in(page, site.url, "mina", "/desk")
    expect(page.locator("#log-in")).to_be_visible()
    page.locator("#log-in button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#duty")).to_be_visible()


def claims(site: Site) -> list[Claimed]:
    return [one for one in decode_all(site.store.read()) if isinstance(one, Claimed)]


def test_an_agent_looks_an_account_up_and_calls_it_by_keyboard_alone(tmp_path):
    def test(page: Page, site: Site) -> None:
        sit_down(page, site)
        page.keyboard.press("p")
        expect(page.locator("#state")).to_have_text("On a break")
        page.keyboard.press("f")
        page.keyboard.type("acc-7")
        page.keyboard.press("Enter")
        expect(page.locator("#found button")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#looked-up")).to_contain_text("a supervisor can start it")
        trio.from_thread.run_sync(site.console.resume, "sales", "test", "go")
        page.locator("#found button").focus()
        page.keyboard.press("Enter")
        call = page.get_by_role("button", name="Call", exact=True)
        expect(call).to_be_focused()
        assert violations(page) == []
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / "desk-between-calls.png", full_page=True)
        page.keyboard.press("Enter")
        expect(page.locator("#case")).to_be_visible()
        expect(page.locator("#phase")).to_have_text("Dialing")
        assert [(one.account_id, one.mode) for one in claims(site)] == [("acc-7", "manual")]

    on_page(tmp_path, an_agent_of_a_paused_campaign, test)


def test_an_agent_reads_an_account_first_and_calls_or_skips_it_by_keyboard(tmp_path):
    def test(page: Page, site: Site) -> None:
        sit_down(page, site)
        expect(page.locator("#preview-keys")).to_be_visible(timeout=30_000)
        person = page.locator("#person dd").first
        first = person.inner_text()
        page.locator("body").press("Escape")
        expect(person).not_to_have_text(first, timeout=30_000)
        expect(page.locator("#preview-keys")).to_be_visible()
        assert claims(site) == []
        assert violations(page) == []
        page.locator("body").press("Enter")
        # Not the page: a number that does not exist is over, and the next account there, before anybody can look.
        for _ in range(100):
            if claims(site):
                break
            page.wait_for_timeout(100)
        assert claims(site)[0].mode == "preview"

    on_page(tmp_path, an_agent, test, mode=PacingMode.PREVIEW)


def test_an_agent_asks_for_help_and_a_supervisor_comes_and_moves_them(tmp_path):
    def test(page: Page, site: Site) -> None:
        sit_down(page, site)
        page.keyboard.press("a")
        page.keyboard.type("an angry lawyer")
        page.keyboard.press("Enter")
        expect(page.locator("#help-state")).to_contain_text("Asked for help")
        floor = page.context.new_page()
        floor.goto(f"{site.url}/supervisor")
        expect(floor.locator("#hands")).to_contain_text("an angry lawyer")
        assert violations(floor) == []
        floor.get_by_role("button", name="I am coming: mina").click()
        expect(page.locator("#help-state")).to_have_text("mina is coming")
        floor.get_by_role("button", name="Move: mina").click()
        floor.locator("#move").get_by_label("renewals").check()
        floor.locator("#move").get_by_label("sales").uncheck()
        floor.locator("#move").get_by_label("Reason").fill("short there")
        assert violations(floor) == []
        floor.keyboard.press("Enter")
        expect(floor.locator("#agents tr", has_text="mina")).to_contain_text("renewals")
        page.keyboard.press("Escape")
        page.keyboard.press("a")
        page.keyboard.press("Enter")
        expect(page.locator("#help-ask")).to_be_visible()
        expect(floor.locator("#hands-panel")).to_be_hidden()
        changes = [one for one in decode_all(site.store.read()) if isinstance(one, AgentChanged)]
        assert "moved by mina: short there" in {one.reason for one in changes}

    on_page(tmp_path, an_agent_of_a_paused_campaign, test, campaigns=("sales", "renewals"))

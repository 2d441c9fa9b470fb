"""One account on a running engine: why not, when next, and the week as bands."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from adapters.web.roles import Role
from tests.adapters.web.browser import PICTURES, needs_browser, on_page, sign_in
from tests.adapters.web.site import Site, on_site

pytestmark = pytest.mark.slow


def test_verdict_explanation_and_week_of_an_account_agree(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("pia", Role.POLICY)
        async with site.browser("pia") as browser:
            base = "/api/v1/campaigns/sales/accounts"
            assert (await browser.get(base, params={"begins": "acc-5", "limit": 3})).json() == [
                "acc-5",
                "acc-50",
                "acc-51",
            ]
            night = "2026-11-24T23:30:00+09:00"
            verdict = (await browser.get(f"{base}/acc-5/verdict", params={"at": night})).json()
            assert [one["rule_id"] for one in verdict["denials"]] == ["house.hours"]
            opens_at = datetime.fromisoformat(verdict["next_at"])
            told = (await browser.get(f"{base}/acc-5/explanation", params={"at": night, "language": "ko"})).json()
            assert datetime.fromisoformat(told["next_at"]) == opens_at
            assert "지금은 통화할 수 없습니다" in told["text"]
            week = (await browser.get(f"{base}/acc-5/week")).json()
            (hours,) = [band for band in week["bands"] if band["rule_id"] == "house.hours"]
            assert opens_at in {datetime.fromisoformat(span["from_at"]) for span in hours["open"]}
            lengths = {
                datetime.fromisoformat(span["to_at"]) - datetime.fromisoformat(span["from_at"])
                for span in hours["open"][1:-1]
            }
            assert lengths == {timedelta(hours=11)}
            assert (await browser.get(f"{base}/nobody/verdict")).status_code == 404
            local = (await browser.get(f"{base}/acc-5/verdict", params={"at": "2026-11-24T23:30:00"})).json()
            assert local["next_at"] == verdict["next_at"]

    on_site(tmp_path, test)


@needs_browser
def test_a_policy_author_sees_why_an_account_may_not_be_called_and_its_week(tmp_path):
    async def prepare(site: Site) -> None:
        await site.add_user("pia", Role.POLICY)

    def test(page: Page, site: Site) -> None:
        sign_in(page, site.url, "pia", "/explorer")
        page.get_by_label("Account").fill("acc-5")
        page.get_by_label("At (empty").fill("2026-11-24T22:30")
        page.get_by_role("button", name="Explain").click()
        expect(page.locator("#answer-title")).to_contain_text("May not be called")
        expect(page.get_by_role("img", name="Hours: ")).to_be_visible()
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / "explorer.png", full_page=True)

    on_page(tmp_path, prepare, test)

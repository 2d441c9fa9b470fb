"""A real browser on a real site. The browser's half of a test is plain code in a thread; the site runs beside it."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.adapters.web.site import PASSWORD, Site, on_site

__all__ = ["CHROMIUM", "PICTURES", "needs_browser", "on_page", "sign_in"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PICTURES = Path(os.environ.get("PACELINE_PICTURES", "out/pictures"))

if CHROMIUM is None and os.environ.get("CI"):
    msg = "no Chromium on this machine; `.ci/run` installs it"
    raise RuntimeError(msg)

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")


def on_page(
    folder: Path,
    prepare: Callable[[Site], object],
    test: Callable[[Page, Site], None],
    *,
    agents: int = 0,
    speed: float = 1.0,
    **options: Any,
) -> None:
    """Prepare a site (async), then run `test` (sync) with a page on it."""

    async def main(site: Site) -> None:
        await prepare(site)
        await trio.to_thread.run_sync(lambda: _with_page(site, test))

    on_site(folder, main, agents=agents, speed=speed, **options)


def sign_in(page: Page, url: str, name: str, path: str = "/") -> None:
    """Sign in as a person does, and go to a page."""
    page.goto(f"{url}/sign-in?next={path}")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    expect(page.get_by_role("button", name="Sign in")).to_be_enabled()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}{path}")


def _with_page(site: Site, test: Callable[[Page, Site], None]) -> None:
    with _browser() as browser:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        try:
            test(page, site)
        finally:
            context.close()
        assert faults == []


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()

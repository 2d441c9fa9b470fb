"""A person at a desk: calls come, are talked, and end with what the person said."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import trio

from adapters.web.roles import Role
from dialer.disposition import Disposition
from dialer.record_codec import decode_all
from dialer.records import Disposed, FactStated
from tests.adapters.web.site import Site, on_site

pytestmark = pytest.mark.slow


class Desk:
    """What a page does: reads the pushed state, sends requests."""

    def __init__(self, browser: httpx2.AsyncClient, socket: Any) -> None:
        self.browser = browser
        self.socket = socket
        self.state: dict[str, Any] = {}

    async def until(self, phase: str | None) -> dict[str, Any]:
        """The call once it is in a phase; None: until there is no call."""
        with trio.fail_after(600.0):
            while True:
                self.state = json.loads(await self.socket.receive_text())
                call = self.state["call"]
                if (call["phase"] if call else None) == phase:
                    return call

    async def do(self, what: str, expect: int = 204, **body: Any) -> Any:
        answer = await self.browser.post(f"/api/v1/desk/{what}", json=body)
        assert answer.status_code == expect, answer.text
        return answer.json() if answer.text else None


@asynccontextmanager
async def at_desk(site: Site, name: str = "mina") -> AsyncIterator[Desk]:
    await site.add_user(name, Role.AGENT)
    async with site.browser(name) as browser:
        await browser.post("/api/v1/desk/log-in", json={"campaigns": ["sales"]})
        headers = {"origin": site.url}
        async with browser.websocket(site.url.replace("http", "ws") + "/api/v1/desk/socket", headers=headers) as socket:
            yield Desk(browser, socket)


def disposed(site: Site) -> list[Disposed]:
    return [one for one in decode_all(site.store.read()) if isinstance(one, Disposed)]


def test_an_agent_takes_a_call_hangs_up_and_says_what_became_of_it(tmp_path):
    async def test(site: Site) -> None:
        async with at_desk(site) as desk:
            call = await desk.until("talk")
            assert call["case"]["account_id"].startswith("acc-")
            assert "+82" not in call["case"]["numbers"][0]["masked"][5:]
            await desk.do("hang-up", attempt_id=call["attempt_id"])
            await desk.until("wrap_up")
            await desk.do("pause", 200, reason="lunch")
            await desk.do("report", attempt_id=call["attempt_id"], disposition="refused")
            await desk.until(None)
            assert desk.state["tally"]["outcomes"] == {"refused": 1}
        ended = [one for one in disposed(site) if one.attempt_id == call["attempt_id"]]
        assert [(one.disposition, one.agent_id) for one in ended] == [(Disposition.REFUSED, "mina")]

    on_site(tmp_path, test, speed=20.0)


def test_a_callback_is_taken_inside_lawful_hours_alone_and_the_desk_offers_only_those(tmp_path):
    async def test(site: Site) -> None:
        async with at_desk(site) as desk:
            call = await desk.until("talk")
            ids = {"attempt_id": call["attempt_id"]}
            await desk.do("pause", 200, reason="end of test")
            times = (await desk.browser.get("/api/v1/desk/callback-times", params=ids | {"days": 2})).json()
            assert times
            night = (site.console.now_at() + timedelta(days=1)).replace(hour=15, minute=0)  # midnight in Seoul
            answer = await desk.do(
                "report", 409, **ids, disposition="callback", callback_at=night.isoformat().replace("+00:00", "Z")
            )
            assert "next lawful moment" in answer["detail"]
            await desk.do("report", **ids, disposition="callback", callback_at=times[-1]["from_at"])
            await desk.until(None)
        (ended,) = [one for one in disposed(site) if one.attempt_id == call["attempt_id"]]
        assert ended.is_next_callback

    on_site(tmp_path, test, speed=20.0)


def test_an_opt_out_said_at_the_desk_holds_for_the_very_next_verdict(tmp_path):
    async def test(site: Site) -> None:
        async with at_desk(site) as desk:
            call = await desk.until("talk")
            case = call["case"]
            await desk.do("pause", 200, reason="end of test")
            facts = {"person.opted_out": True}
            await desk.do("report", attempt_id=call["attempt_id"], disposition="opted_out", facts=facts)
            await desk.until(None)
            stated = [one for one in decode_all(site.store.read()) if isinstance(one, FactStated)]
            assert [(one.name, one.person_id) for one in stated] == [("person.opted_out", case["person_id"])]
            at = site.console.now_at() + timedelta(days=1)
            permission = site.console.may_call("sales", case["account_id"], None, at)
            assert not permission.is_allowed
            assert "house.opt-out" in {one.rule_id for one in permission.denials}

    on_site(tmp_path, test, speed=20.0)


def test_a_late_click_never_hits_the_next_call_and_nonsense_is_refused_with_the_remedy(tmp_path):
    async def test(site: Site) -> None:
        async with at_desk(site) as desk:
            call = await desk.until("talk")
            await desk.do("pause", 200, reason="end of test")
            assert "no longer" in (await desk.do("hang-up", 409, attempt_id="sales-0"))["detail"]
            ids = {"attempt_id": call["attempt_id"]}
            assert "one of sold" in (await desk.do("report", 409, **ids, disposition="promised"))["detail"]
            wrong = await desk.do("report", 409, **ids, disposition="refused", facts={"person.opted_ot": True})
            assert "person.opted_ot" in wrong["detail"]
            await desk.do("report", **ids, disposition="refused")
            await desk.until(None)

    on_site(tmp_path, test, speed=20.0)


def test_an_agent_whose_page_is_gone_goes_on_a_break_instead_of_being_connected(tmp_path):
    async def test(site: Site) -> None:
        site.console.pause("sales", "test", "no calls")
        site.server.parts.desks.away_s = 1.0
        async with at_desk(site) as desk:
            await desk.until(None)
            assert desk.state["agent"]["state"] == "idle"
        await trio.sleep(60.0)  # three seconds of people's time
        assert site.console.agent_rows()[0].state == "on_break"

    on_site(tmp_path, test, speed=20.0)


def test_a_note_is_kept_in_the_journal_and_shown_with_the_account_and_to_supervisors(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("boss", Role.SUPERVISOR)
        async with at_desk(site) as desk:
            call = await desk.until("talk")
            ids = {"attempt_id": call["attempt_id"]}
            await desk.do("pause", 200, reason="end of test")
            await desk.do("note", 409, **ids, category="gossip", text="x")
            await desk.do("note", **ids, category="complaint", text="called too early <b>")
            kept = (await desk.browser.get("/api/v1/desk")).json()["call"]["case"]["notes"]
            assert [(one["category"], one["text"]) for one in kept] == [("complaint", "called too early <b>")]
            await desk.do("report", **ids, disposition="refused")
        async with site.browser("boss") as browser:
            assert len((await browser.get("/api/v1/notes", params={"category": "complaint"})).json()) == 1
            assert (await browser.get("/api/v1/notes", params={"category": "praise"})).json() == []

    on_site(tmp_path, test, speed=20.0)

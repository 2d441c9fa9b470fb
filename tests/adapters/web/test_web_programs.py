"""What programs ask: pages of what is due, the same request twice, figures and readiness."""

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from adapters.web.roles import Role
from dialer.disposition import Disposition
from dialer.record_codec import decode_all
from dialer.records import Claimed, Denied, Disposed, PromiseToPay, VerdictStage
from tests.adapters.web.site import Site, on_site
from tests.adapters.web.target import until

pytestmark = pytest.mark.slow
DASHBOARD = Path(__file__).parents[3] / "docs" / "grafana" / "paceline.json"


def test_campaigns_and_who_is_held_come_in_pages_that_repeat_nothing(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("boss", Role.SUPERVISOR)
        now_at = site.engine.clock.now_at()
        for number in range(1, 8):
            site.engine.journal.append(
                Denied(
                    now_at,
                    "sales",
                    f"acc-{number}",
                    f"p-{number}",
                    f"n-{number}-1",
                    VerdictStage.PICK,
                    "r.opted-out" if number % 2 else "r.other",
                    ("r.opted-out",),
                    "no",
                    None,
                    "h",
                )
            )
        async with site.browser("boss") as browser:
            (row,) = (await browser.get("/api/v1/campaigns")).json()
            assert (await browser.get(f"/api/v1/campaigns/{row['campaign_id']}")).json()["campaign_id"] == "sales"
            assert (await browser.get("/api/v1/campaigns/none")).status_code == 404
            found, after = [], ""
            while after is not None:
                page = (await browser.get("/api/v1/campaigns/sales/held", params={"after": after, "limit": 3})).json()
                found += [one["account_id"] for one in page["rows"]]
                after = page["next"]
            assert found == [f"acc-{number}" for number in range(1, 8)]
            some = await browser.get("/api/v1/campaigns/sales/held", params={"rule_id": "r.other"})
            assert [one["account_id"] for one in some.json()["rows"]] == ["acc-2", "acc-4", "acc-6"]
            for what in ("promises", "callbacks"):
                page = (await browser.get(f"/api/v1/campaigns/sales/{what}")).json()
                assert page == {"rows": [], "next": None}

    on_site(tmp_path, test)


def test_the_attempts_of_an_account_are_there_newest_first(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("boss", Role.SUPERVISOR)
        ended = await until(lambda: [one for one in decode_all(site.store.read()) if isinstance(one, Disposed)])
        async with site.browser("boss") as browser:
            params = {"account_id": ended[0].account_id}
            page = (await browser.get("/api/v1/campaigns/sales/attempts", params=params)).json()
            assert page["rows"][-1]["attempt_id"] == ended[0].attempt_id
            lost = await browser.get("/api/v1/campaigns/sales/attempts", params={"account_id": "none"})
            assert lost.status_code == 404

    on_site(tmp_path, test, agents=4, speed=60.0)


def test_ids_with_a_slash_as_lists_make_them_are_ids_in_a_path_too(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("boss", Role.SUPERVISOR)
        async with site.browser("boss") as browser:
            for path in ("sales%2F17", "sales%2F17/verdict", "sales%2f17/week"):
                answer = await browser.get(f"/api/v1/campaigns/sales/accounts/{path}")
                assert answer.status_code == 404
                assert answer.json()["detail"] == "there is no account `sales/17` in `sales`"
            lost = await browser.get("/static/..%2F..%2Fsecurity.py")
            assert lost.status_code == 404

    on_site(tmp_path, test)


def test_the_same_key_and_body_are_done_once_and_another_body_is_refused(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("boss", Role.SUPERVISOR)
        await site.add_user("eve", Role.SUPERVISOR)
        async with site.browser("boss") as browser, site.browser("eve") as eve:
            path, key = "/api/v1/campaigns/sales/pause", {"idempotency-key": "k-1"}
            first = await browser.post(path, json={"reason": "lunch"}, headers=key)
            again = await browser.post(path, json={"reason": "lunch"}, headers=key)
            assert (first.status_code, again.status_code) == (204, 204)
            assert again.headers["idempotent-replay"] == "true"
            other = await browser.post(path, json={"reason": "tea"}, headers=key)
            assert (other.status_code, other.headers["content-type"]) == (422, "application/problem+json")
            # Somebody else's key is another key; without one the request is done, and cannot be.
            assert (await eve.post(path, json={"reason": "lunch"}, headers=key)).status_code == 409
            assert (await browser.post(path, json={"reason": "lunch"})).status_code == 409
            secret = await browser.post("/api/v1/tokens", json={"title": "t", "scopes": []}, headers=key)
            assert secret.status_code == 400

    on_site(tmp_path, test)


def test_errors_are_problems_also_where_no_route_is(tmp_path):
    async def test(site: Site) -> None:
        async with site.browser() as browser:
            for method, path, status in (
                ("GET", "/api/v1/nothing", 404),
                ("GET", "/nothing", 404),
                ("DELETE", "/api/v1/board", 405),
                ("GET", "/static/../../secret", 404),
                ("POST", "/api/v1/session", 400),
                ("GET", "/api/v1/board", 401),
            ):
                answer = await browser.request(method, path, content=b"{" if method == "POST" else None)
                assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), (
                    path
                )
                assert answer.json()["status"] == status
                assert "default-src 'none'" in answer.headers["content-security-policy"]

    on_site(tmp_path, test)


def test_readiness_says_why_not_and_health_only_that_it_answers(tmp_path):
    async def test(site: Site) -> None:
        async with site.browser() as browser:
            ready = await browser.get("/ready")
            assert (ready.status_code, ready.json()["campaigns"]) == (200, {"sales": "running"})
            site.engine.drain("the day is over")
            ready = await browser.get("/ready")
            assert ready.status_code == 503
            assert "the engine is draining" in ready.json()["reasons"]
            assert (await browser.get("/health")).text == "ok"

    on_site(tmp_path, test)


def test_figures_for_prometheus_need_the_right_and_have_everything_the_dashboard_asks_for(tmp_path):
    async def test(site: Site) -> str:
        await site.add_user("boss", Role.SUPERVISOR)
        async with site.browser() as nobody:
            assert (await nobody.get("/metrics")).status_code == 403
        await until(lambda: site.engine.state.campaigns["sales"].dispositions)
        now_at = site.engine.clock.now_at()
        site.engine.journal.append(
            Denied(now_at, "sales", "acc-1", "p-1", "n-1-1", VerdictStage.PICK, "r.x", ("r.x",), "no", None, "h")
        )
        async with site.browser("boss") as browser:
            answer = await browser.get("/metrics")
            assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
            return answer.text

    text = on_site(tmp_path, test, agents=4, speed=60.0)
    names = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)) | set(
        re.findall(r"^(paceline_\w+)", text, re.MULTILINE)
    )
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    asked = {
        name
        for panel in panels
        for target in panel.get("targets", ())
        for name in re.findall(r"paceline_\w+", target["expr"])
    }
    assert len(asked) > 15
    assert asked - names == set()
    assert 'paceline_denials_total{campaign="sales",rule="r.x"} 1.0' in text
    assert "acc-" not in text
    assert "agent-" not in text


def test_callbacks_and_promises_are_listed_when_agents_took_them(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("boss", Role.SUPERVISOR)
        now_at = site.engine.clock.now_at()
        for number, disposition in ((1, Disposition.PROMISED), (2, Disposition.CALLBACK)):
            ids = (f"x-{number}", "sales", f"acc-{number}")
            site.engine.journal.append(
                Claimed(now_at, *ids, f"p-{number}", (f"c-{number}",), f"n-{number}-1", "t", "02", "h", "preview")
            )
            is_callback = disposition is Disposition.CALLBACK
            site.engine.journal.append(
                Disposed(
                    now_at,
                    *ids,
                    disposition,
                    person_id=f"p-{number}",
                    is_next_callback=is_callback,
                    promise=None if is_callback else PromiseToPay(5, "KRW", date(2026, 12, 1)),
                    next_at=now_at + timedelta(hours=1) if is_callback else None,
                    ends="" if is_callback else "promised",
                )
            )
        async with site.browser("boss") as browser:
            (promise,) = (await browser.get("/api/v1/campaigns/sales/promises")).json()["rows"]
            assert (promise["account_id"], promise["due_date"]) == ("acc-1", "2026-12-01")
            (callback,) = (await browser.get("/api/v1/campaigns/sales/callbacks")).json()["rows"]
            assert callback["account_id"] == "acc-2"

    on_site(tmp_path, test)

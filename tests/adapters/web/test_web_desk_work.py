"""What an agent does between calls: calls by hand through the same gates, moves, help."""

import pytest
import trio

from adapters.web.roles import Role
from dialer.record_codec import decode_all
from dialer.records import AgentChanged, Claimed, Disposed, Originated
from tests.adapters.web.site import Site, on_site
from tests.adapters.web.test_web_desk import at_desk

pytestmark = pytest.mark.slow


def test_a_call_by_hand_from_a_break_stands_in_the_journal_like_every_other_and_the_break_goes_on(tmp_path):
    async def test(site: Site) -> None:
        async with at_desk(site) as desk:
            await desk.do("pause", 200, reason="own calls")
            while (await desk.browser.get("/api/v1/desk")).json()["agent"]["state"] != "on_break":
                await trio.sleep(20.0)
                state = (await desk.browser.get("/api/v1/desk")).json()
                if state["call"] and state["call"]["phase"] in ("talk", "wrap_up"):
                    await desk.do("report", attempt_id=state["call"]["attempt_id"], disposition="refused")
            hits = (await desk.browser.get("/api/v1/desk/accounts", params={"text": "acc-60"})).json()
            assert hits == [{"campaign_id": "sales", "account_id": "acc-60"}]
            now = (await desk.browser.get("/api/v1/desk/accounts/sales/acc-60")).json()
            assert (now["obstacle"], now["numbers"][0]["permission"]["is_allowed"]) == ("", True)
            wanted = {"campaign_id": "sales", "account_id": "acc-60", "number_id": "n-60-1"}
            state = await desk.do("call", 200, **wanted)
            assert (state["agent"]["state"], state["call"]["phase"]) == ("reserved", "dialing")
            assert "already" in (await desk.browser.get("/api/v1/desk/accounts/sales/acc-60")).json()["obstacle"]
            assert "finish the call" in (await desk.do("call", 409, **wanted))["detail"]
            attempt_id = state["call"]["attempt_id"]
            while site.console.agent_row("mina").state != "on_break":
                await trio.sleep(5.0)
                if site.console.agent_row("mina").state == "talking":
                    await desk.do("report", attempt_id=attempt_id, disposition="refused")
            records = [one for one in decode_all(site.store.read()) if getattr(one, "attempt_id", "") == attempt_id]
            claimed, ended = records[0], records[-1]
            claimed = next(one for one in records if isinstance(one, Claimed))
            assert (claimed.mode, claimed.agent_id, bool(claimed.facts_hash)) == ("manual", "mina", True)
            assert any(isinstance(one, Originated) for one in records)
            (ended,) = [one for one in records if isinstance(one, Disposed)]
            state = (await desk.browser.get("/api/v1/desk")).json()
            assert state["call"] is None
            assert state["missed"] in ("", ended.disposition.value)

    on_site(tmp_path, test, speed=20.0)


def test_a_call_by_hand_is_refused_with_its_reasons_where_a_rule_denies_it(tmp_path):
    async def test(site: Site) -> None:
        async with at_desk(site) as desk:
            call = await desk.until("talk")
            await desk.do("pause", 200, reason="own calls")
            facts = {"person.opted_out": True}
            await desk.do("report", attempt_id=call["attempt_id"], disposition="opted_out", facts=facts)
            await desk.until(None)
            account_id = call["case"]["account_id"]
            wanted = {"campaign_id": "sales", "account_id": account_id, "number_id": call["number_id"]}
            assert "house.opt-out" in (await desk.do("call", 409, **wanted))["detail"]
            now = (await desk.browser.get(f"/api/v1/desk/accounts/sales/{account_id}")).json()
            assert not now["numbers"][0]["permission"]["is_allowed"]
            foreign = wanted | {"campaign_id": "renewals"}
            assert "you work sales" in (await desk.do("call", 409, **foreign))["detail"]

    on_site(tmp_path, test, speed=20.0, campaigns=("sales", "renewals"))


def test_a_supervisor_moves_an_agent_to_another_campaign_now_or_after_the_call(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("boss", Role.SUPERVISOR)
        site.console.pause("renewals", "test", "nobody to call")
        async with at_desk(site) as desk, site.browser("boss") as boss:
            call = await desk.until("talk")
            path = "/api/v1/agents/mina/move"
            assert (await boss.post(path, json={"campaigns": ["nope"]})).status_code == 409
            answer = await boss.post(path, json={"campaigns": ["renewals"], "reason": "queue"})
            assert answer.status_code == 204, answer.text
            assert site.console.agent_row("mina").campaign_ids == ("sales",)
            await desk.do("report", attempt_id=call["attempt_id"], disposition="refused")
            await desk.until(None)
            row = site.console.agent_row("mina")
            assert (row.state, row.campaign_ids) == ("idle", ("renewals",))
            assert site.engine.agents.idle_count("sales") == 0
            assert site.engine.campaigns["sales"].view.staffed_count == 0
            assert site.engine.campaigns["renewals"].view.staffed_count == 1
            await boss.post(path, json={"campaigns": ["sales", "renewals"]})
            assert site.console.agent_row("mina").campaign_ids == ("sales", "renewals")
        moves = [one for one in decode_all(site.store.read()) if isinstance(one, AgentChanged) and "boss" in one.reason]
        assert "moved by boss: queue" in {one.reason for one in moves}

    on_site(tmp_path, test, speed=20.0, campaigns=("sales", "renewals"))


def test_a_raised_hand_is_seen_answered_and_lowered(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("boss", Role.SUPERVISOR)
        async with at_desk(site) as desk, site.browser("boss") as boss:
            assert (await boss.post("/api/v1/agents/mina/come", json={})).status_code == 409
            await desk.do("hand", text="an angry lawyer")
            (hand,) = (await boss.get("/api/v1/hands")).json()
            assert (hand["agent_id"], hand["text"], hand["coming"]) == ("mina", "an angry lawyer", "")
            assert (await desk.browser.get("/api/v1/hands")).status_code == 403
            await boss.post("/api/v1/agents/mina/come", json={})
            assert (await desk.browser.get("/api/v1/desk")).json()["hand"]["coming"] == "boss"
            await desk.do("hand-down")
            assert (await boss.get("/api/v1/hands")).json() == []

    on_site(tmp_path, test)


def test_callbacks_and_promises_of_the_agent_wait_on_the_desk(tmp_path):
    async def test(site: Site) -> None:
        async with at_desk(site) as desk:
            call = await desk.until("talk")
            ids = {"attempt_id": call["attempt_id"]}
            await desk.do("pause", 200, reason="end of test")
            times = (await desk.browser.get("/api/v1/desk/callback-times", params=ids | {"days": 2})).json()
            await desk.do("report", **ids, disposition="callback", callback_at=times[0]["from_at"])
            await desk.until(None)
            work = (await desk.browser.get("/api/v1/desk/work")).json()
            (line,) = work["callbacks"]
            assert (line["account_id"], line["is_late"]) == (call["case"]["account_id"], False)

    on_site(tmp_path, test, speed=20.0)

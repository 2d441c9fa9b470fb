"""Telling other systems: what, signed how, and what happens when they do not take it."""

import hashlib
import hmac
import json
from datetime import UTC, date, datetime

import pytest
import trio
import trio.lowlevel

from adapters.web.database import open_database
from adapters.web.roles import Role
from adapters.web.webhooks import Courier, HookError, Outbox, check_target
from adapters.web.webhooks.courier import MOST_TRIES, wait_after
from adapters.web.webhooks.events import events_of
from dialer.disposition import Disposition
from dialer.records import CampaignChanged, CampaignState, Disposed, FactStated, PromiseToPay
from tests.adapters.web.site import Site, on_site
from tests.adapters.web.target import open_target, until

AT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
PAUSED = CampaignChanged(AT, "sales", CampaignState.PAUSED, "lunch", "ada")


def an_outbox(path) -> Outbox:
    return Outbox(open_database(path / "web.db"), lambda: 1000.0)


def test_events_name_ids_and_words_and_never_an_amount_a_number_or_a_reason():
    promise = PromiseToPay(123_456, "KRW", date(2026, 12, 1))
    promised = Disposed(
        AT, "at-1", "c", "acc-1", Disposition.PROMISED, amount_minor=123_456, promise=promise, person_id="p-1", ends="x"
    )
    opted_out = FactStated(AT, "c", "p-1", "acc-1", "person.no_call", value=True, attempt_id="at-1")
    hardship = FactStated(AT, "c", "p-1", "acc-1", "person.hardship", "medical")
    told = [event for one in (promised, opted_out, hardship, PAUSED) for event in events_of(one)]
    assert [kind for kind, _ in told] == ["attempt.ended", "promise.made", "opt_out.stated", "campaign.changed"]
    text = json.dumps(told)
    assert not any(word in text for word in ("123456", "KRW", "2026-12-01", "medical", "lunch"))


@pytest.mark.parametrize(
    ("url", "is_fine"),
    [
        ("https://crm.example/x", True),
        ("http://127.0.0.1:9/x", True),
        ("http://[::1]:9/x", True),
        ("http://localhost/x", True),
        ("http://crm.example/x", False),
        ("http://10.0.0.1/x", False),
        ("http://127.0.0.1.evil.example/x", False),
        ("https://ada:secret@crm.example/x", False),
        ("ftp://crm.example/x", False),
        ("file:///etc/passwd", False),
        ("https:///x", False),
        ("https://[::1", False),
        ("https://crm.example/a b", False),
    ],
)
def test_targets_are_https_or_this_machine(url, is_fine):
    if is_fine:
        check_target(url, is_any_allowed=False)
    else:
        with pytest.raises(HookError):
            check_target(url, is_any_allowed=False)


def test_waits_grow_to_an_hour_and_end():
    waits = [wait_after(count) for count in range(1, MOST_TRIES + 1)]
    assert waits[:3] == [5.0, 10.0, 20.0]
    assert waits[-2:] == [3600.0, None]


@pytest.mark.slow
def test_an_event_is_told_signed_and_again_until_it_is_taken(tmp_path):
    async def main() -> None:
        async with open_target(500, 302) as target, trio.open_nursery() as nursery:
            outbox = an_outbox(tmp_path)
            hook = outbox.add(target.url, ["campaign.changed"], "", "ada")
            courier = Courier(outbox, lambda: 1000.0, wait_after=lambda _: 0.0)
            nursery.start_soon(courier.run)
            await trio.lowlevel.checkpoint()
            courier.note(PAUSED)
            first, _, last = await target.wait_heard(3)
            assert first.body == last.body
            assert json.loads(last.body) == {
                "type": "campaign.changed", "at": AT.isoformat(), "campaign_id": "sales", "state": "paused",
            }  # fmt: skip
            signed = b"1000." + last.headers["paceline-delivery"].encode() + b"." + last.body
            digest = hmac.new(hook.secret.encode(), signed, hashlib.sha256).hexdigest()
            assert last.headers["paceline-signature"] == f"t=1000,v1={digest}"
            await until(lambda: not outbox.waiting_count(hook.id))
            (row,) = outbox.log(hook.id, None, 9, None)
            assert (row.state, row.try_count, row.status) == ("sent", 3, 204)
            nursery.cancel_scope.cancel()

    trio.run(main)


@pytest.mark.slow
def test_what_nobody_takes_is_dead_listed_and_can_be_tried_anew(tmp_path):
    async def main() -> None:
        async with open_target(500, 500) as target, trio.open_nursery() as nursery:
            outbox = an_outbox(tmp_path)
            hook = outbox.add(target.url, ["campaign.changed"], "", "ada")
            courier = Courier(outbox, lambda: 1000.0, wait_after=lambda count: 0.0 if count < 2 else None)
            nursery.start_soon(courier.run)
            courier.note(PAUSED)
            rows = await until(lambda: outbox.log(hook.id, None, 9, "dead"))
            assert (rows[0].fault, rows[0].try_count) == ("answered 500", 2)
            assert outbox.again(hook.id, rows[0].id)
            await target.wait_heard(3)
            nursery.cancel_scope.cancel()

    trio.run(main)


@pytest.mark.slow
def test_a_target_that_never_answers_holds_up_neither_the_others_nor_a_restart(tmp_path):
    async def main() -> None:
        async with open_target(None) as silent, open_target() as other:
            outbox = an_outbox(tmp_path)
            stuck = outbox.add(silent.url, ["campaign.changed"], "", "ada")
            outbox.add(other.url, ["campaign.changed"], "", "ada")
            async with trio.open_nursery() as nursery:
                courier = Courier(outbox)
                nursery.start_soon(courier.run)
                courier.note(PAUSED)
                await other.wait_heard(1)
                await silent.wait_heard(1)
                nursery.cancel_scope.cancel()  # the daemon is stopped in the middle
            async with trio.open_nursery() as nursery:
                outbox = an_outbox(tmp_path)
                assert outbox.waiting_count(stuck.id) == 1
                nursery.start_soon(Courier(outbox, lambda: 2000.0).run)
                await silent.wait_heard(2)
                nursery.cancel_scope.cancel()
            assert silent.heard[0].body == silent.heard[1].body
            assert len(other.heard) == 1

    trio.run(main)


@pytest.mark.slow
def test_administrators_alone_make_webhooks_and_see_the_secret_once(tmp_path):
    async def test(site: Site) -> None:
        await site.add_user("ada", Role.ADMIN)
        await site.add_user("boss", Role.SUPERVISOR)
        async with open_target() as target, site.browser("ada") as browser, site.browser("boss") as boss:
            new = {"url": target.url, "events": ["campaign.changed"]}
            assert (await boss.post("/api/v1/webhooks", json=new)).status_code == 403
            wrong = await browser.post("/api/v1/webhooks", json=new | {"url": "http://crm.example/x"})
            assert (wrong.status_code, "https" in wrong.json()["detail"]) == (400, True)
            made = (await browser.post("/api/v1/webhooks", json=new)).json()
            assert (await boss.post("/api/v1/campaigns/sales/pause", json={"reason": "x"})).status_code == 204
            (heard,) = await target.wait_heard(1)
            assert json.loads(heard.body)["state"] == "paused"
            listed = await browser.get("/api/v1/webhooks")
            assert made["secret"] not in listed.text
            assert (await browser.delete(f"/api/v1/webhooks/{made['id']}")).status_code == 204
            assert (await browser.delete(f"/api/v1/webhooks/{made['id']}")).status_code == 404

    on_site(tmp_path, test)


def test_what_waits_for_a_target_that_is_gone_has_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr("adapters.web.webhooks.outbox.MOST_WAITING", 3)
    outbox = an_outbox(tmp_path)
    hook = outbox.add("https://crm.example/x", ["campaign.changed"], "", "ada")
    outbox.put([("campaign.changed", AT.isoformat(), {})] * 5)
    states = [one.state for one in outbox.log(hook.id, None, 9, None)]
    assert states == ["dead", "dead", "waiting", "waiting", "waiting"]

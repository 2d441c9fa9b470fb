"""One campaign: what a tick starts, and that whatever it took is given back."""

from datetime import timedelta

import pytest
import trio
from attrs import define

from collections_rules import RetryStep, Sequence
from collections_rules.sequences import Chain
from dialer.call import CallLimits
from dialer.campaign import Campaign, CampaignPlan
from dialer.disposition import Disposition
from dialer.ports import AgentReport
from dialer.records import CampaignChanged, CampaignState, Claimed, Denied, Disposed, FactStated, Originated
from dialer.trunks import TrunkPool
from pacing import Pacer, PacerSettings, PacingDecision, PacingMode
from tests.cancelling import Cut, cut_at_every_step
from tests.dialer.parts import ALLOWED, Parts, ScriptedGate, denied
from tests.fakes import CALLER_ID, TEN, FakeDesk, FakeTrunk, FarEnd, an_account


class Bold(Pacer):
    """Starts so many calls at every tick, whatever it sees, in predictive mode."""

    launches = 1

    def decide(self, snapshot):
        if isinstance(self.launches, Exception):
            raise self.launches
        return PacingDecision(min(self.launches, snapshot.free_lines), mode=PacingMode.PREDICTIVE)


@define
class Room:
    """A campaign of its own, on one trunk."""

    parts: Parts
    campaign: Campaign
    gate: ScriptedGate
    lines: TrunkPool

    @property
    def reasons(self):
        return [(one.state.value, one.reason) for one in self.parts.of(CampaignChanged)]


def a_room(
    nursery,
    *accounts,
    mode=PacingMode.PROGRESSIVE,
    pacer=None,
    far_end=None,
    lines=10,
    store=None,
    give_up_after_s=None,
    **limits,
):
    parts = Parts(trunk=FakeTrunk(lines=lines), **({"store": store} if store is not None else {}))
    parts.trunk.default = far_end or FarEnd()
    accounts = accounts or tuple(an_account(index) for index in range(1, 6))
    book = parts.journal.state.campaigns["c"]
    book.schedule.enroll(accounts)
    pool = TrunkPool((parts.trunk,), parts.journal, parts.clock)
    gate = ScriptedGate()
    campaign = Campaign(
        plan=CampaignPlan("c", CALLER_ID, CallLimits(**limits), give_up_ringing_after_s=give_up_after_s),
        book=book,
        accounts={one.account_id: one for one in accounts},
        gate=gate,
        pacer=pacer or Pacer(PacerSettings(mode=mode)),
        trunks=pool,
        agents=parts.agents,
        journal=parts.journal,
        clock=parts.clock,
        nursery=nursery,
    )
    return Room(parts, campaign, gate, pool)


async def run_for(room, seconds, nursery):
    with trio.move_on_after(seconds):
        await room.campaign.run()


async def test_each_idle_agent_gets_one_call_in_list_order(nursery, autojump_clock):
    room = a_room(nursery)
    room.parts.log_in("ag-1")
    room.parts.log_in("ag-2")
    await run_for(room, 5.0, nursery)
    claims = room.parts.of(Claimed)
    assert [(one.attempt_id, one.account_id, one.agent_id) for one in claims] == [
        ("c-1", "acc-1", "ag-1"),
        ("c-2", "acc-2", "ag-2"),
    ]
    assert claims[0].caller_id == CALLER_ID
    assert room.lines.in_use_count == 2


async def test_nobody_is_called_without_an_agent(nursery, autojump_clock):
    room = a_room(nursery)
    await run_for(room, 60.0, nursery)
    assert room.parts.of(Claimed) == []


async def test_no_call_is_claimed_without_a_line(nursery, autojump_clock):
    room = a_room(nursery, lines=1, far_end=FarEnd(after_s=600.0))
    room.parts.log_in("ag-1")
    room.parts.log_in("ag-2")
    await run_for(room, 10.0, nursery)
    assert len(room.parts.of(Claimed)) == 1
    assert room.parts.agents.idle_count("c") == 1


@pytest.mark.parametrize(
    "far_end", [FarEnd(), FarEnd(after_s=600.0), FarEnd(stays_s=1.2)], ids=["talk", "rings", "leaves"]
)
def test_attempt_cut_at_any_step_gives_its_line_and_its_agent_back(far_end):
    async def scenario(cut: Cut) -> None:
        async with trio.open_nursery() as nursery:
            room = a_room(nursery, an_account(1), far_end=far_end)
            room.parts.log_in()
            room.campaign.resume("a test")
            trunk = room.lines.take_nowait()
            call = room.parts.claim(agent=room.parts.agents.take_nowait("c", "c-1"))
            call.trunk = trunk
            room.campaign.placer.calls["c-1"] = call
            await cut.run(room.campaign.placer.run_call, call)
            assert room.lines.in_use_count == 0
            assert room.parts.agents.idle_count("c") == 1
            assert len(room.parts.of(Disposed)) == 1
            assert room.campaign.placer.calls == {}

    assert cut_at_every_step(scenario) >= 3


async def test_bug_in_one_attempt_ends_it_alone(nursery, autojump_clock):
    room = a_room(nursery)
    room.parts.log_in("ag-1", FakeDesk(is_broken=True))
    room.parts.log_in("ag-2", FakeDesk(talk_s=300.0))
    await run_for(room, 120.0, nursery)
    assert room.parts.of(Disposed)[0].disposition is Disposition.AGENT_LOST
    assert room.parts.agents.get("ag-2").state.value == "talking"
    assert room.campaign.book.state is CampaignState.RUNNING


async def test_too_many_bugs_within_a_minute_pause_the_campaign(nursery, autojump_clock):
    accounts = [an_account(index) for index in range(1, 20)]
    room = a_room(nursery, *accounts)
    for index in range(8):
        room.parts.log_in(f"ag-{index}", FakeDesk(talk_s=1.0, is_broken=True))
    await run_for(room, 60.0, nursery)
    assert room.reasons[-1] == ("paused", "6 attempts failed within a minute; see the log")


# The pacer and the rules.


async def test_decision_that_fails_pauses_the_campaign_and_leaves_talks_alone(nursery, autojump_clock):
    pacer = Bold(PacerSettings())
    room = a_room(nursery, pacer=pacer)
    room.parts.log_in(desk=FakeDesk(talk_s=100.0))
    nursery.start_soon(room.campaign.run)
    await trio.sleep(10.0)
    pacer.launches = ValueError("a bug")
    room.parts.log_in("ag-2")
    await trio.sleep(120.0)
    assert room.reasons[-1] == ("paused", "a decision failed; see the log")
    assert Disposition.RIGHT_PARTY in [one.disposition for one in room.parts.of(Disposed)]
    nursery.cancel_scope.cancel()


async def test_account_whose_verdict_failed_is_offered_again_after_the_pause(nursery, autojump_clock):
    room = a_room(nursery, an_account(1))
    room.gate.verdict = ValueError("a rule broke")
    room.parts.log_in()
    nursery.start_soon(room.campaign.run)
    await trio.sleep(5.0)
    assert room.campaign.book.state is CampaignState.PAUSED
    room.gate.verdict = ScriptedGate().verdict
    room.campaign.resume("mended")
    await trio.sleep(5.0)
    assert [one.account_id for one in room.parts.of(Claimed)] == ["acc-1"]
    nursery.cancel_scope.cancel()


async def test_refused_account_makes_room_for_the_next(nursery, autojump_clock):
    room = a_room(nursery)
    room.gate.by_number["n-1-1"] = denied()
    room.parts.log_in()
    await run_for(room, 5.0, nursery)
    assert [one.account_id for one in room.parts.of(Denied)] == ["acc-1"]
    assert [one.account_id for one in room.parts.of(Claimed)] == ["acc-2"]


# Callbacks.

BACK_AT_ONCE = RetryStep(0.0, at_asked_time=True, same_agent_within_s=60.0)


def a_callback_room(nursery, **fields):
    room = a_room(nursery, **fields)
    room.gate.rules.sequence = Sequence("s", chains={"callback": Chain((BACK_AT_ONCE,))})
    return room


async def test_callback_waits_a_while_for_the_agent_who_promised_it(nursery, autojump_clock):
    room = a_callback_room(nursery)
    due_at = TEN + timedelta(seconds=200)
    report = AgentReport(Disposition.CALLBACK, callback_due_at=due_at)
    room.parts.log_in("ag-1", FakeDesk(talk_s=20.0, report=report))
    nursery.start_soon(room.campaign.run)
    await trio.sleep(300.0)
    second = next(one for one in room.parts.of(Claimed) if one.is_callback)
    assert (second.account_id, second.agent_id) == ("acc-1", "ag-1")
    assert second.at >= due_at
    nursery.cancel_scope.cancel()


async def test_due_callback_without_an_agent_does_not_hold_up_predictive_dialing(nursery, autojump_clock):
    pacer = Bold(PacerSettings(mode=PacingMode.PREDICTIVE))
    room = a_callback_room(nursery, pacer=pacer, far_end=FarEnd(after_s=600.0))
    call = room.parts.claim()
    room.parts.journal.append(
        Disposed(TEN, call.claimed.attempt_id, "c", "acc-1", Disposition.CALLBACK, next_at=TEN, is_next_callback=True)
    )
    await run_for(room, 5.0, nursery)
    assert "acc-2" in [one.account_id for one in room.parts.of(Claimed)[1:]]
    room.parts.log_in()
    await run_for(room, 5.0, nursery)
    (callback,) = [one for one in room.parts.of(Claimed)[1:] if one.account_id == "acc-1"]
    assert callback.agent_id == "ag-1"
    nursery.cancel_scope.cancel()


# Previews.


async def test_agent_reads_before_the_call_is_claimed(nursery, autojump_clock):
    room = a_room(nursery, mode=PacingMode.PREVIEW)
    desk = room.parts.log_in(desk=FakeDesk(reads_s=5.0))
    nursery.start_soon(room.campaign.run)
    await trio.sleep(4.9)
    assert room.parts.of(Claimed) == []
    assert room.lines.in_use_count == 0
    await trio.sleep(10.0)
    (claimed,) = room.parts.of(Claimed)
    assert (claimed.mode, claimed.agent_id, claimed.at) == ("preview", "ag-1", TEN + timedelta(seconds=5))
    assert [card.attempt_id for card in desk.cards] == ["c-1"]
    nursery.cancel_scope.cancel()


@pytest.mark.parametrize("desk", [FakeDesk(takes_call=False), FakeDesk(reads_s=1000.0)], ids=["skips", "sleeps"])
async def test_account_that_is_skipped_in_preview_comes_back_later(nursery, autojump_clock, desk):
    room = a_room(nursery, an_account(1), mode=PacingMode.PREVIEW)
    room.parts.log_in(desk=desk)
    nursery.start_soon(room.campaign.run)
    await trio.sleep(70.0)
    assert room.parts.of(Claimed) == []
    assert room.parts.agents.idle_count("c") == 1
    assert room.campaign.book.schedule.next(TEN + timedelta(seconds=599)) is None
    assert room.campaign.book.schedule.next(TEN + timedelta(seconds=665)).account_id == "acc-1"
    nursery.cancel_scope.cancel()


async def test_verdict_that_turns_during_the_preview_keeps_the_call_from_being_claimed(nursery, autojump_clock):
    room = a_room(nursery, an_account(1), mode=PacingMode.PREVIEW)
    room.parts.log_in(desk=FakeDesk(reads_s=5.0))
    nursery.start_soon(room.campaign.run)
    await trio.sleep(2.0)
    room.gate.verdict = denied()
    await trio.sleep(10.0)
    assert room.parts.of(Claimed) == []
    assert [one.rule_id for one in room.parts.of(Denied)] == ["bank.hours"]
    assert (room.lines.in_use_count, room.parts.agents.idle_count("c")) == (0, 1)
    nursery.cancel_scope.cancel()


async def test_rule_that_breaks_during_the_preview_gives_back_line_agent_and_account(nursery, autojump_clock):
    room = a_room(nursery, an_account(1), mode=PacingMode.PREVIEW)
    room.parts.log_in(desk=FakeDesk(reads_s=5.0))
    nursery.start_soon(room.campaign.run)
    await trio.sleep(2.0)
    room.gate.verdict = ValueError("a rule broke")
    await trio.sleep(10.0)
    assert room.parts.of(Claimed) == []
    assert (room.lines.in_use_count, room.parts.agents.idle_count("c")) == (0, 1)
    assert room.campaign.book.state is CampaignState.PAUSED
    assert room.campaign.book.schedule.next(TEN + timedelta(hours=1)).account_id == "acc-1"
    nursery.cancel_scope.cancel()


# Sleeping and waking.


async def test_account_that_falls_due_is_called_in_that_instant(nursery, autojump_clock):
    room = a_room(nursery, an_account(1))
    room.parts.log_in()
    due_at = TEN + timedelta(seconds=7.3)
    room.gate.verdict = denied("house.later", due_at)
    nursery.start_soon(room.campaign.run)
    await trio.sleep(1.0)
    room.gate.verdict = ALLOWED
    await trio.sleep(60.0)
    (claimed,) = room.parts.of(Claimed)
    assert (claimed.at - due_at).total_seconds() == pytest.approx(0.0, abs=1e-3)
    nursery.cancel_scope.cancel()


async def test_account_that_a_fact_releases_wakes_the_campaign(nursery, autojump_clock):
    room = a_room(nursery, an_account(1))
    room.parts.log_in()
    room.gate.verdict = denied("kr.attorney", None)
    nursery.start_soon(room.campaign.run)
    await trio.sleep(12.6)
    room.gate.verdict = ALLOWED
    account = an_account(1)
    stated_at = room.parts.clock.now_at()
    person_id = account.person.person_id
    room.parts.journal.append(FactStated(stated_at, "d", person_id, account.account_id, "attorney", "no"))
    await trio.sleep(1.0)
    (claimed,) = room.parts.of(Claimed)
    assert claimed.at == stated_at
    nursery.cancel_scope.cancel()


async def test_accounts_that_join_a_list_that_has_run_out_are_called_at_once(nursery, autojump_clock):
    room = a_room(nursery, an_account(1), far_end=FarEnd(after_s=600.0))
    room.parts.log_in("ag-1")
    room.parts.log_in("ag-2")
    nursery.start_soon(room.campaign.run)
    await trio.sleep(7.7)
    room.campaign.accounts = {one.account_id: one for one in (an_account(1), an_account(2))}
    room.campaign.book.schedule.enroll((an_account(2),))
    joined_at = room.parts.clock.now_at()
    await trio.sleep(1.0)
    assert [one.at for one in room.parts.of(Claimed)][1:] == [joined_at]
    nursery.cancel_scope.cancel()


async def test_predictive_dialing_decides_at_every_tick_while_agents_are_there(nursery, autojump_clock):
    pacer = Bold(PacerSettings(mode=PacingMode.PREDICTIVE))
    pacer.launches, asked_s = 0, []

    def decide(snapshot):
        asked_s.append(snapshot.now_s)
        return PacingDecision(0, mode=PacingMode.PREDICTIVE)

    pacer.decide = decide
    room = a_room(nursery, pacer=pacer)
    await run_for(room, 100.0, nursery)
    assert len(asked_s) < 3
    room.parts.log_in()
    await run_for(room, 10.0, nursery)
    assert len(asked_s) >= 20


# Giving up calls that ring.


class GivesUp(Bold):
    """Places so many calls in its first decision, and wants all of them given up in every later one."""

    def decide(self, snapshot):
        launches, self.launches = self.launches, 0
        return PacingDecision(launches, 0 if launches else 99, PacingMode.PREDICTIVE)


@pytest.mark.parametrize(("after_s", "rang_s"), [(None, 24.0), (15.0, 15.0), (20.0, 20.0)])
async def test_ringing_calls_are_given_up_when_the_setting_allows_it_and_never_sooner(
    nursery, autojump_clock, after_s, rang_s
):
    pacer = GivesUp(PacerSettings(mode=PacingMode.PREDICTIVE))
    pacer.launches = 3
    room = a_room(nursery, pacer=pacer, far_end=FarEnd(after_s=600.0), give_up_after_s=after_s)
    room.parts.log_in()
    await run_for(room, 60.0, nursery)
    ended = room.parts.of(Disposed)
    assert len(ended) == 3
    word = Disposition.NO_ANSWER if after_s is None else Disposition.GIVEN_UP
    assert {one.disposition for one in ended} == {word}
    for one in ended:
        assert rang_s <= (one.at - TEN).total_seconds() < rang_s + 1.0
    nursery.cancel_scope.cancel()


async def test_as_many_calls_are_given_up_as_was_decided_and_the_longest_ringing_first(nursery, autojump_clock):
    room = a_room(nursery, pacer=Bold(PacerSettings()), far_end=FarEnd(after_s=600.0), give_up_after_s=15.0)
    nursery.start_soon(room.campaign.run)
    await trio.sleep(17.2)
    ringing = list(room.campaign.view.ringing_since_s)
    room.campaign.placer.give_up(ringing, 2)
    await trio.sleep(0.1)
    assert [one.attempt_id for one in room.parts.of(Disposed)] == ringing[:2]
    nursery.cancel_scope.cancel()


async def test_call_with_its_agent_at_hand_rings_on(nursery, autojump_clock):
    room = a_room(nursery, far_end=FarEnd(after_s=600.0), give_up_after_s=15.0)
    room.parts.log_in()
    nursery.start_soon(room.campaign.run)
    await trio.sleep(20.0)
    room.campaign.placer.give_up(room.campaign.view.ringing_since_s, 1)
    await trio.sleep(0.1)
    assert room.parts.of(Disposed) == []
    nursery.cancel_scope.cancel()


# Draining.


@pytest.mark.parametrize(
    ("drain_at_s", "ends_at_s"), [(2.0, 15.0), (14.0, 15.0), (15.0, 15.0), (16.0, 16.0), (23.0, 23.0)]
)
async def test_drain_gives_up_ringing_after_fifteen_seconds_and_not_before(autojump_clock, drain_at_s, ends_at_s):
    async with trio.open_nursery() as nursery:
        room = a_room(nursery, an_account(1), far_end=FarEnd(after_s=600.0))
        room.parts.log_in()
        with trio.move_on_after(drain_at_s):
            await room.campaign.run()
        room.campaign.drain()
    (originated,), (disposed,) = room.parts.of(Originated), room.parts.of(Disposed)
    assert (disposed.at - originated.at).total_seconds() == pytest.approx(ends_at_s)
    assert disposed.disposition is Disposition.GIVEN_UP


async def test_drain_leaves_a_talk_to_finish_and_starts_nothing_new(autojump_clock):
    async with trio.open_nursery() as nursery:
        room = a_room(nursery)
        room.parts.log_in(desk=FakeDesk(talk_s=100.0))
        with trio.move_on_after(20.0):
            await room.campaign.run()
        room.campaign.drain()
        room.campaign.drain()
    (disposed,) = room.parts.of(Disposed)
    assert disposed.disposition is Disposition.RIGHT_PARTY
    assert [state for state, _ in room.reasons] == ["running", "draining"]


async def test_pause_starts_nothing_and_resume_starts_again(nursery, autojump_clock):
    room = a_room(nursery)
    nursery.start_soon(room.campaign.run)
    await trio.sleep(1.0)
    room.campaign.pause("lunch")
    room.parts.log_in()
    await trio.sleep(60.0)
    assert room.parts.of(Claimed) == []
    room.campaign.resume("back")
    await trio.sleep(1.0)
    assert len(room.parts.of(Claimed)) == 1
    assert room.reasons == [("running", "started"), ("paused", "lunch"), ("running", "back")]
    nursery.cancel_scope.cancel()

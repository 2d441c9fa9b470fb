"""Simulated agents: previews, talks and wrap-ups."""

import pytest
import trio

from adapters.simulated.agents import SimulatedDesk, pace_of
from adapters.simulated.fates import CallFate, Conversation, Pace
from adapters.simulated.people import People
from dialer.disposition import Disposition, HungUpBy
from dialer.ports import AgentDesk, AgentReport, CallCard
from tests.adapters.simulated.samples import (
    ZONE,
    Clock,
    ScriptedPeople,
    SimulatedSwitch,
    account,
    answered,
    assuming,
    assumptions,
    card,
)
from tests.contracts.trunk_contract import order

CARD = card(account())
NUMBER = CARD.number.e164


class Talkative(ScriptedPeople):
    """People whose talk a test has written down."""

    def __init__(self, talk: Conversation) -> None:
        super().__init__()
        self.talk = talk

    def converse(self, card: CallCard, fate: CallFate, at: object, pace: Pace = Pace()) -> Conversation:  # noqa: B008
        return self.talk


def a_talk(by: HungUpBy) -> Conversation:
    return Conversation(100.0, by, 30.0, AgentReport(Disposition.REFUSED))


async def call_and_report(switch: SimulatedSwitch, talk: Conversation) -> tuple[AgentReport, float, float]:
    """One answered call: what the agent reports, when the talk was over, when the report came."""
    switch.people.fates[NUMBER] = answered(stays_s=8.0)
    desk: AgentDesk = SimulatedDesk("seoul-001", Talkative(talk), Clock())
    async with switch.trunk.open_leg(order(NUMBER)) as leg:
        await leg.wait_answer()
        await leg.wait_greeting()
        await desk.converse(leg, CARD)
    over = trio.current_time()
    report = await desk.wait_disposition(CARD)
    return report, over, trio.current_time()


@pytest.mark.parametrize("by", [HungUpBy.PERSON, HungUpBy.US])
async def test_agent_talks_then_wraps_up_then_reports(autojump_clock, by):
    report, over, reported = await call_and_report(SimulatedSwitch(), a_talk(by))
    assert over == pytest.approx(7.5 + 100.0)
    assert reported - over == pytest.approx(30.0)
    assert report.disposition is Disposition.REFUSED


async def test_talk_that_an_outage_breaks_off_is_reported_as_cut_off(autojump_clock):
    switch = SimulatedSwitch()
    switch.lose(50.0, 60.0)
    report, over, _ = await call_and_report(switch, a_talk(HungUpBy.US))
    assert over == pytest.approx(50.0)
    assert report.disposition is Disposition.CUT_OFF


async def test_talk_cancelled_from_outside_is_reported_as_cut_off(autojump_clock):
    switch = SimulatedSwitch()
    switch.people.fates[NUMBER] = answered()
    desk = SimulatedDesk("seoul-001", Talkative(a_talk(HungUpBy.US)), Clock())
    with trio.move_on_after(20.0) as drain:
        async with switch.trunk.open_leg(order(NUMBER)) as leg:
            await leg.wait_answer()
            await desk.converse(leg, CARD)
    assert drain.cancelled_caught
    report = await desk.wait_disposition(CARD)
    assert report.disposition is Disposition.CUT_OFF


async def test_agent_who_never_talked_has_lost_the_call(autojump_clock):
    desk = SimulatedDesk("seoul-001", ScriptedPeople(), Clock())
    report = await desk.wait_disposition(CARD)
    assert report.disposition is Disposition.AGENT_LOST


async def test_agent_does_not_report_the_call_before(autojump_clock):
    switch, desk = SimulatedSwitch(), SimulatedDesk("seoul-001", Talkative(a_talk(HungUpBy.US)), Clock())
    switch.people.fates[NUMBER] = answered()
    async with switch.trunk.open_leg(order(NUMBER)) as leg:
        await leg.wait_answer()
        await desk.converse(leg, CARD)
    report = await desk.wait_disposition(card(account(), attempt_id="a-2"))
    assert report.disposition is Disposition.AGENT_LOST


async def test_preview_reads_for_some_seconds(autojump_clock):
    desk = SimulatedDesk("seoul-001", People(assumptions(), 1, ZONE), Clock())
    await desk.preview(CARD)
    assert 3.0 <= trio.current_time() <= 55.0


@pytest.mark.parametrize(("share", "goes_on"), [(0.0, True), (1.0, False)])
async def test_preview_says_whether_the_agent_goes_on(autojump_clock, share, goes_on):
    people = People(assuming(agents={"preview_skip": {"share": share}}), 1, ZONE)
    assert await SimulatedDesk("seoul-001", people, Clock()).preview(CARD) is goes_on


async def test_simulated_agent_refuses_a_real_leg(autojump_clock):
    desk = SimulatedDesk("seoul-001", ScriptedPeople(), Clock())
    with pytest.raises(TypeError, match="needs a simulated leg"):
        await desk.converse(object(), CARD)  # type: ignore[arg-type]


def test_every_agent_has_a_pace_of_their_own_that_stays():
    paces = {name: pace_of(assumptions(), 1, name) for name in ("seoul-001", "seoul-002", "busan-001")}
    assert len(set(paces.values())) == 3
    assert paces["seoul-002"] == pace_of(assumptions(), 1, "seoul-002")


def test_paces_average_one():
    paces = [pace_of(assumptions(), 1, f"seoul-{index:03d}") for index in range(2000)]
    assert sum(pace.talk for pace in paces) / 2000 == pytest.approx(1.0, abs=0.01)
    assert sum(pace.wrap_up for pace in paces) / 2000 == pytest.approx(1.0, abs=0.02)


def test_agents_do_not_differ_where_no_spread_is_assumed():
    same = assuming(agents={"talk_spread": {"value": 0.0}, "wrap_up_spread": {"value": 0.0}})
    assert pace_of(same, 1, "seoul-001") == Pace()

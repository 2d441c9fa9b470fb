"""The table of failures in docs/engine.md, row by row: what stops, and what goes on."""

from datetime import timedelta

import pytest
import trio
from attrs import evolve

from dialer.disposition import Disposition
from dialer.record_codec import decode_all
from dialer.records import CampaignChanged, CampaignState, Claimed, Connected, Disposed, Originated
from pacing import PacingMode
from tests.days.crashing import Crash, crash_day
from tests.days.plans import CampaignPlan, TrunkPlan
from tests.days.test_single_days import PLAIN, here, in_mode, people

pytestmark = pytest.mark.slow

TWO = evolve(
    PLAIN,
    campaigns=(
        CampaignPlan("sales", PacingMode.PROGRESSIVE, people(150)),
        CampaignPlan("early", PacingMode.PROGRESSIVE, people(150, "early", 500)),
    ),
    agents=(*here(4), *(evolve(one, id=f"e-{one.id}") for one in here(4, "early"))),
)


class BrokenError(Exception):
    """What a bug raises."""


class Day:
    """What is left of a day, sorted."""

    def __init__(self, plan, deaths=(), prepare=lambda _: None):
        left = crash_day(plan, deaths, plan.house.per_day, prepare)
        self.audit, self.restarts = left.audit, left.restarts
        self.records = list(decode_all(left.lines))
        assert self.audit.faults == []
        assert self.audit.open_ids == set()

    def of(self, kind, campaign_id="sales"):
        return [one for one in self.records if isinstance(one, kind) and one.campaign_id == campaign_id]

    def pauses(self, campaign_id="sales"):
        return [one for one in self.of(CampaignChanged, campaign_id) if one.state is CampaignState.PAUSED]


def breaks_after(seconds, one, name):
    """Make a method of `one` raise once so much time has passed."""
    method, began = getattr(one, name), trio.current_time()

    def broken(*args, **kwargs):
        if trio.current_time() - began > seconds:
            raise BrokenError
        return method(*args, **kwargs)

    setattr(one, name, broken)


def breaks_some_attempts(which):
    """Every attempt whose number in the campaign `which` holds for raises while it is seen through."""

    def prepare(engine):
        placer = engine.campaigns["sales"].placer
        may_connect = placer._ports.may_connect

        def broken(call):
            if which(int(call.claimed.attempt_id.rsplit("-", 1)[1])):
                raise BrokenError
            return may_connect(call)

        placer._ports = evolve(placer._ports, may_connect=broken)

    return prepare


def test_bug_in_an_attempt_ends_that_attempt_alone():
    day = Day(PLAIN, prepare=breaks_some_attempts(lambda number: number == 7))
    assert day.pauses() == []
    (end,) = (one for one in day.of(Disposed) if one.attempt_id == "sales-7")
    answered = any(type(one).__name__ == "Answered" and one.attempt_id == "sales-7" for one in day.records)
    assert end.disposition is Disposition.ABANDONED or not answered
    assert len(day.of(Claimed)) > 50


def test_many_bugs_in_a_minute_pause_the_campaign_and_leave_the_other_alone():
    day = Day(evolve(TWO, agents=(*here(12), *TWO.agents[4:])), prepare=breaks_some_attempts(lambda _: True))
    (pause,) = day.pauses()
    assert "attempts failed within a minute" in pause.reason
    assert [one for one in day.of(Claimed) if one.at > pause.at] == []
    assert day.pauses("early") == []
    assert [one for one in day.of(Claimed, "early") if one.at > pause.at + timedelta(minutes=10)]


def check_a_pause_of_sales_alone(day):
    (pause,) = day.pauses()
    assert [one for one in day.of(Originated) if one.at > pause.at] == []
    # Who was talking goes on talking.
    talks = {one.attempt_id for one in day.of(Connected) if one.at <= pause.at}
    ends = {one.attempt_id: one for one in day.of(Disposed) if one.at > pause.at}
    assert not any(ends[one].disposition is Disposition.AGENT_LOST for one in talks & set(ends))
    assert [one for one in day.of(Claimed, "early") if one.at > pause.at + timedelta(minutes=10)]
    return pause


def test_pacer_that_raises_pauses_its_campaign_and_connected_calls_go_on():
    def prepare(engine):
        breaks_after(300.0, engine.campaigns["sales"].pacer, "decide")

    pause = check_a_pause_of_sales_alone(Day(TWO, prepare=prepare))
    assert pause.reason == "a decision failed; see the log"


class BrokenGate:
    """Rules that cannot be asked any more after five minutes."""

    def __init__(self, gate):
        self._gate, self._began = gate, trio.current_time()

    def __getattr__(self, name):
        return getattr(self._gate, name)

    def judge(self, *args, **kwargs):
        if trio.current_time() - self._began > 300.0:
            raise BrokenError
        return self._gate.judge(*args, **kwargs)


def test_rule_that_cannot_be_evaluated_pauses_its_campaign_and_connected_calls_go_on():
    def prepare(engine):
        keeper = engine.campaigns["sales"]._keeper
        keeper.gate = BrokenGate(keeper.gate)

    pause = check_a_pause_of_sales_alone(Day(TWO, prepare=prepare))
    assert pause.reason == "a rule could not be evaluated; see the log"


def test_lost_trunk_ends_its_calls_and_the_other_trunk_goes_on():
    trunks = (TrunkPlan("east", 50, 8.0, ((10.0, 5.0),)), TrunkPlan("west", 50, 8.0))
    day = Day(evolve(PLAIN, trunks=trunks, agents=here(10)))
    lost_at = PLAIN.start_at + timedelta(minutes=10)
    by_trunk = {one.attempt_id: one.trunk for one in day.of(Claimed)}
    lost = [one for one in day.of(Disposed) if one.disposition is Disposition.TRUNK_LOST]
    assert all(by_trunk[one.attempt_id] == "east" for one in lost)
    during = [one for one in day.of(Originated) if lost_at < one.at < lost_at + timedelta(minutes=5)]
    assert during
    assert {by_trunk[one.attempt_id] for one in during} == {"west"}


def test_store_that_fails_stops_everything_at_once_until_it_is_back():
    day = Day(evolve(PLAIN, store_s=0.5), [Crash(600.0, is_kill=False)])
    assert day.restarts == 1
    assert day.audit.interrupted, "nothing was under way"


def test_store_that_is_slow_holds_calls_back_and_loses_none():
    slow, quick = Day(in_mode(PacingMode.PREDICTIVE, store_s=5.0)), Day(in_mode(PacingMode.PREDICTIVE, store_s=0.001))
    assert slow.pauses() == []
    assert len(quick.of(Originated)) > len(slow.of(Originated)) > 20

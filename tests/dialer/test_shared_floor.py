"""Campaigns that share agents: every agent is counted once, and the work is shared."""

import pytest
from attrs import define, evolve

from bench.engine_day import run_shared_day
from bench.scenarios import load_scenarios
from dialer.shared_floor import SharedFloor
from pacing import Pacer, PacerSettings, PacingMode, Snapshot
from tests.dialer.parts import Parts

PREDICTIVE = PacerSettings(mode=PacingMode.PREDICTIVE)


@define
class Party:
    """A campaign as the others see it."""

    load: float = 0.0
    wants: bool = True
    ringing: int = 0
    pacer: Pacer = None

    def __attrs_post_init__(self):
        self.pacer = self.pacer or Pacer(PREDICTIVE)

    def snapshot(self, now_at):
        return Snapshot(now_s=0.0, idle_count=3, ringing_since_s=(-6.0,) * self.ringing, free_lines=50)

    def wants_calls(self, now_at):
        return self.wants


def a_floor(parts, *, shared=4, own=0, **others):
    """Campaigns c and d; so many agents work both, so many only c."""
    for nth in range(shared):
        parts.log_in(f"both-{nth}", campaigns=("c", "d"))
    for nth in range(own):
        parts.log_in(f"own-{nth}", campaigns=("c",))
    floor = SharedFloor(parts.agents)
    floor.join("c", Party())
    floor.join("d", Party(**others))
    return floor


async def test_campaigns_that_share_nobody_know_nothing_of_each_other(autojump_clock):
    parts = Parts()
    parts.log_in("a", campaigns=("c",))
    parts.log_in("b", campaigns=("d",))
    floor = a_floor(parts, shared=0, ringing=5, load=0.0)
    assert floor.rivals("c", None) == ()
    assert floor.turn("c", 6, 0.5, None) == 6


async def test_calls_of_the_other_campaign_weigh_as_much_as_they_may_take_shared_agents(autojump_clock):
    parts = Parts()
    floor = a_floor(parts, shared=2, ringing=5)
    (whole,) = floor.rivals("c", None)
    assert whole.answers.shape == (5, 6)
    parts.log_in("d-only-1", campaigns=("d",))
    parts.log_in("d-only-2", campaigns=("d",))
    (half,) = floor.rivals("c", None)
    assert half.answers == pytest.approx(whole.answers / 2)


async def test_progressive_campaign_keeps_its_agents_reserved_and_is_no_rival(autojump_clock):
    parts = Parts()
    floor = a_floor(parts, ringing=5, pacer=Pacer(PacerSettings()))
    assert floor.rivals("c", None) == ()
    agent = parts.agents.take_nowait("d", "d-1")
    assert parts.agents.reserved_elsewhere("c") == {agent.agent_id}
    assert parts.agents.reserved_elsewhere("d") == frozenset()


@pytest.mark.parametrize(
    ("other", "part"),
    [({"load": 0.0}, 5), ({"load": 3.0}, 8), ({"load": 20.0}, 10), ({"load": 0.0, "wants": False}, 10)],
    ids=["even", "the other has more", "the other has much more", "the other wants nothing"],
)
async def test_calls_go_to_whoever_has_less_work_going(autojump_clock, other, part):
    floor = a_floor(Parts(), **other)
    assert floor.turn("c", 10, 0.5, None) == part


async def test_campaign_far_ahead_leaves_the_next_calls_to_the_other(autojump_clock):
    floor = a_floor(Parts(), load=9.0)
    assert floor.turn("d", 4, 0.5, None) == 0
    assert floor.turn("c", 4, 0.5, None) == 4


def test_decision_places_fewer_calls_when_another_campaign_s_may_come_first():
    pacer, rival = Pacer(PREDICTIVE), Pacer(PREDICTIVE)
    alone = Snapshot(now_s=0.0, idle_count=10, talking_since_s=(-60.0,) * 10, free_lines=99)
    theirs = rival.rival_calls(Snapshot(now_s=0.0, idle_count=10, ringing_since_s=(-6.0,) * 12, free_lines=99), 1.0)
    assert pacer.decide(evolve(alone, rivals=(theirs,))).launch_count < pacer.decide(alone).launch_count


@pytest.mark.slow
def test_two_predictive_campaigns_on_one_floor_stay_within_the_target_together_and_share_the_work():
    scenario = evolve(load_scenarios()["small-10"], hours=0.5)
    day, by_campaign = run_shared_day(scenario, 2, 2)
    delivered = [one for one, _ in by_campaign.values()]
    assert min(delivered) > 0.7 * max(delivered)
    assert day.utilisation > 0.65
    # Two that know nothing of each other lose more than a tenth; half an hour may be a call or two over the target.
    assert day.abandonment_rate < 2.0 * scenario.abandonment_target

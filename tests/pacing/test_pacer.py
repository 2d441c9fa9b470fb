"""The pacer as a whole: what it promises on ordinary floors and on impossible ones."""

import math
import random
import re
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pacing
from pacing import (
    AbandonmentWindow,
    CallAnswered,
    CallConnected,
    CallFailed,
    CallLaunched,
    CallUnanswered,
    Pacer,
    PacerSettings,
    PacingMode,
    Snapshot,
    TalkEnded,
    WindowCount,
    WrapUpEnded,
)
from pacing.pacer import MOST_PER_AGENT

DAY = AbandonmentWindow(name="day")
PREDICTIVE = PacerSettings(mode=PacingMode.PREDICTIVE, windows=(DAY,))


def floor(now_s=1000.0, answered=500, abandoned=10, **fields):
    return Snapshot(
        now_s=now_s,
        windows=(WindowCount("day", answered, abandoned, 0.3),),
        **{"idle_count": 0, "free_lines": 500, **fields},
    )


def taught(settings=PREDICTIVE, answer_every=5, calls=1500, seed=1):
    """A pacer that has seen `calls` calls, every `answer_every`th answered."""
    pacer, rng, now_s = Pacer(settings), random.Random(seed), 0.0
    for i in range(calls):
        now_s += 0.5
        if i % answer_every == 0:
            pacer.observe(CallAnswered(now_s, rng.uniform(4.0, 16.0)))
            pacer.observe(TalkEnded(now_s, rng.expovariate(1 / 120)))
            pacer.observe(WrapUpEnded(now_s, rng.uniform(5.0, 35.0)))
        else:
            pacer.observe(CallUnanswered(now_s, 24.0))
    return pacer


def test_predictive_places_more_calls_than_idle_agents_when_few_answer():
    decision = taught(answer_every=10).decide(floor(idle_count=10))
    assert decision.mode is PacingMode.PREDICTIVE
    assert decision.launch_count > 15


def test_predictive_places_calls_for_agents_about_to_be_free():
    wrapping = tuple(1000.0 - age for age in (28.0, 30.0, 33.0, 34.0))
    assert taught().decide(floor(wrapping_since_s=wrapping)).launch_count > 0


def test_calls_just_launched_count_less_than_ripe_ones():
    pacer = taught()
    launched = [pacer.decide(floor(idle_count=6, ringing_since_s=(1000.0 - age,) * 14)).launch_count for age in (8, 20)]
    assert launched[0] < launched[1]


def test_agents_who_will_leave_are_not_counted_on():
    pacer, wrapping = taught(), tuple(1000.0 - age for age in (28.0, 30.0, 33.0, 34.0))
    leaving = pacer.decide(floor(leaving_count=4))
    assert leaving.launch_count == 0
    assert pacer.decide(floor(wrapping_since_s=wrapping)).launch_count > 0


def test_a_reason_names_the_numbers():
    decision = taught().decide(floor(idle_count=3, ringing_since_s=(990.0, 995.0)))
    figures = decision.figures
    assert decision.reason == (
        f"3 idle agents and {figures['expected_freed']:.1f} of 0 busy ones free in time for "
        f"{figures['expected_answers']:.1f} answers from 2 calls in flight; 5.0 abandoned calls left; "
        f"{decision.launch_count} calls placed, the next would meet no agent with {figures['p_no_agent']:.1%}, "
        f"{figures['theta']:.1%} allowed"
    )
    assert set(figures) == {
        "theta", "p_no_agent", "idle", "busy", "expected_freed", "expected_free", "expected_answers", "in_flight",
        "budget_slack", "answer_rate",
    }  # fmt: skip


def test_a_reason_stands_in_korean_with_the_same_numbers():
    decision = taught().decide(floor(idle_count=3, ringing_since_s=(990.0, 995.0)))
    numbers = re.findall(r"\d+\.?\d*", decision.reason)
    assert sorted(re.findall(r"\d+\.?\d*", decision.reason_ko)) == sorted(numbers)
    assert "대기 상담사 3명" in decision.reason_ko
    assert "대기 상담사 4명" in Pacer(PacerSettings()).decide(floor(idle_count=4)).reason_ko


@pytest.mark.parametrize("agents", [0, 1])
def test_with_nobody_or_one_agent_it_still_decides(agents):
    pacer = Pacer(PREDICTIVE)
    assert pacer.decide(floor(idle_count=agents)).launch_count >= agents
    assert pacer.decide(floor(idle_count=agents, free_lines=0)).launch_count == 0
    assert pacer.decide(floor(idle_count=0)).launch_count == 0


def test_the_same_events_and_snapshots_give_the_same_decisions():
    one, other = taught(), taught()
    for idle in range(12):
        assert one.decide(floor(idle_count=idle)) == other.decide(floor(idle_count=idle))


@pytest.mark.parametrize("answer_every", [400, 1500])
def test_calls_in_flight_stay_bounded_however_few_answer(answer_every):
    pacer, ringing = taught(answer_every=answer_every, calls=4000), 0
    for _ in range(50):
        ringing += pacer.decide(floor(idle_count=5, ringing_since_s=(999.0,) * ringing, free_lines=10**6)).launch_count
    assert ringing <= MOST_PER_AGENT * 5


def test_an_uncounted_window_makes_it_progressive_and_it_says_so():
    decision = taught().decide(Snapshot(now_s=1000.0, idle_count=4, free_lines=99))
    assert (decision.launch_count, decision.mode) == (4, PacingMode.PROGRESSIVE)
    assert decision.reason.startswith("progressive, since window `day` is not counted: 4 idle")


def test_many_persons_abandoned_in_a_row_make_it_progressive_until_it_is_better():
    pacer = taught()
    for i in range(8):
        pacer.observe(pacing.CallAbandoned(750.0 + i, 2.0))
    decision = pacer.decide(floor(idle_count=4))
    assert (decision.launch_count, decision.mode) == (4, PacingMode.PROGRESSIVE)
    assert re.match(r"progressive, since \d+% of the last persons were abandoned: 4 idle", decision.reason)
    for i in range(60):
        pacer.observe(pacing.CallConnected(760.0 + i, 0.0))
    assert pacer.decide(floor(idle_count=4)).mode is PacingMode.PREDICTIVE


def test_a_fresh_pacer_never_has_more_calls_in_flight_than_two_for_each_agent():
    decision = Pacer(PREDICTIVE).decide(floor(idle_count=100, free_lines=10_000))
    assert 100 <= decision.launch_count <= 200


def test_without_windows_it_counts_for_itself():
    settings = PacerSettings(mode=PacingMode.PREDICTIVE)
    pacer = taught(settings)
    for i in range(200):
        pacer.observe(pacing.CallAbandoned(800.0 + i, 2.0))
    snapshot = Snapshot(now_s=1000.0, idle_count=3, free_lines=99)
    assert pacer.decide(snapshot).launch_count < taught(settings).decide(snapshot).launch_count


def test_an_outage_of_the_trunk_is_probed_one_call_at_a_time():
    pacer = taught()
    rate = pacer.learner.answer_rate.mean
    for i in range(300):
        pacer.observe(CallFailed(800.0 + i * 0.01, 0.2))
    assert pacer.decide(floor(idle_count=8)).launch_count == 1
    assert pacer.decide(floor(idle_count=8, ringing_since_s=(999.0,))).launch_count == 0
    assert pacer.decide(floor(idle_count=0)).launch_count == 0
    pacer.observe(CallUnanswered(900.0, 24.0))
    assert pacer.decide(floor(idle_count=8)).launch_count > 8
    assert pacer.learner.answer_rate.mean == pytest.approx(rate, rel=0.05)


def test_calls_are_given_up_only_when_that_is_set_and_they_rang_long_enough():
    ringing = (980.0,) * 30 + (990.0,) * 30
    assert taught().decide(floor(ringing_since_s=ringing)).give_up_count == 0
    allowed = PacerSettings(mode=PacingMode.PREDICTIVE, windows=(DAY,), give_up_ringing_after_s=15.0)
    assert taught(allowed).decide(floor(ringing_since_s=ringing)).give_up_count == 30
    assert taught(allowed).decide(floor(idle_count=50)).give_up_count == 0


EVENTS = [getattr(pacing, name) for name in pacing.__all__ if hasattr(getattr(pacing, name), "__attrs_attrs__")]
EVENTS = [kind for kind in EVENTS if kind.__attrs_attrs__[0].name == "at_s"]
strange = st.one_of(st.floats(), st.floats(-100.0, 1e5))


@pytest.mark.slow
@given(st.data())
def test_events_that_cannot_be_are_never_raised(data):
    pacer = Pacer(PREDICTIVE)
    for _ in range(20):
        kind = data.draw(st.sampled_from(EVENTS))
        pacer.observe(kind(*(data.draw(strange) for _ in kind.__attrs_attrs__)))
    decision = pacer.decide(floor(idle_count=3, ringing_since_s=(999.0,)))
    assert 0 <= decision.launch_count <= 3 * MOST_PER_AGENT


def test_events_left_aside_are_counted_by_reason():
    pacer = Pacer(PREDICTIVE)
    pacer.observe(CallAnswered(math.nan, 3.0))
    pacer.observe(TalkEnded(5.0, -1.0))
    assert pacer.learner.rejected == {"time is not a number": 1, "length cannot be": 1}


starts = st.lists(st.one_of(st.floats(900.0, 1010.0), st.just(math.nan), st.just(-1e12)), max_size=40).map(tuple)


@pytest.mark.slow
@given(
    idle=st.integers(-2, 40),
    lines=st.integers(-5, 400),
    times=st.tuples(starts, starts, starts, starts, starts),
    counts=st.tuples(st.integers(-5, 10**6), st.integers(-5, 10**6), st.floats()),
    now_s=st.one_of(st.just(1000.0), st.floats()),
    mode=st.sampled_from(PacingMode),
)
def test_a_strange_floor_never_raises_and_never_exceeds_the_lines(idle, lines, times, counts, now_s, mode):
    talking, wrapping, ringing, detecting, waiting = times
    decision = taught_once(mode).decide(
        Snapshot(
            now_s, idle, 0, 0, talking, wrapping, ringing, detecting, waiting, lines, (WindowCount("day", *counts),)
        )
    )
    assert 0 <= decision.launch_count <= max(0, lines)
    assert decision.give_up_count == 0
    assert decision.reason


PACERS = {mode: taught(PacerSettings(mode=mode, windows=(DAY,)), calls=200) for mode in PacingMode}


def taught_once(mode):
    return PACERS[mode]


# The edges.


def test_many_agents_leaving_at_once_stop_calls_that_counted_on_them():
    wrapping = tuple(985.0 - 0.5 * nth for nth in range(20))
    pacer = taught()
    assert pacer.decide(floor(wrapping_since_s=wrapping)).launch_count > 0
    gone = pacer.decide(floor(leaving_count=20))
    assert gone.launch_count == 0


def test_no_free_line_places_nothing_however_many_are_idle():
    assert taught().decide(floor(idle_count=9, free_lines=0)).launch_count == 0
    assert taught().decide(floor(idle_count=9, free_lines=-3)).launch_count == 0


@pytest.mark.parametrize("back_s", [0.2, 2.0, 30.0])
def test_a_clock_that_goes_back_a_little_neither_stops_nor_frees_it(back_s):
    pacer = taught()
    before = pacer.decide(floor(idle_count=3, talking_since_s=(940.0,) * 5))
    after = pacer.decide(floor(now_s=1000.0 - back_s, idle_count=3, talking_since_s=(940.0,) * 5))
    assert 0 < after.launch_count <= before.launch_count + 2


def test_contradictory_events_change_little_and_are_never_raised():
    pacer, calm = taught(), taught()
    for nth in range(20):
        at_s = 1000.0 + 0.01 * nth
        # Answered twice, connected without an answer, ended without a start.
        for event in (CallAnswered(at_s, 5.0), CallAnswered(at_s, 5.0), CallConnected(at_s, 0.0), TalkEnded(at_s, 0.0)):
            pacer.observe(event)
    now = floor(now_s=1001.0, idle_count=4)
    assert 0 < pacer.decide(now).launch_count <= calm.decide(now).launch_count


def test_silent_calls_of_a_large_floor_are_limited_until_they_have_begun_to_speak():
    pacer = Pacer(PacerSettings(mode=PacingMode.PREDICTIVE))
    for nth in range(2000):
        pacer.observe(CallLaunched(float(nth)))
        answered = nth % 25 == 0
        event = CallAnswered(nth + 10.0, 10.0) if answered else CallUnanswered(nth + 24.0, 24.0)
        pacer.observe(event)
    talking = tuple(1900.0 - 6.0 * nth for nth in range(19))
    ask = partial(floor, now_s=2100.0, idle_count=6, talking_since_s=talking, free_lines=999)
    spoken = pacer.decide(ask(ringing_since_s=(2089.0,) * 40)).launch_count
    silent = pacer.decide(ask(ringing_since_s=(2099.0,) * 70)).launch_count
    assert silent < spoken
    assert silent == 0

"""Estimators against their batch formulas, and against what would lead them astray."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacing.estimators import AnswerRate, AnswerWatch, RunningMean, Share


@pytest.mark.slow
@given(trials=st.lists(st.booleans(), max_size=80), memory=st.floats(2.0, 500.0), prior=st.floats(0.0, 1.0))
def test_a_share_equals_the_weighted_mean_at_every_prefix(trials, memory, prior):
    share = Share(prior, prior_weight=4.0, memory=memory)
    keep = 1.0 - 1.0 / memory
    for n in range(len(trials) + 1):
        weights = [keep ** (n - 1 - i) for i in range(n)]
        hits = prior * 4.0 * keep**n + sum(w for w, x in zip(weights, trials[:n], strict=True) if x)
        assert share.mean == pytest.approx(hits / (4.0 * keep**n + sum(weights)))
        assert share.n == n
        low, high = share.interval()
        assert 0.0 <= low <= share.mean + 1e-9
        assert share.mean - 1e-9 <= high <= 1.0
        if n < len(trials):
            share.observe(trials[n])


@given(values=st.lists(st.floats(0.0, 1e4), max_size=60), memory=st.floats(2.0, 500.0))
def test_a_running_mean_equals_the_weighted_mean_at_every_prefix(values, memory):
    mean = RunningMean(prior_mean=2.5, prior_weight=5.0, memory=memory)
    keep = 1.0 - 1.0 / memory
    for n in range(len(values) + 1):
        weights = [keep ** (n - 1 - i) for i in range(n)]
        total = 12.5 * keep**n + sum(w * x for w, x in zip(weights, values, strict=False))
        assert mean.mean == pytest.approx(total / (5.0 * keep**n + sum(weights)))
        if n < len(values):
            mean.observe(values[n])


@pytest.mark.parametrize(("field", "value"), [("prior_rate", 1.2), ("prior_weight", 0.0), ("memory", 1.0)])
def test_a_share_that_cannot_be_is_refused(field, value):
    with pytest.raises(ValueError, match=str(value)):
        Share(**{"prior_rate": 0.5, field: value})


def feed(rate, launches):
    """Observe calls as they finish: answers after 8 s, no-answers after 24 s."""
    ends = sorted((at_s + (8.0 if is_answered else 24.0), at_s, is_answered) for at_s, is_answered in launches)
    for end_s, at_s, is_answered in ends:
        rate.observe(at_s, is_answered)
        rate.settle(end_s)


def test_before_any_call_the_answer_rate_is_high():
    assert AnswerRate(settle_s=24.0).mean == 0.5


def test_a_burst_is_not_judged_by_its_answers_alone():
    rate = AnswerRate(settle_s=24.0)
    feed(rate, [(i * 1.0, i % 10 == 0) for i in range(400)])
    before = rate.mean
    for i in range(200):  # 200 calls at once; twenty answers come first
        if i % 10 == 0:
            rate.observe(430.0, True)
            rate.settle(438.0)
    assert rate.mean == pytest.approx(before, rel=0.15)


def test_finished_calls_count_once_all_launched_with_them_have_finished():
    rate = AnswerRate(settle_s=24.0)
    rate.observe(100.0, True)
    assert not rate.settle(124.9)
    assert rate.n == 0
    assert rate.settle(125.1)
    assert rate.n == 1


@pytest.mark.parametrize(("before", "after"), [(20, 3), (3, 20)])
def test_a_jump_of_the_answer_rate_is_learned_within_two_hundred_calls(before, after):
    rate = AnswerRate(settle_s=24.0)
    launches = [(i * 1.0, i % before == 0) for i in range(2000)] + [(2000.0 + i, i % after == 0) for i in range(200)]
    feed(rate, launches)
    rate.settle(3000.0)
    assert rate.mean == pytest.approx(1.0 / after, rel=0.35)


def test_the_level_stays_within_a_factor_of_five_of_the_long_run():
    rate = AnswerRate(settle_s=24.0)
    feed(rate, [(i * 1.0, i % 2 == 0) for i in range(5000)])
    long_run = rate.mean
    feed(rate, [(6000.0 + i, False) for i in range(800)])
    rate.settle(8000.0)
    assert long_run / 8.0 < rate.mean < long_run / 4.0


def test_a_call_from_the_future_does_not_hold_up_the_others():
    rate = AnswerRate(settle_s=24.0)
    rate.observe(1e9, True)
    for i in range(50):
        rate.observe(100.0 + i, False)
    rate.settle(300.0)
    assert rate.n == 51


@pytest.mark.slow
@given(st.lists(st.tuples(st.floats(0.0, 500.0), st.booleans()), max_size=60), st.integers(0, 2000))
def test_the_answer_rate_is_always_a_rate(calls, in_flight):
    rate = AnswerRate(settle_s=24.0)
    rate.remember(in_flight)
    for at_s, is_answered in calls:
        rate.observe(at_s, is_answered)
        rate.settle(at_s)
        assert 0.0 < rate.mean <= 1.0


def watched(per_second, answers_per_second, seconds=60):
    watch, owed = AnswerWatch(), 0.0
    for tick in range(2 * seconds):
        watch.expect(per_second, tick * 0.5)
        owed += answers_per_second * 0.5
        while owed >= 1.0:
            watch.observe(tick * 0.5)
            owed -= 1.0
    return watch.surge


@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 3.0), st.integers(0, 3)), max_size=40))
def test_the_watch_equals_its_sums_over_the_past_at_every_prefix(steps):
    watch, now_s, seen = AnswerWatch(), 0.0, []
    watch.expect(0.0, now_s)
    for gap_s, per_second, answers in steps:
        now_s += gap_s
        watch.expect(per_second, now_s)
        for _ in range(answers):
            watch.observe(now_s)
        seen.append((now_s, per_second * gap_s, answers))
        fading = [math.exp(-(now_s - at_s) / watch.memory_s) for at_s, _, _ in seen]
        expected = sum(weight * mean for weight, (_, mean, _) in zip(fading, seen, strict=True))
        answered = sum(weight * count for weight, (_, _, count) in zip(fading, seen, strict=True))
        # Page's sum is the largest gain over all stretches that end now.
        gains = [math.log(watch.times) * count - (watch.times - 1.0) * mean for _, mean, count in seen]
        page = max([0.0, *(_gain_since(gains, seen, first, watch) for first in range(len(seen)))])
        slow = (answered + 1.0) / (expected + 1.0)
        is_slow = answered - expected > watch.z * math.sqrt(expected + 1.0)
        if page <= watch.alarm - 1e-9:
            assert watch.surge == pytest.approx(slow if is_slow else 1.0, rel=1e-6)
        else:
            assert watch.surge >= 1.0


def _gain_since(gains, seen, first, watch):
    # A stretch begins with its answers: what was expected before them belongs to the one before.
    return sum(gains[first:]) + (watch.times - 1.0) * seen[first][1]


@pytest.mark.parametrize("rate", [0.03, 0.2, 0.6])
def test_intervals_hold_the_true_share_about_nineteen_times_in_twenty(rate):
    rng, held = random.Random(5), 0
    for _ in range(200):
        share = Share(0.5, prior_weight=2.0, memory=400.0)
        for _ in range(400):
            share.observe(rng.random() < rate)
        low, high = share.interval()
        held += low <= rate <= high
    # A forgetting mean varies less than its weight says, so that the interval is on the safe side.
    assert held >= 186


def test_the_interval_of_the_answer_rate_closes_around_it():
    rate, widths = AnswerRate(settle_s=24.0), []
    for first in range(0, 1200, 300):
        feed(rate, [(first + i * 1.0, i % 5 == 0) for i in range(300)])
        rate.settle(first + 400.0)
        low, high = rate.interval()
        assert low < 0.2 < high
        widths.append(high - low)
    assert widths[-1] < widths[0]


def test_a_sudden_rise_is_noticed_after_fewer_answers_than_a_slow_sum_needs():
    watch, slow = AnswerWatch(), AnswerWatch(alarm=math.inf)
    heard = {}
    for name, one in (("both", watch), ("slow", slow)):
        for tick in range(600):
            one.expect(0.15, tick * 0.5)
            if tick > 500 and tick % 2:
                one.observe(tick * 0.5)
                if one.surge > 1.0:
                    heard.setdefault(name, tick)
    assert heard["both"] < heard["slow"]


def test_answers_as_expected_are_no_surge():
    assert watched(0.5, 0.5) == 1.0


def test_three_times_the_answers_expected_are_a_surge():
    assert watched(0.5, 1.5) == pytest.approx(3.0, rel=0.15)


def test_answers_heard_while_nobody_decided_are_no_surge():
    watch = AnswerWatch()
    for second in range(100):
        watch.observe(float(second))
    assert watch.surge == 1.0


def test_a_cautious_rate_comes_down_to_the_mean_as_calls_are_seen():
    rate = AnswerRate(settle_s=24.0)
    feed(rate, [(i * 1.0, i % 10 == 0) for i in range(60)])
    early = rate.cautious / rate.mean
    feed(rate, [(100.0 + i, i % 10 == 0) for i in range(6000)])
    assert early > 1.2
    assert rate.cautious / rate.mean < 1.06

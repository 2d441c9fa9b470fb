"""The people behind the numbers: the same from one seed in any order, and as often as assumed."""

import random
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

import pytest
from scipy import stats

from adapters.simulated.fates import CallFate, Party
from adapters.simulated.people import People
from dialer.disposition import NetworkOutcome
from dialer.model import NumberKind
from dialer.records import AnsweredBy
from tests.adapters.simulated.samples import TEN, ZONE, account, assuming, assumptions, card

A = assumptions()

# Assumptions under which every number is alike and only the hour decides.
ALIKE = assuming(
    numbers={"invalid": {"shares": {}}, "wrong": {"shares": {}}},
    answer={"person_spread": {"value": 0.0}, "odds_telesales": {"value": 1.0}},
    network={"busy": {"share": 0.0}, "congested": {"share": 0.0}},
)


def people(given=None, seed: int = 1, count: int = 3000, purpose: str = "telesales", **values) -> People:
    made = People(given or assumptions(), seed, ZONE)
    made.add(purpose, purpose, [account(index, **values) for index in range(count)])
    return made


def times_odds(share: float, factor: float) -> float:
    """A probability whose odds are multiplied."""
    odds = share / (1 - share) * factor
    return odds / (1 + odds)


def first_calls(made: People, order: Iterable[int], at=TEN) -> dict[int, CallFate]:
    return {index: made.take_call(f"+8210{index:08d}", f"a-{index}", at) for index in order}


def is_near(count: int, of: int, share: float) -> bool:
    """Whether a count is what a share makes likely, with a chance of one in a thousand to be wrong."""
    return stats.binomtest(count, of, share).pvalue > 0.001


def test_same_seed_gives_the_same_fates_whatever_the_order_of_the_calls():
    shuffled = list(range(500))
    random.Random(5).shuffle(shuffled)
    assert first_calls(people(), range(500)) == first_calls(people(), shuffled)


def test_another_seed_gives_other_fates():
    assert first_calls(people(seed=1), range(100)) != first_calls(people(seed=2), range(100))


def test_fate_remembers_nothing():
    made = people()
    fates = [made.fate("+821000000007", "a-7", TEN, 0) for _ in range(3)]
    assert fates[0] == fates[1] == fates[2]
    assert made.take_call("+821000000007", "a-7", TEN) == fates[0]


def test_earlier_tries_of_the_day_count_and_those_of_another_day_do_not():
    made, number = people(), "+821000000007"
    made.take_call(number, "a-1", TEN)
    made.take_call(number, "a-2", TEN)
    assert made.behind(number).tries_today == 2
    made.take_call(number, "a-3", TEN + timedelta(days=1))
    assert made.behind(number).tries_today == 1


def test_day_changes_at_local_midnight():
    made, number = people(), "+821000000007"
    midnight = TEN.replace(hour=15)  # in Seoul
    made.take_call(number, "a-1", midnight - timedelta(seconds=1))
    made.take_call(number, "a-2", midnight)
    assert made.behind(number).tries_today == 1


def test_number_that_nobody_has_is_invalid():
    fate = people().take_call("+82299999999", "a-1", TEN)
    assert fate.outcome is NetworkOutcome.INVALID_NUMBER
    assert not fate.is_answered


def is_valid(fate: CallFate) -> bool:
    return fate.outcome is not NetworkOutcome.INVALID_NUMBER


def test_number_that_is_invalid_stays_invalid():
    made = people()
    dead = [index for index, fate in first_calls(made, range(3000)).items() if not is_valid(fate)]
    assert dead
    for index in dead:
        again = made.take_call(f"+8210{index:08d}", f"b-{index}", TEN)
        assert again.outcome is NetworkOutcome.INVALID_NUMBER


@pytest.mark.slow
def test_people_answer_as_often_as_the_hour_says():
    made = people(ALIKE)
    for hours in (0, 2, 8):
        share = A.answer.mobile.of_hour[10 + hours]
        fates = [
            made.fate(f"+8210{index:08d}", f"{hours}-{index}", TEN + timedelta(hours=hours), 0) for index in range(3000)
        ]
        assert is_near(sum(fate.is_person for fate in fates), 3000, share)


def test_second_try_of_the_day_is_answered_less():
    made = people(ALIKE)
    fates = [made.fate(f"+8210{index:08d}", f"a-{index}", TEN, 1) for index in range(3000)]
    expected = times_odds(A.answer.mobile.of_hour[10], A.answer.odds_by_try_today.at(1))
    assert expected < A.answer.mobile.of_hour[10]
    assert is_near(sum(fate.is_person for fate in fates), 3000, expected)


@pytest.mark.parametrize("days", [5, 45, 75, 200])
def test_debtors_answer_less_with_days_past_due(days):
    made = people(ALIKE, purpose="collection", days=days)
    fates = first_calls(made, range(3000))
    factors = A.answer.odds_collection
    assert list(factors.values) == sorted(factors.values, reverse=True)
    expected = times_odds(A.answer.mobile.of_hour[10], factors.at(days))
    assert is_near(sum(fate.is_person for fate in fates.values()), 3000, expected)


def test_reachability_of_a_person_has_the_assumed_spread():
    made = people(assuming(answer={"odds_telesales": {"value": 1.0}}), count=4000)
    odds = [made.behind(f"+8210{index:08d}").odds for index in range(4000)]
    variance = A.answer.person_spread.value**2
    assert stats.kstest(odds, stats.gamma(1 / variance, scale=variance).cdf).pvalue > 0.001


def test_network_failures_are_as_frequent_as_assumed():
    fates = first_calls(people(), range(3000))
    counts = Counter(fate.outcome for fate in fates.values())
    invalid = A.numbers.invalid.of("mobile")
    valid = 3000 * (1 - invalid)
    expected = [3000 * invalid, valid * A.network.busy.share, valid * A.network.congested.share]
    seen = [
        counts[outcome] for outcome in (NetworkOutcome.INVALID_NUMBER, NetworkOutcome.BUSY, NetworkOutcome.CONGESTED)
    ]
    rest = 3000 - sum(expected)
    assert stats.chisquare([*seen, 3000 - sum(seen)], [*expected, rest]).pvalue > 0.001


def test_answers_come_after_post_dial_delay_and_a_shifted_gamma_ring():
    still = assuming(network={"post_dial_delay": {"law": "uniform", "min_s": 1.0, "max_s": 1.0}})
    fates = [fate for fate in first_calls(people(still), range(3000)).values() if fate.is_person]
    ring = A.answer.ring
    over = ring.mean_s - ring.min_s
    shape = (over / (ring.cv * ring.mean_s)) ** 2
    law = stats.gamma(shape, loc=1.0 + ring.min_s, scale=over / shape)
    assert stats.kstest([fate.answered_s for fate in fates], law.cdf).pvalue > 0.001


@pytest.mark.slow
def test_who_answers_is_as_assumed_by_kind_of_number():
    shares = {}
    for kind in (NumberKind.MOBILE, NumberKind.HOME):
        share = A.telesales.third_party.of(kind.value)
        fates = [fate for fate in first_calls(people(ALIKE, kind=kind), range(3000)).values() if fate.is_person]
        thirds = sum(fate.party is Party.THIRD for fate in fates)
        assert is_near(thirds, len(fates), share)
        shares[kind] = thirds / len(fates)
    assert shares[NumberKind.HOME] > shares[NumberKind.MOBILE]


def test_wrong_number_is_always_answered_by_a_stranger():
    made = people(assuming(numbers={"wrong": {"shares": {"mobile": 1.0}}}))
    parties = {fate.party for fate in first_calls(made, range(500)).values() if fate.is_person}
    assert parties == {Party.WRONG}


@pytest.mark.slow
def test_machine_detection_errs_as_often_as_assumed_and_as_late():
    fates = first_calls(people(count=6000), range(6000)).values()
    humans = [fate for fate in fates if fate.is_person]
    machines = [fate for fate in fates if fate.party is Party.MACHINE]
    assert is_near(sum(fate.is_false_machine for fate in humans), len(humans), A.detection.false_machine.share)
    assert is_near(
        sum(fate.detected is AnsweredBy.HUMAN for fate in machines), len(machines), A.detection.missed_machine.share
    )
    decided = [fate.detected_s for fate in fates if fate.detected is AnsweredBy.MACHINE]
    law = A.detection.machine_decision
    assert stats.kstest(decided, stats.uniform(law.min_s, law.max_s - law.min_s).cdf).pvalue > 0.001


@pytest.mark.slow
def test_person_is_known_after_the_greeting_and_the_silence_that_follows():
    for fate in first_calls(people(), range(1000)).values():
        if fate.is_person and fate.detected is AnsweredBy.HUMAN:
            silence = A.detection.person_silence
            assert silence.min_s <= fate.detected_s - fate.greeting_s + 1e-9
            assert fate.detected_s - fate.greeting_s - 1e-9 <= silence.max_s
            assert fate.stays_s > fate.greeting_s


def test_without_detection_everybody_is_unknown_when_the_greeting_ends():
    for fate in first_calls(people(assuming(detection={"is_on": False})), range(500)).values():
        if fate.is_answered:
            assert fate.detected is AnsweredBy.UNKNOWN
            assert fate.detected_s == fate.greeting_s


def test_number_in_two_lists_belongs_to_the_first():
    made = People(assumptions(), 1, ZONE)
    first, second = account(1), account(1, days=40)
    made.add("telesales", "telesales", [first])
    made.add("late", "collection", [second])
    assert made.behind("+821000000001").account is first


def test_unknown_purpose_is_refused():
    with pytest.raises(ValueError, match="must be one of telesales, collection"):
        People(assumptions(), 1, ZONE).add("survey", "survey", [])


def test_talk_does_not_depend_on_the_talks_of_others():
    made, fate = people(), first_calls(people(), range(50))
    answered = [index for index, one in fate.items() if one.party is Party.RIGHT]
    forward = [made.converse(card(account(index), attempt_id=f"a-{index}"), fate[index], TEN) for index in answered]
    again = people()
    back = [again.converse(card(account(index), attempt_id=f"a-{index}"), fate[index], TEN) for index in answered[::-1]]
    assert forward == back[::-1]


@pytest.mark.slow
def test_first_sales_calls_are_answered_by_a_fifth_to_half_of_the_people_at_every_hour():
    for hour in range(9):
        fates = first_calls(people(), range(3000), TEN + timedelta(hours=hour))
        share = sum(fate.is_person and fate.answered_s < 24.0 for fate in fates.values()) / 3000
        assert 0.2 <= share <= 0.5, hour

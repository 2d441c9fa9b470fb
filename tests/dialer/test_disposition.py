"""What a disposition means, and how the network's word refines what we knew."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_rules import OUTCOMES, SEQUENCE_WORDS
from dialer.disposition import DISPOSITIONS, Disposition, HungUpBy, NetworkOutcome, refine

UNANSWERED = {
    NetworkOutcome.NO_ANSWER: Disposition.NO_ANSWER,
    NetworkOutcome.BUSY: Disposition.BUSY,
    NetworkOutcome.REJECTED: Disposition.REJECTED,
    NetworkOutcome.INVALID_NUMBER: Disposition.INVALID_NUMBER,
    NetworkOutcome.CONGESTED: Disposition.CONGESTED,
    NetworkOutcome.TRUNK_LOST: Disposition.TRUNK_LOST,
    NetworkOutcome.NORMAL: Disposition.NO_ANSWER,
}


@pytest.mark.parametrize("by", HungUpBy)
@pytest.mark.parametrize("outcome", NetworkOutcome)
def test_call_that_nobody_answered_takes_the_word_of_the_network(outcome, by):
    assert refine(Disposition.NO_ANSWER, outcome, by) is UNANSWERED[outcome]


@pytest.mark.parametrize(
    ("by", "is_limit_over", "expected"),
    [
        (HungUpBy.PERSON, False, Disposition.HUNG_UP_EARLY),
        (HungUpBy.PERSON, True, Disposition.ABANDONED),
        (HungUpBy.US, False, Disposition.ABANDONED),
        (HungUpBy.US, True, Disposition.ABANDONED),
        (HungUpBy.NETWORK, False, Disposition.ABANDONED),
        (HungUpBy.NETWORK, True, Disposition.ABANDONED),
    ],
)
def test_abandoned_person_hung_up_early_only_by_themselves_and_within_the_limit(by, is_limit_over, expected):
    assert refine(Disposition.ABANDONED, NetworkOutcome.NORMAL, by, is_limit_over=is_limit_over) is expected


def test_lost_trunk_does_not_erase_an_abandonment():
    assert refine(Disposition.ABANDONED, NetworkOutcome.TRUNK_LOST, HungUpBy.NETWORK) is Disposition.ABANDONED


@given(
    so_far=st.sampled_from([one for one in Disposition if one not in (Disposition.NO_ANSWER, Disposition.ABANDONED)]),
    outcome=st.sampled_from(NetworkOutcome),
    by=st.sampled_from(HungUpBy),
    is_limit_over=st.booleans(),
)
def test_nothing_else_is_refined(so_far, outcome, by, is_limit_over):
    assert refine(so_far, outcome, by, is_limit_over=is_limit_over) is so_far


def test_every_disposition_stands_in_the_table():
    assert set(DISPOSITIONS) == set(Disposition)


def test_ledger_outcomes_are_words_of_the_contact_rules():
    assert {traits.ledger_outcome for traits in DISPOSITIONS.values()} <= set(OUTCOMES)


def test_answered_by_a_person_is_connected_abandoned_hung_up_early_or_false_machine():
    parts = {
        one
        for one, traits in DISPOSITIONS.items()
        if traits.is_connected or traits.counts_as_abandoned or one is Disposition.HUNG_UP_EARLY
    }
    assert parts == {one for one, traits in DISPOSITIONS.items() if traits.is_answered_by_person}
    assert {one for one, traits in DISPOSITIONS.items() if traits.counts_as_abandoned} == {
        Disposition.ABANDONED,
        Disposition.FALSE_MACHINE,
    }


def test_success_and_right_party_need_a_connection():
    for traits in DISPOSITIONS.values():
        assert traits.is_connected or not traits.is_right_party
        assert traits.is_right_party or not traits.is_success
        assert not (traits.is_connected and traits.counts_as_abandoned)


def test_policies_can_plan_after_every_outcome_that_leaves_a_next_try():
    over = {Disposition.PROMISED, Disposition.SOLD, Disposition.REFUSED, Disposition.OPTED_OUT}
    unnamed = {
        one: traits.retry_outcome
        for one, traits in DISPOSITIONS.items()
        if one not in over and traits.retry_outcome not in SEQUENCE_WORDS
    }
    # The vocabulary of policies has no word for somebody else on the line yet.
    assert unnamed == {Disposition.THIRD_PARTY: "third_party"}

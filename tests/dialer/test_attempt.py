"""The life cycle table, pair by pair."""

import pytest

from dialer.attempt import TRANSITIONS, AttemptEvent, AttemptState, MisuseError, advance

LEGAL = {
    ("claimed", "originated"): "dialing",
    ("claimed", "disposed"): "disposed",
    ("dialing", "answered"): "detecting",
    ("dialing", "disposed"): "disposed",
    ("detecting", "detected_person"): "waiting",
    ("detecting", "detected_machine"): "machine",
    ("detecting", "disposed"): "disposed",
    ("waiting", "connected"): "talking",
    ("waiting", "disposed"): "disposed",
    ("machine", "disposed"): "disposed",
    ("talking", "talk_ended"): "wrap_up",
    ("talking", "disposed"): "disposed",
    ("wrap_up", "disposed"): "disposed",
}


@pytest.mark.parametrize("event", AttemptEvent, ids=lambda one: one.value)
@pytest.mark.parametrize("state", AttemptState, ids=lambda one: one.value)
def test_every_pair_of_state_and_event_is_legal_or_refused(state, event):
    expected = LEGAL.get((state.value, event.value))
    if expected is not None:
        assert advance(state, event) is AttemptState(expected)
    else:
        with pytest.raises(MisuseError) as refused:
            advance(state, event)
        allowed = ", ".join(name for was, name in LEGAL if was == state.value) or "nothing"
        assert str(refused.value) == (
            f"an attempt in state {state.value} cannot take the event {event.value}; allowed: {allowed}"
        )


def test_refusal_names_state_event_and_what_was_allowed():
    with pytest.raises(MisuseError) as refused:
        advance(AttemptState.DETECTING, AttemptEvent.CONNECTED)
    assert str(refused.value) == (
        "an attempt in state detecting cannot take the event connected; "
        "allowed: detected_person, detected_machine, disposed"
    )


def test_ended_attempt_takes_nothing_more():
    with pytest.raises(MisuseError) as refused:
        advance(AttemptState.DISPOSED, AttemptEvent.DISPOSED)
    assert str(refused.value) == "an attempt in state disposed cannot take the event disposed; allowed: nothing"


def test_every_state_can_be_reached_and_left_by_a_disposition():
    reached = {AttemptState.CLAIMED} | {after for row in TRANSITIONS.values() for after in row.values()}
    assert reached == set(AttemptState) == set(TRANSITIONS)
    assert all(AttemptEvent.DISPOSED in row for state, row in TRANSITIONS.items() if state is not AttemptState.DISPOSED)

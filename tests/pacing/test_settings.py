"""Settings that cannot be are refused with the value in the message."""

import pytest

from pacing import AbandonmentWindow, PacerSettings


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("ring_s", 14.9, "ring_s must be at least 15 seconds, not 14.9"),
        ("connect_s", 0.0, "connect_s must be a positive number of seconds, not 0.0"),
        ("tick_s", float("nan"), "tick_s must be a positive number of seconds, not nan"),
        ("abandonment_target", 1.5, "abandonment_target must lie between 0 and 1, not 1.5"),
        ("give_up_ringing_after_s", 8.0, "give_up_ringing_after_s must be at least 15 seconds or nothing, not 8.0"),
    ],
)
def test_a_value_that_cannot_be_is_named(field, value, message):
    with pytest.raises(ValueError, match=message):
        PacerSettings(**{field: value})


def test_fifteen_seconds_of_ringing_are_lawful():
    assert PacerSettings(ring_s=15.0, give_up_ringing_after_s=15.0).ring_s == 15.0


def test_a_regime_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="regime must be one of house, ftc, fcc, ofcom, crtc, not 'fca'"):
        AbandonmentWindow(name="day", regime="fca")


def test_two_windows_of_one_name_are_refused():
    with pytest.raises(ValueError, match="windows must have different names, not day, day"):
        PacerSettings(windows=(AbandonmentWindow(name="day"), AbandonmentWindow(name="day")))


def test_a_window_with_a_lower_limit_is_held_to_its_own():
    settings = PacerSettings(abandonment_target=0.03, windows=(AbandonmentWindow(name="day", limit=0.01),))
    assert settings.target_of("day") == 0.01
    assert settings.target_of("month") == 0.03

import math

import pytest

from bench.compare import interval, paired


def test_a_paired_difference_sees_what_two_means_would_not():
    ours, theirs = [10.1, 20.1, 30.1, 40.2], [10.0, 20.0, 30.0, 40.0]
    found = paired(ours, theirs)
    assert found.mean == pytest.approx(0.125)
    assert not found.holds_zero


def test_one_day_alone_says_nothing():
    assert interval([0.8]).half_width == math.inf
    assert interval([0.8]).holds_zero


def test_days_must_be_the_same_number():
    with pytest.raises(ValueError, match="zip"):
        paired([1.0], [1.0, 2.0])

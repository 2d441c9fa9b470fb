"""What the measurements of the rules assert, at a size that a test can afford."""

import pytest

from bench.rules_made import forty_book
from bench.rules_misspelt import misspell_all, shipped
from bench.rules_peers import compare_peers
from bench.rules_scan import scan


def test_at_least_forty_rules_run() -> None:
    assert len(forty_book().running) >= 40


@pytest.mark.slow
def test_next_allowed_is_the_first_step_of_a_scan_across_both_clock_changes() -> None:
    found = scan(2_000, days=1, step_s=300)
    assert (found.accounts, found.differences) == (2_000, 0)
    assert found.within > 100


@pytest.mark.slow
def test_misspelt_words_are_refused_and_the_right_one_is_suggested_first() -> None:
    found = misspell_all(shipped(), every=120)
    assert found.missed == ()
    assert found.suggested_first >= 0.95 * found.words


@pytest.mark.slow
def test_the_same_policy_elsewhere_gives_the_same_answers() -> None:
    for one in compare_peers(150):
        assert one.agree == one.accounts, one.name

"""A daemon that is killed while it dials: real processes, a real journal, and a carrier that keeps its own book."""

import pytest

from bench.crash import Killer


@pytest.mark.slow
def test_whatever_is_killed_nothing_is_lost_and_nobody_is_called_twice(tmp_path):
    killer = Killer(tmp_path, seed=7, accounts=1_500, agents=60)
    with killer.carrier():
        for _ in range(8):
            killer.kill_once(longest_s=0.6)
        killer.finish()
    assert killer.audit.faults == []
    assert killer.audit.starts >= 5
    assert killer.audit.interrupted, "no kill met a call"
    assert len(killer.audit.claims) > 200

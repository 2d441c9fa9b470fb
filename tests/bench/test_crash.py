"""A daemon that is killed while it dials: real processes, a real journal, and a carrier that keeps its own book."""

import resource
import signal
import time

import pytest

from adapters.simulated.carrier_book import read_book
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


def wait_for(killer, event, count=1):
    """Block until the daemon has said so often that something happened."""
    until = time.monotonic() + 120.0
    while (killer.folder / "daemon.log").read_text().count(f'"{event}"') < count:
        assert time.monotonic() < until, f"the daemon has not said {event}"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux to take a disk's room away from a process")
def test_disk_that_fills_stops_everything_and_room_starts_it_again(tmp_path):
    killer = Killer(tmp_path, seed=7, accounts=1_500, agents=60)
    with killer.carrier(), killer._daemon() as daemon:
        wait_for(killer, "engine_started")
        # The log of a write-ahead journal cannot grow any more: what a full disk says, the kernel says here.
        resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
        wait_for(killer, "engine_restarts")
        time.sleep(0.1)  # the carrier writes down what it had heard before
        dialed = read_book(killer.book)
        time.sleep(0.3)
        assert read_book(killer.book) == dialed, "it dials without a journal"
        resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        wait_for(killer, "engine_started", 2)
        time.sleep(0.5)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(timeout=120) == 0
    killer.look()
    killer.compare()
    assert killer.audit.faults == []
    assert killer.audit.open_ids == set()


@pytest.mark.slow
def test_a_newer_process_takes_over_after_the_older_has_finished_its_calls(tmp_path):
    killer = Killer(tmp_path, seed=7, accounts=1_500, agents=60)
    with killer.carrier(), killer._daemon() as older:
        wait_for(killer, "engine_started")
        time.sleep(0.5)
        with killer._daemon() as rejected:
            assert rejected.wait(timeout=120) != 0, "two processes dial from one journal"
        assert older.poll() is None
        with killer._daemon("--take-over") as newer:
            assert older.wait(timeout=120) == 0
            wait_for(killer, "engine_started", 2)
            time.sleep(0.5)
            newer.send_signal(signal.SIGTERM)
            assert newer.wait(timeout=120) == 0
    killer.look()
    killer.compare()
    assert killer.audit.faults == []
    assert killer.audit.open_ids == set()
    assert killer.audit.starts == 2
    assert not killer.audit.interrupted, "a call was lost in the change"

"""Two sites on one journal, as real processes: caps hold across them, and a stopped one cannot come back."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.journal_postgres import PostgresJournal
from bench.postgres_server import NoPostgresError, server
from dialer.chain import first_fault
from dialer.record_codec import decode_all
from dialer.records import CampaignChanged, CampaignState, Claimed, Disposed, Originated, Record

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PATIENCE_S = 90
CAMPAIGN = """
[[campaigns]]
id = "{0}"
name = {{ ko = "{0}", en = "{0}" }}
purpose = "collection"
caller_id = "+8215990102"
rules = ["house.rules"]
assume_clean = true
list = {{ path = "list.csv", fictitious_numbers = {{ mobile = 1.0 }}, columns = {{ person_id = "id" }} }}
"""
SHIFT = """
[[simulation.shifts]]
site = "{0}"
campaigns = ["spring", "autumn"]
agents = 8
start = "09:00"
end = "20:00"
"""
DAY = """
title = {{ ko = "두 지점", en = "Two sites" }}
time_zone = "Asia/Seoul"
own_numbers = ["+8215990102"]
drain_s = 300
trunks = [{{ name = "t1", lines = 60, calls_per_s = 30 }}]
{campaigns}
[simulation]
start = 2026-11-24T09:00:00
end = 2026-11-24T20:00:00
seed = 1
assumptions = "{assumptions}"
{shifts}
"""
# Whoever the other site has just called is nobody to call here: every account is fought for.
RULES = """
pack house 2026.1

rule house.hours  "시간"  "Hours"
  policy   house manual 1
  open     Mon-Fri 08:00-21:00
  say      ko "영업시간에만"  en "In hours only"

rule house.once  "하루 한 번"  "Once a day"
  policy   house manual 2
  at most  1 attempts a day per person
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    try:
        with server(is_durable=True) as address:
            yield address
    except NoPostgresError as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))


@pytest.fixture
def sites(url: str, tmp_path: Path) -> Iterator[Callable[[str, str], "subprocess.Popen[str]"]]:
    """Start a site that takes one campaign first; whatever is left is ended."""
    (tmp_path / "day.toml").write_text(
        DAY.format(
            campaigns="".join(CAMPAIGN.format(name) for name in ("spring", "autumn")),
            shifts="".join(SHIFT.format(name) for name in ("seoul", "busan")),
            assumptions=ROOT / "examples/bank_day/assumptions.toml",
        )
    )
    (tmp_path / "house.rules").write_text(RULES)
    (tmp_path / "list.csv").write_text("id\n" + "".join(f"p-{number:04d}\n" for number in range(600)))
    started = []

    def start(site: str, first: str) -> "subprocess.Popen[str]":
        command = ["run", tmp_path / "day.toml", "--speed", 60, "--journal", url, "--site", site, "--first", first]
        process = subprocess.Popen(
            [sys.executable, "-m", "dialer", *map(str, command), "--no-web"],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for one in started:
        if one.poll() is None:
            one.kill()
        one.communicate()


def records(store: PostgresJournal) -> list[Record]:
    return list(decode_all(store.read()))


def wait_until(store: PostgresJournal, is_so: Callable[[list[Record]], bool]) -> None:
    last_s = time.monotonic() + PATIENCE_S
    while not is_so(records(store)):
        assert time.monotonic() < last_s, "nothing happens"
        time.sleep(0.2)


def claims_of(campaign_id: str, over: int) -> Callable[[list[Record]], bool]:
    return lambda found: sum(isinstance(one, Claimed) and one.campaign_id == campaign_id for one in found) > over


def starts_of(campaign_id: str, count: int) -> Callable[[list[Record]], bool]:
    def is_so(found: list[Record]) -> bool:
        changes = [one for one in found if isinstance(one, CampaignChanged) and one.campaign_id == campaign_id]
        return sum(one.state is CampaignState.RUNNING for one in changes) >= count

    return is_so


def test_caps_hold_over_two_sites_and_a_stopped_one_is_replaced_and_cannot_write(url, sites):
    seoul, busan = sites("seoul", "spring"), sites("busan", "autumn")
    store = PostgresJournal(url, name="looks on")
    wait_until(store, lambda found: claims_of("spring", 12)(found) and claims_of("autumn", 12)(found))

    seoul.send_signal(signal.SIGSTOP)
    wait_until(store, starts_of("spring", 2))  # busan has taken over
    before = len(records(store))
    seoul.send_signal(signal.SIGCONT)
    wait_until(store, claims_of("spring", 24))
    for one in (seoul, busan):
        one.send_signal(signal.SIGTERM)
    logs = [one.communicate(timeout=PATIENCE_S)[1] for one in (seoul, busan)]
    assert (seoul.returncode, busan.returncode) == (0, 0), logs
    assert "no longer owns `spring`" in logs[0]

    found = records(store)
    assert first_fault(store.links(), store.head()) is None
    check_nobody_was_called_twice(found)
    of_seoul = {one.agent_id for one in found[before:] if isinstance(one, Claimed)} - {None}
    assert all(agent_id.startswith("busan") for agent_id in of_seoul)
    store.close()


def check_nobody_was_called_twice(found: list[Record]) -> None:
    persons = {one.attempt_id: one.person_id for one in found if isinstance(one, Claimed)}
    dialed = Counter(persons[one.attempt_id] for one in found if isinstance(one, Originated))
    assert max(dialed.values()) == 1
    disposed = Counter(one.attempt_id for one in found if isinstance(one, Disposed))
    assert disposed == Counter(dict.fromkeys(persons, 1))

"""The program as its users start it: real processes, real files, real signals."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.journal_sqlite import SqliteJournal
from dialer.record_codec import decode_all
from dialer.records import CampaignChanged, CampaignState, Claimed, Disposed, Record

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
SMALL = ("--agents", "12", "--until", "09:20")
# Long enough for the slowest machine; nothing waits for it to pass.
PATIENCE_S = 120


def paceline(*arguments: object, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    return subprocess.run(
        [sys.executable, "-m", "dialer", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "COLUMNS": "120"},
        check=False,
    )


def records(journal: Path) -> list[Record]:
    """What a journal holds, read beside the process that writes it."""
    if not journal.exists():
        return []
    store = SqliteJournal(journal)
    lines = list(store.read())
    store.close()
    return list(decode_all(lines))


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example bank, so that a run leaves nothing in the tree."""
    folder = tmp_path_factory.mktemp("bank") / "bank_day"
    shutil.copytree(ROOT / "examples/bank_day", folder)
    return folder


@pytest.fixture(scope="module")
def simulated(bank: Path) -> Path:
    """A small simulated morning and what it wrote."""
    out = bank.parent
    files = ("--report", out / "day.html", "--json", out / "day.json", "--journal", out / "day.journal")
    done = paceline("simulate", bank / "day.toml", *SMALL, *files)
    assert done.returncode == 0, done.stderr
    assert re.search(r"\d+ attempts in .* seed 1", done.stdout)
    return out


def test_simulate_writes_the_page_the_figures_and_the_journal(simulated):
    assert (simulated / "day.html").read_text(encoding="utf-8").startswith("<!")
    assert json.loads((simulated / "day.json").read_text(encoding="utf-8"))
    claims = sum(isinstance(one, Claimed) for one in records(simulated / "day.journal"))
    assert claims == sum(isinstance(one, Disposed) for one in records(simulated / "day.journal")) > 20


def test_report_makes_the_same_figures_again_from_the_journal(bank, simulated):
    again = simulated / "again.json"
    files = ("--out", simulated / "again.html", "--json", again)
    done = paceline("report", simulated / "day.journal", bank / "day.toml", *files)
    assert done.returncode == 0, done.stderr
    assert json.loads(again.read_text("utf-8")) == json.loads((simulated / "day.json").read_text("utf-8"))
    assert (simulated / "again.html").read_text("utf-8") == (simulated / "day.html").read_text("utf-8")


def test_replay_says_what_the_journal_holds(bank, simulated):
    done = paceline("replay", simulated / "day.journal", bank / "day.toml")
    count = len(records(simulated / "day.journal"))
    assert done.returncode == 0, done.stderr
    assert f"{count:,} records, 0 open attempts" in done.stdout


def test_another_process_with_another_hash_seed_writes_the_same_journal_to_the_byte(bank, simulated):
    other = simulated / "other.journal"
    files = ("--report", simulated / "other.html", "--journal", other)
    done = paceline("simulate", bank / "day.toml", *SMALL, *files, hash_seed="4242")
    assert done.returncode == 0, done.stderr
    assert lines(other) == lines(simulated / "day.journal")


def lines(journal: Path) -> list[bytes]:
    store = SqliteJournal(journal)
    found = list(store.read())
    store.close()
    return found


def test_import_twice_adds_nothing(bank):
    store = bank.parent / "accounts.db"
    first = paceline("import", bank / "day.toml", "--into", store)
    second = paceline("import", bank / "day.toml", "--into", store)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert len(re.findall(r"[1-9][\d,]* new persons", first.stdout)) == 3
    assert second.stdout.count(" 0 new persons") == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--set", "campaigns.telesales.ring_s=9"),
            "campaigns[0]: ring_s is 9, and a call must ring at least 15 s before it is given up",
        ),
        (
            ("--set", "campaigns.telesale.ring_s=20"),
            "--set campaigns.telesale.ring_s: there is no `telesale`; there are telesales, early, late",
        ),
        (("--until", "late"), "--until late: write a time like 11:30"),
        (("--set", "trunks.seoul.lines=0"), "trunks[0]: 'lines' must be >= 1: 0"),
        (("--set", "campaigns.early.pacing.abandonment_target=2.0"), "campaigns[1]: abandonment_target"),
    ],
)
def test_a_fault_of_the_configuration_is_said_in_words_and_ends_with_2(bank, arguments, message):
    done = paceline("simulate", bank / "day.toml", *arguments, "--report", bank.parent / "none.html")
    assert done.returncode == 2
    assert message in done.stderr.replace(f"{bank / 'day.toml'}: ", "")
    assert "Traceback" not in done.stderr


def test_a_missing_file_is_said_in_words(tmp_path, bank):
    done = paceline("simulate", tmp_path / "none.toml")
    assert done.returncode == 2
    said = f"paceline: {tmp_path / 'none.toml'}: cannot be read (No such file or directory); check the path"
    assert done.stderr.strip() == said
    done = paceline("replay", tmp_path / "none.journal", bank / "day.toml")
    assert done.returncode == 2
    assert "there is no such journal; check the path" in done.stderr


class Running:
    """`paceline run` on a journal, from half past nine so that agents are there at once."""

    def __init__(self, bank: Path, journal: Path, speed: int) -> None:
        self.journal = journal
        start = ("--set", "simulation.start=2026-11-24T09:30:00")
        command = ["run", bank / "day.toml", "--speed", speed, "--agents", 30, "--journal", journal, *start]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dialer", *map(str, command)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until(self, is_so: Callable[[list[Record]], bool]) -> None:
        """Block until the journal says so."""
        last_s = time.monotonic() + PATIENCE_S
        while not is_so(records(self.journal)):
            assert self.process.poll() is None, self.process.stderr.read() if self.process.stderr else ""
            assert time.monotonic() < last_s, "nothing happens"
            time.sleep(0.1)

    def signal(self, number: int) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """Exit code and log."""
        _, log = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, log


@pytest.fixture
def start(bank: Path, tmp_path: Path) -> Iterator[Callable[[int], Running]]:
    """Start the program on one journal; whatever is left is ended."""
    started: list[Running] = []

    def begin(speed: int) -> Running:
        started.append(Running(bank, tmp_path / "live.journal", speed))
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


def claims_over(count: int) -> Callable[[list[Record]], bool]:
    return lambda found: sum(isinstance(one, Claimed) for one in found) > count


def is_draining(found: list[Record]) -> bool:
    return any(isinstance(one, CampaignChanged) and one.state is CampaignState.DRAINING for one in found)


def check_attempts(found: list[Record]) -> None:
    """No id twice; every claim has its one disposition."""
    claimed = Counter(one.attempt_id for one in found if isinstance(one, Claimed))
    disposed = Counter(one.attempt_id for one in found if isinstance(one, Disposed))
    assert claimed == disposed
    assert max(claimed.values()) == 1


def test_the_first_sigterm_drains_and_a_restart_goes_on_where_the_journal_ends(start):
    first = start(600)
    first.wait_until(claims_over(20))
    first.signal(signal.SIGTERM)
    code, log = first.end()
    assert code == 0, log
    before = records(first.journal)
    check_attempts(before)
    assert is_draining(before)
    second = start(600)
    second.wait_until(claims_over(sum(isinstance(one, Claimed) for one in before) + 10))
    second.signal(signal.SIGTERM)
    code, log = second.end()
    assert code == 0, log
    check_attempts(records(second.journal))


def test_the_second_sigterm_stops_at_once(start):
    running = start(20)
    running.wait_until(claims_over(4))
    running.signal(signal.SIGTERM)
    running.wait_until(is_draining)
    running.signal(signal.SIGTERM)
    code, log = running.end()
    assert code == 0, log
    assert "stop_requested" in log
    check_attempts(records(running.journal))


def test_attempts_that_a_crash_left_open_are_closed_at_the_next_start(start):
    crashed = start(20)
    crashed.wait_until(claims_over(6))
    crashed.signal(signal.SIGKILL)
    crashed.end()
    open_ids = {one.attempt_id for one in records(crashed.journal) if isinstance(one, Claimed)} - {
        one.attempt_id for one in records(crashed.journal) if isinstance(one, Disposed)
    }
    assert open_ids
    again = start(600)
    again.wait_until(claims_over(20))
    again.signal(signal.SIGTERM)
    code, log = again.end()
    assert code == 0, log
    found = records(again.journal)
    check_attempts(found)
    ends = {one.attempt_id: one.ends for one in found if isinstance(one, Disposed)}
    assert {ends[one] for one in open_ids} == {"interrupted; a supervisor decides"}

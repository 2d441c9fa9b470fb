"""How long a start takes when a long journal stands behind it: `python -m bench.restart --attempts 1000000`.

A journal of that many attempts is written into a real store, then read in
fresh processes: once from its beginning, which also makes the snapshot, and
then from the snapshot and the records behind it, as a restart does. Prints a
JSON line for each. `load_s` is the reading alone, `process_s` a whole process
with its start, `cpu_s` the processor's time of both, which a busy machine
stretches less.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trio

from bench.crash_world import make_world
from dialer.app import new_past
from dialer.commands.stores import open_journal
from dialer.config import load_config
from dialer.disposition import Disposition, HungUpBy
from dialer.record_codec import encode
from dialer.records import (
    AgentChanged,
    AgentState,
    Answered,
    AnsweredBy,
    CampaignChanged,
    CampaignState,
    Claimed,
    Connected,
    Detected,
    Disposed,
    Opened,
    Originated,
    Record,
    TalkEnded,
)
from dialer.snapshot import load_past, write_snapshot

__all__ = ["made_records", "main"]

_START_AT = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
_CAMPAIGN = "collect"
_BATCH = 20_000
# What is behind the last snapshot when a process dies: the daemon makes one every 100,000 records or so.
_TAIL_ATTEMPTS = 30_000


def made_records(attempts: int, accounts: int, a_second: float = 200.0) -> Iterator[Record]:
    """A journal of so many attempts over so many accounts; a third are answered."""
    rng = random.Random(1)
    yield Opened(_START_AT, "0", "", "Asia/Seoul")
    yield CampaignChanged(_START_AT, _CAMPAIGN, CampaignState.RUNNING, "started")
    for number in range(100):
        yield AgentChanged(_START_AT, f"seoul-{number:03d}", "seoul", AgentState.IDLE, (_CAMPAIGN,))
    for number in range(attempts):
        at = _START_AT + timedelta(seconds=number / a_second)
        yield from _attempt(number, at, number % accounts, rng)


def _attempt(number: int, at: datetime, row: int, rng: random.Random) -> Iterator[Record]:
    attempt_id, agent_id = f"{_CAMPAIGN}-{number + 1}", f"seoul-{number % 100:03d}"
    ids, names = (attempt_id, _CAMPAIGN), (f"{row}", f"p-{row}", (f"cl-{row}",), f"n-{row}")
    account_id, person_id, claim_ids, number_id = names
    yield Claimed(at, *ids, account_id, person_id, claim_ids, number_id, "t", "+8215990101", "hash", "predictive")
    yield Originated(at, *ids)
    later = at + timedelta(seconds=20)
    if rng.random() > 1 / 3:
        yield Disposed(later, *ids, account_id, Disposition.NO_ANSWER, next_at=later, next_number_id=number_id)
        return
    yield Answered(later, *ids, 8.0)
    yield Detected(later, *ids, AnsweredBy.HUMAN, later)
    if rng.random() < 0.03:
        yield Disposed(later, *ids, account_id, Disposition.ABANDONED, wait_s=2.0, next_at=later)
        return
    yield Connected(later, *ids, agent_id, 0.2)
    yield TalkEnded(later, *ids, agent_id, 60.0, HungUpBy.PERSON)
    yield Disposed(later, *ids, account_id, Disposition.RIGHT_PARTY, agent_id=agent_id, next_at=later)


def _make(folder: Path, attempts: int, accounts: int, tail: int) -> None:
    """Write all but the tail, make the snapshot, write the tail."""
    config = load_config(make_world(folder, accounts=10))
    with closing(open_journal(config.journal, folder)) as store:
        batch, claimed, is_kept = [], 0, False
        for record in made_records(attempts, accounts):
            batch.append(encode(record))
            claimed += isinstance(record, Claimed)
            is_due = claimed == attempts - tail and not is_kept
            if len(batch) >= _BATCH or is_due:
                store.append_nowait(batch)
                batch = []
            if is_due:
                is_kept = True
                _say(step="read from the beginning", **_read(folder, is_kept=True))
        store.append_nowait(batch)


def _read(folder: Path, *, is_kept: bool = False) -> dict[str, object]:
    """Start a process that reads the journal; what it says."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "bench.restart", "--read", str(folder), *(["--keep"] if is_kept else [])]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 (ourselves)
    return json.loads(done.stdout.splitlines()[-1]) | {"process_s": round(time.perf_counter() - began, 2)}


def _read_here(folder: Path, *, is_kept: bool) -> None:
    began = time.perf_counter()
    config = load_config(folder / "day.toml")
    with closing(open_journal(config.journal, folder)) as store:
        past = load_past(store, lambda: new_past(config))
        took_s = time.perf_counter() - began
        figures = {
            "records": past.state.record_count,
            "from_snapshot": past.snapshot_count,
            "contacts": len(past.state.ledger),
            "load_s": round(took_s, 2),
            "cpu_s": round(time.process_time(), 2),
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
        if is_kept:
            began = time.perf_counter()
            body = write_snapshot(past)
            trio.run(store.put_snapshot, past.state.record_count, body)
            figures |= {"snapshot_s": round(time.perf_counter() - began, 2), "snapshot_mib": len(body) >> 20}
    print(json.dumps(figures))


def _say(**figures: object) -> None:
    print(json.dumps(figures), flush=True)


def main() -> None:
    """Parse the command line; write, then read."""
    parser = argparse.ArgumentParser(prog="python -m bench.restart", description=__doc__)
    parser.add_argument("--attempts", type=int, default=1_000_000)
    parser.add_argument("--accounts", type=int, default=250_000)
    parser.add_argument("--tail", type=int, default=_TAIL_ATTEMPTS, help="attempts behind the snapshot")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--keep", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read is not None:
        _read_here(arguments.read, is_kept=arguments.keep)
        return
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        _make(Path(folder), arguments.attempts, arguments.accounts, min(arguments.tail, arguments.attempts))
        _say(step="written", seconds=round(time.perf_counter() - began, 1), attempts=arguments.attempts)
        for _ in range(2):
            _say(step="restart", **_read(Path(folder)))


if __name__ == "__main__":
    main()

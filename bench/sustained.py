"""Whether a daemon keeps 200 attempts a second in real time: `python -m bench.sustained --rate 200 --minutes 30`.

A floor that is idle for a moment between brisk talks, a simulated trunk in the
daemon's process, a durable journal on this machine's disk. From the journal:
attempts a second, and how long a claim took until the trunk was told. From the
system, every few seconds: the processor's share and the memory held, and
by how much that grows a minute: by what caps must remember of each attempt,
until the oldest is forgotten (nine days, or the longest window of the rules).
Prints JSON.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np
from attrs import define, field

from bench.crash_world import make_world
from dialer.commands.stores import open_journal
from dialer.record_codec import decode
from dialer.records import Claimed, Originated

__all__ = ["main"]

_LOOK_S = 5.0
_START_S = 240.0
# Talks as short as these leave agents enough for the rate wanted: about three agents for an attempt a second.
_BRISK = 20.0
_AGENTS_PER_RATE = 3.0


@define
class Samples:
    """What the system said of the daemon."""

    at_s: list[float] = field(factory=list)
    cpu_s: list[float] = field(factory=list)
    rss_mib: list[float] = field(factory=list)

    def look(self, pid: int) -> None:
        """One sample."""
        parts = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks = os.sysconf("SC_CLK_TCK")
        self.at_s.append(time.monotonic())
        self.cpu_s.append((int(parts[11]) + int(parts[12])) / ticks)
        self.rss_mib.append(int(parts[21]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20))

    def _slope(self) -> float:
        """By how much memory grew in the second half, by the least squares."""
        half = len(self.at_s) // 2
        if len(self.at_s) - half < 2:
            return 0.0
        return 60.0 * float(np.polyfit(self.at_s[half:], self.rss_mib[half:], 1)[0])

    def figures(self) -> dict[str, float]:
        """Processor share, and memory at the start, at the middle and at the end."""
        half = len(self.at_s) // 2
        return {
            "cpu_share": round((self.cpu_s[-1] - self.cpu_s[0]) / (self.at_s[-1] - self.at_s[0]), 3),
            "rss_start_mib": round(self.rss_mib[0]),
            "rss_half_mib": round(self.rss_mib[half]),
            "rss_end_mib": round(self.rss_mib[-1]),
            "rss_mib_a_minute": round(self._slope(), 2),
        }


def _run(folder: Path, rate: float, minutes: float) -> Samples:
    accounts = int(rate * minutes * 60 * 1.3) + 1_000  # most are called once: no cap slows the run down
    agents = int(rate * _AGENTS_PER_RATE)
    config = make_world(folder, accounts=accounts, agents=agents, rate=rate, has_carrier=False, brisk=_BRISK)
    command = [sys.executable, "-m", "dialer", "run", str(config), "--no-web", "--log-json"]
    log = folder / "daemon.log"
    samples = Samples()
    with (
        log.open("w", encoding="utf-8") as out,
        subprocess.Popen(command, stderr=out, stdout=out) as daemon,  # noqa: S603 (our own program)
    ):
        _wait_for_start(log, daemon)
        until = time.monotonic() + 60 * minutes
        while time.monotonic() < until and daemon.poll() is None:
            samples.look(daemon.pid)
            time.sleep(_LOOK_S)
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(timeout=120)
    return samples


def _wait_for_start(log: Path, daemon: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_S
    while '"engine_started"' not in log.read_text(encoding="utf-8"):
        if daemon.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"the daemon did not start: {log.read_text(encoding='utf-8')[-2000:]}")
        time.sleep(0.1)


def _waits_ms(folder: Path) -> tuple[list[float], float]:
    """From each claim to its origination, sorted; and over how many seconds they were."""
    claimed, waits, first, last = {}, [], None, None
    with closing(open_journal("day.journal", folder)) as store:
        for line in store.read():
            if not line.startswith((b'["claimed"', b'["originated"')):
                continue
            record = decode(line)
            if isinstance(record, Claimed):
                claimed[record.attempt_id] = record.at
            elif isinstance(record, Originated):
                first, last = first or record.at, record.at
                waits.append((record.at - claimed.pop(record.attempt_id)).total_seconds() * 1000)
    return sorted(waits), (last - first).total_seconds() if first and last else 0.0


def main() -> None:
    """Parse the command line, run, report."""
    parser = argparse.ArgumentParser(prog="python -m bench.sustained", description=__doc__)
    parser.add_argument("--rate", type=float, default=200.0, help="attempts a second: the trunk's limit")
    parser.add_argument("--minutes", type=float, default=1.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        samples = _run(folder, arguments.rate, arguments.minutes)
        waits, over_s = _waits_ms(folder)
    at = {f"p{share * 100:g}_ms": round(waits[int(share * (len(waits) - 1))], 2) for share in (0.5, 0.99, 0.999)}
    rate = {"attempts": len(waits), "a_second": round(len(waits) / max(over_s, 1e-9), 1)}
    print(json.dumps(rate | at | samples.figures() | {"load": os.getloadavg()[0]}))


if __name__ == "__main__":
    main()

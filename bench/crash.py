"""Kills a dialing daemon again and again and looks at what is left: `python -m bench.crash --kills 200`.

The daemon dials at full rate through a carrier in a process of its own, which
writes down every call it is asked for. After each SIGKILL the journal and the
carrier's book are held against each other; now and then, and at the end, the
engine's state is held against a count made without it. Prints JSON lines.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.crash_audit import Audit
from bench.crash_world import ATTEMPTS_A_DAY, make_world
from dialer.app import new_past
from dialer.commands.stores import open_journal
from dialer.config import load_config
from dialer.ports import JournalStore
from dialer.snapshot import load_past

__all__ = ["Killer", "main"]

# A machine that builds and tests beside this starts a process in tens of seconds.
_START_S = 240.0
# One kill in five hits the start, where a journal is read and interrupted calls are closed.
_WHILE_STARTING = 0.2
_COMPARE_EVERY = 10


class Killer:
    """A centre that is killed; `folder` keeps everything."""

    def __init__(self, folder: Path, journal: str = "day.journal", seed: int = 1, **world: int) -> None:
        self.folder, self.journal = folder, journal
        self.config_path = make_world(folder, journal=journal, **world)
        self.config = load_config(self.config_path)
        self.audit = Audit(ZoneInfo("Asia/Seoul"), ATTEMPTS_A_DAY)
        self.kills = 0
        self.kills_while_starting = 0
        self._rng = random.Random(seed)

    @contextmanager
    def carrier(self) -> Iterator[None]:
        """The other process, from its start to its end."""
        socket, book = self.folder / "carrier.sock", self.book
        command = [sys.executable, "-m", "adapters.simulated.carrier", "--socket", str(socket), "--book", str(book)]
        with subprocess.Popen([*command, "--ring", "1.0"], env=_environment()) as process:  # noqa: S603 (our own program)
            try:
                while not socket.exists():
                    time.sleep(0.02)
                yield
            finally:
                process.terminate()

    @property
    def book(self) -> Path:
        """What the carrier has written."""
        return self.folder / "carrier.book"

    @contextmanager
    def store(self) -> Iterator[JournalStore]:
        """The journal, while no daemon has it."""
        with closing(open_journal(self.journal, self.folder)) as store:
            yield store

    def kill_once(self, longest_s: float = 2.5) -> None:
        """Start a daemon, let it dial for a moment, kill it, and look."""
        with self._daemon() as daemon:
            is_starting = self._rng.random() < _WHILE_STARTING
            if is_starting:
                time.sleep(self._rng.uniform(0.3, 2.5))
            else:
                _wait_for(daemon, "engine_started")
                time.sleep(self._rng.uniform(0.1, longest_s))
            daemon.send_signal(signal.SIGKILL)
            daemon.wait()
        self.kills += 1
        self.kills_while_starting += is_starting
        self.look()

    def finish(self) -> None:
        """Start once more, drain, and compare everything."""
        with self._daemon() as daemon:
            _wait_for(daemon, "engine_started")
            time.sleep(1.0)
            daemon.send_signal(signal.SIGTERM)
            if daemon.wait(timeout=_START_S) != 0:
                self.audit.faults.append(f"the drained daemon left with {daemon.returncode}")
        self.look()
        if self.audit.open_ids:
            self.audit.faults.append(f"{len(self.audit.open_ids)} attempts are open after a drain")
        self.compare()

    def look(self) -> None:
        """Hold journal and book against each other."""
        if not self.book.exists():
            return
        with self.store() as store:
            self.audit.look(store, self.book)

    def compare(self) -> None:
        """Hold the state that a start would find against the count."""
        with self.store() as store:
            self.audit.compare(load_past(store, lambda: new_past(self.config)).state)

    def report(self) -> dict[str, object]:
        """What happened so far."""
        audit = self.audit
        return {
            "kills": self.kills,
            "while_starting": self.kills_while_starting,
            "starts": audit.starts,
            "attempts": len(audit.claims),
            "promises": len(audit.promises),
            "callbacks": len(audit.callbacks),
            "interrupted": dict(audit.interrupted),
            "violations": len(audit.faults),
        }

    @contextmanager
    def _daemon(self, *more: str) -> Iterator[subprocess.Popen[str]]:
        log = self.folder / "daemon.log"
        command = [sys.executable, "-m", "dialer", "run", str(self.config_path), "--no-web", "--log-json", *more]
        with log.open("a", encoding="utf-8") as out:
            size = out.tell()
            with subprocess.Popen(  # noqa: S603 (our own program)
                command, stderr=out, stdout=out, text=True, env=_environment()
            ) as process:
                process.log_from = (log, size)  # type: ignore[attr-defined]
                try:
                    yield process
                finally:
                    if process.poll() is None:
                        process.kill()


def _environment() -> dict[str, str]:
    # Two daemons' worth of linear algebra threads would fight for the cores that dial.
    return os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _wait_for(process: subprocess.Popen[str], event: str) -> None:
    log, size = process.log_from  # type: ignore[attr-defined]
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        text = log.read_bytes()[size:].decode()
        if f'"{event}"' in text:
            return
        if process.poll() is not None:
            raise RuntimeError(f"the daemon ended by itself: {text[-2000:]}")
        time.sleep(0.02)
    raise RuntimeError(f"the daemon has not said {event} within {_START_S:g} s")


def main() -> None:
    """Parse the command line, kill, report; exit 1 when anything was violated."""
    parser = argparse.ArgumentParser(prog="python -m bench.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep everything here instead of in a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        with _journal(arguments.store) as journal:
            killer = Killer(folder, journal, arguments.seed)
            with killer.carrier():
                for number in range(1, arguments.kills + 1):
                    killer.kill_once()
                    if number % _COMPARE_EVERY == 0:
                        killer.compare()
                        print(json.dumps(killer.report()), flush=True)
                killer.finish()
            print(json.dumps(killer.report() | {"store": arguments.store, "faults": killer.audit.faults[:20]}))
    sys.exit(1 if killer.audit.faults else 0)


@contextmanager
def _journal(store: str) -> Iterator[str]:
    if store == "sqlite":
        yield "day.journal"
        return
    from bench.postgres_server import server

    with server() as url:
        yield url


if __name__ == "__main__":
    main()

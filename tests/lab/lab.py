"""The telephone lab for tests: a real Asterisk, a scripted carrier and agents' phones, each worker with its own.

What happens to a call stands in the number called (see docs/lab.md), and the
carrier's own log says what reached it.
"""

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

import pytest
from attrs import define, frozen

from adapters.asterisk.server import AsteriskServer
from adapters.asterisk.settings import ServerSettings

__all__ = ["CarrierStep", "Lab", "running_lab", "scripted"]

HERE = Path(__file__).parent
SECRET_ENV = "PACELINE_LAB_SECRET"
_HOW_TO = "no telephone lab; `tests/lab/install` fetches it (19 MB, five seconds, nothing is installed on the system)"
_STEP_S = 0.05

HUMAN, MACHINE, BUSY, NO_ANSWER, INVALID, CONGESTED, REJECTED, AWAY, MUTE, SILENT = range(10)


def scripted(what: int, ring_s: float = 0.0, stays_s: float = 0.0, unique: int = 0) -> str:
    """The number to call for something to happen; `stays_s` 0 is for ever."""
    ring, stays = (min(999, round(one / _STEP_S)) for one in (ring_s, stays_s))
    return f"+8210{unique:04d}{what}{ring:03d}{stays:03d}"


@frozen
class CarrierStep:
    """One line of the carrier's log."""

    step: str
    number: str
    caller_id: str
    at: datetime
    call_id: str


@define
class Lab:
    """A running lab."""

    run: Path
    env: dict[str, str]
    url: str = ""
    _logged: int = 0

    def command(self, name: str, *words: str) -> None:
        """Run one of the lab's scripts to its end."""
        done = subprocess.run([HERE / name, *words], env=self.env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.fail(f"tests/lab/{name} failed: {done.stderr[-2000:]}")

    def up(self, *parts: str) -> None:
        """Start all or some parts; what runs is left alone."""
        if not all(self._is_running(part) for part in parts or ("pbx", "carrier", "agents")):
            self.command("up", *parts)

    def kill(self, *parts: str) -> None:
        """End parts as a crash would."""
        self.command("down", "--kill", *parts)

    def _is_running(self, part: str) -> bool:
        try:
            pid = (self.run / f"{part}.pid").read_text().strip()
            return f"{self.run}/" in Path(f"/proc/{pid}/cmdline").read_text()
        except OSError:
            return False

    @property
    def pbx_pid(self) -> int:
        """Asterisk's process."""
        return int((self.run / "pbx.pid").read_text())

    def forget_log(self) -> None:
        """Read the carrier's log from here on."""
        self._logged = len(self._lines())

    def carrier_log(self) -> list[CarrierStep]:
        """What reached the carrier since `forget_log`."""
        rows = (line.split(";") for line in self._lines()[self._logged :])
        return [CarrierStep(*row[:3], datetime.fromisoformat(row[3].replace("Z", "+00:00")), row[4]) for row in rows]

    def invites(self) -> dict[str, int]:
        """How often each number was called."""
        counts: dict[str, int] = {}
        for row in self.carrier_log():
            if row.step == "INVITE":
                counts[row.number] = counts.get(row.number, 0) + 1
        return counts

    def server_settings(self, url: str = "", **changes: object) -> ServerSettings:
        """How to reach its Asterisk."""
        return ServerSettings(url=url or self.url, secret_env=SECRET_ENV, **changes)  # type: ignore[arg-type]

    def server(self, url: str = "", **changes: object) -> AsteriskServer:
        """Its Asterisk, not yet connected."""
        return AsteriskServer(self.server_settings(url, **changes), "labsecret")

    def _lines(self) -> list[str]:
        path = self.run / "log/carrier.log"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _take_number(cache: Path) -> tuple[int, IO[str]]:
    """A lab number nobody on this machine uses, and the lock that keeps it."""
    for number in range(11, 90):  # those below are for people to start by hand
        lock = (cache / f"lab-{number}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        return number, lock
    raise RuntimeError("eighty labs run on this machine")


@contextmanager
def running_lab() -> Iterator[Lab]:
    """A lab of one's own; skips the test where there is none, fails it in continuous integration."""
    cache = Path(os.environ.get("LAB_CACHE") or Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "paceline-lab"))
    cache = cache.expanduser()
    if not (cache / "root/.complete").exists():
        if os.environ.get("CI") == "true":
            pytest.fail(_HOW_TO)
        pytest.skip(_HOW_TO)
    number, lock = _take_number(cache)
    env = {**os.environ, "LAB_CACHE": str(cache), "LAB_NUMBER": str(number)}
    env.pop("LAB_RUN", None)
    lab = Lab(cache / f"run-{number}", env, f"http://127.20.{number}.1:15088/ari")
    try:
        lab.kill()  # what an earlier run may have left
        lab.up()
        yield lab
    finally:
        lab.kill()
        lock.close()

"""One process dials from a journal file: a lock that dies with its holder, and how the next one takes over."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from dialer.commands.terminal import console, fail

__all__ = ["held_by", "lock_journal"]

_LOOK_S = 0.05


@contextmanager
def lock_journal(journal: Path, *, take_over: bool, drain_s: float) -> Iterator[None]:
    """Hold the journal alone. With `take_over`, ask whoever holds it to drain, and wait for that.

    The kernel drops the lock with the process, however it ends, so a lock that
    a crash left behind does not exist.
    """
    with _path(journal).open("a+b") as file:
        if not _try(file):
            pid = _pid(file)
            if not take_over:
                fail(
                    f"{journal}: process {pid} dials from this journal; stop it, or start with --take-over to have it "
                    "finish its calls first"
                )
            _wait(file, pid, drain_s)
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
        yield


def held_by(journal: Path) -> int | None:
    """The process that dials from a journal; None when there is none."""
    path = _path(journal)
    if not path.exists():
        return None
    with path.open("a+b") as file:
        return None if _try(file) else _pid(file)


def _wait(file: IO[bytes], pid: int, drain_s: float) -> None:
    console.print(f"process {pid} finishes its calls, {drain_s:g} s at most; then this one goes on")
    # A process that has gone meanwhile has left the lock to us.
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    # The holder ends its talks at `drain_s`; the minute is for what it has to write.
    for _ in range(int((drain_s + 60.0) / _LOOK_S)):
        if _try(file):
            return
        time.sleep(_LOOK_S)
    fail(f"process {pid} still dials {drain_s:g} s after it was asked to finish; end it by hand")


def _path(journal: Path) -> Path:
    return journal.with_name(journal.name + ".lock")


def _try(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid(file: IO[bytes]) -> int:
    file.seek(0)
    text = file.read().decode()
    return int(text) if text.isdigit() else 0

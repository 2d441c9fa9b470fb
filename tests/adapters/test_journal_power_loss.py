"""The power goes while a journal is written: what was acknowledged is there, and nothing that was never written.

SQLite writes through a disk of its own here, which forgets what was not
flushed, in any choice and order, torn at sectors.
"""

import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import apsw
import pytest

from adapters.journal_sqlite import SqliteJournal
from dialer.chain import first_fault
from dialer.ports import StoreError
from dialer.record_codec import encode
from dialer.records import FactStated
from tests.fakes import TEN

_SECTOR = 512
_names = itertools.count()


class Disk:
    """What is on the platter, and what only the cache has."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.platter: dict[str, bytearray] = {}
        self.cache: dict[str, list[tuple[int, bytes | None]]] = {}
        self.flush_count = 0
        self.fails_after = 10**9
        """Flushes, until the power goes in the middle of one."""

    def write(self, path: str, offset: int, data: bytes | None) -> None:
        self.platter.setdefault(path, bytearray())
        self.cache.setdefault(path, []).append((offset, data))

    def flush(self, path: str) -> None:
        self.flush_count += 1
        if self.flush_count > self.fails_after:
            raise apsw.IOError("the power is gone")
        for offset, data in self.cache.pop(path, []):
            _put(self.platter.setdefault(path, bytearray()), offset, data)

    def forget(self, path: str) -> None:
        self.platter.pop(path, None)
        self.cache.pop(path, None)

    def after_power_loss(self, folder: Path) -> None:
        """The files as the next start finds them: any of what was not flushed may have arrived, or a part of it."""
        for path, content in self.platter.items():
            found = bytearray(content)
            for offset, data in self.cache.get(path, []):
                fate = self.draw.random()
                if fate < 1 / 3:
                    continue
                if data is not None and fate < 2 / 3:
                    data = data[: self.draw.randrange(0, len(data) + 1, _SECTOR)]
                _put(found, offset, data)
            (folder / Path(path).name).write_bytes(found)


def _put(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, base: str, name: Any, flags: list[int]) -> None:
        self._disk = disk
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        super().__init__(base, name, flags)
        if self._path not in disk.platter:
            disk.platter[self._path] = bytearray()

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 (SQLite's name)
        self._disk.write(self._path, offset, bytes(data))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._disk.write(self._path, size, None)
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.flush(self._path)
        super().xSync(flags)


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk, name: str, base: str) -> None:
        self._disk, self._base = disk, base
        super().__init__(name, self._base)

    def xOpen(self, name: Any, flags: list[int]) -> _File:  # noqa: N802
        return _File(self._disk, self._base, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self._disk.forget(filename)
        super().xDelete(filename, syncdir)


@contextmanager
def written_through(disk: Disk) -> Iterator[None]:
    """Every connection that is opened meanwhile writes through this disk."""
    name, usual = f"forgetful-{next(_names)}", "unix"
    vfs = _Vfs(disk, name, usual)
    hooks = list(apsw.connection_hooks)
    # The log's index in memory of the process: this disk has no shared memory.
    apsw.connection_hooks.append(lambda db: db.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall())
    apsw.set_default_vfs(name)
    try:
        yield
    finally:
        apsw.set_default_vfs(usual)
        apsw.connection_hooks[:] = hooks
        vfs.unregister()


def a_line(number: int) -> bytes:
    return encode(FactStated(TEN, "c", f"p-{number % 7}", "a", "person.deceased", number))


def die_while_writing(disk: Disk, path: Path) -> tuple[int, int]:
    """Write batch after batch until the power goes; how many lines were acknowledged, and how many were tried."""
    acknowledged = tried = 0
    with written_through(disk):
        store = SqliteJournal(path)
        disk.fails_after = disk.flush_count + disk.draw.randrange(0, 12)
        with suppress(StoreError):
            for _ in range(40):
                size = disk.draw.choice([1, 3, 40, 200])
                tried += size
                store.append_nowait([a_line(n) for n in range(tried - size, tried)])
                acknowledged = tried
        found = disk.fails_after
        disk.after_power_loss(path.parent / "after")
        disk.fails_after = 10**9
        store.close()
    assert found < 10**9
    return acknowledged, tried


@pytest.mark.parametrize("seed", range(25))
def test_what_was_acknowledged_survives_a_loss_of_power(tmp_path: Path, seed: int) -> None:
    (tmp_path / "after").mkdir()
    acknowledged, tried = die_while_writing(Disk(seed), tmp_path / "day.journal")
    store = SqliteJournal(tmp_path / "after" / "day.journal")
    lines = list(store.read())
    assert acknowledged <= len(lines) <= tried
    assert lines == [a_line(n) for n in range(len(lines))]
    assert first_fault(store.links(), store.head()) is None
    store.append_nowait([a_line(len(lines))])
    assert len(list(store.read())) == len(lines) + 1
    store.close()


def test_the_disk_of_this_test_does_forget() -> None:
    disk = Disk(1)
    disk.write("a", 0, b"x" * 4096)
    disk.flush("a")
    for n in range(20):
        disk.write("a", 4096 * (n + 1), b"y" * 4096)
    assert bytes(disk.platter["a"]) == b"x" * 4096

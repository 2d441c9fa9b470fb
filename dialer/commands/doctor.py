"""`paceline doctor`: whether everything a run needs is there and healthy, and what to do where it is not."""

import shutil
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from attrs import frozen

from collections_rules import RulesError
from dialer.app import new_past
from dialer.commands.locking import held_by
from dialer.commands.stores import is_file_address, journal_path, open_journal
from dialer.commands.terminal import Changes, console
from dialer.config import Config, ConfigError, load_config
from dialer.ports import JournalStore, StoreError
from dialer.record_codec import RecordError, decode
from dialer.rule_files import compile_campaign_rules
from dialer.snapshot import SnapshotError, read_snapshot

__all__ = ["doctor"]

# A day of 200 attempts a second is some 20 GiB; with less than this, a night's work may not fit.
_LEAST_FREE_BYTES = 2 << 30
# Governments announce changes of the clock months ahead; half a year is too old for any of them.
_OLDEST_ZONES_DAYS = 180
# Hours and caps are judged to the second.
_MOST_CLOCK_OFF_S = 1.0
_NTP_EPOCH_S = 2_208_988_800
_OK, _WARNING, _FAULT = "ok", "warning", "fault"


@frozen
class Finding:
    """What was found of one thing, and what to do about it."""

    what: str
    state: str
    found: str
    remedy: str = ""


def doctor(config_path: Path, *, time_server: str | None = None, set_: Changes = ()) -> None:
    """Check store, rule packs, clock, disk, trunks and time zone data; say what to do. Exit 1 for a fault."""
    config = load_config(config_path, set_)
    worst = _OK
    for check in (_packs, _lists, _store, _disk, _trunks, _zones, lambda _: _clock(time_server)):
        for one in check(config):
            console.print(f"{one.state:8} {one.what}: {one.found}", highlight=False, markup=False, soft_wrap=True)
            if one.remedy:
                console.print(f"         {one.remedy}", highlight=False, markup=False, soft_wrap=True)
            worst = max(worst, one.state, key=(_OK, _WARNING, _FAULT).index)
    console.print(f"the worst is: {worst}")
    if worst == _FAULT:
        sys.exit(1)


def _packs(config: Config) -> Iterator[Finding]:
    for campaign in config.campaigns:
        what = f"rules of {campaign.id}"
        try:
            book = compile_campaign_rules(campaign, config)
        except (ConfigError, RulesError) as error:
            yield Finding(what, _FAULT, str(error).splitlines()[0], "run paceline rules check on its files")
        else:
            yield Finding(what, _OK, f"{', '.join(campaign.rules)} as {book.pack_hash}")


def _lists(config: Config) -> Iterator[Finding]:
    for campaign in config.campaigns:
        path = config.folder / campaign.list.path
        if path.exists():
            yield Finding(f"list of {campaign.id}", _OK, str(path))
        else:
            yield Finding(f"list of {campaign.id}", _FAULT, f"{path} is not there", "check campaigns.list.path")


def _store(config: Config) -> Iterator[Finding]:
    """The journal opens, its end can be read, and its snapshot fits."""
    address = config.journal
    if is_file_address(address):
        path = journal_path(address, config.folder)
        if not path.parent.is_dir():
            yield Finding("journal", _FAULT, f"the folder {path.parent} is not there", "make it, or change `journal`")
            return
        if not path.exists():
            yield Finding("journal", _OK, f"{path} will be made at the first start")
            return
        pid = held_by(path)
        if pid is not None:
            yield Finding("journal", _OK, f"process {pid} dials from it")
    try:
        with closing(open_journal(address, config.folder)) as store:
            yield from _journal(config, store)
    except (StoreError, RecordError, ConfigError) as error:
        remedy = "check that the server runs and lets this user in; for a file, run paceline journal verify"
        yield Finding("journal", _FAULT, str(error), remedy)


def _journal(config: Config, store: JournalStore) -> Iterator[Finding]:
    kept = store.latest_snapshot()
    if kept is None:
        yield Finding("snapshot", _OK, "none yet; the whole journal is read at the start")
        number = 0
    else:
        number, body = kept
        try:
            read_snapshot(body, new_past(config))
            yield Finding("snapshot", _OK, f"of the first {number:,} records, {len(body):,} bytes")
        except SnapshotError as error:
            remedy = "it is ignored at the start, which takes longer; paceline snapshot makes a new one"
            yield Finding("snapshot", _WARNING, str(error), remedy)
    count, last = number, b""
    for line in store.read(after=max(0, number - 1)):
        count, last = count + 1, line
    at = f", the last of {decode(last).at.astimezone(config.zone):%Y-%m-%d %H:%M:%S}" if last else ""
    yield Finding("journal", _OK, f"{max(0, count - (number > 0)):,} records{at}; the end can be read")


def _disk(config: Config) -> Iterator[Finding]:
    folder = journal_path(config.journal, config.folder).parent if is_file_address(config.journal) else config.folder
    free = shutil.disk_usage(folder if folder.is_dir() else config.folder).free
    found = f"{free / (1 << 30):.1f} GiB free for {folder}"
    if free < _LEAST_FREE_BYTES:
        remedy = "a journal that cannot grow stops all dialing: make room, or put it on another disk"
        yield Finding("disk", _FAULT if free < _LEAST_FREE_BYTES // 20 else _WARNING, found, remedy)
    else:
        yield Finding("disk", _OK, found)
    began = time.perf_counter()
    probe = folder / ".paceline-doctor"
    try:
        with probe.open("wb") as file:
            file.write(b"x" * 4096)
    except OSError as error:
        yield Finding("disk", _FAULT, f"{folder} cannot be written ({error.strerror})", "check its owner and mount")
    else:
        yield Finding("disk", _OK, f"written in {1000 * (time.perf_counter() - began):.1f} ms")
    finally:
        probe.unlink(missing_ok=True)


def _trunks(config: Config) -> Iterator[Finding]:
    for trunk in config.trunks:
        what = f"trunk {trunk.name}"
        if trunk.kind == "carrier":
            yield _connects(what, config.folder / trunk.socket)
        elif trunk.kind == "simulated":
            yield Finding(what, _WARNING, "is simulated: nobody is called", "give it another kind to dial in earnest")
        else:
            yield Finding(what, _OK, f"{trunk.kind}, {trunk.lines} lines; it is tried when a run starts")


def _connects(what: str, path: Path) -> Finding:
    with socket.socket(socket.AF_UNIX) as one:
        try:
            one.connect(str(path))
        except OSError as error:
            return Finding(what, _FAULT, f"{path}: {error.strerror}", "start the carrier, or correct `socket`")
    return Finding(what, _OK, f"listens on {path}")


def _zones(config: Config) -> Iterator[Finding]:
    try:
        release = version("tzdata")
    except PackageNotFoundError:
        remedy = "install the tzdata package, so that time zones do not depend on the machine"
        yield Finding("time zones", _FAULT, "there are no data", remedy)
        return
    year = int(release.split(".")[0])
    age_days = (datetime.now(UTC).date() - date(year, 1, 1)).days
    if age_days > 365 + _OLDEST_ZONES_DAYS:
        remedy = "pip install --upgrade tzdata: a wrong clock change makes calls at forbidden hours"
        yield Finding("time zones", _WARNING, f"tzdata {release}", remedy)
    else:
        yield Finding("time zones", _OK, f"tzdata {release}; this floor is on {config.time_zone}")


def _clock(time_server: str | None) -> Iterator[Finding]:
    now = datetime.now(UTC)
    if now.year < 2026:
        yield Finding("clock", _FAULT, f"says {now:%Y-%m-%d}", "set it, and keep it right with chrony or systemd")
        return
    if time_server is None:
        remedy = "name a server with --time-server to have it compared"
        yield Finding("clock", _OK, f"says {now:%Y-%m-%d %H:%M:%S} UTC", remedy)
        return
    try:
        off_s = _ntp_offset(time_server, time.time)
    except OSError as error:
        yield Finding("clock", _WARNING, f"{time_server} does not answer ({error})", "check the name and the network")
        return
    is_off = abs(off_s) > _MOST_CLOCK_OFF_S
    remedy = "hours and caps are judged by it: keep it right with chrony or systemd-timesyncd" if is_off else ""
    yield Finding("clock", _FAULT if is_off else _OK, f"{off_s:+.3f} s off {time_server}", remedy)


def _ntp_offset(server: str, now_s: Callable[[], float]) -> float:
    """How far our clock is ahead of an NTP server's, by one question (RFC 5905, mode 3)."""
    host, _, port = server.partition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.settimeout(3.0)
        asked_s = now_s()
        one.sendto(b"\x1b" + 47 * b"\0", (host, int(port or 123)))
        answer, _ = one.recvfrom(512)
        heard_s = now_s()
    if len(answer) < 48:
        raise OSError("what it says is no time")
    seconds, fraction = struct.unpack("!II", answer[40:48])
    theirs_s = float(seconds - _NTP_EPOCH_S) + float(fraction) / 2**32
    return (asked_s + heard_s) / 2 - theirs_s

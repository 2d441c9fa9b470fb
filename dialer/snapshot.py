"""The state that a journal leads to, kept so that a restart need not read all of it again.

A snapshot is derived and may always be thrown away: it names the format and the
classes it was made of, the campaigns it was made for, and the journal's line it
ends at, and carries a checksum over everything. Whatever does not fit, it is
ignored and said so, and the journal is read from the start. The state it gives
equals the one a full replay gives.
"""

import gc
import hashlib
import io
import pickle
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import msgspec
import structlog
from attrs import define

from collections_rules import ContactEvent, ContactLedger
from dialer.attempt import MisuseError
from dialer.journal import campaigns_of
from dialer.pacing_view import PacingView
from dialer.ports import JournalStore
from dialer.record_codec import RecordError, decode_all
from dialer.records import Record
from dialer.schedule import AccountProgress, Schedule
from dialer.state import CampaignBook, EngineState
from pacing.memory import export_memory, restore_memory

__all__ = ["Past", "SnapshotError", "load_past", "load_whole_past", "read_snapshot", "write_snapshot"]

log = structlog.get_logger()

# Raise when what `apply` makes of a record changes, or the layout below.
FORMAT = 2
_MAGIC = b"paceline snapshot\n"
_DIGEST_BYTES = 32
# The fastest level: a snapshot is mostly ids, which shrink to a fifth at any.
_ZIP_LEVEL = 1
# What a snapshot may name when it is read: our own value types and the standard library's.
_PACKAGES = ("dialer.", "collections_rules.", "pacing.")
_PLAIN = {
    ("builtins", "set"),
    ("builtins", "frozenset"),
    ("collections", "deque"),
    ("collections", "Counter"),
    ("collections", "OrderedDict"),
    ("datetime", "date"),
    ("datetime", "datetime"),
    ("datetime", "time"),
    ("datetime", "timedelta"),
    ("datetime", "timezone"),
    ("fractions", "Fraction"),
}


class SnapshotError(ValueError):
    """A snapshot that does not fit this journal, this configuration or this program."""


@define
class Past:
    """What a journal leads to: the state, and for each campaign what its pacer has heard."""

    state: EngineState
    views: dict[str, PacingView]
    last_line: bytes = b""
    snapshot_count: int = 0
    """How many records came from a snapshot."""
    snapshot_fault: str = ""
    """Why there was one that could not be used."""

    def replay(self, lines: Iterable[bytes]) -> None:
        """Take the lines that follow. Raises `RecordError` naming the first that cannot be."""
        for line, record in _with_records(lines):
            self.apply(record)
            self.last_line = line

    def apply(self, record: Record) -> None:
        """Take the record that follows. Raises `RecordError` when it cannot be."""
        try:
            self.state.apply(record)
        except (MisuseError, ValueError) as error:
            msg = f"record {self.state.record_count + 1}: {error}"
            raise RecordError(msg) from error
        for campaign_id in campaigns_of(record):
            view = self.views.get(campaign_id)
            if view is not None:
                view.apply(record)


def _with_records(lines: Iterable[bytes]) -> Iterator[tuple[bytes, Record]]:
    line = b""

    def remembered() -> Iterator[bytes]:
        nonlocal line
        for one in lines:
            line = one
            yield one

    for record in decode_all(remembered()):
        yield line, record


def load_past(store: JournalStore, new_past: Callable[[], Past]) -> Past:
    """The past of a store's journal: its snapshot where that fits, and the lines behind it."""
    with _gc_paused():
        past = _from_snapshot(store, new_past)
        past.replay(store.read(after=past.snapshot_count))
    log.info("journal_replayed", records=past.state.record_count, from_snapshot=past.snapshot_count)
    return past


def load_whole_past(store: JournalStore, past: Past, holds_from: datetime) -> Past:
    """The same from the first line, with every contact since an instant, also those that were forgotten meanwhile."""
    past.state.holds_from = holds_from
    with _gc_paused():
        past.replay(store.read())
    log.info("journal_read_again", records=past.state.record_count, contacts_from=holds_from.isoformat())
    return past


def _from_snapshot(store: JournalStore, new_past: Callable[[], Past]) -> Past:
    kept = store.latest_snapshot()
    if kept is None:
        return new_past()
    number, body = kept
    try:
        past = read_snapshot(body, new_past())
        if past.state.record_count != number:
            msg = f"it holds {past.state.record_count} records, the store says {number}"
            raise SnapshotError(msg)
        line = next(iter(store.read(after=number - 1)), None) if number else b""
        if line != past.last_line:
            raise SnapshotError("the journal's line it ends at is another")
    except SnapshotError as error:
        log.warning("snapshot_ignored", reason=str(error), consequence="the whole journal is read instead")
        past = new_past()
        past.snapshot_fault = str(error)
        return past
    past.snapshot_count = number
    return past


def write_snapshot(past: Past) -> bytes:
    """A snapshot of all that is known."""
    state = past.state
    with _gc_paused():
        contacts, pending = state.ledger.packed()
        body = {
            "contacts": contacts,
            "pending": pending,
            "progress": {one.campaign_id: one.schedule.progress for one in state.campaigns.values()},
            "rest": _pickled(_rest(past)),
        }
        packed = zlib.compress(msgspec.msgpack.encode(body), _ZIP_LEVEL)
        content = msgspec.msgpack.encode({"shape": _shape(past), "last_line": past.last_line, "body": packed})
    return _MAGIC + hashlib.sha256(content).digest() + content


class _Content(msgspec.Struct):
    shape: str
    last_line: bytes
    body: bytes


class _Body(msgspec.Struct):
    contacts: dict[str, Any]
    pending: list[ContactEvent]
    progress: dict[str, dict[str, AccountProgress]]
    rest: bytes


def read_snapshot(data: bytes, past: Past) -> Past:
    """Fill a new past from a snapshot. Raises `SnapshotError` when it is damaged or was made for something else."""
    start = len(_MAGIC) + _DIGEST_BYTES
    content = data[start:]
    if not data.startswith(_MAGIC) or hashlib.sha256(content).digest() != data[len(_MAGIC) : start]:
        raise SnapshotError("it is damaged")
    try:
        parts = msgspec.msgpack.decode(content, type=_Content)
        if parts.shape != _shape(past):
            raise SnapshotError("it was made by another version, or for other campaigns or windows")
        body = msgspec.msgpack.decode(zlib.decompress(parts.body), type=_Body)
        rest = _Unpickler(io.BytesIO(body.rest)).load()
        ledger = ContactLedger.unpacked(body.contacts, body.pending)
    except (msgspec.DecodeError, zlib.error, pickle.UnpicklingError, ValueError, KeyError) as error:
        if isinstance(error, SnapshotError):
            raise
        raise SnapshotError(f"it cannot be read ({error})") from error
    with _gc_paused():
        _fill(past, ledger, body, rest)
    past.last_line = parts.last_line
    return past


def _rest(past: Past) -> dict[str, Any]:
    """Everything but the two large parts, by field."""
    return {
        "state": _fields(past.state, but={"ledger", "campaigns", "holds_from"}),
        "books": {one.campaign_id: _fields(one, but={"schedule"}) for one in past.state.campaigns.values()},
        "schedules": {one.campaign_id: _known(one.schedule) for one in past.state.campaigns.values()},
        "views": {name: _fields(view, but={"pacer"}) for name, view in past.views.items()},
        "pacers": {name: export_memory(view.pacer) for name, view in past.views.items()},
    }


def _fill(past: Past, ledger: ContactLedger, body: _Body, rest: dict[str, Any]) -> None:
    state = past.state
    for name, value in rest["state"].items():
        setattr(state, name, value)
    state.ledger = ledger
    if state.forgotten_before is not None:
        state.ledger.forget(state.forgotten_before)
    for campaign_id, book in state.campaigns.items():
        for name, value in rest["books"][campaign_id].items():
            setattr(book, name, value)
        book.schedule.progress = body.progress[campaign_id]
        for name, value in rest["schedules"][campaign_id].items():
            setattr(book.schedule, name, value)
    for campaign_id, view in past.views.items():
        for name, value in rest["views"][campaign_id].items():
            setattr(view, name, value)
        restore_memory(view.pacer, rest["pacers"][campaign_id])


def _fields(one: Any, but: set[str]) -> dict[str, Any]:
    return {field.name: getattr(one, field.name) for field in attrs.fields(type(one)) if field.name not in but}


def _known(schedule: Schedule) -> dict[str, Any]:
    """What a schedule knows besides its accounts' progress; its index is made anew."""
    return {
        field.name: getattr(schedule, field.name)
        for field in attrs.fields(Schedule)
        if field.eq and field.name not in ("zone", "progress")
    }


def _shape(past: Past) -> str:
    """What a snapshot must agree on with the program and the configuration that read it."""
    classes = (EngineState, CampaignBook, AccountProgress, ContactEvent, PacingView)
    fields = [[one.__name__, *(field.name for field in attrs.fields(one))] for one in classes]
    campaigns = [
        [one.campaign_id, repr(one.counters.windows), str(one.schedule.zone)] for one in past.state.campaigns.values()
    ]
    pacers = [[name, repr(view.pacer.settings)] for name, view in past.views.items()]
    text = repr([FORMAT, version("paceline"), fields, campaigns, pacers])
    return hashlib.sha256(text.encode()).hexdigest()


class _Pickler(pickle.Pickler):
    """Names time zones, whose own way of being pickled calls a function."""

    def persistent_id(self, one: Any) -> str | None:
        """The name of a zone."""
        return one.key if isinstance(one, ZoneInfo) else None


def _pickled(values: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    _Pickler(buffer, protocol=5).dump(values)
    return buffer.getvalue()


class _Unpickler(pickle.Unpickler):
    """Reads values of our own types only: a snapshot must not be able to run anything."""

    def persistent_load(self, key: str) -> ZoneInfo:
        """The zone of a name."""
        return ZoneInfo(key)

    def find_class(self, module: str, name: str) -> Any:
        """The class of a value."""
        if module.startswith(_PACKAGES) or (module, name) in _PLAIN:
            found = super().find_class(module, name)
            if isinstance(found, type):
                return found
        msg = f"it names {module}.{name}"
        raise pickle.UnpicklingError(msg)


@contextmanager
def _gc_paused() -> Iterator[None]:
    """Millions of objects are made and none is garbage: looking for cycles among them doubles the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

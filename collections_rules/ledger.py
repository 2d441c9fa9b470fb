"""Every contact that a rule may count, kept in the order of time and found by whom it concerns.

A contact is reserved before the call is placed and counts in full from then on; it is
settled once, with what became of it. So two dials that run side by side see each
other, and a crash between the two can overcount, never undercount.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from attrs import define, evolve, field, frozen

from collections_rules.contacts import ContactEvent, Entry, Key, entry_of, epoch_s, keys_of
from collections_rules.past_contacts import PastContacts
from collections_rules.words import CHANNELS, DIRECTIONS, OUTCOMES

__all__ = ["NO_TRACK", "ContactEvent", "ContactLedger", "Entry", "Track", "epoch_s"]

# Room is given back so many contacts at a time, while later ones are settled: nobody waits for a whole hour's.
_SWEPT_AT_ONCE = 4
# In a list longer than this, a campaign's, what is forgotten is taken out in bulk.
_MANY = 10_000


@define(eq=False)
class Track:
    """The contacts of one person, debt, number or campaign, oldest first.

    Those of an earlier process lie in their columns until somebody asks.
    """

    _entries: list[Entry] = field(factory=list)
    revision: int = 0
    memo: dict[object, object] = field(factory=dict)
    """What a gate worked out from these entries; forgotten when they change."""
    _past: "_PastOf | None" = None
    """Those of an earlier process, not yet among the entries."""
    _last_end_s: int = 0
    _is_past_end_known: bool = False
    _stale_count: int = 0

    @property
    def entries(self) -> list[Entry]:
        """The contacts; not to be changed."""
        if self._past is not None:
            past, self._past = self._past.entries(), None
            self._entries = sorted([*past, *self._entries])
            self._last_end_s = max(self._last_end_s, max((one.end_s for one in past), default=0))
        return self._entries

    @property
    def last_end_s(self) -> int:
        """No contact here ended later. Not lowered by a correction, so it may only be too late."""
        if self._past is not None and not self._is_past_end_known:
            self._last_end_s = max(self._last_end_s, self._past.last_end_s())
            self._is_past_end_known = True
        return self._last_end_s

    def __bool__(self) -> bool:
        return self._past is not None or bool(self._entries)

    def add(self, entry: Entry) -> None:
        self._insert(entry)
        self._last_end_s = max(self._last_end_s, entry.end_s)
        self._changed()

    def take_over(self, entry: Entry) -> None:
        """An entry that the past has handed over; where that was read already, it is here."""
        if self._past is not None:
            self._insert(entry)

    def remove(self, entry: Entry) -> None:
        del self._entries[bisect_left(self._entries, entry)]
        self._changed()

    def forget(self, entry: Entry, limit_s: int) -> None:
        """Take out what nobody counts any more; of a long list, now and then all of it."""
        if len(self._entries) <= _MANY:
            self.remove(entry)
            return
        self._stale_count += 1
        if self._stale_count * 8 > len(self._entries):
            self._entries = [one for one in self._entries if not _is_forgotten(one, limit_s)]
            self._stale_count = 0
            self._changed()

    def _insert(self, entry: Entry) -> None:
        if self._entries and entry < self._entries[-1]:
            insort(self._entries, entry)
        else:
            self._entries.append(entry)

    def _changed(self) -> None:
        self.revision += 1
        self.memo.clear()


NO_TRACK = Track()
"""Of whoever has had no contact. Never written to."""


def _is_forgotten(entry: Entry, limit_s: int) -> bool:
    return entry.end_s < limit_s and entry.event.outcome != "pending"


@define(eq=False)
class ContactLedger:
    """All contacts that may still matter. Two ledgers are equal when they hold the same contacts."""

    _entries: dict[str, Entry] = field(factory=dict, init=False)
    _past: PastContacts | None = field(default=None, init=False)
    """Contacts of an earlier process that nothing has touched yet."""
    _tracks: dict[Key, Track] = field(factory=dict, init=False, repr=False)
    _settled: deque[str] = field(factory=deque, init=False, repr=False)
    """In the order of settling, for giving back room."""
    _forgotten_s: int = field(default=0, init=False)

    @classmethod
    def of(cls, events: Sequence[ContactEvent]) -> "ContactLedger":
        """The ledger that holds these contacts, oldest first as `events` gives them; they are not checked again."""
        past = PastContacts.of([one for one in events if one.outcome != "pending"])
        return cls._with_past(past, [one for one in events if one.outcome == "pending"])

    @classmethod
    def _with_past(cls, past: PastContacts, pending: Sequence[ContactEvent]) -> "ContactLedger":
        ledger = cls()
        ledger._past = past  # first: a track made before would not know of it
        for one in pending:
            ledger._add(one)
        return ledger

    def packed(self) -> tuple[dict[str, Any], list[ContactEvent]]:
        """Its settled contacts in columns, and those that are open."""
        events = self.events()
        settled = PastContacts.of([one for one in events if one.outcome != "pending"])
        return settled.packed(), [one for one in events if one.outcome == "pending"]

    @classmethod
    def unpacked(cls, settled: dict[str, Any], pending: Sequence[ContactEvent]) -> "ContactLedger":
        """The same again. Raises `ValueError` or `KeyError` for columns that do not fit together."""
        return cls._with_past(PastContacts.unpacked(settled), pending)

    def reserve(self, event: ContactEvent) -> None:
        """Count this contact from now on. Its outcome may be `pending` until it is settled."""
        if event.event_id in self._entries or (self._past is not None and event.event_id in self._past.row_of):
            raise ValueError(f"contact `{event.event_id}` is already in the ledger")
        _check_words(event)
        self._add(event)

    def settle(self, event_id: str, outcome: str, ended_at: datetime) -> None:
        """Say once what became of a reserved contact."""
        entry = self._entry(event_id)
        if entry is None:
            raise ValueError(f"contact `{event_id}` is not in the ledger")
        if entry.event.outcome != "pending":
            raise ValueError(f"contact `{event_id}` is already settled as `{entry.event.outcome}`")
        if outcome == "pending" or outcome not in OUTCOMES:
            raise ValueError(f"contact `{event_id}` cannot be settled as `{outcome}`")
        settled = evolve(entry.event, outcome=outcome, ended_at=ended_at)
        self._remove(entry)
        self._add(settled)
        self._sweep(_SWEPT_AT_ONCE)

    def forget(self, before: datetime) -> None:
        """Hold settled contacts that ended before this no longer; a cap without a window forgets them too.

        They are gone from `events` at once. Their room is given back while later
        ones are settled, so that a rule may see one of them for a while yet.
        """
        self._forgotten_s = max(self._forgotten_s, epoch_s(before))
        if self._past is not None and self._past.last_end_s() < self._forgotten_s:
            self._past = None
        self._sweep(_SWEPT_AT_ONCE)

    def has_before(self, before: datetime) -> bool:
        """Whether `forget` would find something."""
        limit_s = epoch_s(before)
        if self._past is not None and len(self._past.all_rows(self._forgotten_s)) > len(self._past.all_rows(limit_s)):
            return True
        first = next((entry for one in self._settled if (entry := self._entries.get(one)) is not None), None)
        return first is not None and first.end_s < limit_s and self._forgotten_s < limit_s

    @contextmanager
    def without(self, event_id: str) -> Iterator[None]:
        """The ledger as if one contact were not in it, as long as the block lasts.

        For judging a call that already counts, at the moment it is answered.
        """
        entry = self._entry(event_id)
        if entry is None:
            raise ValueError(f"contact `{event_id}` is not in the ledger")
        self._remove(entry)
        try:
            yield
        finally:
            self._add(entry.event)

    def known_at(self, at: datetime) -> "ContactLedger":
        """The contacts as they were known at an instant: later ones are not there, later outcomes are pending."""
        limit_s, known = epoch_s(at), ContactLedger()
        for entry in map(entry_of, self.events()):
            if entry.at_s <= limit_s:
                is_open = entry.event.ended_at is not None and entry.end_s > limit_s
                known.reserve(evolve(entry.event, outcome="pending", ended_at=None) if is_open else entry.event)
        return known

    def track(self, scope: str, key: str) -> Track:
        """The contacts of one `person`, `household`, `debt`, `number` or `campaign`."""
        track = self._track((scope, key))
        return NO_TRACK if track is None else track

    def events(self) -> tuple[ContactEvent, ...]:
        """All contacts, oldest first."""
        live = (entry for entry in self._entries.values() if not _is_forgotten(entry, self._forgotten_s))
        past = self._past
        kept = map(past.entry, past.all_rows(self._forgotten_s)) if past is not None else ()
        return tuple(entry.event for entry in sorted([*kept, *live]))

    def events_of_person(self, person_id: str) -> tuple[ContactEvent, ...]:
        """One person's contacts, oldest first."""
        entries = self.track("person", person_id).entries
        return tuple(entry.event for entry in entries if not _is_forgotten(entry, self._forgotten_s))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ContactLedger):
            return NotImplemented
        return self.events() == other.events()

    __hash__ = None  # type: ignore[assignment]  # mutable, so not a key

    def __len__(self) -> int:
        """Those whose room is still to be given back are among them."""
        return len(self._entries) + (len(self._past) if self._past is not None else 0)

    def past_of(self, key: Key) -> list[Entry]:
        """Somebody's contacts with an earlier process, oldest first."""
        past = self._past
        return [past.entry(row) for row in past.rows(key, self._forgotten_s)] if past is not None else []

    def past_end_s(self, key: Key) -> int:
        """When the last of them ended."""
        past = self._past
        return int(past.end_s[past.rows(key, self._forgotten_s)].max(initial=0)) if past is not None else 0

    def _sweep(self, most: int) -> None:
        while most and self._settled:
            entry = self._entries.get(self._settled[0])
            if entry is not None:
                if not _is_forgotten(entry, self._forgotten_s):
                    return
                self._drop(entry)
            self._settled.popleft()
            most -= 1

    def _entry(self, event_id: str) -> Entry | None:
        found = self._entries.get(event_id)
        if found is None and self._past is not None and (found := self._past.take(event_id)) is not None:
            self._entries[event_id] = found
            self._settled.append(event_id)
            for key in keys_of(found.event):
                track = self._track(key)
                assert track is not None
                track.take_over(found)
        return found

    def _track(self, key: Key) -> Track | None:
        track = self._tracks.get(key)
        if track is None and self._past is not None and self._past.knows(key):
            track = self._tracks[key] = Track(past=_PastOf(self, key))
        return track

    def _add(self, event: ContactEvent) -> None:
        entry = self._entries[event.event_id] = entry_of(event)
        if event.outcome != "pending":
            self._settled.append(event.event_id)
        for key in keys_of(event):
            track = self._track(key)
            if track is None:
                track = self._tracks[key] = Track()
            track.add(entry)

    def _remove(self, entry: Entry) -> None:
        del self._entries[entry.event_id]
        for key in keys_of(entry.event):
            track = self._tracks[key]
            track.remove(entry)
            if not track:
                del self._tracks[key]

    def _drop(self, entry: Entry) -> None:
        del self._entries[entry.event_id]
        for key in keys_of(entry.event):
            track = self._tracks[key]
            track.forget(entry, self._forgotten_s)
            if not track:
                del self._tracks[key]


@frozen
class _PastOf:
    """Where a track finds what an earlier process left."""

    ledger: ContactLedger
    key: Key

    def entries(self) -> list[Entry]:
        return self.ledger.past_of(self.key)

    def last_end_s(self) -> int:
        return self.ledger.past_end_s(self.key)


def _check_words(event: ContactEvent) -> None:
    if event.at.tzinfo is None:
        raise ValueError(f"contact `{event.event_id}` needs an aware datetime, got {event.at!r}")
    for word, words in ((event.channel, CHANNELS), (event.direction, DIRECTIONS), (event.outcome, OUTCOMES)):
        if word not in words:
            raise ValueError(f"contact `{event.event_id}` has the unknown word `{word}`; write one of {words}")

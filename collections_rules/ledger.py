"""Every contact that a rule may count, kept in the order of time and found by whom it concerns.

A contact is reserved before the call is placed and counts in full from then on; it is
settled once, with what became of it. So two dials that run side by side see each
other, and a crash between the two can overcount, never undercount.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from attrs import define, evolve, field, frozen

from collections_rules.words import CHANNELS, DIRECTIONS, OUTCOMES

__all__ = ["NO_TRACK", "ContactEvent", "ContactLedger", "Track", "epoch_s"]


@frozen
class ContactEvent:
    """One contact, tried or made. The fields after `outcome` are what some rules also read."""

    event_id: str
    at: datetime
    channel: str
    direction: str
    person_id: str
    claim_ids: tuple[str, ...]
    number_id: str
    campaign_id: str
    collector: str
    """Who made it; `own` for ourselves, or the `collector.id` of the facts."""
    outcome: str
    content: str = "demand"
    callee_role: str = ""
    """Empty is unknown: whoever it was, the contact counts."""
    number_kind: str = ""
    topic: str = ""
    household_id: str = ""
    """Of the person; empty for one who is a household alone."""
    ended_at: datetime | None = None


def epoch_s(at: datetime) -> int:
    """Whole seconds since 1970, a part of a second counted as a whole one: a contact is never too early."""
    stamp = at.timestamp()
    whole = int(stamp)
    return whole if whole == stamp else whole + 1


@frozen
class Entry:
    """A contact as the rules count it: by its second, ties by id."""

    at_s: int
    event_id: str
    event: ContactEvent
    end_s: int

    def __lt__(self, other: "Entry") -> bool:
        # By hand: a whole day bisects millions of times, and a generated order builds two tuples each.
        return self.at_s < other.at_s if self.at_s != other.at_s else self.event_id < other.event_id


def _entry_of(event: ContactEvent) -> Entry:
    at_s = epoch_s(event.at)
    return Entry(at_s, event.event_id, event, max(at_s, epoch_s(event.ended_at)) if event.ended_at else at_s)


@define(eq=False)
class Track:
    """The contacts of one person, debt, number or campaign, oldest first.

    Those of an earlier process lie as they were kept until somebody asks for
    them: most people of a long past are never asked about again.
    """

    _entries: list[Entry] = field(factory=list)
    last_end_s: int = 0
    """No contact here ended later. Not lowered by a correction, so it may only be too late."""
    revision: int = 0
    memo: dict[object, object] = field(factory=dict)
    """What a gate worked out from these entries; forgotten when they change."""
    _kept: list[ContactEvent] = field(factory=list)
    """All before `_entries`."""

    @property
    def entries(self) -> list[Entry]:
        """The contacts; not to be changed."""
        if self._kept:
            self._entries = [*map(_entry_of, self._kept), *self._entries]
            self._kept = []
        return self._entries

    def __bool__(self) -> bool:
        return bool(self._kept or self._entries)

    def add(self, entry: Entry) -> None:
        if self._kept and entry < _entry_of(self._kept[-1]):
            self._kept.insert(self._place(entry), entry.event)
        elif self._entries and entry < self._entries[-1]:
            insort(self._entries, entry)
        else:
            self._entries.append(entry)
        self.last_end_s = max(self.last_end_s, entry.end_s)
        self._changed()

    def remove(self, entry: Entry) -> None:
        if self._kept and not _entry_of(self._kept[-1]) < entry:
            del self._kept[self._place(entry) - 1]
        else:
            del self._entries[bisect_left(self._entries, entry)]
        self._changed()

    def _place(self, entry: Entry) -> int:
        """Behind how many kept ones it belongs; what still changes is among the last."""
        place = len(self._kept)
        while place and entry < _entry_of(self._kept[place - 1]):
            place -= 1
        return place

    def _changed(self) -> None:
        self.revision += 1
        self.memo.clear()


# A track of more contacts than this is a campaign's.
_MANY = 10_000

NO_TRACK = Track()
"""Of whoever has had no contact. Never written to."""

Key = tuple[str, str]


def _keys(event: ContactEvent) -> Iterator[Key]:
    yield "person", event.person_id
    yield "household", event.household_id or event.person_id
    yield "number", event.number_id
    yield "campaign", event.campaign_id
    for claim_id in dict.fromkeys(event.claim_ids):
        yield "debt", claim_id


@define(eq=False)
class ContactLedger:
    """All contacts that may still matter. Two ledgers are equal when they hold the same contacts."""

    _entries: dict[str, Entry] = field(factory=dict, init=False)
    _kept: dict[str, ContactEvent] = field(factory=dict, init=False)
    """Contacts of an earlier process that nothing has touched yet, by id."""
    _tracks: dict[Key, Track | list[ContactEvent]] = field(factory=dict, init=False, repr=False)
    """A list is a track of such contacts that nobody has asked for."""
    _kept_end_s: int = field(default=0, init=False)

    @classmethod
    def of(cls, events: Sequence[ContactEvent]) -> "ContactLedger":
        """The ledger that holds these contacts, oldest first as `events` gives them; they are not checked again."""
        ledger = cls()
        ledger._kept = {event.event_id: event for event in events}
        if events:
            ledger._kept_end_s = epoch_s(max(max(event.ended_at or event.at, event.at) for event in events))
        tracks: dict[Key, list[ContactEvent]] = {}
        for event in events:
            for key in _keys(event):
                held = tracks.get(key)
                if held is None:
                    tracks[key] = [event]
                else:
                    held.append(event)
        ledger._tracks.update(tracks)
        return ledger

    def reserve(self, event: ContactEvent) -> None:
        """Count this contact from now on. Its outcome may be `pending` until it is settled."""
        if event.event_id in self._entries or event.event_id in self._kept:
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

    def prune(self, before: datetime) -> int:
        """Forget settled contacts older than this and say how many; a cap without a window forgets them too."""
        limit_s = epoch_s(before)
        old = [e for e in self._all() if e.at_s < limit_s and e.event.outcome != "pending"]
        for entry in old:
            self._remove(entry)
        return len(old)

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
        for entry in self._entries.values():
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
        return tuple(entry.event for entry in sorted(self._all()))

    def events_of_person(self, person_id: str) -> tuple[ContactEvent, ...]:
        """One person's contacts, oldest first."""
        return tuple(entry.event for entry in self.track("person", person_id).entries)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ContactLedger):
            return NotImplemented
        self._all(), other._all()
        return self._entries == other._entries

    __hash__ = None  # type: ignore[assignment]  # mutable, so not a key

    def __len__(self) -> int:
        return len(self._entries) + len(self._kept)

    def _entry(self, event_id: str) -> Entry | None:
        kept = self._kept.pop(event_id, None)
        if kept is not None:
            self._entries[event_id] = _entry_of(kept)
        return self._entries.get(event_id)

    def _all(self) -> Iterable[Entry]:
        self._entries.update((event_id, _entry_of(event)) for event_id, event in self._kept.items())
        self._kept.clear()
        return self._entries.values()

    def _track(self, key: Key) -> Track | None:
        held = self._tracks.get(key)
        if type(held) is not list:
            return held  # type: ignore[return-value]  # not narrowed by `type`, which is quicker than isinstance
        # Of a long one, the end of all contacts: a campaign's would take as long as the rest of a start.
        last_end_s = self._kept_end_s if len(held) > _MANY else max(_entry_of(event).end_s for event in held)
        track = self._tracks[key] = Track(last_end_s=last_end_s, kept=held)
        return track

    def _add(self, event: ContactEvent) -> None:
        entry = self._entries[event.event_id] = _entry_of(event)
        for key in _keys(event):
            track = self._track(key)
            if track is None:
                track = self._tracks[key] = Track()
            track.add(entry)

    def _remove(self, entry: Entry) -> None:
        del self._entries[entry.event_id]
        for key in _keys(entry.event):
            track = self._track(key)
            assert track is not None
            track.remove(entry)
            if not track:
                del self._tracks[key]


def _check_words(event: ContactEvent) -> None:
    if event.at.tzinfo is None:
        raise ValueError(f"contact `{event.event_id}` needs an aware datetime, got {event.at!r}")
    for word, words in ((event.channel, CHANNELS), (event.direction, DIRECTIONS), (event.outcome, OUTCOMES)):
        if word not in words:
            raise ValueError(f"contact `{event.event_id}` has the unknown word `{word}`; write one of {words}")

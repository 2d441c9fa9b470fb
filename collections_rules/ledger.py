"""Every contact that a rule may count, kept in the order of time and found by whom it concerns.

A contact is reserved before the call is placed and counts in full from then on; it is
settled once, with what became of it. So two dials that run side by side see each
other, and a crash between the two can overcount, never undercount.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
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
    callee_role: str = "debtor"
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


@define(eq=False)
class Track:
    """The contacts of one person, debt, number or campaign, oldest first."""

    entries: list[Entry] = field(factory=list)
    last_end_s: int = 0
    """No contact here ended later. Not lowered by a correction, so it may only be too late."""
    revision: int = 0
    memo: dict[object, object] = field(factory=dict)
    """What a gate worked out from these entries; forgotten when they change."""

    def add(self, entry: Entry) -> None:
        if self.entries and entry < self.entries[-1]:
            insort(self.entries, entry)
        else:
            self.entries.append(entry)
        self.last_end_s = max(self.last_end_s, entry.end_s)
        self._changed()

    def remove(self, entry: Entry) -> None:
        del self.entries[bisect_left(self.entries, entry)]
        self._changed()

    def _changed(self) -> None:
        self.revision += 1
        self.memo.clear()


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
    _tracks: dict[Key, Track] = field(factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, events: Iterable[ContactEvent]) -> "ContactLedger":
        """The ledger that holds these contacts, best oldest first; they are not checked again."""
        ledger = cls()
        for event in events:
            ledger._add(event)
        return ledger

    def reserve(self, event: ContactEvent) -> None:
        """Count this contact from now on. Its outcome may be `pending` until it is settled."""
        if event.event_id in self._entries:
            raise ValueError(f"contact `{event.event_id}` is already in the ledger")
        _check_words(event)
        self._add(event)

    def settle(self, event_id: str, outcome: str, ended_at: datetime) -> None:
        """Say once what became of a reserved contact."""
        entry = self._entries.get(event_id)
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
        old = [e for e in self._entries.values() if e.at_s < limit_s and e.event.outcome != "pending"]
        for entry in old:
            self._remove(entry)
        return len(old)

    @contextmanager
    def without(self, event_id: str) -> Iterator[None]:
        """The ledger as if one contact were not in it, as long as the block lasts.

        For judging a call that already counts, at the moment it is answered.
        """
        entry = self._entries.get(event_id)
        if entry is None:
            raise ValueError(f"contact `{event_id}` is not in the ledger")
        self._remove(entry)
        try:
            yield
        finally:
            self._add(entry.event)

    def track(self, scope: str, key: str) -> Track:
        """The contacts of one `person`, `household`, `debt`, `number` or `campaign`."""
        return self._tracks.get((scope, key), NO_TRACK)

    def events(self) -> tuple[ContactEvent, ...]:
        """All contacts, oldest first."""
        return tuple(entry.event for entry in sorted(self._entries.values()))

    def events_of_person(self, person_id: str) -> tuple[ContactEvent, ...]:
        """One person's contacts, oldest first."""
        return tuple(entry.event for entry in self.track("person", person_id).entries)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ContactLedger):
            return NotImplemented
        return self._entries == other._entries

    __hash__ = None  # type: ignore[assignment]  # mutable, so not a key

    def __len__(self) -> int:
        return len(self._entries)

    def _add(self, event: ContactEvent) -> None:
        at_s = epoch_s(event.at)
        end_s = max(at_s, epoch_s(event.ended_at)) if event.ended_at else at_s
        entry = Entry(at_s, event.event_id, event, end_s)
        self._entries[event.event_id] = entry
        for key in _keys(event):
            self._tracks.setdefault(key, Track()).add(entry)

    def _remove(self, entry: Entry) -> None:
        del self._entries[entry.event_id]
        for key in _keys(entry.event):
            track = self._tracks[key]
            track.remove(entry)
            if not track.entries:
                del self._tracks[key]


def _check_words(event: ContactEvent) -> None:
    if event.at.tzinfo is None:
        raise ValueError(f"contact `{event.event_id}` needs an aware datetime, got {event.at!r}")
    for word, words in ((event.channel, CHANNELS), (event.direction, DIRECTIONS), (event.outcome, OUTCOMES)):
        if word not in words:
            raise ValueError(f"contact `{event.event_id}` has the unknown word `{word}`; write one of {words}")

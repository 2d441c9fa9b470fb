"""One contact, and how the rules place it in time."""

from collections.abc import Iterator
from datetime import datetime

from attrs import frozen

__all__ = ["ContactEvent", "Entry", "Key", "entry_of", "epoch_s", "keys_of"]


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


def entry_of(event: ContactEvent) -> Entry:
    """The contact with its seconds."""
    at_s = epoch_s(event.at)
    return Entry(at_s, event.event_id, event, max(at_s, epoch_s(event.ended_at)) if event.ended_at else at_s)


Key = tuple[str, str]
"""A scope and whose."""


def keys_of(event: ContactEvent) -> Iterator[Key]:
    """Under whom a contact is found."""
    yield "person", event.person_id
    yield "household", event.household_id or event.person_id
    yield "number", event.number_id
    yield "campaign", event.campaign_id
    for claim_id in dict.fromkeys(event.claim_ids):
        yield "debt", claim_id

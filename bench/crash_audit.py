"""What must be true of a journal and a carrier's book after any kill, counted without the engine's help."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from attrs import define, field

from adapters.simulated.carrier_book import Dialed, read_book
from dialer.disposition import DISPOSITIONS, Disposition
from dialer.ports import JournalStore
from dialer.record_codec import decode
from dialer.records import CampaignChanged, Claimed, Disposed, Opened, PromiseToPay, Record
from dialer.state import EngineState

__all__ = ["Audit"]


@define
class Audit:
    """Reads what is new and keeps count. `faults` holds a line for each thing that must not be."""

    zone: ZoneInfo
    attempts_a_day: int
    faults: list[str] = field(factory=list)
    claims: dict[str, Claimed] = field(factory=dict)
    open_ids: set[str] = field(factory=set)
    ends: Counter[Disposition] = field(factory=Counter)
    promises: dict[str, PromiseToPay] = field(factory=dict)
    callbacks: dict[str, datetime] = field(factory=dict)
    """Accounts whose last attempt ended with a wish to be called, and when."""
    starts: int = 0
    interrupted: Counter[str] = field(factory=Counter)
    _read: int = 0
    _a_day: Counter[tuple[str, str]] = field(factory=Counter)

    def look(self, store: JournalStore, book: Path) -> None:
        """Take what was written since the last look: first the book, so that the journal can only be ahead."""
        dialed = read_book(book)
        self.take(dialed, store.read(after=self._read))

    def take(self, dialed: Sequence[Dialed], lines: Iterable[bytes]) -> None:
        """Take all that the far end knows to have been dialed, and the journal's lines since the last time."""
        for line in lines:
            self._read += 1
            self._take(decode(line))
        for attempt_id, count in Counter(one.attempt_id for one in dialed).items():
            if count > 1:
                self.faults.append(f"{attempt_id} was dialed {count} times")
            if attempt_id not in self.claims:
                self.faults.append(f"{attempt_id} was dialed and is not in the journal")
        calls = Counter(
            (one.e164, self._day(self.claims[one.attempt_id].at)) for one in dialed if one.attempt_id in self.claims
        )
        for (_, day), count in calls.items():
            if count > self.attempts_a_day:
                self.faults.append(f"a number was dialed {count} times on {day}")

    def compare(self, state: EngineState) -> None:
        """Hold the engine's own state against the count."""
        for campaign_id, book in state.campaigns.items():
            persons = sum(n for end, n in self.ends.items() if DISPOSITIONS[end].is_answered_by_person)
            abandoned = sum(n for end, n in self.ends.items() if DISPOSITIONS[end].counts_as_abandoned)
            self._expect(f"{campaign_id}: answered by a person", book.counters.answered_by_person, persons)
            self._expect(f"{campaign_id}: abandoned", book.counters.abandoned, abandoned)
            self._expect(f"{campaign_id}: attempts", book.attempt_count, len(self.claims))
            self._expect(f"{campaign_id}: dispositions", dict(book.dispositions), dict(self.ends))
            planned = {
                account_id: one.not_before_at
                for account_id, one in book.schedule.progress.items()
                if one.is_callback and one.open_attempt_id is None and not one.held_by
            }
            due = {account_id: at for account_id, at in self.callbacks.items() if account_id in planned}
            self._expect(f"{campaign_id}: callbacks", planned, due)
            lost = [one for one in self.callbacks if not book.schedule.progress_of(one).is_callback]
            self._expect(f"{campaign_id}: callbacks lost", lost, [])
        self._expect("promises", dict(state.promises), self.promises)
        self._expect("contacts", len(state.ledger), len(self.claims))
        self._expect("open attempts", set(state.attempts), self.open_ids)

    def _expect(self, what: str, found: object, counted: object) -> None:
        if found != counted:
            self.faults.append(f"{what}: the engine says {found!r:.200}, counted {counted!r:.200}")

    def _take(self, record: Record) -> None:
        if isinstance(record, Claimed):
            if record.attempt_id in self.claims:
                self.faults.append(f"{record.attempt_id} was claimed twice")
            self.claims[record.attempt_id] = record
            self.open_ids.add(record.attempt_id)
            self.callbacks.pop(record.account_id, None)
            key = (record.person_id, self._day(record.at))
            self._a_day[key] += 1
            if self._a_day[key] > self.attempts_a_day:
                self.faults.append(f"{record.attempt_id} is over the cap of its person")
        elif isinstance(record, Disposed):
            self._end(record)
        elif isinstance(record, Opened):
            self.starts += 1
        elif isinstance(record, CampaignChanged) and record.reason == "started" and self.open_ids:
            self.faults.append(f"start {self.starts} left {len(self.open_ids)} attempts open")

    def _end(self, record: Disposed) -> None:
        if record.attempt_id not in self.open_ids:
            self.faults.append(f"{record.attempt_id} has a second disposition, or no claim")
        self.open_ids.discard(record.attempt_id)
        self.ends[record.disposition] += 1
        if record.disposition is Disposition.NOT_PLACED and (claim := self.claims.get(record.attempt_id)) is not None:
            self._a_day[claim.person_id, self._day(claim.at)] -= 1  # nobody was called, so no cap counts it
        if record.promise is not None:
            self.promises[record.account_id] = record.promise
        if record.is_next_callback and record.next_at is not None:
            self.callbacks[record.account_id] = record.next_at
        if record.ends.startswith("interrupted"):
            self.interrupted[record.disposition.value] += 1

    def _day(self, at: datetime) -> str:
        return at.astimezone(self.zone).date().isoformat()

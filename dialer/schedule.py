"""What a campaign calls next, and not before when. Pure.

Everything the schedule knows about an account stands in its `AccountProgress`,
and only records change that, so replay rebuilds it. The two heaps beside it are
an index: `waiting` by time, `ready` by priority. An entry whose `version` is
old is dropped when it surfaces; nothing is ever searched.
"""

import heapq
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from dialer.disposition import DISPOSITIONS
from dialer.model import Account
from dialer.records import Claimed, Denied, Disposed, FactStated

__all__ = ["AccountProgress", "Pick", "Schedule"]


@define
class AccountProgress:
    """What has happened with one account in one campaign, and what comes next.

    `ends` is empty while there is a next try at `not_before_at`, else it says
    why there is none. `outcome_streak` counts how often `last_outcome` came in
    a row: the n-th busy may be planned otherwise than the first.
    """

    attempt_count: int = 0
    day: date | None = None
    """Local date of the last attempt, and how many fell on it."""
    day_attempt_count: int = 0
    last_outcome: str = ""
    outcome_streak: int = 0
    last_attempt_at: datetime | None = None
    next_number_id: str | None = None
    not_before_at: datetime | None = None
    is_callback: bool = False
    agent_id: str | None = None
    same_agent_within_s: float = 0.0
    dropped_number_ids: frozenset[str] = frozenset()
    open_attempt_id: str | None = None
    held_by: str = ""
    ends: str = ""
    version: int = 0


_UNTOUCHED = AccountProgress()


@frozen
class Pick:
    """An account that is due."""

    account_id: str
    is_callback: bool
    agent_id: str | None
    same_agent_within_s: float
    due_at: datetime | None
    next_number_id: str | None


@frozen
class _Enrolled:
    person_id: str
    tier: str
    position: int


@define
class Schedule:
    """The accounts of one campaign: due callbacks first, then by value tier, retries before fresh ones."""

    zone: ZoneInfo
    """Where a day begins and ends for attempts counted by the day."""
    progress: dict[str, AccountProgress] = field(factory=dict)
    _enrolled: dict[str, _Enrolled] = field(factory=dict, eq=False)
    _held: dict[str, set[str]] = field(factory=dict)
    """By person: accounts that only a changed fact can release."""
    _waiting: list[tuple[float, int, str, int]] = field(factory=list, eq=False)
    _ready: list[tuple[tuple[int, str, int, int], str, int]] = field(factory=list, eq=False)
    _sequence: int = field(default=0, eq=False)
    on_planned: Callable[[datetime | None], None] | None = field(default=None, eq=False)
    """Called when an account is planned, with the time it falls due, None for now: whoever sleeps may wake."""

    def enroll(self, accounts: Iterable[Account]) -> None:
        """Put a list's accounts behind those already enrolled; known ones keep their place."""
        for account in accounts:
            if account.account_id in self._enrolled:
                continue
            person = account.person
            self._enrolled[account.account_id] = _Enrolled(
                person.person_id, person.value_tier or "~", len(self._enrolled)
            )
            self._index(account.account_id, self.progress.get(account.account_id, _UNTOUCHED))

    def __len__(self) -> int:
        return len(self._enrolled)

    def progress_of(self, account_id: str) -> AccountProgress:
        """What has happened with an account so far."""
        return self.progress.get(account_id, _UNTOUCHED)

    def next(self, now_at: datetime) -> Pick | None:
        """Take the most urgent account that is due, or None.

        The caller owns it until a record (claimed, denied) plans it anew, or
        `put_back` returns it.
        """
        if not self.has_due(now_at):
            return None
        _, account_id, _ = heapq.heappop(self._ready)
        progress = self.progress_of(account_id)
        return Pick(
            account_id=account_id,
            is_callback=progress.is_callback,
            agent_id=progress.agent_id,
            same_agent_within_s=progress.same_agent_within_s,
            due_at=progress.not_before_at,
            next_number_id=progress.next_number_id,
        )

    def has_due(self, now_at: datetime) -> bool:
        """Whether `next` would give an account."""
        now_s = now_at.timestamp()
        while self._waiting and self._waiting[0][0] <= now_s:
            _, _, account_id, version = heapq.heappop(self._waiting)
            progress = self.progress_of(account_id)
            if progress.version == version:
                heapq.heappush(self._ready, (self._priority(account_id, progress), account_id, version))
        while self._ready:
            _, account_id, version = self._ready[0]
            progress = self.progress_of(account_id)
            if progress.version == version and not progress.open_attempt_id and not progress.ends:
                return True
            heapq.heappop(self._ready)
        return False

    def put_back(self, account_id: str, not_before_at: datetime | None = None) -> None:
        """Return a pick that came to nothing, to be offered again, if asked not before an instant."""
        progress = self.progress_of(account_id)
        when = not_before_at or progress.not_before_at
        self._push(account_id, when, progress)

    def next_due_at(self) -> datetime | None:
        """When the next account falls due that is not due yet; None if none is planned."""
        while self._waiting:
            due_s, _, account_id, version = self._waiting[0]
            if self.progress_of(account_id).version == version:
                return datetime.fromtimestamp(due_s, tz=UTC)
            heapq.heappop(self._waiting)
        return None

    # Records plan the account anew; nothing else does.

    def apply_claimed(self, record: Claimed) -> None:
        """The account is being called: it is not offered until that ends."""
        progress = self._touch(record.account_id)
        progress.attempt_count += 1
        day = record.at.astimezone(self.zone).date()
        progress.day_attempt_count = progress.day_attempt_count + 1 if day == progress.day else 1
        progress.day = day
        progress.open_attempt_id = record.attempt_id
        progress.last_attempt_at = record.at
        progress.not_before_at = None
        progress.held_by = ""

    def apply_denied(self, record: Denied) -> None:
        """A rule refused the call: offered again when it may be lawful, held where only a new fact helps."""
        if record.attempt_id is not None:
            return  # a verdict at answer ends its attempt; that plans the account
        progress = self._touch(record.account_id)
        progress.held_by = record.rule_id
        progress.not_before_at = record.next_eligible_at
        progress.ends = "" if record.next_eligible_at else f"held by {record.rule_id}"
        if record.next_eligible_at is None:
            self._held.setdefault(record.person_id, set()).add(record.account_id)
        self._index(record.account_id, progress)

    def apply_disposed(self, record: Disposed) -> None:
        """An attempt ended; its record says what comes next."""
        progress = self._touch(record.account_id)
        outcome = DISPOSITIONS[record.disposition].retry_outcome
        progress.outcome_streak = progress.outcome_streak + 1 if outcome == progress.last_outcome else 1
        progress.last_outcome = outcome
        progress.open_attempt_id = None
        progress.not_before_at = record.next_at
        progress.next_number_id = record.next_number_id
        progress.is_callback = record.is_next_callback
        progress.agent_id = record.next_agent_id
        progress.same_agent_within_s = record.same_agent_within_s
        if record.dropped_number_id is not None:
            progress.dropped_number_ids |= {record.dropped_number_id}
        progress.ends = record.ends
        self._index(record.account_id, progress)

    def apply_fact(self, record: FactStated) -> None:
        """A fact changed: accounts that only a fact could release are judged again."""
        for account_id in sorted(self._held.pop(record.person_id, ())):
            progress = self._touch(account_id)
            if progress.ends.startswith("held by"):
                progress.ends = ""
                progress.not_before_at = record.at
                self._index(account_id, progress)

    def apply_rules(self, at: datetime) -> None:
        """Other rules: what the old ones refused is judged again."""
        for account_id, progress in self.progress.items():
            is_held = progress.ends.startswith("held by")
            if progress.held_by and not progress.open_attempt_id and (is_held or not progress.ends):
                progress = self._touch(account_id)
                progress.held_by, progress.ends, progress.not_before_at = "", "", at
                self._index(account_id, progress)
        self._held.clear()

    def _touch(self, account_id: str) -> AccountProgress:
        progress = self.progress.get(account_id)
        if progress is None:
            progress = self.progress[account_id] = AccountProgress()
        progress.version += 1
        return progress

    def _index(self, account_id: str, progress: AccountProgress) -> None:
        if progress.ends or progress.open_attempt_id or account_id not in self._enrolled:
            return
        self._push(account_id, progress.not_before_at, progress)
        if self.on_planned is not None:
            self.on_planned(progress.not_before_at)

    def _push(self, account_id: str, when: datetime | None, progress: AccountProgress) -> None:
        if when is None:
            heapq.heappush(self._ready, (self._priority(account_id, progress), account_id, progress.version))
        else:
            self._sequence += 1
            heapq.heappush(self._waiting, (when.timestamp(), self._sequence, account_id, progress.version))

    def _priority(self, account_id: str, progress: AccountProgress) -> tuple[int, str, int, int]:
        enrolled = self._enrolled[account_id]
        is_fresh = progress.attempt_count == 0
        return (0 if progress.is_callback else 1, enrolled.tier, int(is_fresh), enrolled.position)

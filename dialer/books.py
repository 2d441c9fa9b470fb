"""What programs ask of a running engine beyond its figures: pages of what is due and of what is held. Words and port.

Pages are in the order of account ids. `after` is the account id behind which a
page begins; a page shorter than asked for is the last.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Protocol

from attrs import field, frozen

from dialer.records import Record

__all__ = ["AttemptRow", "Books", "CallbackRow", "CampaignTotals", "EngineHealth", "HeldRow", "PromiseRow"]


@frozen
class AttemptRow:
    """One attempt to reach an account's person, as the contact ledger holds it."""

    attempt_id: str
    at: datetime
    campaign_id: str
    channel: str
    direction: str
    number_id: str
    outcome: str
    claim_ids: tuple[str, ...]


@frozen
class PromiseRow:
    """The open promise of an account."""

    account_id: str
    amount_minor: int
    currency: str
    due_date: date


@frozen
class CallbackRow:
    """A call at a time the person asked for."""

    account_id: str
    due_at: datetime | None
    agent_id: str | None
    """Who is to make it, where somebody is."""


@frozen
class HeldRow:
    """An account that a rule holds back; `release_at` None when only a new fact of the person can release it."""

    account_id: str
    rule_id: str
    release_at: datetime | None


@frozen
class CampaignTotals:
    """Counts since the journal began: they only grow."""

    campaign_id: str
    attempts: int
    dispositions: dict[str, int]
    denials: dict[str, int]
    """Refusals by the rule that decided."""


@frozen
class EngineHealth:
    """Whether this engine can dial at all."""

    is_running: bool
    is_draining: bool
    journal_fault: str
    """Empty while the journal takes records."""
    record_count: int
    campaigns: dict[str, str] = field(factory=dict)
    """Campaign -> its state."""


class Books(Protocol):
    """The questions. Pages look at every account, a little at a time, so that dialing goes on between."""

    def attempts(self, campaign_id: str, account_id: str) -> list[AttemptRow]:
        """Contacts with the account's person about it, newest first."""
        ...

    async def promises(self, campaign_id: str, after: str, limit: int) -> list[PromiseRow]:
        """Open promises."""
        ...

    async def callbacks(self, campaign_id: str, after: str, limit: int) -> list[CallbackRow]:
        """Calls at times that people asked for."""
        ...

    async def held(self, campaign_id: str, after: str, limit: int, rule_id: str | None) -> list[HeldRow]:
        """Accounts that a rule holds back at this instant, of one rule or of all."""
        ...

    def totals(self) -> tuple[CampaignTotals, ...]:
        """Counts of every campaign."""
        ...

    def health(self) -> EngineHealth:
        """Whether the engine can dial."""
        ...

    def listen(self, listener: Callable[[Record], None]) -> None:
        """Call `listener` with every record; it must neither wait nor raise."""
        ...

    def time_flushes(self, observer: Callable[[float], None]) -> None:
        """Call `observer` with the seconds each flush of the journal took, on trio's clock."""
        ...

"""What a desk shows of one account and what an agent may say of a call: words shared with the adapters of desks."""

from datetime import date, datetime
from typing import Any

from attrs import field, frozen

from dialer.disposition import Disposition

__all__ = [
    "AGENT_FACTS",
    "NOTE_CATEGORIES",
    "CaseFile",
    "CaseNumber",
    "ClaimLine",
    "Denial",
    "LawfulTime",
    "Note",
    "PastContact",
    "Permission",
    "Told",
    "Week",
    "WeekBand",
    "dispositions_for",
]

AGENT_FACTS = (
    "person.opted_out",
    "person.no_call",
    "person.refused_offer",
    "person.refused_channels",
    "person.refused_products",
    "person.attorney",
    "person.deceased",
    "person.hardship",
    "person.cease",
    "person.excluded_hours",
    "person.excluded_numbers",
    "person.excluded_means",
    "person.employer_forbids",
    "person.no_work_calls",
    "person.stated_zone",
    "callee.role",
    "debt.dispute",
    "debt.bankruptcy",
    "debt.certificate",
)
"""What an agent may state for the person; each acts on the very next verdict."""

_TALKED = (
    Disposition.RIGHT_PARTY,
    Disposition.REFUSED,
    Disposition.CALLBACK,
    Disposition.THIRD_PARTY,
    Disposition.WRONG_PERSON,
    Disposition.OPTED_OUT,
    Disposition.CUT_OFF,
)


def dispositions_for(purpose: str) -> tuple[Disposition, ...]:
    """What an agent may say of a talk, the success of the campaign's purpose first."""
    success = Disposition.SOLD if purpose in ("telesales", "sales") else Disposition.PROMISED
    return (success, *_TALKED)


NOTE_CATEGORIES = ("complaint", "praise", "question", "product", "process", "other")
"""What the customer's voice is about."""


@frozen
class Note:
    """What an agent wrote down of a call."""

    at: datetime
    campaign_id: str
    account_id: str
    agent_id: str
    category: str
    text: str = field(repr=False)


@frozen
class ClaimLine:
    """One debt of the account."""

    claim_id: str
    balance_minor: int
    currency: str
    days_past_due: int | None
    product: str


@frozen
class CaseNumber:
    """A number as a screen may show it."""

    number_id: str
    masked: str
    kind: str


@frozen
class PastContact:
    """An earlier contact with the person, on any channel and in any campaign."""

    at: datetime
    channel: str
    direction: str
    outcome: str
    campaign_id: str
    number_id: str


@frozen
class LawfulTime:
    """A span in which the account may be called; `to_at` is the first moment it may not."""

    from_at: datetime
    to_at: datetime


@frozen
class Denial:
    """One rule that refuses, in both languages."""

    rule_id: str
    title_ko: str
    title_en: str
    reason_ko: str
    reason_en: str
    cite: str
    release_at: datetime | None


@frozen
class Permission:
    """A verdict in words: may the number be called at `at`, why not, when next."""

    at: datetime
    is_allowed: bool
    denials: tuple["Denial", ...]
    next_at: datetime | None
    decided_by: str | None
    """The rule that sets `next_at`."""


@frozen
class Told:
    """The explanation of a decision: for people, and as data."""

    account_id: str
    is_allowed: bool
    next_at: datetime | None
    text: str
    data: dict[str, Any] = field(repr=False)


@frozen
class WeekBand:
    """When one rule lets an account through."""

    rule_id: str
    title_ko: str
    title_en: str
    cite: str
    open: tuple[LawfulTime, ...]


@frozen
class Week:
    """The coming week of an account, if nothing else happens, and its contacts of the week before."""

    from_at: datetime
    to_at: datetime
    open: tuple[LawfulTime, ...]
    """When every rule lets it through."""
    bands: tuple[WeekBand, ...]
    """Rules that close it at some time."""
    contacts: tuple[datetime, ...]


@frozen
class CaseFile:
    """Everything a desk shows of one account."""

    campaign_id: str
    purpose: str
    account_id: str
    person_id: str
    language: str
    value_tier: str
    claims: tuple[ClaimLine, ...]
    numbers: tuple[CaseNumber, ...]
    traits: dict[str, str]
    facts: dict[str, object]
    """What the person has stated since the list was made."""
    promise_minor: int | None
    promise_currency: str
    promise_due: date | None
    history: tuple[PastContact, ...] = field(repr=lambda history: f"<{len(history)} contacts>")
    notes: tuple[Note, ...] = field(default=(), repr=lambda notes: f"<{len(notes)} notes>")
    """Newest first."""
    why: str = ""
    """Why this call, in a word: `first_try`, `retry` or `callback`."""

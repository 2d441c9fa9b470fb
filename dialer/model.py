"""Whom a campaign calls: people, what they owe, and the numbers that reach them. Pure.

All classes are frozen: what changes about an account is recorded in the journal
and kept in `dialer.state`, never here.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from types import MappingProxyType

from attrs import field, frozen

__all__ = ["Account", "Claim", "FactValue", "NumberKind", "Person", "PhoneNumber"]

FactValue = bool | int | float | str | date | datetime | frozenset[str]
"""A value a rule may read. A fact that has none is unknown, and unknown closes."""

_NO_FACTS: Mapping[str, FactValue] = MappingProxyType({})
_NO_TRAITS: Mapping[str, str] = MappingProxyType({})


class NumberKind(Enum):
    """What the list says about a number, or `OTHER` where it says nothing."""

    MOBILE = "mobile"
    HOME = "home"
    WORK = "work"
    OTHER = "other"


@frozen
class PhoneNumber:
    """One dialable number of one person. `e164` never reaches a log."""

    number_id: str
    e164: str = field(repr=False)
    kind: NumberKind = NumberKind.OTHER
    zones: tuple[str, ...] = ()
    """IANA zones that the number itself is evidence for; empty when it says nothing."""


@frozen
class Person:
    """The debtor, guarantor or customer; the one whom caps and opt-outs protect."""

    person_id: str
    zones: tuple[str, ...] = ()
    """IANA zones of the address and of what the person stated."""
    language: str = "ko"
    value_tier: str = ""
    """As the list names it, `A` before `B`; empty when the list has none."""


@frozen
class Claim:
    """One debt. Caps that the law sets per debt are counted on `claim_id`."""

    claim_id: str
    balance_minor: int
    """What is owed, in minor units of `currency` (KRW and JPY have none, so whole won)."""
    currency: str
    days_past_due: int | None = None
    product: str = ""


@frozen
class Account:
    """One line of a campaign's list: a person, their claims, their numbers in the order to try."""

    account_id: str
    person: Person
    numbers: tuple[PhoneNumber, ...]
    claims: tuple[Claim, ...] = ()
    facts: Mapping[str, FactValue] = _NO_FACTS
    """What the list knows beyond the fields above, by the names of the rules' fact table."""
    traits: Mapping[str, str] = _NO_TRAITS
    """Columns kept as they stood, for reports and for simulated people. No rule reads them."""

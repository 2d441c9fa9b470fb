"""What people at desks do beyond the calls that come to them: words shared with the adapters of desks, and the port."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from attrs import frozen

from dialer.case_words import CaseFile, Permission
from dialer.ports import CallCard

__all__ = ["AccountNow", "CallbackLine", "DeskWork", "MyWork", "NumberNow", "PromiseLine"]


@frozen
class NumberNow:
    """A number and whether it may be called at this instant."""

    number_id: str
    permission: Permission


@frozen
class AccountNow:
    """An account that an agent looked up, and whether it may be called now."""

    case: CaseFile
    is_asked_for: bool
    """Whether the person wished to be called about now."""
    numbers: tuple[NumberNow, ...]
    obstacle: str
    """What else is in the way, in words; empty when nothing is."""


@frozen
class CallbackLine:
    """A call that a person asked this agent for."""

    campaign_id: str
    account_id: str
    due_at: datetime
    is_late: bool


@frozen
class PromiseLine:
    """A promise that was made to this agent, the day it falls due, and whether that day is past."""

    campaign_id: str
    account_id: str
    amount_minor: int
    currency: str
    due_date: date
    is_late: bool


@frozen
class MyWork:
    """What waits for one agent."""

    callbacks: tuple[CallbackLine, ...]
    """The most urgent first."""
    promises: tuple[PromiseLine, ...]


class DeskWork(Protocol):
    """The questions and the orders. None waits; a refusal raises `ConsoleError`."""

    def find(self, agent_id: str, text: str, limit: int) -> list[tuple[str, str]]:
        """Campaign and account of what begins with a text, in the campaigns that the agent works."""
        ...

    def look_up(self, agent_id: str, campaign_id: str, account_id: str) -> AccountNow:
        """An account and whether it may be called now."""
        ...

    def call(self, agent_id: str, campaign_id: str, account_id: str, number_id: str) -> CallCard:
        """Call it: verdict, claim and agent in this instant, as for every other call."""
        ...

    def move(self, agent_id: str, campaign_ids: Sequence[str], actor: str, reason: str) -> None:
        """Have an agent work other campaigns, from now on or from the end of the call at hand."""
        ...

    def work_of(self, agent_id: str) -> MyWork:
        """What waits for an agent."""
        ...

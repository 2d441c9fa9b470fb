"""`dialer.books.Books` over a running engine."""

import heapq
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

import trio
from attrs import define

from dialer.agents import AgentPool
from dialer.board import ConsoleError
from dialer.books import AttemptRow, CallbackRow, CampaignTotals, EngineHealth, HeldRow, PromiseRow
from dialer.campaign import Campaign
from dialer.clock import WallClock
from dialer.journal import Journal
from dialer.records import PromiseToPay, Record
from dialer.schedule import AccountProgress
from dialer.state import EngineState

__all__ = ["EngineBooks"]

# Looked at in one go; some tenths of a millisecond.
_AT_ONCE = 1000
_Row = TypeVar("_Row", PromiseRow, CallbackRow, HeldRow)
_Known = TypeVar("_Known")


class _Engine(Protocol):
    state: EngineState
    journal: Journal
    clock: WallClock
    agents: AgentPool
    campaigns: dict[str, Campaign]

    @property
    def is_draining(self) -> bool: ...

    @property
    def is_running(self) -> bool: ...


@define(eq=False)
class EngineBooks:
    """The questions, answered from the state."""

    engine: _Engine

    def attempts(self, campaign_id: str, account_id: str) -> list[AttemptRow]:
        """Contacts with the account's person about it, newest first."""
        account = self._campaign(campaign_id).accounts.get(account_id)
        if account is None:
            msg = f"there is no account `{account_id}` in `{campaign_id}`"
            raise ConsoleError(msg)
        claims = {one.claim_id for one in account.claims}
        events = self.engine.state.ledger.events_of_person(account.person.person_id)
        about = (one for one in events if not one.claim_ids or not claims or claims & set(one.claim_ids))
        return [
            AttemptRow(
                one.event_id,
                one.at,
                one.campaign_id,
                one.channel,
                one.direction,
                one.number_id,
                one.outcome,
                tuple(one.claim_ids),
            )
            for one in sorted(about, key=lambda one: (one.at, one.event_id), reverse=True)
        ]

    async def promises(self, campaign_id: str, after: str, limit: int) -> list[PromiseRow]:
        """Open promises."""
        accounts = self._campaign(campaign_id).accounts

        def row(account_id: str, one: PromiseToPay) -> PromiseRow | None:
            if account_id not in accounts:
                return None
            return PromiseRow(account_id, one.amount_minor, one.currency, one.due_date)

        return await _page(self.engine.state.promises, row, after, limit)

    async def callbacks(self, campaign_id: str, after: str, limit: int) -> list[CallbackRow]:
        """Calls at times that people asked for."""

        def row(account_id: str, one: AccountProgress) -> CallbackRow | None:
            if not one.is_callback or one.ends or one.open_attempt_id is not None:
                return None
            return CallbackRow(account_id, one.not_before_at, one.agent_id)

        return await _page(self._campaign(campaign_id).book.schedule.progress, row, after, limit)

    async def held(self, campaign_id: str, after: str, limit: int, rule_id: str | None) -> list[HeldRow]:
        """Accounts that a rule holds back at this instant, of one rule or of all."""
        now_at = self.engine.clock.now_at()

        def row(account_id: str, one: AccountProgress) -> HeldRow | None:
            if not one.held_by or rule_id not in (None, one.held_by):
                return None
            if one.not_before_at is not None and one.not_before_at <= now_at:
                return None  # due again, and judged anew when its turn comes
            return HeldRow(account_id, one.held_by, one.not_before_at)

        return await _page(self._campaign(campaign_id).book.schedule.progress, row, after, limit)

    def totals(self) -> tuple[CampaignTotals, ...]:
        """Counts of every campaign."""
        return tuple(
            CampaignTotals(
                one.campaign_id,
                one.attempt_count,
                {disposition.value: count for disposition, count in one.dispositions.items()},
                dict(one.denials),
            )
            for one in self.engine.state.campaigns.values()
        )

    def health(self) -> EngineHealth:
        """Whether the engine can dial."""
        engine = self.engine
        return EngineHealth(
            is_running=engine.is_running,
            is_draining=engine.is_draining,
            journal_fault=engine.journal.fault,
            record_count=engine.state.record_count,
            campaigns={name: one.state.value for name, one in engine.state.campaigns.items()},
        )

    def listen(self, listener: Callable[[Record], None]) -> None:
        """Call `listener` with every record; it must neither wait nor raise."""
        self.engine.journal.listen(listener)

    def time_flushes(self, observer: Callable[[float], None]) -> None:
        """Call `observer` with the seconds each flush of the journal took, on trio's clock."""
        self.engine.journal.time_flushes(observer)

    def _campaign(self, campaign_id: str) -> Campaign:
        campaign = self.engine.campaigns.get(campaign_id)
        if campaign is None:
            msg = f"there is no campaign `{campaign_id}`; there are {', '.join(self.engine.campaigns)}"
            raise ConsoleError(msg)
        return campaign


async def _page(
    known: Mapping[str, _Known], row_of: Callable[[str, _Known], _Row | None], after: str, limit: int
) -> list[_Row]:
    """The first rows behind `after`, by account id, looking at some at a time."""
    best: list[_Row] = []
    for number, (account_id, one) in enumerate(list(known.items()), start=1):
        if account_id > after and (row := row_of(account_id, one)) is not None:
            best.append(row)
        if number % _AT_ONCE == 0:
            best = heapq.nsmallest(limit, best, key=_by_id)
            await trio.lowlevel.checkpoint()
    return heapq.nsmallest(limit, best, key=_by_id)


def _by_id(row: PromiseRow | CallbackRow | HeldRow) -> str:
    return row.account_id

"""`dialer.desk_work.DeskWork` over a running engine.

Theory of operation. What waits for each agent is read once off the schedules
and from then on kept by the records, so that asking costs nothing however long
the lists are. A call by hand goes through the campaign's own placer: only the
choice of the account is the agent's.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Protocol

from attrs import define, field

from dialer.agents import AgentPool
from dialer.board import ConsoleError
from dialer.campaign import Campaign
from dialer.casefile import CaseDesk
from dialer.clock import WallClock
from dialer.config import Config
from dialer.desk_work import AccountNow, CallbackLine, MyWork, NumberNow, PromiseLine
from dialer.gatekeeper import LawfulCall
from dialer.journal import Journal
from dialer.ports import CallCard
from dialer.records import AgentState, CampaignState, Claimed, Disposed, PromiseToPay, Record
from dialer.state import EngineState

__all__ = ["EngineDeskWork"]

_CAN_CALL = (AgentState.IDLE, AgentState.ON_BREAK)
# More than this is no list to work by.
_MOST_LINES = 50
_Key = tuple[str, str]


class _Engine(Protocol):
    config: Config
    state: EngineState
    journal: Journal
    clock: WallClock
    agents: AgentPool
    campaigns: dict[str, Campaign]


@define(eq=False)
class EngineDeskWork:
    """The questions, answered from the state; the orders, given to pool and placer."""

    engine: _Engine
    _callbacks: dict[str, dict[_Key, datetime]] = field(factory=dict)
    _owners: dict[_Key, str] = field(factory=dict)
    _promises: dict[str, dict[_Key, PromiseToPay]] = field(factory=dict)
    """By the agent who was given them, since this process began."""

    def __attrs_post_init__(self) -> None:
        for campaign_id, book in self.engine.state.campaigns.items():
            for account_id, one in book.schedule.progress.items():
                if one.is_callback and one.agent_id and one.not_before_at and not one.ends and not one.open_attempt_id:
                    self._expect((campaign_id, account_id), one.agent_id, one.not_before_at)
        self.engine.journal.listen(self._heed)

    # What desks ask.

    def find(self, agent_id: str, text: str, limit: int) -> list[_Key]:
        """Campaign and account of what begins with a text, in the campaigns that the agent works."""
        found: list[_Key] = []
        for campaign_id in self._campaign_ids(agent_id):
            accounts = self._campaign(campaign_id).accounts
            if text in accounts:
                found.append((campaign_id, text))
            else:
                hits = (one for one in accounts if one.startswith(text))
                found += [(campaign_id, one) for one in islice(hits, limit)]
        return found[:limit]

    def look_up(self, agent_id: str, campaign_id: str, account_id: str) -> AccountNow:
        """An account and whether it may be called now."""
        cases, now_at = self._cases(agent_id, campaign_id), self.engine.clock.now_at()
        account = cases.account(account_id)
        is_asked_for = self._is_asked_for(campaign_id, account_id, now_at)
        numbers = tuple(
            NumberNow(one.number_id, cases.may_call(account_id, one.number_id, now_at, is_asked_for=is_asked_for))
            for one in account.numbers
        )
        return AccountNow(cases.case(account_id), is_asked_for, numbers, self._obstacle(cases.campaign, account_id))

    def call(self, agent_id: str, campaign_id: str, account_id: str, number_id: str) -> CallCard:
        """Call it: verdict, claim and agent in this instant, as for every other call."""
        cases, now_at = self._cases(agent_id, campaign_id), self.engine.clock.now_at()
        campaign, (account, number) = cases.campaign, cases.number(account_id, number_id)
        agent = self.engine.agents.get(agent_id)
        if agent is None or agent.state not in _CAN_CALL:
            msg = "finish the call at hand first; calls are placed when idle or on a break"
            raise ConsoleError(msg)
        obstacle = self._obstacle(campaign, account_id)
        if not obstacle and number_id in campaign.book.schedule.progress_of(account_id).dropped_number_ids:
            obstacle = "this number does not reach the person any more"
        if obstacle:
            raise ConsoleError(obstacle)
        is_asked_for = self._is_asked_for(campaign_id, account_id, now_at)
        verdict = campaign.gate.judge(account, number, now_at, campaign.plan.limits.ring_s, is_asked_for=is_asked_for)
        if not verdict.is_allowed:
            msg = "; ".join(f"{one.rule_id}: {one.reason_en}" for one in verdict.denials)
            raise ConsoleError(f"the person may not be called now: {msg}")
        card = campaign.call_by_hand(LawfulCall(account, number, verdict), agent_id, is_callback=is_asked_for)
        if card is None:
            msg = "no line is free this moment; try again"
            raise ConsoleError(msg)
        return card

    def work_of(self, agent_id: str) -> MyWork:
        """What waits for an agent."""
        now_at = self.engine.clock.now_at()
        today = now_at.astimezone(self.engine.config.zone).date()
        calls = sorted(self._callbacks.get(agent_id, {}).items(), key=lambda item: item[1])
        promises = sorted(self._promises.get(agent_id, {}).items(), key=lambda item: (item[1].due_date, item[0]))
        return MyWork(
            tuple(CallbackLine(*key, due_at, due_at <= now_at) for key, due_at in calls[:_MOST_LINES]),
            tuple(
                PromiseLine(*key, one.amount_minor, one.currency, one.due_date, one.due_date < today)
                for key, one in promises[:_MOST_LINES]
            ),
        )

    # What supervisors order.

    def move(self, agent_id: str, campaign_ids: Sequence[str], actor: str, reason: str) -> None:
        """Have an agent work other campaigns, from now on or from the end of the call at hand."""
        if self.engine.agents.get(agent_id) is None:
            msg = f"{agent_id} is not logged in"
            raise ConsoleError(msg)
        wanted = tuple(dict.fromkeys(campaign_ids))
        unknown = [one for one in wanted if one not in self.engine.campaigns]
        if unknown or not wanted:
            msg = f"pick campaigns among {', '.join(self.engine.campaigns)}"
            raise ConsoleError(msg)
        words = f"moved by {actor}" + (f": {reason}" if reason else "")
        self.engine.agents.move(agent_id, wanted, words)

    # How.

    def _heed(self, record: Record) -> None:
        match record:
            case Claimed():
                self._forget((record.campaign_id, record.account_id))
            case Disposed():
                key = (record.campaign_id, record.account_id)
                if record.is_next_callback and record.next_agent_id and record.next_at and not record.ends:
                    self._expect(key, record.next_agent_id, record.next_at)
                if record.promise is not None and record.agent_id:
                    for promises in self._promises.values():
                        promises.pop(key, None)
                    self._promises.setdefault(record.agent_id, {})[key] = record.promise

    def _expect(self, key: _Key, agent_id: str, due_at: datetime) -> None:
        self._forget(key)
        self._owners[key] = agent_id
        self._callbacks.setdefault(agent_id, {})[key] = due_at

    def _forget(self, key: _Key) -> None:
        owner = self._owners.pop(key, None)
        if owner is not None:
            self._callbacks[owner].pop(key, None)

    def _is_asked_for(self, campaign_id: str, account_id: str, now_at: datetime) -> bool:
        """A wish to be called holds from the moment the person named."""
        progress = self._campaign(campaign_id).book.schedule.progress_of(account_id)
        due_at = progress.not_before_at
        return progress.is_callback and not progress.ends and (due_at is None or due_at <= now_at)

    def _obstacle(self, campaign: Campaign, account_id: str) -> str:
        if campaign.book.state is not CampaignState.RUNNING:
            return f"the campaign is {campaign.book.state.value}; a supervisor can start it"
        if not self.engine.journal.may_dial(campaign.plan.campaign_id):
            return "this campaign is dialed from another place"
        if campaign.placer.is_at_work(account_id):
            return "somebody calls this account already"
        return ""

    def _cases(self, agent_id: str, campaign_id: str) -> CaseDesk:
        if campaign_id not in self._campaign_ids(agent_id):
            msg = f"you work {', '.join(self._campaign_ids(agent_id))}, not `{campaign_id}`"
            raise ConsoleError(msg)
        purpose = next(one.purpose for one in self.engine.config.campaigns if one.id == campaign_id)
        return CaseDesk(self._campaign(campaign_id), self.engine.state, purpose)

    def _campaign_ids(self, agent_id: str) -> tuple[str, ...]:
        agent = self.engine.agents.get(agent_id)
        if agent is None:
            msg = "log in at the desk first"
            raise ConsoleError(msg)
        return agent.profile.campaign_ids

    def _campaign(self, campaign_id: str) -> Campaign:
        campaign = self.engine.campaigns.get(campaign_id)
        if campaign is None:
            msg = f"there is no campaign `{campaign_id}`; there are {', '.join(self.engine.campaigns)}"
            raise ConsoleError(msg)
        return campaign

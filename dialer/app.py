"""Wires an engine from its settings and ports. A library with a thin command line."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version

import structlog
import trio
from attrs import frozen

from collections_rules import RuleBook
from dialer.agents import AgentPool
from dialer.campaign import Campaign, CampaignPlan
from dialer.clock import WallClock
from dialer.config import Config
from dialer.disposition import Disposition
from dialer.forgetting import counts_from, reaches_behind
from dialer.journal import Journal
from dialer.model import Account
from dialer.pacing_view import PacingView
from dialer.ports import AccountSource, JournalStore, Leases, Trunk
from dialer.records import Claimed, Closed, ListEnrolled, Opened
from dialer.recovery import INTERRUPTED, PlanAfterCrash, ask_trunks, closing_records
from dialer.retries import NextTry, plan_next_try
from dialer.rule_decisions import gate_of
from dialer.rule_desk import open_rules
from dialer.rule_files import compile_campaign_rules
from dialer.shared_floor import SharedFloor
from dialer.sharing import share
from dialer.snapshot import Past, load_past, load_whole_past
from dialer.state import EngineState
from dialer.supervisor import Engine
from dialer.trunks import TrunkPool
from pacing import Pacer

__all__ = ["Engine", "Ports", "compile_campaign_rules", "new_past", "new_state", "open_engine"]

log = structlog.get_logger()


@frozen
class Ports:
    """The outside world, as one engine sees it."""

    trunks: tuple[Trunk, ...]
    accounts: AccountSource
    store: JournalStore
    leases: Leases | None = None
    """Which campaigns are this process's, where others share its store."""
    clock_speed: float = 1.0
    """Seconds of trio's clock in a real one."""
    first_campaigns: frozenset[str] = frozenset()
    """Those to take at once where several processes share them; the others when nobody else does."""


@asynccontextmanager
async def open_engine(
    config: Config, ports: Ports, clock: WallClock, past: Past | None = None
) -> AsyncIterator[Engine]:
    """An engine that is ready to run; its journal is flushed when the block is left.

    `past` is what the store's journal leads to, for whoever has read it already.
    """
    past = past or load_past(ports.store, lambda: new_past(config))
    state = past.state
    opened = open_rules(config, state, clock.now_at())
    books = [book for one in opened.values() for book in (one.book, one.draft and one.draft.book) if book]
    if reaches_behind(books, state, clock.now_at()):
        past = load_whole_past(ports.store, new_past(config), counts_from(books, clock.now_at()))
        state = past.state
    rules = {campaign_id: one.book for campaign_id, one in opened.items()}
    journal = Journal(ports.store, state)
    agents = AgentPool(journal, clock)
    async with trio.open_nursery() as outer:
        outer.start_soon(journal.run_writer)
        try:
            lists = {
                one.id: {row.account_id: row for row in ports.accounts.accounts(one.id)} for one in config.campaigns
            }
            plan = _plan_after_crash(state, rules, lists, clock)
            if ports.leases is None:
                traces = await ask_trunks(ports.trunks, state)
                for record in closing_records(state, clock.now_at(), traces, plan):
                    journal.append(record)
            journal.append(Opened(clock.now_at(), version("paceline"), config.config_hash, config.time_zone))
            for record in (record for one in opened.values() for record in one.records):
                journal.append(record)
            trunks = TrunkPool(ports.trunks, journal, clock)
            campaigns, floor = {}, SharedFloor(agents)
            for settings in config.campaigns:
                accounts = lists[settings.id]
                state.campaigns[settings.id].schedule.enroll(accounts.values())
                journal.append(ListEnrolled(clock.now_at(), settings.id, len(accounts), _list_hash(accounts)))
                gate = gate_of(settings, config, state, rules[settings.id])
                gate.draft = opened[settings.id].draft
                campaigns[settings.id] = Campaign(
                    plan=CampaignPlan(
                        settings.id,
                        settings.caller_id,
                        settings.limits,
                        settings.pacing.tick_s,
                        {tier: rank for rank, tier in enumerate(settings.tiers)},
                        settings.pacing.give_up_ringing_after_s,
                    ),
                    book=state.campaigns[settings.id],
                    accounts=accounts,
                    gate=gate,
                    # It has heard the journal, so that it need not learn the day again.
                    pacer=past.views[settings.id].pacer,
                    trunks=trunks,
                    agents=agents,
                    journal=journal,
                    clock=clock,
                    nursery=outer,
                    floor=floor,
                )
            engine = Engine(config, state, journal, clock, agents, trunks, campaigns, rules)
            log.info("engine_started", campaigns=list(campaigns), trunks=[one.name for one in ports.trunks])
            try:
                if ports.leases is None:
                    yield engine
                else:
                    async with share(
                        engine, ports.leases, ports.trunks, plan, ports.clock_speed, ports.first_campaigns
                    ):
                        yield engine
            finally:
                journal.append(Closed(clock.now_at()))
        finally:
            journal.close()  # also when nothing was opened: the writer waits for it, shielded
    log.info("engine_stopped", records=state.record_count)


def new_state(config: Config) -> EngineState:
    """An empty state that a journal of this configuration can be replayed into."""
    state = EngineState()
    for campaign in config.campaigns:
        state.add_campaign(campaign.id, config.zone, campaign.pacing.windows)
    return state


def new_past(config: Config) -> Past:
    """The same with a pacer for each campaign, which learns from the journal as from the live day."""
    return Past(new_state(config), {one.id: PacingView(one.id, Pacer(one.pacer)) for one in config.campaigns})


def _plan_after_crash(
    state: EngineState, rules: Mapping[str, RuleBook], lists: Mapping[str, Mapping[str, Account]], clock: WallClock
) -> PlanAfterCrash:
    """The campaigns' retry plans, for attempts whose end only the trunk saw."""

    def plan(claimed: Claimed, disposition: Disposition) -> NextTry:
        account = lists[claimed.campaign_id].get(claimed.account_id)
        if account is None:
            return NextTry(ends=INTERRUPTED)
        schedule = state.campaigns[claimed.campaign_id].schedule
        return plan_next_try(
            rules[claimed.campaign_id].sequence,
            schedule.progress_of(claimed.account_id),
            account,
            claimed.number_id,
            disposition,
            now_at=clock.now_at(),
            zone=schedule.zone,
        )

    return plan


def _list_hash(accounts: Mapping[str, Account]) -> str:
    return hashlib.sha256("\n".join(accounts).encode()).hexdigest()[:16]

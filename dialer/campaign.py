"""One campaign: from the schedule to started attempts, tick by tick.

A tick asks the pacer how many calls to place and places them; between ticks the
campaign sleeps until something happens that could change the answer (an agent
comes free, a call ends, an account falls due) or a moment has passed. Each call
passes three verdicts: when its account is picked, again in the instant before
the claim, and when it is answered (I1).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
import trio
from attrs import define, field, frozen

from dialer.agents import Agent, AgentPool
from dialer.call import CallLimits, CallPorts, PlannedCall, run_attempt
from dialer.clock import WallClock, sleep_until
from dialer.disposition import Disposition
from dialer.gatekeeper import Gatekeeper, LawfulCall
from dialer.journal import Journal
from dialer.model import Account
from dialer.pacing_view import PacingView
from dialer.ports import AgentReport, CallCard, StoreError, Trunk
from dialer.records import CampaignChanged, CampaignState, Claimed, PacingNoted, Record, VerdictStage
from dialer.retries import NextTry, plan_next_try
from dialer.rule_facts import RuleGate
from dialer.schedule import Pick
from dialer.state import CampaignBook
from dialer.trunks import TrunkPool
from pacing import Pacer, PacingDecision, PacingMode

__all__ = ["Campaign", "CampaignPlan"]

log = structlog.get_logger()

# How many refusals one tick may spend before it lets the other tasks run.
_MAX_REFUSALS = 200
# The longest sleep when there is nothing to decide about.
_IDLE_S = 300.0
# The longest sleep between two decisions while there is something to decide about.
_HEARTBEAT_S = 5.0
# A note of the pacer's reasoning is kept this often; every change of mode besides.
_NOTE_S = 60.0
# More bugs than this in a minute, and the campaign pauses itself.
_MAX_BUGS_PER_MINUTE = 5
# Nobody is kept from the next call for longer than this by a callback that waits for "its" agent.
_SAME_AGENT_RETRY_S = 15.0
# An account that an agent skipped in preview is offered again after this.
_SKIPPED_S = 600.0
# Behind every tier that the campaign names.
_LAST = 99


@frozen
class CampaignPlan:
    """What a campaign runs with; all of it is settings."""

    campaign_id: str
    caller_id: str
    limits: CallLimits
    tick_s: float = 0.5
    priorities: Mapping[str, int] = field(factory=dict)
    """Value tier -> who gets the next free agent first, lower first; a tier that is not named comes last."""


@define(eq=False)
class Campaign:
    """The running campaign. `run` ticks until cancelled; attempts live in the nursery given."""

    plan: CampaignPlan
    book: CampaignBook
    accounts: Mapping[str, Account]
    gate: RuleGate
    pacer: Pacer
    trunks: TrunkPool
    agents: AgentPool
    journal: Journal
    clock: WallClock
    nursery: trio.Nursery
    _view: PacingView = field(init=False)
    _keeper: Gatekeeper = field(init=False)
    _wake: trio.Event = field(factory=trio.Event)
    _calls: dict[str, PlannedCall] = field(factory=dict)
    _noted_mono: float = -1e9
    _noted_mode: PacingMode | None = None
    _bugs_mono: list[float] = field(factory=list)
    _preview_count: int = 0
    _ports: CallPorts = field(init=False)
    # Bound once: binding costs more than all the rest of a line that is not written.
    _log: Any = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._view = PacingView(self.plan.campaign_id, self.pacer)
        self._log = log.bind(campaign_id=self.plan.campaign_id)
        self.journal.tell(self.plan.campaign_id, self.heed)
        self._keeper = Gatekeeper(
            self.plan.campaign_id,
            self.gate,
            self.book.schedule,
            self.journal,
            self.clock,
            self.plan.limits.ring_s,
            self.pause,
        )
        self._ports = CallPorts(
            self.journal,
            self.clock,
            self.agents,
            self._may_originate,
            self._keeper.may_connect,
            self._plan_next,
            self._free_line,
        )

    # The loop.

    async def run(self) -> None:
        """Place calls until cancelled. A bug in deciding pauses the campaign, never the engine."""
        self._change(CampaignState.RUNNING, "started")
        while True:
            self._wake = trio.Event()
            if self.book.state is CampaignState.RUNNING:
                self._tick()
            # At most one decision a tick; then, when nothing has happened meanwhile, wait until something does.
            await sleep_until(trio.current_time() + self.plan.tick_s)
            if not self._wake.is_set():
                with trio.move_on_after(max(0.0, self._longest_sleep() - self.plan.tick_s)):
                    await self._wake.wait()

    def pause(self, reason: str, actor: str = "") -> None:
        """Start no more calls; those under way go on."""
        if self.book.state is CampaignState.RUNNING:
            self._change(CampaignState.PAUSED, reason, actor)

    def resume(self, reason: str, actor: str = "") -> None:
        """Start calls again."""
        if self.book.state is CampaignState.PAUSED:
            self._change(CampaignState.RUNNING, reason, actor)
            self._wake.set()

    def drain(self, reason: str = "draining", actor: str = "") -> None:
        """Give up calls that nobody answered, none before it has rung for 15 s."""
        if self.book.state is not CampaignState.DRAINING:
            self._change(CampaignState.DRAINING, reason, actor)
        for call in self._calls.values():
            if call.originated_mono is not None:  # the others are not placed any more
                call.ring_scope.deadline = min(call.ring_scope.deadline, call.originated_mono + 15.0)

    def ended(self) -> None:
        """No call is under way any more."""
        self._change(CampaignState.ENDED, "ended")

    def _longest_sleep(self) -> float:
        now_at = self.clock.now_at()
        closed_until_at = self._keeper.closed_until_at
        if closed_until_at is not None and now_at < closed_until_at:
            return (closed_until_at - now_at).total_seconds()
        is_busy = self._view.in_flight_count or self.agents.idle_count(self.plan.campaign_id)
        return _HEARTBEAT_S if is_busy and len(self.book.schedule) else _IDLE_S

    # One tick.

    def _tick(self) -> None:
        now_at = self.clock.now_at()
        if self._keeper.is_closed(now_at):
            return
        if self.pacer.settings.mode is not PacingMode.PREDICTIVE and not self.agents.idle_count(self.plan.campaign_id):
            return  # one call per idle agent, and there is none
        try:
            decision = self._decide(now_at)
            if decision.launch_count > 0:
                self._start_calls(decision, now_at)
        except StoreError:
            raise
        except Exception:
            log.exception("attempt_failed", campaign_id=self.plan.campaign_id, stage="decide")
            self.pause("a decision failed; see the log")

    def _decide(self, now_at: datetime) -> PacingDecision:
        free_lines = self.trunks.free_count()
        snapshot = self._view.snapshot(self.agents, free_lines, self.book.counters, now_at)
        decision = self.pacer.decide(snapshot)
        now_mono = trio.current_time()
        if decision.mode is not self._noted_mode or (
            now_mono - self._noted_mono >= _NOTE_S and (snapshot.staffed_count or snapshot.in_flight_count)
        ):
            self._noted_mono, self._noted_mode = now_mono, decision.mode
            self.journal.append(
                PacingNoted(
                    at=now_at,
                    campaign_id=self.plan.campaign_id,
                    mode=decision.mode.value,
                    launch_count=decision.launch_count,
                    idle_count=snapshot.idle_count,
                    in_flight_count=snapshot.in_flight_count,
                    reason=decision.reason,
                    figures=dict(decision.figures),
                )
            )
        return decision

    def _start_calls(self, decision: PacingDecision, now_at: datetime) -> None:
        left, refusals = decision.launch_count, 0
        while left > 0 and refusals < _MAX_REFUSALS:
            pick = self.book.schedule.next(now_at)
            if pick is None:
                return
            found = self._keeper.lawful_call(pick, self.accounts[pick.account_id], now_at)
            if found is None:
                refusals += 1
                if self._keeper.closed_until_at is not None or self.book.state is not CampaignState.RUNNING:
                    return
                continue
            outcome = self._start_one(pick, found, decision.mode, now_at)
            if outcome is None:
                return
            left -= outcome
        if refusals >= _MAX_REFUSALS:
            self._wake.set()  # go on next tick

    def _start_one(self, pick: Pick, found: LawfulCall, mode: PacingMode, now_at: datetime) -> int | None:
        """Start one call: 1 when started, 0 when put off, None when there is no line or no agent for it."""
        prefer = self._preferred_agent(pick, now_at)
        if prefer == "":
            self.book.schedule.put_back(pick.account_id, now_at + timedelta(seconds=_SAME_AGENT_RETRY_S))
            return 0
        if mode is PacingMode.PREVIEW:
            agent = self.agents.take_nowait(self.plan.campaign_id, preview_id := self._next_preview_id(), prefer)
            if agent is None:
                self.book.schedule.put_back(pick.account_id, now_at)
                return None
            self.nursery.start_soon(self._preview, pick, found, agent, preview_id)
            return 1
        trunk = self.trunks.take_nowait()
        agent = None
        # A person who asked to be called is never left waiting for an agent.
        needs_agent = mode is not PacingMode.PREDICTIVE or pick.is_callback
        if trunk is not None and needs_agent:
            agent = self.agents.take_nowait(self.plan.campaign_id, self._next_attempt_id(), prefer)
        if trunk is None or (needs_agent and agent is None):
            # A callback that lacks an agent is for the next tick, and does not hold up those that need none yet.
            is_passed_over = trunk is not None and mode is PacingMode.PREDICTIVE
            if trunk is not None:
                self.trunks.put(trunk)
            wait_s = self.plan.tick_s if is_passed_over else 0.0
            self.book.schedule.put_back(pick.account_id, now_at + timedelta(seconds=wait_s))
            return 0 if is_passed_over else None
        self._claim(pick, found, mode, trunk, agent, now_at)
        return 1

    def _next_attempt_id(self) -> str:
        return f"{self.plan.campaign_id}-{self.book.attempt_count + 1}"

    def _next_preview_id(self) -> str:
        # Not an attempt's id: many previews run side by side, and not every one becomes an attempt.
        self._preview_count += 1
        return f"{self.plan.campaign_id}-preview-{self._preview_count}"

    def _claim(
        self, pick: Pick, found: LawfulCall, mode: PacingMode, trunk: Trunk, agent: Agent | None, now_at: datetime
    ) -> None:
        """Count the attempt from this instant on (I2) and start its task."""
        account = found.account
        claimed = Claimed(
            at=now_at,
            attempt_id=self._next_attempt_id(),
            campaign_id=self.plan.campaign_id,
            account_id=account.account_id,
            person_id=account.person.person_id,
            claim_ids=tuple(claim.claim_id for claim in account.claims),
            number_id=found.number.number_id,
            trunk=trunk.name,
            caller_id=self.plan.caller_id,
            pack_hash=found.verdict.pack_hash,
            mode=mode.value,
            agent_id=agent.agent_id if agent is not None else None,
            is_callback=pick.is_callback,
            number_kind=found.number.kind.value,
        )
        priority = self.plan.priorities.get(account.person.value_tier, _LAST)
        call = PlannedCall(claimed, account, found.number, trunk, self.plan.limits, agent, priority)
        self.journal.append(claimed)
        if agent is not None and agent.attempt_id != claimed.attempt_id:
            self.agents.reserve_for(agent, claimed.attempt_id)  # a preview has become this attempt
        self._calls[claimed.attempt_id] = call
        self.nursery.start_soon(self._run_call, call)

    async def _preview(self, pick: Pick, found: LawfulCall, agent: Agent, preview_id: str) -> None:
        """The agent reads before the call is claimed; whoever skips, skips nothing but time."""
        card = CallCard(preview_id, self.plan.campaign_id, found.account, found.number, pick.is_callback)
        trunk: Trunk | None = None
        try:
            with trio.move_on_after(self.plan.limits.preview_s):
                if await agent.desk.preview(card):
                    # Only now: a line held while somebody reads is a line that rings nowhere.
                    trunk = await self._wait_line()
        except Exception:
            log.exception("attempt_failed", campaign_id=self.plan.campaign_id, stage="preview")
            self._count_bug()
        finally:
            self._end_preview(pick, found, agent, trunk)

    async def _wait_line(self) -> Trunk:
        while True:
            trunk = self.trunks.take_nowait()
            if trunk is not None:
                return trunk
            await trio.sleep(self.plan.tick_s)

    def _end_preview(self, pick: Pick, found: LawfulCall, agent: Agent, trunk: Trunk | None) -> None:
        """Claim what was read and wanted, if it still may be called; else give back what was taken."""
        now_at = self.clock.now_at()
        verdict = self._keeper.judge_again(pick, found, now_at)
        is_running = self.book.state is CampaignState.RUNNING
        if trunk is not None and verdict is not None and verdict.is_allowed and is_running:
            lawful = LawfulCall(found.account, found.number, verdict)
            self._claim(pick, lawful, PacingMode.PREVIEW, trunk, agent, now_at)
            return
        if trunk is not None:
            self.trunks.put(trunk)
        self.agents.put(agent)
        if trunk is not None and verdict is not None and not verdict.is_allowed:
            self._keeper.refuse(found.account, found.number, verdict, VerdictStage.ORIGINATION, now_at)
        else:
            self.book.schedule.put_back(pick.account_id, now_at + timedelta(seconds=_SKIPPED_S))

    async def _run_call(self, call: PlannedCall) -> None:
        """One attempt; a bug in it ends it alone, and too many pause the campaign."""
        claimed = call.claimed
        try:
            disposition = await run_attempt(call, self._ports)
        except StoreError:
            raise
        except Exception:
            log.exception("attempt_failed", campaign_id=claimed.campaign_id, attempt_id=claimed.attempt_id)
            self._count_bug()
        else:
            self._log.debug("attempt_ended", attempt_id=claimed.attempt_id, disposition=disposition.value)
        finally:
            self._free_line(call)
            del self._calls[claimed.attempt_id]
            self._wake.set()

    def _may_originate(self, call: PlannedCall) -> bool:
        # A drain or a pause can come while the claim is on its way to the disk.
        return self.book.state is CampaignState.RUNNING and self._keeper.may_originate(call)

    def _free_line(self, call: PlannedCall) -> None:
        if call.has_line:
            call.has_line = False
            self.trunks.put(call.trunk)
            self._wake.set()

    def _count_bug(self) -> None:
        now = trio.current_time()
        self._bugs_mono = [mono for mono in self._bugs_mono if now - mono < 60.0] + [now]
        if len(self._bugs_mono) > _MAX_BUGS_PER_MINUTE:
            self.pause(f"{len(self._bugs_mono)} attempts failed within a minute; see the log")

    def _preferred_agent(self, pick: Pick, now_at: datetime) -> str | None:
        """The agent a callback should go to, None for anybody, "" when it is worth waiting for them."""
        if pick.agent_id is None or pick.due_at is None:
            return None
        agent = self.agents.get(pick.agent_id)
        if agent is None or agent.is_leaving or self.plan.campaign_id not in agent.profile.campaign_ids:
            return None
        if agent.is_idle:
            return pick.agent_id
        return "" if (now_at - pick.due_at).total_seconds() < pick.same_agent_within_s else None

    # After an attempt.

    def _plan_next(self, call: PlannedCall, disposition: Disposition, report: AgentReport | None) -> NextTry:
        book = self.book
        return plan_next_try(
            self.gate.rules.sequence,
            book.schedule.progress_of(call.account.account_id),
            call.account,
            call.number.number_id,
            disposition,
            now_at=self.clock.now_at(),
            zone=book.schedule.zone,
            callback_due_at=report.callback_due_at if report is not None else None,
            agent_id=call.agent.agent_id if call.agent is not None else None,
        )

    # What happens around it.

    def heed(self, record: Record) -> None:
        """Take a record that names this campaign, or one of its agents."""
        if self._view.apply(record):
            self._wake.set()

    def _change(self, state: CampaignState, reason: str, actor: str = "") -> None:
        log.info("campaign_changed", campaign_id=self.plan.campaign_id, state=state.value, reason=reason)
        self.journal.append(CampaignChanged(self.clock.now_at(), self.plan.campaign_id, state, reason, actor))

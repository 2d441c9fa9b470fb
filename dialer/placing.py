"""From a pacing decision to calls under way: which account, which line, which agent, and the task of each call.

The accounts come in the schedule's order. Each is judged, given a line and,
where the mode asks for one, an agent; then it is claimed, in the same instant
(I2), and its task started. Whatever was taken for a call that comes to nothing
is given back in that instant too.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
import trio
from attrs import define, field, frozen

from dialer.agents import Agent, AgentPool
from dialer.call import CallLimits, CallPorts, PlannedCall, run_attempt
from dialer.clock import WallClock
from dialer.disposition import Disposition
from dialer.gatekeeper import Gatekeeper, LawfulCall
from dialer.journal import Journal
from dialer.model import Account
from dialer.ports import AgentReport, CallCard, StoreError, Trunk
from dialer.records import CampaignState, Claimed, VerdictStage
from dialer.retries import NextTry, plan_next_try
from dialer.schedule import Pick
from dialer.state import CampaignBook
from dialer.trunks import TrunkPool
from pacing import PacingDecision, PacingMode
from pacing.settings import SHORTEST_RING_S

__all__ = ["BY_HAND", "CampaignPlan", "Placer"]

log = structlog.get_logger()

# How many refusals one tick may spend before it lets the other tasks run.
_MAX_REFUSALS = 200
# More bugs than this in a minute, and the campaign pauses itself.
_MAX_BUGS_PER_MINUTE = 5
# Nobody is kept from the next call for longer than this by a callback that waits for "its" agent.
_SAME_AGENT_RETRY_S = 15.0
# An account that an agent skipped in preview is offered again after this.
_SKIPPED_S = 600.0
BY_HAND = "manual"
"""The mode of a call that its agent asked for, as it stands in the journal."""

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
    give_up_ringing_after_s: float | None = None
    """From when on a decision may give up a ringing call; never under 15 s, None for never."""


@define(eq=False)
class Placer:
    """Places one campaign's calls. `changed` is called when a call or a line has ended, `pause` with a reason."""

    plan: CampaignPlan
    book: CampaignBook
    keeper: Gatekeeper
    trunks: TrunkPool
    agents: AgentPool
    journal: Journal
    clock: WallClock
    changed: Callable[[], None]
    pause: Callable[[str], None]
    calls: dict[str, PlannedCall] = field(factory=dict)
    """Claimed and not disposed, by attempt."""
    _bugs_mono: list[float] = field(factory=list)
    _preview_count: int = 0
    _previewed_ids: set[str] = field(factory=set)
    """Accounts that somebody reads before they are called."""
    _ports: CallPorts = field(init=False)
    # Bound once: binding costs more than all the rest of a line that is not written.
    _log: Any = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._log = log.bind(campaign_id=self.plan.campaign_id)
        self._ports = CallPorts(
            self.journal,
            self.clock,
            self.agents,
            self._may_originate,
            self.keeper.may_connect,
            self._plan_next,
            self._free_line,
        )

    def place(
        self, decision: PacingDecision, accounts: Mapping[str, Account], nursery: trio.Nursery, now_at: datetime
    ) -> bool:
        """Start the calls of a decision; True when refusals used up the tick and there is more to ask about."""
        if not self.journal.may_dial(self.plan.campaign_id):
            return False
        left, refusals = decision.launch_count, 0
        while left > 0 and refusals < _MAX_REFUSALS:
            pick = self.book.schedule.next(now_at)
            if pick is None:
                return False
            found = self.keeper.lawful_call(pick, accounts[pick.account_id], now_at)
            if found is None:
                refusals += 1
                if self.keeper.closed_until_at is not None or self.book.state is not CampaignState.RUNNING:
                    return False
                continue
            outcome = self._start_one(pick, found, decision.mode, nursery, now_at)
            if outcome is None:
                return False
            left -= outcome
        return refusals >= _MAX_REFUSALS

    def place_by_hand(
        self, found: LawfulCall, agent_id: str, nursery: trio.Nursery, now_at: datetime, *, is_callback: bool
    ) -> CallCard | None:
        """Start one call that its agent asked for; None when there is no line. The agent is idle or on a break."""
        trunk = self.trunks.take_nowait()
        if trunk is None:
            return None
        agent = self.agents.take_by_hand(agent_id, self.plan.campaign_id, self._next_attempt_id())
        pick = Pick(found.account.account_id, is_callback, agent_id, 0.0, None, found.number.number_id)
        return self._claim(pick, found, BY_HAND, trunk, agent, nursery, now_at).card

    def is_at_work(self, account_id: str) -> bool:
        """Whether the account is being called, or read before it is."""
        return (
            account_id in self._previewed_ids or self.book.schedule.progress_of(account_id).open_attempt_id is not None
        )

    def give_up(self, ringing_ids: Iterable[str], count: int) -> None:
        """Give up at most `count` of these calls, the longest ringing first, each only if it rang long enough.

        A call whose agent is reserved is no bet, and rings on.
        """
        after_s = self.plan.give_up_ringing_after_s
        if after_s is None:
            return
        now, left = trio.current_time(), count
        for attempt_id in ringing_ids:
            call = self.calls.get(attempt_id)
            if left <= 0 or call is None or call.originated_mono is None:
                return
            if now - call.originated_mono < after_s:
                return  # those behind it have rung for less
            if call.agent is None:
                call.end_ringing_at(now, after_s)
                left -= 1

    def drain(self) -> None:
        """Give up calls that nobody answered, none before it has rung for 15 s."""
        for call in self.calls.values():
            if call.originated_mono is not None:  # the others are not placed any more
                call.end_ringing_at(trio.current_time(), SHORTEST_RING_S)

    def _start_one(
        self, pick: Pick, found: LawfulCall, mode: PacingMode, nursery: trio.Nursery, now_at: datetime
    ) -> int | None:
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
            self._previewed_ids.add(pick.account_id)
            nursery.start_soon(self._preview, pick, found, agent, preview_id, nursery)
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
        self._claim(pick, found, mode.value, trunk, agent, nursery, now_at)
        return 1

    def _next_attempt_id(self) -> str:
        return f"{self.plan.campaign_id}-{self.book.attempt_count + 1}"

    def _next_preview_id(self) -> str:
        # Not an attempt's id: many previews run side by side, and not every one becomes an attempt.
        self._preview_count += 1
        return f"{self.plan.campaign_id}-preview-{self._preview_count}"

    def _claim(
        self,
        pick: Pick,
        found: LawfulCall,
        mode: str,
        trunk: Trunk,
        agent: Agent | None,
        nursery: trio.Nursery,
        now_at: datetime,
    ) -> PlannedCall:
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
            mode=mode,
            agent_id=agent.agent_id if agent is not None else None,
            is_callback=pick.is_callback,
            number_kind=found.number.kind.value,
            facts_hash=self.keeper.gate.facts_hash(
                account, found.number, self.plan.limits.ring_s, is_asked_for=pick.is_callback
            ),
            callee_role=self.keeper.gate.callee_role(account),
            household_id=str(account.facts.get("person.household", "")),
        )
        priority = self.plan.priorities.get(account.person.value_tier, _LAST)
        call = PlannedCall(claimed, account, found.number, trunk, self.plan.limits, agent, priority)
        self.journal.append(claimed)
        if agent is not None and agent.attempt_id != claimed.attempt_id:
            self.agents.reserve_for(agent, claimed.attempt_id)  # a preview has become this attempt
        self.calls[claimed.attempt_id] = call
        nursery.start_soon(self.run_call, call)
        return call

    # Previews: the agent reads before the call is claimed.

    async def _preview(
        self, pick: Pick, found: LawfulCall, agent: Agent, preview_id: str, nursery: trio.Nursery
    ) -> None:
        """Whoever skips, skips nothing but time."""
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
            self._end_preview(pick, found, agent, trunk, nursery)

    async def _wait_line(self) -> Trunk:
        while True:
            trunk = self.trunks.take_nowait()
            if trunk is not None:
                return trunk
            await trio.sleep(self.plan.tick_s)

    def _end_preview(
        self, pick: Pick, found: LawfulCall, agent: Agent, trunk: Trunk | None, nursery: trio.Nursery
    ) -> None:
        """Claim what was read and wanted, if it still may be called; else give back what was taken."""
        now_at = self.clock.now_at()
        self._previewed_ids.discard(pick.account_id)
        verdict = self.keeper.judge_again(pick, found, now_at)
        is_running = self.book.state is CampaignState.RUNNING
        if trunk is not None and verdict is not None and verdict.is_allowed and is_running:
            lawful = LawfulCall(found.account, found.number, verdict)
            self._claim(pick, lawful, PacingMode.PREVIEW.value, trunk, agent, nursery, now_at)
            return
        if trunk is not None:
            self.trunks.put(trunk)
        self.agents.put(agent)
        if trunk is not None and verdict is not None and not verdict.is_allowed:
            self.keeper.refuse(
                found.account, found.number, verdict, VerdictStage.ORIGINATION, now_at, is_callback=pick.is_callback
            )
        else:
            self.book.schedule.put_back(pick.account_id, now_at + timedelta(seconds=_SKIPPED_S))

    # One call.

    async def run_call(self, call: PlannedCall) -> None:
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
            del self.calls[claimed.attempt_id]
            self.changed()

    def _may_originate(self, call: PlannedCall) -> bool:
        # A drain or a pause can come while the claim is on its way to the disk.
        return (
            self.book.state is CampaignState.RUNNING
            and self.journal.may_dial(self.plan.campaign_id)
            and self.keeper.may_originate(call)
        )

    def _free_line(self, call: PlannedCall) -> None:
        if call.has_line:
            call.has_line = False
            self.trunks.put(call.trunk)
            self.changed()

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

    def _plan_next(self, call: PlannedCall, disposition: Disposition, report: AgentReport | None) -> NextTry:
        book = self.book
        return plan_next_try(
            self.keeper.gate.book_for(call.account).sequence,
            book.schedule.progress_of(call.account.account_id),
            call.account,
            call.number.number_id,
            disposition,
            now_at=self.clock.now_at(),
            zone=book.schedule.zone,
            callback_due_at=report.callback_due_at if report is not None else None,
            agent_id=call.agent.agent_id if call.agent is not None else None,
        )

"""One campaign: from the schedule to started attempts, tick by tick.

A tick asks the pacer how many calls to place and places them; between ticks the
campaign sleeps until something happens that could change the answer: an agent
comes free, a call ends, an account falls due. A forecast changes with the mere
passing of time, so predictive dialing decides at every tick while agents are
there. Each call passes three verdicts: when its account is picked, again in the
instant before the claim, and when it is answered (I1).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
import trio
from attrs import define, evolve, field

from dialer.agents import AgentPool
from dialer.clock import WallClock, sleep_until
from dialer.gatekeeper import Gatekeeper, LawfulCall
from dialer.journal import Journal
from dialer.model import Account
from dialer.pacing_view import PacingView
from dialer.placing import CampaignPlan, Placer
from dialer.ports import CallCard, StoreError
from dialer.records import CampaignChanged, CampaignState, PacingNoted, Record
from dialer.rule_facts import RuleGate
from dialer.shared_floor import SharedFloor
from dialer.state import CampaignBook
from dialer.trunks import TrunkPool
from pacing import Pacer, PacingDecision, PacingMode, Snapshot

__all__ = ["Campaign", "CampaignPlan"]

log = structlog.get_logger()

# The longest sleep when there is nothing to decide about.
_IDLE_S = 300.0
# The longest sleep between two decisions while there is something to decide about.
_HEARTBEAT_S = 5.0
# A note of the pacer's reasoning is kept this often; every change of mode besides.
_NOTE_S = 60.0


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
    floor: SharedFloor | None = None
    """Who else works with the same agents; None when nobody does."""
    view: PacingView = field(init=False)
    """The floor and the calls in flight, as the pacer may see them."""
    placer: Placer = field(init=False)
    _keeper: Gatekeeper = field(init=False)
    _wake: trio.Event = field(factory=trio.Event)
    _sleeps_until_at: datetime | None = None
    _noted_mono: float = -1e9
    _noted_mode: PacingMode | None = None

    def __attrs_post_init__(self) -> None:
        self.view = PacingView(self.plan.campaign_id, self.pacer)
        self.journal.tell(self.plan.campaign_id, self.heed)
        self.book.schedule.on_planned = self._planned
        if self.floor is not None:
            self.floor.join(self.plan.campaign_id, self)
        self._keeper = Gatekeeper(
            self.plan.campaign_id,
            self.gate,
            self.book.schedule,
            self.journal,
            self.clock,
            self.plan.limits.ring_s,
            self.pause,
        )
        self.placer = Placer(
            self.plan,
            self.book,
            self._keeper,
            self.trunks,
            self.agents,
            self.journal,
            self.clock,
            self._changed,
            self.pause,
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
                sleep_s = self._longest_sleep()
                self._sleeps_until_at = self.clock.now_at() + timedelta(seconds=sleep_s)
                if sleep_s > 0.0:
                    with trio.move_on_after(sleep_s):
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
        self.placer.drain()

    def call_by_hand(self, found: LawfulCall, agent_id: str, *, is_callback: bool) -> CallCard | None:
        """Start one call that its agent asked for; None when there is no line."""
        return self.placer.place_by_hand(found, agent_id, self.nursery, self.clock.now_at(), is_callback=is_callback)

    def rules_changed(self) -> None:
        """Other rules hold from now on: look again at once."""
        self.placer.keeper.rules_changed()
        self._wake.set()

    def ended(self) -> None:
        """No call is under way any more."""
        self._change(CampaignState.ENDED, "ended")

    def _longest_sleep(self) -> float:
        """Seconds until a decision could come out otherwise though nothing has happened."""
        if self.book.state is not CampaignState.RUNNING:
            return _IDLE_S
        now_at = self.clock.now_at()
        closed_until_at = self._keeper.closed_until_at
        if closed_until_at is not None and now_at < closed_until_at:
            return (closed_until_at - now_at).total_seconds()
        is_predictive = self.pacer.settings.mode is PacingMode.PREDICTIVE
        if not len(self.book.schedule) or not self.view.staffed_count:
            return _IDLE_S
        if is_predictive:
            return 0.0
        if not self.agents.idle_count(self.plan.campaign_id):
            return _IDLE_S  # one call per idle agent: it takes one to come free
        due_at = self.book.schedule.next_due_at()
        due_s = _HEARTBEAT_S if due_at is None else (due_at - now_at).total_seconds()
        return min(_HEARTBEAT_S, max(0.0, due_s))

    def _planned(self, when_at: datetime | None) -> None:
        """An account was planned: wake for one that is due before the sleep would end."""
        if self._sleeps_until_at is None or when_at is None or when_at < self._sleeps_until_at:
            self._wake.set()

    def _changed(self) -> None:
        self._wake.set()

    # What campaigns on the same floor ask.

    def snapshot(self, now_at: datetime) -> Snapshot:
        """The floor as the pacer may see it now, without the calls of other campaigns."""
        return self.view.snapshot(self.agents, self.trunks.free_count(), self.book.counters, now_at)

    @property
    def load(self) -> float:
        """How many agents its calls keep or will keep busy, as far as can be foreseen."""
        return self.view.with_agent_count + self.pacer.live_rate * self.view.in_flight_count

    def wants_calls(self, now_at: datetime) -> bool:
        """Whether it would place a call if it could."""
        is_open = self.book.state is CampaignState.RUNNING and not self._keeper.is_closed(now_at)
        return is_open and self.book.schedule.has_due(now_at)

    # One tick.

    def _tick(self) -> None:
        now_at = self.clock.now_at()
        if self._keeper.is_closed(now_at):
            return
        if self.pacer.settings.mode is not PacingMode.PREDICTIVE and not self.agents.idle_count(self.plan.campaign_id):
            return  # one call per idle agent, and there is none
        try:
            decision = self._decide(now_at)
            if decision.launch_count > 0 and self.placer.place(decision, self.accounts, self.nursery, now_at):
                self._wake.set()  # more accounts to ask about, next tick
            if decision.give_up_count > 0:
                self.placer.give_up(self.view.ringing_since_s, decision.give_up_count)
        except StoreError:
            raise
        except Exception:
            log.exception("attempt_failed", campaign_id=self.plan.campaign_id, stage="decide")
            self.pause("a decision failed; see the log")

    def _decide(self, now_at: datetime) -> PacingDecision:
        snapshot = self.snapshot(now_at)
        if self.floor is not None:
            snapshot = evolve(snapshot, rivals=self.floor.rivals(self.plan.campaign_id, now_at))
        decision = self.pacer.decide(snapshot)
        if self.floor is not None and decision.mode is PacingMode.PREDICTIVE:
            answer_rate = decision.figures.get("answer_rate", 1.0)
            part = self.floor.turn(self.plan.campaign_id, decision.launch_count, answer_rate, now_at)
            decision = evolve(decision, launch_count=part)
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
                    reason_ko=decision.reason_ko,
                )
            )
        return decision

    # What happens around it.

    def heed(self, record: Record) -> None:
        """Take a record that names this campaign, or one of its agents."""
        if self.view.apply(record):
            self._wake.set()

    def _change(self, state: CampaignState, reason: str, actor: str = "") -> None:
        log.info("campaign_changed", campaign_id=self.plan.campaign_id, state=state.value, reason=reason)
        self.journal.append(CampaignChanged(self.clock.now_at(), self.plan.campaign_id, state, reason, actor))

"""The running engine: what dials, how it drains, how it stops, and when it is started again.

The nursery tree, outermost first: the journal's writer (first in, last out),
the attempts, the trunks' watch, the campaigns' loops. A drain is three
deadlines, not a flag: the loops are cancelled; unanswered calls are given up
once they have rung for 15 s; talks get `drain_s`, then the attempts' own scope
ends them, and each still writes its disposition.

A journal that cannot be written stops everything at once. The supervisor then
tries again from the journal itself, at first soon, later less often: a disk
that has room again or a database that is back needs nobody to notice.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog
import trio
from attrs import define, field

from collections_rules import RuleBook
from dialer.agents import AgentPool
from dialer.campaign import Campaign
from dialer.clock import WallClock
from dialer.config import Config
from dialer.forgetting import Forgetting
from dialer.journal import Journal
from dialer.lease import LeaseKeeper
from dialer.ports import StoreError
from dialer.state import EngineState
from dialer.trunks import TrunkPool

__all__ = ["Engine", "Supervisor", "watch_clock"]

log = structlog.get_logger()

_WATCH_S = 5.0
_STATUS_S = 60.0
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 30.0
# Whoever has run so long had a good start; the next failure is a new one.
_GOOD_RUN_S = 300.0
# Clocks are disciplined by fractions of a second all the time; this is a jump.
_CLOCK_JUMP_S = 2.0


@define(eq=False)
class Engine:
    """A running engine."""

    config: Config
    state: EngineState
    journal: Journal
    clock: WallClock
    agents: AgentPool
    trunks: TrunkPool
    campaigns: dict[str, Campaign]
    rules: dict[str, RuleBook]
    keeper: LeaseKeeper | None = None
    """Where several processes share the store: which campaigns are this one's."""
    _loops: trio.CancelScope = field(factory=trio.CancelScope)
    _talks: trio.CancelScope = field(factory=trio.CancelScope)
    _is_draining: bool = False
    _is_running: bool = False

    @property
    def is_running(self) -> bool:
        """Whether `run` is under way."""
        return self._is_running

    @property
    def is_draining(self) -> bool:
        """Whether no more calls are started."""
        return self._is_draining

    def drain(self, reason: str = "end of day") -> None:
        """Start no more calls; let talks finish within `drain_s`."""
        if self._is_draining:
            return
        self._is_draining = True
        log.info("drain_started", reason=reason, open_calls=len(self.state.attempts))
        self._loops.cancel()
        for campaign in self._own():
            campaign.drain()
        self._talks.deadline = min(self._talks.deadline, trio.current_time() + self.config.drain_s)

    def stop(self, reason: str) -> None:
        """End everything now; open attempts are disposed as they stand."""
        log.info("stop_requested", reason=reason, open_calls=len(self.state.attempts))
        self._is_draining = True
        self._loops.cancel()
        self._talks.cancel()

    async def run(self) -> None:
        """Dial until drained or stopped."""
        self._is_running = True
        try:
            await self._run()
        finally:
            self._is_running = False
        for campaign in self._own():
            campaign.ended()

    async def _run(self) -> None:
        with self._talks:
            async with trio.open_nursery() as attempts:
                for campaign in self.campaigns.values():
                    campaign.nursery = attempts
                with self._loops:
                    async with trio.open_nursery() as loops:
                        loops.start_soon(self._watch_trunks)
                        loops.start_soon(Forgetting(self.state, self.journal, self.clock, self.campaigns).run)
                        for campaign in self.campaigns.values():
                            loops.start_soon(self._run_campaign, campaign)

    async def _run_campaign(self, campaign: Campaign) -> None:
        if self.keeper is not None:
            await self.keeper.wait_ready(campaign.plan.campaign_id)
        await campaign.run()

    def _own(self) -> list[Campaign]:
        keeper = self.keeper
        return [one for name, one in self.campaigns.items() if keeper is None or name in keeper.held]

    async def report_status(self) -> None:
        """Log what every campaign is at, once a minute."""
        while True:
            await trio.sleep(_STATUS_S)
            for campaign_id, book in self.state.campaigns.items():
                log.info(
                    "campaign_status",
                    campaign_id=campaign_id,
                    state=book.state.value,
                    at=self.clock.now_at().isoformat(timespec="seconds"),
                    attempts=book.attempt_count,
                    answered_by_person=book.counters.answered_by_person,
                    abandoned=book.counters.abandoned,
                    idle_agents=self.agents.idle_count(campaign_id),
                    lines_in_use=self.trunks.in_use_count,
                )

    async def _watch_trunks(self) -> None:
        while True:
            self.trunks.watch()
            await trio.sleep(_WATCH_S)


@define(eq=False)
class Supervisor:
    """Keeps an engine running until somebody asks for its end."""

    engine: Engine | None = None
    """The one that runs now; None between two."""
    is_ending: bool = False
    _waiting: trio.CancelScope = field(factory=trio.CancelScope)

    def end(self, reason: str) -> None:
        """Drain; asked again, stop. While no engine runs, give up trying."""
        if self.engine is not None and self.is_ending:
            self.engine.stop(reason)
        elif self.engine is not None:
            self.engine.drain(reason)
        self.is_ending = True
        self._waiting.cancel()

    async def keep_running(self, run_once: Callable[[], Awaitable[None]]) -> None:
        """Run until a run ends by itself; again when its store failed. A store that never worked is not waited for.

        `run_once` opens the store, sets `engine` while there is one, and
        returns after a drain.
        """
        wait_s, has_run = _FIRST_WAIT_S, False
        while True:
            began_mono = trio.current_time()
            try:
                await run_once()
                return
            except (StoreError, BaseExceptionGroup) as error:
                failure = _store_failure(error)
                has_run = has_run or self.engine is not None
                self.engine = None
                if failure is None or not has_run or self.is_ending:
                    raise
            if trio.current_time() - began_mono > _GOOD_RUN_S:
                wait_s = _FIRST_WAIT_S
            log.error("engine_restarts", reason=str(failure), wait_s=wait_s)
            with trio.CancelScope() as self._waiting:
                await trio.sleep(wait_s)
            if self.is_ending:
                raise failure
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)


def _store_failure(error: BaseException) -> StoreError | None:
    """The store's failure, when nothing else went wrong."""
    if isinstance(error, StoreError):
        return error
    if not isinstance(error, BaseExceptionGroup):
        return None
    found = [_store_failure(one) for one in error.exceptions]
    return found[0] if all(found) else None


async def watch_clock(engine: Engine, machine_now: Callable[[], datetime]) -> None:
    """Hold the engine's clock against the machine's, until cancelled.

    The engine's runs on a clock that nobody can set; it stands still while the
    machine sleeps. A jump forward is followed. After one back, hours and caps
    could be judged too early: no call is placed until a supervisor says so.
    """
    while True:
        await trio.sleep(_WATCH_S)
        ahead_s = (machine_now() - engine.clock.now_at()).total_seconds()
        if abs(ahead_s) < _CLOCK_JUMP_S:
            continue
        log.warning("clock_jumped", seconds=round(ahead_s, 3))
        if ahead_s > 0:
            engine.clock.shift(ahead_s)
            continue
        for campaign in engine.campaigns.values():
            campaign.pause(f"the machine's clock was set back by {-ahead_s:.0f} s; resume when it is right")

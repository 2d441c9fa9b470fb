"""The running engine: what dials, how it drains, how it stops.

The nursery tree, outermost first: the journal's writer (first in, last out),
the attempts, the trunks' watch, the campaigns' loops. A drain is three
deadlines, not a flag: the loops are cancelled; unanswered calls are given up
once they have rung for 15 s; talks get `drain_s`, then the attempts' own scope
ends them, and each still writes its disposition.
"""

import structlog
import trio
from attrs import define, field

from collections_rules import RuleBook
from dialer.agents import AgentPool
from dialer.campaign import Campaign
from dialer.clock import WallClock
from dialer.config import Config
from dialer.journal import Journal
from dialer.state import EngineState
from dialer.trunks import TrunkPool

__all__ = ["Engine"]

log = structlog.get_logger()

_WATCH_S = 5.0
_STATUS_S = 60.0


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
    _loops: trio.CancelScope = field(factory=trio.CancelScope)
    _talks: trio.CancelScope = field(factory=trio.CancelScope)
    _is_draining: bool = False

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
        for campaign in self.campaigns.values():
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
        with self._talks:
            async with trio.open_nursery() as attempts:
                for campaign in self.campaigns.values():
                    campaign.nursery = attempts
                with self._loops:
                    async with trio.open_nursery() as loops:
                        loops.start_soon(self._watch_trunks)
                        for campaign in self.campaigns.values():
                            loops.start_soon(campaign.run)
        for campaign in self.campaigns.values():
            campaign.ended()

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

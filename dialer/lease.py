"""Which campaigns this process may run, where several share a store.

A lease is the database's word that a campaign is ours; it is renewed each
second and runs out by the database's clock. What is known here is only older:
`may_dial` says yes no longer than the last renewal can have been good for,
counted from before it was asked for. So a process that was stopped, or cannot
reach its database, stops dialing before anybody else may begin; and if it was
stopped between this look and the trunk, its records are refused afterwards.
"""

from collections.abc import Awaitable, Callable

import structlog
import trio
from attrs import define, field

from dialer.ports import LeaseLostError, Leases, StoreError

__all__ = ["LeaseKeeper"]

log = structlog.get_logger()

_RENEW_S = 1.0
_LOOK_S = 0.5
# Clocks of two machines tick at different rates, by far less than this over a lease's life.
_MARGIN_S = 1.0


@define(eq=False)
class LeaseKeeper:
    """Takes and renews the leases of `wanted` until cancelled; `prepare` makes what was taken ready to run."""

    leases: Leases
    wanted: frozenset[str]
    prepare: Callable[[frozenset[str]], Awaitable[None]]
    speed: float = 1.0
    """Seconds of trio's clock in a real one: a lease runs out in real time."""
    first: frozenset[str] = frozenset()
    """Campaigns to take at once; the others only after a lease's life, so that whoever is to have them can come."""
    _first_until_mono: float = -1e9
    _held: frozenset[str] = frozenset()
    _valid_until_mono: float = -1e9
    _ready: dict[str, trio.Event] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._ready = {campaign_id: trio.Event() for campaign_id in self.wanted}

    @property
    def held(self) -> frozenset[str]:
        """The campaigns that were ours when last asked."""
        return self._held

    def may_dial(self, campaign_id: str) -> bool:
        """Whether the campaign is certainly ours at this instant."""
        return campaign_id in self._held and trio.current_time() < self._valid_until_mono

    async def wait_ready(self, campaign_id: str) -> None:
        """Block until the campaign is ours, and nothing of an earlier owner is left open."""
        await self._ready[campaign_id].wait()

    async def run(self) -> None:
        """Renew and take until cancelled. Raises `LeaseLostError` once another owns what was ours."""
        if self.first:
            self._first_until_mono = trio.current_time() + self.leases.ttl_s * self.speed
        async with trio.open_nursery() as preparing:
            while True:
                taken = await self._ask()
                if taken:
                    preparing.start_soon(self._make_ready, taken)
                has_all = self._held == self.wanted
                await trio.sleep((_RENEW_S if has_all else _LOOK_S) * self.speed)

    async def give_back(self) -> None:
        """Let others have the campaigns at once."""
        self._held = frozenset()
        with trio.CancelScope(shield=True):
            await self.leases.release()

    async def _ask(self) -> frozenset[str]:
        """The campaigns that are ours since now."""
        asked_mono = trio.current_time()
        try:
            held = await self.leases.take(self.first if asked_mono < self._first_until_mono else self.wanted)
        except LeaseLostError:
            self._held = frozenset()
            raise
        except StoreError as error:
            log.warning("leases_not_renewed", reason=str(error))
            return frozenset()
        before, self._held = self._held, held
        self._valid_until_mono = asked_mono + (self.leases.ttl_s - _MARGIN_S) * self.speed
        return held - before

    async def _make_ready(self, taken: frozenset[str]) -> None:
        log.info("campaigns_taken", campaigns=sorted(taken))
        await self.prepare(taken)
        for campaign_id in taken:
            self._ready[campaign_id].set()

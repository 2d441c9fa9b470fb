"""One engine among several on a shared store: it follows what the others write, and runs the campaigns leased to it.

Every process knows every record: those of others come in before its own next
append returns. A claim counts in the ledger of its process at once and in
those of the others when they read it; the verdict before origination is taken
after the claim is durable, so it sees every claim that stands before this one
in the journal's order. Of two processes that claim the last call a cap allows,
the later at least, and at times both, refuse to place it.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import trio

from dialer.lease import LeaseKeeper
from dialer.ports import Leases, StoreError, Trunk
from dialer.records import AgentChanged, Record
from dialer.recovery import PlanAfterCrash, ask_trunks, closing_records
from dialer.supervisor import Engine

__all__ = ["share"]


@asynccontextmanager
async def share(
    engine: Engine,
    leases: Leases,
    trunks: tuple[Trunk, ...],
    plan: PlanAfterCrash,
    speed: float = 1.0,
    first: frozenset[str] = frozenset(),
) -> AsyncIterator[None]:
    """While the block lasts, follow the others and take the campaigns that nobody owns."""
    wanted = frozenset(engine.campaigns)

    async def prepare(taken: frozenset[str]) -> None:
        await engine.journal.catch_up()
        # Trunks hang up what they still carry when they are asked: only where none of it can be another process's.
        traces = await ask_trunks(trunks, engine.state) if taken == wanted else {}
        for record in _closing(engine, closing_records(engine.state, engine.clock.now_at(), traces, plan, taken)):
            engine.journal.append(record)
        await engine.journal.wait_durable()

    keeper = LeaseKeeper(leases, wanted, prepare, speed, first & wanted)
    engine.keeper = keeper
    engine.journal.may_dial = keeper.may_dial
    async with trio.open_nursery() as beside:
        beside.start_soon(engine.journal.follow)
        beside.start_soon(keeper.run)
        try:
            yield
        finally:
            with trio.CancelScope(shield=True):
                await _hand_over(engine, keeper)
            beside.cancel_scope.cancel()


def _closing(engine: Engine, records: Iterator[Record]) -> Iterator[Record]:
    """Without the agents who sit here: they were never interrupted."""
    for record in records:
        if not (isinstance(record, AgentChanged) and engine.agents.get(record.agent_id) is not None):
            yield record


async def _hand_over(engine: Engine, keeper: LeaseKeeper) -> None:
    """Give the leases back behind the last record written under them."""
    # A journal that failed is said by its writer; no call is left, so somebody else may close what it could not.
    with suppress(StoreError):
        await engine.journal.wait_durable()
    await keeper.give_back()

"""Which contacts the engine need not hold any longer: those that no rule of any campaign can count.

How far rules look back is asked of the compiled books, drafts included. What is
forgotten is said in the journal, so that replay forgets the same. The journal
itself keeps everything: rules that look further back than the memory reaches
are refused while running, and a start with them reads the journal once more.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import structlog
import trio
from attrs import frozen

from collections_rules import RuleBook, reach_of
from dialer.campaign import Campaign
from dialer.clock import WallClock
from dialer.journal import Journal
from dialer.records import ContactsForgotten
from dialer.state import EngineState

__all__ = ["Forgetting", "counts_from", "longest_reach", "reaches_behind"]

log = structlog.get_logger()

_EVERY_S = 3600.0
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
# Screens show a week of contacts whatever the rules say.
_LEAST = timedelta(days=7)
# Beyond what rules can count: clocks that were wrong for a while, and rules changed to look a little further.
_MARGIN = timedelta(days=2)


def longest_reach(books: Iterable[RuleBook]) -> timedelta | None:
    """How far back any of these looks; None: for ever, or nobody knows."""
    found = _LEAST
    for book in books:
        reach = reach_of(book)
        if reach is None:
            return None
        found = max(found, reach)
    return found


def counts_from(books: Iterable[RuleBook], now_at: datetime) -> datetime:
    """From when on contacts matter to any of these."""
    reach = longest_reach(books)
    return _EVER if reach is None else now_at - reach


def reaches_behind(books: Iterable[RuleBook], state: EngineState, now_at: datetime) -> bool:
    """Whether any of these may count contacts that have been forgotten."""
    return state.forgotten_before is not None and counts_from(books, now_at) < state.forgotten_before


@frozen(eq=False)
class Forgetting:
    """Looks once an hour what may go."""

    state: EngineState
    journal: Journal
    clock: WallClock
    campaigns: Mapping[str, Campaign]

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self.forget()
            await trio.sleep(_EVERY_S)

    def forget(self) -> None:
        """Forget what no rule can count any more, and say so; nothing where that cannot be known."""
        books = list(self._books())
        reach = longest_reach(book for book in books if book is not None)
        if reach is None or None in books:
            return
        now_at = self.clock.now_at()
        before = now_at - reach - _MARGIN
        known = self.state.forgotten_before
        if (known is None or before > known) and self.state.ledger.has_before(before):
            self.journal.append(ContactsForgotten(now_at, before))
            log.info("contacts_forgotten", before=before.isoformat(timespec="seconds"), held=len(self.state.ledger))

    def _books(self) -> Iterator[RuleBook | None]:
        """The books of every campaign; None for one that this process does not have: another one's change."""
        for campaign_id, known in self.state.rules.items():
            campaign = self.campaigns.get(campaign_id)
            gate = campaign.gate if campaign is not None else None
            yield gate.rules if gate is not None and gate.rules.pack_hash == known.pack_hash else None
            if known.draft_hash:
                draft = gate.draft.book if gate is not None and gate.draft is not None else None
                yield draft if draft is not None and draft.pack_hash == known.draft_hash else None

"""From a journal that an earlier process left to a state that may dial again.

Whatever was open is closed with the worst that can be true of it: a crash may
overcount an attempt, never undercount one, and nobody is called twice for it.
"""

from collections.abc import Iterator
from datetime import datetime

from dialer.attempt import AttemptState
from dialer.disposition import Disposition, HungUpBy
from dialer.records import AgentChanged, AgentState, CampaignChanged, CampaignState, Disposed, Record
from dialer.state import EngineState

__all__ = ["closing_records"]

_WORST: dict[AttemptState, Disposition] = {
    # The line for "the trunk was told" is not waited for, so a claimed call may well have rung.
    AttemptState.CLAIMED: Disposition.NO_ANSWER,
    AttemptState.DIALING: Disposition.NO_ANSWER,
    AttemptState.DETECTING: Disposition.ABANDONED,
    AttemptState.WAITING: Disposition.ABANDONED,
    AttemptState.MACHINE: Disposition.MACHINE,
    AttemptState.TALKING: Disposition.AGENT_LOST,
    AttemptState.WRAP_UP: Disposition.AGENT_LOST,
}


def closing_records(state: EngineState, now_at: datetime) -> Iterator[Record]:
    """What to append so that nothing of the earlier process is left open. Append each before asking for the next."""
    for attempt_id, attempt in list(state.attempts.items()):
        claimed = attempt.claimed
        yield Disposed(
            at=now_at,
            attempt_id=attempt_id,
            campaign_id=claimed.campaign_id,
            account_id=claimed.account_id,
            disposition=_WORST[attempt.state],
            hung_up_by=HungUpBy.NETWORK,
            agent_id=attempt.agent_id,
            ends="interrupted; a supervisor decides",
        )
    for agent_id, status in list(state.agents.items()):
        if status.state is not AgentState.LOGGED_OUT:
            yield AgentChanged(
                now_at, agent_id, status.site, AgentState.LOGGED_OUT, status.campaign_ids, reason="interrupted"
            )
    for campaign_id, book in state.campaigns.items():
        if book.state in (CampaignState.RUNNING, CampaignState.DRAINING):
            yield CampaignChanged(now_at, campaign_id, CampaignState.PAUSED, "interrupted")

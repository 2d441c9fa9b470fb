"""How busy a campaign's floor could have been at most, beside how busy it was. Pure."""

from attrs import frozen

from dialer.records import AgentState
from dialer.report.counts import Counts
from dialer.report.figures import CampaignFigures
from dialer.report.series import BIN_S
from pacing.what_if import WhatIf, what_if

__all__ = ["FloorLimit", "floor_limit"]

_AT_WORK = (AgentState.IDLE, AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP)
# Fewer answers say too little of what the floor could do.
_FEWEST_ANSWERS = 30


@frozen
class FloorLimit:
    """The floor as the day had it, and what was possible on it. Shares are from 0 to 1."""

    agents: int
    """Mean number at work while calls were placed, rounded."""
    answer_rate: float
    target: float
    utilisation: float
    """Talk and wrap-up over the time at work, breaks left out."""
    possible: WhatIf


def floor_limit(campaign: CampaignFigures) -> FloorLimit | None:
    """The limit for this campaign's floor; None where too little happened or no limit of abandonment is set."""
    counts = campaign.counts
    target = campaign.context.abandonment_limit if campaign.context is not None else None
    talk_s, busy = counts.mean_talk_s, counts.occupancy.value
    agents = round(_mean_agents(campaign, counts))
    if target is None or not talk_s or busy is None or counts.person_count < _FEWEST_ANSWERS or agents < 1:
        return None
    answer_rate = min(0.99, counts.person_count / max(1, counts.placed_count))
    wrap_s = counts.mean_wrap_up_s or 0.0
    ring_s = counts.ring_s / max(1, counts.answered_count)
    possible = what_if(agents, answer_rate, target, talk_s, wrap_s, max(1.0, ring_s))
    return FloorLimit(agents, answer_rate, target, busy, possible)


def _mean_agents(campaign: CampaignFigures, counts: Counts) -> float:
    dialing_bins = sum(1 for placed in campaign.placed if placed)
    return sum(counts.agent_s.get(one, 0.0) for one in _AT_WORK) / max(1.0, dialing_bins * BIN_S)

"""Campaigns that share agents: each counts every agent once, and leaves the others their part.

Two forecasts on one floor that know nothing of each other both count on the
same agent. Here each sees the other's calls in flight as persons who may come
first, as far as they will need an agent whom both share; and whoever has more
work going than its part lets the other place the next call. Progressive and
preview campaigns reserve their agents, which are then nobody else's.
"""

from datetime import datetime
from typing import Protocol

from attrs import define, field

from dialer.agents import AgentPool
from pacing import Pacer, PacingMode, RivalCalls, Snapshot

__all__ = ["Member", "SharedFloor"]


class Member(Protocol):
    """What a campaign shows of itself to those it shares agents with."""

    pacer: Pacer

    def snapshot(self, now_at: datetime) -> Snapshot:
        """The floor as its pacer may see it, without the others' calls."""
        ...

    @property
    def load(self) -> float:
        """How many agents its calls keep or will keep busy, as far as can be foreseen."""
        ...

    def wants_calls(self, now_at: datetime) -> bool:
        """Whether it would place a call if it could."""
        ...


@define(eq=False)
class SharedFloor:
    """Which campaigns share agents, and how far."""

    agents: AgentPool
    _members: dict[str, Member] = field(factory=dict)

    def join(self, campaign_id: str, member: Member) -> None:
        """A campaign dials on this floor."""
        self._members[campaign_id] = member

    def rivals(self, campaign_id: str, now_at: datetime) -> tuple[RivalCalls, ...]:
        """The calls in flight that may take agents from a campaign's own."""
        found = []
        for other_id, member in self._others(campaign_id):
            share = self.agents.shared_part(other_id, campaign_id)
            if share > 0.0:
                rival = member.pacer.rival_calls(member.snapshot(now_at), share)
                if len(rival.answers):
                    found.append(rival)
        return tuple(found)

    def turn(self, campaign_id: str, launch_count: int, answer_rate: float, now_at: datetime) -> int:
        """How many of the calls that a campaign could place now are its part.

        With as many more as level its work with that of the others who want
        calls too; what they then do not take is anybody's at the next tick.
        """
        loads = [
            member.load
            for other_id, member in self._others(campaign_id)
            if self.agents.shared_part(campaign_id, other_id) > 0.0 and member.wants_calls(now_at)
        ]
        if not loads or launch_count <= 0:
            return launch_count
        behind = min(loads) - self._members[campaign_id].load
        level = (launch_count + behind / max(answer_rate, 0.01)) / 2.0
        return min(launch_count, max(0, round(level + 0.01)))

    def _others(self, campaign_id: str) -> list[tuple[str, Member]]:
        if not self.agents.has_shared_agents:
            return []
        return [
            (other_id, member)
            for other_id, member in self._members.items()
            if other_id != campaign_id and member.pacer.settings.mode is PacingMode.PREDICTIVE
        ]

"""Agents' time by state, per agent, site and campaign, from `AgentChanged` records. Pure.

INVARIANT: an agent is in exactly one state. Time logged in is measured from
login to logout on its own, so that the seconds in all states can be held
against it (I4); a record that goes back in time shows up as a difference.
"""

from collections.abc import Callable, Sequence

from attrs import define, field

from dialer.records import AgentChanged, AgentState
from dialer.report.campaign_tally import CampaignTally
from dialer.report.figures import Consistency
from dialer.report.series import BIN_S, BinSeconds

__all__ = ["AgentTally"]

ON_DUTY = tuple(state for state in AgentState if state is not AgentState.LOGGED_OUT)
_SLACK_S = 0.01  # what adding a day of microseconds in floating point may lose


@define(eq=False)
class _Agent:
    site: dict[AgentState, BinSeconds]
    state: AgentState = AgentState.LOGGED_OUT
    since_s: float = 0.0
    logged_in_at_s: float = 0.0
    logged_in_s: float = 0.0
    in_states_s: float = 0.0
    at_work_for: Sequence[CampaignTally] = ()
    """To whom the seconds of this state count, in equal parts."""
    campaigns: Sequence[CampaignTally] = ()
    campaign_ids: tuple[str, ...] = ()


@define(eq=False)
class AgentTally:
    """Filled record by record, closed once."""

    start_bin: int
    campaign: Callable[[str], CampaignTally]
    agents: dict[str, _Agent] = field(factory=dict)
    sites: dict[str, dict[AgentState, BinSeconds]] = field(factory=dict)
    total_s: dict[AgentState, float] = field(factory=lambda: dict.fromkeys(ON_DUTY, 0.0))

    def change(self, record: AgentChanged, at_s: float, call: CampaignTally | None) -> None:
        """An agent is in a new state, at work for the `call` of a campaign, or for all campaigns the agent serves."""
        agent = self.agents.get(record.agent_id)
        if agent is None:
            agent = self.agents[record.agent_id] = _Agent(self._site(record.site))
        if agent.state is not AgentState.LOGGED_OUT:
            self._close(agent, at_s)
        if record.state is AgentState.LOGGED_OUT:
            if agent.state is not AgentState.LOGGED_OUT:
                agent.logged_in_s += at_s - agent.logged_in_at_s
        elif agent.state is AgentState.LOGGED_OUT:
            agent.logged_in_at_s = at_s
        if record.campaign_ids and record.campaign_ids != agent.campaign_ids:
            agent.campaign_ids = record.campaign_ids
            agent.campaigns = [self.campaign(one) for one in record.campaign_ids]
            for campaign in agent.campaigns:
                campaign.agents.add(record.agent_id)
        agent.state = record.state
        agent.since_s = at_s
        agent.at_work_for = agent.campaigns if call is None else (call,)

    def close_at(self, at_s: float) -> None:
        """The journal ends here: whoever is still logged in counts up to now."""
        for agent in self.agents.values():
            if agent.state is not AgentState.LOGGED_OUT:
                self._close(agent, at_s)
                agent.logged_in_s += at_s - agent.logged_in_at_s
                agent.state = AgentState.LOGGED_OUT

    def _close(self, agent: _Agent, at_s: float) -> None:
        # A record from the past cannot take time away; the difference is what I4 finds.
        seconds = max(0.0, at_s - agent.since_s)
        agent.in_states_s += seconds
        self.total_s[agent.state] += seconds
        agent.site[agent.state].add(agent.since_s, agent.since_s + seconds)
        share = seconds / len(agent.at_work_for) if agent.at_work_for else 0.0
        for campaign in agent.at_work_for:
            campaign.agent_s[agent.state] += share

    def _site(self, name: str) -> dict[AgentState, BinSeconds]:
        if name not in self.sites:
            self.sites[name] = {state: BinSeconds(self.start_bin) for state in ON_DUTY}
        return self.sites[name]

    def mean_agents(self, bin_count: int) -> dict[str, dict[AgentState, list[float]]]:
        """Mean agents in each state, by site and bin."""
        return {
            name: {
                state: [seconds / BIN_S for seconds in bins.values] + [0.0] * (bin_count - len(bins.values))
                for state, bins in states.items()
            }
            for name, states in self.sites.items()
        }

    def consistency(self) -> Consistency:
        """I4: the seconds in all states add up to the seconds logged in, for every agent."""
        wrong = [one for one in self.agents.values() if abs(one.in_states_s - one.logged_in_s) > _SLACK_S]
        return Consistency(
            "agent_seconds",
            left=sum(one.in_states_s for one in self.agents.values()),
            right=sum(one.logged_in_s for one in self.agents.values()),
            holds=not wrong,
            offenders=len(wrong),
        )

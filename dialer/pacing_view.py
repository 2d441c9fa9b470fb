"""From the journal's records and the floor to what the pacer hears and sees. The only place that knows both sides.

The pacer learns from records alone, in the order they were written, so a replay
teaches it what the live day did.
"""

from datetime import datetime

from attrs import define, field

from dialer.agents import AgentPool
from dialer.disposition import Disposition
from dialer.records import (
    AgentChanged,
    AgentState,
    Answered,
    AnsweredBy,
    Claimed,
    Connected,
    Detected,
    Disposed,
    Originated,
    Record,
    TalkEnded,
)
from dialer.windows import CampaignCounters
from pacing import (
    AgentBreakEnded,
    AgentBreakStarted,
    AgentLoggedIn,
    AgentLoggedOut,
    CallAbandoned,
    CallAnswered,
    CallConnected,
    CallFailed,
    CallHungUpEarly,
    CallLaunched,
    CallUnanswered,
    LiveDetected,
    MachineDetected,
    Pacer,
    PacingEvent,
    Snapshot,
    WrapUpEnded,
)
from pacing import (
    TalkEnded as PacerTalkEnded,
)

__all__ = ["PacingView"]

_WORKING = (AgentState.IDLE, AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP)
_UNANSWERED = frozenset({Disposition.NO_ANSWER, Disposition.GIVEN_UP})


@define
class PacingView:
    """One campaign's calls in flight, kept from its records; its pacer hears of each."""

    campaign_id: str
    pacer: Pacer
    claimed_since_s: dict[str, float] = field(factory=dict)
    """Claimed and on their way to the trunk; a decision counts them as ringing."""
    ringing_since_s: dict[str, float] = field(factory=dict)
    detecting_since_s: dict[str, float] = field(factory=dict)
    waiting_since_s: dict[str, float] = field(factory=dict)
    _states: dict[str, AgentState] = field(factory=dict)
    _since_s: dict[AgentState, dict[str, float]] = field(factory=lambda: {state: {} for state in AgentState})
    """Who is in which state since when, by agent id."""
    _wrapping_since_s: dict[str, float] = field(factory=dict)
    _with_agent: set[str] = field(factory=set)
    """Attempts that are talks or wrap-ups."""

    @property
    def in_flight_count(self) -> int:
        """Calls that may yet need an agent."""
        before_answer = len(self.claimed_since_s) + len(self.ringing_since_s)
        return before_answer + len(self.detecting_since_s) + len(self.waiting_since_s)

    @property
    def with_agent_count(self) -> int:
        """Calls that an agent talks on or wraps up."""
        return len(self._with_agent)

    @property
    def staffed_count(self) -> int:
        """Agents who are logged in and not on a break."""
        return sum(len(self._since_s[state]) for state in _WORKING)

    def apply(self, record: Record) -> bool:
        """Take a record of this campaign or of one of its agents; True when it changes what a decision would see."""
        at_s = record.at.timestamp()
        if isinstance(record, AgentChanged):
            self._agent_changed(record, at_s)
            return True
        events = self._events(record, at_s)
        for event in events:
            self.pacer.observe(event)
        return bool(events)

    def snapshot(self, agents: AgentPool, free_lines: int, counters: CampaignCounters, now_at: datetime) -> Snapshot:
        """The floor as the pacer may see it now."""
        since_s = self._since_s
        talking, wrapping = since_s[AgentState.TALKING], since_s[AgentState.WRAP_UP]
        # A reserved agent's call is in flight, so the pacer weighs one against the other.
        idle_count = len(since_s[AgentState.IDLE]) + len(since_s[AgentState.RESERVED])
        leaving = agents.leaving(self.campaign_id)
        elsewhere = agents.reserved_elsewhere(self.campaign_id)
        idle_count -= sum(one in elsewhere and one not in leaving for one in since_s[AgentState.RESERVED])
        if leaving:
            talking = {one: at_s for one, at_s in talking.items() if one not in leaving}
            wrapping = {one: at_s for one, at_s in wrapping.items() if one not in leaving}
            idle_count -= sum(one in leaving for one in since_s[AgentState.RESERVED])
        return Snapshot(
            now_s=now_at.timestamp(),
            idle_count=idle_count,
            on_break_count=len(since_s[AgentState.ON_BREAK]),
            leaving_count=len(leaving),
            talking_since_s=tuple(talking.values()),
            wrapping_since_s=tuple(wrapping.values()),
            ringing_since_s=(*self.ringing_since_s.values(), *self.claimed_since_s.values()),
            detecting_since_s=tuple(self.detecting_since_s.values()),
            waiting_since_s=tuple(self.waiting_since_s.values()),
            free_lines=free_lines,
            windows=counters.view(now_at),
        )

    def _events(self, record: Record, at_s: float) -> tuple[PacingEvent, ...]:
        match record:
            case Originated() | Answered() | Detected():
                return self._before_talk(record, at_s)
            case Claimed():
                self.claimed_since_s[record.attempt_id] = at_s
                return ()
            case Connected():
                self._with_agent.add(record.attempt_id)
                self.waiting_since_s.pop(record.attempt_id, None)
                return (CallConnected(at_s, record.wait_s),)
            case TalkEnded():
                self._wrapping_since_s[record.agent_id] = at_s
                return (PacerTalkEnded(at_s, record.talk_s),)
            case Disposed():
                return self._ended(record, at_s)
            case _:
                return ()

    def _before_talk(self, record: Originated | Answered | Detected, at_s: float) -> tuple[PacingEvent, ...]:
        match record:
            case Originated():
                self.claimed_since_s.pop(record.attempt_id, None)
                self.ringing_since_s[record.attempt_id] = at_s
                return (CallLaunched(at_s),)
            case Answered():
                self.ringing_since_s.pop(record.attempt_id, None)
                self.detecting_since_s[record.attempt_id] = at_s
                return (CallAnswered(at_s, record.ring_s),)
            case Detected():
                self.detecting_since_s.pop(record.attempt_id, None)
                if record.answered_by is AnsweredBy.MACHINE:
                    return (MachineDetected(at_s),)
                self.waiting_since_s[record.attempt_id] = record.greeting_ended_at.timestamp()
                return (LiveDetected(at_s),)

    def _ended(self, record: Disposed, at_s: float) -> tuple[PacingEvent, ...]:
        self.claimed_since_s.pop(record.attempt_id, None)
        self._with_agent.discard(record.attempt_id)
        rang_from_s = self.ringing_since_s.pop(record.attempt_id, None)
        self.detecting_since_s.pop(record.attempt_id, None)
        self.waiting_since_s.pop(record.attempt_id, None)
        disposition = record.disposition
        if rang_from_s is not None:
            if disposition in _UNANSWERED:
                return (CallUnanswered(at_s, at_s - rang_from_s),)
            return (CallFailed(at_s, at_s - rang_from_s),)
        if disposition is Disposition.ABANDONED:
            return (CallAbandoned(at_s, record.wait_s),)
        if disposition is Disposition.HUNG_UP_EARLY:
            return (CallHungUpEarly(at_s, record.wait_s),)
        wrapped_from_s = self._wrapping_since_s.pop(record.agent_id, None) if record.agent_id else None
        if wrapped_from_s is not None:
            return (WrapUpEnded(at_s, at_s - wrapped_from_s),)
        return ()

    def _agent_changed(self, record: AgentChanged, at_s: float) -> None:
        before = self._states.get(record.agent_id, AgentState.LOGGED_OUT)
        after = record.state
        self._states[record.agent_id] = after
        self._since_s[before].pop(record.agent_id, None)
        if after is not AgentState.LOGGED_OUT:
            self._since_s[after][record.agent_id] = at_s
        if before is AgentState.LOGGED_OUT:
            self.pacer.observe(AgentLoggedIn(at_s))
        elif before is AgentState.ON_BREAK and after is not AgentState.LOGGED_OUT:
            self.pacer.observe(AgentBreakEnded(at_s))
        if after is AgentState.ON_BREAK:
            self.pacer.observe(AgentBreakStarted(at_s))
        elif after is AgentState.LOGGED_OUT:
            self.pacer.observe(AgentLoggedOut(at_s))

"""How many calls to place now: pure decisions from a snapshot of the floor and from what was learned before."""

from pacing.decide import PacingDecision
from pacing.events import (
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
    PacingEvent,
    TalkEnded,
    WrapUpEnded,
)
from pacing.pacer import Pacer
from pacing.settings import AbandonmentWindow, PacerSettings, PacingMode
from pacing.snapshot import RivalCalls, Snapshot, WindowCount

__all__ = [
    "AbandonmentWindow",
    "AgentBreakEnded",
    "AgentBreakStarted",
    "AgentLoggedIn",
    "AgentLoggedOut",
    "CallAbandoned",
    "CallAnswered",
    "CallConnected",
    "CallFailed",
    "CallHungUpEarly",
    "CallLaunched",
    "CallUnanswered",
    "LiveDetected",
    "MachineDetected",
    "Pacer",
    "PacerSettings",
    "PacingDecision",
    "PacingEvent",
    "PacingMode",
    "RivalCalls",
    "Snapshot",
    "TalkEnded",
    "WindowCount",
    "WrapUpEnded",
]

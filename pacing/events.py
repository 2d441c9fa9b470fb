"""What happened to calls and agents, as the pacer is told of it, in order of time.

All times are seconds on the axis of `Snapshot.now_s`. An event says when it
happened and how long what it ends had lasted; it names no call, agent or
person, so nothing here can identify anybody.
"""

from attrs import frozen


@frozen
class CallLaunched:
    """The trunk was told to place a call."""

    at_s: float


@frozen
class CallAnswered:
    """The far end went off hook after ringing for `ring_s`; person or machine is not told apart yet."""

    at_s: float
    ring_s: float


@frozen
class LiveDetected:
    """An answered call counts as a person from now on."""

    at_s: float


@frozen
class MachineDetected:
    """An answered call was found to be a machine."""

    at_s: float


@frozen
class CallUnanswered:
    """A call rang for `ring_s` and nobody answered."""

    at_s: float
    ring_s: float


@frozen
class CallFailed:
    """A call ended by itself after `after_s`: busy, refused, no such number, congestion."""

    at_s: float
    after_s: float


@frozen
class CallConnected:
    """A person got an agent after waiting `wait_s`."""

    at_s: float
    wait_s: float


@frozen
class CallAbandoned:
    """A person got no agent within the connect limit, after `wait_s`."""

    at_s: float
    wait_s: float


@frozen
class CallHungUpEarly:
    """A person left before the connect limit, after `wait_s`."""

    at_s: float
    wait_s: float


@frozen
class TalkEnded:
    """An agent's talk ended after `talk_s`; wrap-up begins."""

    at_s: float
    talk_s: float


@frozen
class WrapUpEnded:
    """An agent's wrap-up ended after `wrap_s`."""

    at_s: float
    wrap_s: float


@frozen
class AgentLoggedIn:
    """An agent joined the campaign, idle."""

    at_s: float


@frozen
class AgentLoggedOut:
    """An agent left the campaign."""

    at_s: float


@frozen
class AgentBreakStarted:
    """An agent went on a break."""

    at_s: float


@frozen
class AgentBreakEnded:
    """An agent came back from a break, idle."""

    at_s: float


PacingEvent = (
    CallLaunched
    | CallAnswered
    | LiveDetected
    | MachineDetected
    | CallUnanswered
    | CallFailed
    | CallConnected
    | CallAbandoned
    | CallHungUpEarly
    | TalkEnded
    | WrapUpEnded
    | AgentLoggedIn
    | AgentLoggedOut
    | AgentBreakStarted
    | AgentBreakEnded
)

"""The life of an attempt: one table of every legal change of state. Pure.

This file is the only place where a state may change. Live code and replay both
go through `advance`; an event that the table does not list for a state is a bug
or a damaged journal, and raises. To change the life cycle, change the table.
"""

from enum import Enum

__all__ = ["TRANSITIONS", "AttemptEvent", "AttemptState", "MisuseError", "advance"]


class MisuseError(Exception):
    """Our own code, or a damaged journal, broke a protocol."""


class AttemptState(Enum):
    """Where an attempt stands."""

    CLAIMED = "claimed"  # counted against every cap, on its way to the trunk
    DIALING = "dialing"  # the trunk has been told; it may be ringing
    DETECTING = "detecting"  # answered, person or machine not yet told apart
    WAITING = "waiting"  # a person is on the line, no agent yet
    MACHINE = "machine"  # taken for a machine
    TALKING = "talking"  # an agent and the person hear each other
    WRAP_UP = "wrap_up"  # the line is gone, the agent still owes the disposition
    DISPOSED = "disposed"


class AttemptEvent(Enum):
    """What can happen to an attempt; named as the journal's records."""

    ORIGINATED = "originated"
    ANSWERED = "answered"
    DETECTED_PERSON = "detected_person"
    DETECTED_MACHINE = "detected_machine"
    CONNECTED = "connected"
    TALK_ENDED = "talk_ended"
    DISPOSED = "disposed"


_S, _E = AttemptState, AttemptEvent

TRANSITIONS: dict[AttemptState, dict[AttemptEvent, AttemptState]] = {
    _S.CLAIMED: {_E.ORIGINATED: _S.DIALING, _E.DISPOSED: _S.DISPOSED},
    _S.DIALING: {_E.ANSWERED: _S.DETECTING, _E.DISPOSED: _S.DISPOSED},
    _S.DETECTING: {
        _E.DETECTED_PERSON: _S.WAITING,
        _E.DETECTED_MACHINE: _S.MACHINE,
        _E.DISPOSED: _S.DISPOSED,
    },
    _S.WAITING: {_E.CONNECTED: _S.TALKING, _E.DISPOSED: _S.DISPOSED},
    _S.MACHINE: {_E.DISPOSED: _S.DISPOSED},
    _S.TALKING: {_E.TALK_ENDED: _S.WRAP_UP, _E.DISPOSED: _S.DISPOSED},
    _S.WRAP_UP: {_E.DISPOSED: _S.DISPOSED},
    _S.DISPOSED: {},
}


def advance(state: AttemptState, event: AttemptEvent) -> AttemptState:
    """The state after `event`; raises `MisuseError` when the table does not allow it.

    >>> advance(AttemptState.CLAIMED, AttemptEvent.ORIGINATED)
    <AttemptState.DIALING: 'dialing'>
    """
    allowed = TRANSITIONS[state]
    if event not in allowed:
        names = ", ".join(one.value for one in allowed) or "nothing"
        msg = f"an attempt in state {state.value} cannot take the event {event.value}; allowed: {names}"
        raise MisuseError(msg)
    return allowed[event]

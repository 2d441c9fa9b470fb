"""How far back a rule book looks at contacts: what is older, no gate of it can count any more."""

from datetime import timedelta

from collections_rules.count_window import CountWindow
from collections_rules.counting import AtMostGate, Counted, WaitAfterEventGate
from collections_rules.evaluate import RuleBook
from collections_rules.gates import FreshGate, Gate, OpenGate, StopAtGate, StopWhenGate
from collections_rules.tree import Duration
from collections_rules.waiting import WaitAfterFactGate, WaitUntilGate
from collections_rules.words import UNIT_S

__all__ = ["reach_of"]

_LOOKS_AT_NO_CONTACT = (OpenGate, StopWhenGate, StopAtGate, FreshGate, WaitAfterFactGate, WaitUntilGate)
_DAY_S = 86_400
# Dates are counted on the clocks of the called, which are up to 26 h apart, and a day may have 25 h.
_ZONES_S = 2 * _DAY_S
_LONGEST_S = {"month": 31 * _DAY_S, "year": 366 * _DAY_S}


def reach_of(book: RuleBook) -> timedelta | None:
    """The longest time after which a contact still matters to a rule that is on; None: for ever, or nobody knows."""
    longest_s = 0
    for rule in book.running:
        for dated in rule.lowered.gates:
            reach_s = _reach_s(dated.gate)
            if reach_s is None:
                return None
            longest_s = max(longest_s, reach_s)
    return timedelta(seconds=longest_s)


def _reach_s(gate: Gate) -> int | None:
    if isinstance(gate, AtMostGate):
        return _sum(_window_s(gate.window), _freed_s(gate.counted))
    if isinstance(gate, WaitAfterEventGate):
        return _sum(_duration_s(gate.duration), _freed_s(gate.counted))
    return 0 if isinstance(gate, _LOOKS_AT_NO_CONTACT) else None


def _freed_s(counted: Counted) -> int | None:
    """How far before a contact lies what makes it free: earlier free ones, or the event that ended a fact's days.

    With these kept, no window that a gate looks at holds more free contacts
    than the rule says, wherever the memory begins.
    """
    longest_s = 0
    for window in (*(one.window for one in counted.quotas), *(one.window for one in counted.within)):
        window_s = _window_s(window)
        if window_s is None:
            return None
        longest_s = max(longest_s, window_s)
    return longest_s


def _window_s(window: CountWindow) -> int | None:
    if window.duration is None:
        return None
    if window.is_calendar:
        return _LONGEST_S[window.duration.unit] + _ZONES_S
    return _duration_s(window.duration)


def _duration_s(duration: Duration) -> int | None:
    if duration.is_business:
        return None
    if duration.unit in UNIT_S:
        return duration.count * UNIT_S[duration.unit]
    return (duration.count + 1) * _DAY_S + _ZONES_S if duration.unit == "day" else None


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other

"""What a pacer has learned as plain values, and back: so that a restart need not learn the day again.

Only what events have taught is kept, not the settings it was taught under. A
part that no longer fits (a histogram of another ring timeout) starts cold.
"""

from collections import Counter, deque
from typing import Any

import attrs
import numpy as np

from pacing.budget import WindowBudget
from pacing.pacer import Pacer

__all__ = ["Memory", "export_memory", "restore_memory"]

Memory = dict[str, Any]
"""Numbers, texts, lists and dicts of them; nothing else."""

_LAWS = (
    "answer_rate",
    "answer_watch",
    "failure_rate",
    "live_share",
    "detection",
    "answer_ring",
    "unanswered_ring",
    "failure_ring",
    "talk",
    "wrap",
    "recent_loss",
)
_COUNTS = ("failures_in_row", "answered", "abandoned", "_news")


def export_memory(pacer: Pacer) -> Memory:
    """Everything the pacer has learned from events."""
    learner = pacer.learner
    return {
        "laws": {name: _frozen(getattr(learner, name)) for name in _LAWS},
        "counts": {name: getattr(learner, name) for name in _COUNTS},
        "rejected": dict(learner.rejected),
        "detecting": list(learner._detecting),
        "windows": {name: _frozen(window) for name, window in pacer._budget._windows.items()},
    }


def restore_memory(pacer: Pacer, memory: Memory) -> tuple[str, ...]:
    """Teach a new pacer what an earlier one knew; returns the parts that do not fit and start cold."""
    learner, laws = pacer.learner, memory["laws"]
    cold = tuple(name for name in _LAWS if not _thaw(getattr(learner, name), laws.get(name, {})))
    for name in _COUNTS:
        setattr(learner, name, memory["counts"].get(name, 0))
    learner.rejected = Counter(memory["rejected"])
    learner._detecting = deque(memory["detecting"], maxlen=learner._detecting.maxlen)
    targets = {window.name for window in pacer.settings.windows}
    for name, values in memory["windows"].items():
        if name in targets:
            pacer._budget._windows[name] = window = WindowBudget(pacer.settings.target_of(name))
            _thaw(window, values)
    return cold


def _learned(law: Any) -> list[str]:
    """The fields that events fill; the others are settings."""
    return [one.name for one in attrs.fields(type(law)) if not one.init]


def _frozen(law: Any) -> Memory:
    values: Memory = {}
    for name in _learned(law):
        value = getattr(law, name)
        if attrs.has(type(value)):
            value = _frozen(value)
        elif isinstance(value, dict):
            value = [[key, list(held)] for key, held in value.items()]
        elif isinstance(value, deque | list):
            value = list(value)
        elif isinstance(value, np.floating):
            value = float(value)
        values[name] = value
    return values


def _thaw(law: Any, values: Memory) -> bool:
    """Set the fields; False, and nothing is set, when they are not this law's."""
    names = _learned(law)
    is_same = set(names) == set(values) and all(
        len(values[name]) == len(getattr(law, name)) for name in names if type(getattr(law, name)) is list
    )
    if not is_same:
        return False
    for name in names:
        held, value = getattr(law, name), values[name]
        if attrs.has(type(held)):
            _thaw(held, value)
            continue
        if isinstance(held, dict):
            value = {key: list(counts) for key, counts in value}
        elif isinstance(held, deque):
            value = deque(value, maxlen=held.maxlen)
        elif isinstance(held, list):
            value = list(value)
        setattr(law, name, value)
    return True

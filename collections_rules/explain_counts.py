"""What a counting gate counted and what it did not, contact by contact, with the reason."""

from bisect import bisect_left
from datetime import UTC, datetime

from attrs import frozen

from collections_rules import tree as t
from collections_rules.conditions import Test
from collections_rules.counting import AtMostGate, Counted
from collections_rules.ledger import Entry, Track
from collections_rules.query import Query

__all__ = ["ContactShown", "CountShown", "condition_text", "show_count"]


@frozen
class ContactShown:
    """One contact within the window. Without a reason it counts."""

    at: datetime
    channel: str
    outcome: str
    why_ko: str = ""
    why_en: str = ""


@frozen
class CountShown:
    """A cap in numbers."""

    count: int
    limit: int
    noun: str
    window_ko: str
    window_en: str
    last_at: datetime | None
    counted: tuple[ContactShown, ...]
    not_counted: tuple[ContactShown, ...]


def show_count(gate: AtMostGate, query: Query) -> CountShown:
    """The fullest of the lists that the gate looks at."""
    shown = [_show_track(gate, query, track) for track in gate.counted.tracks(query)]
    return max(shown, key=lambda one: one.count, default=_made(gate, (), ()))


def _show_track(gate: AtMostGate, query: Query, track: Track) -> CountShown:
    start_s = gate.window.start(query.at_s, query)
    counted_s = gate.counted.times(query, track)
    within = set(counted_s[bisect_left(counted_s, start_s) :])
    shown = [(entry.at_s, _shown(entry, *why)) for entry, why in _judged(gate, query, track) if entry.at_s >= start_s]
    counted = tuple(one for at_s, one in shown if not one.why_en and at_s in within)
    return _made(gate, counted, tuple(one for _, one in shown if one.why_en))


def _made(gate: AtMostGate, counted: tuple[ContactShown, ...], others: tuple[ContactShown, ...]) -> CountShown:
    ko, en = gate.window.says()
    last_at = counted[-1].at if counted else None
    return CountShown(len(counted), gate.limit, gate.noun, ko, en, last_at, counted, others)


def _shown(entry: Entry, why_ko: str, why_en: str) -> ContactShown:
    event = entry.event
    return ContactShown(datetime.fromtimestamp(entry.at_s, UTC), event.channel, event.outcome, why_ko, why_en)


def _judged(gate: AtMostGate, query: Query, track: Track) -> list[tuple[Entry, tuple[str, str]]]:
    """Every contact of the list, with why it does not count; in the order that quotas are used up."""
    counted = gate.counted
    freed: list[list[int]] = [[] for _ in counted.quotas]
    found = []
    for entry in track.entries:
        if not counted._matches(query, entry):
            why = _why_no_match(gate, query, entry)
        else:
            before = [len(taken) for taken in freed]
            is_free = counted._is_free(query, entry, freed)
            why = _why_free(counted, query, entry, [len(n) > b for n, b in zip(freed, before, strict=True)], is_free)
        found.append((entry, why))
    return found


def _why_no_match(gate: AtMostGate, query: Query, entry: Entry) -> tuple[str, str]:
    counted, event = gate.counted, entry.event
    if (event.channel, event.outcome, event.direction) not in counted.kinds:
        return f"`{gate.noun}` 아님", f"not a {gate.noun}"
    if entry.at_s < counted.from_s:
        return "시행 전", "before the rule's first day"
    if not counted.is_all_collectors and event.collector != query.values.get("collector.id", "own"):
        return "다른 추심자", "by another collector"
    return "이 규칙의 범위 밖", "outside what the rule counts"


def _why_free(counted: Counted, query: Query, entry: Entry, took: list[bool], is_free: bool) -> tuple[str, str]:
    if not is_free:
        return "", ""
    for test in counted.free:
        if test.ask(query, entry.event) is True:
            return f"불산입: {_said(test)}", f"free: {_said(test)}"
    for quota, is_taken in zip(counted.quotas, took, strict=True):
        if is_taken:
            ko, en = quota.window.says()
            return f"불산입 {ko} {quota.quota}회: {_said(quota.test)}", f"free {quota.quota} {en}: {_said(quota.test)}"
    name = counted.within[0].name
    return f"불산입: {name} 기간 안", f"free: within the days of {name}"


def _said(test: Test) -> str:
    return condition_text(test.condition) if test.condition is not None else ", ".join(test.names)


def condition_text(condition: t.Condition) -> str:
    """A condition in the words of the language, as far as they are short.

    >>> from collections_rules.diagnostics import Span
    >>> none = Span(1, 1, 1)
    >>> condition_text(t.IsWord(t.Word("outcome", none), (t.Word("busy", none),), False))
    'outcome is busy'
    """
    if isinstance(condition, t.AllOf | t.AnyOf):
        word = " and " if isinstance(condition, t.AllOf) else " or "
        return word.join(condition_text(part) for part in condition.parts)
    if isinstance(condition, t.Not):
        return f"not ({condition_text(condition.part)})"
    if isinstance(condition, t.IsWord):
        verb = "is not" if condition.is_negated else "is"
        words = [word.text for word in condition.words]
        return f"{condition.name.text} {verb} {words[0] if len(words) == 1 else 'one of ' + ', '.join(words)}"
    if isinstance(condition, t.Evidence):
        return f"any evidence is {condition.place.text}"
    return _in_list(condition) if isinstance(condition, t.Has | t.InList) else condition.name.text


def _in_list(condition: t.Has | t.InList) -> str:
    if isinstance(condition, t.Has):
        return f"{condition.list_name.text} has {condition.item.text}"
    return f"{condition.item.text} in {condition.list_name.text}"

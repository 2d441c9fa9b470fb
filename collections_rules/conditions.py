"""Conditions as functions of a question and, where contacts are counted, of one contact.

Three answers: yes, no, unknown. What the known parts decide is decided: `a or b` is
yes when `a` is, whatever `b`. A fact that holds a word outside its list is unknown.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from attrs import frozen

from collections_rules import tree as t
from collections_rules.facts import FACT_TABLE, FactKind, FactValue
from collections_rules.ledger import ContactEvent
from collections_rules.moments import date_of, date_times, home_days, shifted, start_of
from collections_rules.query import Clocks, Query
from collections_rules.windows import NEVER
from collections_rules.words import CHANNELS, CONTENTS, DIRECTIONS, OUTCOMES, UNIT_S

__all__ = ["EVENT_NAMES", "Test", "compile_test", "names_in"]

Ask = Callable[[Query, ContactEvent | None], bool | None]
Read = Callable[[Query, ContactEvent | None], FactValue | None]
Edge = Callable[[Query], int]

EVENT_NAMES: Mapping[str, tuple[str, ...]] = {
    "event": CHANNELS,
    "outcome": OUTCOMES,
    "content": CONTENTS,
    "direction": DIRECTIONS,
}
"""Names that only a contact has, where contacts are counted. The call being judged has no outcome yet."""

_OF_EVENT: Mapping[str, Callable[[ContactEvent], FactValue | None]] = {
    "event": lambda e: e.channel,
    "outcome": lambda e: e.outcome if e.outcome != "pending" else None,
    "content": lambda e: e.content,
    "direction": lambda e: e.direction,
    "callee.role": lambda e: e.callee_role or None,
    "call.content": lambda e: e.content,
    "number.kind": lambda e: e.number_kind or None,
    "number": lambda e: e.number_id,
}
_OF_CALL: Mapping[str, Callable[[Query], FactValue | None]] = {
    "event": lambda q: q.values.get("call.means", "call"),
    "outcome": lambda q: None,
    "content": lambda q: q.values.get("call.content"),
    "direction": lambda q: "outbound",
    "number": lambda q: q.facts.number_id,
    "call.identifier": lambda q: q.values.get("call.identifier", q.facts.number_id),
    "call.means": lambda q: q.values.get("call.means", "call"),
}


NO_CLOCKS = Clocks((), (), True)


@frozen
class Test:
    """A compiled condition: the question, what it reads, and when time alone may change its answer."""

    __test__ = False  # not a test of pytest

    ask: Ask
    names: tuple[str, ...]
    edges: tuple[Edge, ...] = ()
    condition: t.Condition | None = None
    clocks: Clocks = NO_CLOCKS

    def next_edge(self, query: Query) -> int:
        """The first instant after the question's at which the answer may change by itself."""
        return min((edge for find in self.edges if (edge := find(query)) > query.at_s), default=NEVER)

    def missing(self, query: Query) -> tuple[str, ...]:
        """The facts it reads that have no value."""
        return tuple(n for n in self.names if n not in _OF_CALL and query.values.get(n) is None)


def compile_test(condition: t.Condition, clocks: Clocks) -> Test:
    """The condition as a function. It must have passed `check`."""
    edges = tuple(_age_edge(part, clocks) for part in _parts(condition) if isinstance(part, t.Age))
    return Test(_ask(condition, clocks), tuple(dict.fromkeys(names_in(condition))), edges, condition, clocks)


def _parts(condition: t.Condition) -> Iterator[t.Condition]:
    yield condition
    if isinstance(condition, t.AllOf | t.AnyOf):
        for part in condition.parts:
            yield from _parts(part)
    elif isinstance(condition, t.Not):
        yield from _parts(condition.part)


def names_in(condition: t.Condition) -> Iterator[str]:
    """Every fact and contact name that a condition reads."""
    for part in _parts(condition):
        if isinstance(part, t.Evidence):
            yield "evidence"
        elif isinstance(part, t.Has):
            yield part.list_name.text
            if part.item.text in FACT_TABLE:
                yield part.item.text
        elif isinstance(part, t.InList):
            yield part.list_name.text
            yield from (word.text for word in (part.item, part.prefix) if word and word.text in FACT_TABLE)
        elif not isinstance(part, t.AllOf | t.AnyOf | t.Not):
            yield part.name.text


def _reader(name: str) -> Read:
    of_event, of_call = _OF_EVENT.get(name), _OF_CALL.get(name)

    def read(query: Query, event: ContactEvent | None) -> FactValue | None:
        if event is not None and of_event is not None:
            return of_event(event)
        if of_call is not None:
            return of_call(query)
        return query.values.get(name)

    if of_event is None and of_call is None:
        return lambda query, event: query.values.get(name)
    return read


def _ask(condition: t.Condition, clocks: Clocks) -> Ask:
    return _ASKS[type(condition)](condition, clocks)


def _joined(condition: t.AllOf | t.AnyOf, clocks: Clocks) -> Ask:
    parts = tuple(_ask(part, clocks) for part in condition.parts)
    return _all_of(parts, decides=isinstance(condition, t.AnyOf))


def _all_of(parts: tuple[Ask, ...], decides: bool) -> Ask:
    """`or` where yes decides, `and` where no does."""

    def ask(query: Query, event: ContactEvent | None) -> bool | None:
        answer: bool | None = not decides
        for part in parts:
            found = part(query, event)
            if found is decides:
                return decides
            if found is None:
                answer = None
        return answer

    return ask


def _negated(part: Ask) -> Ask:
    def ask(query: Query, event: ContactEvent | None) -> bool | None:
        found = part(query, event)
        return None if found is None else not found

    return ask


def _is_true(name: str) -> Ask:
    read = _reader(name)

    def ask(query: Query, event: ContactEvent | None) -> bool | None:
        value = read(query, event)
        return value if isinstance(value, bool) else None

    return ask


def _is_unknown(condition: t.IsUnknown) -> Ask:
    read, is_negated = _reader(condition.name.text), condition.is_negated
    return lambda query, event: (read(query, event) is None) is not is_negated


def _is_word(condition: t.IsWord) -> Ask:
    name, negated = condition.name.text, condition.is_negated
    spec = FACT_TABLE.get(name)
    if spec is not None and spec.kind is FactKind.NUMBER:
        return _is_number(name, frozenset(float(word.text) for word in condition.words), negated)
    texts = frozenset(word.text for word in condition.words)
    wanted, with_unknown = texts - {"unknown"}, "unknown" in texts
    known = frozenset(EVENT_NAMES.get(name) or (spec.words if spec else ()))
    if_missing = not negated if with_unknown else None
    read = _reader(name)

    def ask(query: Query, event: ContactEvent | None) -> bool | None:
        value = read(query, event)
        if value in wanted:
            return not negated
        if value in known or (not known and isinstance(value, str)):
            return negated
        return if_missing

    return ask


def _is_number(name: str, wanted: frozenset[float], negated: bool) -> Ask:
    read = _reader(name)

    def ask(query: Query, event: ContactEvent | None) -> bool | None:
        value = read(query, event)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return (value in wanted) is not negated

    return ask


def _order(condition: t.Order) -> Ask:
    read = _reader(condition.name.text)
    low = float(condition.low.text) if condition.low else float("-inf")
    high = float(condition.high.text) if condition.high else float("inf")

    def ask(query: Query, event: ContactEvent | None) -> bool | None:
        value = read(query, event)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return low <= value <= high

    return ask


def _constant(text: str) -> Read:
    return lambda query, event: text


def _item(word: t.Word) -> Read:
    return _reader(word.text) if word.text in FACT_TABLE else _constant(word.text)


def _entry(condition: t.InList) -> Read:
    item = _item(condition.item)
    if condition.prefix is None:
        return item
    prefix = _item(condition.prefix)

    def read(query: Query, event: ContactEvent | None) -> FactValue | None:
        first, second = prefix(query, event), item(query, event)
        return None if first is None or second is None else f"{first}:{second}"

    return read


def _contains(item: Read, entries: Read) -> Ask:
    def ask(query: Query, event: ContactEvent | None) -> bool | None:
        held = entries(query, event)
        if not isinstance(held, frozenset):
            return None
        if not held:
            return False  # nothing is in an empty list, known or not
        found = item(query, event)
        return None if found is None else found in held

    return ask


# Ages ---------------------------------------------------------------------------


def _age_edge(condition: t.Age, clocks: Clocks) -> Edge:
    """The first instant at which the fact is no longer newer; `NEVER` while that is unknown."""
    name, duration = condition.name.text, condition.duration

    def edge(query: Query) -> int:
        value, days = query.values.get(name), home_days(clocks, query)
        if days is None or value is None:
            return NEVER
        if not date_times(duration.unit):
            return _seconds_of(value, duration)
        day = date_of(value, days)
        last = shifted(day, duration, None) if day else None
        return start_of(last + timedelta(days=1), days) if last else NEVER

    return edge


def _seconds_of(value: FactValue, duration: t.Duration) -> int:
    stamp = getattr(value, "timestamp", None)
    return int(stamp()) + duration.count * UNIT_S[duration.unit] + 1 if stamp else NEVER


def _age(condition: t.Age, clocks: Clocks) -> Ask:
    edge, is_older = _age_edge(condition, clocks), condition.is_older

    def ask(query: Query, event: ContactEvent | None) -> bool | None:
        ends = edge(query)
        return None if ends == NEVER else (query.at_s >= ends) is is_older

    return ask


# By the kind of condition; each takes its own kind, which a mapping of types cannot say.
_ASKS: Mapping[type, Callable[[Any, Clocks], Ask]] = {
    t.AllOf: _joined,
    t.AnyOf: _joined,
    t.Not: lambda c, clocks: _negated(_ask(c.part, clocks)),
    t.IsTrue: lambda c, _: _is_true(c.name.text),
    t.IsWord: lambda c, _: _is_word(c),
    t.Order: lambda c, _: _order(c),
    t.Has: lambda c, _: _contains(_item(c.item), _reader(c.list_name.text)),
    t.InList: lambda c, _: _contains(_entry(c), _reader(c.list_name.text)),
    t.Age: _age,
    t.IsUnknown: lambda c, _: _is_unknown(c),
    t.Evidence: lambda c, _: _contains(_constant(c.place.text), _reader("evidence")),
}

"""Whether some account makes a condition true: exact for one fact at a time, silent where it is not.

A condition becomes alternatives of demands on single facts. Facts do not hang on each
other, so an alternative can be met when every fact has a value that meets all demands
on it. Comparisons of two facts are taken as free: they can be met and be missed.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from attrs import frozen

from collections_rules import tree as t
from collections_rules.conditions import EVENT_NAMES, Test, compile_test, names_in
from collections_rules.facts import FACT_TABLE, FactKind, Facts, FactSpec, FactValue
from collections_rules.ledger import ContactEvent, ContactLedger
from collections_rules.query import Clocks, Query

__all__ = ["Demand", "TooManyError", "account_meeting", "shown"]

_MOST = 4_000
_AT = datetime(2026, 6, 15, 3, tzinfo=UTC)
_CLOCKS = Clocks(("UTC",), (), False)
Answer = bool | None


class TooManyError(Exception):
    """The condition has more alternatives than are looked at; nothing is said about it."""


@frozen
class Demand:
    """A condition and the answers wanted of it: `{True}`, or `{True, None}` for what closes a gate."""

    condition: t.Condition
    answers: frozenset[Answer]


@frozen
class _Atom:
    condition: t.Condition
    test: Test
    names: tuple[str, ...]
    answers: frozenset[Answer]


Account = Mapping[str, FactValue | None]


def account_meeting(demands: list[Demand]) -> Account | None:
    """Values of the facts that meet all demands; None when no account can. Raises `TooManyError`."""
    alternatives: list[tuple[_Atom, ...]] = [()]
    for demand in demands:
        ways = list(_ways(demand.condition, demand.answers))
        alternatives = [(*before, *way) for before in alternatives for way in ways]
        if len(alternatives) > _MOST:
            raise TooManyError
    for atoms in alternatives:
        account = _met(atoms)
        if account is not None:
            return account
    return None


def _ways(condition: t.Condition, answers: frozenset[Answer]) -> Iterator[tuple[_Atom, ...]]:
    """The alternatives that give the condition one of these answers."""
    if isinstance(condition, t.Not):
        yield from _ways(condition.part, frozenset(None if a is None else not a for a in answers))
    elif isinstance(condition, t.AllOf | t.AnyOf):
        deciding = isinstance(condition, t.AnyOf)
        if deciding in answers:
            # One part is enough, except where nothing but `unknown` would be left.
            for part in condition.parts:
                yield from _ways(part, answers if None in answers else frozenset({deciding}))
        else:
            yield from _all(list(condition.parts), answers)
    else:
        yield (_Atom(condition, compile_test(condition, _CLOCKS), tuple(dict.fromkeys(names_in(condition))), answers),)


def _all(parts: list[t.Condition], answers: frozenset[Answer]) -> Iterator[tuple[_Atom, ...]]:
    if not parts:
        yield ()
        return
    rest = list(_all(parts[1:], answers))
    for way in _ways(parts[0], answers):
        if len(rest) > _MOST:
            raise TooManyError
        for more in rest:
            yield (*way, *more)


def _met(atoms: tuple[_Atom, ...]) -> Account | None:
    account: dict[str, FactValue | None] = {}
    by_name: dict[str, list[_Atom]] = {}
    for atom in atoms:
        if len(atom.names) == 1:
            by_name.setdefault(atom.names[0], []).append(atom)
    for name, wanted in by_name.items():
        for value in _values(name, wanted):
            if all(_ask(atom, name, value) in atom.answers for atom in wanted):
                account[name] = value
                break
        else:
            return None
    return account


def _ask(atom: _Atom, name: str, value: FactValue | None) -> Answer:
    values = {} if value is None else {name: value}
    facts = Facts(_AT, values, frozenset({"UTC"}), "P", ("D",), "N", "C")
    query = Query(facts, values, ContactLedger(), int(_AT.timestamp()), 0)
    if name not in EVENT_NAMES:
        return atom.test.ask(query, None)
    words = {key: str(value) if key == name and value is not None else words[0] for key, words in EVENT_NAMES.items()}
    event = ContactEvent("e", _AT, words["event"], words["direction"], "P", ("D",), "N", "C", "own", words["outcome"],
                         words["content"])  # fmt: skip
    return atom.test.ask(query, event)


def _values(name: str, atoms: list[_Atom]) -> list[FactValue | None]:
    """Values of a fact of which at least one meets these demands, if any value does. Known ones first."""
    spec = FACT_TABLE.get(name)
    if spec is None:
        return [*EVENT_NAMES.get(name, ())] if name in EVENT_NAMES else [frozenset(), frozenset({"FL"}), None]
    if spec.kind is FactKind.FLAG:
        return [True, False, None]
    return [*_known_values(spec, atoms), None]


def _known_values(spec: FactSpec, atoms: list[_Atom]) -> list[FactValue]:
    texts = [text for atom in atoms for text in _constants(atom.condition)]
    if spec.kind is FactKind.NUMBER:
        numbers = sorted({float(text) for text in texts if text.replace(".", "", 1).isdigit()} or {0.0})
        return sorted({n + step for n in numbers for step in (-1, -0.5, 0, 0.5, 1) if n + step >= 0})
    if spec.kind is FactKind.SET:
        each = list(dict.fromkeys(texts))[:6]
        return [frozenset(e for i, e in enumerate(each) if mask >> i & 1) for mask in range(1 << len(each))]
    if spec.kind in (FactKind.DATE, FactKind.DATETIME):
        return _moments(spec, atoms)
    return [*spec.words] if spec.words else [*dict.fromkeys([*texts, "…"])]


def _constants(condition: t.Condition) -> list[str]:
    if isinstance(condition, t.IsWord):
        return [word.text for word in condition.words]
    if isinstance(condition, t.Order):
        return [word.text for word in (condition.low, condition.high) if word is not None]
    if isinstance(condition, t.Has):
        return [condition.item.text]
    return [condition.place.text] if isinstance(condition, t.Evidence) else []


_UNIT_S = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "month": 31 * 86_400, "year": 366 * 86_400}
_DENSE_DAYS = 1_500


def _moments(spec: FactSpec, atoms: list[_Atom]) -> list[FactValue]:
    """Every day up to the oldest that matters, and the edges of hours and minutes."""
    ages = [atom.condition.duration for atom in atoms if isinstance(atom.condition, t.Age)]
    oldest = max((age.count * _UNIT_S[age.unit] for age in ages), default=0) // 86_400 + 3
    days = [*range(-2, min(oldest, _DENSE_DAYS)), oldest]
    if spec.kind is FactKind.DATE:
        return [date(2026, 6, 15) - timedelta(days=day) for day in days]
    edges = [age.count * _UNIT_S[age.unit] + step for age in ages for step in (-1, 0, 1)]
    return [*(_AT - timedelta(days=day) for day in days), *(_AT - timedelta(seconds=second) for second in edges)]


def shown(account: Account) -> str:
    """The facts of an account as an example: `person.attorney known, debt.dpd 29`."""
    return ", ".join(f"{name} {_said(value)}" for name, value in account.items())


def _said(value: FactValue | None) -> str:
    if value is None or isinstance(value, bool):
        return "unknown" if value is None else "yes" if value else "no"
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "empty"
    return f"{value:g}" if isinstance(value, float) else str(value)

"""One question to the gates: these facts, this ledger, this second."""

from collections.abc import Mapping
from datetime import date

from attrs import define, field, frozen

from collections_rules.calendars import Calendar
from collections_rules.facts import Facts, FactValue
from collections_rules.ledger import ContactLedger

__all__ = ["Clocks", "Query"]


@define(eq=False)
class Query:
    """What a gate is asked about. `at_s` moves on while the next allowed moment is sought."""

    facts: Facts
    values: Mapping[str, FactValue]
    ledger: ContactLedger
    at_s: int
    margin_s: int
    """How much later the call may still ring: hours are asked for that second too."""
    law_day: date | None = None
    """The date whose law is asked about; None: each instant is judged by the law of its own date."""


@frozen
class Clocks:
    """Which clocks a pack goes by."""

    zones: tuple[str, ...]
    """Always asked. The first is home: dates and the law in force are read on it."""
    fact_names: tuple[str, ...]
    """Facts that hold one more zone, asked when they have a value."""
    every_evidence: bool
    calendar: Calendar | None = None
    _known: dict[tuple[object, ...], tuple[str, ...]] = field(factory=dict, eq=False, repr=False)

    def of(self, query: Query) -> tuple[str, ...]:
        """Every zone that counts for this person, or nothing when it is unknown."""
        if not self.fact_names and not self.every_evidence:
            return self.zones
        key = (query.facts.zones, *[query.values.get(name) for name in self.fact_names])
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._all_zones(query)
        return found

    def _all_zones(self, query: Query) -> tuple[str, ...]:
        if self.every_evidence and not query.facts.zones:
            return ()
        stated = [value for name in self.fact_names if isinstance(value := query.values.get(name), str)]
        evidence = sorted(query.facts.zones) if self.every_evidence else []
        return tuple(dict.fromkeys([*self.zones, *stated, *evidence]))

    def dates_of(self, query: Query) -> tuple[str, ...]:
        """The zones whose dates are counted: home alone where the pack has one, else all."""
        return self.zones[:1] or self.of(query)

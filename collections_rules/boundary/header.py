"""What holds for the rules of a pack by its header, and when a date of the law begins. For the oracle."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from collections_rules import tree as t
from collections_rules import tree_pack as p
from collections_rules.calendars import Calendar
from collections_rules.facts import FACT_TABLE, Facts
from collections_rules.words import CHANNELS

__all__ = ["Header", "OracleRule", "in_force", "wall"]


@frozen
class Header:
    """What holds for every rule of a pack."""

    zones: tuple[str, ...]
    zone_facts: tuple[str, ...]
    takes_evidence: bool
    calendars: dict[str, Calendar]
    contact: tuple[str, ...]
    applies: tuple[t.Condition, ...]

    @classmethod
    def of(cls, pack: p.PackTree, packs: Sequence[p.PackTree]) -> "Header":
        named = [word.text for word in pack.uses]
        trees = [pack, *(other for name in named for other in packs if other.name.text == name)]
        clauses = [clause for tree in trees for clause in tree.header]
        clock = next((c for c in clauses if isinstance(c, t.Clock)), None)
        contact = next((c for c in clauses if isinstance(c, p.Contact)), None)
        calendars: dict[str, Calendar] = {}
        for c in clauses:
            if isinstance(c, p.Calendar):
                days = frozenset(c.added), frozenset(c.removed)
                calendars.setdefault(c.name.text, Calendar(c.name.text, c.first_year, c.last_year, *days))
        contacts = tuple(word.text for word in contact.channels) if contact else ("attempt", *CHANNELS[1:])
        applies = tuple(c.condition for c in pack.header if isinstance(c, t.Applies))
        return cls((), (), True, calendars, contacts, applies).by(clock)

    def by(self, clock: t.Clock | None) -> "Header":
        """The same with another clock: that of the pack, or a rule's own. None changes nothing."""
        if clock is None:
            return self
        names = [word.text for word in clock.names]
        zones = tuple(name for name in names if name not in FACT_TABLE)
        return evolve(self, zones=zones, zone_facts=tuple(n for n in names if n in FACT_TABLE),
                      takes_evidence=clock.every_evidence)  # fmt: skip

    def clocks(self, facts: Facts) -> list[str]:
        """Every zone whose clock must agree; empty when that is unknown."""
        if self.takes_evidence and not facts.zones:
            return []
        stated = [v for name in self.zone_facts if isinstance(v := facts.values.get(name), str)]
        return list(dict.fromkeys([*self.zones, *stated, *(sorted(facts.zones) if self.takes_evidence else [])]))

    def date_zones(self, facts: Facts) -> list[str]:
        """The zones on whose dates days are counted."""
        return list(self.zones[:1]) or self.clocks(facts)


@frozen
class OracleRule:
    """A rule with all that frees it, in the words of its author."""

    rule_id: str
    clauses: tuple[t.Clause, ...]
    header: Header
    freed_by: tuple[tuple[t.Condition, Header], ...]

    def of_kind(self, kind: type[t.Free] | type[t.Until]) -> Iterator[t.Clause]:
        return (clause for clause in self.clauses if isinstance(clause, kind))


def wall(at_s: int, zone: str) -> datetime:
    """The wall clock of a zone at a second."""
    return datetime.fromtimestamp(at_s, UTC).astimezone(ZoneInfo(zone))


def in_force(first: date | None, last: date | None, header: Header, at_s: int) -> bool:
    """By the home date; without a home, from when a date begins anywhere until it has ended everywhere."""
    if header.zones:
        day = wall(at_s, header.zones[0]).date()
        return (first is None or day >= first) and (last is None or day < last)
    utc = datetime.fromtimestamp(at_s, UTC).replace(tzinfo=None)
    begun = first is None or utc + timedelta(hours=14) >= datetime(first.year, first.month, first.day)  # noqa: DTZ001
    ended = last is not None and utc - timedelta(hours=12) >= datetime(last.year, last.month, last.day)  # noqa: DTZ001
    return begun and not ended

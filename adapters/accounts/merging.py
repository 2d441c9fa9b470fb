"""What becomes of a person whom a list names more than once. Pure.

Within one import the rows of a person complete each other: numbers, claims and zones add up,
and a cell fills what an earlier row left empty. Where two rows contradict each other the first
stands and the second is reported, except for facts: a fact that was said two ways is unknown
from there on, because unknown closes and the wrong guess would call somebody who may not be called.

A later import is a newer word. Its first row of a person replaces what is known about the person,
and its claims and numbers update those of the same id; those it does not name stay.
"""

from collections.abc import Mapping
from typing import Final

from attrs import define, evolve, field

from adapters.accounts.reader import ListRow
from dialer.model import Claim, FactValue, NumberKind, PhoneNumber

__all__ = ["CONTRADICTED", "Draft", "Merged", "StoredFacts"]


class _Contradicted:
    """Stands where a fact was said two ways, so that a third row does not settle it."""

    def __repr__(self) -> str:
        return "CONTRADICTED"


CONTRADICTED: Final = _Contradicted()

StoredFacts = Mapping[str, FactValue | _Contradicted]

# A repeated loan or number is nothing new; only these words of a claim can contradict.
_CLAIM_COLUMNS: Final = {"balance_minor": "balance", "days_past_due": "days_past_due", "product": "product"}


@define
class Merged:
    """What one row did to its account."""

    claims: int = 0
    numbers: int = 0
    has_changed: bool = False
    conflicts: list[tuple[str, str]] = field(factory=list)
    """Field or fact, and what is wrong."""


@define
class Draft:
    """An account under way to the store. `import_no` fields say which import spoke last."""

    account_no: int
    person_id: str
    import_no: int
    is_new: bool
    language: str = ""
    value_tier: str = ""
    zones: tuple[str, ...] = ()
    facts: StoredFacts = field(factory=dict)
    traits: Mapping[str, str] = field(factory=dict)
    numbers: dict[str, PhoneNumber] = field(factory=dict)
    """By E.164, in the order to try."""
    claims: dict[str, tuple[Claim, int]] = field(factory=dict)
    """By id, with the import that spoke last of it."""
    has_new_numbers: bool = False

    def add(self, row: ListRow, import_no: int) -> Merged:
        """Take in one row."""
        merged = Merged()
        if self.import_no != import_no:
            merged.has_changed = self._replace_person(row)
            self.import_no = import_no
        else:
            self._complete_person(row, merged)
        for number in row.numbers:
            self._add_number(number, merged)
        for claim in row.claims:
            self._add_claim(claim, import_no, merged)
        return merged

    def _said(self, row: ListRow) -> tuple[object, ...]:
        person = row.person
        return person.language, person.value_tier, person.zones, row.facts, row.traits

    def _replace_person(self, row: ListRow) -> bool:
        before = (self.language, self.value_tier, self.zones, self.facts, self.traits)
        said = self._said(row)
        if before == said:
            return False
        person = row.person
        self.language, self.value_tier, self.zones = person.language, person.value_tier, person.zones
        self.facts, self.traits = dict(row.facts), dict(row.traits)
        return not self.is_new

    def _complete_person(self, row: ListRow, merged: Merged) -> None:
        if (self.language, self.value_tier, self.zones, self.facts, self.traits) == self._said(row):
            return
        for name in ("language", "value_tier"):
            mine, said = getattr(self, name), getattr(row.person, name)
            if said and not mine:
                setattr(self, name, said)
                merged.has_changed = True
            elif said != mine and said:
                merged.conflicts.append((name, f'"{said}" contradicts "{mine}" in an earlier row, which stands'))
        if new_zones := [zone for zone in row.person.zones if zone not in self.zones]:
            self.zones = (*self.zones, *new_zones)
            merged.has_changed = True
        self._complete_facts(row, merged)
        if missing := {name: text for name, text in row.traits.items() if text and not self.traits.get(name)}:
            self.traits = {**self.traits, **missing}
            merged.has_changed = True

    def _complete_facts(self, row: ListRow, merged: Merged) -> None:
        facts = dict(self.facts)
        for name, value in row.facts.items():
            known = facts.setdefault(name, value)
            if known != value:
                merged.conflicts.append((name, "contradicts an earlier row of this person; the fact is now unknown"))
                facts[name] = CONTRADICTED
        if facts != self.facts:
            self.facts = facts
            merged.has_changed = True

    def _add_number(self, number: PhoneNumber, merged: Merged) -> None:
        known = self.numbers.get(number.e164)
        if known is None:
            self.numbers[number.e164] = number
            self.has_new_numbers = True
            merged.numbers += 1
        elif known.kind is NumberKind.OTHER and number.kind is not NumberKind.OTHER:
            self.numbers[number.e164] = evolve(known, kind=number.kind)
            self.has_new_numbers = True
            merged.has_changed = True

    def _add_claim(self, claim: Claim, import_no: int, merged: Merged) -> None:
        if (stored := self.claims.get(claim.claim_id)) is None:
            self.claims[claim.claim_id] = claim, import_no
            merged.claims += 1
            return
        known, spoke = stored
        if known == claim:
            self.claims[claim.claim_id] = known, import_no
        elif spoke != import_no:
            self.claims[claim.claim_id] = claim, import_no
            merged.has_changed = True
        else:
            for name, column in _CLAIM_COLUMNS.items():
                if getattr(known, name) != getattr(claim, name):
                    reason = "contradicts an earlier row of this claim, which stands"
                    merged.conflicts.append((column, reason))

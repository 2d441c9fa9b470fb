"""What `given`, `if` and `history` of a rule test stand for: facts and contacts."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from attrs import define, field

from collections_rules import tree_pack as p
from collections_rules.area_codes import AREA_CODES
from collections_rules.diagnostics import Span, suggest
from collections_rules.evidence import Evidence, evidence_of_area_code, evidence_of_place
from collections_rules.facts import FACT_TABLE, FactKind, FactSpec, FactValue, clean_facts
from collections_rules.ledger import ContactEvent, ContactLedger
from collections_rules.places import PLACES
from collections_rules.tree import Word
from collections_rules.windows import zone_days
from collections_rules.words import CHANNELS, CONTENTS, DIRECTIONS, OUTCOMES, ROLES
from collections_rules.zone_names import zone_help

__all__ = ["TestInputs", "moment_of"]

Fault = Callable[[Span, str, str, str], None]
Item = tuple[Word, tuple[Word, ...]]

_CLAIM = re.compile(r"[A-Z]+\d+")
_ALIASES = {"debt.tier": "value.tier"}
_YES_NO = {"yes": True, "no": False}
_EVIDENCE: Mapping[str, tuple[Callable[[str], Evidence], Collection[str]]] = {
    "address": (evidence_of_place, PLACES),
    "area_code": (evidence_of_area_code, AREA_CODES),
}
_SUBJECTS = (*sorted({name.partition(".")[0] for name in FACT_TABLE}), *_EVIDENCE, "enforce")
"""What an item of a test may begin with."""
_OF_SUBJECTS = {"person": ("zone", "address"), "number": ("area_code",), "debt": ("tier",)}
"""Words that belong to a subject and are no facts of it."""
PERSON, NUMBER, CAMPAIGN = "P1", "N1", "C1"


def moment_of(text: str, zone: str) -> datetime:
    """A local time as UTC; ValueError when the clock of that zone skips it or there is no such time."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    at = local.astimezone(UTC)
    if at.astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ValueError(f"{text} does not exist in {zone}")
    return at


@define
class TestInputs:
    """The person and the call of one test; starts clean, at home, with one debt."""

    __test__ = False  # not a test of pytest

    home: str
    fault: Fault
    values: dict[str, FactValue] = field(factory=lambda: dict(clean_facts()))
    zones: set[str] = field(factory=set)
    claims: list[str] = field(factory=list)
    is_zone_unknown: bool = False
    evidence: dict[str, Evidence] = field(factory=dict)
    """What the address and the number say; `if` puts its own in their place."""
    household: str = ""
    """Of the person at the time of the history: what `if` says does not reach back."""
    enforced: list[Word] = field(factory=list)
    """Rules that are off and that this test switches on."""

    def copy(self) -> "TestInputs":
        return TestInputs(
            self.home, self.fault, dict(self.values), set(self.zones), list(self.claims), self.is_zone_unknown,
            dict(self.evidence), str(self.values.get("person.household", "")), list(self.enforced),
        )  # fmt: skip

    def all_zones(self) -> frozenset[str]:
        known = self.zones.union(*(found.zones for found in self.evidence.values()))
        return frozenset() if self.is_zone_unknown else frozenset(known or {self.home})

    def all_values(self) -> dict[str, FactValue]:
        """The facts, with the places of the address and the number among the evidence."""
        places = frozenset().union(*(found.places for found in self.evidence.values()))
        stated = self.values.get("evidence")
        places |= stated if isinstance(stated, frozenset) else frozenset()
        return {**self.values, "evidence": places} if places else self.values

    def all_claims(self) -> tuple[str, ...]:
        return tuple(self.claims) or ("D1",)

    def set_item(self, item: Item) -> None:
        """`debt D1 dpd 40 tier B`, `person zone Asia/Seoul`, `call.asked_for_now no`."""
        subject, words = item
        rest = list(words)
        if subject.text == "enforce":
            self.enforced += rest
            return
        if subject.text in _EVIDENCE and rest:
            self.set_evidence(subject, rest)
        elif subject.text == "person.zone" and rest:
            self.set_zone(subject, rest)
        elif subject.text in FACT_TABLE and (subject.text != "number" or not rest):
            self.set_fact(FACT_TABLE[subject.text], subject, rest)
        elif "." in subject.text or not rest:
            self.unknown(subject, _SUBJECTS if "." not in subject.text else ("person.zone", *FACT_TABLE))
            return
        while rest:
            word = rest.pop(0)
            name = f"{subject.text}.{word.text}"
            spec = FACT_TABLE.get(_ALIASES.get(name, name))
            if name == "person.zone":
                self.set_zone(word, rest)
            elif name in ("person.address", "number.area_code") and rest:
                self.set_evidence(word, rest)
            elif spec is not None:
                self.set_fact(spec, word, rest)
            elif subject.text == "debt" and _CLAIM.fullmatch(word.text):
                self.claims.append(word.text)
            else:
                self.set_by_word(subject, word)

    def set_zone(self, word: Word, rest: list[Word]) -> None:
        zone = rest.pop(0) if rest else word
        if zone.text == "unknown":
            self.is_zone_unknown = True
        elif zone_days(zone.text) is None:
            self.fault(zone.span, "R106", f"unknown time zone `{zone.text}`", zone_help(zone.text))
        else:
            self.zones.add(zone.text)

    def set_evidence(self, kind: Word, rest: list[Word]) -> None:
        """`address NY` or `area_code 212`: the places and zones that they are evidence of."""
        word = rest.pop(0)
        find, known = _EVIDENCE[kind.text]
        if word.text not in known:
            meant = suggest(word.text, known)
            what = "place" if kind.text == "address" else "area code"
            help_text = f"write `{meant}`" if meant else "write one such as `NY`" if what == "place" else ""
            self.fault(word.span, "R101", f"unknown {what} `{word.text}`", help_text)
            return
        self.evidence[kind.text] = find(word.text)

    def set_by_word(self, subject: Word, word: Word) -> None:
        """`number mobile`: a word that only one fact of the subject can be."""
        specs = [spec for name, spec in FACT_TABLE.items() if name.startswith(subject.text + ".")]
        fits = [spec for spec in specs if spec.kind is FactKind.WORD and word.text in spec.words]
        if len(fits) == 1:
            self.values[fits[0].name] = word.text
            return
        if fits:
            names = " or ".join(spec.name for spec in fits)
            self.fault(word.span, "R702", f"`{word.text}` may be {names}", f"write `{fits[0].name} {word.text}`")
            return
        known = [*(spec.name.partition(".")[2] for spec in specs), *(w for spec in specs for w in spec.words)]
        if not specs:
            self.unknown(subject, _SUBJECTS)
        else:
            self.unknown(word, [*known, *_OF_SUBJECTS.get(subject.text, ()), "unknown"])

    def unknown(self, word: Word, known: Sequence[str]) -> None:
        meant = suggest(word.text, known)
        help_text = f"write `{meant}`" if meant else "write one of " + ", ".join(known[:8])
        self.fault(word.span, "R101", f"unknown word `{word.text}`", help_text)

    def set_fact(self, spec: FactSpec, word: Word, rest: list[Word]) -> None:
        if spec.kind is FactKind.FLAG and (not rest or rest[0].text not in (*_YES_NO, "unknown")):
            self.values[spec.name] = True
            return
        if not rest:
            self.fault(word.span, "R104", f"`{word.text}` needs a value", f"it is {spec.kind.value}")
            return
        value = rest.pop(0)
        if value.text == "unknown":
            self.values.pop(spec.name, None)
            return
        made = self.value_of(spec, value, rest)
        if made is not None:
            self.values[spec.name] = made

    def value_of(self, spec: FactSpec, word: Word, rest: list[Word]) -> FactValue | None:
        if spec.words and word.text not in spec.words:
            self.unknown(word, (*spec.words, "unknown"))
            return None
        try:
            return self._plain_value(spec, word, rest)
        except ValueError:
            meant = suggest(word.text, ("unknown", *_YES_NO))
            help_text = f"write `{meant}`" if meant else f"`{spec.name}` needs it"
            self.fault(word.span, "R103", f"`{word.text}` is not {spec.kind.value}", help_text)
            return None

    def _plain_value(self, spec: FactSpec, word: Word, rest: list[Word]) -> FactValue:
        if spec.kind is FactKind.FLAG:
            return _YES_NO[word.text]
        if spec.kind is FactKind.NUMBER:
            return float(word.text) if "." in word.text else int(word.text)
        if spec.kind is FactKind.DATETIME and rest and ":" in rest[0].text:
            return moment_of(f"{word.text} {rest.pop(0).text}", self.home)
        if spec.kind in (FactKind.DATE, FactKind.DATETIME):
            return date.fromisoformat(word.text)
        if spec.kind in (FactKind.SET, FactKind.HOURS):
            held = self.values.get(spec.name)
            return (held if isinstance(held, frozenset) else frozenset()) | {word.text}
        return word.text

    # History ---------------------------------------------------------------------

    def ledger(self, items: Sequence[p.HistoryItem], until: datetime) -> ContactLedger:
        """The contacts that happened up to a moment."""
        ledger = ContactLedger()
        for index, item in enumerate(items):
            words = self.event_words(item)
            for n, text in enumerate(item.moments):
                event = self.event(item, words, f"h{index}-{n}", moment_of(text, self.home))
                if event.at <= until:
                    ledger.reserve(event)
        return ledger

    def event_words(self, item: p.HistoryItem) -> Mapping[str, str]:
        kinds = {"channel": CHANNELS, "outcome": OUTCOMES, "direction": DIRECTIONS, "content": CONTENTS, "role": ROLES}
        found: dict[str, str] = {}
        for word in item.words:
            kind = next((kind for kind, words in kinds.items() if word.text in words), None)
            if kind is None:
                self.unknown(word, [w for words in kinds.values() for w in words])
            else:
                found[kind] = word.text
        return found

    def event(self, item: p.HistoryItem, words: Mapping[str, str], event_id: str, at: datetime) -> ContactEvent:
        channel = words.get("channel", "call")
        return ContactEvent(
            event_id=event_id,
            at=at,
            channel=channel,
            direction=words.get("direction", "outbound"),
            person_id=PERSON,
            claim_ids=tuple(word.text for word in item.about) or self.all_claims(),
            number_id=NUMBER,
            campaign_id=CAMPAIGN,
            collector=item.by.text if item.by else "own",
            outcome=words.get("outcome", "talk" if channel in ("call", "visit") else "delivered"),
            content=words.get("content", "demand"),
            callee_role=words.get("role", "debtor"),
            household_id=self.household,
        )

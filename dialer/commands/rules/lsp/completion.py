"""Completion: what the closed vocabulary allows at the cursor, and nothing else."""

from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import available_timezones

from attrs import frozen

from collections_rules import BUILTIN_PACKS, FACT_TABLE, FactKind, FactSpec, PackSource
from collections_rules.calendars import CALENDARS
from collections_rules.conditions import EVENT_NAMES
from collections_rules.korean import FREE_WORDS, PHRASES, UNIT_TWINS, VOCABULARY
from collections_rules.syntax import parse_pack
from collections_rules.words import (
    CHANNELS,
    CONTENTS,
    DIRECTIONS,
    EVENT_NOUNS,
    OUTCOMES,
    ROLES,
    SCOPES,
    SEQUENCE_WORDS,
    UNITS,
    WEEKDAYS,
)  # fmt: skip
from dialer.commands.rules.lsp.meanings import MEANINGS
from dialer.commands.rules.lsp.place import Place, find_place

__all__ = ["Suggestion", "complete", "is_korean", "reads_as"]

_HEADS = {
    "": ("rule", "test", "table", "sequence", "rank", "split", "keep", "always", "pack", "campaign"),
    "pack": ("calendar", "clock", "contact", "applies", "enforce"),
    "campaign": ("calendar", "clock", "contact", "applies", "enforce", "list", "goal"),
    "rule": (
        "law", "law?", "order", "contract", "policy", "campaign", "open", "stop when", "stop at", "at most", "wait",
        "fresh", "free", "applies", "except", "from", "until", "clock", "reading", "accept", "say",
    ),
    "test": ("given", "history", "at"),
    "sequence": ("numbers", "hour", "first", "after", "end"),
    "table": ("law", "policy", "campaign"),
    "rank": ("law", "policy", "campaign"),
    "split": ("arms", "measure", "policy", "campaign"),
    "keep": ("limit", "law", "policy", "campaign"),
}  # fmt: skip
_PHRASES = {
    "in": ("in any",), "per": ("per",), "is": ("is", "is one of", "is not", "is at least", "is at most", "is unknown"),
    "newer": ("newer than",), "longer": ("longer than",), "any": ("any evidence is",), "blocked": ("blocked by",),
    "may": ("may call",), "all": ("all collectors together",), "every": ("every day", "every evidence"),
    "counting": ("counting that day",), "next": ("next",),
}  # fmt: skip
_TIMES = (FactKind.DATE, FactKind.DATETIME)
_GATE_HEADS = ("open", "stop", "at", "wait", "fresh", "free", "clock", "say")


@frozen
class Suggestion:
    """One word that may come next. `kind` is one of keyword, fact, value, rule, name."""

    label: str
    kind: str
    detail: str = ""


def is_korean(text: str) -> bool:
    """Whether a file is written with Korean words of the language: as its first line is."""
    first = next((line for line in text.split("\n") if line.strip() and not line.startswith("#")), "")
    return first.split()[0] in (PHRASES["pack"], PHRASES["campaign"]) if first.split() else False


def reads_as(spec: FactSpec, in_korean: bool) -> str:
    """What a fact means, with its words."""
    meaning = spec.meaning_ko if in_korean else spec.meaning_en
    words = f" ({', '.join(spec.words[:8])}{' …' if len(spec.words) > 8 else ''})" if spec.words else ""
    return f"{meaning}{words}"


def complete(text: str, line: int, col: int, in_korean: bool) -> list[Suggestion]:
    """Everything that may stand at a place (0-based) of a pack."""
    place = find_place(text, line, col)
    if place is None:
        return []
    korean = is_korean(text)
    if place.is_clause_start:
        return [_keyword(head, korean, in_korean) for head in _HEADS.get(place.block, ())]
    found = [Suggestion(word, "keyword") for word in place.behind]
    if place.takes_name:
        found += _names(place, text, korean, in_korean)
    if place.takes_unit:
        found += [Suggestion(UNIT_TWINS[unit] if korean else f"{unit}s", "keyword") for unit in UNITS]
    phrases = [phrase for word in place.keywords for phrase in _PHRASES.get(word, (word,))]
    found += [_keyword(phrase, korean, in_korean) for phrase in phrases]
    return list({suggestion.label: suggestion for suggestion in reversed(found)}.values())[::-1]


def _keyword(word: str, korean: bool, in_korean: bool) -> Suggestion:
    ko, en = MEANINGS.get(word, MEANINGS.get(word.split()[0], ("", ""))) if word != "in any" else ("", "")
    label = FREE_WORDS.get(word) or PHRASES.get(word) or word if korean else word
    return Suggestion(label, "keyword", ko if in_korean else en)


# Names --------------------------------------------------------------------------------


def _names(place: Place, text: str, korean: bool, in_korean: bool) -> Iterable[Suggestion]:
    if place.block in ("pack", "campaign"):
        return _in_header(place, text, in_korean)
    if place.block == "test":
        return _in_test(place, text, in_korean)
    if place.block == "sequence":
        return (
            list(_values(FACT_TABLE["number.kind"])) if place.before[0] == "numbers" else _words(SEQUENCE_WORDS, korean)
        )
    if place.block == "table":
        return _facts(None, in_korean)
    if place.block == "split":
        return _words(("person", "debt"), False)
    return _in_rule(place, text, korean, in_korean)


def _in_header(place: Place, text: str, in_korean: bool) -> Iterable[Suggestion]:
    head = place.before[0]
    if "uses" in place.before:
        return [Suggestion(name, "name") for name in BUILTIN_PACKS]
    if head == "calendar":
        return [Suggestion(name, "name") for name in CALENDARS]
    if head == "clock":
        return _zones(in_korean)
    if head == "contact":
        return _words(("attempt", *CHANNELS), False)
    if head == "enforce":
        return _rules(text, in_korean)
    return _in_condition(place, in_korean, counts=False)


def _in_test(place: Place, text: str, in_korean: bool) -> Iterable[Suggestion]:
    head, last = place.before[0], place.before[-1]
    if head == "history":
        return _words((*OUTCOMES, *CHANNELS, *DIRECTIONS, *CONTENTS, *ROLES), False)
    if "by" in place.before and last in ("by", ","):
        return _rules(text, in_korean)
    if head == "at" and last not in ("if", ",") and "if" not in place.before:
        return [Suggestion("call", "name")] if last == "may" else _zones(in_korean)
    return _given(place, in_korean)


def _given(place: Place, in_korean: bool) -> Iterator[Suggestion]:
    """After a subject its facts and their words, after a fact its values, else subjects and facts."""
    last = place.before[-1]
    start = max((i for i, word in enumerate(place.before) if word in (";", ",", "given", "if")), default=0)
    subject = place.before[start + 1] if len(place.before) > start + 1 else ""
    spec = FACT_TABLE.get(last) or FACT_TABLE.get(f"{subject}.{last}")
    if spec is not None:
        yield from _values(spec)
    if subject and "." not in subject:
        for name, one in FACT_TABLE.items():
            if name.startswith(subject + "."):
                yield Suggestion(name.removeprefix(subject + "."), "fact", reads_as(one, in_korean))
                yield from (Suggestion(word, "value", name) for word in one.words[:40])
    elif not subject:
        yield from (Suggestion(one, "name") for one in dict.fromkeys(name.partition(".")[0] for name in FACT_TABLE))
        yield from _facts(None, in_korean)


def _in_rule(place: Place, text: str, korean: bool, in_korean: bool) -> Iterable[Suggestion]:
    before, last = place.before, place.before[-1]
    is_condition = "when" in before or before[0] in ("applies", "except")
    if place.is_operand and not is_condition:
        return _words(SCOPES, korean)  # `채권 당`
    if last == "per" or (last == "and" and not is_condition and "per" in before):
        return _words(SCOPES, korean)
    if is_condition:
        return _in_condition(place, in_korean, counts="at" in before or "free" in before)
    head = next((word for word in before if word in _GATE_HEADS), "")
    if head in ("open", "clock", "say"):
        return _of_head(head, text, korean, in_korean)
    nouns = _words((*EVENT_NOUNS, *CHANNELS, *OUTCOMES), korean)
    if head == "at" or last == "counting":
        return nouns
    times = _facts((FactKind.HOURS,) if head == "stop" else _TIMES, in_korean)
    return [*nouns, *times] if head == "wait" and last == "after" else times


def _of_head(head: str, text: str, korean: bool, in_korean: bool) -> list[Suggestion]:
    if head == "clock":
        return _zones(in_korean)
    if head == "say":
        return [Suggestion("ko", "name"), Suggestion("en", "name")]
    return [*_words((*WEEKDAYS, "Mon-Fri"), korean), *(Suggestion(name, "name") for name in _calendars(text))]


def _in_condition(place: Place, in_korean: bool, counts: bool) -> Iterable[Suggestion]:
    last = place.before[-1]
    if place.is_operand and last in FACT_TABLE:
        return [*_values(FACT_TABLE[last]), *_facts((FactKind.SET,), in_korean)]  # `person.attorney known 임`
    if last in ("is", "not", "of", ",", "has") and (spec := _fact_before(place.before)) is not None:
        values = list(_values(spec))
        if values:
            return values
    if last in ("is", "not", "of", ",") and (name := _event_name_before(place.before)):
        return _words(EVENT_NAMES[name], False)
    if last == "is" and place.before[-2:-1] == ("evidence",):
        return _words(FACT_TABLE["evidence"].words, False)
    if last == "in":
        return _facts((FactKind.SET,), in_korean)
    events = [Suggestion(name, "fact", ", ".join(words)) for name, words in EVENT_NAMES.items()] if counts else []
    return [*events, *_facts(None, in_korean)]


def _fact_before(before: Sequence[str]) -> FactSpec | None:
    """The fact whose value is being written, if the clause is just there."""
    for word in reversed(before):
        if word in ("and", "or", "when", "(", "applies", "except"):
            return None
        if word in FACT_TABLE:
            return FACT_TABLE[word]
    return None


def _event_name_before(before: Sequence[str]) -> str:
    for word in reversed(before):
        if word in ("and", "or", "when", "("):
            return ""
        if word in EVENT_NAMES:
            return word
    return ""


def _values(spec: FactSpec) -> Iterator[Suggestion]:
    yield from (Suggestion(word, "value", spec.name) for word in spec.words)


def _facts(kinds: Sequence[FactKind] | None, in_korean: bool) -> list[Suggestion]:
    fits = [spec for spec in FACT_TABLE.values() if kinds is None or spec.kind in kinds]
    return [Suggestion(spec.name, "fact", reads_as(spec, in_korean)) for spec in fits]


def _words(words: Iterable[str], korean: bool) -> list[Suggestion]:
    return [Suggestion(VOCABULARY.get(word, word) if korean else word, "value") for word in words]


def _zones(in_korean: bool) -> list[Suggestion]:
    names = [Suggestion(name, "name") for name in sorted(available_timezones()) if "/" in name]
    return [*_facts((FactKind.TEXT,), in_korean), *names]


def _rules(text: str, in_korean: bool) -> list[Suggestion]:
    rules = parse_pack(PackSource("", text), []).rules
    titles = {rule.rule_id.text: (rule.title_ko, rule.title_en) for rule in rules}
    return [Suggestion(name, "rule", ko if in_korean else en or ko) for name, (ko, en) in titles.items()]


def _calendars(text: str) -> list[str]:
    return [name for name in CALENDARS if name in text]

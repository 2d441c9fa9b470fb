"""Checks of conditions: names that exist, of the kind that the comparison needs, with words from their lists."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from collections_rules import tree as t
from collections_rules.conditions import EVENT_NAMES
from collections_rules.diagnostics import Span, suggest
from collections_rules.facts import FACT_TABLE, FactKind, FactSpec
from collections_rules.places import PLACES
from collections_rules.words import UNIT_S

__all__ = ["ConditionChecker"]

_EVENT_SPECS: Mapping[str, FactSpec] = {
    name: FactSpec(name, FactKind.WORD, name, name, words=words) for name, words in EVENT_NAMES.items()
}


@frozen
class ConditionChecker:
    """Reports through `fault(span, code, message, help)`."""

    fault: Callable[[Span, str, str, str], None]

    def check(self, condition: t.Condition, counts: bool = False) -> None:
        """Check a condition; where contacts are counted (`counts`) it may read the contact as well."""
        if isinstance(condition, t.AllOf | t.AnyOf):
            for part in condition.parts:
                self.check(part, counts)
        elif isinstance(condition, t.Not):
            self.check(condition.part, counts)
        else:
            _CHECKS[type(condition)](self, condition, counts)

    def spec(self, name: t.Word, counts: bool) -> FactSpec | None:
        found = FACT_TABLE.get(name.text)
        if found is None and name.text in _EVENT_SPECS:
            if counts:
                return _EVENT_SPECS[name.text]
            text = f"`{name.text}` is known only where contacts are counted"
            self.fault(name.span, "R102", text, "use it in `free` or after `at most`")
        elif found is None:
            meant = suggest(name.text, (*FACT_TABLE, *(EVENT_NAMES if counts else ())))
            self.fault(name.span, "R102", f"unknown fact `{name.text}`", f"write `{meant}`" if meant else "")
        return found

    def wrong(self, name: t.Word, spec: FactSpec, help_text: str) -> None:
        self.fault(name.span, "R103", f"`{name.text}` is {spec.kind.value}", help_text)

    def is_true(self, condition: t.IsTrue, counts: bool) -> None:
        spec = self.spec(condition.name, counts)
        if spec is not None and spec.kind is not FactKind.FLAG:
            words = [word for word in spec.words if word != "none"]
            self.wrong(condition.name, spec, f"write `{spec.name} is {words[0] if words else '…'}`")

    def is_word(self, condition: t.IsWord, counts: bool) -> None:
        spec = self.spec(condition.name, counts)
        if spec is None:
            return
        if spec.kind is FactKind.FLAG:
            self.wrong(condition.name, spec, f"write `{spec.name}` or `not {spec.name}`")
        elif spec.kind is FactKind.SET:
            self.wrong(condition.name, spec, f"write `{spec.name} has …`")
        elif spec.kind not in (FactKind.WORD, FactKind.TEXT, FactKind.NUMBER):
            self.wrong(condition.name, spec, f"write `{spec.name} newer than 30 days`")
        for word in condition.words:
            if spec.kind is FactKind.NUMBER:
                self.number(word)
            elif spec.words and not (word.text == "unknown" and len(condition.words) > 1):
                self.word(word, spec)

    def word(self, word: t.Word, spec: FactSpec) -> None:
        if word.text not in spec.words:
            meant = suggest(word.text, (*spec.words, "unknown"))
            listed = f"`{spec.name}` is one of {', '.join(spec.words)}"
            self.fault(word.span, "R101", f"unknown word `{word.text}`", f"write `{meant}`" if meant else listed)

    def number(self, word: t.Word) -> None:
        try:
            float(word.text)
        except ValueError:
            self.fault(word.span, "R103", f"`{word.text}` is not a number", "write a number")

    def order(self, condition: t.Order, counts: bool) -> None:
        spec = self.spec(condition.name, counts)
        if spec is not None and spec.kind is not FactKind.NUMBER:
            self.wrong(condition.name, spec, "compare a number here")
        for word in (condition.low, condition.high):
            if word is not None:
                self.number(word)

    def has(self, condition: t.Has, counts: bool) -> None:
        spec = self.set_spec(condition.list_name, counts)
        item = condition.item
        if item.text in FACT_TABLE:
            return
        if "." in item.text or (spec is not None and not spec.words):
            self.spec(item, counts)
        elif spec is not None:
            self.word(item, spec)

    def in_list(self, condition: t.InList, counts: bool) -> None:
        self.set_spec(condition.list_name, counts)
        for item in (condition.item, condition.prefix):
            if item is not None:
                self.spec(item, counts)

    def set_spec(self, name: t.Word, counts: bool) -> FactSpec | None:
        spec = self.spec(name, counts)
        if spec is not None and spec.kind is not FactKind.SET:
            self.wrong(name, spec, f"write `{spec.name} is …`")
            return None
        return spec

    def age(self, condition: t.Age, counts: bool) -> None:
        spec, duration = self.spec(condition.name, counts), condition.duration
        if counts:
            self.fault(duration.span, "R108", "an age cannot decide what is counted", "write `free within …`")
        if spec is None:
            return
        if spec.kind not in (FactKind.DATE, FactKind.DATETIME):
            self.wrong(condition.name, spec, "an age needs a date or a moment")
        elif duration.is_business:
            self.fault(duration.span, "R105", "an age is not in business days", "write days")
        elif spec.kind is FactKind.DATE and duration.unit in UNIT_S:
            self.fault(duration.span, "R105", f"`{spec.name}` is a date and has no {duration.unit}s", "write days")

    def evidence(self, condition: t.Evidence, counts: bool) -> None:
        if condition.place.text not in PLACES:
            meant = suggest(condition.place.text.upper(), PLACES)
            help_text = f"write `{meant}`" if meant else "write a state (`FL`), a province (`ON`) or a country (`KOR`)"
            self.fault(condition.place.span, "R101", f"unknown place `{condition.place.text}`", help_text)

    def is_unknown(self, condition: t.IsUnknown, counts: bool) -> None:
        self.spec(condition.name, counts)


_CHECKS: Mapping[type, Callable[[ConditionChecker, Any, bool], None]] = {
    t.IsTrue: ConditionChecker.is_true,
    t.IsWord: ConditionChecker.is_word,
    t.Order: ConditionChecker.order,
    t.Has: ConditionChecker.has,
    t.InList: ConditionChecker.in_list,
    t.Age: ConditionChecker.age,
    t.IsUnknown: ConditionChecker.is_unknown,
    t.Evidence: ConditionChecker.evidence,
}

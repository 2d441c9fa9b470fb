"""From what the parser found to the nodes of `tree`: words, times, and conditions."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeVar

from lark import Token, Tree

from collections_rules import tree as t
from collections_rules.diagnostics import Span
from collections_rules.words import UNITS

__all__ = [
    "Branch", "BuildError", "as_date", "as_duration", "as_int", "as_time", "branches", "clock_in", "condition_in",
    "duration_in",
    "filter_in", "first_word", "span_of", "string_of", "subtree", "subtrees", "tokens", "word_of",
]  # fmt: skip

Branch = Tree[Token]
Child = Branch | Token
Made = TypeVar("Made")


class BuildError(Exception):
    """A clause parses but holds an impossible value, such as 25:00."""

    def __init__(self, span: Span, code: str, message: str, help_text: str = "") -> None:
        super().__init__(message)
        self.span, self.code, self.message, self.help = span, code, message, help_text


def span_of(node: Child) -> Span:
    if isinstance(node, Token):
        length = (node.end_pos or 0) - (node.start_pos or 0)  # of the author's word, which may be the Korean twin
        return Span(node.line or 1, node.column or 1, max(1, length))
    meta = node.meta
    length = meta.end_column - meta.column if meta.end_line == meta.line else 1
    return Span(meta.line, meta.column, max(1, length))


def word_of(token: Child) -> t.Word:
    assert isinstance(token, Token)
    return t.Word(str(token), span_of(token))


def string_of(token: Child) -> str:
    return str(token)[1:-1]


def tokens(branch: Branch, kind: str) -> list[Token]:
    return [child for child in branch.children if isinstance(child, Token) and child.type == kind]


def subtrees(branch: Branch, *names: str) -> list[Branch]:
    return [child for child in branch.children if isinstance(child, Tree) and child.data in names]


def subtree(branch: Branch, *names: str) -> Branch | None:
    found = subtrees(branch, *names)
    return found[0] if found else None


def branches(branch: Branch) -> list[Branch]:
    return [child for child in branch.children if isinstance(child, Tree)]


def as_int(token: Token) -> int:
    if "." in token:
        raise BuildError(span_of(token), "R105", f"`{token}` is not a whole number", "write a whole number")
    return int(token)


def as_date(token: Token) -> date:
    try:
        return date.fromisoformat(token)
    except ValueError:
        raise BuildError(span_of(token), "R105", f"there is no date `{token}`", "write YYYY-MM-DD") from None


def as_time(token: Token) -> int:
    hour, minute, *rest = (int(part) for part in token.split(":"))
    seconds = hour * 3600 + minute * 60 + (rest[0] if rest else 0)
    if minute > 59 or (rest and rest[0] > 59) or seconds > 86_400:
        raise BuildError(span_of(token), "R105", f"there is no time `{token}`", "write 00:00 to 24:00")
    return seconds


def as_duration(branch: Branch) -> t.Duration:
    number, unit = tokens(branch, "NUM")[0], tokens(branch, "UNIT")[0]
    is_business = branch.data == "business_duration"
    word = unit if unit in UNITS else unit[:-1]
    if is_business and word != "day":
        raise BuildError(span_of(unit), "R105", f"business `{unit}` do not exist", "write `business days`")
    count = as_int(number)
    if count < 1 or count > 100_000:
        raise BuildError(
            span_of(number), "R105", f"`{number}` {unit} is not a time to count or wait", "write 1 or more"
        )
    return t.Duration(count, str(word), is_business, span_of(branch))


def duration_in(branch: Branch) -> t.Duration | None:
    found = subtree(branch, "plain_duration", "business_duration")
    return as_duration(found) if found else None


# Conditions ---------------------------------------------------------------------


def _condition(branch: Branch) -> t.Condition:
    name = str(branch.data)
    if name in ("all_of", "any_of"):
        parts = tuple(_condition(child) for child in branches(branch))
        if len(parts) == 1:
            return parts[0]
        return t.AllOf(parts) if name == "all_of" else t.AnyOf(parts)
    if name == "not":
        return t.Not(_condition(branches(branch)[0]))
    return _COMPARISONS[name](branch)


def first_word(branch: Branch) -> t.Word:
    return word_of(branch.children[0])


def _is_word(branch: Branch, is_negated: bool) -> t.Condition:
    value = subtree(branch, "value")
    assert value is not None
    return t.IsWord(first_word(branch), (_value(value),), is_negated)


def _value(branch: Branch) -> t.Word:
    token = branch.children[0]
    assert isinstance(token, Token)
    return t.Word(token.strip('"'), span_of(token))


def _is_one_of(branch: Branch, is_negated: bool) -> t.Condition:
    values = subtree(branch, "values")
    assert values is not None
    return t.IsWord(first_word(branch), tuple(first_word(child) for child in branches(values)), is_negated)


def _order(branch: Branch, low: int | None, high: int | None) -> t.Condition:
    bounds = [first_word(child) for child in subtrees(branch, "quantity")]
    return t.Order(first_word(branch), None if low is None else bounds[low], None if high is None else bounds[high])


def _has(branch: Branch) -> t.Condition:
    return t.Has(first_word(branch), word_of(branch.children[1]))


def _has_in(branch: Branch) -> t.Condition:
    prefix, item, list_name = (word_of(child) for child in branch.children)
    return t.InList(item, list_name, prefix)


def _age(branch: Branch, is_older: bool) -> t.Condition:
    duration = duration_in(branch)
    assert duration is not None
    return t.Age(first_word(branch), duration, is_older)


_COMPARISONS: Mapping[str, Callable[[Branch], t.Condition]] = {
    "is_true": lambda b: t.IsTrue(first_word(b)),
    "is_word": lambda b: _is_word(b, False),
    "is_not_word": lambda b: _is_word(b, True),
    "is_one_of": lambda b: _is_one_of(b, False),
    "is_not_one_of": lambda b: _is_one_of(b, True),
    "is_at_least": lambda b: _order(b, 0, None),
    "is_at_most": lambda b: _order(b, None, 0),
    "is_between": lambda b: _order(b, 0, 1),
    "is_unknown": lambda b: t.IsUnknown(first_word(b), False),
    "is_known": lambda b: t.IsUnknown(first_word(b), True),
    "in_list": lambda b: t.InList(first_word(b), word_of(b.children[1])),
    "has": _has,
    "has_in": _has_in,
    "newer": lambda b: _age(b, False),
    "longer": lambda b: _age(b, True),
    "evidence": lambda b: t.Evidence(first_word(b)),
}

_CONDITION_NAMES = ("any_of", "all_of", "not", *_COMPARISONS)


def condition_in(branch: Branch) -> t.Condition:
    found = subtree(branch, *_CONDITION_NAMES)
    assert found is not None
    return _condition(found)


def clock_in(branch: Branch) -> t.Clock:
    names = tuple(first_word(child) for child in subtrees(branch, "clock_name"))
    return t.Clock(names, bool(subtrees(branch, "clock_evidence")), span_of(branch))


def filter_in(branch: Branch) -> t.Condition | None:
    found = subtree(branch, "filter")
    return condition_in(found) if found else None

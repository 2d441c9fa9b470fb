"""How editors colour a rule file: a TextMate grammar made from the word tables, so that it cannot drift."""

from collections.abc import Iterable
from typing import Any

from collections_rules.facts import FACT_TABLE
from collections_rules.grammar import GRAMMAR_WORDS
from collections_rules.korean import FREE_WORDS, PHRASES, UNIT_TWINS, VOCABULARY
from collections_rules.words import (
    CHANNELS,
    CONTENTS,
    DIRECTIONS,
    EVENT_NOUNS,
    OUTCOMES,
    ROLES,
    SCOPES,
    UNITS,
    WEEKDAYS,
)

__all__ = ["BLOCK_WORDS", "textmate_grammar"]

BLOCK_WORDS = ("pack", "campaign", "rule", "sequence", "test", "table", "rank", "split", "keep", "always")
_FREE_HEADS = tuple(FREE_WORDS)
_BEFORE, _AFTER = r"(?<![\w.\-/가-힣])", r"(?![\w.\-/가-힣])"


def textmate_grammar() -> dict[str, Any]:
    """The grammar, ready for `json.dumps`."""
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "Paceline rules",
        "scopeName": "source.paceline-rules",
        "fileTypes": ["rules"],
        "patterns": [
            {"name": "comment.line.number-sign", "match": r"(?:^|(?<=\s))#.*$"},
            {"name": "string.quoted.double", "match": r'"[^"\n]*"'},
            _header(),
            _free_text(),
            {"name": "constant.numeric.date", "match": r"\b\d{4}-\d{2}-\d{2}\b"},
            {"name": "constant.numeric.time", "match": r"\b\d{1,2}:\d{2}(?::\d{2})?\b"},
            {"name": "variable.other.fact", "match": _words(FACT_TABLE)},
            {"name": "keyword.control", "match": _words(_keywords())},
            {"name": "keyword.other.unit", "match": _units()},
            {"name": "support.constant.event", "match": _words(_events())},
            {"name": "constant.language.value", "match": _words(_values())},
            {"name": "constant.numeric", "match": r"\b\d+(?:\.\d+)?%?"},
            {"name": "entity.name", "match": r"[^\W\d]\w*(?:[.\-/]\w+)+"},
        ],
    }


def _header() -> dict[str, Any]:
    heads = [word for head in BLOCK_WORDS for word in (head, PHRASES[head])]
    return {
        "match": rf"^({_either(heads)})(?:\s+([^\s\"]+))?",
        "captures": {"1": {"name": "keyword.declaration"}, "2": {"name": "entity.name.type"}},
    }


def _free_text() -> dict[str, Any]:
    """Sources and notes: their first word, and words that are read by people alone."""
    heads = [word for head in _FREE_HEADS for word in (head, FREE_WORDS[head])]
    return {
        "match": rf"^\s+({_either(heads)})\s+(.*?)(?=\s*(?:\s#|$))",
        "captures": {"1": {"name": "keyword.control.source"}, "2": {"name": "string.unquoted"}},
    }


def _keywords() -> Iterable[str]:
    return (*GRAMMAR_WORDS, *PHRASES.values())


def _units() -> str:
    """A Korean unit stands right behind its number: `168시간`."""
    words = [*UNITS, *(f"{unit}s" for unit in UNITS), *UNIT_TWINS.values()]
    return rf"(?<![A-Za-z_.\-/가-힣])(?:{_either(words)}){_AFTER}"


def _events() -> Iterable[str]:
    words = [*EVENT_NOUNS, *CHANNELS, *OUTCOMES, *SCOPES, *DIRECTIONS, *CONTENTS, *ROLES, *WEEKDAYS]
    return (*words, *(f"{word}s" for word in EVENT_NOUNS), *VOCABULARY.values())


def _values() -> Iterable[str]:
    return (word for spec in FACT_TABLE.values() for word in spec.words)


def _words(words: Iterable[str]) -> str:
    return f"{_BEFORE}(?:{_either(words)}){_AFTER}"


def _either(words: Iterable[str]) -> str:
    """The longest first, since the first that fits is taken."""
    known = sorted(dict.fromkeys(words), key=lambda word: (-len(word), word))
    return "|".join(word.replace(".", r"\.").replace("?", r"\?").replace(" ", r"\s+") for word in known)

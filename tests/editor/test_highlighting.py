"""The grammar that editors colour with, and the VS Code extension around it, are those of the word tables."""

import json
import re
from pathlib import Path

import pytest

from collections_rules import FACT_TABLE
from collections_rules.grammar import GRAMMAR_WORDS
from collections_rules.highlighting import BLOCK_WORDS, textmate_grammar
from collections_rules.korean import PHRASES, UNIT_TWINS, VOCABULARY

VSCODE = Path(__file__).parents[2] / "editors" / "vscode"
PATTERNS = textmate_grammar()["patterns"]


def colour(line: str, word: str) -> str:
    """The name under which the first pattern that meets a word colours it."""
    start = line.index(word)
    for pattern in PATTERNS:
        for found in re.finditer(pattern["match"], line):
            for group, capture in pattern.get("captures", {}).items():
                if found.span(int(group)) == (start, start + len(word)):
                    return str(capture["name"])
            if found.span() == (start, start + len(word)) and "name" in pattern:
                return str(pattern["name"])
    return ""


def test_the_grammar_in_the_extension_is_the_one_of_the_code() -> None:
    shipped = json.loads((VSCODE / "syntaxes" / "paceline-rules.tmLanguage.json").read_text(encoding="utf-8"))
    assert shipped == textmate_grammar(), (
        "run: paceline rules vocabulary --form textmate > editors/vscode/syntaxes/paceline-rules.tmLanguage.json"
    )


def test_every_word_of_the_language_has_a_colour_in_either_language() -> None:
    for word in (*GRAMMAR_WORDS, *PHRASES.values(), *VOCABULARY, *VOCABULARY.values(), *UNIT_TWINS.values()):
        assert colour(f"  x {word} y", word), word
    for name, spec in FACT_TABLE.items():
        assert colour(f"  stop when {name} is", name) == "variable.other.fact"
        assert all(colour(f"  x is {word} y", word) for word in spec.words)


@pytest.mark.parametrize(
    ("line", "word", "name"),
    [
        ('rule kr.night  "야간"', "rule", "keyword.declaration"),
        ('규칙 kr.night  "야간"', "kr.night", "entity.name.type"),
        ('rule kr.night  "야간"', '"야간"', "string.quoted.double"),
        ("  law      §16 at most  # a note", "§16 at most", "string.unquoted"),
        ("  law      §16 at most  # a note", "# a note", "comment.line.number-sign"),
        ("  open     09:00-20:00 every day", "09:00", "constant.numeric.time"),
        ("  최대     7 접촉 모든 168시간 당 채권", "시간", "keyword.other.unit"),
        ("  at most  7 contacts in any 7 days per debt", "contacts", "support.constant.event"),
        ("  stop when person.attorny is known", "person.attorny", "entity.name"),
    ],
)
def test_a_word_is_coloured_by_what_it_is(line: str, word: str, name: str) -> None:
    assert colour(line, word) == name


def test_the_extension_names_files_that_are_there_and_starts_the_command_that_exists() -> None:
    package = json.loads((VSCODE / "package.json").read_text(encoding="utf-8"))
    contributes = package["contributes"]
    for path in (package["main"], contributes["languages"][0]["configuration"], contributes["grammars"][0]["path"]):
        assert (VSCODE / path).is_file()
    assert contributes["grammars"][0]["scopeName"] == textmate_grammar()["scopeName"]
    assert contributes["configuration"]["properties"]["paceline.command"]["default"] == ["paceline", "rules", "lsp"]
    rules = json.loads((VSCODE / "language-configuration.json").read_text(encoding="utf-8"))["onEnterRules"]
    for head in set(BLOCK_WORDS) - {"always"}:
        assert all(re.match(rules[0]["beforeText"], f"{word} x") for word in (head, PHRASES[head]))

"""Where the cursor is: which block, which clause, what stands before it in that clause."""

import re

from attrs import frozen
from lark import Token
from lark.exceptions import UnexpectedInput

from collections_rules import PackSource
from collections_rules.grammar import clause_parser, words_of_terminal
from collections_rules.korean import English, in_english, words_put_behind
from collections_rules.layout import split_blocks
from collections_rules.syntax import is_free_text

__all__ = ["KINDS", "Place", "find_place", "word_at"]

KINDS = {"pack": "header_clause", "campaign": "header_clause"}
_WORD = re.compile(r"[\w.\-/]+\??")
_PART = re.compile(r"[\w.\-/]*\??$")


@frozen
class Place:
    """What may come next at the cursor."""

    block: str
    """The block's kind, `rule` or `test`; empty at the left edge, where a block begins."""
    is_clause_start: bool
    before: tuple[str, ...]
    """The words of the clause up to the cursor, in English."""
    keywords: tuple[str, ...]
    """Words of the language that may come next."""
    takes_name: bool
    takes_unit: bool
    behind: tuple[str, ...] = ()
    """Korean words that may come next and belong to what stands before them: `이상` after `debt.dpd 30`."""
    is_operand: bool = False
    """Whether a name here can only be one that such a word follows."""


def word_at(text: str, line: int, col: int) -> tuple[str, int, int]:
    """The word under a place (0-based) and the columns where it begins and ends."""
    lines = text.split("\n")
    row = lines[line] if line < len(lines) else ""
    for found in _WORD.finditer(row):
        if found.start() <= col <= found.end():
            return found[0], found.start(), found.end()
    return "", col, col


def find_place(text: str, line: int, col: int) -> Place | None:
    """The place of the cursor (0-based); None in a note, in quotes, or where words are free."""
    lines = text.split("\n")
    row = (lines[line] if line < len(lines) else "")[:col]
    part = _PART.search(row)
    row = row[: part.start()] if part else row
    if re.search(r"(^|\s)#", row) or row.count('"') % 2:
        return None
    if not row:
        return Place("", True, (), (), False, False)
    source = PackSource("", "\n".join([*lines[:line], row + "x"]))
    blocks = split_blocks(source, [])
    if not blocks:
        return None
    block = blocks[-1]
    piece = block.clauses[-1] if block.clauses else block.header
    is_header = piece is block.header
    kind = "block" if is_header else KINDS.get(block.header.head, f"{block.header.head}_clause")
    said = source.text[piece.start : piece.end - 1]
    if not said.strip():
        return Place(block.header.head, True, (), (), False, False)
    if is_free_text(piece, kind):
        return None
    return _next(said, kind, block.header.head)


def _next(said: str, kind: str, block: str) -> Place | None:
    """What every reading of the clause so far allows: a Korean word may belong to what comes or to what was."""
    before, plain = _after(said, kind, in_english(said), has_marks=False)
    marked: set[str] = set()
    if in_english(said) is not None:
        with_name = in_english(f"{said}x")  # before a name `당` stands in front, before nothing behind
        assert with_name is not None
        in_front = English(with_name.text[:-1], ())
        before, plain = (before, plain) if plain else _after(said, kind, in_front, has_marks=False)
        for english in (in_english(said), in_front):
            words, accepted = _after(said, kind, english, has_marks=True)
            before, marked = before or words, marked | accepted
    accepted = plain | marked
    if not accepted:
        return None
    keywords = tuple(sorted({w for one in accepted if "KW_" in one for w in words_of_terminal(one)}))
    behind = tuple(words_put_behind(accepted))
    is_operand = "NAME" in marked and "NAME" not in plain
    return Place(block, False, before, keywords, "NAME" in accepted, "UNIT" in accepted, behind, is_operand)


def _after(said: str, kind: str, english: English | None, has_marks: bool) -> tuple[tuple[str, ...], set[str]]:
    """The words so far, and the terminals that may follow; none when it does not read."""
    try:
        parsing = clause_parser(has_marks or bool(english and english.has_marks)).parse_interactive(
            english.text if english else said, start=kind
        )
        before = tuple(str(token) for token in parsing.iter_parse() if isinstance(token, Token))
        accepted: set[str] = parsing.accepts()  # type: ignore[no-untyped-call]  # the parser library says no types
    except (UnexpectedInput, KeyError):
        return (), set()
    return before, accepted

"""A pack as lines of words with their notes: what `fmt` lays out anew and the JSON form carries.

Between text and tree: it knows what is a word of the language and what is the
author's, keeps every note and the author's own line breaks within a clause, and
nothing of blanks and spelling that has no meaning.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from attrs import evolve, frozen
from lark import Token
from lark.exceptions import UnexpectedInput

from collections_rules.build_blocks import row_of
from collections_rules.diagnostics import Diagnostic, RulesError
from collections_rules.grammar import clause_parser
from collections_rules.korean import POSTPOSED, in_english
from collections_rules.layout import Block, Piece, split_blocks, strip_comment
from collections_rules.source import PackSource
from collections_rules.syntax import OPEN_KO, is_free_text, parse_pack
from collections_rules.words import singular

__all__ = ["DocLine", "DocWord", "read_document"]

_CLAUSE_KIND = {"pack": "header_clause", "campaign": "header_clause"}


@frozen
class DocWord:
    """`kind` is keyword, unit, name or text; text is never translated."""

    text: str
    kind: str
    is_glued: bool = False
    """It stands directly behind the word before it, as `Q2` in `2026Q2`."""
    is_counted: bool = False
    """A noun after a number, whose plural has no meaning of its own."""


@frozen
class DocLine:
    """`kind` is blank, note, header, clause, more (a clause goes on), free, or row."""

    kind: str
    block: str = ""
    words: tuple[DocWord, ...] = ()
    note: str = ""
    depth: int = 0
    """Of a note alone on its line: 0 between blocks, 1 between clauses, 2 within one."""


def read_document(source: PackSource) -> list[DocLine]:
    """The lines of a pack that reads; raises `RulesError` for one that does not."""
    faults: list[Diagnostic] = []
    parse_pack(source, faults)
    if faults:
        raise RulesError(faults)
    raw = source.text.split("\n")
    blocks = split_blocks(source, faults)
    pieces = [(block, piece) for block in blocks for piece in (block.header, *block.clauses)]
    lines = {number: line for block, piece in pieces for number, line in _piece_lines(source, block, piece)}
    return list(_with_notes(raw, lines))


def _with_notes(raw: Sequence[str], lines: dict[int, DocLine]) -> Iterator[DocLine]:
    last = max(lines, default=0)
    for number, text in enumerate(raw, start=1):
        note = text[len(strip_comment(text)) :].strip()
        if number in lines:
            yield evolve(lines[number], note=note)
        elif note:
            following = next((lines[n] for n in range(number, last + 1) if n in lines), None)
            depth = 0 if text.startswith("#") else 2 if following and following.kind == "more" else 1
            yield DocLine("note", note=note, depth=depth)
        else:
            yield DocLine("blank")


def _piece_lines(source: PackSource, block: Block, piece: Piece) -> Iterator[tuple[int, DocLine]]:
    head = block.header.head
    text = source.text[piece.start : piece.end]
    if piece is not block.header and head == "table" and "|" in text:
        joined = " ".join(strip_comment(line).strip() for line in text.split("\n"))
        cells = row_of(joined, piece.line, piece.col).cells
        yield piece.line, DocLine("row", head, tuple(DocWord(cell.text, "text") for cell in cells))
        return
    kind = "block" if piece is block.header else _CLAUSE_KIND.get(head, f"{head}_clause")
    if is_free_text(piece, kind):
        yield from _free_lines(head, piece, text)
        return
    words = _words(text, kind)
    for line, group in groupby(words, key=lambda pair: pair[0]):
        first = "header" if kind == "block" else "clause"
        yield piece.line + line - 1, DocLine(
            first if line == 1 else "more", head, tuple(word for _, word in group)
        )  # fmt: skip


def _free_lines(block: str, piece: Piece, text: str) -> Iterator[tuple[int, DocLine]]:
    for index, line in enumerate(text.split("\n")):
        said = strip_comment(line).strip()
        if index == 0:
            mark = "?" if text[piece.head_chars - 1] == "?" else ""
            head = DocWord(piece.head.rstrip("?") + mark, "keyword")
            rest = said[piece.head_chars :].strip()
            if piece.head == "reading" and rest.startswith(OPEN_KO):
                rest = "open " + rest.removeprefix(OPEN_KO)
            words = (head, DocWord(rest, "text")) if rest else (head,)
            yield piece.line, DocLine("free", block, words)
        elif said:
            yield piece.line + index, DocLine("more", block, (DocWord(said, "text"),))


def _words(text: str, kind: str) -> list[tuple[int, DocWord]]:
    english = in_english(text)
    parsing = clause_parser(bool(english and english.has_marks)).parse_interactive(
        english.text if english else text, start=kind
    )
    try:
        tokens = list(parsing.iter_parse())
    except UnexpectedInput as error:  # pragma: no cover - parse_pack has read the same clause
        raise AssertionError(text) from error
    words = []
    for index, token in enumerate(tokens):
        glued = index > 0 and kind == "block" and tokens[index - 1].type == "NUM" and token.type == "NAME"
        is_glued = glued and tokens[index - 1].end_pos == token.start_pos
        words.append((token.line or 1, DocWord(str(token).strip(), _kind(token), is_glued)))
    return _spelled(_in_english_order(words))


_KO = "_KO_"
_IN_FRONT = {name: tuple(english.split()) for english, (name, _) in POSTPOSED.items()}
Numbered = tuple[int, DocWord]


def _in_english_order(words: Sequence[Numbered]) -> list[Numbered]:
    """Words that Korean puts behind their operands, put in front of them."""
    ordered: list[Numbered] = []
    for line, word in words:
        if not word.kind.startswith(_KO):
            ordered.append((line, word))
            continue
        name = word.kind.removeprefix(_KO)
        start = _start_of_operands(name, [one for _, one in ordered])
        at_line = ordered[start][0]
        ordered[start:start] = [(at_line, DocWord(text, "keyword")) for text in _IN_FRONT[name]]
    return ordered


def _start_of_operands(name: str, before: Sequence[DocWord]) -> int:
    last = len(before) - 1
    if name == "BETWEEN":
        return last - 2
    if name in ("NEWER", "LONGER", "OLDER"):
        return last - 2 if before[last - 1].text == "business" else last - 1
    joint = {"ONE": ",", "NONE": ",", "PER": "and"}.get(name)
    while joint is not None and before[last - 1].text == joint:
        last -= 2
    return last


def _kind(token: Token) -> str:
    if token.type.startswith(_KO):
        return token.type
    if token.type.lstrip("_").startswith("KW_"):
        return "keyword"
    return {"UNIT": "unit", "NAME": "name"}.get(token.type, "text")


# One spelling ---------------------------------------------------------------------


def _spelled(words: list[tuple[int, DocWord]]) -> list[tuple[int, DocWord]]:
    """`1 hours` as `1 hour`, `7 contact` as `7 contacts`, `a hour` as `an hour`."""
    texts = [word.text for _, word in words]
    spelled = []
    for index, (line, word) in enumerate(words):
        before = texts[index - 1] if index else ""
        if before == "business":
            before = texts[index - 2]
        text, is_counted = word.text, False
        if word.kind == "unit":
            text = text.rstrip("s") + ("" if before in ("1", "a", "an") else "s")
        elif word.kind == "keyword" and text in ("a", "an"):
            text = "an" if texts[index + 1].startswith("hour") else "a"
        elif word.kind == "keyword" and text in ("attempt", "attempts") and before.isdigit():
            text = "attempt" if before == "1" else "attempts"
        elif word.kind == "name" and (count := _count_before(texts, index)):
            base, is_counted = singular(text), True
            text = base if count == "1" or singular(base + "s") != base else base + "s"
        spelled.append((line, evolve(word, text=text, is_counted=is_counted)))
    return spelled


def _count_before(texts: Sequence[str], index: int) -> str:
    """The number of `at most 7 calls or texts` before one of its nouns; `2` after `counting`; else nothing."""
    if index and texts[index - 1] == "counting":
        return "2"
    while index > 1 and texts[index - 1] == "or":
        index -= 2
    return texts[index - 1] if index > 2 and texts[index - 3 : index - 1] == ["at", "most"] else ""

"""Pack text to tree. Text in, tree and faults out; never opens a file, never stops at the first fault."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from lark import Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.utils import TextSlice

from collections_rules import tree as t
from collections_rules import tree_choices as c
from collections_rules import tree_pack as p
from collections_rules.build import build_rule_clause
from collections_rules.build_base import (
    BuildError,
    span_of,
    subtree,
    tokens,
    word_of,
)
from collections_rules.build_blocks import (
    always_block,
    build_keep_clause,
    build_split_clause,
    keep_block,
    rank_block,
    row_of,
    split_block,
    table_block,
    titles_of,
)
from collections_rules.build_choices import build_header_clause, build_sequence_clause, build_test_clause
from collections_rules.diagnostics import Diagnostic, Span, suggest
from collections_rules.facts import FACT_TABLE
from collections_rules.grammar import CLAUSE_KINDS, GRAMMAR_WORDS, clause_parser, words_of_terminal
from collections_rules.korean import FREE_WORDS, PHRASES, English, english_head, in_english, relocate, twins_of
from collections_rules.layout import Block, Piece, split_blocks, strip_comment
from collections_rules.source import PackSource
from collections_rules.words import CHANNELS, EVENT_NOUNS, OUTCOMES, SCOPES, UNITS, WEEKDAYS, singular

__all__ = ["is_free_text", "parse_pack"]

Made = TypeVar("Made")
_OPEN = "a "
"""How a kind of word begins in a list of words: `a number` beside `and`."""
Faults = list[Diagnostic]
PackName = tuple[t.Word, str, bool, tuple[t.Word, ...]]

_HEADS = ("pack", "campaign", "rule", "sequence", "test", "table", "rank", "split", "keep", "always")
_KOREAN_HEADS = tuple(PHRASES[head] for head in _HEADS)
_WITH_NOTES = ("rule_clause", "header_clause", "table_clause", "rank_clause", "split_clause", "keep_clause")
"""Kinds of clauses that may be a source or a note in free words."""
_SOURCES = ("law", "law?", "order", "contract", "policy", "campaign")
_NAMELESS: PackName = (t.Word("", Span(1, 1)), "", False, ())
OPEN_KO = "미정 "
"""How an open question of reading begins in Korean."""
_NOTES = ("reading", "accept", "list", "goal", "measure")


def parse_pack(source: PackSource, faults: Faults) -> p.PackTree:
    """The tree of a pack, without what could not be read; `faults` says what that is."""
    tree, found = _parsed(source)
    faults += found
    return tree


@lru_cache(maxsize=64)
def _parsed(source: PackSource) -> tuple[p.PackTree, tuple[Diagnostic, ...]]:
    """Kept, because one check reads a pack three times: to compile it, to look it over, to count what is in it."""
    faults: Faults = []
    tree = _Parser(source, faults).pack()
    return tree, tuple(faults)


class _Parser:
    def __init__(self, source: PackSource, faults: Faults) -> None:
        self.source, self.faults = source, faults
        self.rules: list[t.RuleBlock] = []
        self.sequences: list[p.SequenceBlock] = []
        self.tests: list[p.TestBlock] = []
        self.header: list[p.HeaderClause] = []
        self.tables: list[c.TableBlock] = []
        self.ranks: list[c.RankBlock] = []
        self.splits: list[c.SplitBlock] = []
        self.keeps: list[c.KeepBlock] = []
        self.properties: list[c.AlwaysBlock] = []

    def pack(self) -> p.PackTree:
        blocks = split_blocks(self.source, self.faults)
        if not blocks or self.head_of(blocks[0]) not in ("pack", "campaign"):
            piece = blocks[0].header.span if blocks else Span(1, 1)
            self.fault(piece, "R205", "a pack begins with its name", "write `pack NAME VERSION` first")
            named = _NAMELESS
        else:
            named = self.pack_header(blocks.pop(0))
        for block in blocks:
            self.block(block)
        return p.PackTree(
            self.source, *named,
            tuple(self.header), tuple(self.rules), tuple(self.sequences), tuple(self.tests), tuple(self.tables),
            tuple(self.ranks), tuple(self.splits), tuple(self.keeps), tuple(self.properties),
        )  # fmt: skip

    def pack_header(self, block: Block) -> PackName:
        self.header = self.clauses(block, "header_clause", build_header_clause)
        parsed = self.parse(block.header, "block")
        if parsed is None:
            return _NAMELESS
        uses = subtree(parsed, "uses")
        return (
            word_of(parsed.children[0]),
            str(tokens(parsed, "NUM")[0]),
            parsed.data == "campaign_header",
            tuple(word_of(child) for child in uses.children) if uses else (),
        )

    def head_of(self, block: Block) -> str:
        """The kind of a block; of a misspelt one what it was meant to be, so that its clauses are read too."""
        head = block.header.head
        return head if head in _HEADS else english_head(suggest(head, (*_HEADS, *_KOREAN_HEADS)) or head)

    def block(self, block: Block) -> None:
        head, faults_before = self.head_of(block), len(self.faults)
        parsed = self.parse(block.header, "block")
        if head == "rule":
            clauses = tuple(self.clauses(block, "rule_clause", build_rule_clause))
            rule_id = word_of(parsed.children[0]) if parsed else t.Word(f"line {block.header.line}", block.header.span)
            titles = titles_of(parsed) if parsed else ("", "")
            self.rules.append(t.RuleBlock(rule_id, *titles, clauses, len(self.faults) == faults_before))
        elif head == "sequence":
            steps = tuple(self.clauses(block, "sequence_clause", build_sequence_clause))
            if parsed is not None:
                self.sequences.append(p.SequenceBlock(word_of(parsed.children[0]), steps))
        elif head == "test":
            asked = tuple(self.clauses(block, "test_clause", build_test_clause))
            if parsed is not None:
                is_whole = len(self.faults) == faults_before
                self.tests.append(p.TestBlock(word_of(parsed.children[0]), asked, is_whole))
        elif head in ("pack", "campaign") and parsed is not None:
            self.fault(block.header.span, "R205", "a second pack in one file", "move it to a file of its own")
        elif head in _HEADS:
            try:
                self.choice(head, block, parsed, faults_before)
            except BuildError as fault:
                self.fault(fault.span, fault.code, fault.message, fault.help)

    def choice(self, head: str, block: Block, parsed: Tree[Token] | None, faults_before: int) -> None:
        """A table, rank, split, limit or property; its clauses are read even when its header could not be."""
        clauses: list[Any] = self.clauses(block, f"{head}_clause", _CHOICE_CLAUSES.get(head, _no_clause))
        if parsed is None:
            return
        if head == "table":
            self.tables.append(table_block(parsed, clauses))
        elif head == "rank":
            self.ranks.append(rank_block(parsed, clauses))
        elif head == "split":
            self.splits.append(split_block(parsed, clauses))
        elif head == "keep":
            self.keeps.append(keep_block(parsed, clauses, len(self.faults) == faults_before))
        else:
            self.properties.append(always_block(parsed))

    def clauses(self, block: Block, start: str, build: Callable[[Tree[Token]], Made]) -> list[Made]:
        made: list[Made] = []
        for piece in block.clauses:
            if start == "table_clause" and "|" in (row := strip_comment(self.text(piece))):
                made.append(row_of(row, piece.line, piece.col))  # type: ignore[arg-type]  # a Row is a clause of tables
                continue
            if is_free_text(piece, start):
                note = self.free_text(piece)
                if note is not None:
                    made.append(note)  # type: ignore[arg-type]  # a Source or a Note is a clause of both kinds
                continue
            if start not in CLAUSE_KINDS:
                self.only_notes(piece)
                continue
            parsed = self.parse(piece, start)
            if parsed is None:
                continue
            try:
                made.append(build(parsed))
            except BuildError as fault:
                self.fault(fault.span, fault.code, fault.message, fault.help)
        return made

    def only_notes(self, piece: Piece) -> None:
        """A clause where only a source or a note can stand: a misspelt one, or one that belongs elsewhere."""
        word = self.text(piece)[: piece.head_chars]
        heads = (*_SOURCES, *_NOTES)
        meant = suggest(word, heads if word.isascii() else [FREE_WORDS[head] for head in heads])
        if meant:
            self.fault(piece.span, "R101", f"unknown word `{word}`", f"write `{meant}`")
        else:
            self.fault(piece.span, "R100", f"unexpected `{word}`", "only a source or a note can stand here")

    def text(self, piece: Piece) -> str:
        return self.source.text[piece.start : piece.end]

    def free_text(self, piece: Piece) -> t.Source | t.Note | None:
        lines = self.text(piece).split("\n")
        text = " ".join(strip_comment(line).strip() for line in lines)[piece.head_chars :].strip()
        if piece.head == "reading" and text.startswith(OPEN_KO):
            text = "open " + text.removeprefix(OPEN_KO)
        if not text:
            self.fault(piece.span, "R104", f"nothing after `{piece.head}`", "say where it comes from")
            return None
        if piece.head in _SOURCES:
            return t.Source(piece.head.rstrip("?"), text, not piece.head.endswith("?"), piece.span)
        return t.Note(piece.head, text, piece.span)

    def parse(self, piece: Piece, start: str) -> Tree[Token] | None:
        english = in_english(self.text(piece))
        if english is not None:
            return self.parse_korean(piece, start, english)
        try:
            return clause_parser().parse(TextSlice(self.source.text, piece.start, piece.end), start=start)
        except UnexpectedInput as error:
            self.faults.append(self.explain(error, piece, start))
            return None

    def parse_korean(self, piece: Piece, start: str, english: English) -> Tree[Token] | None:
        place = (english, self.text(piece), piece.start, piece.line, piece.col)
        try:
            parsed = clause_parser(english.has_marks).parse(english.text, start=start)
        except UnexpectedToken as error:
            if error.token.type != "$END":
                relocate(error.token, *place)
            self.faults.append(self.explain(error, piece, start))
            return None
        except UnexpectedCharacters as error:
            at = Token("NAME", english.text[error.pos_in_stream or 0], error.pos_in_stream, end_pos=error.pos_in_stream)
            relocate(at, *place)
            self.faults.append(Diagnostic(self.source, span_of(at), "R100", f"unexpected `{at}`"))
            return None
        relocate(parsed, *place)
        return parsed

    def explain(self, error: UnexpectedInput, piece: Piece, kind: str) -> Diagnostic:
        expected = _expected_words(error)
        is_first = isinstance(error, UnexpectedToken) and error.token.start_pos == piece.start
        if is_first and kind in _WITH_NOTES:
            expected += [*_SOURCES, *_NOTES]
        if isinstance(error, UnexpectedCharacters):
            span = Span(error.line, error.column)
            char = self.source.text[error.pos_in_stream or 0]
            return Diagnostic(self.source, span, "R100", f"unexpected `{char}`", _one_of(expected))
        assert isinstance(error, UnexpectedToken)
        token = error.token
        if token.type == "$END":
            lines = self.source.text[piece.start : piece.end].split("\n")
            end = len(lines[-1].rstrip()) + (piece.col if len(lines) == 1 else 1)
            span = Span(piece.line + len(lines) - 1, end)
            return Diagnostic(self.source, span, "R104", "the clause ends too early", _one_of(expected))
        return self.explain_token(token, expected, self.previous_name(piece, token), is_first)

    def explain_token(self, token: Token, expected: list[str], previous: t.Word | None, is_first: bool) -> Diagnostic:
        if token.type == "NAME" or token.isalpha():
            words = [word for word in expected if not word.startswith(_OPEN)]
            meant = suggest(token, words if token.isascii() else twins_of(words))
            if meant is None and previous is not None:
                meant_before = suggest(previous.text, GRAMMAR_WORDS)
                if meant_before is not None and meant_before != previous.text:
                    text = f"unknown word `{previous.text}`"
                    return Diagnostic(self.source, previous.span, "R101", text, f"write `{meant_before}`")
            if meant or (is_first and token not in GRAMMAR_WORDS):
                help_text = f"write `{meant}`" if meant else _one_of(expected)
                return Diagnostic(self.source, span_of(token), "R101", f"unknown word `{token}`", help_text)
        return Diagnostic(self.source, span_of(token), "R100", f"unexpected `{token}`", _one_of(expected))

    def previous_name(self, piece: Piece, token: Token) -> t.Word | None:
        """The word before a fault that may be to blame: `nott` in `is nott x` is read as a value, and it shows later.

        The one just before, or else the nearest that no list has.
        """
        before = _NO_WORDS.sub(lambda found: " " * len(found[0]), self.source.text[: token.start_pos])
        for found in reversed(list(_ALPHA.finditer(before, piece.start))):
            is_next_to = not before[found.end() :].strip()
            if is_next_to or not (found[0] in _KNOWN_WORDS or singular(found[0]) in _KNOWN_WORDS):
                start = found.start()
                return t.Word(
                    found[0],
                    Span(before.count("\n", 0, start) + 1, start - before.rfind("\n", 0, start), len(found[0])),
                )
        return None

    def fault(self, span: Span, code: str, message: str, help_text: str = "") -> None:
        self.faults.append(Diagnostic(self.source, span, code, message, help_text))


_ALPHA = re.compile(r"(?<![\w.\-/])[^\W\d_]+(?![\w.\-/])")
_NO_WORDS = re.compile(r'"[^"\n]*"|(?<=\s)#[^\n]*')
_KNOWN_WORDS = {
    *GRAMMAR_WORDS, *EVENT_NOUNS, *CHANNELS, *OUTCOMES, *SCOPES, *WEEKDAYS, *UNITS,
    *(word for spec in FACT_TABLE.values() for word in spec.words),
}  # fmt: skip


def is_free_text(piece: Piece, kind: str) -> bool:
    """Whether this is a source or a note: what follows its first word is not read."""
    return kind in _WITH_NOTES and piece.head in (*_SOURCES, *_NOTES)


def _no_clause(branch: Tree[Token]) -> object:
    raise BuildError(span_of(branch), "R100", "no clause can stand here")


_CHOICE_CLAUSES: Mapping[str, Callable[[Tree[Token]], object]] = {
    "split": build_split_clause,
    "keep": build_keep_clause,
}


def _expected_words(error: UnexpectedInput) -> list[str]:
    terminals: set[str] = set()
    if isinstance(error, UnexpectedToken):
        terminals = error.accepts or error.expected
    elif isinstance(error, UnexpectedCharacters):
        terminals = error.allowed or set()
    return sorted({word for terminal in terminals for word in words_of_terminal(terminal)})


def _one_of(words: list[str]) -> str:
    if not words:
        return ""
    shown = [word if word.startswith(_OPEN) else f"`{word}`" for word in words]
    return "here can stand " + ", ".join(shown[:8])

"""Indentation: a pack's text as blocks, each a header line and its clauses.

A line at the left edge heads a block. Below it the first indent is that of the
clauses, and a deeper line continues the clause above. So a fault inside one clause
can never reach the next.
"""

from attrs import evolve, field, frozen

from collections_rules.diagnostics import Diagnostic, Span
from collections_rules.korean import english_head
from collections_rules.source import PackSource

__all__ = ["Block", "Piece", "split_blocks", "strip_comment"]


@frozen
class Piece:
    """A header line or a clause with its continuation: where it is in the text, and its first word."""

    start: int
    end: int
    line: int
    col: int
    head: str
    """The first word, in English."""
    head_chars: int
    """How many characters the author gave it."""

    @property
    def span(self) -> Span:
        return Span(self.line, self.col, max(1, self.head_chars))


@frozen
class Block:
    header: Piece
    clauses: list[Piece] = field(factory=list)


@frozen
class _Line:
    number: int
    start: int
    end: int
    indent: int
    text: str


def strip_comment(text: str) -> str:
    """The line without its `# note`; a `#` inside quotes or inside a word is not one."""
    is_quoted = False
    for index, char in enumerate(text):
        if char == '"':
            is_quoted = not is_quoted
        elif char == "#" and not is_quoted and (index == 0 or text[index - 1].isspace()):
            return text[:index].rstrip()
    return text.rstrip()


def split_blocks(source: PackSource, faults: list[Diagnostic]) -> list[Block]:
    """The blocks of a pack, in order."""
    blocks: list[Block] = []
    clause_indent = 0
    for line in _lines(source, faults):
        if line.indent == 0:
            blocks.append(Block(_piece(line)))
            clause_indent = 0
        elif not blocks:
            faults.append(Diagnostic(source, _span(line), "R204", "a clause before any block", "begin with `pack`"))
        elif line.indent > clause_indent > 0:
            last = blocks[-1].clauses[-1]
            blocks[-1].clauses[-1] = evolve(last, end=line.end)
        else:
            if clause_indent and line.indent < clause_indent:
                text = f"this clause is indented by {line.indent}, the ones above by {clause_indent}"
                faults.append(Diagnostic(source, _span(line), "R204", text, "align the clauses of a block"))
            clause_indent = clause_indent or line.indent
            blocks[-1].clauses.append(_piece(line))
    return blocks


def _lines(source: PackSource, faults: list[Diagnostic]) -> list[_Line]:
    lines, start = [], 0
    for number, raw in enumerate(source.text.split("\n"), start=1):
        text = strip_comment(raw)
        stripped = text.lstrip()
        indent = len(text) - len(stripped)
        if "\t" in text[:indent]:
            faults.append(Diagnostic(source, Span(number, 1), "R204", "a tab indents this line", "use spaces"))
        if stripped:
            lines.append(_Line(number, start + indent, start + len(text), indent, stripped))
        start += len(raw) + 1
    return lines


def _piece(line: _Line) -> Piece:
    head = line.text.split()[0]
    return Piece(line.start, line.end, line.number, line.indent + 1, english_head(head), len(head))


def _span(line: _Line) -> Span:
    return Span(line.number, line.indent + 1, len(line.text))

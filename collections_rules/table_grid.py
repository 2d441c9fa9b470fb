"""A table as a grid of cells for a spreadsheet, and a grid back into the file: nothing else of the file changes.

Ranges are written as `1 to 4`, because a spreadsheet takes `1-4` for a date. Labels are
read in every spelling that a spreadsheet or its user makes of them.
"""

import re
from collections.abc import Sequence
from unicodedata import east_asian_width

from attrs import evolve, frozen

from collections_rules import tree_choices as c
from collections_rules.diagnostics import Diagnostic, suggest
from collections_rules.facts import FACT_TABLE, FactKind, FactSpec
from collections_rules.layout import split_blocks, strip_comment
from collections_rules.source import PackSource
from collections_rules.syntax import parse_pack

__all__ = ["CellFault", "Grid", "GridError", "cell_name", "faults_in_grid", "grid_of", "table_named", "with_grid"]

Grid = Sequence[Sequence[str]]

_RANGE = re.compile(r"(\d+)\s*(?:-|–|—|~|to|부터)\s*(\d+)(?:\s*까지)?")
_OR_MORE = re.compile(r"(\d+)\s*(?:\+|or more|이상)")
_UP_TO = re.compile(r"(?:up to|이하)\s*(\d+)|(\d+)\s*(?:or less|이하)")
_WHOLE = re.compile(r"(\d+)(?:\.0+)?")
_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\.?|\d{1,2}/\d{1,2}|\d{1,2}-[A-Za-z]{3}|[A-Za-z]{3}-\d{1,2}|\d+월\s*\d+일"
)
_REST = ("other", "나머지")
_YES = {"yes": "yes", "예": "yes", "true": "yes", "no": "no", "아니오": "no", "false": "no"}


@frozen
class CellFault:
    """What is wrong with one cell of a grid. Rows and columns are counted from 0."""

    row: int
    col: int
    message: str
    help: str = ""


class GridError(Exception):
    """The grid cannot become the table. Carries every fault."""

    def __init__(self, faults: Sequence[CellFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{cell_name(f.row, f.col)}: {f.message}; {f.help}" for f in self.faults))


def cell_name(row: int, col: int) -> str:
    """The name of a cell as spreadsheets have it.

    >>> cell_name(2, 1), cell_name(0, 27)
    ('B3', 'AB1')
    """
    letters = ""
    col += 1
    while col:
        col, rest = divmod(col - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def table_named(source: PackSource, name: str) -> c.TableBlock:
    """The table of this name, or the only one; `ValueError` says which there are."""
    tables = {table.table_id.text: table for table in parse_pack(source, []).tables}
    if not name and len(tables) == 1:
        return next(iter(tables.values()))
    if name not in tables:
        known = ", ".join(tables) or "none"
        raise ValueError(f"{source.name} has no table `{name}`; its tables are: {known}")
    return tables[name]


# Out ------------------------------------------------------------------------------


def grid_of(table: c.TableBlock, language: str = "en") -> list[list[str]]:
    """The table as rows of cells, headed by its facts and what they mean, in `en` or `ko`."""
    first, *others = [FACT_TABLE[word.text] for word in table.keys]
    head, *rows = table.rows
    columns = [cell.text for cell in head.cells[1:]]
    if others:
        columns = [f"{others[0].name} {_shown(text, others[0], language)}" for text in columns]
    meaning = first.meaning_ko if language == "ko" else first.meaning_en
    made = [[f"{first.name}: {meaning}", *columns]]
    return made + [[_shown(row.cells[0].text, first, language), *(cell.text for cell in row.cells[1:])] for row in rows]


def _shown(label: str, spec: FactSpec, language: str) -> str:
    text, is_korean = _canonical(label, spec) or label, language == "ko"
    if text == "other":
        return _REST[is_korean]
    if spec.kind is FactKind.FLAG and is_korean:
        return {"yes": "예", "no": "아니오"}.get(text, text)
    return _shown_number(text, is_korean) if spec.kind is FactKind.NUMBER else text


def _shown_number(text: str, is_korean: bool) -> str:
    if found := _RANGE.fullmatch(text):
        return f"{found[1]} ~ {found[2]}" if is_korean else f"{found[1]} to {found[2]}"
    if found := _OR_MORE.fullmatch(text):
        return f"{found[1]} 이상" if is_korean else f"{found[1]} or more"
    found = _UP_TO.fullmatch(text) if is_korean else None
    return f"{found[1] or found[2]} 이하" if found else text


def _canonical(label: str, spec: FactSpec) -> str | None:
    """A label as the language writes it; None when it is none."""
    text = " ".join(label.split())
    if text in _REST:
        return "other"
    if spec.kind is FactKind.FLAG:
        return ", ".join(_YES.get(part.strip().casefold(), part.strip()) for part in text.split(","))
    return _canonical_number(text) if spec.kind is FactKind.NUMBER else text


def _canonical_number(text: str) -> str | None:
    if found := _RANGE.fullmatch(text):
        return f"{found[1]}-{found[2]}"
    if found := _OR_MORE.fullmatch(text):
        return f"{found[1]}+"
    if found := _UP_TO.fullmatch(text):
        return f"up to {found[1] or found[2]}"
    found = _WHOLE.fullmatch(text)
    return found[1] if found else None


# In -------------------------------------------------------------------------------


def with_grid(source: PackSource, table: c.TableBlock, grid: Grid) -> PackSource:
    """The pack with the rows of the table taken from the grid; notes stay. `GridError` for what cannot stand in it."""
    reading = _Reading(table, _trimmed(grid), [])
    rows = reading.rows()
    if reading.faults:
        raise GridError(reading.faults)
    old = [[cell.text for cell in row.cells] for row in table.rows]
    return source if rows == old else PackSource(source.name, _replaced(source, table, rows))


def faults_in_grid(source: PackSource, name: str, found: Sequence[Diagnostic]) -> list[CellFault]:
    """The faults that stand in the table's rows, by their cells of the grid."""
    table = table_named(source, name)
    by_line = {row.span.line: index for index, row in enumerate(table.rows)}
    faults = []
    for one in found:
        if one.source.name == source.name and one.span.line in by_line:
            row = by_line[one.span.line]
            cells = [n for n, cell in enumerate(table.rows[row].cells) if cell.span.col <= one.span.col]
            faults.append(CellFault(row, cells[-1] if cells else 0, one.message, one.help))
    return faults


def _trimmed(grid: Grid) -> list[list[str]]:
    """Without the empty rows and columns that a spreadsheet leaves around."""
    rows = [[cell.strip() for cell in row] for row in grid]
    while rows and not any(rows[-1]):
        rows.pop()
    width = max((n + 1 for row in rows for n, cell in enumerate(row) if cell), default=0)
    return [row[:width] + [""] * (width - len(row)) for row in rows]


@frozen
class _Reading:
    table: c.TableBlock
    grid: list[list[str]]
    faults: list[CellFault]

    def rows(self) -> list[list[str]]:
        """The rows as the file has them: labels in its own words where they mean the same as before."""
        if len(self.grid) < 2:
            self.fault(0, 0, "the grid has no rows", "the first row names the facts, every other is a row of the table")
            return []
        first, *others = [FACT_TABLE[word.text] for word in self.table.keys]
        self.check_head(first)
        columns = self.grid[0][1:]
        if others:
            columns = [self.label(0, n, self.bare(text, others[0]), others[0]) for n, text in enumerate(columns, 1)]
        made = [[self.table.rows[0].cells[0].text, *columns]]
        for n, row in enumerate(self.grid[1:], 1):
            made.append([self.label(n, 0, row[0], first), *row[1:]])
        for n, row in enumerate(self.grid):
            for m, cell in enumerate(row):
                self.check_cell(n, m, cell)
        return made

    def fault(self, row: int, col: int, message: str, help_text: str) -> None:
        self.faults.append(CellFault(row, col, message, help_text))

    def check_head(self, first: FactSpec) -> None:
        named = self.grid[0][0].partition(":")[0].strip()
        if named not in (first.name, first.name.rpartition(".")[2], self.table.rows[0].cells[0].text):
            self.fault(0, 0, f"the first cell names the fact of the rows, not `{named}`", f"write `{first.name}`")

    def bare(self, text: str, spec: FactSpec) -> str:
        """The label of a column without the name of its fact."""
        for name in (spec.name, spec.name.rpartition(".")[2]):
            if text.startswith(name + " "):
                return text.removeprefix(name + " ").strip()
        return text

    def label(self, row: int, col: int, text: str, spec: FactSpec) -> str:
        made = _canonical(text, spec)
        if made is None or (spec.kind is not FactKind.NUMBER and _DATE.fullmatch(text)):
            if _DATE.fullmatch(text):
                self.fault(row, col, f"the spreadsheet has made a date of this range: `{text}`",
                           "write it as `1 to 4`, or format the column as text")  # fmt: skip
            elif text:
                self.fault(row, col, f"`{text}` is not a range of numbers", "write `1 to 4`, `90 or more` or `up to 4`")
            return text
        if spec.kind is FactKind.WORD and spec.words and made != "other":
            self.check_words(row, col, made, spec)
        old = [cell.text for cell in (r.cells[0] for r in self.table.rows[1:])] if col == 0 else []
        old += [cell.text for cell in self.table.rows[0].cells[1:]] if row == 0 else []
        return next((one for one in old if _canonical(one, spec) == made), made)

    def check_words(self, row: int, col: int, made: str, spec: FactSpec) -> None:
        for part in (part.strip() for part in made.split(",")):
            if part not in spec.words:
                meant = suggest(part, spec.words)
                listed = f"`{spec.name}` is one of {', '.join(spec.words)}"
                self.fault(row, col, f"unknown word `{part}`", f"write `{meant}`" if meant else listed)

    def check_cell(self, row: int, col: int, cell: str) -> None:
        if not cell:
            self.fault(row, col, "an empty cell", "write `none` where nothing is done")
        elif "\n" in cell or "\r" in cell:
            self.fault(row, col, "a line break in a cell", "write it on one line")
        elif "|" in cell:
            self.fault(row, col, "`|` parts the cells of the file", "write a comma")
        elif cell.count('"') % 2:
            self.fault(row, col, "a quotation mark without its other half", "close the quotation or leave the mark out")
        elif strip_comment(cell) != cell or cell.startswith("#"):
            self.fault(row, col, "`#` begins a note in the file", "leave the `#` out")


# The text -------------------------------------------------------------------------


@frozen
class _OldRow:
    """A row in the text: its lines of notes above, its label, its note behind."""

    above: tuple[str, ...]
    label: str
    behind: str

    @property
    def left(self) -> tuple[str, ...]:
        """What stays of a row that has gone."""
        return (*self.above, *((f"  {self.behind}",) if self.behind else ()))


def _replaced(source: PackSource, table: c.TableBlock, rows: Sequence[Sequence[str]]) -> str:
    lines = source.text.split("\n")
    block = next(one for one in split_blocks(source, []) if one.header.line == table.table_id.span.line)
    ends = {piece.line: piece.line + source.text.count("\n", piece.start, piece.end) for piece in block.clauses}
    first, last = table.rows[0].span.line, ends[table.rows[-1].span.line]
    old = _old_rows(lines, table, ends)
    indent = " " * (table.rows[0].span.col - 1)
    shown = _laid_out(rows)
    kept = {row[0] for row in rows}
    head, *body = zip(rows, shown, strict=True)
    made, waiting = [_with_note(indent + head[1], old[0].behind)], list[str]()
    notes: dict[str, _OldRow] = {}
    for one in old[1:]:  # what was said of a row that has gone is said before the next
        if one.label in kept:
            notes[one.label] = evolve(one, above=(*waiting, *one.above))
            waiting = []
        else:
            waiting += one.left
    for row, text in body:
        said = notes.pop(row[0], _OldRow((), "", ""))
        made += [*said.above, _with_note(indent + text, said.behind)]
    return "\n".join([*lines[: first - 1], *made, *waiting, *lines[last:]])


def _old_rows(lines: Sequence[str], table: c.TableBlock, ends: dict[int, int]) -> list[_OldRow]:
    found, before = [], table.rows[0].span.line - 1
    for row in table.rows:
        start, end = row.span.line, ends[row.span.line]
        behind = [line[len(strip_comment(line)) :].strip() for line in lines[start - 1 : end]]
        found.append(_OldRow(tuple(lines[before : start - 1]), row.cells[0].text, "  ".join(filter(None, behind))))
        before = end
    return found


def _laid_out(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(_cells(row[n]) for row in rows) for n in range(len(rows[0]))]
    return [" | ".join(c + " " * (w - _cells(c)) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cells(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _with_note(text: str, note: str) -> str:
    return f"{text}  {note}" if note else text

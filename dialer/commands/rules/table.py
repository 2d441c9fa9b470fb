"""`paceline rules table`: a table of a rule file to a spreadsheet, and back."""

import csv
import io
import re
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from collections_rules import PackSource, RulesError, compile_rules, render
from collections_rules.table_grid import (
    CellFault,
    GridError,
    cell_name,
    faults_in_grid,
    grid_of,
    table_named,
    with_grid,
)
from collections_rules.tree_choices import TableBlock
from dialer.commands.rules.sources import beside, console, read_text, used_by
from dialer.commands.terminal import fail

__all__ = ["table"]

_ENCODINGS = ("utf-8-sig", "cp949")
"""What spreadsheets write: with the mark that they want to see themselves, or as Korean Windows has it."""


def table(
    file: Path,
    name: str = "",
    *,
    csv_: Annotated[Path | None, Parameter(name="--csv", help="Write the table here, one row a row.")] = None,
    from_csv: Annotated[Path | None, Parameter(help="Take the rows from here, check them, write the file.")] = None,
    language: Annotated[str, Parameter(help="Language of the headings: ko or en.")] = "en",
) -> None:
    """Print a table of a rule file as CSV, write it for a spreadsheet, or take back what was edited there.

    NAME may be left out where the file has one table. Everything else in the file, notes too, stays as it is; a grid
    that leaves a gap, overlaps or does not check changes nothing.
    """
    source = PackSource(str(file), read_text(file))
    if language not in ("ko", "en"):
        fail(f"--language {language}: write ko or en")
    try:
        held = table_named(source, name)
    except ValueError as error:
        fail(str(error))
    if from_csv is not None:
        _take(source, held, file, from_csv)
    elif csv_ is not None:
        csv_.write_bytes(_as_csv(grid_of(held, language)).encode("utf-8-sig"))
        rows = len(held.rows) - 1
        console.print(f"{held.table_id.text}: {rows} row{'' if rows == 1 else 's'} written to {csv_}")
    else:
        print(_as_csv(grid_of(held, language)), end="")


def _as_csv(grid: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(grid)
    return out.getvalue()


def _take(source: PackSource, held: TableBlock, file: Path, path: Path) -> None:
    grid, name = _read_csv(path), held.table_id.text
    try:
        made = with_grid(source, held, grid)
    except GridError as error:
        _refuse(path, error.faults)
    try:
        compile_rules([*used_by(made), *beside(made, file), made])
    except RulesError as error:
        in_grid = faults_in_grid(made, name, error.diagnostics)
        if in_grid:
            _refuse(path, in_grid)
        fail(f"nothing was written, because the file would not check:\n{render(error.diagnostics)}")
    changes = _changes(held, table_named(made, name))
    file.write_text(made.text, encoding="utf-8")
    console.print("\n".join(changes) or f"{name}: nothing changed")
    console.print(f"checked and written to {file}")


def _refuse(path: Path, faults: tuple[CellFault, ...] | list[CellFault]) -> None:
    lines = [f"{path} cell {cell_name(one.row, one.col)} (row {one.row + 1}, column {one.col + 1}): {one.message}"
             + (f"\n      help: {one.help}" if one.help else "") for one in faults]  # fmt: skip
    fail("\n".join([*lines, "nothing was written"]))


def _read_csv(path: Path) -> list[list[str]]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        fail(f"{path}: cannot be read ({error.strerror})")
    text = next((text for encoding in _ENCODINGS if (text := _decoded(raw, encoding)) is not None), None)
    if text is None:
        fail(f"{path}: its letters cannot be read; save it as `CSV UTF-8`")
    head = re.sub(r'"[^"]*"', "", text.split("\n", 1)[0])
    delimiter = max((",", ";", "\t"), key=head.count)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def _decoded(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


# What changed -------------------------------------------------------------------------


def _changes(old: TableBlock, new: TableBlock) -> list[str]:
    """Every cell that is another, by its row and column."""
    before, after = _by_place(old), _by_place(new)
    lines = [f"- {', '.join(place)}: {text}" for place, text in before.items() if place not in after]
    for place, text in after.items():
        if place not in before:
            lines.append(f"+ {', '.join(place)}: {text}")
        elif before[place] != text:
            lines.append(f"~ {', '.join(place)}: {before[place]} -> {text}")
    return lines


def _by_place(held: TableBlock) -> dict[tuple[str, ...], str]:
    columns = [cell.text for cell in held.rows[0].cells[1:]]
    names = [word.text for word in held.keys]
    return {
        tuple(f"{fact} {label}" for fact, label in zip(names, (row.cells[0].text, column), strict=False)): cell.text
        for row in held.rows[1:]
        for column, cell in zip(columns, row.cells[1:], strict=True)
    }

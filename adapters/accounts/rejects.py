"""The rows that did not load, in a file that can be put right and imported in its turn."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from adapters.accounts.reader import BadRow, ListRow, RowFault

__all__ = ["Rejects", "rejects_path"]

ADDED_COLUMNS = ("reject_line", "reject_loaded", "reject_column", "reject_reason")


def rejects_path(path: Path) -> Path:
    """Where the rejects of a list go.

    >>> rejects_path(Path("lists/a.csv.gz")).name
    'a.rejects.csv'
    """
    name = path.name.removesuffix(".gz")
    return path.with_name(f"{name.removesuffix('.csv').removesuffix('.parquet')}.rejects.csv")


class Rejects:
    """Collects rejects beside the list and puts them in place when the import is done.

    Until then they are in a `.part` file: whoever finds a rejects file finds all of it.
    """

    def __init__(self, path: Path, header: Sequence[str], delimiter: str) -> None:
        self.path = path
        self._part = path.with_name(f"{path.name}.part")
        self._header = header
        self._delimiter = delimiter
        self._file: TextIO | None = None

    def add(self, row: ListRow | BadRow, faults: tuple[RowFault, ...]) -> None:
        """One row with all that is wrong with it."""
        loaded = "partly" if isinstance(row, ListRow) else "no"
        columns = "; ".join(fault.column for fault in faults)
        reasons = "; ".join(fault.reason for fault in faults)
        self._begin()
        self._write((row.line, loaded, columns, reasons, *row.cells))

    def finish(self) -> str:
        """Put the file in place and name it; without rejects, remove those of an earlier import."""
        if self._file is None:
            self.path.unlink(missing_ok=True)
            return ""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(self.path)
        return str(self.path)

    def abandon(self) -> None:
        """Leave everything as it was before."""
        if self._file is not None:
            self._file.close()
            self._part.unlink(missing_ok=True)

    def _write(self, cells: Sequence[object]) -> None:
        csv.writer(self._file, delimiter=self._delimiter).writerow(cells)  # type: ignore[arg-type]

    def _begin(self) -> None:
        if self._file is None:
            # Readable by the owner only, since it holds what lists hold. The mark at its beginning
            # tells spreadsheets that it is UTF-8.
            self._part.unlink(missing_ok=True)
            self._part.touch(mode=0o600)
            self._file = self._part.open("w", encoding="utf-8-sig", newline="")
            self._write((*ADDED_COLUMNS, *self._header))

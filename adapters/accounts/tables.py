"""The file under a list: its header and its rows as text, with the line each began on."""

import csv
import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from dialer.list_mapping import ListMapping

__all__ = ["CsvTable", "ListError", "Record", "Table", "open_table"]

Record = tuple[int, tuple[str, ...] | list[str], tuple[tuple[str, str], ...]]
"""Line, cells, and what is wrong with the text as (column, reason); a fault of the whole row has column ""."""

# A quote that is opened and never closed swallows all that follows. No real cell is this tall,
# so past it the first line is given up and reading resumes on the second.
MAX_ROW_LINES: Final = 100
MAX_LINE_CHARACTERS: Final = 1 << 20

# What a decoder puts where bytes made no sense; also what an earlier, wrong conversion left behind.
REPLACEMENT: Final = "\ufffd"


class ListError(Exception):
    """A list that cannot be read at all. `fault` says where and what, `remedy` what to do."""

    def __init__(self, fault: str, remedy: str) -> None:
        super().__init__(f"{fault}\n  help: {remedy}")
        self.fault = fault
        self.remedy = remedy


class Table(Protocol):
    """An opened list."""

    header: tuple[str, ...]
    bytes_total: int

    def bytes_done(self) -> int:
        """How much of the file, as it lies on the disk, has been read."""
        ...

    def records(self) -> Iterator[Record]:
        """Rows in file order, once; blank ones are passed over."""
        ...

    def close(self) -> None: ...


def open_table(path: Path, mapping: ListMapping) -> Table:
    """The list at `path`, opened as its name says, header read."""
    if not path.is_file():
        raise ListError(f"{mapping.path}: no such file", f"put the list at `{path}`, or correct `path` in the campaign")
    if mapping.path.endswith(".parquet"):
        # Polars takes 60 MB and half a second, which a CSV list need not pay.
        from adapters.accounts.parquet_table import ParquetTable

        return ParquetTable(path, mapping)
    return CsvTable(path, mapping)


class _OpenQuoteError(Exception):
    """A row that went on for too many lines."""


class _Lines:
    """Lines that can be taken back: `taken` holds those of the row under way."""

    def __init__(self, text: io.TextIOBase, shown: str) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self._shown = shown
        self.taken: list[str] = []
        self.finished = 0
        self.is_suspect = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MAX_ROW_LINES:
            raise _OpenQuoteError
        line = self._again.popleft() if self._again else self._read()
        if REPLACEMENT in line or "\0" in line:
            self.is_suspect = True
        self.taken.append(line)
        return line

    def _read(self) -> str:
        here = f"{self._shown}:{self.finished + len(self.taken) + 1}"
        try:
            line = self._text.readline(MAX_LINE_CHARACTERS)
        except (EOFError, OSError, zlib.error) as error:
            raise ListError(
                f"{here}: the file is damaged from here on ({error})",
                "get an undamaged copy and import it again; what is already loaded is not loaded twice",
            ) from error
        if not line:
            raise StopIteration
        if len(line) == MAX_LINE_CHARACTERS:
            raise ListError(f"{here}: a line of more than {MAX_LINE_CHARACTERS} characters", "is this a list of rows?")
        return line

    def begin_row(self) -> int:
        """The number of the line on which the next row begins."""
        self.finished += len(self.taken)
        self.taken.clear()
        self.is_suspect = False
        return self.finished + 1

    def give_up_first(self) -> str:
        """Keep the first line of the row under way as spent, and hand out the others again."""
        first, *others = self.taken
        self._again.extendleft(reversed(others))
        self.taken = [first]
        return first


class CsvTable:
    """A `.csv` or `.csv.gz` file, streamed."""

    def __init__(self, path: Path, mapping: ListMapping) -> None:
        self._encoding = mapping.encoding
        self._delimiter = mapping.delimiter
        self._shown = mapping.path
        self.bytes_total = path.stat().st_size
        self._raw = path.open("rb")
        is_zipped = mapping.path.endswith(".gz")
        unzipped = gzip.GzipFile(fileobj=self._raw, mode="rb") if is_zipped else self._raw
        # A byte order mark is dropped where the encoding has one.
        encoding = "utf-8-sig" if mapping.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else mapping.encoding
        self._text = io.TextIOWrapper(unzipped, encoding=encoding, errors="replace", newline="")
        self._lines = _Lines(self._text, mapping.path)
        try:
            self.header = self._read_header()
        except BaseException:
            self.close()
            raise

    def bytes_done(self) -> int:
        """How much of the file, as it lies on the disk, has been read."""
        return self._raw.tell()

    def close(self) -> None:
        """Let go of the file."""
        self._text.close()
        self._raw.close()

    def _read_header(self) -> tuple[str, ...]:
        for line, cells, faults in self._rows():
            if REPLACEMENT in "".join(cells):
                remedy = "set `encoding` to what the list was saved in; cp949 is common in Korea"
                raise ListError(f"{self._shown}:{line}: the header is not in {self._encoding}", remedy)
            if faults:
                remedy = "the first line names the columns"
                raise ListError(f"{self._shown}:{line}: the header cannot be read: {faults[0][1]}", remedy)
            return tuple(cell.strip() for cell in cells)
        raise ListError(f"{self._shown}: the file is empty", "the first line names the columns")

    def records(self) -> Iterator[Record]:
        """Rows in file order, once; blank ones are passed over."""
        width = len(self.header)
        for line, cells, faults in self._rows():
            if len(cells) != width and not faults:
                yield line, cells, (("", f"{len(cells)} cells, and the header has {width} columns"),)
            else:
                yield line, cells, faults

    def _rows(self) -> Iterator[Record]:
        lines = self._lines
        rows = csv.reader(lines, delimiter=self._delimiter, strict=True)
        while True:
            line = lines.begin_row()
            try:
                cells = next(rows)
            except StopIteration:
                return
            except (csv.Error, _OpenQuoteError) as error:
                # The reader has kept part of the row; a new one starts clean.
                rows = csv.reader(lines, delimiter=self._delimiter, strict=True)
                yield line, [lines.give_up_first().rstrip("\r\n")], (("", _quoting(error)),)
                continue
            if lines.is_suspect:
                yield line, cells, tuple(self._bad_characters(cells))
            elif any(cells):
                yield line, cells, ()

    def _bad_characters(self, cells: list[str]) -> Iterator[tuple[str, str]]:
        names = getattr(self, "header", ())
        for name, cell in zip(names, cells, strict=False):
            if REPLACEMENT in cell:
                yield name, f"holds a character that is not {self._encoding}"
            elif "\0" in cell:
                yield name, "holds a zero byte"


def _quoting(error: Exception) -> str:
    text = str(error)
    if isinstance(error, _OpenQuoteError) or "unexpected end" in text:
        return "a quote is opened and never closed"
    if "expected after" in text:
        return 'a quote inside a quoted cell; write it twice ("")'
    return text

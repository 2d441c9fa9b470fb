"""Lists in Parquet, read as the text that the same list would have as CSV."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from adapters.accounts.tables import ListError, Record
from dialer.list_mapping import ListMapping

__all__ = ["ParquetTable"]

BATCH_ROWS: Final = 20_000


class ParquetTable:
    """A `.parquet` file, read some thousands of rows at a time. Its lines are row numbers, from 1."""

    def __init__(self, path: Path, mapping: ListMapping) -> None:
        self.bytes_total = path.stat().st_size
        self._rows_done = 0
        try:
            self._rows = pl.scan_parquet(path)
            schema = self._rows.collect_schema()
            self._row_count = int(self._rows.select(pl.len()).collect().item())
        except pl.exceptions.PolarsError as error:
            first_line = str(error).partition("\n")[0]
            raise ListError(f"{mapping.path}: not a Parquet file ({first_line})", "export the list again") from error
        # Lists and structures have no text; a mapped column of that kind is then reported as missing.
        self.header = tuple(name for name, kind in schema.items() if not kind.is_nested() and kind != pl.Binary)

    def bytes_done(self) -> int:
        """The file's bytes in proportion to the rows read."""
        return self.bytes_total * self._rows_done // max(self._row_count, 1)

    def close(self) -> None:
        """Nothing stays open between batches."""

    def records(self) -> Iterator[Record]:
        """Rows in file order, once; blank ones are passed over."""
        as_text = self._rows.select(pl.col(name).cast(pl.String).fill_null("") for name in self.header)
        for start in range(0, self._row_count, BATCH_ROWS):
            batch = as_text.slice(start, BATCH_ROWS).collect()
            for line, cells in enumerate(batch.iter_rows(), start + 1):
                if any(cells):
                    yield line, cells, ()
            self._rows_done = min(start + BATCH_ROWS, self._row_count)

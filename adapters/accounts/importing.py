"""From a list's settings to accounts in the store: the one call that imports a list."""

import gc
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from attrs import evolve

from adapters.accounts.reader import ListReader
from adapters.accounts.rejects import Rejects, rejects_path
from adapters.accounts.store import AccountStore, ImportReport
from adapters.accounts.tables import open_table
from dialer.list_mapping import FactParsers, ListMapping

__all__ = ["import_list"]

OnProgress = Callable[[int, int, int], None]
"""Rows done, bytes of the file done, bytes in all."""


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Rows hold no reference cycles, and looking for some in every batch takes an eighth of an import."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def import_list(
    store: AccountStore,
    campaign_id: str,
    mapping: ListMapping,
    parsers: FactParsers,
    *,
    folder: Path = Path(),
    on_progress: OnProgress = lambda _rows_done, _bytes_done, _bytes_total: None,
) -> ImportReport:
    """Load one campaign's list; `mapping.path` is relative to `folder`.

    A list that cannot be read at all raises `ListError` before anything is loaded. Rows that
    cannot be used are written beside the list, and the rest loads.
    """
    path = folder / mapping.path
    with closing(open_table(path, mapping)) as table, _no_search_for_cycles():
        reader = ListReader(table, mapping, parsers)
        rejects = Rejects(rejects_path(path), table.header, mapping.delimiter)
        try:
            report = store.load(
                campaign_id,
                mapping,
                reader.rows(),
                on_faults=rejects.add,
                on_batch=lambda rows_done: on_progress(rows_done, table.bytes_done(), table.bytes_total),
            )
        except BaseException:
            rejects.abandon()
            raise
    on_progress(report.rows, table.bytes_total, table.bytes_total)
    return evolve(report, rejects_path=rejects.finish())

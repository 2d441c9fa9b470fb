"""A folder with a list in it, the facts that its campaign knows, and a store to load it into."""

import gzip
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from adapters.accounts import AccountStore, BadRow, ImportReport, ListRow, RowFault, import_list
from adapters.accounts.reader import ListReader
from adapters.accounts.tables import open_table
from dialer.list_mapping import Columns, FactParsers, ListMapping, NumberColumn
from dialer.model import Account, FactValue, NumberKind


def _flag(text: str) -> FactValue:
    if text not in ("true", "false"):
        raise ValueError("is neither true nor false")
    return text == "true"


def _day(text: str) -> FactValue:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a date, like 2026-03-02") from None


PARSERS: FactParsers = {
    "person.opted_out": _flag,
    "person.attorney": str,
    "notice.sent_on": _day,
    "claim.flags": lambda text: frozenset(text.split()),
}

HEADER = "customer,mobile,home,loan,balance,dpd,tier,dnc,note"


@define
class Desk:
    """What a test does with lists."""

    folder: Path
    store: AccountStore = field(factory=lambda: AccountStore(":memory:"))

    def mapping(self, path: str = "a.csv", **changes: Any) -> ListMapping:
        settings: dict[str, Any] = {
            "columns": Columns("customer", claim_id="loan", balance="balance", days_past_due="dpd", value_tier="tier"),
            "numbers": (NumberColumn("mobile", NumberKind.MOBILE), NumberColumn("home", NumberKind.HOME)),
            "facts": {"person.opted_out": "dnc"},
            "words": {"person.opted_out": {"Y": "true", "N": "false"}},
            "traits": ("note",),
        }
        return ListMapping(path=path, **{**settings, **changes})

    def write(self, rows: Iterable[str], *, header: str = HEADER, path: str = "a.csv", encoding: str = "utf-8") -> Path:
        text = "".join(f"{line}\n" for line in (header, *rows)).encode(encoding)
        target = self.folder / path
        target.write_bytes(gzip.compress(text) if path.endswith(".gz") else text)
        return target

    def read(self, mapping: ListMapping | None = None) -> list[ListRow | BadRow]:
        mapping = mapping or self.mapping()
        table = open_table(self.folder / mapping.path, mapping)
        try:
            return list(ListReader(table, mapping, PARSERS).rows())
        finally:
            table.close()

    def faults(self, mapping: ListMapping | None = None) -> list[str]:
        return [str(fault) for row in self.read(mapping) for fault in row.faults]

    def load(self, mapping: ListMapping | None = None, campaign_id: str = "c") -> ImportReport:
        return import_list(self.store, campaign_id, mapping or self.mapping(), PARSERS, folder=self.folder)

    def accounts(self, campaign_id: str = "c") -> list[Account]:
        return list(self.store.accounts(campaign_id))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.store.close()


__all__ = ["HEADER", "PARSERS", "Desk", "RowFault"]

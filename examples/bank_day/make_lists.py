"""Make the demo's lists from the two public data sets that lists/README.md names.

    python examples/bank_day/make_lists.py DATA_DIR

DATA_DIR holds `bank_telesales_contacts.csv.gz` and `card_delinquency_tw.csv.gz`, which are the
published tables with commas between cells, less some rows. The same input gives the same bytes.
"""

import csv
import gzip
import io
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

LISTS = Path(__file__).parent / "lists"

TELESALES_COLUMNS = (
    "id", "tier", "age", "job", "line", "month", "day_of_week", "talk_s", "campaign_contacts",
    "previous", "poutcome", "sold",
)  # fmt: skip
COLLECTION_COLUMNS = (
    "id", "tier", "months_past_due", "days_past_due", "balance_twd", "credit_line_twd", "last_payment_twd",
    "default_next_month",
)  # fmt: skip

# Months past due from which a card goes to the late campaign. From 3 there would be some 330 people,
# too few for a day's work.
LATE_FROM_MONTHS = 2
DAYS_A_MONTH = 30
# Prime to 30, so that days spread over their month evenly and neighbours differ.
DAY_STRIDE = 7

Row = Mapping[str, str]


def telesales_tier(row: Row) -> str:
    """What the bank knew before it called; the talk and its outcome (`duration`, `y`) are not asked.

    A: bought in an earlier campaign. B: in good standing, and either reached in an earlier
    campaign or without a personal loan. C: everybody else.
    """
    if row["poutcome"] == "success":
        return "A"
    is_open = int(row["previous"]) > 0 or row["loan"] == "no"
    return "B" if row["default"] == "no" and is_open else "C"


def telesales(rows: Iterable[Row]) -> Iterator[tuple[object, ...]]:
    """Every client of the campaign, in the order of the source."""
    for row in rows:
        yield (
            row["row"], telesales_tier(row), row["age"], row["job"], row["contact"], row["month"],
            row["day_of_week"], row["duration"], row["campaign"], row["previous"], row["poutcome"], row["y"],
        )  # fmt: skip


def credit_line_tier(credit_line: int) -> str:
    """A from 300,000 New Taiwan dollars, B from 100,000, C below."""
    return "A" if credit_line >= 300_000 else "B" if credit_line >= 100_000 else "C"


def days_past_due(months: int, row_id: int) -> int:
    """A day within the month that the source gives: it has no days, and a campaign sorts by them.

    >>> days_past_due(1, 0), days_past_due(1, 1), days_past_due(2, 0)
    (1, 8, 31)
    """
    return (months - 1) * DAYS_A_MONTH + 1 + row_id * DAY_STRIDE % DAYS_A_MONTH


def collection(rows: Iterable[Row], *, is_late: bool) -> Iterator[tuple[object, ...]]:
    """The cards that are past due and owe something, early or late."""
    for row in rows:
        months, balance = int(row["PAY_0"]), int(row["BILL_AMT1"])
        # Nearly half of those one month past due have no balance: nothing to collect.
        if months < 1 or balance <= 0 or (months >= LATE_FROM_MONTHS) is not is_late:
            continue
        yield (
            row["id"], credit_line_tier(int(row["LIMIT_BAL"])), months, days_past_due(months, int(row["id"])),
            balance, row["LIMIT_BAL"], row["PAY_AMT1"], row["default_next_month"],
        )  # fmt: skip


def read(path: Path) -> list[Row]:
    """A table of the data folder."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(name: str, columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> int:
    """A list, zipped without time or name so that it changes only when its rows do."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    listed = list(rows)
    writer.writerows(listed)
    with (LISTS / name).open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as zipped:
        zipped.write(text.getvalue().encode())
    return len(listed)


def main(arguments: list[str]) -> str:
    """Write the three lists; say how long they are."""
    if len(arguments) != 1:
        return "usage: python examples/bank_day/make_lists.py DATA_DIR\n"
    folder = Path(arguments[0])
    cards = read(folder / "card_delinquency_tw.csv.gz")
    lists = (
        ("telesales.csv.gz", TELESALES_COLUMNS, telesales(read(folder / "bank_telesales_contacts.csv.gz"))),
        ("early_collection.csv.gz", COLLECTION_COLUMNS, collection(cards, is_late=False)),
        ("late_collection.csv.gz", COLLECTION_COLUMNS, collection(cards, is_late=True)),
    )
    return "".join(f"{name}: {write(name, columns, rows)} rows\n" for name, columns, rows in lists)


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]))

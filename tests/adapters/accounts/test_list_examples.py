"""The demo's lists load whole, hold no protected trait, and rank nobody by what happened afterwards."""

import csv
import gzip
import runpy
from pathlib import Path

import pytest

from adapters.accounts import AccountStore, ImportReport, import_list
from dialer.list_mapping import Columns, FictitiousNumbers, ListMapping

DEMO = Path(__file__).parents[3] / "examples" / "bank_day"
MAKER = runpy.run_path(str(DEMO / "make_lists.py"))
CLAIM = Columns("id", balance="balance_twd", days_past_due="days_past_due", value_tier="tier")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "columns", "expected"),
    [
        ("telesales", Columns("id", value_tier="tier"), ImportReport(rows=27372, persons=27372, numbers=27372)),
        ("early_collection", CLAIM, ImportReport(rows=1388, persons=1388, claims=1388, numbers=1388)),
        ("late_collection", CLAIM, ImportReport(rows=2212, persons=2212, claims=2212, numbers=2212)),
    ],
)
def test_a_list_of_the_demo_loads_without_a_fault(name, columns, expected):
    mapping = ListMapping(
        path=f"lists/{name}.csv.gz", columns=columns, currency="TWD", fictitious_numbers=FictitiousNumbers()
    )
    with AccountStore(":memory:") as store:
        assert import_list(store, name, mapping, {}, folder=DEMO) == expected


def test_the_collection_lists_have_no_protected_trait():
    for name in ("early_collection", "late_collection"):
        with gzip.open(DEMO / "lists" / f"{name}.csv.gz", "rt", newline="") as file:
            header = next(csv.reader(file))
        assert not {"sex", "marriage", "education", "age"} & {column.lower() for column in header}


def test_days_past_due_stay_in_their_month():
    days = MAKER["days_past_due"]
    for months in (1, 2, 8):
        seen = {days(months, row_id) for row_id in range(60)}
        assert (min(seen), max(seen), len(seen)) == (30 * months - 29, 30 * months, 30)


@pytest.mark.parametrize(("line", "tier"), [(99_999, "C"), (100_000, "B"), (299_999, "B"), (300_000, "A")])
def test_a_card_s_tier_goes_by_its_credit_line(line, tier):
    assert MAKER["credit_line_tier"](line) == tier


def test_a_client_s_tier_needs_nothing_that_is_known_after_the_call():
    known_before = {"poutcome": "failure", "previous": "1", "loan": "yes", "default": "no"}
    assert MAKER["telesales_tier"](known_before) == "B"
    assert MAKER["telesales_tier"]({**known_before, "poutcome": "success"}) == "A"
    assert MAKER["telesales_tier"]({**known_before, "previous": "0"}) == "C"
    assert MAKER["telesales_tier"]({**known_before, "default": "unknown"}) == "C"

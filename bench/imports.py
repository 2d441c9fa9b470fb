"""How fast a list loads, and in how much memory: `python -m bench.imports --rows 1000000`."""

import argparse
import csv
import gzip
import random
import resource
import tempfile
import time
from pathlib import Path

from adapters.accounts import AccountStore, ImportReport, import_list
from dialer.list_mapping import Columns, ListMapping, NumberColumn
from dialer.model import FactValue, NumberKind

COLUMNS = ["customer", "mobile", "home", "loan", "balance", "dpd", "tier", "consent", "zone"]


def write_list(path: Path, rows: int, seed: int = 1) -> None:
    """A Korean list of nine columns; one row in fifty is a second loan of the person before."""
    draw = random.Random(seed)
    is_zipped = path.suffix == ".gz"
    with gzip.open(path, "wt", newline="", compresslevel=1) if is_zipped else path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        person = ["", "", ""]
        for row in range(rows):
            if row % 50 or not row:
                ends = f"{draw.randrange(2000, 10000)}-{draw.randrange(10000):04d}"
                home = f"02-{draw.randrange(200, 10000)}-{draw.randrange(10000):04d}" if draw.random() < 0.5 else ""
                # Customer numbers of a bank are in no order.
                person = [f"C{(row * 7_368_787) % 100_000_007:09d}", f"010-{ends}", home]
            balance, dpd = draw.randrange(10_000, 30_000_000), draw.randrange(1, 120)
            tier, consent = draw.choice("ABC"), draw.choice(["written", "none", ""])
            if not row % 50 and row:
                tier, consent = "", ""
            writer.writerow([*person, f"L{row:09d}", balance, dpd, tier, consent, "Asia/Seoul"])


def _word(text: str) -> FactValue:
    return text


def mapping(path: Path) -> ListMapping:
    """How that list is read."""
    return ListMapping(
        path=path.name,
        columns=Columns(
            person_id="customer",
            claim_id="loan",
            balance="balance",
            days_past_due="dpd",
            value_tier="tier",
            time_zone="zone",
        ),
        numbers=(NumberColumn("mobile", NumberKind.MOBILE), NumberColumn("home", NumberKind.HOME)),
        facts={"consent.scope": "consent"},
    )


def measure(path: Path, store: AccountStore, label: str) -> ImportReport:
    """Import once and print how it went."""
    started, cpu = time.perf_counter(), time.process_time()
    report = import_list(store, "bench", mapping(path), {"consent.scope": _word}, folder=path.parent)
    _print(label, report.rows, time.perf_counter() - started, time.process_time() - cpu)
    return report


def _print(label: str, rows: int, wall_s: float, cpu_s: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{label:<12} {rows:>9,} rows in {wall_s:6.1f} s (processor {cpu_s:.1f} s): "
        f"{rows / wall_s:>8,.0f} rows/s, peak {peak:.0f} MB so far"
    )


def main() -> None:
    """Make a list in a temporary folder, import it twice, and read the accounts back."""
    parser = argparse.ArgumentParser(prog="python -m bench.imports", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--form", choices=["csv", "csv.gz", "parquet"], default="csv")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"list.{arguments.form}"
        if arguments.form == "parquet":
            _write_parquet(path, arguments.rows)
        else:
            write_list(path, arguments.rows)
        print(f"{path.name}: {path.stat().st_size / 1e6:.0f} MB")
        with AccountStore(Path(folder) / "accounts.db") as store:
            print(measure(path, store, "import"))
            print(measure(path, store, "again"))
            started, cpu = time.perf_counter(), time.process_time()
            count = sum(1 for _ in store.accounts("bench"))
            _print("read back", count, time.perf_counter() - started, time.process_time() - cpu)
        print(f"accounts.db: {(Path(folder) / 'accounts.db').stat().st_size / 1e6:.0f} MB")


def _write_parquet(path: Path, rows: int) -> None:
    import polars as pl

    plain = path.with_suffix(".csv")
    write_list(plain, rows)
    pl.scan_csv(plain, infer_schema=False).sink_parquet(path)
    plain.unlink()


if __name__ == "__main__":
    main()

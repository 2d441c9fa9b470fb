"""`python -m bench.rules all`: what the rules cost, held to their goals, and beside what a user would pick instead."""

import argparse
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np

from bench.rules_made import AT, forty_book, forty_sources, made_log, made_portfolio
from bench.rules_misspelt import misspell_all, shipped
from bench.rules_peers import compare_peers
from bench.rules_scan import scan
from collections_rules import ContactEvent, ContactLedger, Facts, PackSource, clean_facts, compile_rules, list_findings
from collections_rules.backtest import backtest
from collections_rules.bulk import evaluate_bulk, next_allowed
from collections_rules.bulk_forecast import forecast_of
from collections_rules.bulk_timeline import timeline_of
from collections_rules.diff import diff_books
from collections_rules.diff_portfolio import diff_portfolio

__all__ = ["main"]

_MANY = 1_000_000


def _spent(run: Callable[[], Any]) -> float:
    """Seconds of this process's own work."""
    began = time.process_time()
    run()
    return time.process_time() - began


def _best(run: Callable[[], Any], times: int = 5) -> float:
    """The least of several: what the work takes when nothing else disturbs it."""
    return min(_spent(run) for _ in range(times))


def _say(what: str, figure: str, goal: str = "") -> None:
    print(f"{what:58} {figure:>24}  {goal}", flush=True)


def portfolio(arguments: argparse.Namespace) -> None:
    """Verdicts, next allowed and the hourly view of a whole portfolio."""
    size = arguments.accounts
    book = forty_book()
    made = made_portfolio(book, size)
    first = _spent(lambda: next_allowed(book, made))
    verdict, following = _best(lambda: evaluate_bulk(book, made)), _best(lambda: next_allowed(book, made))
    _say(f"verdicts with reasons, 40 rules, {size:,} accounts", f"{size / verdict / 1e6:.1f} M/s", "goal 10 M/s")
    _say("next allowed", f"{size / following / 1e6:.1f} M/s", "goal 5 M/s")
    _say("next allowed, calendars not yet read", f"{size / first / 1e6:.1f} M/s")
    hours = [made.at_s + 3600 * hour for hour in range(1, 73)]
    view = _best(lambda: forecast_of(timeline_of(book, made), hours), 3)
    _say("by hour over 3 days, held by, missing facts", f"{view:.2f} s", "goal 1 s")


def _asked(count: int) -> tuple[list[Facts], ContactLedger]:
    """Accounts in house hours, each with ten contacts in the last two weeks."""
    rng, ledger, asked = np.random.default_rng(1), ContactLedger(), []
    today = AT.date()
    for n in range(count):
        values = {**clean_facts(), "debt.dpd": int(rng.integers(0, 200)), "value.tier": "B"}
        values |= {
            "debt.start_notice": today - timedelta(days=30),
            "debt.outsourcing_notice": today - timedelta(days=30),
        }
        asked.append(Facts(AT, values, frozenset({"Asia/Seoul"}), f"P{n}", (f"D{n}",), f"N{n}", "C1", 24.0))
        for k in range(10):
            at = AT - timedelta(hours=20 + 50 * k, minutes=int(rng.integers(0, 60)))
            outcome = "talk" if k % 4 == 1 else "no_answer"
            ledger.reserve(
                ContactEvent(f"{n}-{k}", at, "call", "outbound", f"P{n}", (f"D{n}",), f"N{n}", "C1", "own", outcome)
            )
    return asked, ledger


def recheck(arguments: argparse.Namespace) -> None:
    """One account by itself: at dial time, and explained."""
    book = forty_book()
    asked, ledger = _asked(2_000)
    for what, spread in (("first look", asked), ("dial-time re-check", asked * 3)):  # the second knows the counts
        took = []
        for one in spread:
            began = time.thread_time_ns()
            book.evaluate(one, ledger)
            took.append((time.thread_time_ns() - began) / 1e3)
        p50, p99 = np.percentile(took, [50, 99])
        _say(f"{what}, 40 rules, 10 contacts each", f"p50 {p50:.0f} us  p99 {p99:.0f} us", "goal 50 us at p99")
    explain = _best(lambda: [book.explain(one, ledger) for one in asked[:200]]) / 200
    _say("explain, all 40 rules", f"{1e3 * explain:.2f} ms", "goal 5 ms")


def check(arguments: argparse.Namespace) -> None:
    """A pack of a hundred rules, checked."""
    rules = forty_sources()[2].text.split("\nrule ")
    texts = [f"rule {re.sub('^forty', f'copy{n}', text)}" for n in range(5) for text in rules[1:]][:100]
    hundred = PackSource("hundred.rules", "pack hundred.rules 1.0  uses kr.collections\n\n" + "\n".join(texts))
    law = forty_sources()[0]
    _say("check of 100 rules: faults", f"{_best(lambda: compile_rules([law, hundred]), 3):.2f} s", "goal 1 s")
    _say("check of 100 rules: faults and findings", f"{_best(lambda: list_findings([law, hundred]), 1):.2f} s")


def diff(arguments: argparse.Namespace) -> None:
    """Whom a draft touches, over a week."""
    old = forty_sources()
    text = (
        old[1].text.replace("3 contacts a day", "2 contacts a day").replace("09:00-20:00", "09:00-12:00, 13:00-20:00")
    )
    new = [old[0], PackSource(old[1].name, text), old[2]]
    books = compile_rules(old), compile_rules(new)
    both = [made_portfolio(book, arguments.accounts) for book in books]
    _say("diff of the texts", f"{_best(lambda: diff_books(old, new), 1):.2f} s")
    took = _spent(lambda: diff_portfolio(books[0], both[0], books[1], both[1]))
    _say(f"diff of {arguments.accounts:,} accounts over 7 days", f"{took:.2f} s", "goal 60 s")


def backtest_(arguments: argparse.Namespace) -> None:
    """A draft on a log."""
    book, log = forty_book(), made_log(arguments.attempts)
    _say(f"backtest of {arguments.attempts:,} attempts", f"{_spent(lambda: backtest(book, log)):.1f} s", "goal 30 s")


def scan_(arguments: argparse.Namespace) -> None:
    """Next allowed against every minute of 14 days."""
    found = scan(arguments.scanned, days=arguments.days)
    what = f"scan of {found.accounts:,} accounts, {arguments.days} days, both clock changes"
    _say(what, f"{found.differences} differences", f"goal 0; {found.within:,} opened within")


def peers(arguments: argparse.Namespace) -> None:
    """The same policy elsewhere."""
    for one in compare_peers(arguments.peers):
        _say(f"  {one.name}", f"{one.us:.2f} us an account", f"agrees on {one.agree:,} of {one.accounts:,}")
    print("  regorus is not on PyPI, so it is not measured")


def misspelt(arguments: argparse.Namespace) -> None:
    """Every word misspelt."""
    found = misspell_all(shipped(), every=arguments.every)
    _say(f"{found.words:,} misspelt words refused", f"{found.refused / found.words:.1%}", "goal 100 %")
    _say("  right word suggested first", f"{found.suggested_first / found.words:.1%}", "goal 95 %")
    for line in (*(f"not refused: {one}" for one in found.missed), *(f"no help: {one}" for one in found.unhelped)):
        print(f"    {line}")


_PARTS = {
    "portfolio": portfolio, "recheck": recheck, "check": check, "diff": diff, "backtest": backtest_, "scan": scan_,
    "peers": peers, "misspelt": misspelt,
}  # fmt: skip


def main() -> None:
    """Run one part, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m bench.rules", description=__doc__)
    parser.add_argument("part", choices=[*_PARTS, "all"])
    parser.add_argument("--accounts", type=int, default=_MANY)
    parser.add_argument("--attempts", type=int, default=10 * _MANY)
    parser.add_argument("--scanned", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--peers", type=int, default=5_000, help="accounts for the comparison")
    parser.add_argument("--every", type=int, default=1, help="misspell every so-many-th word")
    arguments = parser.parse_args()
    for name in _PARTS if arguments.part == "all" else [arguments.part]:
        _PARTS[name](arguments)


if __name__ == "__main__":
    main()

"""Next allowed against a scan: every minute of 14 days asked about, across both changes of the clocks."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np
from attrs import frozen

from collections_rules import FactValue, PackSource, RuleBook, clean_facts, compile_rules
from collections_rules.bulk import next_allowed
from collections_rules.bulk_rules import BulkRule, bulk_rules
from collections_rules.portfolio import Column, Portfolio
from collections_rules.windows import NEVER

__all__ = ["Scan", "scan", "scan_book"]

STARTS = (datetime(2026, 3, 7, 14, 23, 30, tzinfo=UTC), datetime(2026, 10, 31, 14, 23, 30, tzinfo=UTC))
"""The days before the clocks of America go forward and back."""
_DAYS = 14
_ZONES = ("America/New_York", "America/Los_Angeles", "Europe/London", "Australia/Lord_Howe")
_PACK = """pack scan.rules 1.0
  calendar us-federal 2026-2027
  clock    every evidence; also person.stated_zone
rule scan.law  "가" "Law hours"
  law      1
  open     after 08:00 until 21:00 every day
  except   call.asked_for_now
rule scan.house  "나" "House hours"
  policy   2
  open     Mon-Fri 09:00-12:00, 13:00-20:00; Sat 01:30-02:30, 10:00-16:00; closed Sun, us-federal
  applies  debt.kind is consumer
rule scan.own  "다" "Own hours"
  policy   3
  stop at  person.excluded_hours
rule scan.cap  "라" "Cap"
  policy   4
  at most  7 calls in any 7 days per debt
rule scan.spacing  "마" "Spacing"
  policy   5
  wait     60 minutes after call per person
rule scan.notice  "바" "Notice"
  policy   6
  wait     3 business days after debt.start_notice
rule scan.promise  "사" "Promise"
  policy   7
  wait     until promise.due when promise.state is open
rule scan.buyer  "아" "New purchases"
  policy   8
  stop when person.purchase newer than 10 days
rule scan.lead  "자" "Old leads"
  policy   9
  stop when lead.inquiry longer than 7 days and value.tier is C
rule scan.deferral  "차" "Deferral"
  policy   10
  stop when person.hardship is not none
  until    the end of the day person.deferral_end; else 3 days after person.hardship_confirmed
rule scan.lawyer  "카" "Lawyer"
  policy   11
  stop when person.attorney is not none and collector.kind is not agency
rule scan.soon  "타" "From a date on"
  policy   12
  from 2026-03-12 until 2026-03-16 stop when debt.dpd is at most 20
  from 2026-11-03 stop when debt.dpd is at least 190
"""


@frozen
class Scan:
    """What a scan found."""

    accounts: int
    differences: int
    within: int
    """Accounts that may be called at some minute of the scan."""


def scan_book() -> RuleBook:
    """Every sort of gate, on the clocks of four zones."""
    return compile_rules([PackSource("scan.rules", _PACK)])


def scan(size: int, seed: int = 1, days: int = _DAYS, step_s: int = 60) -> Scan:
    """Half of the accounts from the day before each change of the clocks on."""
    parts = [_scan(size // 2, seed + n, start, days, step_s) for n, start in enumerate(STARTS)]
    return Scan(*(sum(values) for values in zip(*((p.accounts, p.differences, p.within) for p in parts), strict=True)))


def _scan(size: int, seed: int, start: datetime, days: int, step_s: int) -> Scan:
    book = scan_book()
    portfolio = _accounts(book, size, seed, start)
    found = next_allowed(book, portfolio)
    rules, began_s = bulk_rules(book, portfolio), portfolio.at_s
    rows, first = np.arange(size), np.full(size, NEVER, np.int64)
    for at_s in range(began_s, began_s + days * 86_400 + 1, step_s):
        closed = np.zeros(len(rows), np.bool_)
        for rule in rules:
            closed |= rule.closed(rows, at_s)
        first[rows[~closed]] = at_s
        rows = rows[closed]
        if not len(rows):
            break
    last = began_s + days * 86_400
    # The first step of the scan that is not before the found second; the scan sees no further than its end.
    expected = np.where(found > last, NEVER, found + (began_s - found) % step_s)
    differing = np.flatnonzero(expected != first)
    differences = sum(_by_the_second(rules, row, int(found[row]), int(first[row]), began_s) for row in differing)
    return Scan(size, differences, int((first < NEVER).sum()))


def _by_the_second(rules: Sequence[BulkRule], row: int, found_s: int, first_s: int, began_s: int) -> bool:
    """Whether an account truly differs: one that opens for less than a minute is not seen by the minute.

    Such a one is open at the second found, and closed at every second of the two minutes before it.
    """
    if found_s > first_s or found_s >= NEVER:
        return True
    rows = np.array([row])

    def is_open(at_s: int) -> bool:
        return not any(rule.closed(rows, at_s)[0] for rule in rules)

    before = range(max(began_s, found_s - 120), found_s)
    return not is_open(found_s) or any(is_open(at_s) for at_s in before)


def _accounts(book: RuleBook, size: int, seed: int, start: datetime) -> Portfolio:
    rng = np.random.default_rng(seed)

    def drawn(values: list[FactValue | None], clean_share: float = 0.0) -> Column:
        shares = np.full(len(values), (1 - clean_share) / (len(values) - (clean_share > 0)))
        if clean_share:
            shares[0] = clean_share
        return Column(rng.choice(len(values), size, p=shares).astype(np.uint8), tuple(values))

    def near(back: int, ahead: int) -> list[FactValue | None]:
        return [date.fromordinal(start.toordinal() + day) for day in range(-back, ahead)]

    zeros = np.zeros(size, np.uint8)
    columns = {name: Column(zeros, (value,)) for name, value in clean_facts().items()}
    hours = [frozenset[str](), frozenset({"Mon-Fri 09:00-14:00"}), frozenset({"Sun 00:00-24:00", "Tue 10:00-11:30"})]
    columns |= {
        "debt.start_notice": drawn([*near(12, 3), None]), "promise.state": drawn(["none", "open"], 0.7),
        "promise.due": drawn([*near(3, 16), None]), "person.purchase": drawn(near(20, 0)),
        "lead.inquiry": drawn(near(12, 0)), "value.tier": drawn(["A", "B", "C"]),
        "person.hardship": drawn(["none", "medical", "disaster"], 0.9),
        "person.deferral_end": drawn([None, *near(3, 9)]), "person.hardship_confirmed": drawn([None, *near(9, 1)]),
        "person.attorney": drawn(["none", "known", None], 0.96),
        "debt.dpd": Column(rng.integers(0, 200, size).astype(np.uint8), tuple(range(200))),
        "person.excluded_hours": drawn([*hours, None], 0.8), "call.asked_for_now": drawn([False, True], 0.95),
        "person.stated_zone": drawn([None, *_ZONES[2:4]], 0.8), "debt.kind": drawn(["consumer", "business", None], 0.9),
    }  # fmt: skip
    sets = [*(frozenset({zone}) for zone in _ZONES), frozenset(_ZONES[:2]), frozenset[str]()]
    at_s = int(start.timestamp())
    held = {}
    for gate in book.counting_gates():
        until = at_s + rng.integers(1, 9 * 86_400, size)
        held[gate] = np.where(rng.random(size) < 0.2, until, 0)
    return Portfolio(at_s, size, columns, Column(rng.integers(0, len(sets), size).astype(np.uint8), tuple(sets)), held)

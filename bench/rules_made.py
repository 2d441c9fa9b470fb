"""Made accounts for the measurements of the rules: one portfolio in columns, the same from the same seed."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collections_rules import FACT_TABLE, FactKind, PackSource, RuleBook, builtin_pack, clean_facts, compile_rules
from collections_rules.backtest import AttemptLog
from collections_rules.backtest_counts import LogRows
from collections_rules.portfolio import Column, Portfolio

__all__ = ["AT", "forty_book", "forty_sources", "made_log", "made_portfolio"]

AT = datetime(2026, 4, 14, 2, 30, tzinfo=UTC)
"""A Tuesday in Seoul, 11:30."""
_ROOT = Path(__file__).parents[1]
_HOURS = [frozenset({f"Mon-Fri {h:02d}:00-{h + 3:02d}:00"}) for h in range(9, 17)]
_ZONES = (frozenset({"Asia/Seoul"}), frozenset({"America/New_York"}), frozenset({"Asia/Tokyo"}), frozenset[str]())

_SHARES: dict[str, tuple[list[Any], list[float]]] = {
    "debt.dpd": (list(range(200)), [1.0] * 200),
    "value.tier": (["A", "B", "C"], [0.3, 0.5, 0.2]),
    "number.kind": (["mobile", "home", "work"], [0.85, 0.1, 0.05]),
    "person.excluded_hours": ([frozenset(), *_HOURS], [0.92, *[0.01] * 8]),
    "promise.state": (["none", "open", "broken"], [0.75, 0.2, 0.05]),
}


def forty_sources() -> list[PackSource]:
    """The Korean law, a bank's manual and 21 rules more: 40 rules that run."""
    own = [_ROOT / "examples/bank_day/rules/collections-policy.rules", _ROOT / "bench/rules_forty.rules"]
    return [builtin_pack("kr.collections"), *(PackSource(path.name, path.read_text(encoding="utf-8")) for path in own)]


def forty_book() -> RuleBook:
    """The 40 rules, compiled."""
    return compile_rules(forty_sources())


def made_portfolio(book: RuleBook, size: int, seed: int = 1, at: datetime = AT) -> Portfolio:
    """Accounts of which most are clean, one in a hundred has each thing wrong, and some were called lately."""
    rng = np.random.default_rng(seed)
    columns = {name: _column(rng, size, name) for name in clean_facts()}
    columns |= {name: _drawn(rng, size, *shares) for name, shares in _SHARES.items()}
    days: list[date | None] = [(at + timedelta(days=d)).date() for d in range(-30, 30)]
    for name, missing in (("promise.due", 0.01), ("debt.outsourcing_notice", 0.03), ("debt.start_notice", 0.03)):
        columns[name] = _drawn(rng, size, [*days, None], [*[(1 - missing) / len(days)] * len(days), missing])
    columns["number"] = columns["call.identifier"] = Column(np.zeros(size, np.uint8), ("N",))
    at_s = int(at.timestamp())
    held = {gate: _held(rng, size, at_s) for gate in book.counting_gates()}
    zones = Column(rng.choice(4, size, p=[0.97, 0.01, 0.01, 0.01]).astype(np.uint8), _ZONES)
    return Portfolio(at_s, size, columns, zones, held, ring_s=24.0)


def _drawn(rng: np.random.Generator, size: int, values: list[Any], shares: list[float]) -> Column:
    return Column(rng.choice(len(values), size, p=np.array(shares) / sum(shares)).astype(np.uint8), tuple(values))


def _column(rng: np.random.Generator, size: int, name: str) -> Column:
    spec, clean = FACT_TABLE[name], clean_facts()[name]
    others: list[Any] = [word for word in spec.words if word != clean][:4] if spec.kind is FactKind.WORD else []
    if isinstance(clean, bool):
        others = [not clean]
    if spec.kind is FactKind.SET and spec.words:
        others = [frozenset({spec.words[0]})]
    return _drawn(rng, size, [clean, *others], [1 - 0.01 * len(others), *[0.01] * len(others)])


def _held(rng: np.random.Generator, size: int, at_s: int) -> NDArray[np.int64]:
    """One account in twelve is held by this count, for up to three days."""
    held = np.zeros(size, np.int64)
    few = rng.random(size) < 1 / 12
    held[few] = at_s + rng.integers(1, 3 * 86_400, int(few.sum()))
    return held


def made_log(size: int, seed: int = 1, days: int = 90) -> AttemptLog:
    """Attempts of 90 days, about ten a person, a fifth of them talks; some promised, few paid."""
    rng = np.random.default_rng(seed)
    people = max(1, size // 10)
    began_s = int(AT.timestamp()) - days * 86_400
    # Between 09:00 and 19:00 in Seoul, on every day of the week.
    at_s = np.sort(began_s + rng.integers(0, days, size) * 86_400 + rng.integers(-9_000, 27_000, size))
    person = rng.integers(0, people, size)
    columns = {name: _column(rng, size, name) for name in clean_facts()}
    columns |= {name: _drawn(rng, size, *shares) for name, shares in _SHARES.items()}
    dates: list[date | None] = [(AT + timedelta(days=d)).date() for d in range(-days - 20, 20)]
    for name in ("promise.due", "debt.outsourcing_notice", "debt.start_notice", "debt.verification_sent"):
        columns[name] = _drawn(rng, size, dates, [1.0] * len(dates))
    columns["number"] = columns["call.identifier"] = Column(np.zeros(size, np.uint8), ("N",))
    outcomes = ["no_answer", "talk", "busy", "machine", "cut_off", "rejected"]
    columns["outcome"] = _drawn(rng, size, outcomes, [0.5, 0.2, 0.1, 0.12, 0.05, 0.03])
    is_talk = columns["outcome"].codes == 1
    end_s = at_s + np.where(is_talk, 180, 25)
    keys = {"person": person, "household": person, "number": person, "campaign": np.zeros(size, np.int64)}
    rows = LogRows(at_s, end_s, keys, np.arange(size), person)
    promised = is_talk & (rng.random(size) < 0.15)
    collected = np.where(promised & (rng.random(size) < 0.6), rng.integers(20_000, 500_000, size), 0)
    return AttemptLog(rows, columns, Column(np.zeros(size, np.uint8), _ZONES[:1]), promised, collected, 24.0)

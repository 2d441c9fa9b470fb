"""Made accounts for the measurements of the rules: one portfolio in columns, the same from the same seed."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collections_rules import FACT_TABLE, FactKind, PackSource, RuleBook, builtin_pack, clean_facts, compile_rules
from collections_rules.portfolio import Column, Portfolio

__all__ = ["AT", "forty_book", "forty_sources", "made_portfolio"]

AT = datetime(2026, 4, 14, 2, 30, tzinfo=UTC)
"""A Tuesday in Seoul, 11:30."""
_ROOT = Path(__file__).parents[1]
_HOURS = [frozenset({f"Mon-Fri {h:02d}:00-{h + 3:02d}:00"}) for h in range(9, 17)]
_ZONES = (frozenset({"Asia/Seoul"}), frozenset({"America/New_York"}), frozenset({"Asia/Tokyo"}), frozenset[str]())


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
    columns["debt.dpd"] = Column(rng.integers(0, 200, size).astype(np.uint8), tuple(range(200)))
    columns["value.tier"] = _drawn(rng, size, ["A", "B", "C"], [0.3, 0.5, 0.2])
    columns["number.kind"] = _drawn(rng, size, ["mobile", "home", "work"], [0.85, 0.1, 0.05])
    columns["person.excluded_hours"] = _drawn(rng, size, [frozenset(), *_HOURS], [0.92, *[0.01] * 8])
    columns["promise.state"] = _drawn(rng, size, ["none", "open", "broken"], [0.75, 0.2, 0.05])
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

"""The measurement of the stores runs, and its figures agree with each other."""

import pytest

from adapters.journal_sqlite import SqliteJournal
from bench.journal import flush_rate, measure

pytestmark = pytest.mark.slow


async def test_claims_are_counted_once_and_share_their_flushes(tmp_path):
    store = SqliteJournal(tmp_path / "bench.journal")
    figures = await measure(store, "sqlite", 20, 0.3)
    assert figures.claims_per_s > 0
    assert 1 <= figures.batch <= 20
    assert figures.p50_ms <= figures.p99_ms
    assert figures.claims_per_s <= 1.1 * figures.limit_per_s
    assert store.head().number >= figures.claims_per_s * 0.3
    store.close()


def test_flush_rate_is_that_of_the_disk(tmp_path):
    assert flush_rate(tmp_path, 0.1) > 0

"""What no rule can count any more is held no longer, and comes back from the journal when rules look further."""

from datetime import timedelta
from itertools import pairwise

import pytest

from dialer.app import new_past, new_state
from dialer.disposition import Disposition
from dialer.forgetting import Forgetting
from dialer.journal import replay
from dialer.record_codec import decode_all
from dialer.records import Claimed, ContactsForgotten, Disposed
from dialer.rule_desk import RuleDeskError
from dialer.snapshot import read_snapshot, write_snapshot
from tests.dialer.test_rule_desk import OPEN, Floor

CAMPAIGN = "c"
WEEKS = OPEN.replace("5 attempts a day", "5 attempts in any 20 days")
HOUR_S = 3600.0


def call_for(engine, hours: int, calls_an_hour: int = 20) -> list[int]:
    """Let hours pass with calls, look each hour what may go; how many contacts were held then."""
    forgetting = Forgetting(engine.state, engine.journal, engine.clock, engine.campaigns)
    held = []
    for _ in range(hours):
        for number in range(calls_an_hour):
            engine.clock.shift(HOUR_S / calls_an_hour)
            call(engine, f"{engine.state.record_count}", number)
        forgetting.forget()
        held.append(len(engine.state.ledger))
    return held


def call(engine, attempt_id: str, row: int) -> None:
    at, who = engine.clock.now_at(), (f"a-{row}", f"p-{row}")
    engine.journal.append(
        Claimed(at, attempt_id, CAMPAIGN, *who, (f"cl-{row}",), f"n-{row}", "t", "+8215990101", "hash", "predictive")
    )
    ended_at = at + timedelta(seconds=20)
    engine.journal.append(Disposed(ended_at, attempt_id, CAMPAIGN, who[0], Disposition.NO_ANSWER, person_id=who[1]))


async def test_the_memory_of_contacts_stops_growing(tmp_path) -> None:
    floor = Floor(tmp_path)
    async with floor.open() as (engine, _):
        held = call_for(engine, hours=24 * 24)
    at_most = (7 + 2) * 24 * 20
    assert max(held) <= at_most + 2 * 20
    assert all(later - earlier <= 1 for earlier, later in pairwise(held[-24 * 10 :]))


async def test_replay_and_a_snapshot_forget_what_the_live_day_forgot(tmp_path) -> None:
    floor = Floor(tmp_path)
    async with floor.open() as (engine, _):
        call_for(engine, hours=24 * 11, calls_an_hour=3)
    records = list(decode_all(floor.store.lines))
    assert sum(isinstance(one, ContactsForgotten) for one in records) > 20
    assert replay(floor.store.lines, new_state(floor.config)) == engine.state
    past = new_past(floor.config)
    past.replay(floor.store.lines)
    again = read_snapshot(write_snapshot(past), new_past(floor.config)).state
    assert again == engine.state
    assert len(again.ledger) < len(engine.state.ledger) + 1


async def test_rules_that_look_further_back_than_the_memory_are_refused_while_running(tmp_path) -> None:
    floor = Floor(tmp_path)
    async with floor.open() as (engine, desk):
        call_for(engine, hours=24 * 12, calls_an_hour=2)
        floor.file.write_text(WEEKS, encoding="utf-8")
        with pytest.raises(RuleDeskError, match="start `paceline run` again"):
            await desk.reload("Kim")


async def test_a_start_with_such_rules_reads_the_contacts_from_the_journal(tmp_path) -> None:
    floor = Floor(tmp_path)
    async with floor.open() as (engine, _):
        call_for(engine, hours=24 * 12, calls_an_hour=2)
        began_at = min(one.at for one in decode_all(floor.store.lines))
        assert min(one.at for one in engine.state.ledger.events()) > began_at + timedelta(days=2)
    floor.file.write_text(WEEKS, encoding="utf-8")
    async with floor.open() as (engine, _):
        assert len(engine.state.ledger.events()) == 24 * 12 * 2


async def test_rules_that_count_for_ever_keep_everything(tmp_path) -> None:
    floor = Floor(tmp_path, OPEN.replace("5 attempts a day", "500 attempts"))
    async with floor.open() as (engine, _):
        held = call_for(engine, hours=24 * 12, calls_an_hour=2)
    assert held[-1] == 24 * 12 * 2

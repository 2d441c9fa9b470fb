"""A snapshot gives the state that a full replay gives, or is ignored and said so."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.journal_memory import MemoryJournal
from dialer.pacing_view import PacingView
from dialer.record_codec import encode
from dialer.snapshot import Past, SnapshotError, load_past, read_snapshot, write_snapshot
from pacing import AbandonmentWindow, Pacer, PacerSettings, PacingMode
from pacing.memory import export_memory
from tests.strategies import CAMPAIGNS, a_journal, an_engine_state, journals

SETTINGS = PacerSettings(mode=PacingMode.PREDICTIVE, windows=(AbandonmentWindow(name="day"),))


def a_past(settings=SETTINGS):
    return Past(an_engine_state(), {one: PacingView(one, Pacer(settings)) for one in CAMPAIGNS})


def played(lines, past=None):
    past = past or a_past()
    past.replay(lines)
    return past


def memories(past):
    return {name: export_memory(view.pacer) for name, view in past.views.items()}


def same(one, other):
    """Equal but for numbers that are none."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


async def kept(lines, upto):
    """A store with a snapshot of its first lines."""
    store = MemoryJournal(lines)
    await store.put_snapshot(upto, write_snapshot(played(lines[:upto])))
    return store


@given(records=journals(), data=st.data())
def test_replay_from_a_snapshot_is_a_full_replay(records, data):
    lines = [encode(one) for one in records]
    upto = data.draw(st.integers(0, len(lines)))
    whole = played(lines)
    again = read_snapshot(write_snapshot(played(lines[:upto])), a_past())
    again.replay(lines[upto:])
    assert again.state == whole.state
    assert again.last_line == whole.last_line
    assert same(memories(again), memories(whole))
    assert {name: view.ringing_since_s for name, view in again.views.items()} == {
        name: view.ringing_since_s for name, view in whole.views.items()
    }


LINES = [encode(one) for one in a_journal(60, 7)]


async def test_start_reads_the_snapshot_and_only_the_lines_behind_it():
    store = await kept(LINES, 40)
    store.lines[5] = b"not read again"
    past = load_past(store, a_past)
    assert past.state == played(LINES).state
    assert (past.snapshot_count, past.snapshot_fault) == (40, "")


def damaged(body):
    return body[:-3] + bytes([body[-3] ^ 1]) + body[-2:]


@pytest.mark.parametrize("spoil", [damaged, lambda body: body[: len(body) // 2], lambda _: b"", lambda _: b"x" * 100])
async def test_damaged_snapshot_is_ignored_and_said(spoil):
    store = MemoryJournal(LINES)
    await store.put_snapshot(40, spoil(write_snapshot(played(LINES[:40]))))
    past = load_past(store, a_past)
    assert past.state == played(LINES).state
    assert (past.snapshot_count, past.snapshot_fault) == (0, "it is damaged")


async def test_snapshot_of_another_journal_is_ignored():
    store = await kept(LINES, 40)
    store.lines = [encode(one) for one in a_journal(60, 9)]
    past = load_past(store, a_past)
    assert past.state == played(store.lines).state
    assert "another" in past.snapshot_fault


async def test_snapshot_ahead_of_its_journal_is_ignored():
    store = await kept(LINES, 60)
    del store.lines[50:]
    assert load_past(store, a_past).state == played(LINES[:50]).state


def test_snapshot_for_other_windows_does_not_fit():
    body = write_snapshot(played(LINES))
    other = PacerSettings(mode=PacingMode.PREDICTIVE, windows=(AbandonmentWindow(name="hour", length_s=3600.0),))
    with pytest.raises(SnapshotError, match="windows"):
        read_snapshot(body, a_past(other))


def test_snapshot_cannot_make_the_program_run_anything():
    past = played(LINES)
    past.state.trunks["x"] = print  # pickled by its name, as an attacker would write it
    with pytest.raises(SnapshotError, match=r"it names builtins\.print"):
        read_snapshot(write_snapshot(past), a_past())

"""The contact ledger: reserved once, settled once, equal by content."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_rules import ContactEvent, ContactLedger
from tests.collections_rules.made import at, event, ledger

NOON = at("2026-04-14 12:00")


def test_a_contact_is_reserved_once() -> None:
    contacts = ledger(event("a", NOON, "pending"))
    with pytest.raises(ValueError, match="`a` is already in the ledger"):
        contacts.reserve(event("a", NOON))


def test_a_contact_is_settled_once() -> None:
    contacts = ledger(event("a", NOON, "pending"))
    contacts.settle("a", "talk", NOON + timedelta(minutes=3))
    assert contacts.events()[0].outcome == "talk"
    with pytest.raises(ValueError, match="already settled as `talk`"):
        contacts.settle("a", "busy", NOON)


@pytest.mark.parametrize(("event_id", "outcome"), [("b", "talk"), ("a", "pending"), ("a", "answered")])
def test_only_what_is_reserved_is_settled_with_a_known_word(event_id: str, outcome: str) -> None:
    contacts = ledger(event("a", NOON, "pending"))
    with pytest.raises(ValueError, match="contact `"):
        contacts.settle(event_id, outcome, NOON)


@pytest.mark.parametrize("wrong", [{"channel": "telegraph"}, {"direction": "sideways"}, {"outcome": "answered"}])
def test_unknown_words_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="unknown word"):
        ContactLedger().reserve(event("a", NOON, **wrong))  # type: ignore[arg-type]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        ContactLedger().reserve(event("a", datetime(2026, 4, 14)))  # noqa: DTZ001


def test_what_is_settled_and_old_is_forgotten() -> None:
    old, kept = event("a", NOON - timedelta(days=9)), event("b", NOON)
    under_way = event("c", NOON - timedelta(days=9), "pending")
    contacts = ledger(old, kept, under_way)
    assert contacts.has_before(NOON - timedelta(days=1))
    contacts.forget(NOON - timedelta(days=1))
    assert not contacts.has_before(NOON - timedelta(days=1))
    assert contacts == ledger(kept, under_way)
    assert [one.event_id for one in contacts.events_of_person("P1")] == ["c", "b"]


@given(order=st.permutations(range(6)))
def test_the_order_of_booking_does_not_matter(order: list[int]) -> None:
    events = [event(f"e{n}", NOON + timedelta(minutes=n // 2)) for n in range(6)]
    assert ledger(*(events[n] for n in order)) == ledger(*events)
    assert ledger(*(events[n] for n in order)).events() == tuple(events)


def test_ledgers_differ_when_an_outcome_does() -> None:
    assert ledger(event("a", NOON, "busy")) != ledger(event("a", NOON, "talk"))


moves = st.lists(st.tuples(st.sampled_from(["reserve", "settle", "look", "without"]), st.integers(0, 40)), max_size=40)


@given(past=moves, future=moves)
def test_kept_contacts_count_like_any_others(past, future):
    live = ContactLedger()
    play(live, past, 0)
    again = ContactLedger.of(live.events())
    assert play(again, future, 100) == play(live, future, 100)
    assert again.events() == live.events()
    assert len(again) == len(live)
    assert again == live


def play(ledger, moves, start):
    """Do as told where it is possible; what was seen."""
    seen = []
    for number, (what, which) in enumerate(moves, start):
        pending = [one.event_id for one in ledger.events() if one.outcome == "pending"]
        if what == "reserve":
            ledger.reserve(
                ContactEvent(
                    f"e-{number}",
                    datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=which * 7 % 40 + start),
                    "call",
                    "outbound",
                    f"p-{which % 3}",
                    (f"cl-{which % 2}",),
                    f"n-{which % 4}",
                    "c",
                    "own",
                    "pending",
                )
            )
        elif what == "settle" and pending:
            at = datetime(2026, 11, 25, tzinfo=UTC) + timedelta(seconds=number)
            ledger.settle(pending[which % len(pending)], "no_answer", at)
        elif what == "without" and pending:
            with ledger.without(pending[which % len(pending)]):
                seen.append([one.event_id for one in ledger.events_of_person(f"p-{which % 3}")])
        else:
            scope, key = [("campaign", "c"), ("person", "p-1"), ("number", "n-2"), ("debt", "cl-0")][which % 4]
            track = ledger.track(scope, key)
            seen.append(([one.event_id for one in track.entries], track.last_end_s))
    return seen

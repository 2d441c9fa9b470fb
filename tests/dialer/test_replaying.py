"""Any moment of a journal can be gone back to, and what was decided then explained, from its lines alone."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dialer.disposition import Disposition
from dialer.record_codec import decode, encode
from dialer.records import (
    AgentChanged,
    AgentState,
    Claimed,
    Denied,
    Disposed,
    FactStated,
    Originated,
    PacingNoted,
    PackTexts,
    VerdictStage,
)
from dialer.replaying import Moment, explain_attempt, explain_moment, replay_until
from dialer.snapshot import Past
from tests.dialer.test_snapshot import a_past
from tests.fakes import SEOUL, TEN
from tests.strategies import ACCOUNTS, Choices, a_claim, a_journal, an_engine_state, journals

MINUTE = timedelta(minutes=1)


def a_moment():
    return Moment(Past(an_engine_state(), a_past().views), SEOUL)


@given(records=journals(), data=st.data())
def test_state_at_a_moment_is_that_of_the_records_up_to_it(records, data):
    lines = [encode(one) for one in records]
    at = TEN + timedelta(seconds=data.draw(st.integers(0, 200_000)))
    moment, expected = a_moment(), an_engine_state()
    rest = list(replay_until(lines, moment, lambda one: one.at > at))
    before = [one for one in records if one.at <= at]
    for record in before:
        expected.apply(record)
    assert moment.past.state == expected
    assert rest == records[len(before) :]


@given(records=journals())
def test_every_attempt_can_be_explained_and_every_moment(records):
    lines = [encode(one) for one in records]
    for record in records:
        if isinstance(record, Claimed):
            said = explain_attempt(lines, a_moment(), record.attempt_id)
            assert said[0].startswith(f"attempt {record.attempt_id}: account {record.account_id}")
            assert sum("Claimed" in line for line in said) == 1
    moment = a_moment()
    list(replay_until(lines, moment, lambda one: False))
    if records:
        assert explain_moment(moment)[0].endswith(f"after {len(records):,} records")


ACCOUNT = ACCOUNTS[0]
PERSON = ACCOUNT.person.person_id
TRIED = a_claim(TEN, "c-1", "c", ACCOUNT, Choices(0))
AGAIN = a_claim(TEN + 10 * MINUTE, "c-2", "c", ACCOUNT, Choices(0))
STORY = (
    PackTexts(TEN, AGAIN.pack_hash, (("house.rules", "pack x"),)),
    AgentChanged(TEN, "ag-1", "seoul", AgentState.IDLE, ("c",)),
    TRIED,
    Disposed(TEN + MINUTE, "c-1", "c", ACCOUNT.account_id, Disposition.NO_ANSWER, next_at=TEN + 5 * MINUTE),
    Denied(
        TEN + 6 * MINUTE, "c", ACCOUNT.account_id, PERSON, "n", VerdictStage.PICK, "house.hours", ("house.hours",),
        "lunch", TEN + 9 * MINUTE, "hash",
    ),
    FactStated(TEN + 7 * MINUTE, "c", PERSON, ACCOUNT.account_id, "person.note", "x"),
    PacingNoted(TEN + 10 * MINUTE, "c", "predictive", 3, 1, 0, "one agent is free", {"theta": 0.03}),
    AGAIN,
    Originated(TEN + 10 * MINUTE, "c-2", "c"),
    Disposed(TEN + 11 * MINUTE, "c-2", "c", ACCOUNT.account_id, Disposition.BUSY, next_at=TEN + 20 * MINUTE),
)  # fmt: skip


def test_explanation_names_schedule_rules_pacing_and_what_became_of_it():
    text = "\n".join(explain_attempt([encode(one) for one in STORY], a_moment(), "c-2"))
    for words in (
        "1 attempts before, 1 of them that day",
        "was no_answer, 1 in a row; next not before 2026-11-24 10:09:00.000",
        f"allowed by {AGAIN.pack_hash} (house.rules; their text is in the journal)",
        "contacts of the person that caps could count: 1 that day, 1 in seven days",
        "refused before, at 2026-11-24 10:06:00.000 by house.hours: lunch; next at 2026-11-24 10:09:00.000",
        "stated: person.note = x",
        "agents: 1 idle; open attempts: none",
        "3 calls, predictive: one agent is free",
        "theta 0.03",
        "Disposed: disposition busy",
    ):
        assert words in text, text


def test_attempt_that_the_journal_does_not_have_is_not_explained():
    assert explain_attempt([encode(one) for one in a_journal(30, 3)], a_moment(), "c-9999") == []


def test_line_is_read_once_on_the_way_to_a_moment():
    lines = iter([encode(one) for one in STORY])
    next(replay_until(lines, a_moment(), lambda one: one.at > TEN))
    assert decode(next(lines)) == STORY[4]

"""From accounts, memory and statements to the facts that rules read; cells to facts; facts through the journal."""

from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from collections_rules import FACT_TABLE, FactKind, PackSource, compile_rules
from dialer.disposition import Disposition
from dialer.model import Claim, NumberKind
from dialer.record_codec import decode, encode
from dialer.records import Disposed, FactStated, PromiseToPay
from dialer.rule_facts import RuleGate, fact_parsers, from_journal_value, to_journal_value
from tests.dialer.parts import a_state
from tests.fakes import TEN, an_account
from tests.strategies import Choices, a_claim

PACK = """\
pack test.house 2026.1
  clock    Asia/Seoul
rule test.hours  "시간"  "Hours"
  policy   manual 1
  open     Mon-Sun 09:00-20:00
rule test.daily  "하루 1회"  "One a day"
  policy   manual 2
  at most  1 contacts a day per person
"""
RULES = compile_rules([PackSource("house.rules", PACK)])
PARSERS = fact_parsers()
ACCOUNT = an_account(1, number_count=2, tier="A")


def a_gate(state=None, **fields):
    given = {"purpose": "collection", "default_zones": frozenset({"Asia/Seoul"})}
    return RuleGate("c", rules=RULES, state=state or a_state(), **{**given, **fields})


def values_of(account=ACCOUNT, gate=None, **fields):
    return (gate or a_gate()).facts(account, account.numbers[0], TEN, 24.0, **fields).values


# What rules may read.


def test_account_speaks_for_itself():
    values = values_of()
    assert values["debt.dpd"] == 30
    assert values["debt.balance"] == 100_000
    assert values["value.tier"] == "A"
    assert values["number.kind"] == "mobile"
    assert values["number"] == values["call.identifier"] == "n-1-1"
    assert (values["call.purpose"], values["call.topic"]) == ("collection", "c")


def test_purpose_of_a_campaign_is_said_in_the_words_of_rules():
    assert values_of(gate=a_gate(purpose="telesales"))["call.purpose"] == "sales"


def test_debt_is_judged_by_its_oldest_claim_and_by_all_of_its_balance():
    claims = (Claim("a", 500, "KRW", 10), Claim("b", 700, "KRW", 90), Claim("c", 1, "KRW"))
    values = values_of(evolve(ACCOUNT, claims=claims))
    assert (values["debt.dpd"], values["debt.balance"]) == (90, 1201)


def test_what_nobody_knows_is_left_out():
    account = evolve(ACCOUNT, claims=(), person=evolve(ACCOUNT.person, value_tier=""))
    values = values_of(account)
    assert not {"debt.dpd", "debt.balance", "value.tier", "promise.state", "person.attorney"} & set(values)


def test_asked_for_now_is_said_of_a_callback():
    assert values_of(is_asked_for=True)["call.asked_for_now"] is True
    assert values_of()["call.asked_for_now"] is False


def test_later_sources_go_before_earlier_ones():
    gate = a_gate(assumed={"person.attorney": "none", "person.deceased": False})
    account = evolve(ACCOUNT, facts={"person.attorney": "known"})
    assert values_of(account, gate)["person.attorney"] == "known"
    assert values_of(account, gate)["person.deceased"] is False
    gate.state.apply(FactStated(TEN, "c", "p-1", "acc-1", "person.attorney", "notified_in_writing"))
    assert values_of(account, gate)["person.attorney"] == "notified_in_writing"


def test_open_promise_is_a_fact_of_its_account_alone():
    state = a_state()
    promise = PromiseToPay(50_000, "KRW", date(2026, 12, 1))
    state.apply(a_claim(TEN, "c-1", "c", ACCOUNT, Choices(0)))
    state.apply(Disposed(TEN, "c-1", "c", "acc-1", Disposition.PROMISED, promise=promise, ends="promised"))
    values = values_of(gate=a_gate(state))
    assert (values["promise.state"], values["promise.due"]) == ("open", date(2026, 12, 1))
    assert "promise.state" not in values_of(an_account(2), a_gate(state))


@pytest.mark.parametrize(
    ("of_person", "of_number", "expected"),
    [
        ((), (), {"Asia/Seoul"}),
        (("America/Chicago",), (), {"America/Chicago"}),
        ((), ("Asia/Tokyo",), {"Asia/Tokyo"}),
        (("America/Chicago",), ("Asia/Tokyo",), {"America/Chicago", "Asia/Tokyo"}),
    ],
)
def test_every_zone_that_is_evidence_counts_and_the_default_only_without_any(of_person, of_number, expected):
    number = evolve(ACCOUNT.numbers[0], zones=of_number, kind=NumberKind.HOME)
    account = evolve(ACCOUNT, person=evolve(ACCOUNT.person, zones=of_person), numbers=(number,))
    assert a_gate().facts(account, number, TEN, 24.0).zones == expected


# Verdicts.


def judged(gate, at=TEN, **fields):
    return gate.judge(ACCOUNT, ACCOUNT.numbers[0], at, 24.0, **fields)


def test_call_that_already_counts_is_judged_without_itself():
    state = a_state()
    state.apply(a_claim(TEN, "c-1", "c", ACCOUNT, Choices(0)))
    gate = a_gate(state)
    assert not judged(gate).is_allowed
    assert judged(gate, own_attempt_id="c-1").is_allowed
    assert not judged(gate).is_allowed  # and counts again afterwards


def test_closed_hours_say_when_they_open():
    verdict = judged(a_gate(), TEN + timedelta(hours=12))
    assert (verdict.is_allowed, verdict.deciding_rule_id) == (False, "test.hours")
    assert verdict.next_eligible_at == datetime(2026, 11, 25, 0, 0, tzinfo=UTC)


# Through the journal.

moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
VALUES = {
    FactKind.FLAG: st.booleans(),
    FactKind.NUMBER: st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False),
    FactKind.DATE: st.dates(),
    FactKind.DATETIME: moments | st.dates(),
    FactKind.TEXT: st.text(max_size=10),
    FactKind.SET: st.frozensets(st.text(max_size=6), max_size=3),
    FactKind.HOURS: st.frozensets(st.text(max_size=6), max_size=3),
}
facts = st.sampled_from(sorted(FACT_TABLE)).flatmap(
    lambda name: st.tuples(
        st.just(name),
        st.sampled_from(FACT_TABLE[name].words)
        if FACT_TABLE[name].kind is FactKind.WORD
        else VALUES[FACT_TABLE[name].kind],
    )
)


@given(fact=facts)
def test_fact_reads_from_the_journal_as_it_was_stated(fact):
    name, value = fact
    record = FactStated(TEN, "c", "p-1", "acc-1", name, to_journal_value(value))
    read = from_journal_value(name, decode(encode(record)).value)
    assert read == value
    assert isinstance(read, datetime) == isinstance(value, datetime)


def test_fact_that_no_rule_knows_is_refused():
    with pytest.raises(ValueError, match=r"^unknown fact `person\.mood`$"):
        from_journal_value("person.mood", "bad")


# Cells of a list.


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("person.deceased", "Y", True),
        ("person.deceased", " 예 ", True),
        ("person.deceased", "FALSE", False),
        ("person.deceased", "아니오", False),
        ("debt.dpd", "90", 90),
        ("debt.dpd", "-1", -1),
        ("debt.balance", "1.5", 1.5),
        ("promise.due", "2026-11-24", date(2026, 11, 24)),
        ("lead.received", "2026-11-24T09:00+09:00", datetime(2026, 11, 24, tzinfo=UTC)),
        ("person.attorney", "known", "known"),
        ("person.stated_zone", "Asia/Seoul", "Asia/Seoul"),
        ("person.refused_channels", "sms; call;", frozenset({"sms", "call"})),
        ("person.refused_channels", "", frozenset()),
        ("person.excluded_hours", "Mon-Fri 09:00-14:00; Sat", frozenset({"Mon-Fri 09:00-14:00", "Sat"})),
    ],
)
def test_cell_becomes_the_fact_it_means(name, cell, value):
    parsed = PARSERS[name](cell)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("name", "cell", "message"),
    [
        ("person.deceased", "perhaps", "is neither yes nor no"),
        ("person.deceased", "", "is neither yes nor no"),
        ("debt.dpd", "ninety", "is not a number"),
        ("debt.dpd", "", "is not a number"),
        ("debt.dpd", "nan", "is not a number"),
        ("debt.dpd", "inf", "is not a number"),
        ("promise.due", "24.11.2026", "is not a date, like 2026-11-24"),
        ("promise.due", "2026-02-30", "is not a date, like 2026-11-24"),
        ("lead.received", "nine", "is not a moment, like 2026-11-24T09:00+09:00"),
        ("lead.received", "2026-11-24T09:00", "needs a time zone, like 2026-11-24T09:00+09:00"),
        ("person.attorney", "maybe", "is not one of none, known, notified_in_writing"),
        ("person.refused_offer_on", "", "is not a date, like 2026-11-24"),
        ("person.hardships_used", "medical; flu", "is not one of medical, wedding, death"),
    ],
)
def test_cell_that_cannot_be_meant_is_refused_with_what_could(name, cell, message):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 (the whole message is compared)
        PARSERS[name](cell)
    assert str(refused.value) == message


def test_every_fact_of_the_vocabulary_can_be_read_from_a_list():
    assert set(PARSERS) == set(FACT_TABLE)

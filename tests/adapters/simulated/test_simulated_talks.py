"""Conversations: what a sales row or a debt makes of a talk."""

from collections import Counter
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from scipy import stats

from adapters.simulated.conversations import Talks
from adapters.simulated.fates import Conversation, Pace, Party
from adapters.simulated.people import People
from dialer.disposition import DISPOSITIONS, Disposition, HungUpBy
from dialer.model import Account
from tests.adapters.simulated.samples import TEN, ZONE, account, answered, assuming, assumptions, card

A = assumptions()
D = Disposition
TALKS = Talks(assumptions(), ZoneInfo(ZONE))
NO_SHORT_CUTS = {"cut_off": {"share": 0.0}, "opt_out": {"share": 0.0}, "callback": {"share": 0.0}}
PLAIN = Talks(assuming(telesales=NO_SHORT_CUTS), ZoneInfo(ZONE))


def talk(
    one: Account,
    seed: int,
    purpose: str = "telesales",
    party: Party = Party.RIGHT,
    contact: int = 1,
    talks: Talks = TALKS,
    at: datetime = TEN,
    pace: Pace = Pace(),  # noqa: B008
    is_callback: bool = False,
) -> Conversation:
    return talks.draw(Random(seed), card(one, purpose, is_callback=is_callback), purpose, party, contact, at, pace)


def many(one: Account, count: int = 2000, **values) -> list[Conversation]:
    return [talk(one, seed, **values) for seed in range(count)]


def results(talks: list[Conversation]) -> Counter[Disposition]:
    return Counter(one.report.disposition for one in talks)


# Sales.


def test_last_contact_of_a_row_that_sold_sells_and_lasts_as_the_row_says():
    row = account(campaign_contacts="2", talk_s="640", sold="yes")
    for seed in range(50):
        sale = talk(row, seed, contact=2, talks=PLAIN)
        assert sale.report.disposition is D.SOLD
        assert sale.talk_s == 640.0


def test_earlier_contacts_of_a_row_sell_nothing():
    row = account(campaign_contacts="3", talk_s="640", sold="yes")
    assert D.SOLD not in results(many(row, 500, contact=1)) + results(many(row, 500, contact=2))


def test_contacts_after_the_last_one_of_a_row_sell_nothing_more():
    row = account(campaign_contacts="1", talk_s="640", sold="yes")
    assert D.SOLD not in results(many(row, 500, contact=2))


def test_row_that_did_not_sell_never_sells_and_lasts_as_the_row_says():
    row = account(campaign_contacts="1", talk_s="75", sold="no")
    plain = many(row, 500, contact=1, talks=PLAIN)
    assert set(results(plain)) == {D.REFUSED, D.RIGHT_PARTY}
    assert {one.talk_s for one in plain} == {75.0}


def test_today_is_each_contact_of_a_row_alike():
    row = account(campaign_contacts="4")
    firsts = Counter(TALKS.first_contact(row, index / 400) for index in range(400))
    assert firsts == {1: 100, 2: 100, 3: 100, 4: 100}
    assert TALKS.first_contact(account(), 0.99) == 1


@pytest.mark.slow
def test_without_columns_the_fitted_hazard_sells():
    first, kept = A.telesales.sale_at_first_contact.share, A.telesales.sale_kept_per_contact.share
    talks = many(account(), 6000, talks=PLAIN)
    assert stats.binomtest(results(talks)[D.SOLD], 6000, first).pvalue > 0.001
    third = many(account(), 6000, talks=PLAIN, contact=3)
    assert stats.binomtest(results(third)[D.SOLD], 6000, first * kept**2).pvalue > 0.001


def test_talk_without_columns_has_the_fitted_mean():
    lengths = [one.talk_s for one in many(account(), 6000, talks=PLAIN) if one.report.disposition is not D.SOLD]
    mean = sum(lengths) / len(lengths)
    assert mean == pytest.approx(A.telesales.talk_other.mean_s, rel=0.05)


@pytest.mark.parametrize("nonsense", ["", "-3", "many", "nan", "inf"])
def test_column_that_holds_no_number_is_as_none(nonsense):
    assert talk(account(campaign_contacts=nonsense, talk_s=nonsense), 3) == talk(account(), 3)


def test_results_of_sales_talks_are_as_frequent_as_assumed():
    counts = results(many(account(campaign_contacts="1", sold="no"), 5000))
    laws = A.telesales
    rest = 1 - laws.cut_off.share
    shares = {
        D.CUT_OFF: laws.cut_off.share,
        D.OPTED_OUT: rest * laws.opt_out.share,
        D.CALLBACK: rest * laws.callback.share,
        D.REFUSED: rest * laws.refused.share,
    }
    shares[D.RIGHT_PARTY] = 1 - sum(shares.values())
    seen, expected = [counts[key] for key in shares], [5000 * share for share in shares.values()]
    assert sum(seen) == 5000
    assert stats.chisquare(seen, expected).pvalue > 0.001


def test_who_asked_for_the_call_does_not_hang_up_on_it():
    assert D.CUT_OFF not in results(many(account(), 500, is_callback=True))


def test_opt_out_and_refusal_state_facts():
    talks = many(account(campaign_contacts="1", sold="no"), 2000)
    stated = {one.report.disposition: one.report.facts for one in talks}
    assert stated[D.OPTED_OUT] == {"person.opted_out": True, "person.no_call": True}
    assert stated[D.REFUSED] == {"person.refused_offer": True, "person.refused_offer_on": date(2026, 11, 24)}
    assert stated[D.RIGHT_PARTY] == {}


# Collection.


@pytest.mark.parametrize("days", [5, 45, 75, 120])
def test_promises_fall_with_days_past_due(days):
    assert list(A.collection.promise.values) == sorted(A.collection.promise.values, reverse=True)
    counts = results(many(account(days=days), 3000, purpose="collection"))
    spoken = 3000 - counts[D.CUT_OFF]
    assert stats.binomtest(counts[D.PROMISED], spoken, A.collection.promise.at(days)).pvalue > 0.001


def test_person_who_will_default_promises_less():
    row = account(days=45, default_next_month="1")
    counts = results(many(row, 3000, purpose="collection"))
    share = A.collection.promise.at(45)
    odds = share / (1 - share) * A.collection.promise_odds_defaulter.value
    assert stats.binomtest(counts[D.PROMISED], 3000 - counts[D.CUT_OFF], odds / (1 + odds)).pvalue > 0.001


def test_promise_is_round_within_the_balance_and_ahead():
    row = account(days=45, balance=1_234_567)
    promises = [one.report.promise for one in many(row, 1000, purpose="collection") if one.report.promise]
    today = date(2026, 11, 24)
    assert len(promises) > 200
    for promise in promises:
        assert promise.currency == "KRW"
        assert 1000 <= promise.amount_minor <= 1_234_567
        assert promise.amount_minor % 1000 == 0 or promise.amount_minor == 1_234_567
        assert today < promise.due_date <= today + timedelta(days=30)


def test_promise_stands_in_the_report_with_its_amount():
    promised = [one.report for one in many(account(days=5), 50, purpose="collection") if one.report.promise]
    for report in promised:
        assert report.disposition is D.PROMISED
        assert (report.amount_minor, report.currency) == (report.promise.amount_minor, "KRW")


def test_tiny_balance_is_promised_whole():
    row = account(days=5, balance=300)
    amounts = {one.report.promise.amount_minor for one in many(row, 100, purpose="collection") if one.report.promise}
    assert amounts == {300}


def test_lawyers_and_illness_are_stated_and_leave_no_result_of_their_own():
    rare = assuming(collection={"attorney": {"share": 0.3}, "hardship": {"share": 0.3}})
    talks = many(account(days=45), 500, purpose="collection", talks=Talks(rare, ZoneInfo(ZONE)))
    facts = [dict(one.report.facts) for one in talks if one.report.facts]
    assert {"person.attorney": "known"} in facts
    assert {"person.hardship": "medical", "person.hardship_confirmed": date(2026, 11, 24)} in facts
    assert {one.report.disposition for one in talks if one.report.facts} == {D.RIGHT_PARTY}


# Both.


@pytest.mark.parametrize(
    ("party", "disposition"),
    [(Party.THIRD, D.THIRD_PARTY), (Party.WRONG, D.WRONG_PERSON), (Party.MACHINE, D.MACHINE)],
)
@pytest.mark.parametrize("purpose", ["telesales", "collection"])
def test_somebody_else_makes_a_short_talk_without_result(party, disposition, purpose):
    talks = many(account(days=45), 300, purpose=purpose, party=party)
    assert set(results(talks)) == {disposition}
    assert max(one.talk_s for one in talks) <= 180.0
    assert not any(one.report.promise or one.report.facts for one in talks)


def test_person_who_hears_who_calls_and_leaves_ended_the_call():
    cut = [one for one in many(account(), 500) if one.report.disposition is D.CUT_OFF]
    assert {one.hung_up_by for one in cut} == {HungUpBy.PERSON}
    assert max(one.talk_s for one in cut) <= 25.0


def test_every_result_is_one_that_follows_a_connected_call_or_a_missed_machine():
    for purpose in ("telesales", "collection"):
        for disposition in results(many(account(days=45), 1000, purpose=purpose)):
            assert DISPOSITIONS[disposition].is_connected


def callbacks(at: datetime) -> list[datetime]:
    always = assuming(telesales={"cut_off": {"share": 0.0}, "opt_out": {"share": 0.0}, "callback": {"share": 1.0}})
    talks = many(account(campaign_contacts="1", sold="no"), 400, talks=Talks(always, ZoneInfo(ZONE)), at=at)
    return [one.report.callback_due_at for one in talks if one.report.callback_due_at]


def test_callbacks_are_asked_for_round_times_when_somebody_is_there():
    for hour in range(0, 11, 2):
        at = TEN + timedelta(hours=hour)
        due = [one.astimezone(ZoneInfo(ZONE)) for one in callbacks(at)]
        assert len(due) == 400
        for one in due:
            assert one > at
            assert (one.minute % 10, one.second) == (0, 0)
            assert 9 <= one.hour < 20
            assert one.date() - at.astimezone(ZoneInfo(ZONE)).date() <= timedelta(days=1)


def test_callbacks_of_the_morning_are_mostly_for_the_same_day():
    due = [one.astimezone(ZoneInfo(ZONE)).date() for one in callbacks(TEN)]
    assert stats.binomtest(due.count(date(2026, 11, 24)), 400, A.callback.today.share).pvalue > 0.001


def test_pace_of_the_agent_stretches_talk_and_wrap_up():
    plain, slow = talk(account(), 3), talk(account(), 3, pace=Pace(2.0, 3.0))
    assert slow.talk_s == pytest.approx(2 * plain.talk_s)
    assert slow.wrap_up_s == pytest.approx(3 * plain.wrap_up_s)
    assert slow.report == plain.report


def test_second_talk_of_the_day_is_the_next_contact_of_the_row():
    plain = assuming(telesales=NO_SHORT_CUTS)
    found = set()
    for index in range(200):
        people = People(plain, 1, ZONE)
        row = account(index, campaign_contacts="2", talk_s="640", sold="yes")
        people.add("telesales", "telesales", [row])
        pair = [
            people.converse(card(row, attempt_id=f"{index}-{n}"), answered(), TEN).report.disposition is D.SOLD
            for n in range(2)
        ]
        found.add(tuple(pair))
    assert found == {(True, False), (False, True)}


def test_talk_with_somebody_else_is_no_contact_with_the_person():
    plain = assuming(telesales=NO_SHORT_CUTS)
    people, row = People(plain, 1, ZONE), account(campaign_contacts="1", talk_s="640", sold="yes")
    people.add("telesales", "telesales", [row])
    people.converse(card(row, attempt_id="a-1"), answered(Party.THIRD), TEN)
    assert people.converse(card(row, attempt_id="a-2"), answered(), TEN).report.disposition is D.SOLD

"""Calls that are answered: who gets an agent, who does not, and what is said of each."""

from datetime import date, timedelta

import pytest
import trio

from dialer.call import CallLimits
from dialer.disposition import Disposition, HungUpBy
from dialer.ports import AgentReport
from dialer.records import Answered, AnsweredBy, Detected, FactStated, PromiseToPay, TalkEnded
from tests.dialer.parts import Parts
from tests.fakes import TEN, FakeDesk, FarEnd

# Answered at 6 s; the greeting ends at 7 s; the switch says at 7.5 s who it was.
PERSON = FarEnd(after_s=6.0, greets_s=1.0, detects_s=0.5)
GREETING_ENDED_S = 7.0


async def test_person_is_connected_to_the_agent_who_is_free(autojump_clock):
    parts = Parts()
    parts.log_in(desk=FakeDesk(talk_s=60.0, wrap_s=10.0))
    assert await parts.call(PERSON) is Disposition.RIGHT_PARTY
    assert trio.current_time() == pytest.approx(7.5 + 60.0 + 10.0)
    assert parts.kinds == ["Claimed", "Originated", "Answered", "Detected", "Connected", "TalkEnded", "Disposed"]
    assert parts.agent_states() == ["idle", "reserved", "talking", "wrap_up", "idle"]
    assert parts.disposed.agent_id == "ag-1"


async def test_records_of_a_talk_say_how_long_each_part_took(autojump_clock):
    parts = Parts()
    parts.log_in(desk=FakeDesk(talk_s=60.0))
    await parts.call(PERSON)
    (answered,), (detected,), (talk,) = parts.of(Answered), parts.of(Detected), parts.of(TalkEnded)
    assert (answered.at, answered.ring_s) == (TEN + timedelta(seconds=6), 6.0)
    assert detected.greeting_ended_at == TEN + timedelta(seconds=GREETING_ENDED_S)
    assert parts.connected.wait_s == 0.5
    assert (talk.talk_s, talk.hung_up_by) == (60.0, HungUpBy.US)
    assert parts.disposed.wait_s == 0.5


async def test_line_is_freed_before_the_wrap_up(autojump_clock):
    parts = Parts()
    parts.log_in(desk=FakeDesk(talk_s=60.0, wrap_s=100.0))
    with trio.move_on_after(70.0):
        await parts.call(PERSON)
    assert parts.lines_freed == 1
    assert parts.trunk.open_count == 0


async def test_person_who_hangs_up_ends_the_talk_and_the_agent_still_says_what_it_was(autojump_clock):
    parts = Parts()
    parts.log_in(desk=FakeDesk(talk_s=60.0, wrap_s=10.0, report=AgentReport(Disposition.CUT_OFF)))
    assert await parts.call(FarEnd(stays_s=21.5)) is Disposition.CUT_OFF
    (talk,) = parts.of(TalkEnded)
    assert (talk.talk_s, talk.hung_up_by) == (20.0, HungUpBy.PERSON)
    assert trio.current_time() == pytest.approx(6.0 + 21.5 + 10.0)
    assert parts.disposed.hung_up_by is HungUpBy.PERSON


async def test_trunk_lost_while_talking_ends_the_talk_and_the_agent_still_says_what_it_was(autojump_clock):
    parts = Parts()
    parts.log_in(desk=FakeDesk(talk_s=60.0))
    parts.trunk.lose(27.5)
    assert await parts.call(PERSON) is Disposition.RIGHT_PARTY
    (talk,) = parts.of(TalkEnded)
    assert (talk.talk_s, talk.hung_up_by) == (20.0, HungUpBy.NETWORK)


@pytest.mark.parametrize(
    "disposition",
    [
        Disposition.RIGHT_PARTY,
        Disposition.THIRD_PARTY,
        Disposition.WRONG_PERSON,
        Disposition.REFUSED,
        Disposition.OPTED_OUT,
        Disposition.CALLBACK,
        Disposition.PROMISED,
        Disposition.SOLD,
        Disposition.CUT_OFF,
    ],
)
async def test_disposition_is_what_the_agent_says(autojump_clock, disposition):
    parts = Parts()
    parts.log_in(desk=FakeDesk(report=AgentReport(disposition)))
    assert await parts.call(PERSON) is disposition
    assert parts.disposed.disposition is disposition


async def test_what_the_agent_reports_stands_in_the_records(autojump_clock):
    parts = Parts()
    promise = PromiseToPay(50_000, "KRW", date(2026, 12, 1))
    due_at = TEN + timedelta(hours=3)
    report = AgentReport(
        Disposition.PROMISED,
        amount_minor=50_000,
        currency="KRW",
        promise=promise,
        callback_due_at=due_at,
        facts={
            "person.opted_out": True,
            "person.refused_offer_on": date(2026, 11, 3),
            "person.excluded_numbers": frozenset({"b", "a"}),
        },
    )
    parts.log_in(desk=FakeDesk(report=report))
    await parts.call(PERSON)
    record = parts.disposed
    assert (record.amount_minor, record.currency, record.promise) == (50_000, "KRW", promise)
    assert [(one.person_id, one.name, one.value, one.attempt_id) for one in parts.of(FactStated)] == [
        ("p-1", "person.opted_out", True, "c-1"),
        ("p-1", "person.refused_offer_on", "2026-11-03", "c-1"),
        ("p-1", "person.excluded_numbers", ("a", "b"), "c-1"),
    ]
    assert parts.kinds[-1] == "Disposed"
    assert parts.plans_with == [(Disposition.PROMISED, report)]


async def test_fact_that_no_rule_can_read_is_refused_and_the_attempt_still_has_its_disposition(autojump_clock):
    parts = Parts()
    facts = {"person.opted_out": True, "person.hat_size": 58}
    parts.log_in(desk=FakeDesk(report=AgentReport(Disposition.REFUSED, facts=facts)))
    with pytest.raises(ValueError, match=r"what no rule can read: unknown fact `person\.hat_size`"):
        await parts.call(PERSON)
    assert [one.name for one in parts.of(FactStated)] == ["person.opted_out"]  # what can be read is not lost with it
    assert parts.disposed.disposition is Disposition.REFUSED
    assert parts.agents.idle_count("c") == 1


async def test_agent_reserved_beforehand_takes_the_call_though_another_has_been_idle_longer(autojump_clock):
    parts = Parts()
    parts.log_in("ag-1")
    await trio.sleep(1.0)
    desk = parts.log_in("ag-2")
    await parts.call(PERSON, agent=parts.agents.take_nowait("c", "c-1", prefer="ag-2"))
    assert [card.attempt_id for card in desk.cards] == ["c-1"]
    assert parts.agents.idle_count("c") == 2


# Machines.


async def test_machine_is_hung_up_on_and_the_reserved_agent_given_back(autojump_clock):
    parts = Parts()
    parts.log_in()
    agent = parts.agents.take_nowait("c", "c-1")
    assert await parts.call(FarEnd(detected=AnsweredBy.MACHINE), agent=agent) is Disposition.MACHINE
    assert trio.current_time() == pytest.approx(7.5)
    assert parts.agent_states() == ["idle", "reserved", "idle"]
    assert parts.disposed.hung_up_by is HungUpBy.US


async def test_person_taken_for_a_machine_is_a_false_machine_when_the_audit_says_so(autojump_clock):
    parts = Parts()
    parts.log_in()
    far_end = FarEnd(detected=AnsweredBy.MACHINE, is_false_machine=True)
    assert await parts.call(far_end) is Disposition.FALSE_MACHINE
    counters = parts.journal.state.campaigns["c"].counters
    assert (counters.abandoned, counters.answered_by_person) == (1, 1)


async def test_unknown_counts_as_a_person(autojump_clock):
    parts = Parts()
    parts.log_in()
    assert await parts.call(FarEnd(detected=AnsweredBy.UNKNOWN)) is Disposition.RIGHT_PARTY


# Nobody free.


async def test_call_is_abandoned_two_seconds_after_the_greeting_when_no_agent_is_free(autojump_clock):
    parts = Parts(limits=CallLimits(connect_s=2.0, safe_harbor_message="sorry"))
    assert await parts.call(PERSON) is Disposition.ABANDONED
    (leg,) = parts.trunk.legs
    assert leg.played == ["sorry"]
    assert trio.current_time() == pytest.approx(GREETING_ENDED_S + 2.0 + 9.0)
    assert parts.kinds == ["Claimed", "Originated", "Answered", "Detected", "Disposed"]


async def test_message_is_played_from_the_limit_on_and_not_before(autojump_clock):
    parts = Parts()
    await parts.call(PERSON)
    assert parts.trunk.legs[0].played_mono == [pytest.approx(GREETING_ENDED_S + 2.0)]


@pytest.mark.parametrize(("free_at_s", "is_connected"), [(8.999, True), (9.001, False)])
async def test_agent_who_comes_free_within_the_limit_takes_the_person(autojump_clock, free_at_s, is_connected):
    parts = Parts()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_log_in_at, parts, free_at_s)
        disposition = await parts.call(PERSON)
    assert disposition is (Disposition.RIGHT_PARTY if is_connected else Disposition.ABANDONED)
    assert parts.trunk.legs[0].played == ([] if is_connected else ["safe-harbor"])
    if is_connected:
        assert parts.connected.wait_s == pytest.approx(1.999)


async def test_limit_runs_from_the_end_of_the_greeting_and_not_from_the_answer(autojump_clock):
    parts = Parts(limits=CallLimits(connect_s=2.0))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_log_in_at, parts, 12.9)
        assert await parts.call(FarEnd(after_s=6.0, greets_s=5.0)) is Disposition.RIGHT_PARTY
    assert parts.connected.wait_s == pytest.approx(1.9)


@pytest.mark.parametrize(
    ("leaves_at_s", "disposition"),
    [(7.2, "hung_up_early"), (8.999, "hung_up_early"), (9.001, "abandoned"), (12.0, "abandoned")],
)
async def test_person_who_leaves_before_the_limit_hung_up_early_and_after_it_was_abandoned(
    autojump_clock, leaves_at_s, disposition
):
    parts = Parts()
    assert await parts.call(FarEnd(stays_s=leaves_at_s - 6.0)) is Disposition(disposition)
    assert trio.current_time() == pytest.approx(leaves_at_s)
    assert parts.disposed.hung_up_by is HungUpBy.PERSON


async def test_person_who_leaves_during_their_own_greeting_hung_up_early(autojump_clock):
    parts = Parts()
    parts.log_in()
    assert await parts.call(FarEnd(stays_s=0.4)) is Disposition.HUNG_UP_EARLY
    assert parts.agent_states() == ["idle"]


@pytest.mark.parametrize(
    ("detects_s", "disposition"), [(1.999, "right_party"), (2.0, "right_party"), (2.001, "abandoned")]
)
@pytest.mark.parametrize("is_reserved", [True, False])
async def test_person_told_from_a_machine_after_the_limit_is_abandoned_though_an_agent_is_free(
    autojump_clock, detects_s, disposition, is_reserved
):
    parts = Parts(limits=CallLimits(connect_s=2.0))
    parts.log_in()
    agent = parts.agents.take_nowait("c", "c-1") if is_reserved else None
    assert await parts.call(FarEnd(detects_s=detects_s), agent=agent) is Disposition(disposition)
    is_late = disposition == "abandoned"
    assert parts.trunk.legs[0].played == (["safe-harbor"] if is_late else [])
    assert parts.agents.idle_count("c") == 1
    assert parts.disposed.wait_s == pytest.approx(detects_s)


@pytest.mark.parametrize(("stays_s", "disposition"), [(2.999, "hung_up_early"), (3.001, "abandoned")])
async def test_person_who_leaves_before_anybody_knew_who_they_are_had_three_seconds_from_the_answer(
    autojump_clock, stays_s, disposition
):
    parts = Parts(limits=CallLimits(connect_s=2.0))
    parts.log_in()
    assert await parts.call(FarEnd(detects_s=30.0, stays_s=stays_s)) is Disposition(disposition)


@pytest.mark.parametrize(("stays_s", "wait_s"), [(2.0, 1.0), (90.0, 2.0)])
async def test_wait_of_a_person_without_agent_ends_with_the_limit(autojump_clock, stays_s, wait_s):
    parts = Parts()
    await parts.call(FarEnd(greets_s=1.0, stays_s=stays_s))
    assert parts.disposed.wait_s == pytest.approx(wait_s)


@pytest.mark.parametrize("lost_at_s", [6.5, 8.0, 10.0])
async def test_trunk_lost_after_the_answer_does_not_erase_the_abandonment(autojump_clock, lost_at_s):
    parts = Parts()
    parts.trunk.lose(lost_at_s)
    assert await parts.call(PERSON) is Disposition.ABANDONED
    assert parts.disposed.hung_up_by is HungUpBy.NETWORK


async def test_third_verdict_that_denies_abandons_with_the_message_and_gives_the_agent_back(autojump_clock):
    parts = Parts(may_connect=False)
    parts.log_in()
    agent = parts.agents.take_nowait("c", "c-1")
    assert await parts.call(PERSON, agent=agent) is Disposition.ABANDONED
    assert parts.trunk.legs[0].played == ["safe-harbor"]
    assert parts.agent_states() == ["idle", "reserved", "idle"]


# What goes wrong on our side.


async def test_desk_that_breaks_leaves_an_agent_lost_and_the_agent_free(autojump_clock):
    parts = Parts()
    parts.log_in(desk=FakeDesk(is_broken=True))
    with pytest.raises(RuntimeError, match="the desk broke"):
        await parts.call(PERSON)
    assert parts.disposed.disposition is Disposition.AGENT_LOST
    assert parts.agents.idle_count("c") == 1
    assert parts.trunk.open_count == 0


@pytest.mark.parametrize(
    ("stop_at_s", "disposition"),
    [(6.5, "abandoned"), (8.0, "abandoned"), (10.0, "abandoned")],
)
async def test_stop_after_the_answer_leaves_the_person_abandoned(autojump_clock, stop_at_s, disposition):
    parts = Parts()
    with trio.move_on_after(stop_at_s):
        await parts.call(PERSON)
    assert parts.disposed.disposition is Disposition(disposition)


@pytest.mark.parametrize("stop_at_s", [20.0, 70.0])
async def test_stop_during_talk_or_wrap_up_loses_the_agent_s_word(autojump_clock, stop_at_s):
    parts = Parts()
    parts.log_in(desk=FakeDesk(talk_s=60.0, wrap_s=10.0))
    with trio.move_on_after(stop_at_s):
        await parts.call(PERSON)
    assert parts.disposed.disposition is Disposition.AGENT_LOST
    assert parts.agents.idle_count("c") == 1


async def _log_in_at(parts, mono):
    await trio.sleep_until(mono)
    parts.log_in()

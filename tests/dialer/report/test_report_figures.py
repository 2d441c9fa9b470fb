"""A tiny journal whose figures are worked out by hand, and sums that hold for any day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.disposition import DISPOSITIONS, Disposition, HungUpBy
from dialer.records import (
    AgentChanged,
    AgentState,
    Answered,
    AnsweredBy,
    Claimed,
    Closed,
    Connected,
    Denied,
    Detected,
    Disposed,
    ListEnrolled,
    Opened,
    Originated,
    PacingNoted,
    PromiseToPay,
    Record,
    TalkEnded,
    VerdictStage,
)
from dialer.report import CampaignContext, DayFigures, ReportContext, summarize
from dialer.report.counts import Counts, Ratio, total_of
from dialer.report.series import BIN_S, StepSeries
from tests.dialer.report.sample_day import CONTEXT, sample_day

NINE = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)  # 09:00 in Seoul
TINY = ReportContext(
    campaigns=(CampaignContext(campaign_id="c", abandonment_limit=0.03, account_count=10, currency="KRW"),),
    line_counts={"t": 2},
)


def at(s: float) -> datetime:
    return NINE + timedelta(seconds=s)


def call(
    name: str,
    start: float,
    how: Disposition,
    *,
    account: str = "",
    end: float = 0.0,
    agent: str = "a1",
    talk_s: float = 60.0,
    is_callback: bool = False,
    **more: object,
) -> list[Record]:
    """The records of one legal attempt that ended as `how`: answered after 10 s, connected, if at all, after 12."""
    account = account or name
    traits = DISPOSITIONS[how]
    records: list[Record] = [
        Claimed(
            at(start), name, "c", account, account, (), "n", "t", "02", "pack", "predictive", is_callback=is_callback
        )
    ]
    end = end or start + 20
    if how is not Disposition.NOT_PLACED:
        records.append(Originated(at(start), name, "c"))
    if traits.is_answered_by_person or how is Disposition.MACHINE:
        taken_for = AnsweredBy.MACHINE if how in (Disposition.MACHINE, Disposition.FALSE_MACHINE) else AnsweredBy.HUMAN
        records += [
            Answered(at(start + 10), name, "c", 10.0),
            Detected(at(start + 11), name, "c", taken_for, at(start + 11)),
        ]
    if traits.is_connected:
        records += [
            AgentChanged(at(start + 12), agent, "site", AgentState.TALKING, ("c",), name),
            Connected(at(start + 12), name, "c", agent, 1.0),
            TalkEnded(at(start + 12 + talk_s), name, "c", agent, talk_s, HungUpBy.PERSON),
            AgentChanged(at(start + 12 + talk_s), agent, "site", AgentState.WRAP_UP, ("c",), name),
            AgentChanged(at(start + 42 + talk_s), agent, "site", AgentState.IDLE, ("c",)),
        ]
        end = start + 42 + talk_s
    records.append(
        Disposed(at(end), name, "c", account, how, agent_id=agent if traits.is_connected else None, **more)  # type: ignore[arg-type]
    )
    return records


def denied(s: float, account: str, rule: str) -> Denied:
    return Denied(
        at=at(s),
        campaign_id="c",
        account_id=account,
        person_id=account,
        number_id="n",
        stage=VerdictStage.PICK,
        rule_id=rule,
        rule_ids=(rule,),
        reason="as the rule says",
        next_eligible_at=None,
        pack_hash="pack",
    )


def in_order(*groups: list[Record]) -> list[Record]:
    return sorted((record for group in groups for record in group), key=lambda record: record.at)


def tiny_day() -> list[Record]:
    """One agent, five calls, one of them a callback; two accounts refused, one of them dialed later."""
    promise = PromiseToPay(50_000, "KRW", date(2026, 11, 30))
    return in_order(
        [
            Opened(at(-1), "0.1.0", "cfg", "Asia/Seoul"),
            ListEnrolled(at(0), "c", 8, "hash"),
            AgentChanged(at(0), "a1", "site", AgentState.IDLE, ("c",)),
            denied(1, "held", "kr.cap"),
            denied(2, "late", "kr.hours"),
            denied(3, "held", "kr.cap"),
            PacingNoted(at(5), "c", "progressive", 1, 1, 0, "warming up"),
            PacingNoted(at(6), "c", "predictive", 1, 1, 3, "target in sight"),
        ],
        call("1", 100, Disposition.PROMISED, promise=promise),  # talks 112 to 172, wraps until 202
        call("2", 100.5, Disposition.ABANDONED),
        call("3", 400, Disposition.NO_ANSWER, account="late"),
        call("4", 1000, Disposition.CALLBACK, account="asker", next_at=at(2000), is_next_callback=True),
        call("5", 2100, Disposition.MACHINE, account="asker", is_callback=True),
        [
            AgentChanged(at(2400), "a1", "site", AgentState.ON_BREAK),
            AgentChanged(at(3000), "a1", "site", AgentState.LOGGED_OUT),
            Closed(at(3600)),
        ],
    )


def tiny_counts() -> Counts:
    return summarize(tiny_day(), TINY).campaigns[0].counts


def test_calls_of_a_tiny_day_are_counted_by_how_they_ended():
    counts = tiny_counts()
    assert (counts.attempt_count, counts.placed_count, counts.retry_count) == (5, 5, 1)
    assert (counts.answered_by_person, counts.answered_by_machine, counts.connected_count) == (3, 1, 2)
    assert (counts.right_party, counts.success) == (2, 1)
    assert counts.promised_minor == {"KRW": 50_000}
    assert counts.sold_minor == {}
    assert counts.calls_per_connected == 2.5


def test_abandonment_is_a_ratio_of_integers_over_answers_of_people():
    assert tiny_counts().abandonment == Ratio(1, 3)


@pytest.mark.parametrize(("abandoned", "exceeds"), [(96, False), (97, True)])
def test_three_percent_of_3200_answers_is_96_and_not_97(abandoned, exceeds):
    assert Ratio(abandoned, 3200).exceeds(0.03) is exceeds


def test_a_false_machine_is_abandoned_and_answered_by_a_person():
    day = summarize(in_order(call("1", 0, Disposition.FALSE_MACHINE), call("2", 1, Disposition.MACHINE)), TINY)
    assert day.total.counts.abandonment == Ratio(1, 1)
    assert day.total.counts.answered_by_machine == 1
    assert day.is_consistent


def test_the_list_of_the_journal_counts_and_not_the_one_of_the_settings():
    counts = tiny_counts()
    assert counts.account_count == 8
    assert counts.penetration == Ratio(4, 8)


def test_an_account_refused_and_dialed_later_was_not_held_back():
    counts = tiny_counts()
    assert counts.denials == {"kr.cap": 2, "kr.hours": 1}
    assert counts.denied_accounts == {"kr.cap": 1, "kr.hours": 1}
    assert counts.held_accounts == {"kr.cap": 1}


def test_an_account_shows_the_best_of_its_calls():
    best = tiny_counts().best_outcomes
    assert best == {
        Disposition.PROMISED: 1,
        Disposition.ABANDONED: 1,
        Disposition.NO_ANSWER: 1,
        Disposition.CALLBACK: 1,  # and not the machine that answered afterwards
    }


@pytest.mark.parametrize(("placed_s", "kept"), [(1400, 1), (1399, 0), (2600, 1), (2601, 0)])
def test_a_callback_is_kept_within_ten_minutes_of_the_time_asked_for(placed_s, kept):
    asked = call("1", 0, Disposition.CALLBACK, account="x", next_at=at(2000), is_next_callback=True)
    counts = summarize(
        in_order(asked, call("2", placed_s, Disposition.NO_ANSWER, account="x", is_callback=True)), TINY
    ).total.counts
    assert (counts.callback_asked_count, counts.callback_due_count, counts.callback_kept_count) == (1, 1, kept)


def test_a_callback_due_after_the_end_of_the_day_is_asked_and_not_due():
    asked = call("1", 0, Disposition.CALLBACK, next_at=at(90_000), is_next_callback=True)
    counts = summarize(asked, TINY).total.counts
    assert (counts.callback_asked_count, counts.callback_due_count) == (1, 0)


def test_agents_time_is_split_by_state():
    counts = tiny_counts()
    # Two talks of 60 s and two wrap-ups of 30 s; logged in 3000 s, of which the last 600 on break.
    assert counts.agent_s[AgentState.TALKING] == pytest.approx(120)
    assert counts.agent_s[AgentState.WRAP_UP] == pytest.approx(60)
    assert counts.agent_s[AgentState.ON_BREAK] == pytest.approx(600)
    assert counts.agent_s[AgentState.IDLE] == pytest.approx(2400 - 180)
    assert counts.occupancy.value == pytest.approx(180 / 2400)
    assert counts.utilisation.value == pytest.approx(180 / 3000)
    assert (counts.mean_talk_s, counts.mean_wrap_up_s, counts.mean_wait_s) == (60, 30, 1)
    assert counts.idle_s_per_call == pytest.approx(1110)
    assert counts.right_party_per_agent_hour == pytest.approx(2 / (3000 / 3600))


def test_an_agent_of_two_campaigns_gives_each_half_of_the_waiting_and_the_call_to_its_own():
    day = in_order(
        [
            AgentChanged(at(0), "a1", "site", AgentState.IDLE, ("c", "d")),
            AgentChanged(at(400), "a1", "site", AgentState.LOGGED_OUT),
        ],
        call("1", 88, Disposition.SOLD, talk_s=60, amount_minor=7),
    )
    c, d = summarize(day, TINY).campaigns
    assert c.counts.agent_s[AgentState.TALKING] == pytest.approx(60)
    assert d.counts.agent_s[AgentState.TALKING] == 0
    # `call` names campaign c alone once the call is over.
    assert d.counts.agent_s[AgentState.IDLE] == pytest.approx(50)
    assert c.counts.sold_minor == {"KRW": 7}


def test_lines_are_in_use_from_dialing_until_the_talk_ends_and_not_through_the_wrap_up():
    day = summarize(tiny_day(), TINY)
    # 1: 100-172, 2: 100.5-120.5, 3: 400-420, 4: 1000-1072, 5: 2100-2120.
    assert day.lines.peak == 2
    assert day.lines.seconds_from[100] == pytest.approx(20)
    assert day.lines.mean[6] * BIN_S == pytest.approx(72 + 20)
    assert day.lines.calls_per_s_peak == 2
    assert sum(day.lines.mean) * BIN_S == pytest.approx(72 + 20 + 20 + 72 + 20)


def test_series_stand_in_the_bin_of_the_answer_and_begin_on_a_half_hour():
    day = summarize(tiny_day(), TINY)
    assert day.start == at(-1800)
    assert day.total.answered[6] == 2
    assert day.total.abandoned[6] == 1
    assert day.campaigns[0].abandonment_so_far(6) == Ratio(1, 2)
    assert day.campaigns[0].abandonment_so_far(9) == Ratio(1, 3)
    assert day.campaigns[0].abandonment_of_half_hour(9) == Ratio(1, 3)


def test_hours_are_local_and_tries_are_counted_per_account():
    counts = tiny_counts()
    assert {hour: (cell.placed, cell.answered, cell.right_party) for hour, cell in counts.hours.items()} == {
        9: (5, 3, 2)
    }
    assert {nth: cell.placed for nth, cell in counts.tries.items()} == {1: 4, 2: 1}


def test_the_pacing_trace_holds_means_and_every_change_of_mode():
    trace = summarize(tiny_day(), TINY).campaigns[0].pacing
    assert trace is not None
    assert (trace.calls_per_idle_agent(6), trace.idle(6)) == (1.5, 1.0)
    assert [one.mode for one in trace.changes] == ["progressive", "predictive"]
    assert trace.calls_per_idle_agent(7) is None


def test_a_call_that_is_not_over_is_open_and_has_no_outcome():
    day = summarize(call("1", 0, Disposition.SOLD)[:-1], TINY)
    assert (day.total.counts.open_count, day.total.counts.answered_by_person) == (1, 0)
    assert day.is_consistent


def test_a_call_that_began_in_an_earlier_journal_is_left_out():
    day = summarize(call("1", 0, Disposition.SOLD)[4:], TINY)
    assert day.total.counts.answered_by_person == 0
    assert day.is_consistent


def test_an_agent_whose_records_go_back_in_time_breaks_the_sum_of_seconds():
    day = summarize(
        [
            AgentChanged(at(0), "a1", "site", AgentState.IDLE),
            AgentChanged(at(100), "a1", "site", AgentState.TALKING),
            AgentChanged(at(50), "a1", "site", AgentState.IDLE),
            AgentChanged(at(200), "a1", "site", AgentState.LOGGED_OUT),
        ],
        TINY,
    )
    wrong = [one for one in day.consistency if not one.holds]
    assert [one.name for one in wrong] == ["agent_seconds"]
    assert (wrong[0].left, wrong[0].right) == (250, 200)


def test_a_person_who_waits_and_is_disposed_as_busy_breaks_the_sum_of_answers():
    records = call("1", 0, Disposition.ABANDONED)
    day = summarize([*records[:-1], Disposed(at(20), "1", "c", "1", Disposition.BUSY)], TINY)
    assert [one.name for one in day.consistency if not one.holds] == ["answered_by_person"]


def test_a_clock_set_back_at_the_end_loses_nothing():
    day = summarize([*call("1", 4000, Disposition.MACHINE), Closed(at(100))], TINY)
    assert sum(day.total.placed) == 1
    assert day.bin_count == len(day.lines.mean)


def test_no_records_make_no_report():
    with pytest.raises(ValueError, match="no records"):
        summarize([], TINY)


def test_a_campaign_that_the_context_does_not_name_goes_by_its_id():
    day = summarize(call("1", 0, Disposition.BUSY), ReportContext())
    assert [one.context.name("ko") for one in day.campaigns if one.context] == ["c"]


@given(
    calls=st.lists(
        st.tuples(st.floats(0, 30_000), st.sampled_from(Disposition), st.sampled_from("pqrs"), st.floats(0, 900)),
        max_size=30,
    )
)
@settings(max_examples=60, deadline=None)
def test_any_legal_stream_conserves_calls_agents_seconds_and_lines(calls):
    streams = [
        call(str(n), start, how, account=account, agent=f"a{n}", talk_s=talk_s)
        for n, (start, how, account, talk_s) in enumerate(calls)
    ]
    day = summarize(in_order([Opened(at(0), "0", "x", "Asia/Seoul")], *streams, [Closed(at(40_000))]), TINY)
    counts = day.total.counts
    assert day.is_consistent
    assert sum(counts.outcomes.values()) == counts.attempt_count == len(calls)
    assert sum(day.total.placed) == counts.placed_count == sum(cell.placed for cell in counts.hours.values())
    assert sum(day.total.answered) == counts.answered_by_person
    assert sum(day.total.abandoned) == counts.abandonment.numerator
    assert sum(counts.best_outcomes.values()) == counts.dialed_account_count
    talked = sum(talk_s for _, how, _, talk_s in calls if DISPOSITIONS[how].is_connected)
    assert counts.agents_s(AgentState.TALKING) == pytest.approx(talked, abs=1e-3)
    assert sum(map(sum, (day.agents(state) for state in counts.agent_s))) * BIN_S == pytest.approx(counts.logged_in_s)


@given(moves=st.lists(st.tuples(st.floats(0, 400), st.integers(-3, 5)), min_size=1, max_size=40))
def test_a_step_series_agrees_with_its_batch_formula(moves):
    series, now, value, mass, time_at_two = StepSeries(0), 0.0, 0, 0.0, 0.0
    for wait_s, step in moves:
        if series.since_s is not None:
            mass += wait_s * value
            time_at_two += wait_s * (value >= 2)
        now, value = now + wait_s, value + step
        series.move(now, step)
    assert sum(series.mass.values) == pytest.approx(mass, abs=1e-6)
    assert series.seconds_from(2) == pytest.approx(time_at_two, abs=1e-6)


def whole_day() -> DayFigures:
    return summarize(sample_day(scale=0.4), CONTEXT)


@pytest.mark.slow
def test_totals_are_the_sums_of_the_campaigns():
    day = whole_day()
    again = total_of(one.counts for one in day.campaigns)
    assert day.is_consistent
    assert again.outcomes == day.total.counts.outcomes
    assert again.logged_in_s == pytest.approx(day.total.counts.logged_in_s)

"""Days made by hand, each for one thing that a random day meets too seldom or hides too well."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from adapters.simulated.agents import SimulatedDesk
from adapters.simulated.people import People
from dialer.disposition import Disposition
from dialer.model import Account, NumberKind, Person, PhoneNumber
from dialer.ports import CallCard
from dialer.records import AgentChanged, AgentState, Denied, FactStated
from dialer.windows import CampaignCounters
from pacing import AbandonmentWindow, PacingMode
from tests.days.inspection import Book, seconds_between
from tests.days.invariants import check_day
from tests.days.plans import Agent, CampaignPlan, DayPlan, Ending, House, PastAttempt, Shift, TrunkPlan
from tests.days.world import Day, live

pytestmark = pytest.mark.slow


def people(count: int, campaign_id: str = "sales", first: int = 0, **values: object) -> tuple[Account, ...]:
    """So many people with a mobile each."""
    return tuple(
        Account(
            f"{campaign_id}:{n}",
            Person(f"p{n}"),
            (PhoneNumber(f"n{n}", f"+8210{n:08d}", NumberKind.MOBILE),),
            **values,  # type: ignore[arg-type]
        )
        for n in range(first, first + count)
    )


def here(count: int, *campaigns: str) -> tuple[Agent, ...]:
    """So many agents, all day."""
    return tuple(Agent(f"agent-{n}", (Shift(0.0, "log_in", campaigns or ("sales",)),)) for n in range(count))


PLAIN = DayPlan(
    zone="Asia/Seoul",
    start=datetime.fromisoformat("2026-11-24T10:00"),
    house=House(),
    campaigns=(CampaignPlan("sales", PacingMode.PROGRESSIVE, people(150)),),
    agents=here(4),
    trunks=(TrunkPlan("east", 50, 8.0),),
    ending=Ending(45.0),
)


def in_mode(mode: PacingMode, **changes: object) -> DayPlan:
    return evolve(PLAIN, campaigns=(CampaignPlan("sales", mode, people(150)),), **changes)


def read(plan: DayPlan) -> Book:
    return check_day(live(plan))


def test_looking_at_a_window_of_abandonments_changes_nothing_that_replay_would_miss():
    seoul, now_at = ZoneInfo("Asia/Seoul"), datetime(2026, 11, 24, 1, tzinfo=UTC)
    counters = CampaignCounters(windows=(AbandonmentWindow(name="day", length_s=None),), zone=seoul)
    untouched = CampaignCounters(windows=counters.windows, zone=seoul)
    assert counters.view(now_at)[0].answered_by_person == 0
    counters.view(now_at + timedelta(days=1))
    assert counters == untouched


def test_agents_who_read_side_by_side_each_talk_under_their_own_attempt():
    book = read(in_mode(PacingMode.PREVIEW, agents=here(12)))
    reserved = [one for one in book.changes(AgentChanged) if one.state is AgentState.RESERVED]
    previews = [one.attempt_id for one in reserved if "preview" in one.attempt_id]
    assert len(previews) == len(set(previews)) > 40


def test_every_preview_takes_its_own_time():
    book = read(in_mode(PacingMode.PREVIEW))
    stays = [stay for stays in book.agents.values() for stay in stays if "preview" in (stay.change.attempt_id or "")]
    spent = {round(seconds_between(stay.change.at, stay.until), 3) for stay in stays}
    assert len(spent) > len(stays) // 2


def test_no_line_is_held_while_an_agent_reads():
    # One line and eight readers: held from the start of reading, it would serve one of them at a time.
    book = read(in_mode(PacingMode.PREVIEW, agents=here(8), trunks=(TrunkPlan("east", 1, 8.0),)))
    assert max_overlap(book, AgentState.RESERVED) > 2


def test_a_preview_that_fails_costs_that_preview_and_nothing_else(monkeypatch):
    seen = []

    async def preview(self: SimulatedDesk, card: CallCard) -> bool:
        seen.append(card)
        if len(seen) == 3:
            raise RuntimeError("the page broke")
        return True

    monkeypatch.setattr(SimulatedDesk, "preview", preview)
    book = read(in_mode(PacingMode.PREVIEW))
    assert len(book.of_today) > 20
    assert all(one.claimed.account_id != seen[2].account.account_id for one in book.of_today[:20])


def test_the_line_is_free_for_the_next_call_while_the_agent_wraps_up():
    book = read(evolve(PLAIN, trunks=(TrunkPlan("east", 1, 8.0),)))
    wraps = [(s.change.at, s.until) for stays in book.agents.values() for s in stays if is_wrap_up(s)]
    dialed = [one.at for one in book.day.dialed]
    used = sum(any(start < at < until for at in dialed) for start, until in wraps)
    assert used > len(wraps) / 2 > 5


def test_a_call_whose_claim_was_still_on_its_way_to_the_disk_is_not_placed_after_a_drain():
    # Three seconds to the disk, so a drain in the first seconds of dialing meets claims on their way.
    ends = []
    for seconds in range(1, 5):
        book = read(evolve(PLAIN, store_s=3.0, ending=Ending(seconds / 60)))
        ends += [one.end.disposition for one in book.of_today if not one.originated]
    assert ends
    assert set(ends) == {Disposition.NOT_PLACED}


def test_calls_that_a_stop_cuts_off_are_given_up_not_unanswered():
    book = read(in_mode(PacingMode.PREDICTIVE, ending=Ending(40.0, stop_minute=0.15)))
    cut = [one.end.disposition for one in book.of_today if one.originated and not one.answered]
    assert Disposition.GIVEN_UP in cut
    assert Disposition.NO_ANSWER not in cut


def test_a_callback_does_not_wait_for_an_agent_who_now_works_elsewhere():
    # Whoever promised a call back now sits idle in a campaign that has nobody to call.
    moved = tuple(
        Agent(
            f"agent-{n}",
            (Shift(0.0, "log_in", ("sales",)), Shift(12.0, "log_out"), Shift(13.0, "log_in", ("late",))),
        )
        for n in range(2)
    )
    stayed = Agent("agent-2", (Shift(13.0, "log_in", ("sales",)),))
    campaigns = (*PLAIN.campaigns, CampaignPlan("late", PacingMode.PROGRESSIVE, ()))
    book = read(evolve(PLAIN, campaigns=campaigns, agents=(*moved, stayed), ending=Ending(120.0)))
    late = [one for one in book.of_today if one.claimed.at > PLAIN.start_at + timedelta(minutes=20)]
    asked_of = {one.end.next_agent_id for one in book.of_today if one.end.is_next_callback}
    assert asked_of & {"agent-0", "agent-1"}
    assert any(one.claimed.is_callback for one in late)
    assert {one.claimed.agent_id for one in late} == {"agent-2"}


def test_people_at_their_cap_do_not_keep_the_floor_from_the_others():
    # Sixty people who were called enough this week stand before sixty who were not called at all.
    capped, fresh = people(60), people(60, first=60)
    past = tuple(PastAttempt("sales", one, 3 * 86_400 + 60 * n) for one in capped for n in range(4))
    plan = evolve(PLAIN, campaigns=(CampaignPlan("sales", PacingMode.PROGRESSIVE, capped + fresh),), past=past)
    book = read(plan)
    began_at = plan.start_at
    first_s = seconds_between(began_at, book.day.dialed[0].at)
    assert first_s < 60


def test_an_opt_out_in_one_campaign_ends_the_other_campaigns_calls_to_that_person():
    plan = evolve(
        PLAIN,
        campaigns=(
            CampaignPlan("sales", PacingMode.PREDICTIVE, people(150)),
            CampaignPlan("late", PacingMode.PROGRESSIVE, people(150, "late")),
        ),
        agents=here(10, "sales", "late"),
        house=House(per_day=5, per_168_hours=9),
        ending=Ending(90.0),
    )
    book = read(plan)
    stated = [one for one in book.changes(FactStated) if one.name == "person.opted_out"]
    refused = [one for one in book.changes(Denied) if "house.opt-out" in one.rule_ids]
    assert stated
    assert {one.campaign_id for one in refused} == {"sales", "late"}
    for fact in stated:
        later = [one for one in book.by_person[fact.person_id] if one.dialed and one.dialed.at > fact.at]
        assert not later


@pytest.mark.parametrize("mode", PacingMode)
def test_a_list_of_people_who_have_all_opted_out_is_refused_once_each_and_never_called(mode):
    gone = people(90, facts={"person.opted_out": True})
    book = read(evolve(PLAIN, campaigns=(CampaignPlan("sales", mode, gone),)))
    assert not book.day.dialed
    assert len(list(book.changes(Denied))) == 90


def max_overlap(book: Book, state: AgentState) -> int:
    """The most agents in a state at one time."""
    stays = [s for stays in book.agents.values() for s in stays if s.change.state is state]
    edges = sorted([(s.change.at, 1) for s in stays] + [(s.until, -1) for s in stays])
    here, most = 0, 0
    for _, step in edges:
        here += step
        most = max(most, here)
    return most


def is_wrap_up(stay: object) -> bool:
    return stay.change.state is AgentState.WRAP_UP  # type: ignore[attr-defined]


def outcome(day: Day) -> bytes:
    return b"\n".join(day.lines)


def test_the_same_seeds_give_the_same_day_to_the_byte():
    assert outcome(live(PLAIN)) == outcome(live(PLAIN))


def test_another_order_of_simultaneous_events_keeps_the_invariants_and_moves_the_totals_little():
    plan = in_mode(PacingMode.PREDICTIVE, agents=here(12), ending=Ending(40.0))
    days = [live(plan, scheduler_seed) for scheduler_seed in range(1, 7)]
    counts = [len(check_day(day).of_today) for day in days]
    assert len({outcome(day) for day in days}) > 1
    assert max(counts) - min(counts) <= 0.08 * max(counts)


class NoLists:
    """Accounts that cannot be read."""

    def accounts(self, campaign_id: str) -> Iterator[Account]:
        raise OSError("the list is gone")


def test_an_engine_that_cannot_open_says_so_instead_of_waiting_for_its_journal(monkeypatch):
    monkeypatch.setattr("tests.days.world.Lists.accounts", NoLists.accounts)
    monkeypatch.setattr(People, "add", lambda *_: None)
    with pytest.RaisesGroup(OSError, flatten_subgroups=True):
        live(PLAIN)

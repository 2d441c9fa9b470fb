"""Shifts: who comes when, pauses when, goes when."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
import trio
from attrs import define, field

from adapters.simulated.people import People
from adapters.simulated.settings import Break, Shift, SimulationSettings
from adapters.simulated.shifts import ShiftEvent, plan_shifts, run_shifts
from dialer.ports import AgentDesk, AgentProfile, Floor
from tests.adapters.simulated.samples import TEN, ZONE, Clock, assumptions

PEOPLE = People(assumptions(), 1, ZONE)
DAY = {"start": datetime.fromisoformat("2026-11-24T08:45"), "end": datetime.fromisoformat("2026-11-24T20:30")}
BREAKS = (
    Break(start="10:30", minutes=15, reason="rest"),
    Break(start="12:00", minutes=60, reason="lunch"),
    Break(start="15:30", minutes=15, reason="rest"),
)


def shift(**changes: object) -> Shift:
    given = {
        "site": "seoul",
        "campaigns": ("telesales",),
        "agents": 22,
        "start": "09:00",
        "end": "18:00",
        "breaks": BREAKS,
        "stagger_minutes": 30,
    }
    return Shift(**{**given, **changes})  # type: ignore[arg-type]


def by_agent(events: list[ShiftEvent]) -> dict[str, list[ShiftEvent]]:
    found: dict[str, list[ShiftEvent]] = {}
    for event in events:
        found.setdefault(event.profile.agent_id, []).append(event)
    return found


def local(event: ShiftEvent) -> time:
    return event.at.astimezone(ZoneInfo(ZONE)).time()


def test_every_agent_logs_in_and_out_once_and_breaks_never_overlap():
    events = plan_shifts(SimulationSettings(**DAY, shifts=(shift(),)), PEOPLE)
    agents = by_agent(events)
    assert sorted(agents) == [f"seoul-{index:03d}" for index in range(1, 23)]
    for own in agents.values():
        assert [event.what for event in own] == ["log_in"] + ["start_break", "end_break"] * 3 + ["log_out"]
        assert [event.at for event in own] == sorted(event.at for event in own)


def test_nobody_starts_early_and_everybody_stays_to_the_end():
    for own in by_agent(plan_shifts(SimulationSettings(**DAY, shifts=(shift(),)), PEOPLE)).values():
        assert time(9, 0) <= local(own[0]) <= time(9, 15)
        assert local(own[-1]) == time(18, 0)


def test_breaks_are_spread_over_the_stagger_and_keep_their_length():
    lunches = [
        [local(event) for event in own if event.reason == "lunch"]
        for own in by_agent(plan_shifts(SimulationSettings(**DAY, shifts=(shift(),)), PEOPLE)).values()
    ]
    starts = sorted(start for start, _ in lunches)
    assert starts[0] == time(12, 0)
    assert starts[-1] == time(12, 30)
    assert len(set(starts)) == 22
    for start, end in lunches:
        assert (end.hour * 60 + end.minute) - (start.hour * 60 + start.minute) == 60


def test_agents_of_two_shifts_of_one_site_have_different_ids():
    settings = SimulationSettings(**DAY, shifts=(shift(agents=2), shift(agents=2, campaigns=("early",))))
    profiles = {event.profile for event in plan_shifts(settings, PEOPLE)}
    assert sorted((one.agent_id, one.campaign_ids) for one in profiles) == [
        ("seoul-001", ("telesales",)),
        ("seoul-002", ("telesales",)),
        ("seoul-003", ("early",)),
        ("seoul-004", ("early",)),
    ]


def test_plan_of_an_agent_does_not_depend_on_the_others():
    alone = plan_shifts(SimulationSettings(**DAY, shifts=(shift(agents=1),)), PEOPLE)
    together = plan_shifts(SimulationSettings(**DAY, shifts=(shift(agents=40),)), PEOPLE)
    assert alone == [event for event in together if event.profile.agent_id == "seoul-001"]


def test_day_has_its_wall_hours_where_the_clock_is_changed():
    people = People(assumptions(), 1, "Europe/Berlin")
    night = {"start": datetime.fromisoformat("2026-03-28T08:00"), "end": datetime.fromisoformat("2026-03-29T20:00")}
    events = plan_shifts(SimulationSettings(**night, shifts=(shift(agents=1),)), people)
    outs = [event.at for event in events if event.what == "log_out"]
    assert outs == [datetime(2026, 3, 28, 17, tzinfo=UTC), datetime(2026, 3, 29, 16, tzinfo=UTC)]


@define
class FakeFloor:
    """Writes down what agents say, and refuses what the floor would."""

    said: list[tuple[float, str, str]] = field(factory=list)
    here: set[str] = field(factory=set)

    def log_in(self, profile: AgentProfile, desk: AgentDesk) -> None:
        assert profile.agent_id not in self.here
        self.here.add(profile.agent_id)
        self._say("log_in", profile.agent_id)

    def start_break(self, agent_id: str, reason: str) -> None:
        self._say(f"start {reason}", agent_id)

    def end_break(self, agent_id: str) -> None:
        self._say("end", agent_id)

    def log_out(self, agent_id: str) -> None:
        self._say("log_out", agent_id)
        self.here.remove(agent_id)

    def _say(self, what: str, agent_id: str) -> None:
        assert agent_id in self.here
        self.said.append((trio.current_time(), what, agent_id))


async def test_floor_hears_every_event_at_its_time(autojump_clock):
    # The clock of this test shows ten when it starts, so shifts begin later.
    late = shift(agents=3, start="11:00", breaks=BREAKS[1:])
    settings = SimulationSettings(**DAY, shifts=(late,))
    floor = FakeFloor()
    as_port: Floor = floor
    await run_shifts(settings, as_port, PEOPLE, Clock())
    assert not floor.here
    plan = plan_shifts(settings, PEOPLE)
    assert [mono for mono, *_ in floor.said] == pytest.approx([(event.at - TEN).total_seconds() for event in plan])
    assert len(floor.said) == 3 * 6


async def test_seconds_of_every_agent_add_up_to_the_shift(autojump_clock):
    settings = SimulationSettings(**DAY, shifts=(shift(agents=5, start="11:00", breaks=BREAKS[1:]),))
    floor = FakeFloor()
    await run_shifts(settings, floor, PEOPLE, Clock())
    for agent_id in {said[2] for said in floor.said}:
        times = [mono for mono, _, who in floor.said if who == agent_id]
        paused = sum(end - start for start, end in zip(times[1:-1:2], times[2:-1:2], strict=True))
        worked = (times[1] - times[0]) + (times[3] - times[2]) + (times[5] - times[4])
        assert paused == pytest.approx(75 * 60)
        assert worked + paused == pytest.approx(times[-1] - times[0])


async def test_shift_that_began_before_now_is_caught_up_at_once(autojump_clock):
    floor = FakeFloor()
    await run_shifts(SimulationSettings(**DAY, shifts=(shift(agents=2),)), floor, PEOPLE, Clock())
    assert [said[:2] for said in floor.said[:2]] == [(0.0, "log_in")] * 2


@pytest.mark.parametrize("start", ["9", "nine", "25:00"])
def test_time_of_day_that_is_none_is_refused(start):
    with pytest.raises(ValueError, match="must be a time of day"):
        shift(start=start if start != "9" else "9 o'clock")


@pytest.mark.parametrize(
    "breaks",
    [
        (Break(start="08:30", minutes=15, reason="early"),),
        (Break(start="12:00", minutes=60, reason="lunch"), Break(start="12:30", minutes=15, reason="rest")),
    ],
)
def test_breaks_that_overlap_or_begin_before_the_shift_are_refused(breaks):
    with pytest.raises(ValueError, match="begins before the shift or another break allows"):
        shift(breaks=breaks)


def test_last_break_may_end_with_the_shift_and_no_later():
    last = (Break(start="17:00", minutes=30, reason="rest"),)
    assert shift(breaks=last, stagger_minutes=30)
    with pytest.raises(ValueError, match="before its breaks are over"):
        shift(breaks=last, stagger_minutes=31)


def test_simulation_must_end_after_it_starts_and_in_local_time():
    with pytest.raises(ValueError, match="before it starts"):
        SimulationSettings(start=DAY["end"], end=DAY["start"])
    with pytest.raises(ValueError, match="without an offset"):
        SimulationSettings(start=DAY["start"].replace(tzinfo=UTC), end=DAY["end"].replace(tzinfo=UTC))


def test_shift_without_a_campaign_is_refused():
    with pytest.raises(ValueError, match="works no campaign"):
        shift(campaigns=())

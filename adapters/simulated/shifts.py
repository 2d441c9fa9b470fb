"""When agents come, pause and go: a plan drawn beforehand, and the one task that carries it out."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import trio
from attrs import frozen

from adapters.simulated.agents import SimulatedDesk, WallTime
from adapters.simulated.draws import generator
from adapters.simulated.people import People
from adapters.simulated.settings import Shift, SimulationSettings, minutes_of
from dialer.ports import AgentProfile, Floor

__all__ = ["ShiftEvent", "plan_shifts", "run_shifts"]

_LOG_IN, _START_BREAK, _END_BREAK, _LOG_OUT = "log_in", "start_break", "end_break", "log_out"


@frozen
class ShiftEvent:
    """One agent does one thing at one instant."""

    at: datetime
    what: str
    profile: AgentProfile
    reason: str = ""


def plan_shifts(settings: SimulationSettings, people: People) -> list[ShiftEvent]:
    """Everything the agents of the simulation will do, in order of time.

    Agents log in somewhat after their shift begins, never before; they go on
    their breaks at their own place in the stagger and come back on time.
    """
    events: list[ShiftEvent] = []
    counts: dict[str, int] = {}
    for shift in settings.shifts:
        for index in range(shift.agents):
            number = counts[shift.agent_prefix] = counts.get(shift.agent_prefix, 0) + 1
            profile = AgentProfile(f"{shift.agent_prefix}-{number:03d}", shift.site, shift.campaigns)
            offset_s = 60.0 * shift.stagger_minutes * index / max(1, shift.agents - 1)
            for day in settings.dates:
                events.extend(_day_of(shift, profile, round(offset_s), day, people))
    events.sort(key=lambda event: (event.at, event.profile.agent_id))
    return events


def _day_of(shift: Shift, profile: AgentProfile, offset_s: int, day: date, people: People) -> Iterator[ShiftEvent]:
    def local(text: str, more_s: float = 0.0) -> datetime:
        return _instant(day, minutes_of(text) * 60 + more_s, people.zone)

    rng = generator(people.seed, "shift", f"{profile.agent_id} {day.isoformat()}")
    late_s = people.assumptions.agents.late.draw(rng)
    firsts = [minutes_of(pause.start) for pause in shift.breaks] + [minutes_of(shift.end)]
    # However late, an agent is there before the first break.
    latest_s = (min(firsts) - minutes_of(shift.start)) * 60 - 1.0
    yield ShiftEvent(local(shift.start, max(0.0, min(late_s, latest_s))), _LOG_IN, profile)
    for pause in shift.breaks:
        yield ShiftEvent(local(pause.start, offset_s), _START_BREAK, profile, pause.reason)
        yield ShiftEvent(local(pause.start, offset_s + pause.minutes * 60), _END_BREAK, profile, pause.reason)
    yield ShiftEvent(local(shift.end), _LOG_OUT, profile)


def _instant(day: date, seconds: float, zone: ZoneInfo) -> datetime:
    """The instant of a local time of day; wall time, so a clock change shifts nobody's hours."""
    wall = datetime(day.year, day.month, day.day) + timedelta(seconds=seconds)  # noqa: DTZ001 (zone comes next)
    return wall.replace(tzinfo=zone).astimezone(UTC)


async def run_shifts(settings: SimulationSettings, floor: Floor, people: People, clock: WallTime) -> None:
    """Let the agents come and go; returns when the last has left. Events before now are caught up at once."""
    desks: dict[str, SimulatedDesk] = {}
    for event in plan_shifts(settings, people):
        if event.at > clock.now_at():
            await trio.sleep_until(clock.mono(event.at))
        agent_id = event.profile.agent_id
        if event.what == _LOG_IN:
            desk = desks.setdefault(agent_id, SimulatedDesk(agent_id, people, clock))
            floor.log_in(event.profile, desk)
        elif event.what == _START_BREAK:
            floor.start_break(agent_id, event.reason)
        elif event.what == _END_BREAK:
            floor.end_break(agent_id)
        else:
            floor.log_out(agent_id)

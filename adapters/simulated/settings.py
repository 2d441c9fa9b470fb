"""The `[simulation]` section of a configuration: the day, who works when, what breaks."""

from datetime import date, datetime, time, timedelta

from attrs import Attribute, field, frozen
from attrs.validators import ge, gt

__all__ = ["Break", "Outage", "Shift", "SimulationSettings"]


def _is_time(_: object, attribute: "Attribute[str]", value: str) -> None:
    try:
        time.fromisoformat(value)
    except ValueError as error:
        msg = f"{attribute.name} must be a time of day such as `09:00`, not `{value}`"
        raise ValueError(msg) from error


def minutes_of(text: str) -> float:
    """Minutes from midnight of a local time of day.

    >>> minutes_of("10:30")
    630.0
    """
    at = time.fromisoformat(text)
    return at.hour * 60 + at.minute + at.second / 60


@frozen(kw_only=True)
class Break:
    """A pause every agent of the shift takes, from `start` plus their share of the stagger."""

    start: str = field(validator=_is_time)
    minutes: float = field(validator=gt(0))
    reason: str


@frozen(kw_only=True)
class Shift:
    """Agents of one site who work the same campaigns at the same hours.

    `stagger_minutes` spreads every break over that many minutes: the first
    agent goes at its start, the last that much later. Agents are called
    `prefix-001` and on; without a prefix they are called after the site.
    """

    site: str
    campaigns: tuple[str, ...]
    agents: int = field(validator=ge(1))
    start: str = field(validator=_is_time)
    end: str = field(validator=_is_time)
    breaks: tuple[Break, ...] = ()
    stagger_minutes: float = field(default=0.0, validator=ge(0))
    prefix: str = ""

    @property
    def agent_prefix(self) -> str:
        """What the agents' ids begin with."""
        return self.prefix or self.site

    def __attrs_post_init__(self) -> None:
        """Breaks follow each other within the shift, for the last of the staggered agents too."""
        if not self.campaigns:
            msg = f"the shift of `{self.site}` works no campaign"
            raise ValueError(msg)
        free_from, last = minutes_of(self.start), minutes_of(self.end)
        for pause in self.breaks:
            if minutes_of(pause.start) < free_from:
                msg = f"break `{pause.reason}` at {pause.start} begins before the shift or another break allows"
                raise ValueError(msg)
            free_from = minutes_of(pause.start) + pause.minutes
        if free_from + self.stagger_minutes > last or last <= minutes_of(self.start):
            msg = f"the shift of `{self.site}` ends at {self.end}, before its breaks are over"
            raise ValueError(msg)


@frozen(kw_only=True)
class Outage:
    """A trunk is gone for a while, on the first day of the simulation."""

    trunk: str
    start: str = field(validator=_is_time)
    minutes: float = field(validator=gt(0))


@frozen(kw_only=True)
class SimulationSettings:
    """A day to simulate. `start` and `end` are local to the configuration's time zone.

    `assumptions` is the path of the assumptions file, from the configuration's own.
    """

    start: datetime
    end: datetime
    seed: int = 1
    assumptions: str = "assumptions.toml"
    shifts: tuple[Shift, ...] = ()
    outages: tuple[Outage, ...] = ()

    def __attrs_post_init__(self) -> None:
        """The times are local and in order."""
        if self.start.tzinfo is not None or self.end.tzinfo is not None:
            msg = "start and end are local times: write them without an offset"
            raise ValueError(msg)
        if self.end <= self.start:
            msg = f"the simulation ends at {self.end.isoformat()}, before it starts"
            raise ValueError(msg)

    @property
    def dates(self) -> tuple[date, ...]:
        """The local dates from start to end."""
        count = (self.end.date() - self.start.date()).days + 1
        return tuple(self.start.date() + timedelta(days=index) for index in range(count))

"""What a simulated day is made of, and the house rules it is dialed by."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from attrs import field, frozen

from dialer.model import Account
from pacing import PacingMode

__all__ = ["Agent", "CampaignPlan", "DayPlan", "Ending", "House", "PastAttempt", "Shift", "TrunkPlan", "house_rules"]

SAFE_HARBOR = "we-called-you"


@frozen
class House:
    """The rules of the day, few enough to be judged by hand."""

    opens: time = time(9)
    closes: time = time(20)
    per_day: int = 2
    per_168_hours: int = 4
    has_sequence: bool = True


@frozen
class CampaignPlan:
    """One campaign and its list."""

    id: str
    mode: PacingMode
    accounts: tuple[Account, ...] = field(repr=lambda accounts: f"<{len(accounts)} accounts>")
    purpose: str = "telesales"
    ring_s: float = 20.0
    is_clean_assumed: bool = True


@frozen
class Shift:
    """What an agent does, `minute` minutes after the day began: log_in, start_break, end_break, log_out."""

    minute: float
    what: str
    campaigns: tuple[str, ...] = ()


@frozen
class Agent:
    """One agent's day."""

    id: str
    shifts: tuple[Shift, ...]


@frozen
class TrunkPlan:
    """A way out; outages are (first minute, minutes)."""

    name: str
    lines: int
    calls_per_s: float
    outages: tuple[tuple[float, float], ...] = ()


@frozen
class Ending:
    """How the day ends: drained at a minute, stopped at one, or both."""

    drain_minute: float
    stop_minute: float | None = None
    drain_s: float = 300.0


@frozen
class PastAttempt:
    """An attempt of an earlier day, `ago_s` before this one began."""

    campaign_id: str
    account: Account
    ago_s: int


@frozen
class DayPlan:
    """Everything that decides a day."""

    zone: str
    start: datetime
    """Local to `zone`, without an offset."""
    house: House
    campaigns: tuple[CampaignPlan, ...]
    agents: tuple[Agent, ...]
    trunks: tuple[TrunkPlan, ...]
    ending: Ending
    past: tuple[PastAttempt, ...] = field(default=(), repr=False)
    seed: int = 1
    store_s: float = 0.0
    """How long the journal's store takes to make a batch durable; 0: as long as an append."""

    @property
    def start_at(self) -> datetime:
        """The instant the day begins."""
        return self.start.replace(tzinfo=ZoneInfo(self.zone))


_SEQUENCE = """
sequence house.tries  "재시도"  "Tries"
  numbers  mobile, home
  after    no_answer 7 minutes, then next number
           busy 2 minutes, twice | rejected 20 minutes | machine 11 minutes | cut_off 13 minutes
           wrong_person drop number | out_of_service drop number | abandoned 25 minutes
           congested 2 minutes, 3 times | failed 2 minutes, 3 times
           callback at the asked time, same agent when free within 3 minutes
  end      6 attempts a day
"""


def house_rules(house: House, zone: str) -> str:
    """The pack that says the same as `House`."""
    return f"""pack days.house 2026.1
  clock {zone} and every evidence
  contact attempt

rule house.hours  "시간"  "Hours"
  policy   manual 1
  open     {house.opens:%H:%M}-{house.closes:%H:%M} every day
rule house.day  "하루"  "A day"
  policy   manual 2
  at most  {house.per_day} attempts a day per person
rule house.week  "168시간"  "168 hours"
  policy   manual 3
  at most  {house.per_168_hours} attempts in any 168 hours per person
rule house.opt-out  "거부"  "Opted out"
  policy   manual 4
  stop when person.opted_out
{_SEQUENCE if house.has_sequence else ""}"""

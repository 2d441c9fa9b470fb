"""The figures of a dialed day, as `summarize` leaves them. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import field, frozen

from dialer.records import AgentState
from dialer.report.context import CampaignContext
from dialer.report.counts import Counts, Ratio
from dialer.report.series import BIN_S

__all__ = [
    "CampaignFigures",
    "Consistency",
    "DayEvent",
    "DayFigures",
    "LineFigures",
    "ModeChange",
    "PacingTrace",
]

SIX_BINS = 6  # half an hour


@frozen
class ModeChange:
    """The pacer changed its mode, and why."""

    at: datetime
    mode: str
    reason: str
    reason_ko: str = ""

    def why(self, language: str) -> str:
        """The reason in a language, in the other one where it has none."""
        return (self.reason_ko or self.reason) if language == "ko" else self.reason


@frozen
class PacingTrace:
    """What the pacer saw, in bins: sums of idle agents and of calls in flight over `noted` decisions."""

    noted: Sequence[int]
    idle_sum: Sequence[int]
    in_flight_sum: Sequence[int]
    mode_by_bin: Mapping[int, str]
    changes: tuple[ModeChange, ...]
    samples: tuple[ModeChange, ...] = ()
    """What the pacer gave as its reason, once in each half hour."""

    def calls_per_idle_agent(self, index: int) -> float | None:
        """Calls in flight for each idle agent in a bin; None where nobody was idle."""
        return Ratio(self.in_flight_sum[index], self.idle_sum[index]).value

    def idle(self, index: int) -> float | None:
        """Mean idle agents in a bin; None where nothing was noted."""
        return Ratio(self.idle_sum[index], self.noted[index]).value


@frozen
class CampaignFigures:
    """One campaign's day, or all campaigns' together: counts, and series per bin by the instant of the call.

    `answered` and `abandoned` stand in the bin of the answer, so that their
    quotient compares like with like.
    """

    counts: Counts
    placed: Sequence[int]
    answered: Sequence[int]
    abandoned: Sequence[int]
    context: CampaignContext | None = None
    pacing: PacingTrace | None = None

    def abandonment_so_far(self, index: int) -> Ratio:
        """The rate of all calls answered up to the end of a bin."""
        return Ratio(sum(self.abandoned[: index + 1]), sum(self.answered[: index + 1]))

    def abandonment_of_half_hour(self, index: int) -> Ratio:
        """The rate of the half hour, on the clock, that holds a bin."""
        first = index - index % SIX_BINS
        return Ratio(sum(self.abandoned[first : first + SIX_BINS]), sum(self.answered[first : first + SIX_BINS]))


@frozen
class LineFigures:
    """Lines in use: mean and peak per bin, and how long the day stayed at or above parts of the capacity."""

    line_count: int
    mean: Sequence[float]
    peaks: Sequence[int]
    peak: int
    peak_by_trunk: Mapping[str, int]
    seconds_from: Mapping[int, float]
    """Seconds at or above a percentage of the lines, by percentage: 70, 90, 100."""
    calls_per_s: Sequence[int]
    calls_per_s_peak: int


@frozen
class DayEvent:
    """A campaign or a trunk changed its state."""

    at: datetime
    kind: str
    subject: str
    state: str
    reason: str


@frozen
class Consistency:
    """A sum that must hold: what it says, both sides, and whether it does."""

    name: str
    left: float
    right: float
    holds: bool
    offenders: int = 0


@frozen
class DayFigures:
    """Everything a report shows. Series start at `start` and have `bin_count` bins of `bin_s` seconds."""

    start: datetime
    bin_count: int
    first_at: datetime
    last_at: datetime
    record_count: int
    campaigns: tuple[CampaignFigures, ...]
    total: CampaignFigures
    sites: Mapping[str, Mapping[AgentState, Sequence[float]]]
    """Mean agents in each state, by site and bin."""
    lines: LineFigures
    events: tuple[DayEvent, ...]
    consistency: tuple[Consistency, ...]
    engine_versions: tuple[str, ...] = ()
    config_hashes: tuple[str, ...] = ()
    pack_hashes: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(factory=dict)
    """The reason last given for a refusal, by rule."""
    bin_s: int = BIN_S

    def agents(self, state: AgentState) -> list[float]:
        """Mean agents of all sites in a state, by bin."""
        columns = [states[state] for states in self.sites.values()]
        return [sum(column) for column in zip(*columns, strict=True)] if columns else [0.0] * self.bin_count

    @property
    def is_consistent(self) -> bool:
        """Whether every sum that must hold does."""
        return all(one.holds for one in self.consistency)

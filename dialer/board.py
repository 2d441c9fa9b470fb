"""What screens show of a running engine, and what people may do to it: words shared with the adapters that serve them.

Times with the suffix `_at` are aware UTC datetimes, `_s` are seconds, rates are
shares of one. A figure that is not known yet is None, never zero.
"""

from datetime import datetime
from typing import Protocol

from attrs import field, frozen

from dialer.books import Books
from dialer.case_words import CaseFile, LawfulTime, Note, Permission, Told, Week
from dialer.desk_work import DeskWork
from dialer.ports import AgentDesk, AgentProfile, AgentReport, CallCard

__all__ = ["AgentRow", "Board", "CampaignRow", "Console", "ConsoleError", "TrunkRow", "WindowRow"]


class ConsoleError(ValueError):
    """What was asked for cannot be done; the text says why and what can."""


@frozen
class AgentRow:
    """One agent who is logged in."""

    agent_id: str
    site: str
    state: str
    since_at: datetime
    campaign_ids: tuple[str, ...]
    campaign_id: str | None = None
    """The campaign of the call at hand."""
    attempt_id: str | None = None
    reason: str = ""


@frozen
class WindowRow:
    """Abandoned calls in one legal window: `abandoned / answered` against `target`."""

    name: str
    regime: str
    answered: int
    abandoned: int
    target: float

    @property
    def rate(self) -> float | None:
        """The share as the regime defines it."""
        return self.abandoned / self.answered if self.answered else None


@frozen
class CampaignRow:
    """One campaign today (in the operator's time zone), and this moment."""

    campaign_id: str
    name_ko: str
    name_en: str
    state: str
    reason: str
    mode: str
    pacing_reason: str
    pacing_reason_ko: str
    pacing_figures: dict[str, float]
    target: float
    idle_count: int
    in_flight_count: int
    waiting_count: int
    listed_count: int
    attempts: int
    answered_by_person: int
    connected: int
    right_party: int
    promises: int
    promised: dict[str, int]
    """Currency -> minor units: sums of different money are never added up."""
    sales: int
    sold: dict[str, int]
    refused_at_pick: int
    refused_at_dial: int
    held_by: tuple[tuple[str, int], ...]
    """Which rules refused most often today, most first."""
    windows: tuple[WindowRow, ...]


@frozen
class TrunkRow:
    """One way out: what it carries, and how its calls ended lately."""

    name: str
    is_up: bool
    line_count: int
    in_use: int
    calls_per_s: float
    outcomes: dict[str, dict[str, int]] = field(factory=dict)
    """Minutes back ("1", "5", "15", "60") -> disposition -> calls."""


@frozen
class Board:
    """The floor at one instant."""

    at: datetime
    agents: dict[str, int]
    """Agent state -> persons."""
    waiting_count: int
    oldest_wait_s: float | None
    occupancy: float | None
    """Talk and wrap-up over logged-in time without breaks, today."""
    talk_s: float
    wrap_up_s: float
    idle_s: float
    answer_wait_s: float | None
    """Mean wait from the end of the greeting to an agent, today."""
    answered_in_limit: float | None
    """Share of answered persons who had an agent within the connect limit, today."""
    attempts_per_s: float
    """Over the last minute."""
    breaches: int
    """Calls placed without an `allow`: must be zero."""
    campaigns: tuple[CampaignRow, ...]
    trunks: tuple[TrunkRow, ...]


class Console(Protocol):
    """What a served screen may ask of the engine. None of these waits; a refusal raises `ConsoleError`.

    `actor` is the signed-in person, `reason` their words; both go into the journal.
    """

    @property
    def time_zone(self) -> str:
        """The centre's zone, as in the IANA table."""
        ...

    @property
    def books(self) -> Books:
        """What programs ask beyond the figures."""
        ...

    @property
    def desk_work(self) -> DeskWork:
        """What people at desks do beyond the calls that come to them."""
        ...

    def now_at(self) -> datetime:
        """The instant on the engine's clock."""
        ...

    def board(self) -> Board:
        """Every figure at this instant."""
        ...

    def agent_rows(self) -> tuple[AgentRow, ...]:
        """Everybody logged in, by name."""
        ...

    def pause(self, campaign_id: str, actor: str, reason: str) -> None:
        """Start no more calls in a campaign."""
        ...

    def resume(self, campaign_id: str, actor: str, reason: str) -> None:
        """Start calls again."""
        ...

    def drain(self, campaign_id: str, actor: str, reason: str) -> None:
        """Finish calls, start none, for the rest of the day."""
        ...

    def set_target(self, campaign_id: str, target: float, actor: str, reason: str) -> None:
        """Aim at another share of abandoned calls, within what the configuration allows."""
        ...

    def log_in(self, profile: AgentProfile, desk: AgentDesk) -> None:
        """An agent sits down at a desk."""
        ...

    def start_break(self, agent_id: str, reason: str) -> None:
        """An agent pauses, now or after the call at hand."""
        ...

    def end_break(self, agent_id: str) -> None:
        """An agent is back."""
        ...

    def log_out(self, agent_id: str) -> None:
        """An agent leaves, now or after the call at hand."""
        ...

    def agent_row(self, agent_id: str) -> AgentRow | None:
        """One agent, None when not logged in."""
        ...

    # What a desk asks about the account of its call.

    def case(self, campaign_id: str, account_id: str) -> CaseFile:
        """Everything a desk shows of an account."""
        ...

    def may_call(self, campaign_id: str, account_id: str, number_id: str | None, at: datetime | None) -> Permission:
        """The verdict on a number, now or at an instant, in words."""
        ...

    def lawful_times(self, campaign_id: str, account_id: str, number_id: str | None, days: int) -> list[LawfulTime]:
        """When the person may be called back at their own wish."""
        ...

    def find_accounts(self, campaign_id: str, text: str, limit: int) -> list[str]:
        """Ids of accounts that begin with a text."""
        ...

    def explain(
        self,
        campaign_id: str,
        account_id: str,
        number_id: str | None,
        at: datetime | None,
        language: str,
        *,
        show_all: bool,
    ) -> Told:
        """Why a number may be called, or why not and when."""
        ...

    async def week(self, campaign_id: str, account_id: str, number_id: str | None) -> Week:
        """When each rule lets an account through in the coming week."""
        ...

    def take_note(self, card: CallCard, agent_id: str, category: str, text: str) -> None:
        """Write down what the person said."""
        ...

    def notes(self, category: str | None, limit: int) -> list[Note]:
        """What agents wrote down, newest first."""
        ...

    def check_report(self, card: CallCard, report: AgentReport) -> None:
        """Refuse a report that cannot be true."""
        ...

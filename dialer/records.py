"""The journal's record types and their line form. Pure.

A record says what happened, in the past tense, with the instant it happened.
Everything the engine knows is a function of these records (`dialer.state`), so
a field here is a promise to every journal already written: add fields with a
default, never change what one means.

A line is `["kind",{…}]` in UTF-8 JSON. Names, numbers and balances of people do
not stand in records; ids do.
"""

from datetime import date, datetime
from enum import Enum
from math import isfinite
from typing import Any

from attrs import field, frozen

from dialer.disposition import Disposition, HungUpBy
from dialer.rule_records import Denied, Judged, PackTexts, RulesChanged, ShadowNoted, VerdictStage

__all__ = [
    "AgentChanged",
    "AgentState",
    "Answered",
    "AnsweredBy",
    "AttemptRecord",
    "CampaignChanged",
    "CampaignState",
    "Claimed",
    "Closed",
    "Connected",
    "ContactsForgotten",
    "Denied",
    "Detected",
    "Disposed",
    "Erased",
    "FactStated",
    "Judged",
    "ListEnrolled",
    "NoteTaken",
    "Opened",
    "Originated",
    "PacingNoted",
    "PackTexts",
    "PromiseToPay",
    "Record",
    "RulesChanged",
    "ShadowNoted",
    "TalkEnded",
    "TargetSet",
    "TrunkChanged",
    "VerdictStage",
]


class AnsweredBy(Enum):
    """Who answered; `UNKNOWN` counts as a person everywhere."""

    HUMAN = "human"
    MACHINE = "machine"
    UNKNOWN = "unknown"


class AgentState(Enum):
    """What an agent is doing; exactly one at any time."""

    LOGGED_OUT = "logged_out"
    IDLE = "idle"
    RESERVED = "reserved"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    ON_BREAK = "on_break"


class CampaignState(Enum):
    """Whether a campaign may start calls."""

    RUNNING = "running"
    PAUSED = "paused"
    DRAINING = "draining"
    ENDED = "ended"


def _is_writable(_: object, __: object, value: Any) -> None:
    if isinstance(value, float) and not isfinite(value):  # JSON would write null, which no reader takes for a number
        msg = f"a record cannot hold the number {value}"
        raise ValueError(msg)


def _finite(figures: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in figures.items() if isfinite(value)}


@frozen
class PromiseToPay:
    """Amount and date given by the right party."""

    amount_minor: int
    currency: str
    due_date: date


@frozen
class Opened:
    """An engine started on this journal; names what it ran with."""

    at: datetime
    engine_version: str
    config_hash: str
    time_zone: str
    seed: int | None = None


@frozen
class Closed:
    """The engine stopped in good order."""

    at: datetime


@frozen
class ListEnrolled:
    """A campaign's list as it stood: how many accounts, and a hash of their ids in order."""

    at: datetime
    campaign_id: str
    account_count: int
    list_hash: str


@frozen
class CampaignChanged:
    """A campaign started, paused or ended, and why."""

    at: datetime
    campaign_id: str
    state: CampaignState
    reason: str
    actor: str = ""
    """Who asked for it; empty when the engine did."""


@frozen
class TargetSet:
    """Somebody told a campaign's pacer to aim at another share of abandoned calls."""

    at: datetime
    campaign_id: str
    target: float
    actor: str
    reason: str = ""


@frozen
class TrunkChanged:
    """A trunk came up or was lost."""

    at: datetime
    trunk: str
    is_up: bool
    reason: str = ""


@frozen
class Claimed:
    """An attempt exists. Durable before the trunk hears of it, counted from here on (I2)."""

    at: datetime
    attempt_id: str
    campaign_id: str
    account_id: str
    person_id: str
    claim_ids: tuple[str, ...]
    number_id: str
    trunk: str
    caller_id: str
    pack_hash: str
    mode: str
    agent_id: str | None = None
    is_callback: bool = False
    number_kind: str = ""
    facts_hash: str = ""
    callee_role: str = ""
    """Who owns the number, by the rules' words; empty where nobody knows."""
    household_id: str = ""
    """Whose contacts count together with the person's; empty for one who is alone."""


@frozen
class Originated:
    """The trunk was told to dial."""

    at: datetime
    attempt_id: str
    campaign_id: str


@frozen
class Answered:
    """Somebody or something answered after `ring_s` of post-dial delay and ringing."""

    at: datetime
    attempt_id: str
    campaign_id: str
    ring_s: float


@frozen
class Detected:
    """Person or machine, and when the greeting ended: the connect clock starts there."""

    at: datetime
    attempt_id: str
    campaign_id: str
    answered_by: AnsweredBy
    greeting_ended_at: datetime


@frozen
class Connected:
    """Agent and person hear each other, `wait_s` after the end of the greeting."""

    at: datetime
    attempt_id: str
    campaign_id: str
    agent_id: str
    wait_s: float


@frozen
class TalkEnded:
    """The line is gone; the agent wraps up."""

    at: datetime
    attempt_id: str
    campaign_id: str
    agent_id: str
    talk_s: float
    hung_up_by: HungUpBy


@frozen
class Disposed:
    """How the attempt ended, and what the schedule does with the account next.

    `next_at` None with `ends` empty cannot occur: either there is a next try,
    or `ends` says why there is none.
    """

    at: datetime
    attempt_id: str
    campaign_id: str
    account_id: str
    disposition: Disposition
    hung_up_by: HungUpBy = HungUpBy.US
    agent_id: str | None = None
    wait_s: float = 0.0
    amount_minor: int = 0
    currency: str = ""
    promise: PromiseToPay | None = None
    next_at: datetime | None = None
    next_number_id: str | None = None
    next_agent_id: str | None = None
    same_agent_within_s: float = 0.0
    is_next_callback: bool = False
    dropped_number_id: str | None = None
    ends: str = ""
    person_id: str = ""
    """Empty in journals written before it was kept."""


@frozen
class FactStated:
    """A person, or the agent for them, stated something that rules read from now on.

    Dates stand as ISO text; the fact table (`dialer.rule_facts`) knows each name's type.
    """

    at: datetime
    campaign_id: str
    person_id: str
    account_id: str
    name: str
    value: bool | int | float | str | tuple[str, ...] = field(validator=_is_writable)
    attempt_id: str | None = None


@frozen
class Erased:
    """What records said about a person was made unreadable for good; `person` is all that is left of them.

    Also what a reader gets in place of a record that had nothing but that person in it.
    """

    at: datetime
    person: str
    reason: str = ""


@frozen
class ContactsForgotten:
    """The engine holds settled contacts that ended before an instant no longer: no rule can count them any more.

    They stay in the journal.
    """

    at: datetime
    before: datetime


@frozen
class NoteTaken:
    """What an agent wrote down of what a person said: the customer's voice, by category."""

    at: datetime
    campaign_id: str
    person_id: str
    account_id: str
    attempt_id: str
    agent_id: str
    category: str
    text: str


@frozen
class AgentChanged:
    """An agent is in `state` from `at` on."""

    at: datetime
    agent_id: str
    site: str
    state: AgentState
    campaign_ids: tuple[str, ...] = ()
    attempt_id: str | None = None
    reason: str = ""


@frozen
class PacingNoted:
    """What the pacer decided and why: every change of mode, and a sample through the day."""

    at: datetime
    campaign_id: str
    mode: str
    launch_count: int
    idle_count: int
    in_flight_count: int
    reason: str
    figures: dict[str, float] = field(factory=dict, converter=_finite)
    reason_ko: str = ""


AttemptRecord = Claimed | Originated | Answered | Detected | Connected | TalkEnded | Disposed
Record = (
    Opened
    | Closed
    | ListEnrolled
    | CampaignChanged
    | TargetSet
    | TrunkChanged
    | Denied
    | Judged
    | PackTexts
    | RulesChanged
    | ShadowNoted
    | AttemptRecord
    | FactStated
    | NoteTaken
    | Erased
    | ContactsForgotten
    | AgentChanged
    | PacingNoted
)

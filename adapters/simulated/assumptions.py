"""Everything the simulation assumes, as one settings class per table of the assumptions file.

Each value stands beside its unit and its reason. The file is what to read and
to change; these classes only say what it may hold.
"""

from collections.abc import Mapping

from attrs import Attribute, field, frozen

from adapters.simulated.laws import ByHour, Count, Law, Quantiles, Share, Shares, Steps, reason

__all__ = [
    "Agents",
    "Answer",
    "Assumptions",
    "Brief",
    "Callback",
    "Collection",
    "Detection",
    "Machine",
    "Money",
    "Network",
    "Numbers",
    "Telesales",
    "WrapUp",
]


@frozen(kw_only=True)
class Numbers:
    """What is wrong with a number for good, by its kind."""

    invalid: Shares
    wrong: Shares


@frozen(kw_only=True)
class Answer:
    """Whether a person answers, and what they do until somebody speaks.

    The odds of the hour are multiplied by the factors; `odds_collection` is by
    days past due.
    """

    mobile: ByHour
    home: ByHour
    work: ByHour
    other: ByHour
    odds_telesales: Count
    odds_collection: Steps
    odds_by_try_today: Steps
    person_spread: Count
    ring: Law
    greeting: Law
    patience: Law
    message: Law
    leaves_message: Share


@frozen(kw_only=True)
class Network:
    """What the network does instead of ringing through, and how long it takes."""

    post_dial_delay: Law
    busy: Share
    congested: Share
    failed_after: Law
    rejected: Share
    rejected_after: Law
    gives_up: Law


@frozen(kw_only=True)
class Machine:
    """Voicemail: who has it, when it answers, how long it runs."""

    has: Shares
    is_off: Share
    ring: Law
    runs: Law


@frozen(kw_only=True)
class Detection:
    """How the switch tells a machine from a person."""

    is_on: bool
    reason: str = reason()
    person_silence: Law
    machine_decision: Law
    false_machine: Share
    missed_machine: Share


@frozen(kw_only=True)
class Callback:
    """When a person who asks to be called again wants it; hours are local."""

    today: Share
    after: Law
    latest_hour: Count
    next_day_from_hour: Count
    next_day_to_hour: Count


@frozen(kw_only=True)
class Telesales:
    """How a sales call goes once an agent speaks."""

    third_party: Shares
    cut_off: Share
    opt_out: Share
    callback: Share
    refused: Share
    person_hangs_up: Share
    sale_at_first_contact: Share
    sale_kept_per_contact: Share
    talk_sold: Law
    talk_other: Law


@frozen(kw_only=True)
class Collection:
    """How a collection call goes once an agent speaks; tables are by days past due."""

    third_party: Shares
    cut_off: Share
    callback: Share
    refused: Share
    person_hangs_up: Share
    attorney: Share
    hardship: Share
    promise: Steps
    promise_odds_defaulter: Count
    promise_whole: Steps
    promise_part: Quantiles
    promise_days: Steps
    talk_promised: Law
    talk_other: Law


@frozen(kw_only=True)
class Brief:
    """The short conversations, alike for both purposes."""

    cut_off: Law
    third_party: Law
    wrong_person: Law
    callback: Law
    opt_out: Law
    machine: Law


@frozen(kw_only=True)
class WrapUp:
    """Work after the line is gone, by what came of the call."""

    sold: Law
    promised: Law
    callback: Law
    spoken: Law
    not_reached: Law


@frozen(kw_only=True)
class Agents:
    """How agents differ and keep their hours."""

    talk_spread: Count
    wrap_up_spread: Count
    preview: Law
    preview_skip: Share
    late: Law


@frozen(kw_only=True)
class Money:
    """Sums people name are round: a multiple of this many minor units of the currency."""

    round_to_minor: Mapping[str, int] = field()
    reason: str = reason()

    @round_to_minor.validator
    def _positive(self, attribute: "Attribute[Mapping[str, int]]", value: Mapping[str, int]) -> None:
        for currency, unit in value.items():
            if unit < 1:
                msg = f"{attribute.name}: `{currency}` must be at least 1, not {unit}"
                raise ValueError(msg)


@frozen(kw_only=True)
class Assumptions:
    """The whole file."""

    numbers: Numbers
    answer: Answer
    network: Network
    machine: Machine
    detection: Detection
    callback: Callback
    telesales: Telesales
    collection: Collection
    brief: Brief
    wrap_up: WrapUp
    agents: Agents
    money: Money

"""What is counted of a campaign: integers and seconds that add up, and the rates made of them. Pure.

`Counts` of campaigns add to the counts of the day, so that a total can never
disagree with its parts. Every rate is a `Ratio` of two of these integers.
"""

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import TypeVar

from attrs import define, field, fields, frozen

from dialer.disposition import DISPOSITIONS, Disposition
from dialer.records import AgentState

__all__ = ["Cell", "Counts", "Ratio", "total_of"]

K = TypeVar("K")

_BUSY = (AgentState.TALKING, AgentState.WRAP_UP)
_FREE = (AgentState.IDLE, AgentState.RESERVED)


@frozen
class Ratio:
    """A share as the two numbers it is made of; it has no value while nothing was counted.

    >>> Ratio(3, 100).value
    0.03
    """

    numerator: float
    denominator: float

    @property
    def value(self) -> float | None:
        """The share, or None where the denominator is zero."""
        return self.numerator / self.denominator if self.denominator else None

    def exceeds(self, limit: float | None) -> bool:
        """Whether the exact fraction is above `limit`; a limit is met by equality.

        >>> Ratio(30, 1000).exceeds(0.03), Ratio(30, 999).exceeds(0.03)
        (False, True)
        """
        if limit is None:
            return False
        return Fraction(self.numerator) > Fraction(str(limit)) * Fraction(self.denominator)


@define(eq=False)
class Cell:
    """Calls of one hour, or of one number of try: placed, answered by a person, with the right party."""

    placed: int = 0
    answered: int = 0
    right_party: int = 0

    @property
    def contact_rate(self) -> Ratio:
        """Answered by a person, of calls placed."""
        return Ratio(self.answered, self.placed)

    def add(self, other: "Cell") -> None:
        """Count the other's calls too."""
        self.placed += other.placed
        self.answered += other.answered
        self.right_party += other.right_party


@define(eq=False)
class Counts:
    """One campaign's day, or the sum of several. Filled by `summarize`, then only read."""

    account_count: int = 0
    dialed_account_count: int = 0
    attempt_count: int = 0
    placed_count: int = 0
    retry_count: int = 0
    open_count: int = 0
    outcomes: dict[Disposition, int] = field(factory=dict)

    # Counted from the records of the call itself, to check the outcomes against (I5).
    answered_count: int = 0
    person_count: int = 0
    connected_count: int = 0

    callback_asked_count: int = 0
    callback_due_count: int = 0
    callback_kept_count: int = 0
    promised_minor: dict[str, int] = field(factory=dict)
    sold_minor: dict[str, int] = field(factory=dict)

    talk_s: float = 0.0
    ring_s: float = 0.0
    """Of answered calls."""
    wait_s: float = 0.0
    agent_s: dict[AgentState, float] = field(factory=dict)
    agent_count: int = 0

    denials: dict[str, int] = field(factory=dict)
    denied_accounts: dict[str, int] = field(factory=dict)
    denials_by_stage: dict[str, int] = field(factory=dict)
    denied_account_count: int = 0
    held_accounts: dict[str, int] = field(factory=dict)
    """Accounts that were refused and never dialed, by the rule that refused them last."""
    best_outcomes: dict[Disposition, int] = field(factory=dict)
    """Dialed accounts by the outcome of their best call."""

    hours: dict[int, Cell] = field(factory=dict)
    tries: dict[int, Cell] = field(factory=dict)
    first_placed_s: float | None = None
    last_placed_s: float | None = None

    def outcome(self, *dispositions: Disposition) -> int:
        """Attempts that ended in one of these ways."""
        return sum(self.outcomes.get(one, 0) for one in dispositions)

    def _where(self, trait: str) -> int:
        return sum(n for one, n in self.outcomes.items() if getattr(DISPOSITIONS[one], trait))

    @property
    def answered_by_person(self) -> int:
        """Calls a person answered; one that nobody could tell counts as a person."""
        return self._where("is_answered_by_person")

    @property
    def answered_by_machine(self) -> int:
        """Calls a machine answered, and rightly taken for one."""
        return self.outcome(Disposition.MACHINE)

    @property
    def right_party(self) -> int:
        """Conversations with the person called for."""
        return self._where("is_right_party")

    @property
    def success(self) -> int:
        """Promises to pay and sales."""
        return self._where("is_success")

    @property
    def abandonment(self) -> Ratio:
        """(Abandoned + false machine) of calls answered by a person."""
        return Ratio(self._where("counts_as_abandoned"), self.answered_by_person)

    @property
    def contact_rate(self) -> Ratio:
        """Answered by a person, of calls placed."""
        return Ratio(self.answered_by_person, self.placed_count)

    @property
    def penetration(self) -> Ratio:
        """Accounts dialed at least once, of accounts on the list."""
        return Ratio(self.dialed_account_count, self.account_count)

    def agents_s(self, *states: AgentState) -> float:
        """Seconds of all agents in these states."""
        return sum(self.agent_s.get(one, 0.0) for one in states)

    @property
    def logged_in_s(self) -> float:
        """Seconds of all agents between logging in and out."""
        return sum(self.agent_s.values())

    @property
    def occupancy(self) -> Ratio:
        """(Talk + wrap-up) of (talk + wrap-up + idle + reserved)."""
        return Ratio(self.agents_s(*_BUSY), self.agents_s(*_BUSY, *_FREE))

    @property
    def utilisation(self) -> Ratio:
        """(Talk + wrap-up) of the time logged in, breaks included."""
        return Ratio(self.agents_s(*_BUSY), self.logged_in_s)

    @property
    def mean_talk_s(self) -> float | None:
        """Mean length of a connected call."""
        return Ratio(self.talk_s, self.connected_count).value

    @property
    def mean_wait_s(self) -> float | None:
        """Mean wait from the end of the greeting to an agent."""
        return Ratio(self.wait_s, self.connected_count).value

    @property
    def mean_wrap_up_s(self) -> float | None:
        """Mean wrap-up of a connected call."""
        return Ratio(self.agents_s(AgentState.WRAP_UP), self.connected_count).value

    @property
    def idle_s_per_call(self) -> float | None:
        """Seconds an agent waits idle for each connected call."""
        return Ratio(self.agents_s(AgentState.IDLE), self.connected_count).value

    @property
    def calls_per_connected(self) -> float | None:
        """Calls placed for each one connected."""
        return Ratio(self.placed_count, self.connected_count).value

    @property
    def right_party_per_agent_hour(self) -> float | None:
        """Right-party contacts of each hour that an agent was logged in."""
        return Ratio(self.right_party * 3600, self.logged_in_s).value

    @property
    def attempts_per_hour(self) -> float | None:
        """Calls placed per hour between the first and the last of the day."""
        if self.first_placed_s is None or self.last_placed_s is None:
            return None
        return Ratio(self.placed_count * 3600, self.last_placed_s - self.first_placed_s).value

    @property
    def denial_count(self) -> int:
        """Verdicts that refused a call."""
        return sum(self.denials.values())

    @property
    def held_account_count(self) -> int:
        """Accounts a rule held back the whole day."""
        return sum(self.held_accounts.values())


def total_of(parts: Iterable[Counts]) -> Counts:
    """The sum of several campaigns' counts."""
    total = Counts()
    names = [one.name for one in fields(Counts) if not one.name.endswith("_placed_s")]
    for part in parts:
        for name in names:
            _add_field(total, name, getattr(part, name))
        total.first_placed_s = _known(min, total.first_placed_s, part.first_placed_s)
        total.last_placed_s = _known(max, total.last_placed_s, part.last_placed_s)
    return total


def _known(pick: Callable[..., float], *values: float | None) -> float | None:
    return pick((one for one in values if one is not None), default=None)


def _add_field(total: Counts, name: str, value: object) -> None:
    mine = getattr(total, name)
    if isinstance(mine, dict):
        assert isinstance(value, dict)
        _add_mapping(mine, value)
    else:
        setattr(total, name, mine + value)


def _add_mapping(mine: dict[K, object], other: dict[K, object]) -> None:
    for key, value in other.items():
        if isinstance(value, Cell):
            cell = mine.setdefault(key, Cell())
            assert isinstance(cell, Cell)
            cell.add(value)
        else:
            mine[key] = mine.get(key, 0) + value  # type: ignore[operator]

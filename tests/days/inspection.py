"""What an inspector reads off a day's journal: attempts and agents, put together without the engine's help."""

from collections.abc import Iterator
from datetime import datetime

from attrs import define, field

from dialer.model import Account, PhoneNumber
from dialer.records import (
    AgentChanged,
    Answered,
    Claimed,
    Connected,
    Denied,
    Detected,
    Disposed,
    FactStated,
    Originated,
    Record,
    TalkEnded,
)
from tests.days.plans import CampaignPlan
from tests.days.world import Day, Dialed

__all__ = ["Attempt", "Book", "Stay", "seconds_between"]


@define
class Attempt:
    """All that the journal and the trunk say of one attempt."""

    claimed: Claimed
    claimed_index: int
    originated: list[Originated] = field(factory=list)
    answered: list[Answered] = field(factory=list)
    detected: list[Detected] = field(factory=list)
    connected: list[Connected] = field(factory=list)
    talk_ended: list[TalkEnded] = field(factory=list)
    disposed: list[Disposed] = field(factory=list)
    order: list[Record] = field(factory=list)
    dialed: Dialed | None = None

    @property
    def id(self) -> str:
        return self.claimed.attempt_id

    @property
    def end(self) -> Disposed:
        return self.disposed[0]


@define
class Stay:
    """An agent in one state, from one record to the next."""

    change: AgentChanged
    index: int
    until: datetime | None


_LISTS = {
    Originated: "originated",
    Answered: "answered",
    Detected: "detected",
    Connected: "connected",
    TalkEnded: "talk_ended",
    Disposed: "disposed",
}


@define
class Book:
    """One day, indexed."""

    day: Day
    records: list[Record]
    attempts: dict[str, Attempt] = field(factory=dict)
    by_person: dict[str, list[Attempt]] = field(factory=dict)
    agents: dict[str, list[Stay]] = field(factory=dict)
    denied: list[Denied] = field(factory=list)
    facts: dict[str, list[FactStated]] = field(factory=dict)
    accounts: dict[tuple[str, str], Account] = field(factory=dict)
    campaigns: dict[str, CampaignPlan] = field(factory=dict)

    @classmethod
    def of(cls, day: Day) -> "Book":
        """Read the journal once."""
        book = cls(day, day.records)
        for campaign in day.plan.campaigns:
            book.campaigns[campaign.id] = campaign
            for account in campaign.accounts:
                book.accounts[campaign.id, account.account_id] = account
        for index, record in enumerate(book.records):
            book._take(index, record)
        for dialed in day.dialed:
            attempt = book.attempts[dialed.order.attempt_id]
            assert attempt.dialed is None, f"{attempt.id} was originated twice"
            attempt.dialed = dialed
        return book

    def _take(self, index: int, record: Record) -> None:
        if isinstance(record, Claimed):
            assert record.attempt_id not in self.attempts, f"{record.attempt_id} is claimed twice"
            attempt = self.attempts[record.attempt_id] = Attempt(record, index, order=[record])
            self.by_person.setdefault(record.person_id, []).append(attempt)
        elif type(record) in _LISTS:
            attempt = self.attempts[record.attempt_id]  # type: ignore[union-attr, index]
            getattr(attempt, _LISTS[type(record)]).append(record)
            attempt.order.append(record)
        elif isinstance(record, AgentChanged):
            stays = self.agents.setdefault(record.agent_id, [])
            if stays:
                stays[-1].until = record.at
            stays.append(Stay(record, index, None))
        elif isinstance(record, Denied):
            self.denied.append(record)
        elif isinstance(record, FactStated):
            self.facts.setdefault(record.person_id, []).append(record)

    @property
    def of_today(self) -> list[Attempt]:
        """The attempts of the day itself."""
        return [one for one in self.attempts.values() if one.claimed_index >= self.day.past_count]

    def stay_at(self, agent_id: str, index: int) -> Stay | None:
        """The last state of an agent before a record."""
        found = None
        for stay in self.agents.get(agent_id, ()):
            if stay.index >= index:
                break
            found = stay
        return found

    def number(self, campaign_id: str, account_id: str, number_id: str) -> PhoneNumber:
        """A number of an account."""
        account = self.accounts[campaign_id, account_id]
        return next(one for one in account.numbers if one.number_id == number_id)

    def changes(self, kind: type) -> Iterator[Record]:
        """The records of a kind from the day itself."""
        return (one for one in self.records[self.day.past_count :] if isinstance(one, kind))


def seconds_between(first: datetime, last: datetime) -> float:
    """From one instant to another."""
    return (last - first).total_seconds()

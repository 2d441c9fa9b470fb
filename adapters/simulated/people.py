"""The people behind the numbers: who answers which call, and how the talk goes.

Theory of operation. A number has traits for good (it is dead, somebody else's,
has voicemail) and its person has a reachability of their own; both are drawn
once, from generators named after them. A call draws from a generator named
after its attempt. So `fate` is a function of number, attempt, hour and how often
the number was tried today, and of nothing else. That count is the only thing
`People` remembers, with the count of talks per person.
"""

from collections.abc import Iterable
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

from attrs import define, evolve

from adapters.simulated.assumptions import Assumptions
from adapters.simulated.conversations import Talks, days_past_due
from adapters.simulated.draws import generator
from adapters.simulated.fates import CallFate, Conversation, Pace, Party
from dialer.disposition import NetworkOutcome
from dialer.model import Account, NumberKind, PhoneNumber
from dialer.ports import CallCard
from dialer.records import AnsweredBy

__all__ = ["PURPOSES", "People", "Resident"]

PURPOSES = ("telesales", "collection")

_AVERAGE = Pace()


@define(eq=False)
class Resident:
    """Who lives behind a number, and what they are like. The latter is drawn at the first call."""

    account: Account
    number: PhoneNumber
    purpose: str
    is_drawn: bool = False
    is_invalid: bool = False
    is_wrong: bool = False
    has_machine: bool = False
    odds: float = 1.0
    day: int = 0
    tries_today: int = 0


class People:
    """Everybody who can be called.

    `add` the accounts of each campaign before the day begins. The trunk asks
    `take_call` for each call it places; an agent's desk asks `converse`.
    """

    def __init__(self, assumptions: Assumptions, seed: int, time_zone: str) -> None:
        self.assumptions = assumptions
        self.seed = seed
        self.zone = ZoneInfo(time_zone)
        self._residents: dict[str, Resident] = {}
        self._purposes: dict[str, str] = {}
        self._talk_counts: dict[str, int] = {}
        self._talks = Talks(assumptions, self.zone)
        answer = assumptions.answer
        self._by_kind = {
            NumberKind.MOBILE: answer.mobile.of_hour,
            NumberKind.HOME: answer.home.of_hour,
            NumberKind.WORK: answer.work.of_hour,
            NumberKind.OTHER: answer.other.of_hour,
        }

    def add(self, campaign_id: str, purpose: str, accounts: Iterable[Account]) -> None:
        """Make a campaign's accounts callable. A number in two lists belongs to the account that came first."""
        if purpose not in PURPOSES:
            msg = f"purpose must be one of {', '.join(PURPOSES)}, not `{purpose}`"
            raise ValueError(msg)
        self._purposes[campaign_id] = purpose
        residents = self._residents
        for account in accounts:
            for number in account.numbers:
                if number.e164 not in residents:
                    residents[number.e164] = Resident(account, number, purpose)

    def behind(self, e164: str) -> Resident | None:
        """Who lives behind a number; None when nobody does."""
        resident = self._residents.get(e164)
        if resident is not None and not resident.is_drawn:
            self._draw_traits(resident)
        return resident

    def take_call(self, e164: str, attempt_id: str, at: datetime) -> CallFate:
        """The fate of a call placed now; counts it as one more try today."""
        resident = self._residents.get(e164)
        tries = 0
        if resident is not None:
            today = at.astimezone(self.zone).toordinal()
            if resident.day != today:
                resident.day, resident.tries_today = today, 0
            tries = resident.tries_today
            resident.tries_today += 1
        return self.fate(e164, attempt_id, at, tries)

    def fate(self, e164: str, attempt_id: str, at: datetime, tries_today: int) -> CallFate:
        """What becomes of a call placed at `at` after `tries_today` earlier ones that day. Remembers nothing."""
        rng = generator(self.seed, "attempt", attempt_id)
        network = self.assumptions.network
        resident = self.behind(e164)
        if resident is None or resident.is_invalid:
            return CallFate(NetworkOutcome.INVALID_NUMBER, Party.NOBODY, network.failed_after.draw(rng))
        u = rng.random()
        if u < network.congested.share:
            return CallFate(NetworkOutcome.CONGESTED, Party.NOBODY, network.failed_after.draw(rng))
        if u < network.congested.share + network.busy.share:
            return CallFate(NetworkOutcome.BUSY, Party.NOBODY, network.failed_after.draw(rng))
        if rng.random() < self._answer_share(resident, at, tries_today):
            return self._answered(rng, resident)
        return self._unanswered(rng, resident)

    def converse(self, card: CallCard, fate: CallFate, at: datetime, pace: Pace = _AVERAGE) -> Conversation:
        """The talk about `card` with whoever took the call."""
        account = card.account
        person_id = account.person.person_id
        first = self._talks.first_contact(account, generator(self.seed, "contact", person_id).random())
        count = self._talk_counts.get(person_id, 0)
        if fate.party is Party.RIGHT:
            self._talk_counts[person_id] = count + 1
        rng = generator(self.seed, "talk", card.attempt_id)
        purpose = self._purposes.get(card.campaign_id, "collection")
        return self._talks.draw(rng, card, purpose, fate.party, first + count, at, pace)

    def broken_off(self, planned: Conversation, talked_s: float) -> Conversation:
        """What is left of a talk that was ended from outside."""
        return self._talks.broken_off(planned, talked_s)

    def _draw_traits(self, resident: Resident) -> None:
        kind = resident.number.kind.value
        rng = generator(self.seed, "number", resident.number.e164)
        resident.is_invalid = rng.random() < self.assumptions.numbers.invalid.of(kind)
        resident.is_wrong = rng.random() < self.assumptions.numbers.wrong.of(kind)
        resident.has_machine = rng.random() < self.assumptions.machine.has.of(kind)
        answer, spread = self.assumptions.answer, self.assumptions.answer.person_spread.value
        if resident.purpose == "telesales":
            odds = answer.odds_telesales.value
        else:
            odds = answer.odds_collection.at(days_past_due(resident.account))
        if spread > 0:
            own = generator(self.seed, "person", resident.account.person.person_id)
            odds *= own.gammavariate(1.0 / spread**2, spread**2)
        resident.odds = odds
        resident.is_drawn = True

    def _answer_share(self, resident: Resident, at: datetime, tries_today: int) -> float:
        share = self._by_kind[resident.number.kind][at.astimezone(self.zone).hour]
        if share >= 1.0:
            return 1.0
        odds = share / (1.0 - share) * resident.odds * self.assumptions.answer.odds_by_try_today.at(tries_today)
        return odds / (1.0 + odds)

    def _answered(self, rng: Random, resident: Resident) -> CallFate:
        answer = self.assumptions.answer
        party = Party.RIGHT
        if resident.is_wrong:
            party = Party.WRONG
        elif rng.random() < self._third_party_share(resident):
            party = Party.THIRD
        greeting_s = answer.greeting.draw(rng)
        message_s = answer.message.draw(rng)
        leaves = rng.random() < answer.leaves_message.share
        fate = CallFate(
            outcome=NetworkOutcome.NORMAL,
            party=party,
            answered_s=self.assumptions.network.post_dial_delay.draw(rng) + answer.ring.draw(rng),
            stays_s=greeting_s + answer.patience.draw(rng),
            message_s=round(message_s * rng.random(), 6) if leaves else message_s,
            leaves_message=leaves,
        )
        return self._detect(rng, fate, greeting_s)

    def _third_party_share(self, resident: Resident) -> float:
        laws = self.assumptions
        shares = laws.telesales.third_party if resident.purpose == "telesales" else laws.collection.third_party
        return shares.of(resident.number.kind.value)

    def _unanswered(self, rng: Random, resident: Resident) -> CallFate:
        network, machine = self.assumptions.network, self.assumptions.machine
        delay_s = network.post_dial_delay.draw(rng)
        if rng.random() < network.rejected.share:
            return CallFate(NetworkOutcome.REJECTED, Party.NOBODY, delay_s + network.rejected_after.draw(rng))
        gives_up_s = network.gives_up.draw(rng)
        if not resident.has_machine:
            return CallFate(NetworkOutcome.NO_ANSWER, Party.NOBODY, delay_s + gives_up_s)
        rings_s = 0.0 if rng.random() < machine.is_off.share else machine.ring.draw(rng)
        fate = CallFate(
            outcome=NetworkOutcome.NORMAL,
            party=Party.MACHINE,
            answered_s=delay_s + rings_s,
            stays_s=machine.runs.draw(rng),
            message_s=self.assumptions.answer.message.draw(rng),
        )
        return self._detect(rng, fate, self.assumptions.answer.greeting.draw(rng))

    def _detect(self, rng: Random, fate: CallFate, greeting_s: float) -> CallFate:
        """What the switch makes of the first words. A person is known by the silence after them."""
        detection = self.assumptions.detection
        if not detection.is_on:
            return evolve(fate, greeting_s=greeting_s, detected_s=greeting_s)
        errs = detection.false_machine if fate.is_person else detection.missed_machine
        is_mistaken = rng.random() < errs.share
        if fate.is_person == is_mistaken:
            decided_s = detection.machine_decision.draw(rng)
            return evolve(fate, greeting_s=decided_s, detected_s=decided_s, detected=AnsweredBy.MACHINE)
        decided_s = greeting_s + detection.person_silence.draw(rng)
        return evolve(fate, greeting_s=greeting_s, detected_s=decided_s, detected=AnsweredBy.HUMAN)

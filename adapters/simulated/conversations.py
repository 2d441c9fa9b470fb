"""How a talk goes and what comes of it: sales and collection. Pure, given a generator.

Theory of operation. A sales row of the list comes from a real campaign: it says
how many contacts that client needed in all (`campaign_contacts`), how long the last one
was (`talk_s`) and whether it sold (`sold`). Today's contact is one of those, each
as likely as the others (`first_contact`). If it is the last, the row decides:
its length, its result. If it is an earlier one, nothing is sold and the length
is drawn from the law of talks without a sale. So the share of sales per contact
falls out of the rows and is not a free parameter; a client never buys twice.
Without these columns, the fitted hazard and laws of the same campaign stand in.

A collection talk has no such source. The chance of a promise falls with days
past due; a person whose row says that they will default promises less often.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from attrs import define, evolve

from adapters.simulated.assumptions import Assumptions, WrapUp
from adapters.simulated.fates import Conversation, Pace, Party
from adapters.simulated.laws import Law
from dialer.disposition import Disposition, HungUpBy
from dialer.model import Account, FactValue
from dialer.ports import AgentReport, CallCard
from dialer.records import PromiseToPay

__all__ = ["Talks"]

_YES = frozenset({"1", "yes", "true", "y"})
_LONGEST_PROMISE_DAYS = 30


def _number(traits: Mapping[str, str], name: str) -> float | None:
    """The number in a column; None when it is absent or no number above 0."""
    try:
        value = float(traits[name])
    except (KeyError, ValueError):
        return None
    return value if 0.0 < value < float("inf") else None


def _is_yes(traits: Mapping[str, str], name: str) -> bool:
    return traits.get(name, "").strip().lower() in _YES


def _wrap_up(laws: WrapUp, disposition: Disposition) -> Law:
    by_result = {
        Disposition.SOLD: laws.sold,
        Disposition.PROMISED: laws.promised,
        Disposition.CALLBACK: laws.callback,
        Disposition.CUT_OFF: laws.not_reached,
        Disposition.MACHINE: laws.not_reached,
        Disposition.WRONG_PERSON: laws.not_reached,
        Disposition.THIRD_PARTY: laws.not_reached,
    }
    return by_result.get(disposition, laws.spoken)


@define
class _Draft:
    """A talk before pace and wrap-up are known."""

    disposition: Disposition
    talk_s: float
    hung_up_by: HungUpBy = HungUpBy.US
    promise: PromiseToPay | None = None
    callback_due_at: datetime | None = None
    facts: Mapping[str, FactValue] | None = None


class Talks:
    """Draws conversations. `purpose` is `telesales` or `collection`."""

    def __init__(self, assumptions: Assumptions, zone: ZoneInfo) -> None:
        self._all = assumptions
        self._brief = assumptions.brief
        self._zone = zone

    def first_contact(self, account: Account, u: float) -> int:
        """Which contact of the row's campaign today's first one is; `u` is the person's own, in [0, 1)."""
        return 1 + int(u * (_number(account.traits, "campaign_contacts") or 1.0))

    def draw(
        self, rng: Random, card: CallCard, purpose: str, party: Party, contact: int, at: datetime, pace: Pace
    ) -> Conversation:
        """The talk of an agent with whoever answered; `contact` counts the talks with this person from 1."""
        if party is not Party.RIGHT:
            draft = self._not_reached(rng, purpose, party)
        elif purpose == "telesales":
            draft = self._sale(rng, card, contact, at)
        else:
            draft = self._collect(rng, card, at)
        promise = draft.promise
        return Conversation(
            talk_s=round(draft.talk_s * pace.talk, 6),
            hung_up_by=draft.hung_up_by,
            wrap_up_s=round(_wrap_up(self._all.wrap_up, draft.disposition).draw(rng) * pace.wrap_up, 6),
            report=AgentReport(
                disposition=draft.disposition,
                amount_minor=promise.amount_minor if promise else 0,
                currency=promise.currency if promise else "",
                promise=promise,
                callback_due_at=draft.callback_due_at,
                facts=draft.facts or {},
            ),
        )

    def broken_off(self, planned: Conversation, talked_s: float) -> Conversation:
        """The same talk, ended from outside after `talked_s`: nothing that was to come has been said."""
        return evolve(planned, talk_s=talked_s, report=AgentReport(Disposition.CUT_OFF))

    def _not_reached(self, rng: Random, purpose: str, party: Party) -> _Draft:
        if party is Party.MACHINE:
            return _Draft(Disposition.MACHINE, self._brief.machine.draw(rng))
        by = self._who_hangs_up(rng, purpose)
        if party is Party.WRONG:
            return _Draft(Disposition.WRONG_PERSON, self._brief.wrong_person.draw(rng), by)
        return _Draft(Disposition.THIRD_PARTY, self._brief.third_party.draw(rng), by)

    def _who_hangs_up(self, rng: Random, purpose: str) -> HungUpBy:
        laws = self._all.telesales if purpose == "telesales" else self._all.collection
        return HungUpBy.PERSON if rng.random() < laws.person_hangs_up.share else HungUpBy.US

    def _sale(self, rng: Random, card: CallCard, contact: int, at: datetime) -> _Draft:
        laws, traits = self._all.telesales, card.account.traits
        if not card.is_callback and rng.random() < laws.cut_off.share:
            return _Draft(Disposition.CUT_OFF, self._brief.cut_off.draw(rng), HungUpBy.PERSON)
        contacts, talk_s = _number(traits, "campaign_contacts"), _number(traits, "talk_s")
        if contacts is None:
            p = laws.sale_at_first_contact.share * laws.sale_kept_per_contact.share ** (contact - 1)
            is_sold, is_last = rng.random() < p, False
        else:
            is_last = contact == int(contacts)
            is_sold = is_last and _is_yes(traits, "sold")
        if is_sold:
            return _Draft(Disposition.SOLD, talk_s if is_last and talk_s else laws.talk_sold.draw(rng))
        return self._no_sale(rng, at, talk_s if is_last and talk_s else None)

    def _no_sale(self, rng: Random, at: datetime, talk_s: float | None) -> _Draft:
        laws, u = self._all.telesales, rng.random()
        today = at.astimezone(self._zone).date()
        if u < laws.opt_out.share:
            stated: dict[str, FactValue] = {"person.opted_out": True, "person.no_call": True}
            by = self._who_hangs_up(rng, "telesales")
            return _Draft(Disposition.OPTED_OUT, self._brief.opt_out.draw(rng), by, facts=stated)
        u -= laws.opt_out.share
        if u < laws.callback.share:
            return self._call_again(rng, at)
        u -= laws.callback.share
        length_s = laws.talk_other.draw(rng) if talk_s is None else talk_s
        if u < laws.refused.share:
            stated = {"person.refused_offer": True, "person.refused_offer_on": today}
            return _Draft(Disposition.REFUSED, length_s, self._who_hangs_up(rng, "telesales"), facts=stated)
        return _Draft(Disposition.RIGHT_PARTY, length_s)

    def _collect(self, rng: Random, card: CallCard, at: datetime) -> _Draft:
        laws = self._all.collection
        if not card.is_callback and rng.random() < laws.cut_off.share:
            return _Draft(Disposition.CUT_OFF, self._brief.cut_off.draw(rng), HungUpBy.PERSON)
        if rng.random() < self._promise_share(card.account):
            promise = self._promise(rng, card.account, at)
            return _Draft(Disposition.PROMISED, laws.talk_promised.draw(rng), promise=promise)
        u, today = rng.random(), at.astimezone(self._zone).date()
        if u < laws.callback.share:
            return self._call_again(rng, at)
        u -= laws.callback.share
        talk_s = laws.talk_other.draw(rng)
        if u < laws.refused.share:
            return _Draft(Disposition.REFUSED, talk_s, self._who_hangs_up(rng, "collection"))
        u -= laws.refused.share
        facts: dict[str, FactValue] = {}
        if u < laws.attorney.share:
            facts = {"person.attorney": "known"}
        elif u < laws.attorney.share + laws.hardship.share:
            facts = {"person.hardship": "medical", "person.hardship_confirmed": today}
        return _Draft(Disposition.RIGHT_PARTY, talk_s, facts=facts)

    def _promise_share(self, account: Account) -> float:
        laws = self._all.collection
        share = laws.promise.at(days_past_due(account))
        if not _is_yes(account.traits, "default_next_month"):
            return share
        odds = share / (1.0 - share) * laws.promise_odds_defaulter.value
        return odds / (1.0 + odds)

    def _promise(self, rng: Random, account: Account, at: datetime) -> PromiseToPay:
        laws, days = self._all.collection, days_past_due(account)
        currency = account.claims[0].currency if account.claims else ""
        balance = sum(claim.balance_minor for claim in account.claims if claim.currency == currency)
        part = 1.0 if rng.random() < laws.promise_whole.at(days) else laws.promise_part.draw(rng)
        unit = self._all.money.round_to_minor.get(currency, 1)
        amount = balance if part >= 1.0 else min(balance, max(1, round(balance * part / unit)) * unit)
        ahead = 1 + min(_LONGEST_PROMISE_DAYS - 1, int(rng.expovariate(1.0 / laws.promise_days.at(days))))
        due_date = at.astimezone(self._zone).date() + timedelta(days=ahead)
        return PromiseToPay(amount, currency, due_date)

    def _call_again(self, rng: Random, at: datetime) -> _Draft:
        laws, local = self._all.callback, at.astimezone(self._zone)
        due = local + timedelta(seconds=laws.after.draw(rng))
        is_today = rng.random() < laws.today.share
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        if not is_today or due >= midnight + timedelta(hours=laws.latest_hour.value):
            hours = rng.uniform(laws.next_day_from_hour.value, laws.next_day_to_hour.value)
            due = midnight + timedelta(days=1, hours=hours)
        # People name round times.
        due = due.replace(minute=due.minute // 10 * 10, second=0, microsecond=0)
        return _Draft(Disposition.CALLBACK, self._brief.callback.draw(rng), callback_due_at=due.astimezone(UTC))


def days_past_due(account: Account) -> int:
    """Of the oldest claim; 0 when nothing is due."""
    return max((claim.days_past_due or 0 for claim in account.claims), default=0)

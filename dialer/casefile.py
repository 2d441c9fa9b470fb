"""Builds what a desk shows of an account, judges it for the desk, and checks what an agent says of a call."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import define

from dialer.board import ConsoleError
from dialer.campaign import Campaign
from dialer.case_words import (
    AGENT_FACTS,
    CaseFile,
    CaseNumber,
    ClaimLine,
    Denial,
    LawfulTime,
    Note,
    PastContact,
    Permission,
    dispositions_for,
)
from dialer.disposition import Disposition
from dialer.model import Account, PhoneNumber
from dialer.ports import AgentReport
from dialer.records import NoteTaken
from dialer.rule_facts import readable_facts
from dialer.state import EngineState

__all__ = ["CaseDesk", "note_of"]

# How far ahead a promise may lie; beyond, a plan needs a supervisor.
_LONGEST_PROMISE = timedelta(days=60)
# Callbacks are offered in steps of this, this far ahead at most.
_STEP = timedelta(minutes=15)
_LONGEST_LOOK = timedelta(days=7)
_MOST_HISTORY = 100
_MOST_NOTES = 20


@define(eq=False)
class CaseDesk:
    """The accounts of one running campaign, as desks see them."""

    campaign: Campaign
    state: EngineState
    purpose: str

    def case(self, account_id: str) -> CaseFile:
        """Everything a desk shows of an account; raises `ConsoleError` for one that is not there."""
        account, person = self.account(account_id), self.account(account_id).person
        promise = self.state.promises.get(account_id)
        events = sorted(self.state.ledger.events_of_person(person.person_id), key=lambda one: one.at, reverse=True)
        progress = self.campaign.book.schedule.progress_of(account_id)
        return CaseFile(
            campaign_id=self.campaign.plan.campaign_id,
            purpose=self.purpose,
            account_id=account_id,
            person_id=person.person_id,
            language=person.language,
            value_tier=person.value_tier,
            claims=tuple(
                ClaimLine(one.claim_id, one.balance_minor, one.currency, one.days_past_due, one.product)
                for one in account.claims
            ),
            numbers=tuple(CaseNumber(one.number_id, _masked(one.e164), one.kind.value) for one in account.numbers),
            traits=dict(account.traits),
            facts=dict(self.state.facts.get(person.person_id, {})),
            promise_minor=promise.amount_minor if promise is not None else None,
            promise_currency=promise.currency if promise is not None else "",
            promise_due=promise.due_date if promise is not None else None,
            history=tuple(
                PastContact(one.at, one.channel, one.direction, one.outcome, one.campaign_id, one.number_id)
                for one in events[:_MOST_HISTORY]
            ),
            notes=tuple(note_of(one) for one in reversed(self.state.notes.get(account_id, [])[-_MOST_NOTES:])),
            why="callback" if progress.is_callback else "retry" if progress.attempt_count > 1 else "first_try",
        )

    def may_call(
        self, account_id: str, number_id: str | None, at: datetime, *, is_asked_for: bool = False
    ) -> Permission:
        """The verdict on a number at an instant, in words; `is_asked_for` when the person wished to be called."""
        account = self.account(account_id)
        verdict = self.campaign.gate.judge(
            account, self._number(account, number_id), at, self.campaign.plan.limits.ring_s, is_asked_for=is_asked_for
        )
        return Permission(
            at,
            verdict.is_allowed,
            tuple(
                Denial(
                    one.rule_id,
                    one.title_ko,
                    one.title_en,
                    one.reason_ko,
                    one.reason_en,
                    one.cite,
                    one.release_at,
                )
                for one in verdict.denials
            ),
            verdict.next_eligible_at,
            verdict.deciding_rule_id,
        )

    def lawful_times(self, account_id: str, number_id: str | None, from_at: datetime, days: int) -> list[LawfulTime]:
        """When the person may be called back at their own wish, in spans of whole quarter hours."""
        account = self.account(account_id)
        number = self._number(account, number_id)
        spans: list[LawfulTime] = []
        for at in _steps(from_at, min(timedelta(days=days), _LONGEST_LOOK)):
            if not self._may_call_back(account, number, at):
                continue
            if spans and spans[-1].to_at == at:
                spans[-1] = LawfulTime(spans[-1].from_at, at + _STEP)
            else:
                spans.append(LawfulTime(at, at + _STEP))
        return spans

    def check(self, account_id: str, number_id: str, report: AgentReport, now_at: datetime) -> None:
        """Refuse what cannot be true or may not be promised; raises `ConsoleError` with what can."""
        account = self.account(account_id)
        allowed = dispositions_for(self.purpose)
        if report.disposition not in allowed:
            msg = f"an agent says one of {', '.join(one.value for one in allowed)}"
            raise ConsoleError(msg)
        self._check_promise(account, report, now_at)
        self._check_callback(account, number_id, report, now_at)
        foreign = [name for name in report.facts if name not in AGENT_FACTS]
        _, faults = readable_facts(report.facts)
        if foreign or faults:
            msg = "; ".join([*faults, *(f"`{name}` is not for a desk to state" for name in foreign)])
            raise ConsoleError(msg)

    def number(self, account_id: str, number_id: str | None) -> tuple[Account, PhoneNumber]:
        """An account and one of its numbers, the first when none is named; raises `ConsoleError`."""
        account = self.account(account_id)
        return account, self._number(account, number_id)

    def account(self, account_id: str) -> Account:
        """An account of the campaign's list."""
        account = self.campaign.accounts.get(account_id)
        if account is None:
            msg = f"there is no account `{account_id}` in `{self.campaign.plan.campaign_id}`"
            raise ConsoleError(msg)
        return account

    def _check_promise(self, account: Account, report: AgentReport, now_at: datetime) -> None:
        promise = report.promise
        if report.disposition is not Disposition.PROMISED:
            if promise is not None:
                msg = "a promise goes with the disposition `promised`"
                raise ConsoleError(msg)
            return
        if promise is None:
            msg = "a promise needs its amount and its day"
            raise ConsoleError(msg)
        owed = sum(claim.balance_minor for claim in account.claims if claim.currency == promise.currency)
        if not 0 < promise.amount_minor <= owed:
            msg = f"the amount must be over 0 and at most what is owed, {owed:,} {promise.currency}"
            raise ConsoleError(msg)
        today = now_at.astimezone(self.campaign.book.schedule.zone).date()
        if not today <= promise.due_date <= today + _LONGEST_PROMISE:
            msg = f"the day must lie between {today} and {today + _LONGEST_PROMISE}; later needs a supervisor"
            raise ConsoleError(msg)

    def _check_callback(self, account: Account, number_id: str, report: AgentReport, now_at: datetime) -> None:
        due_at = report.callback_due_at
        if report.disposition is not Disposition.CALLBACK:
            return
        if due_at is None or due_at <= now_at:
            msg = "a callback needs a moment to come"
            raise ConsoleError(msg)
        if not self._may_call_back(account, self._number(account, number_id), due_at):
            times = self.lawful_times(account.account_id, number_id, due_at, 7)
            after = times[0].from_at.astimezone(self.campaign.book.schedule.zone) if times else None
            hint = f"the next lawful moment is {after:%a %d %b %H:%M}" if after else "nor in the week after it"
            msg = f"the person may not be called at that moment; {hint}"
            raise ConsoleError(msg)

    def _may_call_back(self, account: Account, number: PhoneNumber, at: datetime) -> bool:
        limits = self.campaign.plan.limits
        return self.campaign.gate.judge(account, number, at, limits.ring_s, is_asked_for=True).is_allowed

    def _number(self, account: Account, number_id: str | None) -> PhoneNumber:
        for number in account.numbers:
            if number_id is None or number.number_id == number_id:
                return number
        msg = f"the account `{account.account_id}` has no number `{number_id}`"
        raise ConsoleError(msg)


def note_of(record: NoteTaken) -> Note:
    """A note as screens show it."""
    return Note(record.at, record.campaign_id, record.account_id, record.agent_id, record.category, record.text)


def _steps(from_at: datetime, length: timedelta) -> Iterator[datetime]:
    """Whole quarter hours from the next one on."""
    step_s = _STEP.total_seconds()
    first = datetime.fromtimestamp(-(-from_at.timestamp() // step_s) * step_s, from_at.tzinfo)
    at = first
    while at < from_at + length:
        yield at
        at += _STEP


def _masked(e164: str) -> str:
    """The number with its middle hidden: enough to recognise, too little to copy."""
    return f"{e164[:5]}••••{e164[-4:]}"

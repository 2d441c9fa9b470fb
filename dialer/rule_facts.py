"""From our model to the facts that rules read, and verdicts back. The only place that knows both sides.

A value comes from, the later winning: what the operator assumes for the list and
what the list says (`Account.facts`), the account's own fields, the engine's
memory (open promises), and what the person has stated since. What nobody knows
is left out, and unknown closes.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b
from math import isfinite

import msgspec
from attrs import define, field

from collections_rules import FACT_TABLE, FactKind, Facts, FactValue, RuleBook, Verdict, check_values
from collections_rules.evidence import evidence_of_number
from dialer.list_mapping import FactParser
from dialer.model import Account, PhoneNumber
from dialer.rule_drafts import Draft
from dialer.state import EngineState

__all__ = ["RuleGate", "fact_parsers", "readable_facts", "to_journal_value"]

JournalValue = bool | int | float | str | tuple[str, ...]

# The campaign's purpose, as the vocabulary of rules has it.
_PURPOSE_WORDS = {"telesales": "sales"}

_YES = frozenset({"yes", "y", "true", "t", "1", "예", "네"})
_NO = frozenset({"no", "n", "false", "f", "0", "아니오", "아니요"})

_encode = msgspec.json.Encoder(order="deterministic").encode
_HASH_BYTES = 8


@define(eq=False)
class RuleGate:
    """Asks the rules of one campaign about one number at one instant.

    `rules` and `draft` may be set anew at any time: the next verdict goes by them.
    """

    campaign_id: str
    purpose: str
    rules: RuleBook
    state: EngineState
    default_zones: frozenset[str]
    """Where a person is taken to be whose list says nothing; empty closes all hours for them."""
    collector_kind: str = "original_creditor"
    assumed: Mapping[str, FactValue] = field(factory=dict)
    draft: Draft | None = None
    _settings_bytes: bytes = b""

    def __attrs_post_init__(self) -> None:
        zones = sorted(self.default_zones)
        self._settings_bytes = _encode((self.campaign_id, self.purpose, self.collector_kind, zones, dict(self.assumed)))

    def book_for(self, account: Account) -> RuleBook:
        """The rules that judge this account."""
        return self.rules if self.draft is None else self.draft.book_for(account.person.person_id, self.rules)

    def judge(
        self,
        account: Account,
        number: PhoneNumber,
        at: datetime,
        ring_s: float,
        *,
        is_asked_for: bool = False,
        own_attempt_id: str | None = None,
    ) -> Verdict:
        """The verdict at `at`.

        `is_asked_for` says that the person asked to be called now;
        `own_attempt_id` is the call being judged, if it already counts.
        """
        facts = self.facts(account, number, at, ring_s, is_asked_for=is_asked_for)
        if own_attempt_id is None:
            return self._judge(account, facts)
        with self.state.ledger.without(own_attempt_id):
            return self._judge(account, facts)

    def _judge(self, account: Account, facts: Facts) -> Verdict:
        verdict = self.book_for(account).evaluate(facts, self.state.ledger)
        if self.draft is not None:
            self.draft.compare(verdict, facts, self.state.ledger, account.account_id)
        return verdict

    def facts_hash(self, account: Account, number: PhoneNumber, ring_s: float, *, is_asked_for: bool) -> str:
        """Names what a verdict read, without saying it: settings, list row, number, promise, statements.

        The time and the contacts stand in the journal beside it.
        """
        person = account.person
        promise, stated = self.state.promises.get(account.account_id), self.state.facts.get(person.person_id)
        read = (person, number.number_id, number.kind, number.zones, sorted(_places(number)), account.claims,
                dict(account.facts), ring_s, is_asked_for, promise, stated)  # fmt: skip
        return blake2b(self._settings_bytes + _encode(read), digest_size=_HASH_BYTES).hexdigest()

    def callee_role(self, account: Account) -> str:
        """Who owns the number, as the ledger keeps it; empty where nobody knows."""
        stated = self.state.facts.get(account.person.person_id, {})
        role = stated.get("callee.role") or account.facts.get("callee.role") or self.assumed.get("callee.role")
        return str(role or "")

    def facts(
        self, account: Account, number: PhoneNumber, at: datetime, ring_s: float, *, is_asked_for: bool = False
    ) -> Facts:
        """What rules may read of this call."""
        person = account.person
        values: dict[str, FactValue] = dict(self.assumed)
        values.update(account.facts)
        values["call.asked_for_now"] = is_asked_for
        values["call.purpose"] = _PURPOSE_WORDS.get(self.purpose, self.purpose)
        values["call.identifier"] = values["number"] = number.number_id
        values["call.topic"] = self.campaign_id
        values["collector.kind"] = self.collector_kind
        values["number.kind"] = number.kind.value
        if person.value_tier:
            values["value.tier"] = person.value_tier
        if account.claims:
            # Rules about a debt judge the worst of the claims a call would be about.
            dpds = [claim.days_past_due for claim in account.claims if claim.days_past_due is not None]
            if dpds:
                values["debt.dpd"] = max(dpds)
            values["debt.balance"] = sum(claim.balance_minor for claim in account.claims)
        promise = self.state.promises.get(account.account_id)
        if promise is not None:
            values["promise.state"] = "open"
            values["promise.due"] = promise.due_date
        stated = self.state.facts.get(person.person_id)
        if stated is not None:
            values.update((name, from_journal_value(name, value)) for name, value in stated.items())
        places = _places(number)
        if places:  # a number that belongs to no place says nothing, and unknown stays unknown
            given = values.get("evidence")
            values["evidence"] = places | given if isinstance(given, frozenset) else places
        zones = frozenset(person.zones) | frozenset(number.zones)
        return Facts(
            at=at,
            values=values,
            zones=zones or self.default_zones,
            person_id=person.person_id,
            claim_ids=tuple(claim.claim_id for claim in account.claims),
            number_id=number.number_id,
            campaign_id=self.campaign_id,
            ring_s=ring_s,
        )


@lru_cache(maxsize=65_536)
def _places_of(e164: str) -> frozenset[str]:
    return evidence_of_number(e164).places


def _places(number: PhoneNumber) -> frozenset[str]:
    """The places whose law a number is evidence for, beside those of the address."""
    return _places_of(number.e164)


def readable_facts(facts: Mapping[str, FactValue]) -> tuple[dict[str, FactValue], tuple[str, ...]]:
    """The facts that rules can read, and what is wrong with the others.

    A fact that nobody can read would close every gate of its person for good,
    and the journal keeps what it was told.
    """
    faults = {name: check_values({name: value}) for name, value in facts.items()}
    readable = {name: value for name, value in facts.items() if not faults[name]}
    return readable, tuple(fault for found in faults.values() for fault in found)


def to_journal_value(value: FactValue) -> JournalValue:
    """A fact's value as a record can hold it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return tuple(sorted(value))
    return value


def from_journal_value(name: str, value: object) -> FactValue:
    """The value of a fact as rules read it; raises `ValueError` for a fact nobody knows."""
    spec = FACT_TABLE.get(name)
    if spec is None:
        msg = f"unknown fact `{name}`"
        raise ValueError(msg)
    if isinstance(value, str) and spec.kind is FactKind.DATE:
        return date.fromisoformat(value)
    if isinstance(value, str) and spec.kind is FactKind.DATETIME:
        # A moment may be known to the day alone; as a datetime it would have no zone.
        return datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if isinstance(value, tuple | list):
        return frozenset(str(one) for one in value)
    assert isinstance(value, bool | int | float | str)
    return value


def fact_parsers() -> dict[str, FactParser]:
    """For every fact that a list may state: how a cell becomes its value."""
    return {name: _parser(spec.kind, spec.words) for name, spec in FACT_TABLE.items()}


def _parser(kind: FactKind, words: tuple[str, ...]) -> FactParser:
    def parse(text: str) -> FactValue:
        cell = text.strip()
        if kind is FactKind.FLAG:
            return _flag(cell)
        if kind is FactKind.NUMBER:
            return _number(cell)
        if kind is FactKind.DATE:
            return _date(cell)
        if kind is FactKind.DATETIME:
            return _moment(cell)
        if kind in (FactKind.SET, FactKind.HOURS):
            entries = frozenset(part.strip() for part in cell.split(";") if part.strip())
            _check_words(entries, words)
            return entries
        _check_words((cell,), words)
        return cell

    return parse


def _flag(cell: str) -> bool:
    if cell.lower() in _YES:
        return True
    if cell.lower() in _NO:
        return False
    msg = "is neither yes nor no"
    raise ValueError(msg)


def _number(cell: str) -> int | float:
    try:
        return int(cell) if cell.lstrip("+-").isdecimal() else _finite(float(cell))
    except ValueError:
        msg = "is not a number"
        raise ValueError(msg) from None


def _finite(value: float) -> float:
    if not isfinite(value):
        raise ValueError  # nan and inf are no amounts, and a journal cannot hold them
    return value


def _date(cell: str) -> date:
    try:
        return date.fromisoformat(cell)
    except ValueError:
        msg = "is not a date, like 2026-11-24"
        raise ValueError(msg) from None


def _moment(cell: str) -> datetime:
    try:
        at = datetime.fromisoformat(cell)
    except ValueError:
        msg = "is not a moment, like 2026-11-24T09:00+09:00"
        raise ValueError(msg) from None
    if at.tzinfo is None:
        msg = "needs a time zone, like 2026-11-24T09:00+09:00"
        raise ValueError(msg)
    return at


def _check_words(entries: Iterable[str], words: tuple[str, ...]) -> None:
    strange = [entry for entry in entries if words and entry not in words]
    if strange:
        msg = f"is not one of {', '.join(words)}"
        raise ValueError(msg)

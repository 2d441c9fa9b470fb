"""A decision of the past, taken again: the same facts from the journal and the list, the same rules from the journal.

A verdict's record is repeated when the line that the same verdict would write today is
the line that stands in the journal, byte for byte.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from datetime import date, datetime
from hashlib import sha256
from itertools import islice

import attrs
from attrs import frozen

from collections_rules import Explanation, RuleBook, clean_facts, explain_call
from dialer.config import CampaignSettings, Config, ConfigError
from dialer.gatekeeper import NO_NUMBER, denial
from dialer.journal import replay
from dialer.model import Account, PhoneNumber
from dialer.record_codec import decode, decode_all, encode
from dialer.records import Claimed, Denied, Judged, VerdictStage
from dialer.rule_facts import RuleGate
from dialer.rule_files import book_of_hash
from dialer.state import EngineState

__all__ = [
    "Decision",
    "Repeated",
    "decision_id",
    "explain_account",
    "find_decision",
    "gate_of",
    "repeat",
    "state_known_at",
]

Lines = Callable[[], Iterable[bytes]]
"""The journal from its first line, each time it is called."""

_KINDS = (b'["claimed"', b'["denied"', b'["judged"')
_ID_CHARS = 12
_SHORTEST_ID = 4


@frozen
class Decision:
    """The record of one verdict and everything that was known in the instant before it."""

    record: Claimed | Denied | Judged
    line: bytes
    number: int
    """Its place in the journal, from 1."""
    state: EngineState


@frozen
class Repeated:
    """A decision taken again."""

    decision: Decision
    line: bytes
    explanation: Explanation
    differences: tuple[str, ...]

    @property
    def is_identical(self) -> bool:
        """Whether the line is the same, byte for byte."""
        return self.line == self.decision.line


def decision_id(line: bytes) -> str:
    """The name of a verdict: of its line, so that it names nothing else."""
    return sha256(line).hexdigest()[:_ID_CHARS]


def find_decision(lines: Lines, wanted: str, new_state: Callable[[], EngineState], stage: str = "pick") -> Decision:
    """The decision that an id (or its beginning), `#line`, or an attempt's id names; for an attempt, at a stage."""
    number, line = _find_line(lines, wanted, VerdictStage(stage))
    record = decode(line)
    assert isinstance(record, Claimed | Denied | Judged)
    return Decision(record, line, number, replay(islice(lines(), number - 1), new_state()))


def _find_line(lines: Lines, wanted: str, stage: VerdictStage) -> tuple[int, bytes]:
    verdicts = ((number, line) for number, line in enumerate(lines(), start=1) if line.startswith(_KINDS))
    found = {number: line for number, line in verdicts if _is_meant(number, line, wanted, stage)}
    if len(found) > 1:
        shown = ", ".join(decision_id(line) for line in list(found.values())[:5])
        msg = f"`{wanted}` names {len(found)} decisions ({shown} …); write more of the id"
        raise ConfigError(msg)
    if not found:
        msg = f"the journal has no decision `{wanted}`; give the id of one, `#line`, or an attempt's id"
        raise ConfigError(msg)
    return next(iter(found.items()))


def _is_meant(number: int, line: bytes, wanted: str, stage: VerdictStage) -> bool:
    if wanted.startswith("#"):
        return wanted == f"#{number}"
    if len(wanted) >= _SHORTEST_ID and decision_id(line).startswith(wanted):
        return True
    if f'"attempt_id":"{wanted}"'.encode() not in line:
        return False
    record = decode(line)
    return (VerdictStage.PICK if isinstance(record, Claimed) else record.stage) is stage  # type: ignore[union-attr]


def state_known_at(lines: Iterable[bytes], new_state: EngineState, known_at: datetime | None) -> EngineState:
    """The state as it was known at an instant: nothing that was recorded later."""
    for record in decode_all(lines):
        if known_at is not None and record.at > known_at:
            break
        new_state.apply(record)
    return new_state


def gate_of(settings: CampaignSettings, config: Config, state: EngineState, rules: RuleBook) -> RuleGate:
    """The gate of a campaign, as the engine makes it."""
    return RuleGate(
        campaign_id=settings.id,
        purpose=settings.purpose,
        rules=rules,
        state=state,
        default_zones=frozenset({config.time_zone}),
        collector_kind=settings.collector_kind,
        assumed=clean_facts() if settings.assume_clean else {},
    )


def repeat(decision: Decision, config: Config, accounts: Callable[[str], Mapping[str, Account]]) -> Repeated:
    """Take the decision again. `accounts` gives a campaign's list; a row that has changed since is said so."""
    record, state = decision.record, decision.state
    settings = _settings(config, record.campaign_id)
    if isinstance(record, Denied) and record.rule_id == NO_NUMBER:
        msg = "no rule was asked: every number of the account had been dropped"
        raise ConfigError(msg)
    claimed = state.attempts[record.attempt_id].claimed if isinstance(record, Judged) else record
    account, number = _called(accounts(record.campaign_id), claimed)
    gate = gate_of(settings, config, state, book_of_hash(record.pack_hash, state.packs))
    stage = VerdictStage.PICK if isinstance(record, Claimed) else record.stage
    ring_s = 0.0 if stage is VerdictStage.ANSWER else settings.ring_s
    own = None if isinstance(record, Claimed) else record.attempt_id
    is_callback = claimed.is_callback
    verdict = gate.judge(account, number, record.at, ring_s, is_asked_for=is_callback, own_attempt_id=own)
    facts_hash = gate.facts_hash(account, number, ring_s, is_asked_for=is_callback)
    facts = gate.facts(account, number, record.at, ring_s, is_asked_for=is_callback)
    with state.ledger.without(own) if own is not None else nullcontext():
        told = explain_call(gate.rules, facts, state.ledger, facts_hash=facts_hash, known_at=record.at,
                            number=_shown(number))  # fmt: skip
    told = attrs.evolve(told, decision_id=decision_id(decision.line))
    again: Claimed | Denied | Judged | None = None
    if isinstance(record, Denied):
        if not verdict.is_allowed:
            again = denial(record.campaign_id, account, number, verdict, stage, record.at, own, facts_hash, is_callback)
    elif verdict.is_allowed:
        again = attrs.evolve(record, pack_hash=verdict.pack_hash, facts_hash=facts_hash)
    line = encode(again) if again is not None else b""
    return Repeated(decision, line, told, tuple(_differences(record, again)))


def _differences(record: Claimed | Denied | Judged, again: Claimed | Denied | Judged | None) -> Iterable[str]:
    if again is None:
        yield f"the verdict was {'no' if isinstance(record, Denied) else 'yes'} and is the opposite now"
        return
    if again.facts_hash != record.facts_hash:
        then = record.facts_hash or "not recorded"
        yield f"facts {again.facts_hash} now, {then} then: the list or the configuration has changed since"
    for field in attrs.fields(type(record)):
        then, now = getattr(record, field.name), getattr(again, field.name)
        if then != now and field.name != "facts_hash":
            yield f"{field.name} is {now!r} now, {then!r} then"


def explain_account(
    gate: RuleGate,
    account: Account,
    at: datetime,
    ring_s: float,
    *,
    number_id: str = "",
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> Explanation:
    """Explain a call that might be placed, on the number that may be called the soonest unless one is named."""
    numbers = [one for one in account.numbers if not number_id or one.number_id == number_id]
    if not numbers:
        known = ", ".join(one.number_id for one in account.numbers) or "none"
        msg = f"the account has no number `{number_id}`; there are {known}" if number_id else "it has no number"
        raise ConfigError(msg)
    book = gate.book_for(account)
    facts = {one.number_id: gate.facts(account, one, at, ring_s) for one in numbers}
    verdicts = {name: book.evaluate(one, gate.state.ledger, as_of=as_of) for name, one in facts.items()}

    def soonest(number: PhoneNumber) -> tuple[bool, bool, datetime]:
        verdict = verdicts[number.number_id]
        return not verdict.is_allowed, verdict.next_eligible_at is None, verdict.next_eligible_at or at

    number = min(numbers, key=soonest)
    others = {_shown(one): gate.facts(account, one, at, ring_s) for one in account.numbers if one is not number}
    return explain_call(
        book, facts[number.number_id], gate.state.ledger, as_of=as_of, known_at=known_at, number=_shown(number),
        others=others, facts_hash=gate.facts_hash(account, number, ring_s, is_asked_for=False),
    )  # fmt: skip


def _called(accounts: Mapping[str, Account], claimed: Claimed | Denied) -> tuple[Account, PhoneNumber]:
    account = accounts.get(claimed.account_id)
    if account is None:
        msg = f"the list has no account `{claimed.account_id}` any more; give the list as it was with --set"
        raise ConfigError(msg)
    number = next((one for one in account.numbers if one.number_id == claimed.number_id), None)
    if number is None:
        msg = f"the account `{claimed.account_id}` has no number `{claimed.number_id}` any more"
        raise ConfigError(msg)
    return account, number


def _settings(config: Config, campaign_id: str) -> CampaignSettings:
    found = next((one for one in config.campaigns if one.id == campaign_id), None)
    if found is None:
        msg = f"there is no campaign `{campaign_id}`; there are {', '.join(one.id for one in config.campaigns)}"
        raise ConfigError(msg)
    return found


def _shown(number: PhoneNumber) -> str:
    """A number as it may be shown: enough to know it again, too little to dial."""
    digits = number.e164
    return f"{digits[:-8]}••••{digits[-4:]}" if len(digits) > 10 else f"••••{digits[-2:]}"

"""Everything there is to say about one decision, as a value: a terminal and a page render the same one."""

from collections.abc import Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from attrs import asdict, frozen

from collections_rules.counting import AtMostGate
from collections_rules.evaluate import LAW_LAYERS, RuleBook, RunningRule, query_of
from collections_rules.explain_counts import CountShown, show_count
from collections_rules.facts import Facts
from collections_rules.ledger import ContactLedger
from collections_rules.query import Query
from collections_rules.remedies import Remedy, find_remedies
from collections_rules.verdict import Finding

__all__ = ["Explanation", "RuleState", "explain_call", "hash_facts"]

HASH_CHARS = 16


@frozen
class RuleState:
    """One rule that is on."""

    finding: Finding
    pack: str
    readings: tuple[str, ...]
    counts: tuple[CountShown, ...]
    """Its caps in numbers."""
    sets_next: bool
    """Whether this rule sets the next time."""


@frozen
class Explanation:
    """Why a call may be placed at an instant, or why not and when."""

    at: datetime
    is_allowed: bool
    next_at: datetime | None
    rules: tuple[RuleState, ...]
    """Every rule that is on, closed ones first."""
    off: tuple[tuple[str, str], ...]
    """Rules that are off because nobody has verified their citation, with it."""
    absent: tuple[tuple[str, date | None], ...]
    """Rules that are not the law on the date asked about, and when they start; None: they have ended."""
    remedies: tuple[Remedy, ...]
    law_next_at: datetime | None
    """When law and orders alone would allow it, if that is sooner than the house allows; `at` for now."""
    pack_hash: str
    facts_hash: str
    as_of: date | None = None
    known_at: datetime | None = None
    number: str = ""
    """The number it is about, as it may be shown."""
    other_numbers: tuple[tuple[str, datetime | None], ...] = ()
    """Other numbers of the account that may be called sooner, and when; None: now."""
    decision_id: str = ""

    @property
    def closed(self) -> tuple[RuleState, ...]:
        """The rules that say no."""
        return tuple(one for one in self.rules if not one.finding.is_passed)

    @property
    def decider(self) -> RuleState | None:
        """The rule that sets the next time."""
        return next((one for one in self.rules if one.sets_next), None)

    def as_data(self) -> dict[str, Any]:
        """The whole of it, ready for JSON."""
        data: dict[str, Any] = _plain(asdict(self))
        return data


def explain_call(
    book: RuleBook,
    facts: Facts,
    ledger: ContactLedger,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    facts_hash: str = "",
    number: str = "",
    others: Mapping[str, Facts] | None = None,
) -> Explanation:
    """Explain one decision. `others` are the facts of other numbers of the account, by how they may be shown.

    It agrees with `RuleBook.evaluate` on everything that both say.
    """
    verdict = book.evaluate(facts, ledger, as_of=as_of)
    query = query_of(facts, ledger, as_of)
    by_id = {rule.info.rule_id: rule for rule in book.running}
    decider = None if verdict.is_allowed else verdict.deciding_rule_id
    found = verdict.denials if not by_id else book.explain(facts, ledger, as_of=as_of)
    states = tuple(_state(one, by_id.get(one.rule_id), query, one.rule_id == decider) for one in found)
    next_at = facts.at if verdict.is_allowed else verdict.next_eligible_at
    return Explanation(
        at=facts.at,
        is_allowed=verdict.is_allowed,
        next_at=next_at,
        rules=states,
        off=tuple((rule.info.rule_id, rule.info.cite) for rule in book.all_rules if not rule.info.is_enforced),
        absent=tuple(_absent(book, query)),
        remedies=() if verdict.is_allowed else find_remedies(book, facts, ledger, verdict),
        law_next_at=None if verdict.is_allowed else _law_next(book, facts, ledger, as_of, next_at),
        pack_hash=book.pack_hash,
        facts_hash=facts_hash or hash_facts(facts),
        as_of=as_of,
        known_at=known_at,
        number=number,
        other_numbers=() if verdict.is_allowed else _sooner_numbers(book, others or {}, ledger, as_of, next_at),
    )


def _state(finding: Finding, rule: RunningRule | None, query: Query, sets_next: bool) -> RuleState:
    if rule is None:
        return RuleState(finding, "", (), (), sets_next)
    gates = [gate for gate in rule.gates_in_force(query) if isinstance(gate, AtMostGate)]
    counts = tuple(show_count(gate, query) for gate in gates)
    return RuleState(finding, rule.info.pack, rule.info.readings, counts, sets_next)


def _absent(book: RuleBook, query: Query) -> list[tuple[str, date | None]]:
    rules = [rule for rule in book.running if rule.lowered.gates and not rule.gates_in_force(query)]
    return [(rule.info.rule_id, rule.starts_after(query)) for rule in rules]


def _law_next(
    book: RuleBook, facts: Facts, ledger: ContactLedger, as_of: date | None, next_at: datetime | None
) -> datetime | None:
    law = book.of_layers(*LAW_LAYERS)
    if not law.running or len(law.running) == len(book.running):
        return None
    verdict = law.evaluate(facts, ledger, as_of=as_of)
    following = facts.at if verdict.is_allowed else verdict.next_eligible_at
    return following if following is not None and (next_at is None or following < next_at) else None


def _sooner_numbers(
    book: RuleBook, others: Mapping[str, Facts], ledger: ContactLedger, as_of: date | None, next_at: datetime | None
) -> tuple[tuple[str, datetime | None], ...]:
    found: list[tuple[str, datetime | None]] = []
    for shown, facts in others.items():
        verdict = book.evaluate(facts, ledger, as_of=as_of)
        following = verdict.next_eligible_at
        if verdict.is_allowed:
            found.append((shown, None))
        elif following is not None and (next_at is None or following < next_at):
            found.append((shown, following))
    return tuple(found)


def hash_facts(facts: Facts) -> str:
    """Names what a verdict reads of a call, contacts aside; the same facts always have the same name."""
    values = sorted((name, sorted(value) if isinstance(value, frozenset) else value)
                    for name, value in facts.values.items())  # fmt: skip
    read = (values, sorted(facts.zones), facts.person_id, facts.claim_ids, facts.number_id, facts.campaign_id,
            facts.ring_s)  # fmt: skip
    return sha256(repr(read).encode()).hexdigest()[:HASH_CHARS]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, date) else value

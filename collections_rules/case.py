"""One decision as data: packs, a moment, facts and history in; the verdict out, ready for JSON."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from attrs import frozen

from collections_rules.compile import compile_rules
from collections_rules.evaluate import RuleBook
from collections_rules.facts import FACT_TABLE, FactKind, Facts, FactValue, check_values
from collections_rules.ledger import ContactEvent, ContactLedger
from collections_rules.source import PackSource

__all__ = ["ReadCase", "decide_case", "read_case"]

_KNOWN = (
    "packs", "at", "facts", "zones", "history", "person", "claims", "number", "campaign", "ring_s", "stated", "as_of",
    "known_at",
)  # fmt: skip


@frozen
class ReadCase:
    """One case, ready to be judged."""

    book: RuleBook
    facts: Facts
    ledger: ContactLedger
    as_of: date | None
    known_at: datetime | None


def decide_case(case: Mapping[str, Any]) -> dict[str, Any]:
    """`allowed`, `by`, `next` and `unknown` for one case; ValueError says what is wrong with it.

    `packs` are the texts of the packs (or, for many cases, one `RuleBook`), `at` an ISO
    moment with its offset, `facts` values by the names of the vocabulary, `zones` where
    the person may be, `history` contacts with `at`, `channel` and `outcome`. A fact that
    is not given is unknown, and nothing is taken for clean.
    """
    read = read_case(case)
    verdict = read.book.evaluate(read.facts, read.ledger, as_of=read.as_of)
    following = read.facts.at if verdict.is_allowed else verdict.next_eligible_at
    return {
        "allowed": verdict.is_allowed,
        "by": [finding.rule_id for finding in verdict.denials],
        "next": following.astimezone(UTC).isoformat() if following is not None else None,
        "unknown": list(verdict.unknown),
    }


def read_case(case: Mapping[str, Any]) -> ReadCase:
    """The rule book, the facts and the contacts of a case.

    `as_of` asks the law of one date. `known_at` leaves out what was learnt later:
    contacts after it (an outcome after it is pending), and entries of `stated`, each a
    fact with `name`, `value` and `at`, of which the last one known goes before `facts`.
    """
    strange = sorted(set(case) - set(_KNOWN))
    if strange:
        raise ValueError(f"unknown field `{strange[0]}`; there are {', '.join(_KNOWN)}")
    packs = case.get("packs", ())
    book = packs if isinstance(packs, RuleBook) else compile_rules(_sources(packs))
    known_at = _moment(case["known_at"]) if case.get("known_at") is not None else None
    given = {**case.get("facts", {}), **_stated(case.get("stated", ()), known_at)}
    values = {name: _value(name, value) for name, value in given.items() if value is not None}
    faults = check_values(values)
    if faults:
        raise ValueError("; ".join(faults))
    facts = Facts(
        _moment(case.get("at")), values, frozenset(case.get("zones", ())), str(case.get("person", "P1")),
        tuple(case.get("claims", ("D1",))), str(case.get("number", "N1")), str(case.get("campaign", "C1")),
        float(case.get("ring_s", 0.0)),
    )  # fmt: skip
    ledger = ContactLedger()
    for index, entry in enumerate(case.get("history", ())):
        ledger.reserve(_contact(index, entry, facts))
    as_of = date.fromisoformat(case["as_of"]) if case.get("as_of") is not None else None
    return ReadCase(book, facts, ledger if known_at is None else ledger.known_at(known_at), as_of, known_at)


def _stated(entries: Sequence[Mapping[str, Any]], known_at: datetime | None) -> dict[str, Any]:
    """The last statement of each fact that was known."""
    said = sorted(((_moment(one.get("at")), str(one.get("name")), one.get("value")) for one in entries),
                  key=lambda one: one[0])  # fmt: skip
    return {name: value for at, name, value in said if known_at is None or at <= known_at}


def _sources(packs: Sequence[str]) -> list[PackSource]:
    return [PackSource(f"pack {index}", text) for index, text in enumerate(packs, start=1)]


def _moment(text: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        raise ValueError(f"`{text}` is not a moment; write one such as 2026-04-14T10:00:00+09:00") from None
    if at.tzinfo is None:
        raise ValueError(f"`{text}` has no offset; write one such as 2026-04-14T10:00:00+09:00")
    return at.astimezone(UTC)


def _value(name: str, value: Any) -> FactValue:
    spec = FACT_TABLE.get(name)
    if spec is None:
        raise ValueError(f"unknown fact `{name}`")
    if spec.kind in (FactKind.SET, FactKind.HOURS) and isinstance(value, list):
        return frozenset(str(one) for one in value)
    if spec.kind is FactKind.DATETIME and isinstance(value, str) and len(value) > len("2026-01-01"):
        return _moment(value)
    if spec.kind in (FactKind.DATE, FactKind.DATETIME) and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"`{name}` is {spec.kind.value}, not `{value}`") from None
    made: FactValue = value
    return made


def _contact(index: int, entry: Mapping[str, Any], facts: Facts) -> ContactEvent:
    base: dict[str, Any] = {
        "event_id": f"h{index}", "channel": "call", "direction": "outbound", "person_id": facts.person_id,
        "claim_ids": facts.claim_ids, "number_id": facts.number_id, "campaign_id": facts.campaign_id,
        "collector": "own", "outcome": "talk",
    }  # fmt: skip
    times = {name: _moment(entry[name]) for name in ("at", "ended_at") if entry.get(name) is not None}
    given = {name: tuple(value) if name == "claim_ids" else value for name, value in entry.items()}
    try:
        return ContactEvent(**{**base, **given, **times})
    except TypeError as error:
        raise ValueError(f"contact {index + 1} of the history: {error}") from None

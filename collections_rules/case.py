"""One decision as data: packs, a moment, facts and history in; the verdict out, ready for JSON."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from collections_rules.compile import compile_rules
from collections_rules.evaluate import RuleBook
from collections_rules.facts import FACT_TABLE, FactKind, Facts, FactValue, check_values
from collections_rules.ledger import ContactEvent, ContactLedger
from collections_rules.source import PackSource

__all__ = ["decide_case"]

_KNOWN = ("packs", "at", "facts", "zones", "history", "person", "claims", "number", "campaign", "ring_s")


def decide_case(case: Mapping[str, Any]) -> dict[str, Any]:
    """`allowed`, `by`, `next` and `unknown` for one case; ValueError says what is wrong with it.

    `packs` are the texts of the packs (or, for many cases, one `RuleBook`), `at` an ISO
    moment with its offset, `facts` values by the names of the vocabulary, `zones` where
    the person may be, `history` contacts with `at`, `channel` and `outcome`. A fact that
    is not given is unknown, and nothing is taken for clean.
    """
    strange = sorted(set(case) - set(_KNOWN))
    if strange:
        raise ValueError(f"unknown field `{strange[0]}`; there are {', '.join(_KNOWN)}")
    packs = case.get("packs", ())
    book = packs if isinstance(packs, RuleBook) else compile_rules(_sources(packs))
    values = {name: _value(name, value) for name, value in case.get("facts", {}).items() if value is not None}
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
    verdict = book.evaluate(facts, ledger)
    following = facts.at if verdict.is_allowed else verdict.next_eligible_at
    return {
        "allowed": verdict.is_allowed,
        "by": [finding.rule_id for finding in verdict.denials],
        "next": following.astimezone(UTC).isoformat() if following is not None else None,
        "unknown": list(verdict.unknown),
    }


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

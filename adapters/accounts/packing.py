"""Accounts as rows of the store and back, without loss of type."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import msgspec

from adapters.accounts.merging import CONTRADICTED, Draft, StoredFacts
from dialer.model import FactValue, NumberKind, PhoneNumber

__all__ = ["Row", "known_facts", "pack_account", "pack_claims", "pack_numbers", "unpack_account", "unpack_number"]

Row = tuple[int | str | None, ...]

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.decode
_KINDS = {kind.value: kind for kind in NumberKind}


def _tagged(value: object) -> object:
    # datetime is a date, so it is asked first; JSON's own types stand as they are.
    match value:
        case datetime():
            return {"at": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case frozenset():
            return {"set": sorted(value)}
        case float() if value != value or value in (float("inf"), float("-inf")):
            raise ValueError(f"a fact is a finite number, not {value}")
        case _ if value is CONTRADICTED:
            return {"contradicted": True}
    return value


def _untagged(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((tag, content),) = value.items()
    match tag:
        case "at":
            return datetime.fromisoformat(content)
        case "date":
            return date.fromisoformat(content)
        case "set":
            return frozenset(content)
    return CONTRADICTED


def _pack_facts(facts: StoredFacts) -> str:
    return _encode({name: _tagged(value) for name, value in facts.items()}).decode()


# Most people of a list have the same few combinations of facts.
@lru_cache(maxsize=1024)
def _unpack_facts(packed: str) -> StoredFacts:
    return {name: _untagged(value) for name, value in _decode(packed).items()}


@lru_cache(maxsize=1024)
def _zones(packed: str) -> tuple[str, ...]:
    return tuple(packed.split(";")) if packed else ()


def known_facts(facts: StoredFacts) -> Mapping[str, FactValue]:
    """The facts that were said one way."""
    return {name: value for name, value in facts.items() if value is not CONTRADICTED}  # type: ignore[misc]


def pack_account(campaign_no: int, draft: Draft) -> Row:
    """A row of `account`."""
    return (
        draft.account_no,
        campaign_no,
        draft.person_id,
        draft.import_no,
        draft.language,
        draft.value_tier,
        ";".join(draft.zones),
        _pack_facts(draft.facts),
        _encode(draft.traits).decode(),
    )


def pack_numbers(draft: Draft) -> Iterator[Row]:
    """Rows of `number`."""
    for position, number in enumerate(draft.numbers.values()):
        zones = ";".join(number.zones)
        yield draft.account_no, position, number.number_id, number.e164, number.kind.value, zones


def pack_claims(draft: Draft) -> Iterator[Row]:
    """Rows of `claim`."""
    for position, (claim, import_no) in enumerate(draft.claims.values()):
        owed = (claim.balance_minor, claim.currency, claim.days_past_due, claim.product)
        yield draft.account_no, position, claim.claim_id, import_no, *owed


def unpack_account(row: tuple[Any, ...]) -> Draft:
    """The account of a row, still without numbers and claims."""
    account_no, person_id, import_no, language, value_tier, zones, facts, traits = row
    return Draft(
        account_no,
        person_id,
        import_no,
        False,
        language,
        value_tier,
        _zones(zones),
        dict(_unpack_facts(facts)),
        _decode(traits),
    )


def unpack_number(number_id: str, e164: str, kind: str, zones: str) -> PhoneNumber:
    """The number of a row."""
    return PhoneNumber(number_id, e164, _KINDS[kind], _zones(zones))

"""The history of a person: every attempt, refusal and statement a journal holds, in order. Pure.

What an examiner asks for is asked by the ids of the lists; names and numbers of
people are not in the journal.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from attrs import field, frozen

from dialer.record_codec import RECORD_TYPES
from dialer.records import Claimed, Denied, FactStated, Record

__all__ = ["COLUMNS", "EVENTS", "HistoryRow", "history", "rows_of", "word"]

_KINDS = {cls: kind for kind, cls in RECORD_TYPES.items()}

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "number": {"en": "Record", "ko": "기록"},
    "at": {"en": "When", "ko": "시각"},
    "event": {"en": "What", "ko": "내용"},
    "campaign": {"en": "Campaign", "ko": "캠페인"},
    "attempt": {"en": "Attempt", "ko": "시도"},
    "detail": {"en": "Particulars", "ko": "상세"},
}
EVENTS: Mapping[str, Mapping[str, str]] = {
    "denied": {"en": "refused by a rule", "ko": "규칙에 따라 보류"},
    "claimed": {"en": "attempt begins", "ko": "시도 시작"},
    "originated": {"en": "dialed", "ko": "발신"},
    "answered": {"en": "answered", "ko": "응답"},
    "detected": {"en": "person or machine", "ko": "사람·기계 판별"},
    "connected": {"en": "agent on the line", "ko": "상담사 연결"},
    "talk_ended": {"en": "talk ended", "ko": "통화 종료"},
    "disposed": {"en": "attempt ended", "ko": "시도 종료"},
    "fact": {"en": "stated", "ko": "진술"},
}
# Shown in columns of their own, or the same in every row of a person.
_APART = ("at", "campaign_id", "attempt_id", "person_id", "account_id", "pack_hash", "facts_hash", "caller_id")


@frozen
class HistoryRow:
    """One record about a person."""

    number: int
    at: datetime
    kind: str
    campaign_id: str
    attempt_id: str
    account_id: str
    person_id: str
    particulars: Mapping[str, Any] = field(factory=dict)

    @property
    def detail(self) -> str:
        """The particulars as text: what is empty says nothing and is left out."""
        shown = (f"{name}={_shown(value)}" for name, value in self.particulars.items() if value not in _SILENT)
        return "; ".join(shown)


_SILENT: tuple[Any, ...] = (None, "", [], (), {}, 0, 0.0, False)


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return ",".join(str(one) for one in value)
    if isinstance(value, dict):
        return ",".join(f"{name}:{one}" for name, one in value.items())
    return str(value)


def word(table: Mapping[str, Mapping[str, str]], name: str, language: str) -> str:
    """The text for a name; the name itself where there is none."""
    return table.get(name, {}).get(language, name)


def rows_of(records: Iterable[Record], after: int = 0) -> Iterator[HistoryRow]:
    """Every record that is about some person, with that person."""
    owners: dict[str, tuple[str, str]] = {}
    for number, record in enumerate(records, start=after + 1):
        attempt_id = getattr(record, "attempt_id", None) or ""
        if isinstance(record, Claimed):
            owners[attempt_id] = (record.person_id, record.account_id)
        if isinstance(record, Claimed | Denied | FactStated):
            person_id, account_id = record.person_id, record.account_id
        elif attempt_id in owners:
            person_id, account_id = owners[attempt_id]
        else:
            continue
        kind = _KINDS[type(record)]
        if kind == "disposed":
            del owners[attempt_id]
        if kind not in EVENTS:
            continue  # what its agent did meanwhile
        fields: dict[str, Any] = msgspec.to_builtins(record)
        campaign_id = fields.get("campaign_id", "")
        particulars = {name: value for name, value in fields.items() if name not in _APART}
        yield HistoryRow(number, record.at, kind, campaign_id, attempt_id, account_id, person_id, particulars)


def history(records: Iterable[Record], person_id: str, claim_id: str | None = None) -> Iterator[HistoryRow]:
    """The rows of one person; with a claim, without the attempts that were about others only."""
    others: set[str] = set()
    for row in rows_of(records):
        if row.person_id != person_id:
            continue
        if row.kind == "claimed" and claim_id is not None and claim_id not in row.particulars["claim_ids"]:
            others.add(row.attempt_id)
        if not row.attempt_id or row.attempt_id not in others:
            yield row

"""Records as lines of a journal, and back."""

from collections.abc import Iterable, Iterator
from functools import cache

import msgspec

from dialer.records import (
    AgentChanged,
    Answered,
    CampaignChanged,
    Claimed,
    Closed,
    Connected,
    ContactsForgotten,
    Denied,
    Detected,
    Disposed,
    Erased,
    FactStated,
    Judged,
    ListEnrolled,
    NoteTaken,
    Opened,
    Originated,
    PacingNoted,
    PackTexts,
    Record,
    RulesChanged,
    ShadowNoted,
    TalkEnded,
    TargetSet,
    TrunkChanged,
)

__all__ = ["RECORD_TYPES", "RecordError", "decode", "decode_all", "encode"]

RECORD_TYPES: dict[str, type] = {
    "opened": Opened,
    "closed": Closed,
    "list": ListEnrolled,
    "campaign": CampaignChanged,
    "target": TargetSet,
    "trunk": TrunkChanged,
    "denied": Denied,
    "judged": Judged,
    "packs": PackTexts,
    "rules": RulesChanged,
    "shadow": ShadowNoted,
    "claimed": Claimed,
    "originated": Originated,
    "answered": Answered,
    "detected": Detected,
    "connected": Connected,
    "talk_ended": TalkEnded,
    "disposed": Disposed,
    "fact": FactStated,
    "note": NoteTaken,
    "erased": Erased,
    "forgotten": ContactsForgotten,
    "agent": AgentChanged,
    "pacing": PacingNoted,
}
_KINDS = {cls: kind for kind, cls in RECORD_TYPES.items()}


class RecordError(ValueError):
    """A line of a journal cannot be read."""


_encoder = msgspec.json.Encoder()
_outer = msgspec.json.Decoder(tuple[str, msgspec.Raw])


@cache
def _decoder(kind: str) -> msgspec.json.Decoder[Record]:
    return msgspec.json.Decoder(RECORD_TYPES[kind])


def encode(record: Record) -> bytes:
    """One line, without the newline.

    >>> from datetime import datetime, timezone
    >>> encode(Closed(datetime(2026, 11, 24, tzinfo=timezone.utc)))
    b'["closed",{"at":"2026-11-24T00:00:00Z"}]'
    """
    return _encoder.encode((_KINDS[type(record)], record))


def decode(line: bytes) -> Record:
    """The record of a line; raises `RecordError` naming what is wrong with it."""
    try:
        kind, body = _outer.decode(line)
        if kind not in RECORD_TYPES:
            msg = f"unknown record kind `{kind}`; this journal was written by a newer version"
            raise RecordError(msg)
        return _decoder(kind).decode(body)
    except msgspec.DecodeError as error:
        msg = f"unreadable record: {error}"
        raise RecordError(msg) from error


def decode_all(lines: Iterable[bytes]) -> Iterator[Record]:
    """The records of many lines; a `RecordError` names the line, counted from 1."""
    for index, line in enumerate(lines, start=1):
        try:
            yield decode(line)
        except RecordError as error:
            msg = f"record {index}: {error}"
            raise RecordError(msg) from error

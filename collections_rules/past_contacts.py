"""Contacts of an earlier process, in columns: read in a moment, small, and made into events when somebody asks.

Most people of a long past are never asked about again. A million contacts are
a few arrays here; who is asked about is found by sorting one array once.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from collections_rules.contacts import ContactEvent, Entry, Key

__all__ = ["PastContacts"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_SECOND_US = 1_000_000
_NEVER_US = -(1 << 63)
# What few contacts differ in is kept once for all that agree.
_TRAITS = (
    "channel", "direction", "campaign_id", "collector", "outcome", "content", "callee_role", "number_kind", "topic",
)  # fmt: skip
_NAMES = ("person_id", "number_id", "household_id")

Whole = NDArray[np.int64]
Code = NDArray[np.int32]


@define
class _Index:
    """The rows of one scope, by whom they concern."""

    codes: dict[str, int]
    order: NDArray[np.intp]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, names: Sequence[str], codes: Code, rows: NDArray[np.intp] | None = None) -> "_Index":
        order = np.argsort(codes, kind="stable")
        starts = np.searchsorted(codes[order], np.arange(len(names) + 1))
        return cls({name: n for n, name in enumerate(names)}, order if rows is None else rows[order], starts)

    def rows(self, name: str) -> NDArray[np.intp]:
        code = self.codes.get(name)
        return self.order[:0] if code is None else self.order[self.starts[code] : self.starts[code + 1]]


@define(eq=False)
class PastContacts:
    """Settled contacts, oldest first."""

    ids: list[str]
    at_us: Whole
    ended_us: Whole
    traits: list[list[str]]
    trait_codes: Code
    names: dict[str, list[str]]
    name_codes: dict[str, Code]
    claims: list[str]
    claim_codes: Code
    claim_ends: Code
    at_s: Whole = field(init=False)
    end_s: Whole = field(init=False)
    row_of: dict[str, int] = field(init=False)
    _gone: NDArray[np.bool_] = field(init=False)
    _gone_count: int = field(default=0, init=False)
    _indexes: dict[str, _Index] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        # As `epoch_s`: a part of a second counts as a whole one.
        self.at_s = -(-self.at_us // _SECOND_US)
        self.end_s = np.maximum(self.at_s, -(-self.ended_us // _SECOND_US))
        self.row_of = {one: n for n, one in enumerate(self.ids)}
        self._gone = np.zeros(len(self.ids), np.bool_)

    @classmethod
    def of(cls, events: Sequence[ContactEvent]) -> "PastContacts":
        """The columns of these, oldest first as `ContactLedger.events` gives them."""
        traits, trait_codes = _coded([tuple(getattr(one, name) for name in _TRAITS) for one in events])
        coded = {name: _coded([getattr(one, name) for one in events]) for name in _NAMES}
        claims, claim_codes = _coded([claim for one in events for claim in one.claim_ids])
        return cls(
            ids=[one.event_id for one in events],
            at_us=np.array([(one.at - _EPOCH) // _US for one in events], np.int64),
            ended_us=np.array(
                [(one.ended_at - _EPOCH) // _US if one.ended_at else _NEVER_US for one in events], np.int64
            ),
            traits=[list(one) for one in traits],
            trait_codes=trait_codes,
            names={name: names for name, (names, _) in coded.items()},
            name_codes={name: codes for name, (_, codes) in coded.items()},
            claims=claims,
            claim_codes=claim_codes,
            claim_ends=np.cumsum([len(one.claim_ids) for one in events], dtype=np.int32),
        )

    def packed(self) -> dict[str, Any]:
        """Lists of text and bytes, as `unpacked` takes them."""
        return {
            "ids": self.ids, "at_us": self.at_us.tobytes(), "ended_us": self.ended_us.tobytes(),
            "traits": self.traits, "trait_codes": self.trait_codes.tobytes(), "names": self.names,
            "name_codes": {name: codes.tobytes() for name, codes in self.name_codes.items()},
            "claims": self.claims, "claim_codes": self.claim_codes.tobytes(),
            "claim_ends": self.claim_ends.tobytes(),
        }  # fmt: skip

    @classmethod
    def unpacked(cls, parts: dict[str, Any]) -> "PastContacts":
        """The same again. Raises `ValueError` or `KeyError` for what does not fit together."""
        found = cls(
            ids=parts["ids"],
            at_us=np.frombuffer(parts["at_us"], np.int64),
            ended_us=np.frombuffer(parts["ended_us"], np.int64),
            traits=parts["traits"],
            trait_codes=np.frombuffer(parts["trait_codes"], np.int32),
            names=parts["names"],
            name_codes={name: np.frombuffer(codes, np.int32) for name, codes in parts["name_codes"].items()},
            claims=parts["claims"],
            claim_codes=np.frombuffer(parts["claim_codes"], np.int32),
            claim_ends=np.frombuffer(parts["claim_ends"], np.int32),
        )
        columns: tuple[NDArray[Any], ...] = (
            found.at_us,
            found.ended_us,
            found.trait_codes,
            found.claim_ends,
            *found.name_codes.values(),
        )
        if any(len(one) != len(found.ids) for one in columns):
            raise ValueError("the columns of contacts are not of one length")
        return found

    def __len__(self) -> int:
        return len(self.ids) - self._gone_count

    def rows(self, key: Key, after_s: int) -> NDArray[np.intp]:
        """The contacts of one person, household, debt, number or campaign that did not end before, oldest first."""
        scope, name = key
        if not name:
            return np.zeros(0, np.intp)
        found = self._index(scope).rows(name)
        if scope == "household":
            # Who is a household alone is found under their own id.
            alone = self._index("person").rows(name)
            alone = alone[self.name_codes["household_id"][alone] == self._code_of_nobody()]
            found = np.sort(np.concatenate((found, alone))) if len(alone) else found
        return found[~self._gone[found] & (self.end_s[found] >= after_s)]

    def knows(self, key: Key) -> bool:
        """Whether there may be contacts of somebody."""
        scope, name = key
        is_alone = scope == "household" and name in self._index("person").codes
        return is_alone or name in self._index(scope).codes

    def last_end_s(self) -> int:
        """No contact ended later."""
        return int(self.end_s.max(initial=0))

    def all_rows(self, after_s: int) -> NDArray[np.intp]:
        """Every contact that did not end before, oldest first."""
        return np.flatnonzero(~self._gone & (self.end_s >= after_s))

    def take(self, event_id: str) -> Entry | None:
        """Hand a contact over: it is no longer one of these."""
        row = self.row_of.pop(event_id, None)
        if row is None:
            return None
        self._gone[row] = True
        self._gone_count += 1
        return self.entry(row)

    def entry(self, row: int) -> Entry:
        """A contact, made."""
        event = self.event(row)
        return Entry(int(self.at_s[row]), event.event_id, event, int(self.end_s[row]))

    def event(self, row: int) -> ContactEvent:
        """The same without its seconds."""
        channel, direction, campaign_id, collector, outcome, content, role, kind, topic = self.traits[
            self.trait_codes[row]
        ]
        ended_us = int(self.ended_us[row])
        person_id, number_id, household_id = (self.names[one][self.name_codes[one][row]] for one in _NAMES)
        first = self.claim_ends[row - 1] if row else 0
        return ContactEvent(
            self.ids[row], _EPOCH + int(self.at_us[row]) * _US, channel, direction, person_id,
            tuple(self.claims[code] for code in self.claim_codes[first : self.claim_ends[row]]),
            number_id, campaign_id, collector, outcome, content, role, kind, topic, household_id,
            None if ended_us == _NEVER_US else _EPOCH + ended_us * _US,
        )  # fmt: skip

    def _index(self, scope: str) -> _Index:
        found = self._indexes.get(scope)
        if found is None:
            found = self._indexes[scope] = self._made(scope)
        return found

    def _made(self, scope: str) -> _Index:
        if scope == "campaign":
            names = sorted({one[_TRAITS.index("campaign_id")] for one in self.traits})
            code = {name: n for n, name in enumerate(names)}
            of_trait = np.array([code[one[_TRAITS.index("campaign_id")]] for one in self.traits], np.int32)
            return _Index.of(names, of_trait[self.trait_codes] if len(self.ids) else self.trait_codes)
        if scope != "debt":
            return _Index.of(self.names[f"{scope}_id"], self.name_codes[f"{scope}_id"])
        rows = np.repeat(np.arange(len(self.ids)), np.diff(self.claim_ends, prepend=0))
        if len(rows) <= len(self.ids) and (np.diff(rows) > 0).all():
            return _Index.of(self.claims, self.claim_codes, rows)
        # A claim that a contact names twice is one.
        rows, codes = np.divmod(np.unique(rows * len(self.claims) + self.claim_codes), len(self.claims))
        return _Index.of(self.claims, codes.astype(np.int32), rows)

    def _code_of_nobody(self) -> int:
        names = self._index("household").codes
        return names.get("", -1)


def _coded(values: Sequence[Any]) -> tuple[list[Any], Code]:
    """Each value once, and which one each is."""
    codes: dict[Any, int] = {}
    found = np.array([codes.setdefault(one, len(codes)) for one in values], np.int32)
    return list(codes), found

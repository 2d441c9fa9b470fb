"""Keeps what a record says about a person apart from the record, so that a person can be erased from a chained journal.

A stored line of a record about a person has everything personal replaced by
nothing and, behind it, the person's token and the removed values encrypted
with a key that exists for this person alone:

    ["claimed",{"at":…,"person_id":null,…},"9f…","base64"]

The chain runs over stored lines. Erasing a person deletes their key: no line
changes, the chain stays valid, and the values are gone. What is left reads as
the token, so that counts and the order of attempts survive.
"""

import secrets
from base64 import b64decode
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import msgspec
from attrs import define, field, frozen
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["PERSONAL_FIELDS", "PersonKey", "SealError", "Sealer", "erased_name", "token_of"]

PERSONAL_FIELDS: dict[str, tuple[str, ...]] = {
    "claimed": ("person_id", "account_id", "claim_ids", "number_id", "household_id"),
    "denied": ("person_id", "account_id", "number_id"),
    "disposed": ("person_id", "account_id", "promise", "next_number_id", "dropped_number_id"),
    "fact": ("person_id", "account_id", "name", "value"),
    "note": ("person_id", "account_id", "text"),
}
"""By kind of record: what stands for or tells of a person. Amounts without a name stay, for the figures of the past."""

_KEY_BYTES = 16
_NONCE_BYTES = 12
_TOKEN_BYTES = 8
_MAX_CACHED = 200_000
_KINDS = {kind: kind.encode() for kind in PERSONAL_FIELDS}
_PREFIXES = tuple(f'["{kind}",'.encode() for kind in PERSONAL_FIELDS)
_SEALED_END = b'"]'
_NULL = msgspec.Raw(b"null")
_NOTHING = msgspec.Raw(b"[]")

_plain = msgspec.json.Decoder(tuple[str, dict[str, msgspec.Raw]])
_sealed = msgspec.json.Decoder(tuple[str, dict[str, msgspec.Raw], str, str])
_values = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text = msgspec.json.Decoder(str)
_encode = msgspec.json.Encoder().encode


class SealError(ValueError):
    """A sealed line cannot be opened with the key of its person."""


@frozen
class PersonKey:
    """What makes the records about one person readable. `person_id` is whom the lists mean."""

    token: str
    person_id: str = field(repr=False)
    key: bytes = field(repr=False)


def token_of(stored: bytes) -> str | None:
    """Whose key a stored line is sealed with; None for a line about nobody."""
    parts = _sealed_parts(stored)
    return None if parts is None else parts[2]


def erased_name(token: str) -> str:
    """What stands for a person, their account and their number once they are erased."""
    return f"erased-{token}"


@define
class Sealer:
    """Seals and opens lines for one store, which keeps the keys.

    `find` gives the kept keys of persons, `load` those of tokens. Not for use by two threads at once.
    """

    find: Callable[[Collection[str]], Iterable[PersonKey]]
    load: Callable[[Collection[str]], Iterable[PersonKey]]
    _by_person: dict[str, tuple[str, AESGCM]] = field(factory=dict)
    _by_token: dict[str, AESGCM | None] = field(factory=dict)

    def forget(self) -> None:
        """Drop every key in memory: one was erased, or the keys handed out were not kept."""
        self._by_person.clear()
        self._by_token.clear()

    def seal(self, lines: Sequence[bytes]) -> tuple[list[bytes], list[PersonKey]]:
        """The lines as they are stored, and the new keys to be kept together with them."""
        opened = [_open(line) if line.startswith(_PREFIXES) else None for line in lines]
        fresh = self._provide({one[2] for one in opened if one is not None})
        # One draw for all: each would be a call of the system.
        nonces = secrets.token_bytes(_NONCE_BYTES * len(lines))
        stored = [
            line if one is None else self._close(*one, nonces[at * _NONCE_BYTES : (at + 1) * _NONCE_BYTES])
            for at, (line, one) in enumerate(zip(lines, opened, strict=True))
        ]
        return stored, fresh

    def unseal(self, stored: Sequence[bytes]) -> list[bytes]:
        """The lines as they were given; those of erased persons with their token in place of the person."""
        parts = [_sealed_parts(line) for line in stored]
        self._know({one[2] for one in parts if one is not None})
        return [line if one is None else self._restore(*one) for line, one in zip(stored, parts, strict=True)]

    def _provide(self, owners: set[str]) -> list[PersonKey]:
        if len(self._by_person) > _MAX_CACHED:
            self._by_person.clear()
        # Not `owners - keys()`: that would go through every person known.
        missing = {one for one in owners if one not in self._by_person}
        if not missing:
            return []
        for known in self.find(missing):
            self._by_person[known.person_id] = (known.token, AESGCM(known.key))
        fresh = [
            PersonKey(secrets.token_hex(_TOKEN_BYTES), owner, secrets.token_bytes(_KEY_BYTES))
            for owner in sorted(one for one in missing if one not in self._by_person)
        ]
        for one in fresh:
            self._by_person[one.person_id] = (one.token, AESGCM(one.key))
        return fresh

    def _close(self, kind: str, body: dict[str, Any], owner: str, nonce: bytes) -> bytes:
        token, cipher = self._by_person[owner]
        removed = {name: body[name] for name in PERSONAL_FIELDS[kind] if name in body}
        body.update(dict.fromkeys(removed, _NULL))
        # Bytes are written as base64.
        return _encode((kind, body, token, nonce + cipher.encrypt(nonce, _encode(removed), _KINDS[kind])))

    def _know(self, tokens: set[str]) -> None:
        if len(self._by_token) > _MAX_CACHED:
            self._by_token.clear()
        missing = {one for one in tokens if one not in self._by_token}
        if missing:
            self._by_token.update(dict.fromkeys(missing))
            self._by_token.update((one.token, AESGCM(one.key)) for one in self.load(missing))

    def _restore(self, kind: str, body: dict[str, Any], token: str, blob: str) -> bytes:
        cipher = self._by_token[token]
        if cipher is None:
            return _what_is_left(kind, body, token)
        try:
            raw = b64decode(blob, validate=True)
            body.update(_values.decode(cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], kind.encode())))
        except Exception as error:
            msg = f"a sealed record of {token} does not open with the key kept for it ({type(error).__name__})"
            raise SealError(msg) from error
        return _encode((kind, body))


def _open(line: bytes) -> tuple[str, dict[str, Any], str] | None:
    """Kind, values and owner of a line that is to be sealed; None for one about nobody."""
    try:
        kind, body = _plain.decode(line)
    except msgspec.DecodeError:
        return None  # not a record of ours, and not ours to change
    owner = _owner(body)
    return (kind, body, owner) if owner else None


def _sealed_parts(line: bytes) -> tuple[str, dict[str, Any], str, str] | None:
    if not (line.startswith(_PREFIXES) and line.endswith(_SEALED_END)):
        return None
    try:
        return _sealed.decode(line)
    except msgspec.DecodeError:
        return None


def _owner(body: dict[str, Any]) -> str:
    """Whose key seals a record. The account stands in where a record names no person."""
    for name in ("person_id", "account_id"):
        if name in body and (owner := _text.decode(body[name])):
            return str(owner)
    return ""


def _what_is_left(kind: str, body: dict[str, Any], token: str) -> bytes:
    if kind == "fact":
        return _encode(("erased", {"at": body["at"], "person": token}))
    name = msgspec.Raw(_encode(erased_name(token)))
    for personal in PERSONAL_FIELDS[kind]:
        if personal in ("person_id", "account_id", "number_id", "household_id") and personal in body:
            body[personal] = name
        elif personal == "claim_ids":
            body[personal] = _NOTHING
    return _encode((kind, body))

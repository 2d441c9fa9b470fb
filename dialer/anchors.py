"""Signed words about a journal, kept elsewhere: at this instant it had so many records, and this was its digest.

Whoever can write a journal can also link it anew. Nobody without the key can
make the anchors of before agree with the new chain.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec
from attrs import frozen
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from dialer.chain import ChainFault, Link

__all__ = ["Anchor", "AnchorError", "check_anchors", "new_keys", "read_anchors", "sign_anchor", "write_anchor"]


class AnchorError(ValueError):
    """A key or an anchor cannot be read, or was not signed with the key."""


@frozen
class Anchor:
    """One signed word about a journal. Bytes stand as hexadecimal text."""

    journal: str
    number: int
    digest: str
    at: datetime
    signature: str = ""

    def _signed(self) -> bytes:
        parts = ("paceline anchor 1", self.journal, str(self.number), self.digest, self.at.isoformat())
        return "\n".join(parts).encode()


def new_keys() -> tuple[bytes, bytes]:
    """A private and a public key, as PEM text."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def sign_anchor(private_pem: bytes, journal: str, head: Link, at: datetime) -> Anchor:
    """What the journal is now, signed."""
    try:
        key = load_pem_private_key(private_pem, None)
    except (ValueError, TypeError) as error:
        msg = f"the private key cannot be read ({error}); make one with `paceline journal keygen`"
        raise AnchorError(msg) from error
    if not isinstance(key, Ed25519PrivateKey):
        msg = "the private key is not an Ed25519 key; make one with `paceline journal keygen`"
        raise AnchorError(msg)
    bare = Anchor(journal, head.number, head.digest.hex(), at)
    return Anchor(bare.journal, bare.number, bare.digest, bare.at, key.sign(bare._signed()).hex())


def write_anchor(anchor: Anchor) -> bytes:
    """One line of a file of anchors."""
    return msgspec.json.encode(anchor) + b"\n"


def read_anchors(lines: Iterable[bytes], public_pem: bytes) -> list[Anchor]:
    """The anchors of a file. Raises `AnchorError` naming the first line that the key did not sign."""
    try:
        key = load_pem_public_key(public_pem)
    except ValueError as error:
        msg = f"the public key cannot be read ({error})"
        raise AnchorError(msg) from error
    if not isinstance(key, Ed25519PublicKey):
        msg = "the public key is not an Ed25519 key"
        raise AnchorError(msg)
    found = []
    for index, line in enumerate(lines, start=1):
        try:
            anchor = msgspec.json.decode(line, type=Anchor)
            key.verify(bytes.fromhex(anchor.signature), anchor._signed())
        except (msgspec.DecodeError, ValueError, InvalidSignature) as error:
            msg = f"anchor {index} was not signed with this key, or was altered since"
            raise AnchorError(msg) from error
        found.append(anchor)
    return found


def check_anchors(anchors: Iterable[Anchor], journal: str, links: Iterable[Link]) -> Iterator[ChainFault]:
    """Where a journal, in order and linked rightly, is not the one that was signed."""
    wanted = {one.number: one for one in anchors}
    for one in wanted.values():
        if one.journal != journal:
            yield ChainFault(one.number, "replaced", f"the anchor is of the journal {one.journal}, this is {journal}")
            return
    wanted.pop(0, None)
    for place in links:
        anchor = wanted.pop(place.number, None)
        if anchor is not None and anchor.digest != place.digest.hex():
            yield ChainFault(
                place.number, "replaced", f"it or one before it is not what was signed at {anchor.at.isoformat()}"
            )
            return
    for number, anchor in sorted(wanted.items()):
        yield ChainFault(number, "cut off", f"it was there and signed at {anchor.at.isoformat()}")
        return

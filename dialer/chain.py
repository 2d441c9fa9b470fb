"""The chain through a journal's lines, by which an altered, missing or reordered one is found. Pure.

Each line's digest is SHA-256 over the digest before it, its number and its
bytes. Who can write the store can also compute a new chain; that is what
anchors are for (`dialer.anchors`): digests signed with a key kept elsewhere.
"""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice

from attrs import frozen

__all__ = ["GENESIS", "ChainFault", "Link", "first_fault", "link", "link_all"]

GENESIS = bytes(32)
"""What stands before the first line."""

# How far behind a broken place the line that belongs there is looked for.
_LOOK_AHEAD = 1_000


@frozen
class Link:
    """One line as the store keeps it."""

    number: int
    line: bytes
    digest: bytes


@frozen
class ChainFault:
    """The first place where a journal is not what was written."""

    number: int
    what: str
    """`altered`, `missing`, `reordered`, `replaced` or `cut off`."""
    detail: str

    def __str__(self) -> str:
        return f"record {self.number} is {self.what}: {self.detail}"


def link(previous: bytes, number: int, line: bytes) -> bytes:
    """The digest of a line.

    >>> link(GENESIS, 1, b"one").hex()[:8]
    '06d248ca'
    """
    return hashlib.sha256(previous + number.to_bytes(8, "big") + line).digest()


def link_all(previous: bytes, number: int, lines: Iterable[bytes]) -> Iterator[Link]:
    """The links of lines that follow the line `number`, whose digest is `previous`."""
    for line in lines:
        number += 1
        previous = link(previous, number, line)
        yield Link(number, line, previous)


def first_fault(links: Iterable[Link], head: Link | None = None) -> ChainFault | None:
    """The first fault of a whole journal in the order it is kept, or None.

    `head` is what the store itself says its last link is, where it says so.
    """
    previous, number = GENESIS, 0
    rest = iter(links)
    for one in rest:
        number += 1
        if one.number != number:
            return _gap(number, one)
        if link(previous, number, one.line) != one.digest:
            return _explain(previous, one, list(islice(rest, _LOOK_AHEAD)))
        previous = one.digest
    if head is not None and head.number > number:
        return ChainFault(number + 1, "cut off", f"the journal had {head.number} records and has {number}")
    if head is not None and (head.number, head.digest) != (number, previous):
        return ChainFault(number, "replaced", f"the journal's head names record {head.number} with another digest")
    return None


def _gap(number: int, found: Link) -> ChainFault:
    if found.number < number:
        return ChainFault(found.number, "reordered", f"it stands where record {number} should stand")
    if found.number == number + 1:
        return ChainFault(number, "missing", f"record {found.number} follows record {number - 1}")
    return ChainFault(number, "missing", f"records {number} to {found.number - 1} are not there")


def _explain(previous: bytes, broken: Link, behind: list[Link]) -> ChainFault:
    """What happened to a line whose digest is not that of its bytes in its place."""
    number = broken.number
    for other in behind:
        if link(previous, number, other.line) in (other.digest, broken.digest):
            return ChainFault(number, "reordered", f"its line stands at {other.number}")
    if behind and link(broken.digest, number + 1, behind[0].line) == behind[0].digest:
        return ChainFault(number, "altered", "its line does not have the digest that the next record was linked to")
    if behind:
        for gap in range(1, _LOOK_AHEAD):
            if link(broken.digest, number + 1 + gap, behind[0].line) == behind[0].digest:
                return ChainFault(number, "missing", f"what follows was numbered {gap} higher when it was written")
    return ChainFault(number, "replaced", "neither its line nor its digest belong there")

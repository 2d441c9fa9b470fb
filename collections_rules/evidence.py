"""What a number and an address say about where a person is: places, whose laws bind, and zones, whose clocks count.

All evidence counts, always. A person who may be in two states has the law of both, and may be called when it is
allowed on the clock of both; more evidence can only close. A number that belongs to no place says nothing, and where
nothing at all is known the caller leaves the fact `evidence` out, which closes.
"""

import re
from collections.abc import Iterable

from attrs import frozen

from collections_rules.area_codes import AREA_CODES
from collections_rules.places import COUNTRIES, PLACES, STATE_ZONES

__all__ = ["Evidence", "evidence_of_area_code", "evidence_of_number", "evidence_of_place", "joined_evidence"]

_LONGEST_CODE = 4
_E164 = re.compile(r"\+[1-9]\d{6,14}")
# Numbers of a whole country, which reach an office and tell nothing about where a person is.
_NATIONWIDE = {"82": re.compile(r"\+82(80|15|16|18)")}


@frozen
class Evidence:
    """Places and zones. Empty is nothing known, never nowhere."""

    places: frozenset[str] = frozenset()
    zones: frozenset[str] = frozenset()

    def __or__(self, other: "Evidence") -> "Evidence":
        return Evidence(self.places | other.places, self.zones | other.zones)


NOTHING = Evidence()


def evidence_of_area_code(code: str) -> Evidence:
    """What a North American area code says; nothing for one that belongs to no place.

    >>> sorted(evidence_of_area_code("850").zones), evidence_of_area_code("800").places
    (['America/Chicago', 'America/New_York'], frozenset())
    """
    known = AREA_CODES.get(code)
    return Evidence(known[0], frozenset(known[1])) if known else NOTHING


def evidence_of_number(e164: str) -> Evidence:
    """What a number in E.164 says. Zones only for North America: elsewhere they come from the numbering library.

    >>> sorted(evidence_of_number("+12125550100").places), sorted(evidence_of_number("+447700900123").places)
    (['NY', 'NYC'], ['GBR', 'GGY', 'IMN', 'JEY'])
    """
    if _E164.fullmatch(e164) is None:
        return NOTHING
    if e164.startswith("+1"):
        return evidence_of_area_code(e164[2:5])
    for length in range(_LONGEST_CODE, 0, -1):
        code = e164[1 : 1 + length]
        if code in COUNTRIES:
            nationwide = _NATIONWIDE.get(code)
            return NOTHING if nationwide and nationwide.match(e164) else Evidence(COUNTRIES[code])
    return NOTHING


def evidence_of_place(place: str) -> Evidence:
    """What an address in a place says: the place, and every zone that a part of it keeps.

    >>> sorted(evidence_of_place("TN").zones)
    ['America/Chicago', 'America/New_York']
    """
    if place not in PLACES:
        raise ValueError(f"no place `{place}`: write a state such as NY, a province such as ON, a country such as KOR")
    named = frozenset({place, "NY"} if place == "NYC" else {place})
    return Evidence(named, frozenset(STATE_ZONES.get(place, ())))


def joined_evidence(places: Iterable[str], numbers: Iterable[str]) -> Evidence:
    """All that the addresses and the numbers say together."""
    found = NOTHING
    for place in places:
        found |= evidence_of_place(place)
    for number in numbers:
        found |= evidence_of_number(number)
    return found

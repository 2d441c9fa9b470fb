"""Where the zones of a North American area code are known better than the numbering library has them.

The library gives the zone of an exchange, and people keep their numbers when they move within an
area code, so a code that is split between zones is evidence for all of them. Area codes and their
zones are those of the numbering administrator's report of November 2025.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["AREA_CODE_ZONES", "UNKNOWN_TO_LIBRARY"]

_EASTERN: Final = "America/New_York"
_CENTRAL: Final = "America/Chicago"
_MOUNTAIN: Final = "America/Denver"
_PACIFIC: Final = "America/Los_Angeles"

# In service, and judged invalid by the library (9.0.43).
UNKNOWN_TO_LIBRARY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "357": (_PACIFIC,),  # California
        "436": (_EASTERN,),  # Ohio
        "457": (_CENTRAL,),  # Louisiana
        "621": (_CENTRAL,),  # Texas
        "624": (_EASTERN,),  # New York
        "679": (_EASTERN,),  # Michigan
        "729": (_EASTERN, _CENTRAL),  # Tennessee
        "837": (_PACIFIC,),  # California
        "861": (_CENTRAL,),  # Illinois
        "924": (_CENTRAL,),  # Minnesota
    }
)

_SPLIT: Final[dict[tuple[str, ...], list[str]]] = {
    (_EASTERN, _CENTRAL): ["219", "270", "364", "423", "448", "574", "606", "812", "850", "906", "930", "931"],
    (_CENTRAL, _MOUNTAIN): ["308", "605", "620", "701", "785", "915"],
    (_MOUNTAIN, _PACIFIC): ["458", "541", "775"],
    ("America/Boise", _PACIFIC): ["208", "986"],
    # Arizona keeps standard time, the Navajo Nation within it does not.
    ("America/Phoenix", _MOUNTAIN): ["928"],
    ("America/Anchorage", "America/Adak"): ["907"],
    ("America/Toronto", "America/Winnipeg"): ["807"],
    ("America/Vancouver", "America/Edmonton"): ["250"],
    # The territories; Yukon keeps its summer time all year.
    ("America/Toronto", "America/Winnipeg", "America/Edmonton", "America/Vancouver", "America/Whitehorse"): ["867"],
}

AREA_CODE_ZONES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        **UNKNOWN_TO_LIBRARY,
        **{code: zones for zones, codes in _SPLIT.items() for code in codes},
        # Orlando, which the library puts an hour west.
        "689": (_EASTERN,),
    }
)

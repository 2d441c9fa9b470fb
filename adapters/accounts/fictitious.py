"""Korean numbers that ring nowhere, for lists of people without numbers.

The numbering plan gives subscriber numbers no leading 0 or 1, so 010-0xxx-xxxx and
02-1xxx-xxxx are never assigned, while every formal check accepts them.
"""

from dialer.list_mapping import FICTITIOUS_CAPACITY, FictitiousNumbers
from dialer.model import NumberKind

__all__ = ["fictitious_numbers", "landline", "mobile"]

# Multiplying by a number prime to the capacity permutes it: neighbours of the list do not get neighbouring numbers.
_STRIDE = 7_368_787
_OFFSET = 1_234_567
# Multiples of an irrational fill the unit interval evenly, so a share is met in every stretch of the list.
_TURN = 1 << 32
_MOBILE_STEP = 2_654_435_769
_HOME_STEP = 3_242_174_889

_ZONES = ("Asia/Seoul",)


def _scattered(ordinal: int) -> int:
    if not 0 <= ordinal < FICTITIOUS_CAPACITY:
        raise ValueError(f"there are only {FICTITIOUS_CAPACITY} fictitious numbers, and person {ordinal} has none left")
    return (ordinal * _STRIDE + _OFFSET) % FICTITIOUS_CAPACITY


def mobile(ordinal: int) -> str:
    """The unassigned mobile of one ordinal.

    >>> mobile(0), mobile(1)
    ('+821001234567', '+821008603354')
    """
    return f"+82100{_scattered(ordinal):07d}"


def landline(ordinal: int) -> str:
    """The unassigned Seoul landline of one ordinal.

    >>> landline(0)
    '+82211234567'
    """
    return f"+8221{_scattered(ordinal):07d}"


def fictitious_numbers(ordinal: int, settings: FictitiousNumbers) -> list[tuple[str, NumberKind, tuple[str, ...]]]:
    """The numbers of the `ordinal`-th person of a list, the mobile first; at least one."""
    ordinal += settings.start
    has_mobile = ordinal * _MOBILE_STEP % _TURN < settings.mobile * _TURN
    has_home = ordinal * _HOME_STEP % _TURN < settings.home * _TURN
    numbers: list[tuple[str, NumberKind, tuple[str, ...]]] = []
    if has_mobile or not has_home:
        numbers.append((mobile(ordinal), NumberKind.MOBILE, _ZONES))
    if has_home:
        numbers.append((landline(ordinal), NumberKind.HOME, _ZONES))
    return numbers

"""What one cell may hold, by field. A `ValueError` continues a sentence that begins with the cell."""

import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final
from zoneinfo import available_timezones

from dialer.list_mapping import minor_digits

__all__ = ["amount", "days", "field_parser", "language", "zones"]

_UNITS: Final = (1, 10, 100, 1000)
# Ten thousand billion and its decimals fit; in minor units that stays within 64 bits.
_LONGEST_AMOUNT: Final = 15


def amount(text: str, currency: str) -> int:
    """Minor units of `currency`.

    >>> amount("1,234.5", "USD"), amount("1234", "KRW"), amount("1234.00", "KRW")
    (123450, 1234, 1234)
    """
    digits = minor_digits(currency)
    if len(text) > _LONGEST_AMOUNT:
        raise ValueError("is too long for an amount")
    if text.isdecimal():
        return int(text) * _UNITS[digits]
    if text.startswith("-"):
        raise ValueError("is below zero, and a claim is something owed")
    if (match := re.fullmatch(r"(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d+))?", text)) is None:
        raise ValueError(f"is not an amount in {currency}, like {_example(digits)}")
    whole, fraction = match[1].replace(",", ""), (match[2] or "").rstrip("0")
    if len(fraction) > digits:
        raise ValueError(f"has more decimals than {currency}, like {_example(digits)}")
    return int(whole + fraction.ljust(digits, "0"))


def _example(digits: int) -> str:
    return f"1234.{'5'.ljust(digits, '0')}" if digits else "1234"


def days(text: str) -> int:
    """Whole days; negative before the due date."""
    if re.fullmatch(r"-?\d{1,5}", text) is None:
        raise ValueError("is not a number of days")
    return int(text)


def language(text: str) -> str:
    """A language tag as in `ko` or `zh-Hant`."""
    if re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", text) is None:
        raise ValueError("is not a language, like ko or en")
    return text


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def zones(text: str) -> tuple[str, ...]:
    """IANA zones, `;` between them."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(";") if name.strip()))
    if unknown := [name for name in names if name not in _zone_names()]:
        raise ValueError(f"is not a time zone: `{unknown[0]}`; write it like Asia/Seoul")
    return names


def field_parser(name: str, currency: str) -> Callable[[str], object]:
    """The parser of one of `Columns`' fields."""
    if name == "balance":
        return partial(amount, currency=currency)
    parsers: dict[str, Callable[[str], object]] = {"days_past_due": days, "language": language, "time_zone": zones}
    return parsers.get(name, str)

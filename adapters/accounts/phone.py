"""Numbers as a list writes them: E.164, kind, and the zones they are evidence for.

The `phonenumbers` library is the judge, and takes some 40 microseconds a number. Numbers in
plain national digits are most of a list, and for these its own patterns are asked directly,
in the library's order. A shape that these few lines do not fully cover goes to the library.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberDesc, PhoneNumberFormat, PhoneNumberType
from phonenumbers.phonenumberutil import (
    NumberParseException,
    ValidationResult,
    is_number_type_geographical,
    region_codes_for_country_code,
)
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number
from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

from adapters.accounts.zone_table import AREA_CODE_ZONES, UNKNOWN_TO_LIBRARY
from dialer.model import NumberKind

__all__ = ["NumberError", "NumberReader"]

ReadNumber = tuple[str, NumberKind, tuple[str, ...]]
"""E.164, kind as far as the number itself tells, zones."""

_NORTH_AMERICA: Final = 1
# The library reads a number out of almost any text, "call 2 1234 5678 evenings" among it. A wrong
# guess rings at a stranger's, so a cell that holds more than one number is a fault.
_SHAPE: Final = re.compile(r"\s*[+＋]?[\d\s()\[\].\-–·]+", re.ASCII)
_SHORTEST_PERSONAL: Final = 7
_WINTER: Final = datetime(2026, 1, 15, tzinfo=UTC)
_SUMMER: Final = datetime(2026, 7, 15, tzinfo=UTC)
_TYPES: Final = {
    "either": PhoneNumberType.FIXED_LINE_OR_MOBILE,
    "fixed": PhoneNumberType.FIXED_LINE,
    "mobile": PhoneNumberType.MOBILE,
}
_KINDS: Final = {PhoneNumberType.MOBILE: NumberKind.MOBILE}


class NumberError(ValueError):
    """Why a text is no number that can be called; continues a sentence that begins with the text."""


@lru_cache(maxsize=4096)
def _evidence(zones: tuple[str, ...]) -> tuple[str, ...]:
    """`zones`, or nothing where they are those of a whole country with several clocks."""
    if zones == (UNKNOWN_TIMEZONE,):
        return ()
    try:
        clocks = {(ZoneInfo(zone).utcoffset(_WINTER), ZoneInfo(zone).utcoffset(_SUMMER)) for zone in zones}
    except ZoneInfoNotFoundError:
        return ()
    if len(clocks) > 1 and zones in _whole_countries():
        return ()
    return zones


@lru_cache(maxsize=1)
def _whole_countries() -> frozenset[tuple[str, ...]]:
    codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    return frozenset(tuple(TIMEZONE_DATA[str(code)]) for code in codes if str(code) in TIMEZONE_DATA)


def _zones_of_digits(digits: str) -> tuple[str, ...]:
    for length in range(min(TIMEZONE_LONGEST_PREFIX, len(digits)), 0, -1):
        if (zones := TIMEZONE_DATA.get(digits[:length])) is not None:
            return tuple(zones)
    return (UNKNOWN_TIMEZONE,)


def _pattern(description: PhoneNumberDesc | None) -> str:
    """What the library asks of a national number of this type, as an expression for all of it."""
    if description is None or not description.national_number_pattern:
        return "(?!)"
    lengths = "|".join(rf"\d{{{length}}}" for length in description.possible_length)
    of_length = rf"(?=(?:{lengths})\Z)" if lengths else ""
    return rf"{of_length}(?=(?:{description.national_number_pattern})\Z)"


def _line_pattern(metadata: PhoneMetadata) -> "re.Pattern[str]":
    """Matches fixed lines and mobiles, and names the group that did; other types, which come first, are left out."""
    special = (
        metadata.premium_rate,
        metadata.toll_free,
        metadata.shared_cost,
        metadata.voip,
        metadata.personal_number,
        metadata.pager,
        metadata.uan,
        metadata.voicemail,
    )
    others = "".join(f"(?!{_pattern(description)})" for description in special)
    fixed, mobile = _pattern(metadata.fixed_line), _pattern(metadata.mobile)
    either = fixed if metadata.same_mobile_and_fixed_line_pattern else f"{fixed}{mobile}"
    lines = rf"(?P<either>{either}\d+)|(?P<fixed>{fixed}\d+)|(?P<mobile>{mobile}\d+)"
    # A leading zero that is part of the number is rare and has rules of its own.
    return re.compile(rf"(?!0){_pattern(metadata.general_desc)}{others}(?:{lines})", re.ASCII)


class NumberReader:
    """Reads the numbers of one list.

    >>> NumberReader("KR").read("010-2345-6789")
    ('+821023456789', <NumberKind.MOBILE: 'mobile'>, ('Asia/Seoul',))
    """

    def __init__(self, region: str) -> None:
        metadata = PhoneMetadata.metadata_for_region(region)
        if metadata is None:
            raise ValueError(f"`region` is `{region}`, and no country has that code")
        self._region = region
        self._code = metadata.country_code or 0
        self._plus = f"+{self._code}"
        self._strip = re.compile(metadata.national_prefix_for_parsing or "(?!)").match
        self._abroad = re.compile(metadata.international_prefix or "(?!)").match
        self._prefix = metadata.national_prefix or ""
        self._line = _line_pattern(metadata).fullmatch
        # Other regions share the country code; only the first of them is asked before all others.
        self._has_fast_path = region_codes_for_country_code(self._code)[0] == region and metadata.leading_digits is None
        self._country_zones = _evidence(tuple(TIMEZONE_DATA.get(str(self._code), (UNKNOWN_TIMEZONE,))))

    def read(self, text: str) -> ReadNumber:
        """What `text` stands for; raises `NumberError`."""
        return self._read_plain(text) or self.read_by_library(text)

    def _read_plain(self, text: str) -> ReadNumber | None:
        digits = text.replace("-", "").replace(" ", "")
        is_international = digits.startswith(self._plus)
        digits = digits.removeprefix(self._plus)
        if not (self._has_fast_path and digits.isascii() and digits.isdigit()):
            return None
        # Both would be read as a number from abroad, or as one that repeats the country code.
        if not is_international and (self._abroad(digits) is not None or digits.startswith(str(self._code))):
            return None
        if (stripped := self._strip(digits)) is not None:
            if stripped.group() != self._prefix or is_international:
                return None
            digits = digits[len(self._prefix) :]
        if (line := self._line(digits)) is None:
            return None
        number_type = _TYPES[line.lastgroup or ""]
        international = f"{self._code}{digits}"
        return f"+{international}", _KINDS.get(number_type, NumberKind.OTHER), self._zones(international, number_type)

    def _zones(self, international: str, number_type: int) -> tuple[str, ...]:
        if self._code == _NORTH_AMERICA and (known := AREA_CODE_ZONES.get(international[1:4])) is not None:
            return known
        if is_number_type_geographical(number_type, self._code):
            return _evidence(_zones_of_digits(international))
        return self._country_zones

    def read_by_library(self, text: str) -> ReadNumber:
        """As `read`, the long way; the two agree."""
        if _SHAPE.fullmatch(text) is None:
            raise NumberError("is not a phone number")
        try:
            number = phonenumbers.parse(text, self._region)
        except NumberParseException as error:
            raise NumberError(_UNREADABLE.get(error.error_type, "is not a phone number")) from None
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        area_code = e164[2:5] if number.country_code == _NORTH_AMERICA else ""
        number_type = phonenumbers.number_type(number)
        if number_type == PhoneNumberType.UNKNOWN:
            if area_code in UNKNOWN_TO_LIBRARY and re.fullmatch(r"\+1...[2-9]\d{6}", e164):
                return e164, NumberKind.OTHER, UNKNOWN_TO_LIBRARY[area_code]
            raise NumberError(self._why_invalid(number))
        if number_type == PhoneNumberType.PREMIUM_RATE:
            raise NumberError("is a premium-rate number, which is not a person's")
        zones = AREA_CODE_ZONES.get(area_code) or _evidence(tuple(time_zones_for_number(number)))
        return e164, _KINDS.get(number_type, NumberKind.OTHER), zones

    def _why_invalid(self, number: phonenumbers.PhoneNumber) -> str:
        where = phonenumbers.region_code_for_country_code(number.country_code or 0)
        match phonenumbers.is_possible_number_with_reason(number):
            case ValidationResult.TOO_SHORT | ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
                return f"is too short for a number in {where}"
            case ValidationResult.TOO_LONG:
                return f"is too long for a number in {where}"
            case _ if len(str(number.national_number)) < _SHORTEST_PERSONAL:
                # Shorter ones exist, as of services; the library leaves the length open for their sake.
                return f"is too short for a number in {where}"
            case _:
                return f"is no number that {where} assigns"


_UNREADABLE: Final = {
    NumberParseException.TOO_SHORT_NSN: "is too short for a phone number",
    NumberParseException.TOO_SHORT_AFTER_IDD: "is too short for a phone number",
    NumberParseException.TOO_LONG: "is too long for a phone number",
    NumberParseException.INVALID_COUNTRY_CODE: "begins with no country's code",
}

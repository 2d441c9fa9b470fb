"""How numbers, money and times are written in Korean and in English. Pure."""

from collections.abc import Mapping
from datetime import datetime, tzinfo

from dialer.report.counts import Ratio

__all__ = [
    "NOTHING",
    "amounts",
    "clock",
    "count",
    "day",
    "duration",
    "hours",
    "money",
    "money_brief",
    "money_short",
    "number",
    "percent",
    "percent_plain",
    "span",
]

NOTHING = "–"

_SIGNS = {"KRW": "₩", "JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "TWD": "NT$"}
# ISO 4217 currencies without minor units that a contact centre is likely to meet; all others have two places.
_WHOLE = frozenset({"KRW", "JPY", "VND", "CLP", "ISK"})
_WEEKDAYS = {"ko": "월화수목금토일", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_MONTHS = ("January", "February", "March", "April", "May", "June", "July",
           "August", "September", "October", "November", "December")  # fmt: skip


def count(value: float | None) -> str:
    """Whole numbers, in groups of three.

    >>> count(38553)
    '38,553'
    """
    return NOTHING if value is None else f"{value:,.0f}"


def number(value: float | None, places: int = 1) -> str:
    """A number with a fixed count of places."""
    return NOTHING if value is None else f"{value:,.{places}f}"


def percent(ratio: Ratio | float | None, places: int = 1) -> str:
    """A share of one as a percentage.

    >>> percent(Ratio(27, 1000)), percent(Ratio(0, 0))
    ('2.7%', '–')
    """
    value = ratio.value if isinstance(ratio, Ratio) else ratio
    return NOTHING if value is None else f"{value * 100:.{places}f}%"


def percent_plain(share: float) -> str:
    """A limit as it is written in a rule, without idle zeros.

    >>> percent_plain(0.03), percent_plain(0.005)
    ('3%', '0.5%')
    """
    return f"{round(share * 100, 4):g}%"


def span(seconds: float | None) -> str:
    """Minutes and seconds.

    >>> span(95.4)
    '1:35'
    """
    if seconds is None:
        return NOTHING
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"


def duration(seconds: float, language: str) -> str:
    """A length of time in words: seconds below a minute, minutes above.

    >>> duration(2, "en"), duration(1182, "ko")
    ('2 s', '19.7분')
    """
    if seconds < 60:
        return f"{seconds:.0f}초" if language == "ko" else f"{seconds:.0f} s"
    return f"{seconds / 60:,.1f}분" if language == "ko" else f"{seconds / 60:,.1f} min"


def hours(seconds: float) -> str:
    """Hours with one place."""
    return f"{seconds / 3600:,.1f}"


def money(minor: int, currency: str) -> str:
    """An amount in full.

    >>> money(1250000, "KRW"), money(1999, "USD")
    ('₩1,250,000', '$19.99')
    """
    sign = _SIGNS.get(currency, f"{currency} " if currency else "")
    return f"{sign}{minor:,}" if currency in _WHOLE else f"{sign}{minor / 100:,.2f}"


def money_short(minor: int, currency: str, language: str) -> str:
    """An amount as it is said: 만 and 억 in Korean, thousands and millions in English.

    >>> money_short(423_100_000, "KRW", "ko"), money_short(423_100_000, "KRW", "en")
    ('4억 2,310만 원', '₩423.1M')
    """
    if currency == "KRW" and language == "ko":
        ten_thousands = round(minor / 10_000)
        if not ten_thousands:
            return f"{minor:,}원"
        high, low = divmod(ten_thousands, 10_000)
        return " ".join([f"{high:,}억"] * bool(high) + [f"{low:,}만"] * bool(low)) + " 원"
    value = minor if currency in _WHOLE else minor / 100
    sign = _SIGNS.get(currency, f"{currency} " if currency else "")
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if value >= size:
            return f"{sign}{value / size:,.{2 if letter == 'B' else 1}f}{letter}"
    return money(minor, currency)


def money_brief(minor: int, currency: str, language: str) -> str:
    """An amount in as few characters as a table has room for.

    >>> money_brief(423_100_000, "KRW", "ko"), money_brief(81_570_000, "KRW", "ko")
    ('4.23억', '8,157만')
    """
    if currency == "KRW" and language == "ko" and minor >= 10_000:
        return f"{minor / 1e8:,.2f}억" if minor >= 100_000_000 else f"{minor / 1e4:,.0f}만"
    return money_short(minor, currency, language)


def amounts(by_currency: Mapping[str, int], language: str) -> str:
    """Amounts in several currencies, briefly."""
    return " + ".join(money_brief(minor, currency, language) for currency, minor in by_currency.items() if minor)


def clock(at: datetime, zone: tzinfo) -> str:
    """Local time in hours and minutes."""
    return at.astimezone(zone).strftime("%H:%M")


def day(at: datetime, zone: tzinfo, language: str) -> str:
    """The local day.

    >>> from datetime import UTC
    >>> day(datetime(2026, 11, 24, tzinfo=UTC), UTC, "ko"), day(datetime(2026, 11, 24, tzinfo=UTC), UTC, "en")
    ('2026. 11. 24.(화)', 'Tue 24 November 2026')
    """
    local = at.astimezone(zone)
    weekday = _WEEKDAYS[language][local.weekday()]
    if language == "ko":
        return f"{local.year}. {local.month}. {local.day}.({weekday})"
    return f"{weekday} {local.day} {_MONTHS[local.month - 1]} {local.year}"

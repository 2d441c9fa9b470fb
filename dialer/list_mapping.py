"""How a campaign's list is read: which of its columns is which of our fields. Pure settings.

They stand in a campaign's TOML under `[campaigns.list]`. What can be judged without
opening the list is judged here, when the settings are made; the rest (does the column
exist, does the fact) when the list is opened, and before any row is loaded.
"""

import codecs
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from attrs import Attribute, field, frozen

from dialer.model import FactValue, NumberKind

__all__ = ["Columns", "FactParser", "FactParsers", "FictitiousNumbers", "ListMapping", "NumberColumn", "minor_digits"]

FactParser = Callable[[str], FactValue]
"""Makes a fact's value of a cell that is not empty. A `ValueError` says why it cannot, in words that
continue a sentence beginning with the cell: `is neither true nor false`."""

FactParsers = Mapping[str, FactParser]
"""By fact name; a fact without a parser does not exist."""

FORMS: Final = (".csv", ".csv.gz", ".parquet")

# ISO 4217 gives most currencies two digits; these are the others in use.
_NO_DIGITS: Final = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF"]
)
_THREE_DIGITS: Final = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])

# 010-0xxx-xxxx has seven free digits, and so has 02-1xxx-xxxx.
FICTITIOUS_CAPACITY: Final = 10_000_000

_EMPTY: Mapping[str, Any] = MappingProxyType({})


def minor_digits(currency: str) -> int:
    """How many decimal digits an amount of `currency` has.

    >>> minor_digits("KRW"), minor_digits("USD"), minor_digits("KWD")
    (0, 2, 3)
    """
    if currency in _NO_DIGITS:
        return 0
    return 3 if currency in _THREE_DIGITS else 2


def _not_empty(_owner: object, attribute: "Attribute[Any]", value: str | None) -> None:
    if value is not None and not value.strip():
        raise ValueError(f"`{attribute.name}` is empty; leave it out, or name a column")


def _is_share(_owner: object, attribute: "Attribute[Any]", value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"`{attribute.name}` is {value}, and a share lies between 0 and 1")


def _assumed(values: Mapping[str, object]) -> Mapping[str, str]:
    # TOML has `true` where a cell would have "true"; a loader may hand over either, or Python's own "True".
    texts = {name: str(value) for name, value in values.items()}
    return MappingProxyType({name: text.lower() if text in ("True", "False") else text for name, text in texts.items()})


def _frozen(columns: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(columns))


def _words(tables: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    return MappingProxyType({name: MappingProxyType(dict(table)) for name, table in tables.items()})


@frozen
class Columns:
    """Our field -> the name of the list's column, as its header spells it."""

    person_id: str = field(validator=_not_empty)
    claim_id: str | None = field(default=None, validator=_not_empty)
    """Rows of one person with different claims add claims to that person. Without this column
    but with a balance, a person has one claim, which bears the person's id."""
    balance: str | None = field(default=None, validator=_not_empty)
    days_past_due: str | None = field(default=None, validator=_not_empty)
    product: str | None = field(default=None, validator=_not_empty)
    value_tier: str | None = field(default=None, validator=_not_empty)
    language: str | None = field(default=None, validator=_not_empty)
    time_zone: str | None = field(default=None, validator=_not_empty)
    """Zone of the address or of what the person stated, by its IANA name; several separated by `;`."""

    def __attrs_post_init__(self) -> None:
        for needs in ("claim_id", "days_past_due", "product"):
            if getattr(self, needs) is not None and self.balance is None:
                raise ValueError(f"`{needs}` describes a claim, and a claim needs a `balance` column")

    def named(self) -> dict[str, str]:
        """The fields that the list has, with their columns."""
        fields = ("person_id", "claim_id", "balance", "days_past_due", "product", "value_tier", "language", "time_zone")
        return {name: column for name in fields if (column := getattr(self, name)) is not None}


@frozen
class NumberColumn:
    """A column that holds one number of each person. The order of these is the order in which to try."""

    column: str = field(validator=_not_empty)
    kind: NumberKind = NumberKind.OTHER
    """What the list says the number is. Left at `other`, a number that can only be a mobile counts as one."""


@frozen(kw_only=True)
class FictitiousNumbers:
    """Gives the people of a list without numbers Korean numbers that the numbering plan cannot assign."""

    mobile: float = field(default=1.0, validator=_is_share)
    """Share of the people who have a mobile, 010-0xxx-xxxx."""
    home: float = field(default=0.0, validator=_is_share)
    """Share of the people who have a landline, 02-1xxx-xxxx. Who would have neither has a mobile."""
    start: int = field(default=0)
    """Ordinal of the first person; lists whose ranges do not meet have no number in common."""

    @start.validator
    def _in_range(self, _attribute: "Attribute[int]", value: int) -> None:
        if not 0 <= value < FICTITIOUS_CAPACITY:
            raise ValueError(f"`start` is {value}, and there are only {FICTITIOUS_CAPACITY} such numbers")


@frozen(kw_only=True)
class ListMapping:
    """All that is known about a list before it is opened."""

    path: str = field()
    """`.csv`, `.csv.gz` or `.parquet`; relative to the file that says so."""
    columns: Columns
    encoding: str = field(default="utf-8")
    delimiter: str = field(default=",")
    region: str = field(default="KR")
    """Country of numbers that are written without a country code."""
    currency: str = field(default="KRW")
    language: str = "ko"
    """Of people for whom the list names none."""
    id_prefix: str = ""
    """Put before person and claim ids, so that lists from different systems cannot be taken for one another."""
    numbers: tuple[NumberColumn, ...] = ()
    fictitious_numbers: FictitiousNumbers | None = None
    facts: Mapping[str, str] = field(default=_EMPTY, converter=_frozen)
    """Fact name -> column. An empty cell leaves the fact unknown, and unknown closes."""
    assume: Mapping[str, str] = field(default=_EMPTY, converter=_assumed)
    """Facts that the operator states for every person of the list, on the operator's responsibility."""
    words: Mapping[str, Mapping[str, str]] = field(default=_EMPTY, converter=_words)
    """Field or fact name -> their word -> ours. A table lists every word that its column may hold;
    the word `""` says what an empty cell means."""
    traits: tuple[str, ...] = ()
    """Columns kept as they stand, for reports and simulated people; no rule reads them."""

    @path.validator
    def _has_a_known_form(self, _attribute: "Attribute[str]", value: str) -> None:
        if not value.endswith(FORMS):
            raise ValueError(f"`path` is `{value}`, and a list is a file in {', '.join(FORMS)}")

    @encoding.validator
    def _is_ascii_compatible(self, _attribute: "Attribute[str]", value: str) -> None:
        try:
            codecs.lookup(value)
            newline = "\n,".encode(value)
        except LookupError:
            raise ValueError(f"`encoding` is `{value}`, which nobody knows; common are utf-8 and cp949") from None
        # Lines are found before they are decoded.
        if newline != b"\n,":
            raise ValueError(f"`encoding` is `{value}`, which has no ASCII in it; save the list as utf-8")

    @delimiter.validator
    def _is_one_character(self, _attribute: "Attribute[str]", value: str) -> None:
        if len(value) != 1 or value in '"\r\n' or value.isalnum():
            raise ValueError(f"`delimiter` is {value!r}; give one character that no value begins with, like , ; or \\t")

    @region.validator
    def _is_a_country(self, _attribute: "Attribute[str]", value: str) -> None:
        if not re.fullmatch("[A-Z]{2}", value):
            raise ValueError(f"`region` is `{value}`; give the two capital letters of a country, like KR")

    @currency.validator
    def _is_a_currency(self, _attribute: "Attribute[str]", value: str) -> None:
        if not re.fullmatch("[A-Z]{3}", value):
            raise ValueError(f"`currency` is `{value}`; give the three capital letters of a currency, like KRW")

    def __attrs_post_init__(self) -> None:
        if bool(self.numbers) == (self.fictitious_numbers is not None):
            raise ValueError("a list has either `numbers` (columns that hold them) or `fictitious_numbers`")
        if self.fictitious_numbers is not None and self.region != "KR":
            raise ValueError(f"`fictitious_numbers` are Korean, and `region` is `{self.region}`")
        if twice := sorted(self.facts.keys() & self.assume.keys()):
            raise ValueError(
                f"`{twice[0]}` is read from a column and assumed; to say what an empty cell means, "
                f'give the word "" in `words."{twice[0]}"`'
            )
        known = self.columns.named().keys() | self.facts.keys()
        if idle := sorted(self.words.keys() - known):
            raise ValueError(f"`words` for `{idle[0]}`, which this list does not read from a column")
        columns = [number.column for number in self.numbers]
        if repeated := sorted({column for column in columns if columns.count(column) > 1}):
            raise ValueError(f"`numbers` names the column `{repeated[0]}` twice")

    def needed_columns(self) -> tuple[str, ...]:
        """Every column that the list must have, in no column's place twice."""
        named = (
            *self.columns.named().values(),
            *(number.column for number in self.numbers),
            *self.facts.values(),
            *self.traits,
        )
        return tuple(dict.fromkeys(named))

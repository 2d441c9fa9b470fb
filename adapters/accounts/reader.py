"""Rows of a list as accounts in the making, or as faults that say where and why.

A row is judged whole: every fault of it is reported together. A fault in a number costs
that number while another of the row is sound; a fault anywhere else costs the row, since
half a row may lack just the fact that forbids the call.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from attrs import field, frozen

from adapters.accounts import cells as parse
from adapters.accounts.fictitious import fictitious_numbers
from adapters.accounts.phone import NumberReader, ReadNumber
from adapters.accounts.tables import ListError, Table
from dialer.list_mapping import FICTITIOUS_CAPACITY, FactParsers, ListMapping
from dialer.model import Claim, FactValue, NumberKind, Person, PhoneNumber

__all__ = ["BadRow", "ListReader", "ListRow", "RowFault", "number_id"]

# Flags, dates and codes repeat down a column; ids and balances do not and are not kept.
_REMEMBERED: Final = 4096


@frozen
class RowFault:
    """What is wrong with one cell, or with the row where `column` is empty. Holds what people wrote: never logged."""

    file: str
    line: int
    """Physical line on which the row begins; in Parquet, the row's number."""
    column: str
    reason: str
    raw: str = field(repr=False)
    """The cell as it stands in the list."""

    def __str__(self) -> str:
        column = f' column "{self.column}"' if self.column else ""
        return f"{self.file}:{self.line}{column}: {self.reason}"


@frozen
class ListRow:
    """A row that can be loaded; `faults` are what it had to leave behind."""

    line: int
    person: Person
    """`language` and `value_tier` are empty where the row does not say."""
    numbers: tuple[PhoneNumber, ...]
    claims: tuple[Claim, ...]
    facts: Mapping[str, FactValue]
    traits: Mapping[str, str]
    cells: Sequence[str] = field(repr=False)
    faults: tuple[RowFault, ...] = ()


@frozen
class BadRow:
    """A row that is left out."""

    line: int
    cells: Sequence[str] = field(repr=False)
    faults: tuple[RowFault, ...]


def number_id(person_id: str, e164: str) -> str:
    """The same for the same person and number, whichever list names them.

    It keeps numbers out of journals and logs; it does not hide one from somebody who
    knows the person and tries every number there is.
    """
    return f"{person_id}.{blake2b(e164.encode(), digest_size=5, key=person_id.encode()[:64]).hexdigest()}"


class ListReader:
    """One opened list under its mapping. What is wrong with the whole is raised here, before any row."""

    def __init__(self, table: Table, mapping: ListMapping, parsers: FactParsers) -> None:
        self._table = table
        self._mapping = mapping
        self._shown = mapping.path
        self._check_columns()
        self._check_facts(parsers)
        self._index = {name: at for at, name in enumerate(table.header)}
        self._width = len(table.header)
        try:
            self._phone = NumberReader(mapping.region)
        except ValueError as error:
            raise ListError(f"{self._shown}: {error}", "give the two capital letters of a country, like KR") from None
        self._assumed = self._parse_assumed(parsers)
        self._values = [
            (name, self._index[column], self._reader_of(parse.field_parser(name, mapping.currency), name))
            for name, column in mapping.columns.named().items()
        ]
        self._facts = [
            (name, self._index[column], self._reader_of(parsers[name], name)) for name, column in mapping.facts.items()
        ]
        self._numbers = [(self._index[number.column], number.kind) for number in mapping.numbers]
        self._traits = [(name, self._index[name]) for name in mapping.traits]
        self._ordinals: dict[str, int] = {}

    def rows(self) -> Iterator[ListRow | BadRow]:
        """Every row of the list, in order, once."""
        columns = set(self._mapping.needed_columns())
        for line, cells, faults in self._table.records():
            relevant = [fault for fault in faults if not fault[0] or fault[0] in columns]
            if relevant:
                yield BadRow(line, cells, tuple(self._fault(line, cells, *fault) for fault in relevant))
            else:
                yield self._row(line, cells)

    def _row(self, line: int, cells: Sequence[str]) -> ListRow | BadRow:
        bad: list[tuple[int, str]] = []
        said: dict[str, object] = {}
        for name, at, read in self._values:
            try:
                said[name] = read(cells[at].strip())
            except ValueError as error:
                bad.append((at, str(error)))
        facts = self._read_facts(cells, bad)
        person_id = said.get("person_id")
        if person_id is None and "person_id" in said:
            bad.append((self._values[0][1], "is empty, and every row needs one"))
        claims = self._claims(said, bad)
        numbers, unreachable = self._read_numbers(cells, str(person_id))
        if bad or not numbers:
            if not numbers and not unreachable:
                bad.append((-1, "no number in any of the columns of `numbers`"))
            return BadRow(line, cells, self._faults(line, cells, bad + unreachable))
        person = Person(
            f"{self._mapping.id_prefix}{person_id}",
            said.get("time_zone") or (),  # type: ignore[arg-type]
            str(said.get("language") or ""),
            str(said.get("value_tier") or ""),
        )
        traits = {name: cells[at] for name, at in self._traits}
        left_behind = self._faults(line, cells, unreachable) if unreachable else ()
        return ListRow(line, person, numbers, claims, facts, traits, cells, left_behind)

    def _read_facts(self, cells: Sequence[str], bad: list[tuple[int, str]]) -> dict[str, FactValue]:
        facts = dict(self._assumed)
        for name, at, read in self._facts:
            try:
                value = read(cells[at].strip())
            except ValueError as error:
                bad.append((at, str(error)))
                continue
            if value is not None:
                facts[name] = value  # type: ignore[assignment]
        return facts

    def _claims(self, said: Mapping[str, object], bad: list[tuple[int, str]]) -> tuple[Claim, ...]:
        columns = self._mapping.columns
        if columns.balance is None:
            return ()
        balance, claim_id = said.get("balance"), said.get("claim_id" if columns.claim_id else "person_id")
        if balance is None and "balance" in said and claim_id is not None:
            bad.append((self._index[columns.balance], "is empty, and a claim needs a balance"))
        if claim_id is None and columns.claim_id and "claim_id" in said and balance is not None:
            bad.append((self._index[columns.claim_id], "is empty, and the balance beside it belongs to no claim"))
        if claim_id is None or balance is None or bad:
            return ()
        return (
            Claim(
                f"{self._mapping.id_prefix}{claim_id}",
                balance,  # type: ignore[arg-type]
                self._mapping.currency,
                said.get("days_past_due"),  # type: ignore[arg-type]
                str(said.get("product") or ""),
            ),
        )

    def _read_numbers(self, cells: Sequence[str], person: str) -> tuple[tuple[PhoneNumber, ...], list[tuple[int, str]]]:
        person_id = f"{self._mapping.id_prefix}{person}"
        if self._mapping.fictitious_numbers is not None:
            ordinal = self._ordinals.setdefault(person_id, len(self._ordinals))
            if ordinal + self._mapping.fictitious_numbers.start >= FICTITIOUS_CAPACITY:
                return (), [(-1, f"there are only {FICTITIOUS_CAPACITY} fictitious numbers, and all are taken")]
            read = fictitious_numbers(ordinal, self._mapping.fictitious_numbers)
            return tuple(_number(person_id, NumberKind.OTHER, number) for number in read), []
        numbers: dict[str, PhoneNumber] = {}
        bad = []
        for at, kind in self._numbers:
            if not (text := cells[at].strip()):
                continue
            try:
                number = self._phone.read(text)
            except ValueError as error:
                bad.append((at, f'"{text}" {error}'))
            else:
                numbers.setdefault(number[0], _number(person_id, kind, number))
        return tuple(numbers.values()), bad

    def _reader_of(self, parser: Callable[[str], object], name: str) -> Callable[[str], object]:
        """`parser` after the operator's words; an empty cell is None, and a fault quotes the cell."""
        words = self._mapping.words.get(name)

        def read(text: str) -> object:
            word = text
            if words is not None and (text or "" in words):
                if text not in words:
                    raise ValueError(f'"{text}" is none of its words: {", ".join(filter(None, words))}')
                word = words[text]
            if not word:
                return None
            try:
                return parser(word)
            except ValueError as error:
                raise ValueError(f'"{text}" {error}') from None

        is_repetitive = name not in ("person_id", "claim_id", "balance")
        return lru_cache(maxsize=_REMEMBERED)(read) if is_repetitive else read

    def _parse_assumed(self, parsers: FactParsers) -> dict[str, FactValue]:
        assumed = {}
        for name, text in self._mapping.assume.items():
            try:
                assumed[name] = parsers[name](text)
            except ValueError as error:
                raise ListError(f'assume "{name}": "{text}" {error}', "correct it in the campaign") from None
        return assumed

    def _check_columns(self) -> None:
        header = self._table.header
        needed = self._mapping.needed_columns()
        missing = [column for column in needed if column not in header]
        twice = [column for column in needed if header.count(column) > 1]
        if missing:
            near = [near for name in missing for near in get_close_matches(name, header, 1)]
            hint = f"did you mean {_names(near)}? " if near else ""
            remedy = f"{hint}the list has {_names(header)}"
            raise ListError(f"{self._shown}: no column {_names(missing)}", remedy)
        if twice:
            raise ListError(f"{self._shown}: more than one column {_names(twice)}", "rename all but one in the header")

    def _check_facts(self, parsers: FactParsers) -> None:
        if missing := sorted({*self._mapping.facts, *self._mapping.assume} - parsers.keys()):
            near = [near for name in missing for near in get_close_matches(name, parsers, 1)]
            remedy = f"did you mean {_names(near)}?" if near else "the reference of facts lists their names"
            raise ListError(f"{self._shown}: no fact {_names(missing)}", remedy)

    def _faults(self, line: int, cells: Sequence[str], bad: Sequence[tuple[int, str]]) -> tuple[RowFault, ...]:
        header = self._table.header
        return tuple(self._fault(line, cells, header[at] if at >= 0 else "", reason) for at, reason in sorted(bad))

    def _fault(self, line: int, cells: Sequence[str], column: str, reason: str) -> RowFault:
        at = self._index.get(column, self._width)
        return RowFault(self._shown, line, column, reason, cells[at] if at < len(cells) else "")


def _number(person_id: str, stated: NumberKind, read: ReadNumber) -> PhoneNumber:
    e164, kind, zones = read
    return PhoneNumber(number_id(person_id, e164), e164, kind if stated is NumberKind.OTHER else stated, zones)


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)

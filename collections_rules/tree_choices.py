"""Tables, ranks, splits, pacing limits and properties, as a tree: the blocks that never decide permission."""

from datetime import date

from attrs import frozen

from collections_rules.diagnostics import Span
from collections_rules.tree import Condition, Duration, Note, Source, Window, Word

# Tables -------------------------------------------------------------------------


@frozen
class Row:
    """The cells of one line, blanks around them taken off. The first is the label of the row."""

    cells: tuple[Word, ...]
    span: Span


@frozen
class TableBlock:
    """`table ID treatment by debt.dpd, value.tier`. The first row names the columns."""

    table_id: Word
    titles: tuple[str, str]
    result: Word
    keys: tuple[Word, ...]
    clauses: tuple[Source | Note, ...]
    rows: tuple[Row, ...]


# Ranks --------------------------------------------------------------------------


@frozen
class RankItem:
    """`kind` is one of when, due, lead, up, down."""

    kind: str
    name: Word | None
    condition: Condition | None
    duration: Duration | None


@frozen
class RankBlock:
    rank_id: Word
    titles: tuple[str, str]
    items: tuple[RankItem, ...]
    clauses: tuple[Source | Note, ...]


# Splits -------------------------------------------------------------------------


@frozen
class ArmTree:
    name: Word
    table: Word | None
    share: Word


@frozen
class SplitBlock:
    split_id: Word
    titles: tuple[str, str]
    by: Word | None
    seed: str
    from_date: date | None
    until_date: date | None
    arms: tuple[ArmTree, ...]
    clauses: tuple[Source | Note, ...]


# Pacing limits --------------------------------------------------------------------


@frozen
class Limit:
    """`kind` is one of abandoned, ring, connect. Shares are in percent, times in seconds."""

    kind: str
    value: float
    is_strict: bool
    window: Window | None
    is_from_start: bool
    scope: Word | None
    pace_to: float | None
    span: Span


@frozen
class KeepBlock:
    keep_id: Word
    titles: tuple[str, str]
    clauses: tuple[Source | Note | Limit, ...]
    is_whole: bool


# Properties -----------------------------------------------------------------------


@frozen
class ClockOutside:
    """`any clock of evidence is before 08:00 or from 21:00 on`, in seconds of the local day."""

    open_s: int
    close_s: int


@frozen
class AlwaysBlock:
    title: str
    condition: Condition | ClockOutside
    span: Span

"""Sequences, tests and the pack itself, as a tree: the blocks that are not rules."""

from datetime import date

from attrs import field, frozen

from collections_rules.diagnostics import Span
from collections_rules.source import PackSource
from collections_rules.tree import Applies, Duration, Note, RuleBlock, Source, Word
from collections_rules.tree import Clock as Clock
from collections_rules.tree_choices import AlwaysBlock, KeepBlock, RankBlock, SplitBlock, TableBlock

# Sequences ----------------------------------------------------------------------


@frozen
class Numbers:
    choices: tuple[tuple[Word, Word | None], ...]
    span: Span


@frozen
class Hour:
    ranges: tuple[tuple[int, int], ...]
    span: Span


@frozen
class ChainItem:
    """`kind` is one of delay, same, next, drop, part, asked, agent, stop, times."""

    kind: str
    duration: Duration | None = None
    times: int | None = None
    is_then: bool = False


@frozen
class ChainTree:
    outcome: Word
    items: tuple[ChainItem, ...]


@frozen
class First:
    """The first attempt: so soon after a fact, when the hours are open then."""

    name: Word
    duration: Duration
    span: Span


@frozen
class Chains:
    chains: tuple[ChainTree, ...]
    span: Span


@frozen
class End:
    count: int
    is_per_day: bool
    rest: Duration | None
    span: Span


SequenceClause = Numbers | Hour | First | Chains | End


@frozen
class SequenceBlock:
    sequence_id: Word
    clauses: "tuple[SequenceClause, ...]"


# Tests --------------------------------------------------------------------------


@frozen
class Given:
    """Each item is a subject and the words after it."""

    items: tuple[tuple[Word, tuple[Word, ...]], ...]
    span: Span


@frozen
class HistoryItem:
    words: tuple[Word, ...]
    moments: tuple[str, ...]
    """Local times as `YYYY-MM-DD HH:MM[:SS]`."""
    about: tuple[Word, ...]
    by: Word | None


@frozen
class History:
    items: tuple[HistoryItem, ...]
    span: Span


@frozen
class TestAt:
    """One question and its answer. `blocked_by` is empty when the call may be placed."""

    moment: str
    zone: Word | None
    ring_s: int
    about: tuple[Word, ...]
    settings: tuple[tuple[Word, tuple[Word, ...]], ...]
    blocked_by: tuple[Word, ...]
    next_moment: str
    """Empty: not asked; `none`: only a changed fact opens it."""
    next_zone: Word | None
    because: str
    span: Span


@frozen
class TestBlock:
    title: Word
    clauses: "tuple[Given | History | TestAt, ...]"
    is_whole: bool = True
    """False when a clause could not be read."""


# The pack -----------------------------------------------------------------------


@frozen
class Calendar:
    name: Word
    first_year: int
    last_year: int
    span: Span
    added: tuple[date, ...] = ()
    removed: tuple[date, ...] = ()


@frozen
class Contact:
    channels: tuple[Word, ...]
    span: Span


@frozen
class Enforce:
    """A named person switches on a rule whose citation nobody has verified."""

    rule_id: Word
    by: str
    span: Span


HeaderClause = Calendar | Clock | Contact | Applies | Enforce | Note | Source


@frozen
class PackTree:
    source: PackSource
    name: Word
    version: str
    is_campaign: bool
    uses: tuple[Word, ...]
    header: tuple[HeaderClause, ...] = ()
    rules: tuple[RuleBlock, ...] = ()
    sequences: tuple[SequenceBlock, ...] = ()
    tests: tuple[TestBlock, ...] = field(default=())
    tables: tuple[TableBlock, ...] = ()
    ranks: tuple[RankBlock, ...] = ()
    splits: tuple[SplitBlock, ...] = ()
    keeps: tuple[KeepBlock, ...] = ()
    properties: tuple[AlwaysBlock, ...] = ()

"""What a pack says, as a tree: every node knows where it stands in the text.

Plain frozen records without behaviour. `syntax` makes them, `check` reads them for
faults, `compile` turns them into gates.
"""

from datetime import date

from attrs import frozen

from collections_rules.diagnostics import Span


@frozen
class Word:
    """One word or number as it stands in the text."""

    text: str
    span: Span


@frozen
class Duration:
    """`3 business days`. The unit is singular."""

    count: int
    unit: str
    is_business: bool
    span: Span


# Conditions ---------------------------------------------------------------------


@frozen
class AllOf:
    parts: "tuple[Condition, ...]"


@frozen
class AnyOf:
    parts: "tuple[Condition, ...]"


@frozen
class Not:
    part: "Condition"


@frozen
class IsTrue:
    """A yes/no fact by its bare name."""

    name: Word


@frozen
class IsWord:
    """`is x`, `is not x`, `is one of a, b`, `is not one of a, b`."""

    name: Word
    words: tuple[Word, ...]
    is_negated: bool


@frozen
class Order:
    """`is at least 2`, `is at most 2`, `is between 2 and 5`; an open end is None."""

    name: Word
    low: Word | None
    high: Word | None


@frozen
class Has:
    """`person.refused_channels has call`; the item may be a fact. With `of`, the entry is `first:item`."""

    list_name: Word
    item: Word


@frozen
class InList:
    """`number in person.excluded_numbers`; with `prefix`, the entry looked for is `prefix:item`."""

    item: Word
    list_name: Word
    prefix: Word | None = None


@frozen
class Age:
    """`newer than 30 days` (up to and including) or, when `is_older`, `longer than 30 days`."""

    name: Word
    duration: Duration
    is_older: bool


@frozen
class IsUnknown:
    name: Word
    is_negated: bool


@frozen
class Evidence:
    """`any evidence is FL`."""

    place: Word


Condition = AllOf | AnyOf | Not | IsTrue | IsWord | Order | Has | InList | Age | IsUnknown | Evidence

# Gates --------------------------------------------------------------------------


@frozen
class HourSpan:
    """Seconds of a local day, half-open; `after 08:00` starts at 08:00:01."""

    start_s: int
    end_s: int
    span: Span


@frozen
class OpenItem:
    """Days (empty: every day) and the hours open on them; no hours: closed on them."""

    days: tuple[Word, ...]
    hours: tuple[HourSpan, ...]


@frozen
class Open:
    items: tuple[OpenItem, ...]
    span: Span


@frozen
class StopWhen:
    condition: Condition
    may_unknown_pass: bool
    span: Span


@frozen
class StopAt:
    name: Word
    span: Span


@frozen
class Window:
    """`in any 168 hours`, `a day`. With `is_after_first`, the first date is not counted.

    With `is_calendar` it is the month or year of the calendar: `a month` begins on the first.
    """

    duration: Duration
    is_after_first: bool = False
    is_calendar: bool = False


@frozen
class AtMost:
    count: Word
    nouns: tuple[Word, ...]
    window: Window | None
    scopes: tuple[Word, ...]
    is_all_collectors: bool
    when: Condition | None
    span: Span


@frozen
class WaitAfter:
    """`wait 60 minutes after contact per person`, `wait 3 business days after debt.start_notice`."""

    duration: Duration
    is_day_counted: bool
    subject: Word
    scopes: tuple[Word, ...]
    is_all_collectors: bool
    when: Condition | None
    span: Span


@frozen
class WaitUntil:
    name: Word
    plus: Duration | None
    when: Condition | None
    span: Span


@frozen
class Fresh:
    name: Word
    duration: Duration
    span: Span


Gate = Open | StopWhen | StopAt | AtMost | WaitAfter | WaitUntil | Fresh

# Clauses of a rule --------------------------------------------------------------


@frozen
class Dated:
    """A gate, and the dates between which it is the law."""

    gate: Gate
    from_date: date | None = None
    until_date: date | None = None


@frozen
class Effective:
    """`from` and `until` of the whole rule."""

    from_date: date | None
    until_date: date | None
    counts_from: bool
    span: Span


@frozen
class Release:
    """When a `stop` ends by itself: a fact, a time after a fact, or the end of that day."""

    name: Word
    plus: Duration | None
    is_end_of_day: bool


@frozen
class Until:
    releases: tuple[Release, ...]
    span: Span


@frozen
class FreeItem:
    """What is not counted. At most `quota` in `window` when there is one; `within` a time of a fact."""

    condition: Condition | None
    quota: int | None = None
    window: Window | None = None
    within: Duration | None = None
    within_name: Word | None = None
    is_day_counted: bool = False
    until_next: Word | None = None


@frozen
class Free:
    items: tuple[FreeItem, ...]
    span: Span


@frozen
class Applies:
    condition: Condition
    span: Span


@frozen
class Except:
    """Frees the whole rule; with a target, the rule of that name."""

    condition: Condition
    target: Word | None
    span: Span


@frozen
class Source:
    """Where the rule comes from. `is_verified` is False for `law?`."""

    layer: str
    text: str
    is_verified: bool
    span: Span


@frozen
class Note:
    """`reading`, `accept`, `list`, `goal`: kept and shown, never evaluated."""

    head: str
    text: str
    span: Span


@frozen
class Say:
    ko: str
    en: str
    span: Span


@frozen
class Clock:
    """Zones by name, facts that hold a zone, and whether all evidence of the person counts too.

    Of a pack, or of one rule, which then goes by this clock alone.
    """

    names: tuple[Word, ...]
    every_evidence: bool
    span: Span


Clause = Dated | Effective | Until | Free | Applies | Except | Source | Note | Say | Clock


@frozen
class RuleBlock:
    rule_id: Word
    title_ko: str
    title_en: str
    clauses: tuple[Clause, ...]
    is_whole: bool
    """False when the header or a clause could not be read: what seems to be missing may stand there."""

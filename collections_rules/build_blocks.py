"""From what the parser found in the header and clauses of a choice to the nodes of `tree_choices`."""

from collections.abc import Sequence
from datetime import date

from lark import Tree

from collections_rules import tree as t
from collections_rules import tree_choices as c
from collections_rules.build_base import (
    Branch,
    BuildError,
    as_date,
    as_time,
    branches,
    condition_in,
    duration_in,
    span_of,
    string_of,
    subtree,
    subtrees,
    tokens,
    word_of,
)
from collections_rules.diagnostics import Span
from collections_rules.words import UNIT_S

__all__ = [
    "always_block", "build_keep_clause", "build_split_clause", "keep_block", "rank_block", "row_of", "split_block",
    "table_block", "titles_of",
]  # fmt: skip

Notes = Sequence[t.Source | t.Note]


def titles_of(header: Branch) -> tuple[str, str]:
    """The Korean and the English title; one title stands for both."""
    found = [string_of(token) for token in tokens(header, "STRING")]
    return (found[0], found[-1]) if found else ("", "")


def table_block(header: Branch, clauses: Sequence[t.Source | t.Note | c.Row]) -> c.TableBlock:
    name, result, *keys = (word_of(token) for token in tokens(header, "NAME"))
    notes = tuple(clause for clause in clauses if not isinstance(clause, c.Row))
    rows = tuple(clause for clause in clauses if isinstance(clause, c.Row))
    return c.TableBlock(name, titles_of(header), result, tuple(keys), notes, rows)


def row_of(text: str, line: int, col: int) -> c.Row:
    """The cells of `1-4 | sms | none`, each where it stands."""
    cells, start = [], 0
    for part in text.split("|"):
        stripped = part.strip()
        at = start + len(part) - len(part.lstrip())
        cells.append(t.Word(stripped, Span(line, col + at, max(1, len(stripped)))))
        start += len(part) + 1
    return c.Row(tuple(cells), Span(line, col, len(text)))


def rank_block(header: Branch, notes: Notes) -> c.RankBlock:
    items = [child for child in branches(header) if str(child.data).startswith("rank_")]
    return c.RankBlock(
        word_of(tokens(header, "NAME")[0]), titles_of(header), tuple(_rank_item(item) for item in items), tuple(notes)
    )


def _rank_item(branch: Branch) -> c.RankItem:
    names = tokens(branch, "NAME")
    kind = str(branch.data).removeprefix("rank_")
    condition = condition_in(branch) if kind == "when" else None
    return c.RankItem(kind, word_of(names[0]) if names else None, condition, duration_in(branch))


def split_block(header: Branch, clauses: Sequence[t.Source | t.Note | tuple[c.ArmTree, ...]]) -> c.SplitBlock:
    by, seed, dates = subtree(header, "split_by"), subtree(header, "split_seed"), subtree(header, "split_dates")
    inline = [_arms(child) for part in subtrees(header, "split_part") for child in subtrees(part, "arms")]
    below = [clause for clause in clauses if isinstance(clause, tuple)]
    first, last = _split_dates(dates) if dates else (None, None)
    return c.SplitBlock(
        word_of(tokens(header, "NAME")[0]),
        titles_of(header),
        word_of(by.children[0]) if by else None,
        "".join(str(token) for token in seed.children) if seed else "",
        first,
        last,
        tuple(arm for arms in (*inline, *below) for arm in arms),
        tuple(clause for clause in clauses if not isinstance(clause, tuple)),
    )


def _split_dates(branch: Branch) -> tuple[date | None, date | None]:
    until = subtree(branch, "until_date")
    first = as_date(tokens(branch, "DATE")[0])
    last = as_date(tokens(until, "DATE")[0]) if until else None
    if last and first >= last:
        raise BuildError(span_of(branch), "R105", f"`until {last}` is not after `from {first}`", "swap the two dates")
    return first, last


def _arms(branch: Branch) -> tuple[c.ArmTree, ...]:
    return tuple(_arm(child) for child in branches(branch))


def _arm(branch: Branch) -> c.ArmTree:
    names = [word_of(token) for token in tokens(branch, "NAME")]
    return c.ArmTree(names[0], names[1] if len(names) > 1 else None, word_of(tokens(branch, "NUM")[0]))


def build_split_clause(branch: Branch) -> tuple[c.ArmTree, ...]:
    arms = subtree(branch, "arms")
    assert arms is not None
    return _arms(arms)


# Pacing limits --------------------------------------------------------------------


def keep_block(header: Branch, clauses: Sequence[t.Source | t.Note | c.Limit], is_whole: bool) -> c.KeepBlock:
    return c.KeepBlock(word_of(tokens(header, "NAME")[0]), titles_of(header), tuple(clauses), is_whole)


def build_keep_clause(branch: Branch) -> c.Limit:
    span = span_of(branch)
    if branch.data == "limit_abandoned":
        return _abandoned(branch, span)
    duration = duration_in(branch)
    assert duration is not None
    if duration.unit not in UNIT_S or duration.is_business:
        raise BuildError(duration.span, "R105", f"a call is not timed in {duration.unit}s", "write seconds")
    seconds = float(duration.count * UNIT_S[duration.unit])
    return c.Limit(str(branch.data).removeprefix("limit_"), seconds, False, None, False, None, None, span)


def _abandoned(branch: Branch, span: Span) -> c.Limit:
    pace, scopes = subtree(branch, "pace"), tokens(branch, "NAME")
    limit = _percent(tokens(branch, "PERCENT")[0])
    pace_to = _percent(tokens(pace, "PERCENT")[0]) if pace else None
    if pace_to is not None and pace_to > limit:
        assert pace is not None
        raise BuildError(
            span_of(pace), "R105", f"{pace_to:g}% is above the limit of {limit:g}%", "pace below the limit"
        )
    window = subtree(branch, "window_any", "window_each", "window_unit")
    assert window is not None
    if window.data == "window_unit":
        unit = tokens(window, "UNIT")[0]
        duration = t.Duration(1, str(unit).rstrip("s"), False, span_of(unit))
    else:
        found = duration_in(window)
        assert found is not None
        duration = found
    is_calendar = window.data == "window_unit" and duration.unit in ("month", "year")
    held = t.Window(duration, is_calendar=is_calendar)
    return c.Limit(
        "abandoned", limit, subtree(branch, "below") is not None, held, window.data == "window_each",
        word_of(scopes[0]) if scopes else None, pace_to, span,
    )  # fmt: skip


def _percent(token: str) -> float:
    return float(token.rstrip("%"))


# Properties -----------------------------------------------------------------------


def always_block(header: Branch) -> c.AlwaysBlock:
    title, _ = titles_of(header)
    outside = subtree(header, "clock_outside")
    condition: t.Condition | c.ClockOutside
    if outside is None:
        held = next(child for child in header.children if isinstance(child, Tree))
        condition = condition_in(held)
    else:
        first, last = (as_time(token) for token in tokens(outside, "TIME"))
        # `before 08:00` lets 08:00:00 pass, `at or before 08:00` does not.
        condition = c.ClockOutside(first + (subtree(outside, "at_or") is not None), last)
    return c.AlwaysBlock(title, condition, span_of(header))

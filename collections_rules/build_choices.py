"""From what the parser found to the nodes of headers, sequences and tests."""

from datetime import date, timedelta

from lark import Token, Tree

from collections_rules import tree as t
from collections_rules import tree_pack as p
from collections_rules.build_base import (
    Branch,
    BuildError,
    as_date,
    as_duration,
    as_int,
    clock_in,
    condition_in,
    first_word,
    span_of,
    string_of,
    subtree,
    subtrees,
    tokens,
    word_of,
)
from collections_rules.words import UNIT_S

__all__ = ["build_header_clause", "build_sequence_clause", "build_test_clause"]


def build_sequence_clause(branch: Branch) -> p.SequenceClause:
    name, span = str(branch.data), span_of(branch)
    if name == "numbers":
        return p.Numbers(tuple(_number(child) for child in subtrees(branch, "number")), span)
    if name == "hour_best":
        return p.Hour((), span)
    if name == "hour":
        return p.Hour(tuple(_hour_range(child) for child in subtrees(branch, "hour_range")), span)
    if name == "chains":
        return p.Chains(tuple(_chain(child) for child in subtrees(branch, "chain")), span)
    if name == "first":
        within = as_duration(subtrees(branch, "plain_duration", "business_duration")[0])
        return p.First(word_of(tokens(branch, "NAME")[0]), within, span)
    return _end(branch)


def _end(branch: Branch) -> p.End:
    rest = subtree(branch, "rest")
    return p.End(
        as_int(tokens(branch, "NUM")[0]),
        subtree(branch, "per_day") is not None,
        as_duration(subtrees(rest, "plain_duration", "business_duration")[0]) if rest else None,
        span_of(branch),
    )


def _number(branch: Branch) -> tuple[t.Word, t.Word | None]:
    words = [word_of(child) for child in branch.children]
    return words[0], words[1] if len(words) > 1 else None


def _hour_range(branch: Branch) -> tuple[int, int]:
    first, last = (as_int(token) for token in tokens(branch, "NUM"))
    if not 0 <= first < last <= 24:
        raise BuildError(span_of(branch), "R105", f"there are no hours {first}-{last}", "write hours from 0 to 24")
    return first, last


def _chain(branch: Branch) -> p.ChainTree:
    items = tuple(_chain_item(child) for child in branch.children if isinstance(child, Tree))
    return p.ChainTree(word_of(branch.children[0]), items)


def _chain_item(branch: Branch) -> p.ChainItem:
    name = str(branch.data).removeprefix("chain_")
    found = subtree(branch, "plain_duration", "business_duration")
    duration = as_duration(found) if found else None
    if duration and duration.is_business:
        raise BuildError(duration.span, "R105", "a retry cannot be in business days", "write hours or days")
    if name.startswith("delay") or name in ("twice", "once", "times"):
        counts = {"delay": None, "delay_twice": 2, "twice": 2, "once": 1}
        times = counts[name] if name in counts else as_int(tokens(branch, "NUM")[0])
        return p.ChainItem("delay" if duration else "times", duration, times)
    if name == "then_next":
        return p.ChainItem("next", is_then=True)
    return p.ChainItem(name, duration)


# Tests --------------------------------------------------------------------------


def build_test_clause(branch: Branch) -> "p.Given | p.History | p.TestAt":
    span = span_of(branch)
    if branch.data == "given":
        return p.Given(tuple(_given_item(child) for child in subtrees(branch, "given_item")), span)
    if branch.data == "history":
        return p.History(tuple(_history_item(child) for child in subtrees(branch, "history_item")), span)
    return _test_at(branch)


def _given_item(branch: Branch) -> tuple[t.Word, tuple[t.Word, ...]]:
    return word_of(branch.children[0]), tuple(_plain(child) for child in subtrees(branch, "given_word"))


def _plain(branch: Branch) -> t.Word:
    token = branch.children[0]
    assert isinstance(token, Token)
    if token.type == "DATE":
        as_date(token)
    return t.Word(token.strip('"'), span_of(token))


def _history_item(branch: Branch) -> p.HistoryItem:
    moments: list[str] = []
    days: list[date] = []
    for when in subtrees(branch, "history_when"):
        dates = subtree(when, "history_dates")
        if dates is not None:
            days = _days(dates)
        if not days:
            raise BuildError(span_of(when), "R105", "a time without a date", "write `2026-04-11 10:10`")
        moments += [f"{day} {time}" for day in days for time in tokens(when, "TIME")]
    made_by = subtree(branch, "made_by")
    return p.HistoryItem(
        tuple(word_of(token) for token in tokens(branch, "NAME")),
        tuple(moments),
        _about(branch),
        word_of(made_by.children[0]) if made_by else None,
    )


def _days(branch: Branch) -> list[date]:
    ends = [as_date(token) for token in tokens(branch, "DATE")]
    count = (ends[-1] - ends[0]).days
    if not 0 <= count <= 400:
        raise BuildError(span_of(branch), "R105", f"{ends[0]}..{ends[-1]} are not up to 400 days in order", "")
    return [ends[0] + timedelta(days=n) for n in range(count + 1)]


def _about(branch: Branch) -> tuple[t.Word, ...]:
    about = subtree(branch, "about")
    return tuple(word_of(child) for child in about.children) if about else ()


def _moment(branch: Branch) -> tuple[str, t.Word | None]:
    zones = tokens(branch, "NAME")
    day = as_date(tokens(branch, "DATE")[0])
    return f"{day} {tokens(branch, 'TIME')[0]}", word_of(zones[0]) if zones else None


def _test_at(branch: Branch) -> p.TestAt:
    asked, result = subtree(branch, "moment"), subtree(branch, "blocked", "may_call")
    assert asked is not None
    assert result is not None
    moment, zone = _moment(asked)
    next_at = subtree(result, "next_moment", "next_none")
    next_moment, next_zone = "", None
    if next_at is not None:
        found = subtree(next_at, "moment")
        next_moment, next_zone = _moment(found) if found else ("none", None)
    names = tuple(word_of(token) for token in tokens(result, "NAME"))
    if result.data == "may_call" and names[0].text != "call":
        raise BuildError(names[0].span, "R101", f"unknown word `{names[0].text}`", "write `may call`")
    return p.TestAt(
        moment, zone, _ring_s(branch), _about(branch), _settings(branch),
        names if result.data == "blocked" else (), next_moment, next_zone, _because(branch), span_of(branch),
    )  # fmt: skip


def _ring_s(branch: Branch) -> int:
    ringing = subtree(branch, "ringing")
    if ringing is None:
        return 0
    unit = str(tokens(ringing, "UNIT")[0]).rstrip("s")
    if unit not in UNIT_S:
        raise BuildError(span_of(ringing), "R105", f"a call cannot ring for {unit}s", "write seconds")
    return as_int(tokens(ringing, "NUM")[0]) * UNIT_S[unit]


def _settings(branch: Branch) -> tuple[tuple[t.Word, tuple[t.Word, ...]], ...]:
    settings = subtree(branch, "settings")
    return tuple(_given_item(child) for child in subtrees(settings, "setting")) if settings else ()


def _because(branch: Branch) -> str:
    because = subtree(branch, "because")
    return str(because.children[0]).removeprefix("because").strip() if because else ""


# Headers --------------------------------------------------------------------------


def build_header_clause(branch: Branch) -> p.HeaderClause:
    name, span = str(branch.data), span_of(branch)
    if name == "applies":
        return t.Applies(condition_in(branch), span)
    if name == "contact":
        return p.Contact(tuple(word_of(child) for child in branch.children), span)
    if name == "enforce":
        return p.Enforce(first_word(branch), string_of(branch.children[1]), span)
    if name == "calendar":
        first, last = (as_int(token) for token in tokens(branch, "NUM"))
        if not 1990 <= first <= last <= 2100:
            raise BuildError(span, "R105", f"{first}-{last} are not years of a calendar", "write 2026-2027")
        added, removed = (_dates_of(branch, kind, first, last) for kind in ("added_dates", "removed_dates"))
        return p.Calendar(first_word(branch), first, last, span, added, removed)
    return clock_in(branch)


def _dates_of(branch: Branch, kind: str, first: int, last: int) -> tuple[date, ...]:
    listed = subtree(branch, kind)
    found = [(token, as_date(token)) for token in tokens(listed, "DATE")] if listed else []
    for token, day in found:
        if not first <= day.year <= last:
            raise BuildError(span_of(token), "R105", f"{day} is not in {first}-{last}", "write a date of these years")
    return tuple(day for _, day in found)

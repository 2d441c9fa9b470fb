"""From what the parser found in one clause of a rule to the nodes of `tree`: gates and what goes with them."""

from collections.abc import Callable, Mapping
from datetime import date

from attrs import evolve

from collections_rules import tree as t
from collections_rules.build_base import (
    Branch,
    BuildError,
    as_date,
    as_int,
    as_time,
    branches,
    clock_in,
    condition_in,
    duration_in,
    filter_in,
    first_word,
    span_of,
    string_of,
    subtree,
    tokens,
    word_of,
)
from collections_rules.words import EVENT_NOUNS, singular

__all__ = ["build_rule_clause"]

# Gates --------------------------------------------------------------------------


def _open(branch: Branch) -> t.Gate:
    return t.Open(tuple(_open_item(child) for child in branches(branch)), span_of(branch))


def _open_item(branch: Branch) -> t.OpenItem:
    days, hours = subtree(branch, "days"), subtree(branch, "hours")
    return t.OpenItem(
        tuple(word_of(child) for child in days.children) if days else (),
        tuple(_hour_span(child) for child in branches(hours)) if hours else (),
    )


def _hour_span(branch: Branch) -> t.HourSpan:
    start, end = (as_time(token) for token in tokens(branch, "TIME"))
    if branch.data == "hours_after":
        start += 1
    if start >= end:
        raise BuildError(span_of(branch), "R105", "these hours end before they begin", "split them at 24:00")
    return t.HourSpan(start, end, span_of(branch))


def _at_most(branch: Branch) -> t.Gate:
    nouns, window = subtree(branch, "nouns"), subtree(branch, "window_any", "window_unit")
    assert nouns is not None
    count = tokens(branch, "NUM")[0]
    as_int(count)
    return t.AtMost(
        word_of(count),
        tuple(word_of(child) for child in nouns.children),
        _window(window) if window else None,
        _scopes(branch),
        subtree(branch, "together") is not None,
        filter_in(branch),
        span_of(branch),
    )


def _window(branch: Branch) -> t.Window:
    if branch.data == "window_unit":
        unit = tokens(branch, "UNIT")[0]
        word = str(unit).rstrip("s")
        return t.Window(t.Duration(1, word, False, span_of(unit)), is_calendar=word in ("month", "year"))
    duration = duration_in(branch)
    assert duration is not None
    return t.Window(duration, subtree(branch, "after_first") is not None)


def _scopes(branch: Branch) -> tuple[t.Word, ...]:
    scope = subtree(branch, "scope")
    return tuple(word_of(child) for child in scope.children) if scope else ()


def _wait_after(branch: Branch) -> t.Gate:
    duration = duration_in(branch)
    assert duration is not None
    return t.WaitAfter(
        duration,
        subtree(branch, "day_counted") is not None,
        word_of(tokens(branch, "NAME")[0]),
        _scopes(branch),
        subtree(branch, "together") is not None,
        filter_in(branch),
        span_of(branch),
    )


def _wait_until(branch: Branch) -> t.Gate:
    plus = subtree(branch, "plus")
    return t.WaitUntil(
        word_of(tokens(branch, "NAME")[0]), duration_in(plus) if plus else None, filter_in(branch), span_of(branch)
    )


def _fresh(branch: Branch) -> t.Gate:
    duration = duration_in(branch)
    assert duration is not None
    return t.Fresh(first_word(branch), duration, span_of(branch))


_GATES: Mapping[str, Callable[[Branch], t.Gate]] = {
    "open": _open,
    "stop_when": lambda b: t.StopWhen(condition_in(b), False, span_of(b)),
    "stop_when_known": lambda b: t.StopWhen(condition_in(b), True, span_of(b)),
    "stop_at": lambda b: t.StopAt(first_word(b), span_of(b)),
    "at_most": _at_most,
    "wait_after": _wait_after,
    "wait_until": _wait_until,
    "fresh": _fresh,
}


def _gate_in(branch: Branch) -> t.Gate:
    found = subtree(branch, *_GATES)
    assert found is not None
    return _GATES[str(found.data)](found)


# Clauses ------------------------------------------------------------------------


def _dates(branch: Branch) -> tuple[date | None, date | None]:
    until = subtree(branch, "until_date")
    last = as_date(tokens(until, "DATE")[0]) if until else None
    found = [as_date(token) for token in tokens(branch, "DATE")]
    first = found[0] if found else None
    if "until" in branch.data:
        first, last = None, first
    if first and last and first >= last:
        raise BuildError(span_of(branch), "R105", f"`until {last}` is not after `from {first}`", "swap the two dates")
    return first, last


def _dated(branch: Branch) -> t.Clause:
    first, last = _dates(branch)
    return t.Dated(_gate_in(branch), first, last)


def _effective(branch: Branch) -> t.Clause:
    first, last = _dates(branch)
    counting = subtree(branch, "counting")
    if counting is not None and singular(first_word(counting).text) not in EVENT_NOUNS:
        word = first_word(counting)
        raise BuildError(word.span, "R101", f"unknown word `{word.text}`", "write `contacts`")
    return t.Effective(first, last, counting is not None, span_of(branch))


def _until(branch: Branch) -> t.Clause:
    return t.Until(tuple(_release(child) for child in branches(branch)), span_of(branch))


def _release(branch: Branch) -> t.Release:
    name = word_of(tokens(branch, "NAME")[0])
    return t.Release(name, duration_in(branch), "end" in branch.data)


def _free(branch: Branch) -> t.Clause:
    return t.Free(tuple(_free_item(child) for child in branches(branch)), span_of(branch))


def _free_item(branch: Branch) -> t.FreeItem:
    name = str(branch.data)
    if name == "free_when":
        return t.FreeItem(condition_in(branch))
    if name == "free_quota":
        window = subtree(branch, "window_any", "window_unit")
        assert window is not None
        return t.FreeItem(condition_in(branch), as_int(tokens(branch, "NUM")[0]), _window(window))
    if name == "free_within":
        return _free_within(branch)
    content = "required_notice" if name == "free_notices" else "same_day_answer"
    span = span_of(branch)
    return t.FreeItem(t.IsWord(t.Word("content", span), (t.Word(content, span),), False))


def _free_within(branch: Branch) -> t.FreeItem:
    until = subtree(branch, "within_until")
    return evolve(
        t.FreeItem(None),
        within=duration_in(branch),
        within_name=word_of(tokens(branch, "NAME")[0]),
        is_day_counted=subtree(branch, "within_counted") is not None,
        until_next=first_word(until) if until else None,
    )


def _except(branch: Branch) -> t.Clause:
    target = word_of(branch.children[0]) if branch.data == "except_rule" else None
    return t.Except(condition_in(branch), target, span_of(branch))


def _say(branch: Branch) -> t.Clause:
    said: dict[str, str] = {}
    for child in branches(branch):
        language = word_of(child.children[0])
        if language.text not in ("ko", "en"):
            raise BuildError(language.span, "R101", f"unknown word `{language.text}`", "write `ko` or `en`")
        said[language.text] = string_of(child.children[1])
    return t.Say(said.get("ko", ""), said.get("en", ""), span_of(branch))


_RULE_CLAUSES: Mapping[str, Callable[[Branch], t.Clause]] = {
    "undated": _dated,
    "dated_from": _dated,
    "dated_until": _dated,
    "effective_from": _effective,
    "effective_until": _effective,
    "until": _until,
    "free": _free,
    "applies": lambda b: t.Applies(condition_in(b), span_of(b)),
    "except": _except,
    "except_rule": _except,
    "say": _say,
    "clock": clock_in,
}


def build_rule_clause(branch: Branch) -> t.Clause:
    return _RULE_CLAUSES[str(branch.data)](branch)

"""What is wrong with a pack, said to its author: one type and its one renderer."""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from unicodedata import east_asian_width, normalize

from attrs import frozen

from collections_rules.source import PackSource

__all__ = ["Diagnostic", "RulesError", "Span", "mended", "render", "replacement", "suggest"]


@frozen
class Span:
    """Where something stands: 1-based line and column, and how many characters it takes."""

    line: int
    col: int
    length: int = 1


@frozen
class Diagnostic:
    """One fault, warning or note about a pack."""

    source: PackSource
    span: Span
    code: str
    message: str
    help: str = ""
    severity: str = "error"


class RulesError(Exception):
    """The packs do not compile. Carries every fault of every file; its text is all of them rendered."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(render(self.diagnostics))


def render(diagnostics: Sequence[Diagnostic]) -> str:
    """All of them as text, each with its source line underlined."""
    return "\n".join(_render_one(diagnostic) for diagnostic in diagnostics)


def _render_one(d: Diagnostic) -> str:
    lines = d.source.text.split("\n")
    text = lines[d.span.line - 1].rstrip() if d.span.line <= len(lines) else ""
    before, under = text[: d.span.col - 1], text[d.span.col - 1 : d.span.col - 1 + d.span.length]
    carets = "^" * max(1, _cells(under))
    rows = [
        f"{d.source.name}:{d.span.line}:{d.span.col} {d.severity} {d.code} {d.message}",
        f"{d.span.line:5} | {text}",
        f"      | {' ' * _cells(before)}{carets}",
    ]
    if d.help:
        rows.append(f"      help: {d.help}")
    return "\n".join(rows)


def _cells(text: str) -> int:
    """How wide a terminal shows this: Hangul takes two cells."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


_WRONG_WORD = re.compile(r"(?:unknown|no) [a-z ]+ `([^`]+)`")
_RIGHT_WORD = re.compile(r"write `([^`]+)`")


def replacement(diagnostic: Diagnostic) -> str | None:
    """What to write in place of the marked word, where a misspelt word is all that is wrong."""
    wrong, right = _WRONG_WORD.fullmatch(diagnostic.message), _RIGHT_WORD.fullmatch(diagnostic.help)
    if wrong is None or right is None:
        return None
    span, lines = diagnostic.span, diagnostic.source.text.split("\n")
    marked = lines[span.line - 1][span.col - 1 : span.col - 1 + span.length] if span.line <= len(lines) else ""
    return right[1] if marked == wrong[1] else None


def mended(source: PackSource, diagnostics: Iterable[Diagnostic]) -> PackSource:
    """The pack with the replacements of these diagnostics made; those that have none are passed over."""
    lines = source.text.split("\n")
    own = {(d.span.line, d.span.col): d for d in diagnostics if d.source.name == source.name}
    for (line, col), diagnostic in sorted(own.items(), reverse=True):
        word = replacement(diagnostic)
        if word is not None:
            text = lines[line - 1]
            lines[line - 1] = text[: col - 1] + word + text[col - 1 + diagnostic.span.length :]
    return PackSource(source.name, "\n".join(lines))


def suggest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was most likely meant to be, or None when none is near.

    >>> suggest("convrsation", ["talk", "call", "conversation"])
    'conversation'
    """
    best, best_score = None, 0.0
    for candidate in dict.fromkeys(known):
        score = _likeness(_letters(word), _letters(candidate))
        if score > best_score:
            best, best_score = candidate, score
    return best if best_score >= 0.6 else None


def _letters(word: str) -> str:
    """The word letter by letter: a Korean syllable is two or three of them."""
    return word.casefold() if word.isascii() else normalize("NFD", word)


def _likeness(word: str, candidate: str) -> float:
    length = max(len(word), len(candidate))
    if not length:
        return 0.0
    ratio = SequenceMatcher(None, word, candidate, autojunk=False).ratio()
    # The edit distance tells `no_answr` from `answer` where the ratio alone does not.
    return 0.4 * ratio + 0.6 * (1 - _edits(word, candidate) / length)


def _edits(a: str, b: str) -> int:
    """Insertions, deletions, changes and swaps of neighbours that turn `a` into `b`."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, char in enumerate(a, start=1):
        before, last, row = row, before, [i]
        for j, other in enumerate(b, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != other))
            if i > 1 and j > 1 and char == b[j - 2] and a[i - 2] == other:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]

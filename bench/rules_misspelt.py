"""Every word of every shipped rule file misspelt: is each refused, and is the right word suggested first?"""

import random
import re
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from collections_rules import BUILTIN_PACKS, PackSource, RulesError, builtin_pack, compile_rules
from collections_rules.layout import split_blocks

__all__ = ["Misspelt", "misspell_all", "shipped", "words_of"]

_ROOT = Path(__file__).parents[1]
_FREE = {"law", "law?", "policy", "order", "contract", "campaign", "reading", "accept", "say", "list", "goal", "test"}
"""Clauses whose words are the author's own: citations, notes, titles. A test names what it likes, and fails."""
_WORD = re.compile(r"[a-z][a-z_]{3,}(?:\.[a-z_]+)*")
_QUOTED = re.compile(r'"[^"]*"|#.*')


@frozen
class Misspelt:
    """What became of the misspelt words."""

    words: int
    refused: int
    suggested_first: int
    """The right word stood in the help, before any other."""
    missed: tuple[str, ...]
    """Words whose misspelling went unnoticed, with their file and line."""
    unhelped: tuple[str, ...]


def shipped() -> list[PackSource]:
    """The packs of the project and its examples."""
    own = sorted((_ROOT / "examples").rglob("*.rules"))
    sources = [builtin_pack(name) for name in BUILTIN_PACKS]
    return [*sources, *(PackSource(path.name, path.read_text(encoding="utf-8")) for path in own)]


def words_of(source: PackSource) -> Iterator[tuple[int, str]]:
    """Where in the text each word stands that the language must know: keywords, facts, values, units, nouns."""
    for block in split_blocks(source, []):
        if block.header.head not in ("rule", "pack", "campaign"):
            continue
        for piece in block.clauses:
            text = source.text[piece.start : piece.end]
            if piece.head in _FREE or (block.header.head != "rule" and piece.head in ("calendar", "clock", "enforce")):
                continue
            masked = _QUOTED.sub(lambda found: " " * len(found.group()), text)
            yield from ((piece.start + found.start(), found.group()) for found in _WORD.finditer(masked))


def misspell_all(sources: list[PackSource], every: int = 1, seed: int = 1) -> Misspelt:
    """Each word (or each so-many-th) with one letter lost, doubled, swapped or changed; the file compiled again."""
    rng, places = random.Random(seed), []
    for source in sources:
        places += [(source, at, word) for at, word in words_of(source)]
    chosen = places[rng.randrange(every) :: every]
    refused, first, missed, unhelped = 0, 0, list[str](), list[str]()
    for source, at, word in chosen:
        wrong = _misspelt(word, rng)
        told = _told(PackSource(source.name, source.text[:at] + wrong + source.text[at + len(word) :]), sources)
        line = 1 + source.text[:at].count("\n")
        where = f"{source.name}:{line} {word} as {wrong}"
        if told is None:
            missed.append(where)
            continue
        refused += 1
        if re.search(rf"`[^`]*{re.escape(word.rstrip('s'))}", told):
            first += 1
        else:
            unhelped.append(where)
    return Misspelt(len(chosen), refused, first, tuple(missed), tuple(unhelped))


def _told(source: PackSource, sources: list[PackSource]) -> str | None:
    """The help of the first fault; None when there is none."""
    used = {other.name: other for other in sources if other.name != source.name}
    header = source.text.split("\n", 1)[0]
    needed = [other for other in used.values() if other.name.removesuffix(".rules") in header.partition(" uses ")[2]]
    try:
        compile_rules([*needed, source])
    except RulesError as error:
        own = [fault for fault in error.diagnostics if fault.source.name == source.name]
        return own[0].help if own else ""
    return None


def _misspelt(word: str, rng: random.Random) -> str:
    """One slip of the hand inside the word, and never another word of the same text."""
    at = rng.randrange(1, len(word) - 1)
    while word[at] in "._":
        at = rng.randrange(1, len(word) - 1)
    slip = rng.randrange(3)
    if slip == 0:
        return word[:at] + word[at + 1 :]
    if slip == 1:
        return word[:at] + word[at] * 2 + word[at + 1 :]
    return word[:at] + ("x" if word[at] != "x" else "k") + word[at + 1 :]

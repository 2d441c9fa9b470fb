"""Every word of every shipped rule file misspelt: is each refused, and is the right word suggested first?"""

import random
import re
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from collections_rules import BUILTIN_PACKS, PackSource, RulesError, builtin_pack, compile_rules
from collections_rules.layout import Block, split_blocks
from collections_rules.syntax import parse_pack

__all__ = ["Misspelt", "misspell_all", "shipped", "words_of"]

_ROOT = Path(__file__).parents[1]
_FREE = {
    "law", "law?", "policy", "order", "contract", "campaign", "reading", "accept", "say", "list", "goal", "measure",
}  # fmt: skip
"""Clauses whose words are the author's own: citations and notes."""
_WORD = re.compile(r"(?<![\w.-])(?=[\w./-]{3})[A-Za-z][A-Za-z_]*(?:[./-][A-Za-z_]+)*(?![\w.-])")
_QUOTED = re.compile(r'"[^"]*"|#.*|because .*')


@frozen
class Misspelt:
    """What became of the misspelt words."""

    words: int
    refused: int
    suggested_first: int
    """The right word is the first that the help names."""
    missed: tuple[str, ...]
    """Words whose misspelling went unnoticed, with their file and line."""
    unhelped: tuple[str, ...]


def shipped() -> list[PackSource]:
    """The packs of the project and its examples."""
    own = sorted((_ROOT / "examples").rglob("*.rules"))
    sources = [builtin_pack(name) for name in BUILTIN_PACKS]
    return [*sources, *(PackSource(path.name, path.read_text(encoding="utf-8")) for path in own)]


def words_of(source: PackSource) -> Iterator[tuple[int, str]]:
    """Where in the text each word stands that the language must know: keywords, facts, values, units, names of its own.

    Left out is what the author names: the blocks themselves, treatments in the cells of a table, campaigns and debts of
    a test. A name that one place gives and another uses (`blocked by`, `enforce`, `uses`, an arm's table) is taken
    where it is used.
    """
    for block in split_blocks(source, []):
        named = _named(source, block)
        for piece in (block.header, *block.clauses):
            text = source.text[piece.start : piece.end]
            if piece is not block.header and (piece.head in _FREE or "|" in text):
                text = text[: piece.head_chars] if "|" not in text else ""
            masked = _QUOTED.sub(lambda found: " " * len(found.group()), text)
            for found in _WORD.finditer(masked):
                if piece.head == "history" and masked[: found.start()].split()[-1:] == ["by"]:
                    continue  # whose contact it was
                if (piece is not block.header or found.group() not in named) and not _is_own(masked, found):
                    yield piece.start + found.start(), found.group()


def _named(source: PackSource, block: Block) -> set[str]:
    """The name that a header gives; of a table also the word for what it chooses, of a split its seed and arms."""
    header = source.text[block.header.start : block.header.end]
    words = _QUOTED.sub(" ", header).split()
    given = {words[1]} if len(words) > 1 and block.header.head not in ("always", "test") else set()
    if "by" in words and block.header.head == "table":
        given.add(words[words.index("by") - 1])
    return given


def _is_own(text: str, found: re.Match[str]) -> bool:
    """Whether a word in a clause of a test or a split is the author's: whom or what it is about, an arm."""
    before = text[: found.start()].split()
    is_next_arm = "arms" in before and before[-1].endswith(",")
    return bool(before) and (is_next_arm or before[-1] in ("about", "arms", "seed"))


def misspell_all(sources: list[PackSource], every: int = 1, seed: int = 1) -> Misspelt:
    """Each word (or each so-many-th) with one letter lost, doubled, swapped or changed; the file compiled again."""
    rng, places = random.Random(seed), []
    for source in sources:
        places += [(source, at, word) for at, word in words_of(source)]
    chosen = places[rng.randrange(every) :: every]
    needed = {source: _needed(source, sources) for source in sources}
    refused, first, missed, unhelped = 0, 0, list[str](), list[str]()
    for source, at, word in chosen:
        wrong = _misspelt(word, rng)
        told = _told(PackSource(source.name, source.text[:at] + wrong + source.text[at + len(word) :]), needed[source])
        line = 1 + source.text[:at].count("\n")
        where = f"{source.name}:{line} {word} as {wrong}"
        if told is None:
            missed.append(where)
            continue
        refused += 1
        suggested = re.search(r"`([^`]*)`", told)
        if suggested and word.rstrip("s") in suggested[1]:
            first += 1
        else:
            unhelped.append(f"{where}: {told}")
    return Misspelt(len(chosen), refused, first, tuple(missed), tuple(unhelped))


def _told(source: PackSource, needed: list[PackSource]) -> str | None:
    """The help of the first fault; None when there is none."""
    try:
        compile_rules([*needed, source])
    except RulesError as error:
        own = [fault for fault in error.diagnostics if fault.source.name == source.name]
        return own[0].help if own else ""
    return None


def _needed(source: PackSource, sources: list[PackSource]) -> list[PackSource]:
    """The packs that a file uses."""
    packs = {parse_pack(one, []).name.text: one for one in sources}
    return [packs[word.text] for word in parse_pack(source, []).uses]


def _misspelt(word: str, rng: random.Random) -> str:
    """One slip of the hand inside the word, and never another word of the same text."""
    at = rng.randrange(1, len(word) - 1)
    while word[at] in "._/-":
        at = rng.randrange(1, len(word) - 1)
    slip = rng.randrange(3)
    if slip == 0:
        return word[:at] + word[at + 1 :]
    if slip == 1:
        return word[:at] + word[at] * 2 + word[at + 1 :]
    return word[:at] + ("x" if word[at] != "x" else "k") + word[at + 1 :]

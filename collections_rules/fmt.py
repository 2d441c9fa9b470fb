"""`fmt`: a pack in its canonical layout, with English or Korean words; and its JSON form."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from unicodedata import east_asian_width

from collections_rules.document import DocLine, DocWord, read_document
from collections_rules.korean import FREE_WORDS, PHRASES, POSTPOSED, UNIT_TWINS, VOCABULARY
from collections_rules.source import PackSource
from collections_rules.words import singular

__all__ = ["fmt", "from_json", "in_korean", "separated", "to_json"]

FORMAT = "paceline-rules/1"
_HEAD_CELLS = 8
_MORE = " " * 11
_NO_BLANK_BEFORE = (",", ";", ")", "-", "..")
_NO_BLANK_AFTER = ("(", "-", "..")
_HEADS_OF_TWO = (("stop", "when"), ("stop", "at"), ("at", "most"))
_WIDE_BEFORE = {
    "pack": ("uses",),
    "campaign": ("uses",),
    "split": ("by", "seed", "arms", "from", "measure"),
    "test": ("may", "blocked", "next"),
}
_PHRASES = {tuple(english.split()): korean for english, korean in PHRASES.items()}
Spaced = tuple[str, DocWord]
"""A word and the blanks before it."""
_LONGEST = max(len(phrase) for phrase in _PHRASES)


def fmt(text: str, language: str = "en") -> str:
    """The pack laid out anew, in the words of `en` or `ko`; raises `RulesError` when it does not read.

    Notes, line breaks within a clause and everything in quotes or in free words stay as they are.

    >>> print(fmt('pack t.one 1.0\\nrule t.a "가"\\n law  §1 # a note\\n at most 1 contacts a days per debt'), end="")
    pack t.one 1.0
    rule t.a  "가"
      law      §1  # a note
      at most  1 contact a day per debt
    """
    if language not in ("en", "ko"):
        raise ValueError(f"no language `{language}`; write en or ko")
    return _text(read_document(PackSource("pack", text)), language)


def _text(lines: Sequence[DocLine], language: str) -> str:
    shown: list[str] = []
    widths = _row_widths(lines)
    for index, line in enumerate(lines):
        if line.kind == "blank":
            if shown and shown[-1]:
                shown.append("")
        elif line.kind == "note":
            shown.append(("", "  ", _MORE)[line.depth] + line.note)
        else:
            words = "  " + _row(line, widths[index]) if line.kind == "row" else _line(line, language)
            shown.append(f"{words}  {line.note}" if line.note else words)
    return "\n".join(shown).strip("\n") + "\n"


# Lines ----------------------------------------------------------------------------


def _line(line: DocLine, language: str) -> str:
    words = list(separated(line))
    if language == "ko":
        if line.kind != "free" and line.block not in _IN_ORDER:
            words = behind_operands(words)
        words = list(in_korean(words, line.kind == "free"))
    first = {"header": "", "more": _MORE}.get(line.kind, "  ")
    if line.kind in ("header", "more"):
        return first + "".join(sep + word.text for sep, word in words).lstrip()
    size = 2 if tuple(word.text for _, word in words[:2]) in _HEADS_OF_TWO else 1
    head = " ".join(word.text for _, word in words[:size])
    rest = "".join(sep + word.text for sep, word in words[size:]).lstrip()
    return (first + head + " " * max(1, _HEAD_CELLS + 1 - _cells(head)) + rest).rstrip()


def separated(line: DocLine) -> Iterator[tuple[str, DocWord]]:
    """Each word with the blanks before it."""
    before = ""
    for word in line.words:
        sep = " "
        if word.is_glued or word.text in _NO_BLANK_BEFORE or before in _NO_BLANK_AFTER:
            sep = ""
        elif _is_wide(line, word):
            sep = "  "
        yield sep, word
        before = word.text


def _is_wide(line: DocLine, word: DocWord) -> bool:
    if line.kind == "header" and word.text.startswith('"'):
        return line.block not in ("test", "always")
    return word.text.split()[0] in _WIDE_BEFORE.get(line.block, ()) and word.kind != "name"


def in_korean(words: Sequence[tuple[str, DocWord]], is_free: bool) -> Iterator[tuple[str, DocWord]]:
    """The words of a line by their twins; two or more English words may become one."""
    index = 0
    while index < len(words):
        sep, word = words[index]
        if (
            word.kind == "unit"
            and index
            and (words[index - 1][1].text.isdigit() or words[index - 1][1].text == "business")
        ):
            sep = ""  # `168시간`, `3 영업일`
        size = 1
        twin = FREE_WORDS.get(word.text) if is_free and index == 0 else None
        if twin is None and word.kind == "keyword":
            twin, size = _phrase([word for _, word in words[index : index + _LONGEST]])
        elif twin is None:
            twin = _twin(word, is_free, words[0][1].text == "reading")
        yield sep, DocWord(twin or word.text, word.kind)
        index += size


_IN_ORDER = ("test", "sequence", "keep", "table", "split")
"""Blocks whose clauses have no conditions and no scopes."""
_BEHIND = {tuple(english.split()): korean for english, (_, korean) in POSTPOSED.items()}


def behind_operands(words: Sequence[Spaced]) -> list[Spaced]:
    """`debt.dpd is at least 30` as `debt.dpd 30 이상`, where all of it stands on one line; `per debt` as `debt 당`."""
    made: list[Spaced] = []
    index = 0
    while index < len(words):
        phrase = _phrase_to_move(words, index)
        operands = _operands(words, index + len(phrase), phrase) if phrase else 0
        if operands:
            start = index + len(phrase)
            made += [(words[index][0], words[start][1]), *words[start + 1 : start + operands]]
            made.append((" ", DocWord(_BEHIND[phrase], "twin")))
            index = start + operands
        else:
            made.append(words[index])
            index += 1
    return made


def _phrase_to_move(words: Sequence[Spaced], index: int) -> tuple[str, ...]:
    if index == 0 or words[index][1].kind != "keyword" or words[index - 1][1].text == "evidence":
        return ()
    if index > 1 and words[index - 2][1].text == "has":
        return ()  # `call.means has call.identifier in person.excluded_means` is one comparison
    for size in range(4, 0, -1):
        phrase = tuple(word.text for _, word in words[index : index + size])
        if phrase in _BEHIND and all(word.kind == "keyword" for _, word in words[index : index + size]):
            return phrase
    return ()


def _operands(words: Sequence[Spaced], start: int, phrase: tuple[str, ...]) -> int:
    """How many words from `start` on belong to the phrase; 0 when they go on in the next line, or are none."""
    rest = [word for _, word in words[start:]]
    if phrase == ("is", "between"):
        return 3 if len(rest) >= 3 else 0
    if phrase[-1] == "than":
        size = 3 if len(rest) > 1 and rest[1].text == "business" else 2
        return size if len(rest) >= size else 0
    joint = "and" if phrase == ("per",) else "," if phrase[-1] == "of" else ""
    if not rest or not _is_operand(rest[0], phrase):
        return 0
    count = 1
    while joint and count + 1 < len(rest) and rest[count].text == joint and _is_operand(rest[count + 1], phrase):
        count += 2
    goes_on = count < len(rest) and rest[count].text in (joint, "in" if phrase == ("has",) else joint)
    return 0 if goes_on and joint != "and" else count


def _is_operand(word: DocWord, phrase: tuple[str, ...]) -> bool:
    if word.kind == "keyword":
        return word.text == "unknown" and phrase[-1] == "of"
    return word.kind == "name" or (word.kind == "text" and word.text[0] not in "(),;|")


def _phrase(words: Sequence[DocWord]) -> tuple[str | None, int]:
    if words[0].text == "an":
        return PHRASES["a"], 1
    for size in range(min(len(words), _LONGEST), 0, -1):
        key = tuple(word.text for word in words[:size])
        if key in _PHRASES and (key == ("may", "call") or all(word.kind == "keyword" for word in words[:size])):
            return _PHRASES[key], size
    return (PHRASES["attempts"] if words[0].text == "attempt" else None), 1


def _twin(word: DocWord, is_free: bool, is_reading: bool) -> str | None:
    if word.kind == "unit":
        return UNIT_TWINS[word.text.rstrip("s")]
    if word.kind == "name":
        first, dash, last = word.text.partition("-")
        if dash and first in VOCABULARY and last in VOCABULARY:
            return f"{VOCABULARY[first]}-{VOCABULARY[last]}"
        return VOCABULARY.get(word.text) or (VOCABULARY.get(singular(word.text)) if word.is_counted else None)
    for english in ("because", "measure"):
        if word.text.startswith(english + " ") and not is_free:
            return PHRASES[english] + word.text.removeprefix(english)
    if is_free and is_reading and word.text.startswith("open "):
        return "미정 " + word.text.removeprefix("open ")
    return None


# Rows -----------------------------------------------------------------------------


def _row_widths(lines: Sequence[DocLine]) -> list[list[int]]:
    """The width of each column, for every line: of the rows of one table together."""
    widths: list[list[int]] = []
    shared: list[int] = []
    for line in lines:
        if line.kind == "header":
            shared = []
        if line.kind == "row":
            cells = [_cells(word.text) for word in line.words]
            shared += [0] * (len(cells) - len(shared))
            shared[: len(cells)] = [max(pair) for pair in zip(shared, cells, strict=False)]
        widths.append(shared)
    return widths


def _row(line: DocLine, widths: Sequence[int]) -> str:
    cells = [word.text + " " * (widths[n] - _cells(word.text)) for n, word in enumerate(line.words)]
    return " | ".join(cells).rstrip()


def _cells(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


# JSON -----------------------------------------------------------------------------


def to_json(text: str) -> dict[str, Any]:
    """The pack as blocks of lines of words, always in English, for `json.dumps`. Loses nothing that `fmt` keeps."""
    blocks: list[dict[str, Any]] = []
    for line in read_document(PackSource("pack", text)):
        if line.kind == "header" or not blocks:
            blocks.append({"block": line.block if line.kind == "header" else "", "lines": []})
        entry: dict[str, Any] = {"line": line.kind}
        if line.words:
            entry["words"] = [word.text for word in _glued(line.words)]
        if line.note:
            entry["note"] = line.note
        if line.kind == "note":
            entry["depth"] = line.depth
        blocks[-1]["lines"].append(entry)
    return {"format": FORMAT, "blocks": blocks}


def _glued(words: Sequence[DocWord]) -> list[DocWord]:
    joined: list[DocWord] = []
    for word in words:
        if word.is_glued:
            joined[-1] = DocWord(joined[-1].text + word.text, word.kind)
        else:
            joined.append(word)
    return joined


def from_json(tree: Mapping[str, Any]) -> str:
    """The text of a pack in its JSON form, in English; `fmt` it for the canonical layout."""
    if tree.get("format") != FORMAT:
        raise ValueError(f"not a pack in JSON: `format` is `{tree.get('format')}`, not `{FORMAT}`")
    lines = [_json_line(entry) for block in tree["blocks"] for entry in block["lines"]]
    return "\n".join(lines).strip("\n") + "\n"


def _json_line(entry: Mapping[str, Any]) -> str:
    kind, note = entry["line"], str(entry.get("note", ""))
    if kind == "note":
        return ("", "  ", _MORE)[int(entry.get("depth", 0))] + note
    joined = (" | " if kind == "row" else " ").join(entry.get("words", ()))
    indent = {"blank": "", "header": "", "more": _MORE}.get(kind, "  ")
    return f"{indent}{joined}  {note}".rstrip()

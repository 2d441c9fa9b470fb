"""A new rule from five answers, with its boundary tests: what `paceline rules new` writes."""

import re

from attrs import frozen

from collections_rules.boundary import new_tests
from collections_rules.diagnostics import suggest
from collections_rules.fmt import fmt
from collections_rules.korean import PHRASES, UNIT_TWINS, VOCABULARY
from collections_rules.source import PackSource
from collections_rules.words import CHANNELS, EVENT_NOUNS, LAYERS, OUTCOMES, SCOPES, UNITS, singular

__all__ = ["NEW_PACK", "Answers", "draft_rule", "with_rule"]

NEW_PACK = "pack {name} 1.0\n  clock    Asia/Seoul and every evidence\n"
_TESTS = 3
_TEXT = re.compile(r"[^\"\n]*")
_LENGTH = re.compile(r"(?:any\s+)?(\d+)\s*([a-z가-힣]+)")
_ENGLISH = {**{ko: en for en, ko in VOCABULARY.items()}, **{ko: en for en, ko in UNIT_TWINS.items()}}
_NOUNS = (*EVENT_NOUNS, *CHANNELS, *OUTCOMES)


@frozen
class Answers:
    """The five answers, and what the rule is called."""

    rule_id: str
    title_ko: str
    title_en: str
    who: str
    """Scopes, as `debt` or `person and topic`."""
    what: str
    """What is counted: `contacts`, `calls`."""
    how_many: int
    in_what_time: str
    """`168 hours`, `7 days`, `day`, or empty for ever."""
    source: str
    """A layer and where to read it: `policy manual 4.3`."""


def draft_rule(answers: Answers) -> str:
    """The rule as text; ValueError names the answer that does not fit and what would."""
    layer, _, text = answers.source.strip().partition(" ")
    if layer.rstrip("?") not in LAYERS or not text.strip():
        raise ValueError(
            f"`{answers.source}` is not a source; write one such as `policy manual 4.3` ({', '.join(LAYERS)})"
        )
    if answers.how_many < 1:
        raise ValueError(f"`at most {answers.how_many}` never opens; write a number from 1 on")
    for title in (answers.title_ko, answers.title_en):
        if not _TEXT.fullmatch(title):
            raise ValueError(f"`{title}` cannot stand in quotes; leave out the quotes")
    scopes = " and ".join(
        _known(word, SCOPES, "scope") for word in re.split(r"\s*(?:,|\band\b|그리고)\s*", answers.who.strip())
    )
    nouns = " or ".join(_noun(word) for word in re.split(r"\s*(?:,|\bor\b|또는)\s*", answers.what.strip()))
    titles = f'"{answers.title_ko}"' + (f'  "{answers.title_en}"' if answers.title_en else "")
    return (
        f"rule {answers.rule_id}  {titles}\n"
        f"  {layer:8} {text.strip()}\n"
        f"  at most  {answers.how_many} {nouns}{_window(answers.in_what_time)} per {scopes}\n"
    )


def _parts(text: str, english: str, korean: str) -> list[str]:
    return re.split(rf"\s*(?:,|\b{english}\b|{korean})\s*", text.strip())


def _known(word: str, words: tuple[str, ...], what: str) -> str:
    word = _ENGLISH.get(word, word)
    if word not in words:
        meant = suggest(word, words)
        raise ValueError(f"unknown {what} `{word}`; write " + (f"`{meant}`" if meant else f"one of {', '.join(words)}"))
    return word


def _noun(word: str) -> str:
    return _known(singular(_ENGLISH.get(word, word)), _NOUNS, "event")


def _window(text: str) -> str:
    text = text.strip().lower().removeprefix("in ")
    if not text:
        return ""
    if text in ("day", "a day", "하루", PHRASES["a day"]):
        return " a day"
    found = _LENGTH.fullmatch(text)
    unit = _ENGLISH.get(found[2], found[2]).rstrip("s") if found else ""
    if found is None or unit not in UNITS or unit in ("month", "year") or int(found[1]) < 1:
        raise ValueError(f"`{text}` is not a time; write one such as `168 hours`, `7 days` or `day`")
    return f" in any {found[1]} {unit}s"


def with_rule(source: PackSource, used: tuple[PackSource, ...], answers: Answers) -> PackSource:
    """The pack with the rule before its tests and the rule's boundary tests at its end, laid out.

    Raises `RulesError` when the whole does not compile, ValueError for an answer that does not fit.
    """
    in_korean = source.text.lstrip().startswith((PHRASES["pack"], PHRASES["campaign"]))
    before, tests = _split(source)
    text = f"{before.rstrip()}\n\n{draft_rule(answers)}\n{tests}".rstrip() + "\n"
    drafted = PackSource(source.name, text)
    made = new_tests([*used, drafted], answers.rule_id, _TESTS)
    return PackSource(source.name, fmt(text + "\n" + "".join(made), "ko" if in_korean else "en"))


def _split(source: PackSource) -> tuple[str, str]:
    """The file before its first test or property, and from there on."""
    found = re.search(r"^(?:test|always|시험|항상)\b", source.text, re.MULTILINE)
    return (source.text[: found.start()], source.text[found.start() :]) if found else (source.text, "")

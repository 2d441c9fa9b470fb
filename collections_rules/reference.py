"""The vocabulary as a page, made from the tables of the code so that it cannot drift."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from collections_rules.facts import FACT_TABLE, FactKind, FactSpec
from collections_rules.korean import PHRASES, UNIT_TWINS, VOCABULARY
from collections_rules.words import CHANNELS, EVENT_NOUNS, OUTCOMES, SCOPES

__all__ = ["unknown_means", "vocabulary_page"]

_FEW = 40
"""A longer list of words, as that of all places, is described and not written out."""

_INTRO = """# Vocabulary

Every name and word that a rule may use. The lists are closed: what is not here does not compile. This page is made
from the code: `paceline rules vocabulary > docs/vocabulary.md`.

## Facts (사실 항목)

A fact without a value is unknown, and **unknown closes**: the gate that reads it is closed and names it, unless the
rest of its condition decides (`a or b` holds when `a` does). The columns tell where unknown means more or less than
that. "Clean" is what a rule test takes for a fact that it does not mention; a list of accounts has it only when its
operator says so. "-" in that column: there is no such value, it must be given.

값이 없는 항목은 "모름"이고, **모르면 닫힙니다**: 그 항목을 읽는 관문은 닫히고 어떤 항목이 없는지 말합니다. "깨끗함"은
시험이 말하지 않은 항목의 값입니다.
"""

_KIND_KO = {
    FactKind.FLAG: "예/아니요", FactKind.WORD: "낱말", FactKind.NUMBER: "수", FactKind.DATE: "날짜",
    FactKind.DATETIME: "시각", FactKind.HOURS: "주간 시간대", FactKind.SET: "목록", FactKind.TEXT: "글자",
}  # fmt: skip

_UNKNOWN: Mapping[FactKind, tuple[str, str]] = {
    FactKind.FLAG: ("닫힘: 아니요로 보지 않음", "closed; it is not taken for no"),
    FactKind.WORD: ("닫힘; 목록에 없는 낱말도 모름", "closed; so is a word that is not in the list"),
    FactKind.NUMBER: ("닫힘: 비교할 수 없음", "closed; it cannot be compared"),
    FactKind.DATE: ("닫힘: 기다림이 끝나지 않음", "closed; a wait for it does not end"),
    FactKind.DATETIME: ("닫힘: 기다림이 끝나지 않음", "closed; a wait for it does not end"),
    FactKind.HOURS: ("닫힘: 모든 시간", "closed at every hour"),
    FactKind.SET: ("닫힘; 빈 목록은 없음이라는 뜻", "closed; an empty list means that there is none"),
    FactKind.TEXT: ("닫힘", "closed"),
}

_UNKNOWN_OF: Mapping[str, tuple[str, str]] = {
    "call.identifier": ("거는 번호의 식별자", "the id of the number dialed"),
    "call.means": ("통화(call)로 봄", "taken for a call"),
    "call.topic": ("모든 주제의 접촉을 셈", "contacts about every topic are counted"),
    "collector.id": ("자사(own)로 봄", "taken for `own`"),
    "number": ("거는 번호", "the number dialed"),
    "person.household": ("혼자 한 가구로 봄", "a household alone"),
    "person.stated_zone": ("시계를 더하지 않음", "no clock is added"),
    "reading.kr_unanswered_counts": ("after_quota 로 봄", "taken for after_quota"),
}
"""Facts that are read in a way of their own when they have no value."""


def unknown_means(spec: FactSpec, in_korean: bool) -> str:
    """What follows when this fact has no value."""
    ko, en = _UNKNOWN_OF.get(spec.name, _UNKNOWN[spec.kind])
    return f"모르면: {ko}" if in_korean else f"unknown: {en}"


def vocabulary_page() -> str:
    """The whole vocabulary in Markdown, in Korean and English."""
    parts = [_INTRO]
    specs = sorted(FACT_TABLE.values(), key=lambda spec: spec.name)
    for subject, group in groupby(specs, key=lambda spec: spec.name.partition(".")[0]):
        parts.append(f"### {subject}\n\n{_fact_table(group)}\n")
    parts.append(_twins("Nouns that are counted (세는 말)", EVENT_NOUNS, VOCABULARY))
    parts.append(_twins("Channels (연락 방법)", CHANNELS, VOCABULARY))
    parts.append(_twins("Outcomes (결과)", OUTCOMES, VOCABULARY))
    parts.append(_twins("Scopes (범위)", SCOPES, VOCABULARY))
    parts.append(_twins("Units (단위)", list(UNIT_TWINS), UNIT_TWINS))
    parts.append(_twins("Words of the language (문법 낱말)", sorted(PHRASES), PHRASES))
    return "\n".join(parts)


def _fact_table(specs: Iterable[FactSpec]) -> str:
    rows = [
        "| fact | type · 종류 | clean | meaning | unknown | 뜻 | 모르면 |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*rows, *(_row(spec) for spec in specs)])


def _row(spec: FactSpec) -> str:
    unknown = [unknown_means(spec, in_korean).partition(": ")[2] for in_korean in (False, True)]
    cells = [f"`{spec.name}`", _type(spec), _clean(spec), spec.meaning_en, unknown[0], spec.meaning_ko, unknown[1]]
    return f"| {' | '.join(cells)} |"


def _type(spec: FactSpec) -> str:
    kind = f"{spec.kind.value} · {_KIND_KO[spec.kind]}"
    unit = f", in {spec.unit}" if spec.unit else ""
    words = f": {', '.join(f'`{word}`' for word in spec.words)}" if 0 < len(spec.words) <= _FEW else ""
    return f"{kind}{unit}{words}"


def _clean(spec: FactSpec) -> str:
    if spec.clean is None:
        return "-"
    if isinstance(spec.clean, bool):
        return "yes" if spec.clean else "no"
    return "empty" if isinstance(spec.clean, frozenset) else f"{spec.clean}"


def _twins(title: str, words: Sequence[str], twins: Mapping[str, str]) -> str:
    rows = [f"| `{word}` | {twins.get(word, '')} |" for word in words]
    return "\n".join([f"## {title}\n", "| English | 한국어 |", "| --- | --- |", *rows, ""])

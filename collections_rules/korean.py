"""The Korean twins of the language: every word of it may stand in either, in any mixture.

A Korean clause is read by way of its English twin, word for word and in the author's
order; words that Korean puts behind (`debt.dpd 30 이상`, `채권 당`) are told apart by what
follows them. What is marked in a message is the author's own word, wherever it stood.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from attrs import frozen
from lark import Token, Tree

from collections_rules.grammar import POSTPOSED_MARKS
from collections_rules.words import WEEKDAYS

__all__ = [
    "FREE_WORDS", "PHRASES", "POSTPOSED", "UNIT_TWINS", "VOCABULARY", "English", "english_head", "in_english",
    "relocate", "twins_of", "words_put_behind",
]  # fmt: skip

PHRASES: Mapping[str, str] = MappingProxyType({
    # Blocks
    "pack": "규정집", "campaign": "캠페인", "rule": "규칙", "sequence": "순서", "test": "시험", "table": "표",
    "rank": "서열", "split": "분할", "keep": "유지", "always": "항상", "uses": "포함",
    # Headers
    "calendar": "달력", "clock": "시계", "also": "추가로", "every evidence": "모든증거",
    "every": "매번", "evidence": "증거",
    "contact": "접촉", "applies": "대상", "enforce": "강제", "by": "의거",
    # Clauses of a rule
    "open": "허용", "stop when": "금지", "stop at": "금지시간", "at most": "최대", "at least": "최소", "wait": "대기",
    "fresh": "최신", "free": "불산입", "except": "예외", "say": "안내", "from": "시행",
    "until": "까지", "counting": "산정",
    "from that date": "그날부터", "counting that day": "당일산입", "that day counted": "당일포함",
    "until the next": "다음까지", "after": "후", "after the first": "첫날제외", "every day": "매일", "closed": "휴무",
    "in any": "모든", "in each": "각", "a": "매", "a day": "하루", "per": "당",
    "all collectors together": "모든추심자합산",
    "business": "영업", "business days": "영업일",
    "the end of the day": "그날끝", "else": "아니면", "when": "때", "within": "안에", "of": "의",
    "notices required by law or contract": "법정통지", "answers given the day they were asked for": "당일답변",
    # Conditions
    "and": "그리고", "or": "또는", "not": "부정", "is": "임", "is not": "아님", "is one of": "중하나",
    "is not one of": "중아님", "is at least": "이상", "is at most": "이하", "is between": "사이", "is unknown": "미상",
    "is not unknown": "확인됨", "unknown": "모름", "unknown passes": "미상통과", "has": "가짐", "in": "속함",
    "newer than": "이내", "longer than": "초과", "older than": "경과", "any evidence is": "증거지역", "any": "어느",
    # Sequences
    "numbers": "번호순", "hour": "시각", "best by model among open hours": "모형최적", "first": "최초",
    "when open": "허용시", "else at next opening": "아니면다음개시", "end": "끝", "attempts": "시도", "twice": "두번",
    "once": "한번", "times": "번", "same number": "같은번호", "next number": "다음번호", "drop number": "번호제외",
    "then next number": "이어서다음번호", "another part of the day": "다른시간대", "then rest": "이후휴식",
    "each in another part of the day": "매번다른시간대", "at the asked time": "요청시각", "same agent": "같은상담원",
    "when free within": "여유시", "stop": "중단", "then": "이어서",
    # Tests
    "given": "조건", "history": "이력", "at": "시점", "about": "관련", "ringing": "벨울림", "if": "만약",
    "may call": "통화가능", "blocked by": "차단", "next": "다음", "next none": "다음없음", "because": "이유",
    # Choices
    "callback due": "약속시각", "lead age under": "접수경과", "high to low": "내림차순", "low to high": "오름차순",
    "seed": "씨앗", "arms": "집단", "measure": "측정", "limit": "한도", "abandoned": "포기호", "under": "미만",
    "of live answers": "응답중", "from campaign start": "캠페인시작부터", "pace to": "목표", "ring": "벨",
    "connect": "연결", "no call when": "통화금지", "any clock of evidence is": "증거시계", "any clock is": "어느시계",
    "at or before": "이전과정각", "before": "이전", "on": "부터",
})  # fmt: skip
"""English words of the language and the one Korean word for them. The longest that fits is written."""

VOCABULARY: Mapping[str, str] = MappingProxyType({
    "attempt": "시도", "call": "통화", "talk": "대화", "text": "문자", "contact": "접촉", "sms": "문자메시지",
    "alimtalk": "알림톡", "email": "이메일", "fax": "팩스", "post": "우편", "visit": "방문", "other": "기타",
    "pending": "진행중", "no_answer": "부재중", "busy": "통화중", "rejected": "거절", "machine": "자동응답",
    "voicemail": "음성사서함", "abandoned": "포기호", "cut_off": "끊김", "wrong_person": "타인",
    "out_of_service": "결번", "congested": "폭주", "failed": "실패", "not_placed": "미발신",
    "absent": "부재", "delivered": "전달됨", "outbound": "발신", "inbound": "수신",
    "person": "사람", "household": "가구", "debt": "채권", "number": "번호", "campaign": "캠페인",
    "topic": "주제", "collector": "추심자",
    **dict(zip(WEEKDAYS, ("월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일"), strict=True)),
})  # fmt: skip
"""Events, channels, outcomes, scopes and days of the week. Facts and their words have one spelling."""

UNIT_TWINS: Mapping[str, str] = MappingProxyType(
    {"second": "초", "minute": "분", "hour": "시간", "day": "일", "month": "개월", "year": "년"}
)

FREE_WORDS: Mapping[str, str] = MappingProxyType({
    "law": "법령", "law?": "법령?", "order": "명령", "contract": "계약", "policy": "내규", "campaign": "캠페인",
    "reading": "해석", "accept": "접수", "list": "명단", "goal": "목적", "measure": "측정",
})  # fmt: skip
"""Heads of clauses in free words."""

POSTPOSED: Mapping[str, tuple[str, str]] = MappingProxyType({
    "is": ("IS", "임"), "is not": ("NOT", "아님"), "is one of": ("ONE", "중하나"), "is not one of": ("NONE", "중아님"),
    "is at least": ("LEAST", "이상"), "is at most": ("MOST", "이하"), "is between": ("BETWEEN", "사이"),
    "newer than": ("NEWER", "이내"), "longer than": ("LONGER", "초과"), "older than": ("OLDER", "경과"),
    "has": ("HAS", "가짐"), "in": ("IN", "속함"), "per": ("PER", "당"),
})  # fmt: skip
"""Phrases that Korean puts behind their operands, `debt.dpd 30 이상`; in front of them they are read too."""

_MARKS = {korean: POSTPOSED_MARKS[name] for name, korean in POSTPOSED.values()}
_GOES_ON = ("and", "or", "when", "all", "then")
"""English words that may follow a condition or a scope in a file that mixes both."""
_NEXT = re.compile(r"(?:\s|#[^\n]*)*([^\W\d_]+|.)?")

_ENGLISH = {ko: en for twins in (PHRASES, VOCABULARY, FREE_WORDS) for en, ko in twins.items()}
_ENGLISH |= {ko: f"{en}s" for en, ko in UNIT_TWINS.items()}
_ENGLISH["시도"] = "attempt"
_TWINS_OF_VALUES = {*VOCABULARY.values(), PHRASES["unknown"]}
_HANGUL = re.compile(r"[가-힣]")
_SCAN = re.compile(r'"[^"\n]*"|(?<=\s)#[^\n]*|(?P<word>[가-힣]+(?:-[가-힣]+)?)(?![\w.\-/])|[^\W\d][\w.\-/]*')
_TO_END_OF_LINE = ("because", "measure")


@frozen
class English:
    """A clause in English words, and where each of its characters stood."""

    text: str
    _marks: tuple[tuple[int, int, int], ...]
    """Replaced words: (start and end here, how far the text after it moved against the original)."""

    @property
    def has_marks(self) -> bool:
        """Whether a word stands behind its operands."""
        return any(mark in self.text for mark in _MARKS.values())

    def original(self, pos: int) -> int:
        """The place in the author's text; within a replaced word its beginning."""
        moved = 0
        for start, end, shift in self._marks:
            if pos < start:
                break
            if pos < end:
                return start - moved
            moved = shift
        return pos - moved


def english_head(word: str) -> str:
    """The first word of a line in English: of `금지` it is `stop`."""
    return _ENGLISH[word].split()[0] if word in _ENGLISH else word


def in_english(text: str) -> English | None:
    """The clause with every Korean word of the language in English; None when it has none."""
    if not _HANGUL.search(text):
        return None
    made, marks, copied, size = [], [], 0, 0
    pos = 0
    while found := _SCAN.search(text, pos):
        pos = found.end()
        english = _meaning(found["word"], text, pos) if found["word"] else None
        if english is not None:
            # `168시간` is two words, and so it is written.
            between = text[copied : found.start()] + (" " if text[: found.start()][-1:].isdigit() else "")
            made += [between, english]
            start = size + len(between)
            size = start + len(english)
            copied = found.end()
            marks.append((start, size, size - copied))
        if (english or found[0]) in _TO_END_OF_LINE:
            pos = text.find("\n", pos) if "\n" in text[pos:] else len(text)
    return English("".join([*made, text[copied:]]), tuple(marks)) if marks else None


def _meaning(word: str, text: str, end: int) -> str | None:
    if word in _MARKS and _is_behind(text, end):
        return _MARKS[word]
    first, dash, last = word.partition("-")
    if dash:
        return f"{_ENGLISH[first]}-{_ENGLISH[last]}" if first in _ENGLISH and last in _ENGLISH else None
    return _ENGLISH.get(word)


def _is_behind(text: str, end: int) -> bool:
    """Whether a word that ends there has its operands before it: no value, name or number follows."""
    found = _NEXT.match(text, end)
    following = found[1] if found else None
    if following is None or following in "),;|":
        return True
    if following in _TWINS_OF_VALUES:
        return False
    return following in _GOES_ON or (following in _ENGLISH and not following.isascii())


def twins_of(words: Sequence[str]) -> list[str]:
    """The Korean words that begin with one of these English words."""
    firsts = set(words)
    return [ko for ko, en in _ENGLISH.items() if en.split()[0] in firsts]


def words_put_behind(terminals: Iterable[str]) -> list[str]:
    """The Korean words that these terminals of the grammar stand for, each put behind its operands."""
    wanted = set(terminals)
    return [korean for name, korean in POSTPOSED.values() if f"_KO_{name}" in wanted]


def relocate(found: Tree[Token] | Token, english: English, text: str, start: int, line: int, col: int) -> None:
    """Give every part of a parsed clause its place in the author's text, which begins at `start`, `line`, `col`."""

    def place(pos: int) -> tuple[int, int, int]:
        offset = english.original(pos)
        newline = text.rfind("\n", 0, offset)
        at_col = offset - newline if newline >= 0 else offset + col
        return start + offset, line + text.count("\n", 0, offset), at_col

    tokens = [found] if isinstance(found, Token) else found.scan_values(lambda value: isinstance(value, Token))
    metas = [] if isinstance(found, Token) else [sub.meta for sub in found.iter_subtrees() if not sub.meta.empty]
    for part in [*tokens, *metas]:
        if part.start_pos is None or part.end_pos is None:
            continue
        end = place(part.end_pos)
        part.start_pos, part.line, part.column = place(part.start_pos)
        part.end_pos, part.end_line, part.end_column = end

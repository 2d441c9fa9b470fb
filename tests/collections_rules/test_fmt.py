"""One pack in two languages and in JSON: the same rules, the same notes, one layout."""

import json
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collections_rules import PackSource, RulesError, builtin_pack, compile_rules
from collections_rules.diagnostics import Diagnostic, Span
from collections_rules.document import read_document
from collections_rules.fmt import fmt, from_json, in_korean, separated, to_json
from collections_rules.korean import PHRASES, UNIT_TWINS, VOCABULARY
from collections_rules.syntax import parse_pack
from tests.collections_rules.made import BANK_RULES
from tests.collections_rules.test_choices import HOLDS, KEEP, LADDER, SPLIT
from tests.collections_rules.test_rules_guide import EXAMPLES

CHOICES = "pack t.choices 1.0\n" + LADDER + SPLIT + KEEP + HOLDS + "rank t.r  callback due, then debt.dpd high to low\n"
TEXTS = [
    builtin_pack("kr.collections").text, builtin_pack("kr.telesales").text, CHOICES,
    *(path.read_text(encoding="utf-8") for path in sorted(BANK_RULES.glob("*.rules"))), *EXAMPLES,
]  # fmt: skip


def meaning(text: str) -> Any:
    """The tree of a pack without its places."""
    faults: list[Diagnostic] = []
    tree = parse_pack(PackSource("x", text), faults)
    assert not faults, [fault.message for fault in faults]

    def bare(value: Any) -> Any:
        if isinstance(value, Span | PackSource):
            return None
        if attrs.has(type(value)):
            return (type(value).__name__, *(bare(getattr(value, field.name)) for field in attrs.fields(type(value))))
        if isinstance(value, tuple):
            return tuple(bare(one) for one in value)
        plurals = ("contact", "attempt", "call", "talk", "text", "visit", "email")
        return value[:-1] if isinstance(value, str) and value[:-1] in plurals else value

    return bare(tree)


def notes(text: str) -> list[str]:
    return [word["note"] for block in to_json(text)["blocks"] for word in block["lines"] if "note" in word]


@pytest.mark.parametrize("text", TEXTS)
def test_a_pack_says_the_same_in_either_language(text: str) -> None:
    korean, english = fmt(text, "ko"), fmt(text, "en")
    assert meaning(korean) == meaning(english) == meaning(text)
    assert fmt(korean, "en") == english
    assert fmt(english, "ko") == korean
    assert notes(korean) == notes(text)


@pytest.mark.parametrize("text", TEXTS)
def test_layout_is_settled_at_once(text: str) -> None:
    for language in ("ko", "en"):
        assert fmt(fmt(text, language), language) == fmt(text, language)


@pytest.mark.parametrize("text", TEXTS)
def test_json_loses_nothing(text: str) -> None:
    carried = json.loads(json.dumps(to_json(text)))
    assert fmt(from_json(carried)) == fmt(text)
    assert to_json(fmt(text, "ko")) == to_json(fmt(text))


@pytest.mark.parametrize("text", TEXTS)
def test_every_word_of_the_language_has_its_twin(text: str) -> None:
    for line in read_document(PackSource("x", text)):
        for _, word in in_korean(list(separated(line)), line.kind == "free"):
            assert word.kind not in ("keyword", "unit") or not word.text.isascii(), word.text


def test_a_korean_cap_reads_as_its_english_twin() -> None:
    text = (
        '규정집 t.one 1.0\n  시계 Asia/Seoul\n규칙 t.a "7일 7회"\n  법령 §16①\n'
        "  최대 7 접촉 모든 168시간 당 채권, 모든추심자합산   # 칠일\n  불산입 2 매 일 때 outcome 임 끊김\n"
        '시험 "가"\n  이력 대화 2026-04-06..2026-04-12 09:00\n'
        "  시점 2026-04-12 12:00 차단 t.a 다음 2026-04-13 09:00:01\n"
    )
    compile_rules([PackSource("x.rules", text)])
    assert fmt(text).split("\n")[2:6] == [
        'rule t.a  "7일 7회"',
        "  law      §16①",
        "  at most  7 contacts in any 168 hours per debt, all collectors together  # 칠일",
        "  free     2 a day when outcome is cut_off",
    ]


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("stop when debt.dpd is at least 30", "금지     debt.dpd 30 이상"),
        ("stop when debt.dpd is between 30 and 60", "금지     debt.dpd 30 그리고 60 사이"),
        ("stop when person.hardship is one of medical, death or person.deceased",
         "금지     person.hardship medical, death 중하나 또는 person.deceased"),
        ("stop when person.attorney is not known", "금지     person.attorney known 아님"),
        ("stop when person.attorney is unknown", "금지     person.attorney 미상"),
        ("stop when person.purchase newer than 18 months", "금지     person.purchase 18개월 이내"),
        ("stop when number in person.excluded_numbers", "금지     번호 person.excluded_numbers 속함"),
        ("at most  7 calls in any 168 hours per person and topic", "최대     7 통화 모든 168시간 사람 그리고 주제 당"),
        ("wait     3 business days after debt.start_notice", "대기     3 영업일 후 debt.start_notice"),
    ],
)  # fmt: skip
def test_korean_puts_its_words_behind_what_they_belong_to(english: str, korean: str) -> None:
    head = "pack t.one 1.0\n  calendar kr-public 2026-2027\n" + 'rule t.a  "가"\n  policy   §1\n'
    assert fmt(head + f"  {english}\n", "ko").split("\n")[4] == f"  {korean}"
    assert fmt(head + f"  {korean}\n") == fmt(head + f"  {english}\n")


def test_korean_in_the_order_of_english_is_read_as_before() -> None:
    head = 'pack t.one 1.0\nrule t.a  "가"\n  policy   §1\n'
    assert fmt(head + "  금지 debt.dpd 이상 30 또는 person.hardship 중하나 medical, death\n") == fmt(
        head + "  stop when debt.dpd is at least 30 or person.hardship is one of medical, death\n"
    )
    assert "  at most  3 calls a day per debt" in fmt(head + "  최대 3 통화 하루 당 채권\n")


def test_a_list_that_goes_on_in_the_next_line_keeps_its_word_in_front() -> None:
    text = 'pack t.one 1.0\nrule t.a  "가"\n  policy   §1\n  stop when person.hardship is one of medical,\n    death\n'
    assert "person.hardship 중하나 medical,\n" in fmt(text, "ko")
    assert fmt(fmt(text, "ko")) == fmt(text)


def test_an_open_question_stays_open_in_either_language() -> None:
    text = (
        'pack t.one 1.0\nrule t.a  "가"\n  law      open §1\n  reading  open "does it?"\n  stop when person.deceased\n'
    )
    assert '해석     미정 "does it?"' in fmt(text, "ko")
    assert fmt(fmt(text, "ko")) == fmt(text) == text
    assert meaning(fmt(text, "ko")) == meaning(text)


def test_one_file_may_mix_both() -> None:
    text = 'pack t.one 1.0\n규칙 t.a "가"\n  policy §1\n  금지 person.deceased or debt.discharged\n'
    assert "stop when person.deceased or debt.discharged" in fmt(text)
    assert "금지     person.deceased 또는 debt.discharged" in fmt(text, "ko")


def test_a_mistake_is_marked_on_the_korean_word() -> None:
    text = '규정집 t.one 1.0\n규칙 t.a "가"\n  내규 §1\n  금지 person.decesed 임 known\n  최데 7 접촉 당 채권\n'
    with pytest.raises(RulesError) as raised:
        compile_rules([PackSource("x.rules", text)])
    told = [(d.span, d.message, d.help) for d in raised.value.diagnostics]
    assert told == [
        (Span(4, 6, 14), "unknown fact `person.decesed`", "write `person.deceased`"),
        (Span(5, 3, 2), "unknown word `최데`", "write `최대`"),
    ]


def test_every_twin_stands_for_one_thing() -> None:
    twins = {**{ko: en for en, ko in UNIT_TWINS.items()}}
    for english, korean in (*PHRASES.items(), *VOCABULARY.items()):
        assert twins.setdefault(korean, english).rstrip("s") == english.rstrip("s"), korean


def test_a_pack_that_does_not_read_is_not_laid_out() -> None:
    with pytest.raises(RulesError):
        fmt("pack t.one 1.0\nrule t.a\n")


# Generated packs --------------------------------------------------------------------

COUNT = st.integers(1, 9)
NOUN = st.sampled_from(["contact", "contacts", "call", "attempts", "sms", "no_answer", "visit"])
SCOPE = st.sampled_from(["debt", "person"])
UNITS = st.sampled_from(["hour", "hours", "days", "minutes"])
FLAG = st.sampled_from([
    "person.deceased", "debt.discharged", "not number.on_dnc", "debt.dpd is at least 30",
    "person.attorney is one of unknown, known", "person.purchase newer than 18 months",
])  # fmt: skip
CONDITION = st.lists(FLAG, min_size=1, max_size=3).flatmap(
    lambda parts: st.sampled_from([" and ", "  or  "]).map(lambda joint: joint.join(parts))
)
CLAUSE = st.one_of(
    st.builds("at most {} {} in any {} {} per {}".format, COUNT, NOUN, COUNT, UNITS, SCOPE),
    st.builds("wait {} {} after {} per person and topic".format, COUNT, UNITS, NOUN),
    st.builds("stop when {}".format, CONDITION),
    st.builds("open Mon-Fri {:02}:00-19:00,20:00-21:00; closed Sun".format, COUNT),
    st.builds("from 2026-01-{:02} at most {} {} a day per debt".format, COUNT, COUNT, NOUN),
    st.builds("except {}\n     or {}".format, FLAG, FLAG),
)
NOTE = st.sampled_from(["", "   # 메모: stop when", " # a note"])


@settings(deadline=None)  # the first pack builds the parsers
@given(st.lists(st.tuples(CLAUSE, NOTE), min_size=1, max_size=5), st.sampled_from(["\n", "\n\n\n", "\n# between\n"]))
def test_a_made_pack_says_the_same_in_either_language_and_in_json(clauses: list[tuple[str, str]], gap: str) -> None:
    text = "pack t.one 1.0\n  clock Asia/Seoul" + gap + 'rule t.a "가" "A"\n policy §1 because\n'
    text += "".join(f" {clause}{note}\n" for clause, note in clauses)
    english, korean = fmt(text), fmt(text, "ko")
    assert meaning(korean) == meaning(english) == meaning(text)
    assert (fmt(english), fmt(korean, "en"), fmt(english, "ko")) == (english, english, korean)
    assert fmt(from_json(json.loads(json.dumps(to_json(text))))) == english


def test_json_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="not a pack in JSON"):
        from_json({"format": "yaml"})

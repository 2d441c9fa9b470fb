"""One mistake per file, and exactly what its author is told."""

from pathlib import Path

import pytest

from collections_rules import Diagnostic, PackSource, RulesError, Span, compile_rules, render
from collections_rules.diagnostics import mended, replacement, suggest
from collections_rules.findings import list_findings

BAD = sorted((Path(__file__).parent / "packs_bad").glob("*.rules"))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_mistake_is_told_exactly(path: Path) -> None:
    source = PackSource(path.name, path.read_text(encoding="utf-8"))
    told = path.with_suffix(".txt").read_text(encoding="utf-8")
    if path.stem.startswith("found_"):  # it compiles, and is hardly meant
        compile_rules([source])
        assert render(list_findings([source])) + "\n" == told
        return
    with pytest.raises(RulesError) as raised:
        compile_rules([source])
    assert str(raised.value) + "\n" == told


def test_carets_stand_under_the_word_after_korean_text() -> None:
    source = PackSource("x.rules", 'rule t.a "야간" oops')
    assert render([Diagnostic(source, Span(1, 15, 4), "R100", "unexpected `oops`")]) == (
        'x.rules:1:15 error R100 unexpected `oops`\n    1 | rule t.a "야간" oops\n      |                 ^^^^'
    )


def test_faults_of_several_files_are_told_together_in_the_order_of_the_files() -> None:
    first = PackSource("b.rules", 'pack t.b 1.0\nrule t.a "가"\n  stop when person.decesed\n')
    second = PackSource("a.rules", 'pack t.a 1.0\nrule t.c "나"\n  law §1\n  stop whn person.deceased\n')
    with pytest.raises(RulesError) as raised:
        compile_rules([first, second])
    assert [(d.source.name, d.code) for d in raised.value.diagnostics] == [
        ("b.rules", "R201"), ("b.rules", "R102"), ("a.rules", "R101"),
    ]  # fmt: skip


def test_a_rule_of_another_pack_cannot_be_replaced() -> None:
    law = PackSource("law.rules", 'pack t.law 1.0\nrule t.a "가"\n  law §1\n  stop when person.deceased\n')
    own = PackSource(
        "own.rules", 'campaign t.own 1.0 uses t.law\nrule t.a "가"\n  campaign x\n  open 00:00-24:00 every day\n'
    )
    with pytest.raises(RulesError) as raised:
        compile_rules([law, own])
    assert [(d.source.name, d.code) for d in raised.value.diagnostics] == [("own.rules", "R402")]


@pytest.mark.parametrize(
    ("word", "meant"), [("persn", "person"), ("preson", "person"), ("debtt", "debt"), ("zzzz", None), ("", None)]
)
def test_the_nearest_known_word_is_suggested(word: str, meant: str | None) -> None:
    assert suggest(word, ["person", "debt", "number"]) == meant


@pytest.mark.parametrize(
    "path", [path for path in BAD if path.stem.startswith("misspelt_")], ids=lambda path: path.stem
)
def test_a_suggested_word_mends_the_fault_it_is_suggested_for(path: Path) -> None:
    source = PackSource(path.name, path.read_text(encoding="utf-8"))
    before = _faults(source)
    mendable = [one for one in before if replacement(one) is not None]
    after = _faults(mended(source, before))
    assert len(after) <= len(before) - len(mendable)
    assert not {one.message for one in mendable} & {one.message for one in after}


def _faults(source: PackSource) -> list[Diagnostic]:
    try:
        compile_rules([source])
    except RulesError as error:
        return list(error.diagnostics)
    return []


def test_only_a_misspelt_word_is_replaced() -> None:
    source = PackSource("x.rules", "  open  weekdays")
    unclear = Diagnostic(source, Span(1, 9, 8), "R101", "unknown word `weekdays`", "write one of Mon, Tue")
    other = Diagnostic(source, Span(1, 3, 4), "R101", "unknown word `weekdays`", "write `Mon`")
    assert (replacement(unclear), replacement(other)) == (None, None)
    assert mended(source, [unclear, other]) == source


MISSPELT_OUTSIDE_RULES = """pack t.one 1.0
  calendar kr-pulic 2026-2027
  clock    Asia/Seuol and person.statd_zone
  enforce  t.of by "Kim"
  goaal    something

rule t.off  "가"
  law?     §1
  open     afer 08:00 until 21:00 every day

table t.steps  "단계"  treatment by debt.dpd
  poliicy  strategy
  dpd | treatment
  0+  | call

test "misspelt"
  given    person zoone Asia/Seoul; call.asked_for_now 2026-04-14
  at       2026-04-14 10:00 Asia/Soul  may call
  at       2026-04-14 10:00  bloked by t.off  next none
"""


def test_words_outside_of_rules_are_refused_with_the_right_one_too() -> None:
    with pytest.raises(RulesError) as caught:
        compile_rules([PackSource("t.rules", MISSPELT_OUTSIDE_RULES)])
    told = {d.span.line: d.help for d in reversed(caught.value.diagnostics)}
    right = {
        2: "kr-public",
        4: "t.off",
        5: "goal",
        9: "after",
        12: "policy",
        17: "zone",
        18: "Asia/Seoul",
        19: "blocked",
    }
    assert {line: told.get(line) for line in right} == {line: f"write `{word}`" for line, word in right.items()}
    clocks = [d.help for d in caught.value.diagnostics if d.span.line == 3]
    assert clocks == ["write `Asia/Seoul`", "write `person.stated_zone`"]

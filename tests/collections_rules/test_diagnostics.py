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

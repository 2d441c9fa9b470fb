"""`paceline rules lsp` as an editor meets it: a process of its own that speaks the protocol."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.editor.lsp_client import Editor

URI = "file:///tmp/own.rules"
PACK = """pack own.pack 1.0
  clock    Asia/Seoul

rule own.cap  "한도"  "A cap"
  law      개인채무자보호법 §16①
  at most  7 contacts in any 168 hours per debt

rule own.stop  "대리인"  "Represented"
  policy   manual 2
  stop when person.attorney is known

test "represented"
  at       2026-04-14 10:00 if person.attorney known  blocked by own.stop  next none
"""
ROWS = PACK.split("\n")


@pytest.fixture(scope="module")
def editor() -> Iterator[Editor]:
    running = Editor()
    yield running
    assert running.leave() == 0


@pytest.mark.slow
def test_a_fault_is_told_on_the_keystroke_that_makes_it_and_taken_back_on_the_one_that_mends_it(editor) -> None:
    assert editor.open(URI, PACK) == []
    found = editor.change(URI, 9, 12, 27, "person.attorny")
    assert [(one["code"], one["range"]["start"], one["severity"]) for one in found] == [
        ("R102", {"line": 9, "character": 12}, 1)
    ]
    assert "write `person.attorney`" in found[0]["message"]
    fixes = editor.fixes(URI, 9, 14, 14)
    assert [fix["title"] for fix in fixes] == ["write `person.attorney`"]
    edit = fixes[0]["edit"]["changes"][URI][0]
    start, end = edit["range"]["start"]["character"], edit["range"]["end"]["character"]
    assert editor.change(URI, 9, start, end, edit["newText"]) == []


@pytest.mark.slow
def test_completion_offers_what_may_stand_at_the_cursor_and_nothing_else(editor) -> None:
    uri = "file:///tmp/complete.rules"
    editor.open(uri, PACK + '\nrule own.more  "가"\n  \n')
    assert editor.complete(uri, 16, 2)[:3] == ["law", "law?", "order"]
    values = editor.complete(uri, 9, ROWS[9].index("known"))
    assert values[:3] == ["none", "known", "notified_in_writing"]
    assert "person.deceased" not in values
    facts = editor.complete(uri, 9, ROWS[9].index("person.att"))
    assert {"person.attorney", "debt.dpd"} <= set(facts)
    assert "contacts" not in facts
    assert editor.complete(uri, 5, ROWS[5].index("debt"))[:3] == ["person", "household", "debt"]
    nouns = editor.complete(uri, 5, ROWS[5].index("contacts"))
    assert {"contact", "call", "talk", "sms", "no_answer"} <= set(nouns)
    assert "hours" in editor.complete(uri, 5, ROWS[5].index("hours"))
    assert "own.stop" in editor.complete(uri, 12, ROWS[12].index("own.stop"))
    assert editor.complete(uri, 4, len(ROWS[4])) == []


@pytest.mark.slow
def test_hover_says_what_a_fact_means_and_where_a_rule_comes_from(editor) -> None:
    editor.open(URI, PACK)
    fact = editor.hover(URI, 9, 15)
    assert "represented by a lawyer" in fact
    assert "unknown: closed" in fact
    gate = editor.hover(URI, 5, 4)
    assert "개인채무자보호법 §16①" in gate
    assert "closed while so many are within the window" in gate
    assert "manual 2" in editor.hover(URI, 12, ROWS[12].index("own.stop") + 2)


@pytest.mark.slow
def test_formatting_lays_the_file_out_and_leaves_a_faulty_one_alone(editor) -> None:
    uri = "file:///tmp/format.rules"
    options = {"tabSize": 2, "insertSpaces": True}
    editor.open(uri, 'pack t.one 1.0\nrule t.a "가"\n law  §1\n at most 1 contacts a days per debt\n')
    edits = editor.ask("textDocument/formatting", textDocument={"uri": uri}, options=options)
    assert edits[0]["newText"] == (
        'pack t.one 1.0\nrule t.a  "가"\n  law      §1\n  at most  1 contact a day per debt\n'
    )
    editor.change(uri, 2, 1, 4, "laww")
    assert editor.ask("textDocument/formatting", textDocument={"uri": uri}, options=options) is None


@pytest.mark.slow
def test_the_outline_lists_every_block(editor) -> None:
    editor.open(URI, PACK)
    symbols = editor.ask("textDocument/documentSymbol", textDocument={"uri": URI})
    assert [(one["name"], one["range"]["start"]["line"]) for one in symbols] == [
        ("own.pack", 0), ("own.cap", 3), ("own.stop", 7), ("represented", 11),
    ]  # fmt: skip


@pytest.mark.slow
def test_places_after_letters_outside_the_basic_plane_are_counted_as_the_editor_counts(editor) -> None:
    uri = "file:///tmp/wide.rules"
    text = 'pack t.one 1.0\nrule t.a "📞"  "A" oops\n  law §1\n  stop when person.deceased\n'
    found = editor.open(uri, text)
    # The telephone is one letter to us and two units to the editor.
    assert found[0]["range"]["start"] == {"line": 1, "character": text.split("\n")[1].index("oops") + 1}


@pytest.mark.slow
def test_a_korean_file_is_completed_in_korean_and_explained_in_korean(tmp_path: Path) -> None:
    (tmp_path / "base.rules").write_text(PACK.replace("own.", "base."), encoding="utf-8")
    uri = (tmp_path / "ko.rules").as_uri()
    editor = Editor("ko")
    text = (
        '규정집 own.ko 1.0  포함 base.pack\n규칙 own.a  "가"\n  내규     매뉴얼 1\n'
        "  최대     3 통화 모든 24 시간 당 사람\n"
    )
    assert editor.open(uri, text) == []  # the pack it uses stands beside it
    assert {"사람", "채권"} <= set(editor.complete(uri, 3, text.split("\n")[3].index("사람")))
    assert "금지" in editor.complete(uri, 3, 2)
    natural = text.replace("당 사람", "사람 당") + "  금지     person.attorney known 임\n  예외     debt.dpd 30 이상\n"
    uri, rows = (tmp_path / "natural.rules").as_uri(), natural.split("\n")
    assert editor.open(uri, natural) == []
    assert {"사람", "채권"} <= set(editor.complete(uri, 3, rows[3].index("사람")))
    assert "당" in editor.complete(uri, 3, rows[3].index("당"))
    assert "known" in editor.complete(uri, 4, rows[4].index("known"))
    assert {"임", "아님"} <= set(editor.complete(uri, 4, rows[4].index("임")))
    assert {"이상", "이하"} <= set(editor.complete(uri, 5, rows[5].index("이상")))
    assert "횟수 한도" in editor.hover(uri, 3, 3)
    assert editor.leave() == 0


@pytest.mark.slow
def test_words_show_their_share_of_a_list_and_rules_the_accounts_they_hold() -> None:
    config = "examples/bank_day/day.toml"
    editor = Editor("en", "--portfolio", config, "--campaign", "early", "--at", "2026-04-14T20:30")
    uri = "file:///tmp/live.rules"
    text = PACK + '\nrule own.hours  "시간"  "Hours"\n  policy   manual 3\n  open     09:00-20:00 every day\n'
    text += '\nrule own.home  "집"  "Home"\n  policy   manual 4\n  stop when number.kind is mobile\n'
    rows = text.split("\n")
    assert editor.open(uri, text) == []
    size = int(editor.wait_logged("read ").split()[1].replace(",", ""))
    editor.wait_logged("counted ")
    assert f"holds **{size:,}** of {size:,} accounts (100 %) at 2026-04-14 20:30" in editor.hover(uri, 16, 4)
    assert f"holds **0** of {size:,} accounts (0 %)" in editor.hover(uri, 4, 4)
    line = rows.index("  stop when number.kind is mobile")
    items = editor.at("textDocument/completion", uri, line, rows[line].index("mobile"))["items"]
    details = {item["label"]: item.get("detail", "") for item in items}
    assert details["mobile"].startswith("number.kind · ")
    shares = [float(said.rpartition("· ")[2].strip("< %")) for said in details.values() if " %" in said]
    assert 95 <= sum(shares) <= 105
    told = editor.hover(uri, line, 4)
    assert f"({details['mobile'].rpartition('· ')[2]})" in told
    editor.change(uri, 16, rows[16].index("20:00"), len("  open     09:00-20:00"), "22:00")
    editor.wait_logged("counted ")
    assert "holds **0**" in editor.hover(uri, 16, 4)
    editor.change(uri, 16, 2, 6, "opne")
    assert "holds" not in editor.hover(uri, 16, 4)
    assert editor.leave() == 0

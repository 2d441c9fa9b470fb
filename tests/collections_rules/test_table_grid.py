"""A table as a grid: what a spreadsheet shows and hands back, and what of the file must not change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_rules import PackSource, RuleBook, compile_rules, fmt
from collections_rules.table_grid import GridError, grid_of, table_named, with_grid
from tests.collections_rules.made import at, facts

TEXT = """# The treatments of a bank.
pack own.one 1.0

table own.ladder  "단계"  "Stages"  treatment by debt.dpd, value.tier
  policy   strategy 4      # of the board
  dpd   | A         | B, C | other
  # the first days
  1-4   | sms       | sms  | none   # by law
  5-29  | call soft | call | sms
  # from here on firmly
  30+   | call firm | call | agency

rule own.a  "가"  # kept
  policy   manual 1
  stop when person.deceased
"""
SOURCE = PackSource("own.rules", TEXT)
TABLE = table_named(SOURCE, "")


def chosen(book: RuleBook, dpd: int, tier: str) -> str | None:
    return book.choose("own.ladder", facts(at("2026-04-14 10:00"), debt__dpd=dpd, value__tier=tier))


def faults(*changes: tuple[int, int, str]) -> list[tuple[int, int, str, str]]:
    grid = grid_of(TABLE)
    for row, col, text in changes:
        grid[row][col] = text
    with pytest.raises(GridError) as caught:
        with_grid(SOURCE, TABLE, grid)
    return [(one.row, one.col, one.message, one.help) for one in caught.value.faults]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_grid_that_nobody_changed_changes_no_letter(language: str) -> None:
    assert with_grid(SOURCE, TABLE, grid_of(TABLE, language)).text == TEXT


def test_the_grid_names_facts_and_writes_ranges_so_that_no_spreadsheet_makes_dates_of_them() -> None:
    english, korean = grid_of(TABLE), grid_of(TABLE, "ko")
    assert english[0][0].startswith("debt.dpd: ")
    assert english[0][1:] == ["value.tier A", "value.tier B, C", "value.tier other"]
    assert [row[0] for row in english[1:]] == ["1 to 4", "5 to 29", "30 or more"]
    assert [row[0] for row in korean[1:]] == ["1 ~ 4", "5 ~ 29", "30 이상"]
    assert korean[0][3] == "value.tier 나머지"


def test_a_changed_cell_a_new_row_and_a_row_that_has_gone_leave_every_note_in_the_file() -> None:
    grid = grid_of(TABLE)
    grid[1:3] = [["1 to 29", "letter, then sms", "sms", "none"]]
    grid[2][0] = "30부터 59까지"
    grid.append(["60 or more", "specialist", "agency", "agency"])
    made = with_grid(SOURCE, TABLE, [*grid, ["", "", "", ""]])
    lines = made.text.split("\n")
    assert lines[6] == "  1-29  | letter, then sms | sms    | none"
    for note in ("# The treatments", "# of the board", "# the first days", "# by law", "# from here on", "# kept"):
        assert note in made.text
    assert made.text.partition("rule own.a")[2] == TEXT.partition("rule own.a")[2]
    assert chosen(compile_rules([made]), 44, "C") == "call"
    assert fmt(made.text) == fmt(fmt(made.text))


def test_faults_name_the_cell_and_what_to_write() -> None:
    assert faults((1, 0, "04-Jan"))[0][:2] == (1, 0)
    assert "made a date" in faults((1, 0, "2026-01-04"))[0][2]
    assert faults((2, 1, ""))[0] == (2, 1, "an empty cell", "write `none` where nothing is done")
    assert faults((2, 0, "soon"))[0][3] == "write `1 to 4`, `90 or more` or `up to 4`"
    assert faults((0, 0, "debt.age"))[0][3] == "write `debt.dpd`"
    both = faults((1, 1, "sms | call"), (2, 2, "call #1\nfirmly"))
    assert [one[:2] for one in both] == [(1, 1), (2, 2)]
    assert faults((1, 1, '"sms'))[0][2].startswith("a quotation mark")
    with pytest.raises(ValueError, match=r"its tables are: own\.ladder"):
        table_named(SOURCE, "own.lader")


def test_labels_read_as_spreadsheets_and_people_write_them() -> None:
    grid = grid_of(TABLE)
    for spelling in (("1–4", "5~29", "30 +"), ("1 - 4", "5부터 29까지", "30 and more".replace("and", "or"))):
        for row, label in zip(grid[1:], spelling, strict=True):
            row[0] = label
        assert with_grid(SOURCE, TABLE, grid).text == TEXT
    yes_no = PackSource("b", 'pack t.b 1.0\ntable t.b  "가"  "B"  way by person.deceased\n'
                        "  deceased | way\n  yes | none\n  no | call\n")  # fmt: skip
    table = table_named(yes_no, "t.b")
    shown = [[cell.replace("예", "TRUE").replace("아니오", "FALSE") for cell in row] for row in grid_of(table, "ko")]
    assert with_grid(yes_no, table, shown) == yes_no


words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters='|#"'), min_size=1)
cells = st.lists(words, min_size=1, max_size=3).map(" ".join)


@given(
    edges=st.lists(st.integers(1, 400), min_size=1, max_size=6, unique=True).map(sorted),
    tiers=st.lists(st.sampled_from("ABCDEF"), min_size=1, max_size=4, unique=True),
    data=st.data(),
)
def test_any_grid_comes_back_as_it_was_and_decides_alike(edges: list[int], tiers: list[str], data) -> None:
    starts = [0, *edges]
    labels = [f"{a} to {b - 1}" for a, b in zip(starts, edges, strict=False)] + [f"{edges[-1]} or more"]
    grid = [[grid_of(TABLE)[0][0], *(f"value.tier {tier}" for tier in tiers), "value.tier other"]]
    grid += [[label, *(data.draw(cells) for _ in grid[0][1:])] for label in labels]
    made = with_grid(SOURCE, TABLE, grid)
    table = table_named(made, "own.ladder")
    assert grid_of(table) == grid
    assert with_grid(made, table, grid_of(table, "ko")).text == made.text
    book = compile_rules([made])
    for row, start in zip(grid[1:], starts, strict=True):
        for column, tier in enumerate(tiers, 1):
            assert chosen(book, start, tier) == row[column]

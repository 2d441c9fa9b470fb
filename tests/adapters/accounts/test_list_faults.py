"""Bad lists, and exactly what their owners are told."""

import gzip
import io

import pytest

from adapters.accounts import BadRow, ListError, ListRow
from dialer.list_mapping import Columns, FictitiousNumbers, NumberColumn

GOOD = "1,010-2345-6789,,L1,1000,3,A,N,hello"


def row(**cells: str) -> str:
    columns = ("customer", "mobile", "home", "loan", "balance", "dpd", "tier", "dnc", "note")
    return ",".join(cells.get(name, usual) for name, usual in zip(columns, GOOD.split(","), strict=True))


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ({"mobile": "010-12"}, 'a.csv:2 column "mobile": "010-12" is too short for a number in KR'),
        ({"mobile": "010-2345-67890123"}, 'a.csv:2 column "mobile": "010-2345-67890123" is no number that KR assigns'),
        (
            {"mobile": "010-2345-67890123456"},
            'a.csv:2 column "mobile": "010-2345-67890123456" is too long for a number in KR',
        ),
        (
            {"mobile": "060-700-1234"},
            'a.csv:2 column "mobile": "060-700-1234" is a premium-rate number, which is not a person\'s',
        ),
        ({"mobile": "none"}, 'a.csv:2 column "mobile": "none" is not a phone number'),
        (
            {"mobile": "010-2345-6789 / 010-2345-6780"},
            'a.csv:2 column "mobile": "010-2345-6789 / 010-2345-6780" is not a phone number',
        ),
        ({"mobile": "02-345-6789 ext 12"}, 'a.csv:2 column "mobile": "02-345-6789 ext 12" is not a phone number'),
        ({"mobile": "+999 2345 6789"}, 'a.csv:2 column "mobile": "+999 2345 6789" begins with no country\'s code'),
        ({"mobile": ""}, "a.csv:2: no number in any of the columns of `numbers`"),
        ({"customer": " "}, 'a.csv:2 column "customer": is empty, and every row needs one'),
        ({"balance": ""}, 'a.csv:2 column "balance": is empty, and a claim needs a balance'),
        ({"loan": ""}, 'a.csv:2 column "loan": is empty, and the balance beside it belongs to no claim'),
        ({"balance": "-1"}, 'a.csv:2 column "balance": "-1" is below zero, and a claim is something owed'),
        ({"balance": "12.5"}, 'a.csv:2 column "balance": "12.5" has more decimals than KRW, like 1234'),
        ({"balance": '"1,23"'}, 'a.csv:2 column "balance": "1,23" is not an amount in KRW, like 1234'),
        ({"balance": "1e6"}, 'a.csv:2 column "balance": "1e6" is not an amount in KRW, like 1234'),
        ({"balance": "9" * 16}, f'a.csv:2 column "balance": "{"9" * 16}" is too long for an amount'),
        ({"dpd": "3.0"}, 'a.csv:2 column "dpd": "3.0" is not a number of days'),
        ({"dnc": "maybe"}, 'a.csv:2 column "dnc": "maybe" is none of its words: Y, N'),
        ({"mobile": "010-2345-\x006789"}, 'a.csv:2 column "mobile": holds a zero byte'),
    ],
)
def test_a_bad_cell_is_reported_with_its_place_and_the_reason(desk, cells, fault):
    desk.write([row(**cells)])
    assert desk.faults() == [fault]
    assert isinstance(desk.read()[0], BadRow)


def test_all_faults_of_a_row_are_reported_together(desk):
    desk.write([row(mobile="010-12", balance="x", dnc="?", customer="")])
    assert desk.faults() == [
        'a.csv:2 column "customer": is empty, and every row needs one',
        'a.csv:2 column "mobile": "010-12" is too short for a number in KR',
        'a.csv:2 column "balance": "x" is not an amount in KRW, like 1234',
        'a.csv:2 column "dnc": "?" is none of its words: Y, N',
    ]


def test_a_bad_number_beside_a_good_one_costs_only_itself(desk):
    desk.write([row(home="02-12")])
    (read,) = desk.read()
    assert isinstance(read, ListRow)
    assert [number.e164 for number in read.numbers] == ["+821023456789"]
    assert desk.faults() == ['a.csv:2 column "home": "02-12" is too short for a number in KR']


def test_a_time_zone_that_does_not_exist_is_named(desk):
    desk.write(["1,010-2345-6789,Asia/Seoul;Asia/Soul"], header="customer,mobile,zone")
    mapping = desk.mapping(
        columns=Columns("customer", time_zone="zone"), numbers=(NumberColumn("mobile"),), facts={}, words={}, traits=()
    )
    reason = '"Asia/Seoul;Asia/Soul" is not a time zone: `Asia/Soul`; write it like Asia/Seoul'
    assert desk.faults(mapping) == [f'a.csv:2 column "zone": {reason}']


def test_a_row_with_a_cell_too_few_or_too_many_is_left_out(desk):
    desk.write([GOOD.rpartition(",")[0], GOOD, GOOD + ",more"])
    assert desk.faults() == [
        "a.csv:2: 8 cells, and the header has 9 columns",
        "a.csv:4: 10 cells, and the header has 9 columns",
    ]


def test_lines_are_counted_as_an_editor_counts_them_across_quoted_line_breaks(desk):
    desk.write([row(note='"two\nlines"'), "", row(note='"three\r\nof\nthem"'), row(customer="")])
    rows = desk.read()
    assert [read.line for read in rows] == [2, 5, 8]
    assert desk.faults() == ['a.csv:8 column "customer": is empty, and every row needs one']
    assert rows[0].traits == {"note": "two\nlines"}


def test_blank_rows_are_passed_over(desk):
    desk.write([GOOD, "", ",,,,,,,,", row(customer="2")])
    assert [read.line for read in desk.read()] == [2, 5]


def test_a_quote_that_is_never_closed_costs_one_row(desk):
    people = [row(customer=str(number)) for number in range(300)]
    desk.write([row(customer='"open'), *people])
    rows = desk.read()
    assert [str(fault) for fault in rows[0].faults] == ["a.csv:2: a quote is opened and never closed"]
    assert [read.person.person_id for read in rows[1:]] == [str(number) for number in range(300)]
    assert [read.line for read in rows[1:]] == list(range(3, 303))


def test_an_open_quote_near_the_end_costs_one_row(desk):
    desk.write([row(customer='"open'), GOOD])
    rows = desk.read()
    assert [str(fault) for fault in rows[0].faults] == ["a.csv:2: a quote is opened and never closed"]
    assert [read.line for read in rows] == [2, 3]


def test_a_quote_inside_a_quoted_cell_costs_one_row(desk):
    desk.write([row(note='"say "hi" now"'), GOOD])
    assert desk.faults() == ['a.csv:2: a quote inside a quoted cell; write it twice ("")']
    assert desk.read()[1].line == 3


def test_a_row_of_a_hundred_lines_is_read_and_one_of_a_hundred_and_one_is_an_open_quote(desk):
    desk.write([row(note=f'"{chr(10) * 99}"'), row(note=f'"{chr(10) * 100}"')])
    rows = desk.read()
    assert isinstance(rows[0], ListRow)
    assert (rows[1].line, rows[1].faults[0].reason) == (102, "a quote is opened and never closed")


def test_a_file_in_another_encoding_is_told_apart_cell_by_cell(desk):
    desk.write([GOOD, row(tier="우수"), row(note="김철수")], encoding="cp949")
    assert desk.faults(desk.mapping(traits=())) == ['a.csv:3 column "tier": holds a character that is not utf-8']


def test_names_in_cp949_are_read_when_the_mapping_says_so(desk):
    desk.write([row(note="홍길동 뷁")], encoding="cp949")
    assert desk.read(desk.mapping(encoding="cp949"))[0].traits == {"note": "홍길동 뷁"}


def test_a_byte_order_mark_is_no_part_of_the_first_column(desk):
    desk.write([GOOD], encoding="utf-8-sig")
    assert desk.read()[0].person.person_id == "1"


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_every_kind_of_line_ending_is_read(desk, ending):
    text = desk.write([GOOD, row(customer="2")]).read_bytes()
    (desk.folder / "a.csv").write_bytes(text.replace(b"\n", ending))
    assert [read.line for read in desk.read()] == [2, 3]


def refusal(desk, mapping=None) -> str:
    with pytest.raises(ListError) as refused:
        desk.load(mapping)
    assert desk.store.count("c") == 0
    return str(refused.value)


def test_a_missing_file_is_an_error_that_says_where_it_was_looked_for(desk):
    assert refusal(desk) == (
        f"a.csv: no such file\n  help: put the list at `{desk.folder}/a.csv`, or correct `path` in the campaign"
    )


def test_a_missing_column_is_an_error_before_anything_loads(desk):
    desk.write([GOOD], header="customer,mobile,home,loan,balanse,dpd,tier,dnc,note")
    assert refusal(desk) == (
        "a.csv: no column `balance`\n  help: did you mean `balanse`? the list has "
        "`customer`, `mobile`, `home`, `loan`, `balanse`, `dpd`, `tier`, `dnc`, `note`"
    )


def test_a_column_that_is_there_twice_is_refused_if_it_is_used(desk):
    desk.write([GOOD], header="customer,mobile,home,loan,balance,dpd,tier,dnc,mobile")
    assert refusal(desk, desk.mapping(traits=())) == (
        "a.csv: more than one column `mobile`\n  help: rename all but one in the header"
    )


def test_a_column_that_is_there_twice_is_no_matter_if_it_is_not_used(desk):
    desk.write([GOOD + ",x"], header="customer,mobile,home,loan,balance,dpd,tier,dnc,note,note")
    assert desk.load(desk.mapping(traits=())).persons == 1


def test_an_empty_file_is_refused(desk):
    (desk.folder / "a.csv").write_bytes(b"")
    assert refusal(desk) == "a.csv: the file is empty\n  help: the first line names the columns"


def test_a_header_in_another_encoding_is_refused(desk):
    desk.write([GOOD], header="고객,mobile,home,loan,balance,dpd,tier,dnc,note", encoding="cp949")
    assert refusal(desk) == (
        "a.csv:1: the header is not in utf-8\n"
        "  help: set `encoding` to what the list was saved in; cp949 is common in Korea"
    )


def test_a_fact_that_does_not_exist_is_refused_with_the_nearest_name(desk):
    desk.write([GOOD])
    mapping = desk.mapping(facts={"person.opted_ouf": "dnc"}, words={})
    assert refusal(desk, mapping) == "a.csv: no fact `person.opted_ouf`\n  help: did you mean `person.opted_out`?"


def test_an_assumption_that_is_no_value_of_its_fact_is_refused(desk):
    desk.write([GOOD])
    mapping = desk.mapping(facts={}, words={}, assume={"person.opted_out": "never"})
    assert refusal(desk, mapping) == (
        'assume "person.opted_out": "never" is neither true nor false\n  help: correct it in the campaign'
    )


def test_a_region_that_does_not_exist_is_refused(desk):
    desk.write([GOOD])
    assert refusal(desk, desk.mapping(region="XX")) == (
        "a.csv: `region` is `XX`, and no country has that code\n"
        "  help: give the two capital letters of a country, like KR"
    )


def test_a_gzip_file_that_is_cut_off_is_an_error_with_the_line_it_breaks_on(desk):
    whole = gzip.compress("".join(f"{line}\n" for line in ("customer,mobile", *["1,010-2345-6789"] * 9)).encode())
    (desk.folder / "a.csv.gz").write_bytes(whole[:-12])
    mapping = desk.mapping(
        "a.csv.gz", columns=Columns("customer"), numbers=(NumberColumn("mobile"),), facts={}, words={}, traits=()
    )
    assert "the file is damaged from here on" in refusal(desk, mapping)
    assert list(desk.folder.iterdir()) == [desk.folder / "a.csv.gz"]


def test_a_parquet_name_on_another_file_is_refused(desk):
    (desk.folder / "a.parquet").write_bytes(b"customer,mobile\n")
    assert refusal(desk, desk.mapping("a.parquet")).startswith("a.parquet: not a Parquet file (")


def test_a_line_that_never_ends_is_refused_rather_than_held_in_memory(desk):
    (desk.folder / "a.csv").write_bytes(b"customer,mobile\n" + b"x" * (1 << 20))
    mapping = desk.mapping(
        columns=Columns("customer"), numbers=(NumberColumn("mobile"),), facts={}, words={}, traits=()
    )
    assert refusal(desk, mapping) == (
        "a.csv:2: a line of more than 1048576 characters\n  help: is this a list of rows?"
    )


def test_a_person_beyond_the_last_fictitious_number_is_left_out(desk):
    desk.write(["1", "2"], header="customer")
    mapping = desk.mapping(
        columns=Columns("customer"),
        numbers=(),
        fictitious_numbers=FictitiousNumbers(start=9_999_999),
        facts={},
        words={},
        traits=(),
    )
    assert desk.faults(mapping) == ["a.csv:3: there are only 10000000 fictitious numbers, and all are taken"]


def test_any_bytes_at_all_give_rows_faults_or_a_refusal(desk):
    # A file that begins as a list and goes on as something else, in every encoding in use.
    for encoding in ("utf-8", "cp949", "euc-kr", "shift_jis", "gb18030", "latin-1"):
        rubbish = io.BytesIO(bytes(range(256)) * 40).getvalue()
        (desk.folder / "a.csv").write_bytes(b"customer,mobile\n1,010-2345-6789\n" + rubbish)
        mapping = desk.mapping(
            columns=Columns("customer"),
            numbers=(NumberColumn("mobile"),),
            encoding=encoding,
            facts={},
            words={},
            traits=(),
        )
        first, *others = desk.read(mapping)
        assert isinstance(first, ListRow)
        assert others
        assert all(isinstance(read, BadRow) for read in others)

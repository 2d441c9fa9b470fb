"""Loading: what a store holds after a list, after the same list again, and after a newer one."""

import random
import tracemalloc
from datetime import UTC, date, datetime
from pathlib import Path

import apsw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.accounts import AccountStore, ImportReport, ListError, import_list
from adapters.accounts.reader import ListRow, number_id
from dialer.list_mapping import Columns, FictitiousNumbers, ListMapping, NumberColumn
from dialer.model import Account, Claim, NumberKind, Person, PhoneNumber

GOOD = "1,010-2345-6789,02-345-6789,L1,1000,3,A,N,hello"
MAPPING = ListMapping(path="a.csv", columns=Columns("customer"), numbers=(NumberColumn("mobile"),))


def list_row(person: int, number: int = 0, claim: int = 0, line: int = 1, **facts: bool) -> ListRow:
    person_id, e164 = f"P{person}", f"+8210{20000000 + person * 10 + number}"
    return ListRow(
        line,
        Person(person_id, (), "", ""),
        (PhoneNumber(number_id(person_id, e164), e164, NumberKind.MOBILE, ("Asia/Seoul",)),),
        (Claim(f"L{person}-{claim}", 1000 + claim, "KRW", claim),),
        facts,
        {"note": f"n{person}"},
        (),
    )


def test_a_row_becomes_an_account_with_all_that_the_list_says(desk):
    desk.write([GOOD])
    assert desk.load() == ImportReport(rows=1, persons=1, claims=1, numbers=2)
    (account,) = desk.accounts()
    assert account == Account(
        "c/1",
        Person("1", (), "ko", "A"),
        (
            PhoneNumber(number_id("1", "+821023456789"), "+821023456789", NumberKind.MOBILE, ("Asia/Seoul",)),
            PhoneNumber(number_id("1", "+8223456789"), "+8223456789", NumberKind.HOME, ("Asia/Seoul",)),
        ),
        (Claim("L1", 1000, "KRW", 3),),
        {"person.opted_out": False},
        {"note": "hello"},
    )
    assert desk.store.get("c/1") == account
    assert desk.store.get("c/2") is desk.store.get("d/1") is desk.store.get("c") is None
    assert (desk.store.count("c"), desk.store.count("d")) == (1, 0)


def test_further_rows_of_a_person_add_claims_and_numbers(desk):
    desk.write([GOOD, "1,010-2345-6789,02-345-6780,L2,2000,9,A,N,hello", "1,010-2345-6789,,L2,2000,9,,,"])
    assert desk.load() == ImportReport(rows=3, persons=1, claims=2, numbers=3, already_there=1)
    (account,) = desk.accounts()
    assert [claim.claim_id for claim in account.claims] == ["L1", "L2"]
    assert [number.e164 for number in account.numbers] == ["+821023456789", "+8223456789", "+8223456780"]


def test_the_same_number_in_two_columns_is_one_number(desk):
    desk.write(["1,010-2345-6789,+82 10 2345 6789,L1,1000,3,A,N,"])
    assert desk.load().numbers == 1


def test_ids_bear_the_prefix_of_the_list(desk):
    desk.write([GOOD])
    desk.load(desk.mapping(id_prefix="T-"))
    (account,) = desk.accounts()
    assert (account.account_id, account.person.person_id, account.claims[0].claim_id) == ("c/T-1", "T-1", "T-L1")
    assert account.numbers[0].number_id.startswith("T-1.")


def test_without_a_claim_column_the_claim_bears_the_person_s_id(desk):
    desk.write([GOOD])
    desk.load(desk.mapping(columns=Columns("customer", balance="balance")))
    assert desk.accounts()[0].claims == (Claim("1", 1000, "KRW"),)


def test_a_fact_that_two_rows_say_differently_is_unknown_and_reported(desk):
    desk.write([GOOD, GOOD.replace(",N,", ",Y,"), GOOD])
    report = desk.load()
    assert report.faulty == 2
    assert desk.accounts()[0].facts == {}
    assert "contradicts an earlier row of this person; the fact is now unknown" in _text(report)


def test_an_empty_cell_contradicts_nothing_and_a_later_row_fills_it(desk):
    desk.write([GOOD.replace(",A,N,", ",,,"), GOOD, GOOD.replace(",A,N,", ",,,")])
    assert desk.load() == ImportReport(rows=3, persons=1, claims=1, numbers=2, updated=1, already_there=1)
    (account,) = desk.accounts()
    assert (account.person.value_tier, account.facts) == ("A", {"person.opted_out": False})


def test_of_two_tiers_and_two_balances_the_first_stands_and_the_second_is_reported(desk):
    desk.write([GOOD, GOOD.replace(",1000,3,A", ",2000,3,B")])
    report = desk.load()
    assert report == ImportReport(
        rows=2, persons=1, claims=1, numbers=2, already_there=1, faulty=1, rejects_path=report.rejects_path
    )
    (account,) = desk.accounts()
    assert (account.person.value_tier, account.claims[0].balance_minor) == ("A", 1000)
    assert '3,partly,tier; balance,"""B"" contradicts ""A"" in an earlier row, which stands; ' in _text(report)


def test_a_newer_list_updates_what_it_names_and_keeps_the_order(desk):
    desk.write([GOOD, GOOD.replace("1,010-2345-6789", "2,010-2345-6780").replace("L1", "L9")])
    desk.load()
    desk.write(["1,010-2345-6789,,L1,500,33,B,Y,"])
    assert desk.load() == ImportReport(rows=1, updated=1)
    first, second = desk.accounts()
    assert (first.person.value_tier, first.facts) == ("B", {"person.opted_out": True})
    assert first.claims == (Claim("L1", 500, "KRW", 33),)
    assert len(first.numbers) == 2
    assert second.account_id == "c/2"


def test_a_fact_that_a_newer_list_no_longer_knows_is_unknown(desk):
    desk.write([GOOD])
    desk.load()
    desk.write([GOOD.replace(",N,", ",,")])
    desk.load()
    assert desk.accounts()[0].facts == {}


def test_campaigns_keep_their_own_word_about_a_person_of_both(desk):
    desk.write([GOOD])
    desk.load(campaign_id="early")
    desk.write([GOOD.replace(",A,", ",B,")])
    desk.load(campaign_id="late")
    early, late = desk.accounts("early")[0], desk.accounts("late")[0]
    assert (early.person.value_tier, late.person.value_tier) == ("A", "B")
    assert early.person.person_id == late.person.person_id
    assert early.numbers[0].number_id == late.numbers[0].number_id


def test_forgetting_a_campaign_leaves_the_others(desk):
    desk.write([GOOD])
    desk.load(campaign_id="early")
    desk.load(campaign_id="late")
    assert desk.store.forget("early") == 1
    assert desk.store.forget("nobody") == 0
    assert (desk.accounts("early"), len(desk.accounts("late"))) == ([], 1)
    assert desk.accounts("late")[0].numbers
    desk.load(campaign_id="early")
    assert desk.store.count("early") == 1


def test_facts_come_back_with_their_types(desk):
    facts = {
        "bool": True,
        "int": 1,
        "float": 1.0,
        "text": "한",
        "date": date(2026, 3, 2),
        "at": datetime(2026, 3, 2, 9, tzinfo=UTC),
        "set": frozenset({"b", "a"}),
    }
    row = list_row(1)
    desk.store.load("c", MAPPING, [ListRow(1, row.person, row.numbers, (), facts, {}, ())])
    read = desk.accounts()[0].facts
    assert read == facts
    assert [type(value) for value in read.values()] == [type(facts[name]) for name in read]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_fact_that_is_no_finite_number_is_refused(desk, value):
    row = list_row(1)
    with pytest.raises(ValueError, match="a fact is a finite number"):
        desk.store.load("c", MAPPING, [ListRow(1, row.person, row.numbers, (), {"x": value}, {}, ())])
    assert desk.store.count("c") == 0


def test_assumed_facts_and_mapped_ones_are_both_known(desk):
    desk.write([GOOD.replace(",N,", ",,")])
    words = {"person.opted_out": {"Y": "true", "": "false"}}
    desk.load(desk.mapping(assume={"person.attorney": "none"}, words=words))
    assert desk.accounts()[0].facts == {"person.attorney": "none", "person.opted_out": False}


def test_fictitious_numbers_go_by_person_and_are_the_same_every_time(desk):
    desk.write(["1", "2", "1"], header="customer")
    mapping = ListMapping(path="a.csv", columns=Columns("customer"), fictitious_numbers=FictitiousNumbers(home=1.0))
    assert desk.load(mapping) == ImportReport(rows=3, persons=2, numbers=4, already_there=1)
    assert desk.load(mapping) == ImportReport(rows=3, already_there=3)
    assert [number.e164 for number in desk.accounts()[0].numbers] == ["+821001234567", "+82211234567"]


def test_rejects_can_be_put_right_and_loaded(desk):
    desk.write([GOOD, "2,010-12,,L2,5,3,A,N,둘", '3,,02-12,L3,5,3,A,N,"th\nree"'], path="a.csv.gz")
    report = desk.load(desk.mapping("a.csv.gz"))
    assert (report.persons, report.rejected, report.faulty) == (1, 2, 0)
    assert report.rejects_path == str(desk.folder / "a.rejects.csv")
    rejects = Path(report.rejects_path)
    assert rejects.stat().st_mode & 0o777 == 0o600
    assert _text(report) == (
        "reject_line,reject_loaded,reject_column,reject_reason,customer,mobile,home,loan,balance,dpd,tier,dnc,note\r\n"
        '3,no,mobile,"""010-12"" is too short for a number in KR",2,010-12,,L2,5,3,A,N,둘\r\n'
        '4,no,home,"""02-12"" is too short for a number in KR",3,,02-12,L3,5,3,A,N,"th\nree"\r\n'
    )
    rejects.write_text(_text(report).replace("010-12,", "010-2345-6780,").replace(",02-12,", ",02-345-6780,"))
    again = desk.load(desk.mapping("a.rejects.csv"))
    assert (again.persons, again.rejects_path) == (2, "")
    assert [account.traits["note"] for account in desk.accounts()] == ["hello", "둘", "th\nree"]


def test_a_clean_import_removes_the_rejects_of_the_one_before(desk):
    desk.write(["1,010-12,,L1,1000,3,A,N,"])
    rejects = Path(desk.load().rejects_path)
    assert rejects.exists()
    desk.write([GOOD])
    desk.load()
    assert list(desk.folder.iterdir()) == [desk.folder / "a.csv"]


def test_parquet_and_csv_of_one_list_give_the_same_accounts_and_faults(desk):
    lines = [GOOD, "2,010-12,,L2,5,3,A,N,x", "3,010-2345-6780,,L3,1500.0,,B,Y,", "4,,02-345-6789,L4,7,1,,,y"]
    plain = desk.write(lines)
    pl.read_csv(plain).write_parquet(desk.folder / "b.parquet", row_group_size=2)
    report = desk.load(campaign_id="csv")
    other = desk.load(desk.mapping("b.parquet"), campaign_id="parquet")
    assert (report.rows, report.persons, report.numbers) == (other.rows, other.persons, other.numbers) == (4, 3, 4)
    assert _by_person(desk, "csv") == _by_person(desk, "parquet")
    assert desk.faults(desk.mapping("b.parquet")) == [
        'b.parquet:2 column "mobile": "010-12" is too short for a number in KR'
    ]


def test_numbers_that_parquet_holds_as_integers_are_read(desk):
    pl.DataFrame({"customer": [1], "mobile": [1023456789]}).write_parquet(desk.folder / "a.parquet")
    desk.load(ListMapping(path="a.parquet", columns=Columns("customer"), numbers=(NumberColumn("mobile"),)))
    assert desk.accounts()[0].numbers[0].e164 == "+821023456789"


def test_progress_ends_with_every_byte_of_the_file(desk):
    path = desk.write([f"{person},010-2345-{person:04d},,,,,A,N," for person in range(4500)])
    seen: list[tuple[int, int, int]] = []
    import_list(
        desk.store,
        "c",
        desk.mapping(),
        {"person.opted_out": str},
        folder=desk.folder,
        on_progress=lambda *progress: seen.append(progress),
    )
    size = path.stat().st_size
    assert [rows for rows, _, _ in seen] == sorted(rows for rows, _, _ in seen)
    assert seen[-1] == (4500, size, size)


def test_an_import_that_breaks_off_is_completed_by_the_next(desk):
    rows = [list_row(person) for person in range(4001)]

    def broken():
        yield from rows
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        desk.store.load("c", MAPPING, broken())
    assert desk.store.count("c") == 4000
    report = desk.store.load("c", MAPPING, rows)
    assert (report.persons, report.already_there) == (1, 4000)


def test_a_store_on_disk_is_there_after_reopening(tmp_path):
    path = tmp_path / "accounts.db"
    with AccountStore(path) as store:
        store.load("c", MAPPING, [list_row(1)])
    with AccountStore(path) as store:
        assert store.count("c") == 1


def test_a_store_of_another_version_is_refused(tmp_path):
    path = tmp_path / "accounts.db"
    AccountStore(path).close()
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE schema_version SET version = 99").fetchall()
    connection.close()
    with pytest.raises(ListError, match=r"written by another version of this program \(schema 99, not 1\)"):
        AccountStore(path)


@pytest.mark.parametrize("campaign_id", ["", "a/b"])
def test_a_campaign_id_that_would_blur_account_ids_is_refused(desk, campaign_id):
    with pytest.raises(ValueError, match="a campaign id has no slash"):
        desk.store.load(campaign_id, MAPPING, [])


@st.composite
def rows_in_disorder(draw: st.DrawFn) -> list[ListRow]:
    keys = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=25))
    return [list_row(*key, line) for line, key in enumerate(keys, 2)]


@settings(deadline=None, max_examples=60)
@given(rows=rows_in_disorder(), seed=st.integers(0, 10))
def test_a_list_loaded_again_in_any_order_adds_nothing(rows, seed):
    with AccountStore(":memory:") as store:
        first = store.load("c", MAPPING, rows)
        assert first.persons == len({row.person.person_id for row in rows}) == store.count("c")
        assert first.numbers == len({number.number_id for row in rows for number in row.numbers})
        assert first.claims == len({claim.claim_id for row in rows for claim in row.claims})
        before = list(store.accounts("c"))
        again = rows * 2
        random.Random(seed).shuffle(again)
        assert store.load("c", MAPPING, again) == ImportReport(rows=len(again), already_there=len(again))
        assert list(store.accounts("c")) == before


@settings(deadline=None, max_examples=40)
@given(rows=rows_in_disorder(), seed=st.integers(0, 10))
def test_the_order_of_rows_decides_the_order_of_accounts_and_nothing_else(rows, seed):
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    with AccountStore(":memory:") as store:
        for campaign_id, given_rows in (("a", rows), ("b", shuffled)):
            store.load(campaign_id, MAPPING, given_rows)
            listed = list(dict.fromkeys(row.person.person_id for row in given_rows))
            assert [account.person.person_id for account in store.accounts(campaign_id)] == listed
        as_sets = [
            {
                (account.person, frozenset(account.numbers), frozenset(account.claims))
                for account in store.accounts(campaign_id)
            }
            for campaign_id in "ab"
        ]
        assert as_sets[0] == as_sets[1]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_list(desk):
    mapping = desk.mapping()
    store = AccountStore(desk.folder / "accounts.db")
    peaks = []
    for rows in (4_000, 12_000):
        desk.write(f"{person},010-2345-{person % 10000:04d},,L{person},1,3,A,N," for person in range(rows))
        tracemalloc.start()
        import_list(store, f"c{rows}", mapping, {"person.opted_out": str}, folder=desk.folder)
        assert sum(1 for _ in store.accounts(f"c{rows}")) == rows
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    store.close()
    assert peaks[1] < peaks[0] * 1.2


def _text(report: ImportReport) -> str:
    return Path(report.rejects_path).read_bytes().decode("utf-8-sig")


def _by_person(desk, campaign_id):
    return [
        (account.person, account.numbers, account.claims, account.facts, account.traits)
        for account in desk.accounts(campaign_id)
    ]

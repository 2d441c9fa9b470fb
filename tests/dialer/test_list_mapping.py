"""Settings of a list: what an operator may write, and what is said about the rest."""

from typing import Any

import cattrs
import pytest

from dialer.list_mapping import Columns, FictitiousNumbers, ListMapping, NumberColumn, minor_digits
from dialer.model import NumberKind


def a_mapping(**changes: Any) -> ListMapping:
    settings: dict[str, Any] = {
        "path": "lists/a.csv",
        "columns": Columns("customer"),
        "numbers": (NumberColumn("mobile"),),
    }
    return ListMapping(**{**settings, **changes})


def test_settings_as_they_stand_in_a_file_become_a_mapping():
    loaded = cattrs.Converter(forbid_extra_keys=True).structure(
        {
            "path": "lists/a.csv.gz",
            "encoding": "cp949",
            "columns": {"person_id": "customer", "claim_id": "loan", "balance": "balance"},
            "numbers": [{"column": "mobile", "kind": "mobile"}, {"column": "phone2"}],
            "facts": {"person.opted_out": "dnc"},
            "words": {"person.opted_out": {"Y": "true", "": "false"}},
            "assume": {"person.attorney": "none", "person.minor": False},
            "traits": ["outcome"],
        },
        ListMapping,
    )
    assert loaded == ListMapping(
        path="lists/a.csv.gz",
        encoding="cp949",
        columns=Columns("customer", claim_id="loan", balance="balance"),
        numbers=(NumberColumn("mobile", NumberKind.MOBILE), NumberColumn("phone2")),
        facts={"person.opted_out": "dnc"},
        words={"person.opted_out": {"Y": "true", "": "false"}},
        assume={"person.attorney": "none", "person.minor": "false"},
        traits=("outcome",),
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"path": "a.xlsx"}, "`path` is `a.xlsx`, and a list is a file in .csv, .csv.gz, .parquet"),
        ({"encoding": "utf8000"}, "`encoding` is `utf8000`, which nobody knows; common are utf-8 and cp949"),
        ({"encoding": "utf-16"}, "`encoding` is `utf-16`, which has no ASCII in it; save the list as utf-8"),
        ({"delimiter": ";;"}, "`delimiter` is ';;'; give one character that no value begins with, like , ; or \\t"),
        ({"delimiter": '"'}, "`delimiter` is '\"'; give one character that no value begins with, like , ; or \\t"),
        ({"region": "kr"}, "`region` is `kr`; give the two capital letters of a country, like KR"),
        ({"currency": "won"}, "`currency` is `won`; give the three capital letters of a currency, like KRW"),
        ({"numbers": ()}, "a list has either `numbers` (columns that hold them) or `fictitious_numbers`"),
        (
            {"fictitious_numbers": FictitiousNumbers()},
            "a list has either `numbers` (columns that hold them) or `fictitious_numbers`",
        ),
        (
            {"numbers": (), "fictitious_numbers": FictitiousNumbers(), "region": "US"},
            "`fictitious_numbers` are Korean, and `region` is `US`",
        ),
        ({"numbers": (NumberColumn("m"), NumberColumn("m"))}, "`numbers` names the column `m` twice"),
        (
            {"facts": {"a.b": "c"}, "assume": {"a.b": "true"}},
            "`a.b` is read from a column and assumed; to say what an empty cell means, "
            'give the word "" in `words."a.b"`',
        ),
        ({"words": {"a.b": {"Y": "true"}}}, "`words` for `a.b`, which this list does not read from a column"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(changes, message):
    with pytest.raises(ValueError) as refused:  # noqa: PT011  # the whole message is compared below
        a_mapping(**changes)
    assert str(refused.value) == message


@pytest.mark.parametrize("field", ["claim_id", "days_past_due", "product"])
def test_what_describes_a_claim_needs_its_balance(field):
    with pytest.raises(ValueError, match=f"`{field}` describes a claim, and a claim needs a `balance` column"):
        Columns("customer", **{field: "x"})


def test_a_column_without_a_name_is_refused():
    with pytest.raises(ValueError, match="`person_id` is empty; leave it out, or name a column"):
        Columns(" ")


@pytest.mark.parametrize(("share", "is_allowed"), [(-0.01, False), (0.0, True), (1.0, True), (1.01, False)])
def test_a_share_lies_between_nothing_and_everybody(share, is_allowed):
    if is_allowed:
        assert FictitiousNumbers(mobile=share).mobile == share
    else:
        with pytest.raises(ValueError, match="a share lies between 0 and 1"):
            FictitiousNumbers(mobile=share)


@pytest.mark.parametrize(("start", "is_allowed"), [(-1, False), (0, True), (9_999_999, True), (10_000_000, False)])
def test_fictitious_numbers_start_where_there_are_some(start, is_allowed):
    if is_allowed:
        assert FictitiousNumbers(start=start).start == start
    else:
        with pytest.raises(ValueError, match="there are only 10000000 such numbers"):
            FictitiousNumbers(start=start)


def test_needed_columns_are_named_once_and_in_the_order_of_the_settings():
    mapping = a_mapping(facts={"x.y": "flag"}, traits=("flag", "customer", "note"))
    assert mapping.needed_columns() == ("customer", "mobile", "flag", "note")


def test_amounts_have_the_digits_of_their_currency():
    assert [minor_digits(code) for code in ("KRW", "JPY", "USD", "TWD", "KWD")] == [0, 0, 2, 2, 3]

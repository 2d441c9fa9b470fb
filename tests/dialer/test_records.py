"""Records and their lines."""

import math
from datetime import UTC, datetime

import attrs
import pytest
from hypothesis import given

from dialer.record_codec import RECORD_TYPES, RecordError, decode, decode_all, encode
from dialer.records import Closed, FactStated, PacingNoted
from tests.strategies import fact_values, journals

MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)


@given(records=journals())
def test_every_record_reads_as_it_was_written(records):
    for record in records:
        line = encode(record)
        assert decode(line) == record
        assert b"\n" not in line
        assert encode(decode(line)) == line


@given(value=fact_values)
def test_fact_that_a_person_stated_reads_as_the_value_it_was(value):
    record = FactStated(MIDNIGHT, "c", "p-1", "acc-1", "person.note", value)
    read = decode(encode(record)).value
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_number_that_a_line_cannot_hold_never_stands_in_a_record(value):
    noted = PacingNoted(MIDNIGHT, "c", "predictive", 1, 2, 3, "why", {"theta": 0.5, "slack": value})
    assert noted.figures == {"theta": 0.5}
    assert decode(encode(noted)) == noted
    with pytest.raises(ValueError, match=r"^a record cannot hold the number"):
        FactStated(MIDNIGHT, "c", "p-1", "acc-1", "debt.dpd", value)


def test_line_names_the_kind_and_writes_the_instant_in_utc():
    assert encode(Closed(MIDNIGHT)) == b'["closed",{"at":"2026-11-24T00:00:00Z"}]'


def test_every_record_type_has_one_kind_and_an_instant():
    assert len(set(RECORD_TYPES.values())) == len(RECORD_TYPES)
    assert all(attrs.fields(cls)[0].name == "at" for cls in RECORD_TYPES.values())


def test_records_hold_no_field_for_a_name_number_or_balance():
    personal = {"e164", "name_of_person", "phone", "balance", "balance_minor"}
    for cls in RECORD_TYPES.values():
        assert not personal & {one.name for one in attrs.fields(cls)}


def test_field_that_an_older_program_did_not_write_has_its_default():
    line = b'["trunk",{"at":"2026-11-24T00:00:00Z","trunk":"seoul","is_up":true}]'
    assert decode(line).reason == ""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'["teleported",{}]', "unknown record kind `teleported`; this journal was written by a newer version"),
        (b'["closed",{}]', "unreadable record: Object missing required field `at`"),
        (b'["closed",{"at":"today"}]', "unreadable record: Invalid RFC3339 encoded datetime - at `$.at`"),
        (b'["closed"', "unreadable record: Input data was truncated"),
        (b"{}", "unreadable record: Expected `array`, got `object`"),
    ],
)
def test_line_that_is_no_record_is_refused(line, message):
    with pytest.raises(RecordError) as refused:
        decode(line)
    assert str(refused.value) == message


def test_unreadable_line_is_named_counted_from_one():
    good = encode(Closed(MIDNIGHT))
    with pytest.raises(RecordError) as refused:
        list(decode_all([good, good, b'["closed",{}]']))
    assert str(refused.value) == "record 3: unreadable record: Object missing required field `at`"

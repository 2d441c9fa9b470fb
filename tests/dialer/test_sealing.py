"""What a record says about a person is encrypted with a key of their own; without the key, only counts are left."""

from datetime import UTC, datetime

import pytest
from attrs import fields
from hypothesis import given, settings

from dialer.disposition import Disposition
from dialer.record_codec import RECORD_TYPES, decode, encode
from dialer.records import Claimed, Closed, Disposed, Erased, FactStated
from dialer.sealing import PERSONAL_FIELDS, Sealer, SealError, erased_name
from tests import strategies

TEN = datetime(2026, 11, 24, 10, tzinfo=UTC)
CLAIMED = Claimed(TEN, "c-1", "c", "acc-7", "person-7", ("claim-7",), "number-7", "t", "02", "hash", "progressive")
FACT = FactStated(TEN, "c", "person-7", "acc-7", "person.hardship", "medical")
# Every field of a record that names or tells of a person on the list.
TELLING = {
    "person_id", "account_id", "claim_ids", "number_id", "next_number_id",
    "dropped_number_id", "promise", "value", "household_id",
}  # fmt: skip


class Keys:
    """A store's keys."""

    def __init__(self):
        self.kept = []

    def sealer(self):
        return Sealer(
            lambda persons: [one for one in self.kept if one.person_id in persons],
            lambda tokens: [one for one in self.kept if one.token in tokens],
        )

    def seal(self, *records):
        stored, fresh = self.sealer().seal([encode(one) for one in records])
        self.kept += fresh
        return stored

    def unseal(self, stored):
        return [decode(line) for line in self.sealer().unseal(stored)]


def test_every_field_that_tells_of_a_person_is_sealed():
    for kind, cls in RECORD_TYPES.items():
        telling = {one.name for one in fields(cls)} & TELLING
        assert telling <= set(PERSONAL_FIELDS.get(kind, ())), kind


def test_sealed_line_shows_nothing_of_the_person():
    (stored,) = Keys().seal(CLAIMED)
    for said in (b"acc-7", b"person-7", b"claim-7", b"number-7"):
        assert said not in stored
    assert b'"attempt_id":"c-1"' in stored


def test_records_without_a_person_stay_as_they_are():
    assert Keys().seal(Closed(TEN)) == [encode(Closed(TEN))]
    assert Keys().sealer().seal([b"x", b'["claimed",broken', b'["fact",{}]'])[0] == [
        b"x",
        b'["claimed",broken',
        b'["fact",{}]',
    ]


@settings(max_examples=20)
@given(records=strategies.journals(60))
def test_sealed_records_open_to_the_same_bytes(records):
    keys = Keys()
    assert keys.sealer().unseal(keys.seal(*records)) == [encode(one) for one in records]


def test_one_person_has_one_key_over_batches_and_processes():
    keys = Keys()
    keys.seal(CLAIMED, FACT)
    keys.seal(FACT)
    assert [one.person_id for one in keys.kept] == ["person-7"]


def test_same_words_of_one_person_are_sealed_differently():
    keys = Keys()
    assert len(set(keys.seal(FACT, FACT))) == 2


def test_erased_person_leaves_attempts_that_count_and_nothing_else():
    keys = Keys()
    disposed = Disposed(TEN, "c-1", "c", "acc-7", Disposition.PROMISED, person_id="person-7")
    stored = keys.seal(CLAIMED, FACT, disposed)
    token = keys.kept[0].token
    keys.kept.clear()
    claimed, fact, ended = keys.unseal(stored)
    name = erased_name(token)
    assert (claimed.attempt_id, claimed.person_id, claimed.account_id, claimed.claim_ids) == ("c-1", name, name, ())
    assert fact == Erased(TEN, token)
    assert (ended.attempt_id, ended.account_id, ended.promise) == ("c-1", name, None)


def test_line_sealed_for_one_person_does_not_open_as_another_ones():
    keys = Keys()
    (stored,) = keys.seal(CLAIMED)
    other = Keys()
    other.seal(FACT)
    moved = stored.replace(keys.kept[0].token.encode(), other.kept[0].token.encode())
    with pytest.raises(SealError, match="does not open with the key kept for it"):
        other.unseal([moved])


def test_keys_do_not_show_in_logs():
    keys = Keys()
    keys.seal(CLAIMED)
    assert "person-7" not in repr(keys.kept[0])
    assert repr(keys.kept[0].key) not in repr(keys.kept[0])

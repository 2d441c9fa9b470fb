"""The chain finds the first place where a journal is not what was written, and says what is wrong there."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from dialer.chain import GENESIS, Link, first_fault, link_all

LINES = [b"one", b"two", b"three", b"four", b"five"]


def a_chain(lines=LINES):
    return list(link_all(GENESIS, 0, lines))


def renumbered(links):
    return [evolve(one, number=number) for number, one in enumerate(links, start=1)]


def test_what_was_written_has_no_fault():
    links = a_chain()
    assert first_fault(links, Link(5, b"", links[-1].digest)) is None
    assert first_fault([]) is None


def test_altered_line_is_found():
    links = a_chain()
    links[2] = evolve(links[2], line=b"THREE")
    assert str(first_fault(links)).startswith("record 3 is altered: ")


def test_last_line_altered_is_found_too():
    links = a_chain()
    links[4] = evolve(links[4], line=b"FIVE")
    assert first_fault(links).number == 5


def test_line_altered_with_a_fitting_digest_is_found_where_the_chain_breaks():
    links = a_chain()
    links[2] = next(link_all(links[1].digest, 2, [b"THREE"]))
    assert first_fault(links).number == 4


def test_missing_line_is_found():
    links = a_chain()
    del links[2]
    assert str(first_fault(links)) == "record 3 is missing: record 4 follows record 2"


def test_missing_line_is_found_when_the_rest_was_numbered_anew():
    links = a_chain()
    del links[2]
    assert first_fault(renumbered(links)).what == "missing"
    assert first_fault(renumbered(links)).number == 3


def test_several_missing_lines_are_named_together():
    links = a_chain()
    del links[1:4]
    assert str(first_fault(links)) == "record 2 is missing: records 2 to 4 are not there"


@pytest.mark.parametrize("with_digests", [True, False])
def test_exchanged_lines_are_found(with_digests):
    links = a_chain()
    if with_digests:
        links[1], links[2] = links[2], links[1]
        links = renumbered(links)
    else:
        links[1], links[2] = evolve(links[1], line=b"three"), evolve(links[2], line=b"two")
    fault = first_fault(links)
    assert (fault.number, fault.what) == (2, "reordered")


def test_rows_in_another_order_are_found():
    links = a_chain()
    links[1], links[2] = links[2], links[1]
    assert first_fault(links).number == 2


def test_end_that_was_cut_off_is_found_by_the_head():
    links = a_chain()
    fault = first_fault(links[:3], Link(5, b"", links[-1].digest))
    assert str(fault) == "record 4 is cut off: the journal had 5 records and has 3"


@given(
    lines=st.lists(st.binary(max_size=5), min_size=1, max_size=12),
    at=st.integers(0, 11),
    how=st.sampled_from(["alter", "drop", "double"]),
)
def test_any_change_is_found_at_the_record_where_it_is(lines, at, how):
    links = a_chain(lines)
    head = Link(len(lines), b"", links[-1].digest)
    at %= len(lines)
    if how == "alter":
        links[at] = evolve(links[at], line=links[at].line + b"!")
    elif how == "drop":
        del links[at]
    else:
        links.insert(at, links[at])
    fault = first_fault(links, head)
    assert fault is not None
    assert fault.number in ({at + 1} if how != "double" else {at + 1, at + 2})

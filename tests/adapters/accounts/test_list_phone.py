"""Numbers: the fast way and the library's agree, and zones are evidence only where they can be."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from phonenumbers.tzdata import TIMEZONE_DATA

from adapters.accounts.fictitious import fictitious_numbers, landline, mobile
from adapters.accounts.phone import NumberError, NumberReader
from adapters.accounts.zone_table import AREA_CODE_ZONES, UNKNOWN_TO_LIBRARY
from dialer.list_mapping import FictitiousNumbers
from dialer.model import NumberKind

READERS = {region: NumberReader(region) for region in ("KR", "US", "GB", "JP")}
KR, US, GB = READERS["KR"], READERS["US"], READERS["GB"]

# Beginnings that numbers of these countries have, and some that come close.
_STARTS = (
    "010 011 019 02 031 051 064 070 080 060 0502 1588 010-0 02-1 0 00 082 0082 1 10 2 20 0801 081 0155 "
    "212 689 907 800 900 532 357 201 1212 12 3 710 500 011 "
    "020 0121 07400 07911 0800 0845 0909 01534 076 0118 442 44 "
    "+8210 +822 +82010 +1212 +11 +1689 +4474 +44118 +4420 +8190 +813 +81090 "
    "03 06 090 0120 0570 0990 81 050 000 0003768 00376"
)
STARTS = st.sampled_from(_STARTS.split())


@st.composite
def written_numbers(draw: st.DrawFn) -> str:
    digits = draw(STARTS).replace("-", "") + draw(st.text("0123456789", max_size=9))
    text = digits
    for at in sorted(draw(st.sets(st.integers(1, max(1, len(digits) - 1)), max_size=3)), reverse=True):
        text = text[:at] + draw(st.sampled_from(["-", " ", "--", " - ", ".", "("])) + text[at:]
    return draw(st.sampled_from(["", "", "", "+", " ", "-"])) + text + draw(st.sampled_from(["", "", "-", " "]))


@st.composite
def example_numbers(draw: st.DrawFn, region: str) -> str:
    """A number near one that the library holds for an example of its kind."""
    kind = draw(st.sampled_from(sorted(phonenumbers.PhoneNumberType.values())))
    example = phonenumbers.example_number_for_type(region, kind)
    assume(example is not None)
    style = draw(st.sampled_from([phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.E164]))
    text = list(phonenumbers.format_number(example, style))
    for at in draw(st.sets(st.integers(0, len(text) - 1), max_size=4)):
        if text[at].isdigit():
            text[at] = draw(st.sampled_from("0123456789"))
    return "".join(text)


def read(reader, text):
    try:
        return reader(text)
    except NumberError as error:
        return str(error)


@pytest.mark.slow
@pytest.mark.parametrize("region", READERS)
@settings(max_examples=600, deadline=None)
@given(data=st.data())
def test_the_fast_way_reads_every_number_as_the_library_does(region, data):
    text = data.draw(st.one_of(written_numbers(), example_numbers(region)))
    reader = READERS[region]
    assert read(reader.read, text) == read(reader.read_by_library, text)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(middle=st.integers(0, 9999), last=st.integers(0, 9999))
def test_what_is_read_is_what_the_library_formats_and_calls_valid(middle, last):
    text = f"010-{middle:04d}-{last:04d}"
    number = phonenumbers.parse(text, "KR")
    if phonenumbers.is_valid_number(number):
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        assert KR.read(text) == (e164, NumberKind.MOBILE, ("Asia/Seoul",))
    else:
        assert read(KR.read, text) == "is no number that KR assigns"


def test_plain_korean_numbers_never_reach_the_library(monkeypatch):
    monkeypatch.setattr(KR, "read_by_library", None)
    assert KR.read("010-2345-6789")[0] == KR.read("01023456789")[0] == "+821023456789"
    assert KR.read("+82 10-2345-6789") == KR.read("010-2345-6789")
    assert KR.read("02-345-6789")[1] is NumberKind.OTHER


def test_a_spreadsheet_that_ate_the_leading_zero_still_names_the_number():
    assert KR.read("1023456789") == KR.read("010-2345-6789")


def test_orlando_is_eastern_though_the_library_says_central():
    assert US.read("689-555-1234")[2] == ("America/New_York",)
    assert US.read_by_library("+1 689 555 1234")[2] == ("America/New_York",)


@pytest.mark.parametrize("code", UNKNOWN_TO_LIBRARY)
def test_new_area_codes_are_numbers_with_zones(code):
    assert US.read(f"{code}-234-5678") == (f"+1{code}2345678", NumberKind.OTHER, UNKNOWN_TO_LIBRARY[code])
    # No exchange begins with 1.
    assert read(US.read, f"{code}-134-5678") == "is no number that US assigns"


def clocks(zones):
    days = (datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC))
    return {tuple(ZoneInfo(zone).utcoffset(day) for day in days) for zone in zones}


# The library has 689 wrong, and for parts of Alaska a zone of Hawaii, which no place there keeps.
@pytest.mark.parametrize("code", sorted(AREA_CODE_ZONES.keys() - {"689", "907"}))
def test_the_zones_of_an_area_code_take_in_every_clock_that_the_library_knows_there(code):
    library = {zone for prefix, zones in TIMEZONE_DATA.items() if prefix.startswith(f"1{code}") for zone in zones}
    assert clocks(library) <= clocks(AREA_CODE_ZONES[code])


def test_an_area_code_split_between_zones_is_evidence_for_both():
    assert US.read("850-555-1234")[2] == ("America/New_York", "America/Chicago")
    assert US.read("208-234-5678")[2] == ("America/Boise", "America/Los_Angeles")


def test_a_number_that_could_be_anywhere_in_a_country_of_several_clocks_is_evidence_for_nothing():
    assert US.read("800-234-5678")[2] == ()
    assert NumberReader("AU").read("0412 345 678")[2] == ()


def test_a_number_that_could_be_anywhere_in_a_country_of_one_clock_is_evidence():
    assert "Europe/London" in GB.read("07400 123456")[2]


def test_fictitious_numbers_are_valid_for_the_library_and_unassignable_in_korea():
    for ordinal in (0, 1, 99, 9_999_999):
        for e164, prefix in ((mobile(ordinal), "+82100"), (landline(ordinal), "+8221")):
            assert phonenumbers.is_valid_number(phonenumbers.parse(e164))
            assert e164.startswith(prefix)
            assert len(e164) == len(prefix) + 7


def test_no_two_people_have_a_fictitious_number_in_common():
    assert len({mobile(ordinal) for ordinal in range(20_000)}) == 20_000
    assert len({landline(ordinal) for ordinal in range(9_980_000, 10_000_000)}) == 20_000


def test_the_last_fictitious_number_is_given_and_the_next_is_refused():
    assert mobile(9_999_999)
    with pytest.raises(ValueError, match="there are only 10000000"):
        mobile(10_000_000)


@given(
    ordinal=st.integers(0, 1_000_000),
    mobile=st.floats(0, 1),
    home=st.floats(0, 1),
    start=st.integers(0, 1_000_000),
)
def test_everybody_has_a_fictitious_number_and_always_the_same(ordinal, mobile, home, start):
    settings = FictitiousNumbers(mobile=mobile, home=home, start=start)
    numbers = fictitious_numbers(ordinal, settings)
    assert numbers
    assert numbers == fictitious_numbers(ordinal, settings)
    assert fictitious_numbers(0, FictitiousNumbers(start=start)) == fictitious_numbers(start, FictitiousNumbers())


def test_shares_of_fictitious_numbers_are_met():
    settings = FictitiousNumbers(mobile=0.9, home=0.4)
    kinds = [kind for ordinal in range(2000) for _, kind, _ in fictitious_numbers(ordinal, settings)]
    # Who would have neither has a mobile: 0.1 x 0.6 of them.
    assert kinds.count(NumberKind.HOME) / 2000 == pytest.approx(0.4, abs=0.01)
    assert kinds.count(NumberKind.MOBILE) / 2000 == pytest.approx(0.96, abs=0.02)

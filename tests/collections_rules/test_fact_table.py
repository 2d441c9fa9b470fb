"""The vocabulary: complete, consistent, and clean where it says so."""

from datetime import UTC, date, datetime

import pytest

from collections_rules import FACT_TABLE, FactKind, Facts, FactValue, builtin_pack, check_values, clean_facts


def test_clean_values_are_values_of_their_facts() -> None:
    assert check_values(clean_facts()) == ()


def test_every_word_that_can_mean_nothing_wrong_has_a_clean_value() -> None:
    open_words = {"product.kind"}
    for spec in FACT_TABLE.values():
        if spec.kind in (FactKind.FLAG, FactKind.WORD) and spec.name not in open_words:
            assert spec.clean is not None or spec.name in clean_facts(), spec.name


def test_every_fact_says_what_it_means_in_both_languages() -> None:
    assert all(spec.meaning_ko and spec.meaning_en for spec in FACT_TABLE.values())


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("person.attorny", "none", "unknown fact `person.attorny`"),
        ("person.deceased", "no", "`person.deceased` is yes/no, not `no`"),
        ("debt.dpd", True, "`debt.dpd` is a number, not `True`"),
        (
            "person.attorney",
            "sometimes",
            "`person.attorney` cannot be `sometimes`; its words are none, known",
        ),
        ("person.refused_channels", frozenset({"telegraph"}), "`person.refused_channels` cannot be `telegraph`"),
    ],
)
def test_a_value_that_no_rule_could_read_is_told(name: str, value: FactValue, says: str) -> None:
    (message,) = check_values({name: value})
    assert message.startswith(says)


def test_good_values_are_silent() -> None:
    values = {"debt.dpd": 30, "promise.due": date(2026, 4, 1), "lead.received": datetime(2026, 4, 1, tzinfo=UTC)}
    assert check_values(values) == ()


def test_facts_need_an_aware_time() -> None:
    with pytest.raises(ValueError, match="aware"):
        Facts(datetime(2026, 4, 1), {}, frozenset(), "P1", (), "N1", "C1")  # noqa: DTZ001


def test_there_is_no_pack_of_another_name() -> None:
    with pytest.raises(ValueError, match=r"no built-in pack `kr\.collection`"):
        builtin_pack("kr.collection")

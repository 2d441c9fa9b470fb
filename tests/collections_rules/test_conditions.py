"""Conditions with three answers: what the known parts decide is decided."""

from datetime import date

import pytest

from collections_rules import FactValue
from tests.collections_rules.made import ask, at, book, facts

YES, NO, UNKNOWN = True, False, None


@pytest.mark.parametrize(
    ("condition", "deceased", "discharged", "closes", "unknown"),
    [
        ("person.deceased or debt.discharged", UNKNOWN, YES, True, ()),
        ("person.deceased or debt.discharged", UNKNOWN, NO, True, ("person.deceased",)),
        ("person.deceased or debt.discharged", NO, NO, False, ()),
        ("person.deceased and debt.discharged", UNKNOWN, NO, False, ()),
        ("person.deceased and debt.discharged", YES, UNKNOWN, True, ("debt.discharged",)),
        ("not person.deceased", UNKNOWN, NO, True, ("person.deceased",)),
        ("not (person.deceased and debt.discharged)", NO, UNKNOWN, True, ()),
        ("not (person.deceased or debt.discharged)", YES, UNKNOWN, False, ()),
        ("person.deceased or debt.discharged and person.deceased", NO, YES, False, ()),
        ("(person.deceased or debt.discharged) and debt.discharged", NO, YES, True, ()),
    ],
)
def test_and_or_not(
    condition: str, deceased: bool | None, discharged: bool | None, closes: bool, unknown: tuple[str, ...]
) -> None:
    asked = facts(at("2026-04-14 10:00"), person__deceased=deceased, debt__discharged=discharged)
    verdict = ask(book(f"stop when {condition}"), asked)
    assert verdict.is_allowed is not closes
    assert verdict.unknown == unknown


@pytest.mark.parametrize(
    ("condition", "name", "value", "closes"),
    [
        ("person.attorney is known", "person__attorney", "known", True),
        ("person.attorney is known", "person__attorney", "none", False),
        ("person.attorney is not known", "person__attorney", "none", True),
        ("person.attorney is one of known, notified_in_writing", "person__attorney", "notified_in_writing", True),
        ("person.attorney is not one of known, none", "person__attorney", "none", False),
        ("person.attorney is one of unknown, known", "person__attorney", None, True),
        ("person.attorney is not one of unknown, known", "person__attorney", None, False),
        ("person.attorney is unknown", "person__attorney", None, True),
        ("person.attorney is unknown", "person__attorney", "none", False),
        ("person.attorney is not unknown", "person__attorney", None, False),
        ("debt.dpd is at least 30", "debt__dpd", 30, True),
        ("debt.dpd is at least 30", "debt__dpd", 29, False),
        ("debt.dpd is at most 4", "debt__dpd", 4, True),
        ("debt.dpd is at most 4", "debt__dpd", 5, False),
        ("debt.dpd is between 5 and 29", "debt__dpd", 29, True),
        ("debt.dpd is between 5 and 29", "debt__dpd", 30, False),
        ("debt.dpd is 7", "debt__dpd", 7, True),
        ("debt.dpd is one of 7, 14", "debt__dpd", 8, False),
        ("value.tier is A", "value__tier", "A", True),
        ("value.tier is \"A+\"", "value__tier", "A+", True),
        ("person.refused_channels has call", "person__refused_channels", frozenset({"call"}), True),
        ("person.refused_channels has call", "person__refused_channels", frozenset({"sms"}), False),
        ("call.means has call.identifier in person.excluded_means", "person__excluded_means",
         frozenset({"call:N1"}), True),
        ("number in person.excluded_numbers", "person__excluded_numbers", frozenset({"N1"}), True),
        ("number in person.excluded_numbers", "person__excluded_numbers", frozenset({"N2"}), False),
        ("any evidence is FL", "evidence", frozenset({"FL", "GA"}), True),
        ("any evidence is FL", "evidence", frozenset({"GA"}), False),
        ("person.purchase newer than 18 months", "person__purchase", date(2024, 10, 14), True),
        ("person.purchase newer than 18 months", "person__purchase", date(2024, 10, 13), False),
    ],
)  # fmt: skip
def test_a_comparison(condition: str, name: str, value: FactValue | None, closes: bool) -> None:
    verdict = ask(book(f"stop when {condition}"), facts(at("2026-04-14 10:00"), **{name: value}))
    assert verdict.is_allowed is not closes


@pytest.mark.parametrize("wrong", ["yes", 1, frozenset({"x"})])
def test_a_flag_with_a_strange_value_is_unknown(wrong: FactValue) -> None:
    asked = facts(at("2026-04-14 10:00"), person__deceased=wrong)
    assert not ask(book("stop when person.deceased"), asked).is_allowed
    assert not ask(book("stop when not person.deceased"), asked).is_allowed

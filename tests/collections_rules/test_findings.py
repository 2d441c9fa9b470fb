"""What an author can hardly mean is found, exactly, and nothing is said about what is meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_rules import PackSource, builtin_pack
from collections_rules.findings import list_findings
from collections_rules.satisfy import Demand, account_meeting
from collections_rules.syntax import parse_pack
from collections_rules.tree import Condition, Dated, StopWhen
from tests.collections_rules.made import ask, at, bank_pack, book, facts, pack


def found(*clauses: str, more: str = "", layer: str = "policy") -> list[tuple[str, int, str]]:
    text = pack(*clauses, layer=layer).text + more
    return [(d.code, d.span.line, d.help) for d in list_findings([PackSource("x.rules", text)])]


@pytest.mark.parametrize(
    ("clause", "code"),
    [
        ("stop when debt.dpd is at least 30 and debt.dpd is at most 29", "R510"),
        ("stop when debt.dpd is at least 30 and debt.dpd is at most 30", None),
        ("stop when person.attorney is known and person.attorney is none", "R510"),
        ("stop when person.deceased and not person.deceased", "R510"),
        ("stop when person.deceased or not person.deceased", None),  # an unknown fact is neither
        ("stop when person.attorney is unknown or person.attorney is not unknown", "R511"),
        ("stop when person.purchase newer than 10 days and person.purchase longer than 10 days", "R510"),
        ("stop when person.purchase newer than 11 days and person.purchase longer than 10 days", None),
        ("stop when person.refused_channels has call and not person.refused_channels has call", "R510"),
        ("stop when person.refused_channels has call and person.refused_channels has sms", None),
        ("at most 3 contacts a day per debt when outcome is talk and outcome is busy", "R510"),
        ("at most 3 contacts a day per debt when outcome is talk or event is sms", None),
    ],
)
def test_a_condition_that_is_decided_from_the_start(clause: str, code: str | None) -> None:
    assert [one for one, _, _ in found(clause)] == ([code] if code else [])


def test_an_except_that_frees_nothing() -> None:
    clauses = ("stop when person.attorney is known", "applies collector.kind is agency")
    assert found(*clauses, "except person.attorney is none") == [("R550", 7, "remove it, or correct its condition")]
    assert found(*clauses, "except attorney.consented") == []


def test_a_rule_that_never_applies_where_it_stops() -> None:
    assert found("stop when debt.dpd is at least 30", "applies debt.dpd is at most 29")[0][:2] == ("R512", 3)
    assert found("stop when debt.dpd is at least 30", "applies debt.dpd is at most 30") == []


def test_an_idle_rule_is_named_with_an_account() -> None:
    wider = 'rule t.all "나"\n  policy §2\n  stop when person.attorney is one of known, notified_in_writing\n'
    clauses = ("stop when person.attorney is known", "except attorney.consented")
    assert found(*clauses, more=wider) == [
        ("R520", 3, "example account: person.attorney known, attorney.consented no")
    ]  # fmt: skip
    assert found("stop when person.attorney is known", more=wider.replace("known, ", "")) == []
    assert found(*clauses, more=wider + "  from 2027-01-01\n") == []
    assert found(*clauses, more=wider + "  until 2027-01-01\n") == []


def test_of_two_equal_rules_the_later_is_idle() -> None:
    twin = 'rule t.b "나"\n  policy §2\n  stop when person.deceased\n'
    assert [(code, line) for code, line, _ in found("stop when person.deceased", more=twin)] == [("R520", 6)]


def test_the_higher_of_two_caps_is_idle() -> None:
    lower = 'rule t.b "나"\n  policy §2\n  at most 2 contacts a day per debt\n'
    assert found("at most 3 contacts a day per debt", more=lower)[0] == (
        "R520", 3, "both count the same; 2 is reached first",
    )  # fmt: skip
    assert found("at most 3 contacts a day per person", more=lower) == []


def test_clauses_whose_dates_overlap() -> None:
    old = "until 2026-03-01 at most 7 calls a day per debt"
    assert found(old, "from 2026-02-01 at most 5 calls a day per debt")[0] == (
        "R540", 6, "on 2026-02-01 both are the law; end one with `until`",
    )  # fmt: skip
    assert found(old, "from 2026-03-01 at most 5 calls a day per debt") == []


def test_hours_of_two_rules_that_leave_none() -> None:
    night = 'rule t.b "나"\n  policy §2\n  open {} every day\n'
    assert found("open 09:00-12:00 every day", more=night.format("12:00-15:00"))[0][:2] == ("R530", 8)
    assert found("open 09:00-12:01 every day", more=night.format("12:00-15:00")) == []


@pytest.mark.parametrize("names", [("kr.collections", "collections-policy"), ("kr.telesales", "telesales-policy")])
def test_the_shipped_packs_and_the_banks_own_raise_no_false_alarm(names: tuple[str, str]) -> None:
    told = list_findings([builtin_pack(names[0]), bank_pack(names[1])])
    codes = {d.code for d in told}
    assert codes <= {"R520", "R610", "R611"}
    # The one idle rule of the bank is meant: its own holds more than the statute.
    assert all(d.message.startswith("`kr.attorney` never blocks alone: `bank.attorney`")
               for d in told if d.code == "R520")  # fmt: skip


ATOM = st.sampled_from([
    "person.deceased", "person.attorney is known", "person.attorney is not known", "debt.dpd is at least 30",
    "debt.dpd is at most 29", "debt.dpd is 30", "person.attorney is unknown", "debt.discharged",
])  # fmt: skip
FORMULA = st.recursive(
    ATOM,
    lambda part: st.one_of(
        part.map("not ({})".format),
        st.tuples(part, part).map(lambda two: "({}) and ({})".format(*two)),
        st.tuples(part, part).map(lambda two: "({}) or ({})".format(*two)),
    ),
    max_leaves=5,
)
EVERY = [
    {"person__deceased": dead, "debt__discharged": done, "person__attorney": lawyer, "debt__dpd": dpd}
    for dead in (True, False, None) for done in (True, False, None) for lawyer in ("none", "known", None)
    for dpd in (29, 29.5, 30, 31, None)
]  # fmt: skip


def condition_of(text: str) -> Condition:
    tree = parse_pack(pack(f"stop when {text}"), [])
    (gate,) = [c.gate for c in tree.rules[0].clauses if isinstance(c, Dated)]
    assert isinstance(gate, StopWhen)
    return gate.condition


@given(FORMULA)
def test_an_account_is_found_exactly_when_there_is_one(text: str) -> None:
    rules = book(f"stop when {text} unknown passes")
    is_possible = any(not ask(rules, facts(at("2026-04-14 10:00"), **values)).is_allowed for values in EVERY)
    account = account_meeting([Demand(condition_of(text), frozenset({True}))])
    assert (account is not None) is is_possible

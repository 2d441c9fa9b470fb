"""What an author can hardly mean is found, exactly, and nothing is said about what is meant."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_rules import BUILTIN_PACKS, PackSource, builtin_pack, compile_rules
from collections_rules.findings import list_findings
from collections_rules.satisfy import Demand, account_meeting
from collections_rules.syntax import parse_pack
from collections_rules.tree import Condition, Dated, StopWhen
from tests.collections_rules.made import ask, at, bank_pack, book, event, facts, ledger, pack


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
    assert found(*clauses, "except person.attorney is none") == [
        ("R550", 7, "example account: person.attorney none is not closed anyway; remove it, or correct its condition")
    ]
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
        "R520", 3, "example account: 3 contacts just now",
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


def test_hours_that_other_hours_hold_are_idle() -> None:
    tight = 'rule t.b "나"\n  policy §2\n  open Mon-Fri 09:00-18:00; closed Sat, Sun\n'
    assert found("open 08:00-20:00 every day", more=tight) == [
        ("R520", 3, "example account: called on Mon 20:00"),
    ]  # fmt: skip
    assert found("open 08:00-17:59 every day", more=tight) == []
    assert found("clock America/New_York", "open 08:00-20:00 every day", more=tight) == []
    law = 'rule t.b "나"\n  policy §2\n  open Mon-Fri 09:00-18:00\n'
    assert found("open 08:00-20:00 every day", layer="law", more=law) == []  # what a policy is for
    spared = law + "  except call.asked_for_now\n"
    assert found("open 08:00-20:00 every day", more=spared) == []
    assert found("open 08:00-20:00 every day", "except call.asked_for_now", more=spared)[0][0] == "R520"


@pytest.mark.parametrize(
    ("clause", "other", "is_idle"),
    [
        ("at most 5 calls in any 7 days per debt", "at most 5 contacts in any 7 days per debt", True),
        ("at most 5 contacts in any 7 days per debt", "at most 5 calls in any 7 days per debt", False),
        ("at most 5 calls in any 7 days per debt", "at most 4 calls in any 8 days per debt", True),
        ("at most 5 calls in any 7 days per debt", "at most 5 calls in any 168 hours per debt", False),
        ("at most 5 calls in any 7 days per debt", "at most 5 calls in any 169 hours per debt", True),
        ("at most 5 calls in any 143 hours per debt", "at most 5 calls in any 7 days per debt", True),
        ("at most 5 calls in any 144 hours per debt", "at most 5 calls in any 7 days per debt", False),
        ("at most 5 calls in any 7 days per debt", "at most 5 calls in any 7 days after the first per debt", True),
        ("at most 5 calls a month per debt", "at most 5 calls in any 32 days per debt", False),
        ("at most 5 calls a month per debt", "at most 5 calls in any 33 days per debt", True),
        ("at most 5 calls in any 7 days per debt", "at most 5 calls per debt", True),
        ("at most 5 calls per person and topic", "at most 5 calls per person", True),
        ("at most 5 calls per person", "at most 5 calls per person and topic", False),
        ("at most 5 calls per person and debt", "at most 5 calls per person", False),  # closed where no debt is known
        ("at most 5 calls per debt, all collectors together", "at most 5 calls per debt", False),
        ("at most 5 calls per debt", "at most 5 calls per debt, all collectors together", True),
        ("at most 5 calls per debt", "at most 5 calls per debt when number.kind is work", False),
        ("at most 5 calls per debt when number.kind is work", "at most 5 calls per debt", True),
        ("wait 2 hours after no_answer per person", "wait 3 hours after contact per person", True),
        ("wait 2 hours after call per person", "wait 3 hours after no_answer per person", False),
        ("wait 7 days counting that day after talk per debt", "wait 7 days after talk per debt", True),
        ("wait 7 days after talk per debt", "wait 7 days counting that day after talk per debt", False),
        ("wait 2 days after debt.start_notice", "wait 3 days after debt.start_notice", True),
        ("wait 2 days after debt.start_notice", "wait 3 days after debt.outsourcing_notice", False),
        ("fresh dnc_list 31 days", "fresh dnc_list 28 days", True),
        ("fresh dnc_list 28 days", "fresh dnc_list 31 days", False),
    ],
)  # fmt: skip
def test_a_count_or_a_wait_that_another_holds_is_idle(clause: str, other: str, is_idle: bool) -> None:
    more = f'rule t.b "나"\n  policy §2\n  {other}\n'
    assert (("R520", 3) in [(code, line) for code, line, _ in found(clause, more=more)]) is is_idle


def test_a_clause_that_another_of_its_rule_holds() -> None:
    assert found("at most 3 calls a day per debt", "at most 2 calls a day per debt") == [
        ("R521", 5, "line 6 does; example account: 3 calls just now")
    ]  # fmt: skip
    assert found("stop when person.deceased or debt.discharged", "stop when person.deceased")[0][:2] == ("R521", 6)
    assert found("at most 3 calls in any 7 days per debt", "at most 10 calls in any 31 days per debt") == []


def test_three_rules_that_only_together_leave_no_hour() -> None:
    more = (
        'rule t.b "나"\n  policy §2\n  open Mon-Fri 00:00-24:00\n  applies debt.dpd is at least 30\n'
        'rule t.c "다"\n  policy §3\n  open 00:00-10:00 every day\n  applies debt.dpd is at most 60\n'
    )
    assert found("open Sat-Sun 09:00-12:00; Mon-Fri 11:00-12:00", more=more) == [
        ("R530", 12, "example account, never callable: debt.dpd 30; widen one of them"),
    ]  # fmt: skip
    apart = more.replace("at most 60", "at most 29")
    assert found("open Sat-Sun 09:00-12:00; Mon-Fri 11:00-12:00", more=apart) == []


def test_a_rule_that_its_own_pack_rules_out() -> None:
    text = pack("open 09:00-18:00 every day", "applies call.purpose is collection").text
    text = text.replace("  clock", "  applies call.purpose is sales\n  clock")
    assert [d.code for d in list_findings([PackSource("x.rules", text)])] == ["R512"]


CLAUSES = st.sampled_from([
    "at most 2 calls in any 2 days per debt", "at most 2 contacts in any 47 hours per debt",
    "at most 3 calls in any 50 hours per debt", "at most 2 contacts in any 2 days after the first per debt",
    "at most 2 calls a month per debt", "at most 2 calls per debt, all collectors together", "at most 2 talks per debt",
    "wait 5 hours after call per debt", "wait 1 day after talk per debt",
    "wait 2 days counting that day after call per debt",
    "wait 4 hours after contact per debt", "open 08:00-20:00 every day", "open Mon-Fri 09:00-18:00; Sat 09:00-12:00",
    "open Mon-Sun 09:00-18:00; closed Sat, Sun", "open Mon-Sat 07:00-20:00",
])  # fmt: skip


@given(CLAUSES, CLAUSES, st.integers(0, 10_000))
def test_what_is_called_idle_never_blocks_alone(one: str, other: str, seed: int) -> None:
    more = f'rule t.b "나"\n  policy §2\n  {other}\n'
    source = PackSource("x.rules", pack(one, header="clock Europe/London").text + more)
    idle = [d.message.split("`")[1] for d in list_findings([source]) if d.code == "R520"]
    if not idle:
        return
    rng, rules = Random(seed), compile_rules([source])
    asked = at("2026-03-30 12:00") + timedelta(minutes=rng.randrange(5 * 24 * 60))  # the clocks changed on the 29th
    contacts = ledger(
        *(event(f"e{n}", asked - timedelta(minutes=rng.randrange(4 * 24 * 60)), rng.choice(("talk", "no_answer")),
                rng.choice(("call", "call", "sms"))) for n in range(rng.randrange(5)))
    )  # fmt: skip
    closed = [finding.rule_id for finding in ask(rules, facts(asked), contacts).denials]
    assert closed not in ([name] for name in idle)


@pytest.mark.parametrize("name", BUILTIN_PACKS)
def test_no_shipped_pack_says_anything_that_it_does_not_mean(name: str) -> None:
    assert {d.code for d in list_findings([builtin_pack(name)])} <= {"R610", "R611"}


@pytest.mark.slow
def test_the_packs_of_one_country_do_not_make_each_other_idle() -> None:
    american = [builtin_pack(name) for name in BUILTIN_PACKS if name.startswith("us.")]
    assert {d.code for d in list_findings(american)} <= {"R610", "R611"}


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

"""Tables, ranks, splits, pacing limits and properties: what they say, and what their authors are told."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_rules import PackSource, RuleBook, RulesError, compile_rules
from collections_rules.choices import KeepLimit
from collections_rules.rule_tests import run_tests
from tests.collections_rules.made import at, facts

NOON = at("2026-04-14 12:00")

LADDER = """
table t.ladder  "단계별 처리"  treatment by debt.dpd, value.tier
  policy   strategy 2026-Q2
  dpd   | A                    | B                    | other
  1-4   | sms                  | sms                  | none
  5-29  | call soft            | call soft            | sms, call if silent 3 days
  30-89 | call firm, offer 6 m | call firm, offer 3 m | call firm
  90+   | specialist           | specialist           | agency
"""


def book(text: str) -> RuleBook:
    return compile_rules([PackSource("x.rules", "pack t.one 1.0\n  clock Asia/Seoul\n" + text)])


def told(text: str) -> list[tuple[str, int, str, str]]:
    with pytest.raises(RulesError) as raised:
        book(text)
    return [(d.code, d.span.line, d.message, d.help) for d in raised.value.diagnostics]


# Tables -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dpd", "tier", "cell"),
    [
        (1, "A", "sms"), (4, "B", "sms"), (5, "B", "call soft"), (29, "C", "sms, call if silent 3 days"),
        (30, "A", "call firm, offer 6 m"), (89, "Z", "call firm"), (90, "A", "specialist"), (5000, "C", "agency"),
        (0, "A", None), (None, "A", None), (4, None, None), (4.5, "A", "sms"),
    ],
)  # fmt: skip
def test_a_table_gives_every_account_its_one_cell(dpd: float | None, tier: str | None, cell: str | None) -> None:
    assert book(LADDER).choose("t.ladder", facts(NOON, debt__dpd=dpd, value__tier=tier)) == cell


def test_there_is_no_table_of_another_name() -> None:
    with pytest.raises(ValueError, match=r"no table `t\.lader`; there are t\.ladder"):
        book(LADDER).choose("t.lader", facts(NOON))


def test_a_gap_between_rows_is_told_with_an_account() -> None:
    text = LADDER.replace("  30-89 | call firm, offer 6 m | call firm, offer 3 m | call firm\n", "")
    assert told(text) == [
        ("R310", 9, "t.ladder leaves a gap: dpd 30-89 has no row", "example account: dpd 59, tier A")
    ]  # fmt: skip


def test_a_table_that_ends_too_early_has_a_gap() -> None:
    assert told(LADDER.replace("90+  ", "90-99")) == [
        ("R310", 10, "t.ladder leaves a gap: dpd above 99 has no row", "example account: dpd 100, tier A")
    ]


def test_rows_that_overlap_are_told_with_an_account() -> None:
    assert told(LADDER.replace("5-29 ", "4-29 ")) == [
        ("R311", 8, "rows `1-4` and `4-29` overlap", "example account: dpd 4, tier A")
    ]


def test_a_row_that_is_never_reached_is_told() -> None:
    text = LADDER.replace("  90+ ", "  40-50 | a | b | c\n  90+ ")
    assert told(text) == [
        ("R312", 10, "row `40-50` is never reached: other rows hold all of it", "example account: dpd 40, tier A")
    ]


def test_every_word_of_a_fact_needs_its_row() -> None:
    text = "\ntable t.kind  say by number.kind\n  kind | script\n  mobile, home | a\n  work, personal | b\n"
    assert told(text) == [("R310", 5, "t.kind leaves a gap: kind other has no row", "example account: kind other")]
    assert book(text + "  other | c\n").choose("t.kind", facts(NOON, number__kind="personal")) == "b"


@given(cuts=st.lists(st.integers(1, 400), min_size=1, max_size=6, unique=True).map(sorted), dpd=st.integers(0, 500))
def test_rows_that_follow_each_other_hold_every_number_once(cuts: list[int], dpd: int) -> None:
    edges = [0, *cuts]
    rows = [f"  {low}-{high - 1} | r{low}" for low, high in pairwise(edges)]
    text = "\ntable t.x  treatment by debt.dpd\n  dpd | do\n" + "\n".join([*rows, f"  {edges[-1]}+ | r{edges[-1]}", ""])
    expected = max(edge for edge in edges if edge <= dpd)
    assert book(text).choose("t.x", facts(NOON, debt__dpd=dpd)) == f"r{expected}"


# Ranks --------------------------------------------------------------------------


def test_callbacks_come_first_then_fresh_leads_then_value() -> None:
    rules = book("\nrank t.order  callback due, lead age under 10 minutes, then value.next_call high to low\n")
    due = facts(NOON, callback__due=NOON)
    early = facts(NOON, callback__due=NOON + timedelta(seconds=1), value__next_call=9_000)
    lead = facts(NOON, lead__received=NOON - timedelta(minutes=10))
    old = facts(NOON, lead__received=NOON - timedelta(minutes=10, seconds=1), value__next_call=5_000)
    unknown = facts(NOON)
    assert sorted([unknown, old, early, lead, due], key=rules.rank_key) == [due, lead, early, old, unknown]


def test_a_book_without_a_rank_has_no_order() -> None:
    assert book("").rank_key(facts(NOON)) == ()


# Splits -------------------------------------------------------------------------

SPLIT = """
split t.q2  by person  seed 2026Q2  from 2026-04-01 until 2026-06-30
  arms     champion 80, challenger 15, hold 5
  measure  collected in 60 days, complaints per 1,000
"""


def test_a_split_draws_its_shares_and_always_the_same() -> None:
    rules, again = book(SPLIT), book(SPLIT)
    drawn = [rules.arm_of("t.q2", f"P{n}", NOON) for n in range(5_000)]
    assert drawn == [again.arm_of("t.q2", f"P{n}", NOON + timedelta(days=30)) for n in range(5_000)]
    counts = Counter(drawn)
    assert counts["champion"] == pytest.approx(4_000, abs=120)
    assert counts["hold"] == pytest.approx(250, abs=60)
    assert rules.splits["t.q2"].measures == ("collected in 60 days, complaints per 1,000",)


def test_another_seed_draws_anew() -> None:
    rules, other = book(SPLIT), book(SPLIT.replace("2026Q2", "12"))
    arms = [(rules.arm_of("t.q2", f"P{n}", NOON), other.arm_of("t.q2", f"P{n}", NOON)) for n in range(300)]
    assert any(first != second for first, second in arms)


def test_the_assignment_does_not_change_between_versions() -> None:
    # INVARIANT: a person moved to another arm would spoil every experiment under way.
    drawn = [book(SPLIT).arm_of("t.q2", f"P{n}", NOON) for n in range(12)]
    assert drawn == DRAWN


DRAWN = ["champion"] * 6 + ["challenger", "champion", "challenger", "champion", "champion", "champion"]


@pytest.mark.parametrize(
    ("when", "is_in"), [("2026-03-31 23:59:59", False), ("2026-04-01 00:00:00", True),
                        ("2026-06-29 23:59:59", True), ("2026-06-30 00:00:00", False)],
)  # fmt: skip
def test_a_split_begins_and_ends_with_its_dates(when: str, is_in: bool) -> None:
    assert (book(SPLIT).arm_of("t.q2", "P1", at(when)) is not None) is is_in


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("hold 6", "hold 5", "the shares of the arms add up to 101, not 100"),
        ("champion t.none 80", "champion 80", "no table `t.none`"),
        ("by persn", "by person", "unknown word `persn`"),
        ("  from 2026-07-01", "  from 2026-04-01", "`until 2026-06-30` is not after `from 2026-07-01`"),
        ("challenger 15, challenger 5", "challenger 15, hold 5", "a second arm `challenger`"),
    ],
)
def test_a_split_that_cannot_be_drawn_is_told(wrong: str, right: str, said: str) -> None:
    assert told(SPLIT.replace(right, wrong))[0][2] == said


# Pacing limits --------------------------------------------------------------------

KEEP = """
keep t.abandon  "포기호"  "Abandoned calls"
  law      47 CFR 64.1200(a)(6), (7); 16 CFR 310.4(b)(4)
  limit    abandoned at most 3% of live answers in each 30 days from campaign start; pace to 2%
  limit    ring at least 15 seconds
  limit    connect within 2 seconds
"""


def test_pacing_limits_are_data_for_the_dialer() -> None:
    (keep,) = book(KEEP).keeps
    assert (keep.keep_id, keep.layer, keep.is_verified) == ("t.abandon", "law", True)
    assert keep.limits == (
        KeepLimit("abandoned", 0.03, False, 30 * 86_400.0, True, "campaign", 0.02),
        KeepLimit("ring", 15.0),
        KeepLimit("connect", 2.0),
    )


def test_a_strict_limit_over_a_moving_window() -> None:
    text = KEEP.replace("at most 3%", "under 3%").replace("each 30 days from campaign start", "any 7 days")
    (keep,) = book(text).keeps
    assert keep.limits[0] == KeepLimit("abandoned", 0.03, True, 7 * 86_400.0, False, "campaign", 0.02)


def test_a_limit_needs_its_source_and_a_target_below_it() -> None:
    assert told(KEEP.replace("  law      47 CFR 64.1200(a)(6), (7); 16 CFR 310.4(b)(4)\n", ""))[0][0] == "R201"
    assert told(KEEP.replace("pace to 2%", "pace to 4%"))[0][2] == "4% is above the limit of 3%"


# Properties -----------------------------------------------------------------------

NIGHT = 'rule t.night  "야간"  "Night"\n  law      §1\n  open     after 08:00 until 21:00 every day\n'
HOLDS = "always   no call when any clock of evidence is at or before 08:00 or from 21:00 on   # on made accounts\n"


def run(text: str) -> tuple[int, list[str]]:
    report = run_tests(PackSource("x.rules", "pack t.one 1.0\n  clock every evidence\n" + text))
    return report.held, [failure.message for failure in report.failures]


def test_a_property_that_holds_is_counted() -> None:
    assert run(NIGHT + HOLDS) == (1, [])


@pytest.mark.parametrize("broken", ["at or before 08:00:01", "before 08:00:02"])
def test_a_property_one_second_too_wide_is_broken(broken: str) -> None:
    assert run(NIGHT + HOLDS.replace("at or before 08:00", broken)) == (0, ["this property does not hold"])


def test_a_counterexample_is_shown() -> None:
    text = NIGHT + 'always "the dead rest"  no call when person.deceased\n'
    report = run_tests(PackSource("x.rules", "pack t.one 1.0\n  clock Asia/Seoul\n" + text))
    (failure,) = report.failures
    assert failure.message == "this property `the dead rest` does not hold"
    assert "person.deceased yes" in failure.help
    assert "always: 0/1 held on 2,000 made accounts" in report.text()

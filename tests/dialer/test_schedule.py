"""What is called next, and not before when."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from dialer.disposition import Disposition
from dialer.records import Disposed, FactStated
from dialer.schedule import Schedule
from tests.fakes import SEOUL, TEN, an_account
from tests.strategies import Choices, a_claim, a_denial

ACCOUNTS = [an_account(index) for index in range(1, 5)]
LATER = TEN + timedelta(hours=1)
A_SECOND = timedelta(seconds=1)


def a_schedule(*accounts):
    schedule = Schedule(zone=SEOUL)
    schedule.enroll(accounts or ACCOUNTS)
    return schedule


def offered(schedule, at=TEN):
    """Everything that is due, in order."""
    order = []
    while (pick := schedule.next(at)) is not None:
        order.append(pick.account_id)
    return order


def claim(schedule, account, at=TEN, attempt_id="c-1"):
    schedule.apply_claimed(a_claim(at, attempt_id, "c", account, Choices(0)))


def dispose(schedule, account, at=TEN, disposition=Disposition.NO_ANSWER, next_at=LATER, **fields):
    ends = "" if next_at is not None else "attempts used up"
    schedule.apply_disposed(
        Disposed(at, "c-1", "c", account.account_id, disposition, next_at=next_at, ends=ends, **fields)
    )


def call(schedule, account, at=TEN, **fields):
    """One attempt, from claim to disposition."""
    claim(schedule, account, at)
    dispose(schedule, account, at, **fields)


# Order.


def test_fresh_accounts_are_offered_in_list_order():
    assert offered(a_schedule()) == ["acc-1", "acc-2", "acc-3", "acc-4"]


def test_better_value_tier_goes_first_and_no_tier_last():
    tiers = [an_account(1), an_account(2, tier="B"), an_account(3, tier="A"), an_account(4, tier="B")]
    assert offered(a_schedule(*tiers)) == ["acc-3", "acc-2", "acc-4", "acc-1"]


def test_due_callbacks_go_before_everything_then_retries_before_fresh_ones():
    schedule = a_schedule()
    call(schedule, ACCOUNTS[2])
    call(schedule, ACCOUNTS[3], is_next_callback=True)
    assert offered(schedule, LATER) == ["acc-4", "acc-3", "acc-1", "acc-2"]


def test_retry_does_not_go_before_a_better_tier():
    low, high = an_account(1, tier="B"), an_account(2, tier="A")
    schedule = a_schedule(low, high)
    call(schedule, low)
    assert offered(schedule, LATER) == ["acc-2", "acc-1"]


def test_lists_enrolled_later_stand_behind_and_known_accounts_keep_their_place():
    schedule = a_schedule(*ACCOUNTS[:2])
    schedule.enroll([ACCOUNTS[3], ACCOUNTS[0], ACCOUNTS[2]])
    assert len(schedule) == 4
    assert offered(schedule) == ["acc-1", "acc-2", "acc-4", "acc-3"]


# Not before.


@pytest.mark.parametrize(("at", "is_offered"), [(LATER - A_SECOND, False), (LATER, True)])
def test_next_try_is_offered_from_its_instant_on_and_not_before(at, is_offered):
    schedule = a_schedule(ACCOUNTS[0])
    schedule.next(TEN)
    call(schedule, ACCOUNTS[0], next_at=LATER)
    assert offered(schedule, at) == (["acc-1"] if is_offered else [])


def test_pick_carries_what_the_last_attempt_planned():
    schedule = a_schedule(ACCOUNTS[0])
    plan = {"next_number_id": "n-1-2", "next_agent_id": "ag-7", "same_agent_within_s": 600.0, "is_next_callback": True}
    call(schedule, ACCOUNTS[0], disposition=Disposition.CALLBACK, next_at=LATER, **plan)
    pick = schedule.next(LATER)
    assert (pick.is_callback, pick.agent_id, pick.same_agent_within_s) == (True, "ag-7", 600.0)
    assert (pick.due_at, pick.next_number_id) == (LATER, "n-1-2")


def test_account_that_is_being_called_is_not_offered():
    schedule = a_schedule(ACCOUNTS[0])
    claim(schedule, ACCOUNTS[0])
    assert offered(schedule) == []


def test_entry_made_before_a_newer_plan_is_dropped_when_it_surfaces():
    schedule = a_schedule(ACCOUNTS[0])
    call(schedule, ACCOUNTS[0], next_at=LATER)
    call(schedule, ACCOUNTS[0], at=LATER, next_at=LATER + timedelta(hours=3))
    assert offered(schedule, LATER + timedelta(hours=2)) == []
    assert offered(schedule, LATER + timedelta(hours=3)) == ["acc-1"]


def test_account_whose_attempts_are_over_is_never_offered_again():
    schedule = a_schedule(ACCOUNTS[0])
    call(schedule, ACCOUNTS[0], next_at=None)
    assert offered(schedule, TEN + timedelta(days=365)) == []
    assert schedule.progress_of("acc-1").ends == "attempts used up"


def test_next_due_instant_is_the_earliest_that_still_holds():
    schedule = a_schedule(*ACCOUNTS[:2])
    assert offered(schedule) == ["acc-1", "acc-2"]
    assert schedule.next_due_at() is None
    call(schedule, ACCOUNTS[0], next_at=LATER)
    call(schedule, ACCOUNTS[1], next_at=LATER + A_SECOND)
    assert schedule.next_due_at() == LATER
    call(schedule, ACCOUNTS[0], next_at=LATER + timedelta(days=1))
    assert schedule.next_due_at() == LATER + A_SECOND


# Put back, refused, held.


def test_pick_put_back_is_offered_again_in_its_place():
    schedule = a_schedule()
    pick = schedule.next(TEN)
    schedule.put_back(pick.account_id)
    assert offered(schedule)[0] == "acc-1"


@pytest.mark.parametrize(("at", "is_offered"), [(LATER - A_SECOND, False), (LATER, True)])
def test_pick_put_back_until_an_instant_is_offered_from_then_on(at, is_offered):
    schedule = a_schedule(ACCOUNTS[0])
    schedule.put_back(schedule.next(TEN).account_id, LATER)
    assert offered(schedule, at) == (["acc-1"] if is_offered else [])


def test_putting_back_is_forgotten_when_a_record_plans_the_account():
    schedule = a_schedule(ACCOUNTS[0])
    schedule.put_back(schedule.next(TEN).account_id, LATER)
    call(schedule, ACCOUNTS[0], next_at=LATER + timedelta(hours=1))
    assert offered(schedule, LATER) == []


@pytest.mark.parametrize(("at", "is_offered"), [(LATER - A_SECOND, False), (LATER, True)])
def test_refused_account_is_offered_when_it_may_be_lawful(at, is_offered):
    schedule = a_schedule(ACCOUNTS[0])
    schedule.next(TEN)
    schedule.apply_denied(a_denial(TEN, "c", ACCOUNTS[0], LATER))
    assert schedule.progress_of("acc-1").held_by == "bank.hours"
    assert offered(schedule, at) == (["acc-1"] if is_offered else [])


def test_account_that_only_a_fact_can_release_is_held_until_that_person_states_one():
    schedule = a_schedule(ACCOUNTS[0], ACCOUNTS[1])
    for account in ACCOUNTS[:2]:
        schedule.next(TEN)
        schedule.apply_denied(a_denial(TEN, "c", account, None))
    assert schedule.progress_of("acc-1").ends == "held by bank.hours"
    assert offered(schedule, TEN + timedelta(days=30)) == []
    schedule.apply_fact(FactStated(LATER, "c", "p-1", "acc-1", "person.opted_out", False))
    assert offered(schedule, LATER - A_SECOND) == []
    assert offered(schedule, LATER) == ["acc-1"]


def test_fact_releases_every_held_account_of_the_person():
    twins = [an_account(1, person_id="p"), an_account(2, person_id="p")]
    schedule = a_schedule(*twins)
    for account in twins:
        schedule.next(TEN)
        schedule.apply_denied(a_denial(TEN, "c", account, None))
    schedule.apply_fact(FactStated(LATER, "c", "p", "acc-1", "person.opted_out", False))
    assert offered(schedule, LATER) == ["acc-1", "acc-2"]


def test_fact_does_not_revive_an_account_that_ended_for_another_reason():
    schedule = a_schedule(ACCOUNTS[0])
    schedule.apply_denied(a_denial(TEN, "c", ACCOUNTS[0], None))
    call(schedule, ACCOUNTS[0], disposition=Disposition.REFUSED, next_at=None)
    schedule.apply_fact(FactStated(LATER, "c", "p-1", "acc-1", "person.opted_out", False))
    assert offered(schedule, TEN + timedelta(days=30)) == []


def test_refusal_at_the_answer_leaves_the_plan_to_the_disposition():
    schedule = a_schedule(ACCOUNTS[0])
    claim(schedule, ACCOUNTS[0])
    before = evolve(schedule.progress_of("acc-1"))
    schedule.apply_denied(evolve(a_denial(TEN, "c", ACCOUNTS[0], None), attempt_id="c-1"))
    assert schedule.progress_of("acc-1") == before


# What is counted.


def test_streak_counts_the_same_outcome_in_a_row():
    schedule, streaks = a_schedule(ACCOUNTS[0]), []
    for disposition in (
        Disposition.BUSY,
        Disposition.BUSY,
        Disposition.NO_ANSWER,
        Disposition.GIVEN_UP,
        Disposition.BUSY,
    ):
        call(schedule, ACCOUNTS[0], disposition=disposition)
        progress = schedule.progress_of("acc-1")
        streaks.append((progress.last_outcome, progress.outcome_streak))
    assert streaks == [("busy", 1), ("busy", 2), ("no_answer", 1), ("no_answer", 2), ("busy", 1)]


def test_attempts_of_a_day_are_counted_by_the_local_date():
    schedule = a_schedule(ACCOUNTS[0])
    midnight = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)  # in Seoul
    for at, count in ((TEN, 1), (midnight - A_SECOND, 2), (midnight, 1)):
        call(schedule, ACCOUNTS[0], at=at)
        assert schedule.progress_of("acc-1").day_attempt_count == count
    assert schedule.progress_of("acc-1").attempt_count == 3


def test_dropped_numbers_stay_dropped():
    schedule = a_schedule(ACCOUNTS[0])
    call(schedule, ACCOUNTS[0], dropped_number_id="n-1-1")
    call(schedule, ACCOUNTS[0], dropped_number_id="n-1-2")
    call(schedule, ACCOUNTS[0])
    assert schedule.progress_of("acc-1").dropped_number_ids == {"n-1-1", "n-1-2"}


# Any order of things.


@define
class Dialer:
    """Does with a schedule what a campaign may do, in any order, and writes it down."""

    schedule: Schedule
    at: datetime = TEN
    owned: list[str] = field(factory=list)
    open: list[str] = field(factory=list)
    records: list = field(factory=list)

    def move(self, kind: str, which: int) -> None:
        self.at += timedelta(seconds=(0, 1, 600, 4000)[which % 4])
        if kind == "pick":
            pick = self.schedule.next(self.at)
            if pick is not None:
                assert pick.account_id not in self.owned, "offered twice at once"
                assert pick.account_id not in self.open, "offered while it is being called"
                due_at = self.schedule.progress_of(pick.account_id).not_before_at
                assert due_at is None or due_at <= self.at
                self.owned.append(pick.account_id)
        elif kind == "dispose" and self.open:
            account_id = self.open.pop(which % len(self.open))
            next_at = (None, self.at, self.at + timedelta(minutes=5), self.at + timedelta(days=1))[which % 4]
            self.take(
                Disposed(self.at, "c-1", "c", account_id, Disposition.BUSY, next_at=next_at,
                         is_next_callback=which % 3 == 0, ends="" if next_at else "x"),
                self.schedule.apply_disposed,
            )  # fmt: skip
        elif kind == "fact":
            person_id = ACCOUNTS[which % 4].person.person_id
            self.take(FactStated(self.at, "c", person_id, "", "person.opted_out", True), self.schedule.apply_fact)
        elif self.owned:
            account_id = self.owned.pop(which % len(self.owned))
            account = next(one for one in ACCOUNTS if one.account_id == account_id)
            if kind == "put back":
                self.schedule.put_back(account.account_id, (None, self.at + timedelta(minutes=1))[which % 2])
            elif kind == "deny":
                next_at = (None, self.at + timedelta(minutes=30))[which % 2]
                self.take(a_denial(self.at, "c", account, next_at), self.schedule.apply_denied)
            else:
                self.open.append(account.account_id)
                self.take(a_claim(self.at, "c-1", "c", account, Choices(which)), self.schedule.apply_claimed)

    def take(self, record, apply) -> None:
        self.records.append(record)
        apply(record)

    def replayed(self, enroll_first: bool) -> Schedule:
        again = a_schedule() if enroll_first else Schedule(zone=SEOUL)
        for record in self.records:
            name = {"Claimed": "apply_claimed", "Disposed": "apply_disposed", "Denied": "apply_denied"}
            getattr(again, name.get(type(record).__name__, "apply_fact"))(record)
        again.enroll(ACCOUNTS)
        return again


MOVES = st.sampled_from(("pick", "pick", "pick", "claim", "claim", "dispose", "dispose", "deny", "put back", "fact"))


@pytest.mark.slow
@given(moves=st.lists(st.tuples(MOVES, st.integers(0, 11)), min_size=10, max_size=60), enroll_first=st.booleans())
def test_account_is_never_offered_twice_at_once_and_replay_gives_an_equal_schedule(moves, enroll_first):
    live = Dialer(a_schedule())
    for kind, which in moves:
        live.move(kind, which)
    again = live.replayed(enroll_first)
    assert again == live.schedule
    # What a restart offers later is what the live schedule offers once everything taken is given back.
    for account_id in live.owned:
        live.schedule.put_back(account_id)
    later = live.at + timedelta(days=2)
    assert sorted(offered(again, later)) == sorted(offered(live.schedule, later))

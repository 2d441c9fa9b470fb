"""What must hold of any day, asserted from its journal and from the trunk's own log.

Written from the promises, not from the engine: attempts, agents and verdicts are put
together anew (`inspection`, `naive_rules`).
"""

from datetime import timedelta
from itertools import pairwise

from dialer.app import new_state
from dialer.disposition import DISPOSITIONS, Disposition, HungUpBy, NetworkOutcome
from dialer.journal import replay
from dialer.records import AgentState, AnsweredBy, CampaignChanged, CampaignState, Denied, VerdictStage
from pacing import PacingMode
from tests.days.agent_invariants import check_agents, check_talks
from tests.days.inspection import Attempt, Book, seconds_between
from tests.days.naive_rules import closed_rules
from tests.days.plans import SAFE_HARBOR
from tests.days.world import Day

__all__ = ["check_day"]

# Instants are kept to the microsecond and virtual times are sums of floats.
SAME_S = 1e-3
MIN_RING_S = 15.0
CONNECT_S = 2.0


def check_day(day: Day) -> Book:
    """Everything that must hold."""
    book = Book.of(day)
    check_records(book)
    for attempt in book.of_today:
        check_life(book, attempt)
        check_lawful(book, attempt)
        if attempt.dialed is not None:
            check_ringing(book, attempt)
            check_truth(book, attempt)
            check_message(book, attempt)
            check_connect_limit(book, attempt)
    for index, denied in enumerate(book.changes(Denied)):
        check_denial(book, denied, is_judged=index < 300)  # type: ignore[arg-type]
    check_waits(book)
    check_callbacks(book)
    check_lines(book)
    check_drain(book)
    check_counts(book)
    check_agents(book)
    check_talks(book)
    check_replay(day)
    return book


def check_records(book: Book) -> None:
    """Records stand in the order of time; every attempt that the trunk heard of is in the journal."""
    for one, following in pairwise(book.records):
        assert seconds_between(one.at, following.at) > -SAME_S, (one, following)
    originated = {one.id for one in book.of_today if one.originated}
    assert originated == {one.order.attempt_id for one in book.day.dialed}
    assert all(one.is_claimed for one in book.day.dialed), "the trunk heard of a call before the journal (I2)"


def check_life(book: Book, attempt: Attempt) -> None:
    """Exactly one disposition (I3), at most one of everything else, in the order of a call."""
    for records in (attempt.originated, attempt.answered, attempt.detected, attempt.connected, attempt.talk_ended):
        assert len(records) <= 1, attempt
    assert len(attempt.disposed) == 1, attempt
    names = ["Claimed", "Originated", "Answered", "Detected", "Connected", "TalkEnded"]
    kinds = [type(record).__name__ for record in attempt.order]
    assert kinds == [*names[: len(kinds) - 1], "Disposed"], kinds
    assert bool(attempt.originated) == (attempt.end.disposition is not Disposition.NOT_PLACED)
    assert (attempt.end.next_at is None) == bool(attempt.end.ends), attempt.end
    plan = book.campaigns[attempt.claimed.campaign_id]
    assert attempt.claimed.mode in (plan.mode.value, PacingMode.PROGRESSIVE.value)


def check_lawful(book: Book, attempt: Attempt) -> None:
    """No call outside the rules at the instant the trunk hears of it, nor to the last ring (I1)."""
    claimed = attempt.claimed
    ids = (claimed.campaign_id, claimed.account_id)
    account, number = book.accounts[ids], book.number(*ids, claimed.number_id)
    if attempt.dialed is None:
        return
    assert attempt.dialed.order.e164 == number.e164
    ring_s = book.campaigns[claimed.campaign_id].ring_s
    closed = closed_rules(book, claimed.campaign_id, account, number, attempt.dialed.at, ring_s, but=attempt.id)
    assert not closed, (attempt.id, attempt.dialed.at, closed)
    assert claimed.pack_hash
    if attempt.connected:
        stated = [fact.at for fact in book.facts.get(claimed.person_id, ()) if fact.name == "person.opted_out"]
        assert not any(at < attempt.connected[0].at for at in stated), "connected after an opt-out"


def check_denial(book: Book, denied: Denied, *, is_judged: bool) -> None:
    """A refusal names rule, reason and next time; by hand the call was closed too."""
    assert denied.rule_id in denied.rule_ids
    assert denied.reason
    if denied.next_eligible_at is None:
        is_held = {"house.opt-out", "paceline.no-number"} & set(denied.rule_ids)
        assert is_held or _never_opens(book, denied), denied
    else:
        assert denied.next_eligible_at > denied.at - timedelta(seconds=1), denied
    if not is_judged or not denied.number_id:
        return
    ids = (denied.campaign_id, denied.account_id)
    account, number = book.accounts[ids], book.number(*ids, denied.number_id)
    # The engine asks for five seconds more than the ringing; a second either way is rounding.
    ring_s = 0.0 if denied.stage is VerdictStage.ANSWER else book.campaigns[denied.campaign_id].ring_s + 6.0
    around = (denied.at + timedelta(seconds=shift) for shift in (0.0, -1.0, 1.0))
    assert any(
        closed_rules(book, denied.campaign_id, account, number, at, ring_s, but=denied.attempt_id or "")
        for at in around
    ), denied


def _never_opens(book: Book, denied: Denied) -> bool:
    """Whether the hours of all the person's zones have no quarter of an hour in common."""
    account = book.accounts[denied.campaign_id, denied.account_id]
    number = book.number(denied.campaign_id, denied.account_id, denied.number_id)
    quarters = (denied.at + timedelta(minutes=15 * n) for n in range(4 * 48))
    return all("house.hours" in closed_rules(book, denied.campaign_id, account, number, at, 45.0) for at in quarters)


def check_waits(book: Book) -> None:
    """After a refusal nobody calls the account before the time it names; after a disposition neither."""
    claims: dict[tuple[str, str], list[Attempt]] = {}
    for attempt in book.of_today:
        claims.setdefault((attempt.claimed.campaign_id, attempt.claimed.account_id), []).append(attempt)
    for denied in book.changes(Denied):
        assert isinstance(denied, Denied)
        for attempt in claims.get((denied.campaign_id, denied.account_id), ()):
            is_same = denied.stage is VerdictStage.PICK or attempt.claimed.number_id == denied.number_id
            if denied.next_eligible_at and is_same and attempt.originated and attempt.claimed.at > denied.at:
                assert attempt.claimed.at >= denied.next_eligible_at, (denied, attempt.claimed)
    for attempts in claims.values():
        for one, following in pairwise(attempts):
            assert one.end.next_at is not None, f"{one.end} ended the account, and it was called again"
            assert following.claimed.at >= max(one.end.at, one.end.next_at) - timedelta(seconds=SAME_S)


def check_callbacks(book: Book) -> None:
    """Not before the person asked, and by the same agent when that agent is free."""
    last: dict[tuple[str, str], Attempt] = {}
    for attempt in book.of_today:
        claimed = attempt.claimed
        key = (claimed.campaign_id, claimed.account_id)
        before, last[key] = last.get(key), attempt
        is_due = before is not None and before.end.is_next_callback
        assert claimed.is_callback == is_due, attempt
        if before is None or not is_due:
            continue
        assert claimed.at >= before.end.next_at - timedelta(seconds=SAME_S)  # type: ignore[operator]
        assert claimed.agent_id is not None, "a person who asked to be called is left waiting for an agent"
        wanted = before.end.next_agent_id
        if wanted is None or wanted == claimed.agent_id or claimed.mode == PacingMode.PREVIEW.value:
            continue
        reserved = book.stay_at(claimed.agent_id, attempt.claimed_index)
        assert reserved is not None
        stay = book.stay_at(wanted, reserved.index)
        works_here = stay is not None and claimed.campaign_id in stay.change.campaign_ids
        assert stay is None or stay.change.state is not AgentState.IDLE or not works_here, (attempt.claimed, stay)


def check_ringing(book: Book, attempt: Attempt) -> None:
    """An unanswered call rings for 15 s unless the far end, the trunk or a stop ended it."""
    dialed, stopped_at = attempt.dialed, book.day.stopped_at
    assert dialed is not None
    assert dialed.end is not None
    assert dialed.ended_at is not None
    if attempt.answered or dialed.end.hung_up_by is not HungUpBy.US:
        return
    rang_s = seconds_between(dialed.at, dialed.ended_at)
    limit_s = book.campaigns[attempt.claimed.campaign_id].ring_s
    is_stopped = stopped_at is not None and dialed.ended_at >= stopped_at
    assert is_stopped or rang_s >= MIN_RING_S - SAME_S, attempt
    assert rang_s <= limit_s + SAME_S, attempt
    is_whole = rang_s >= limit_s - SAME_S
    assert attempt.end.disposition is (Disposition.NO_ANSWER if is_whole else Disposition.GIVEN_UP), attempt.end


def check_truth(book: Book, attempt: Attempt) -> None:
    """What the far end knows to have happened is what the journal says, or better for them than for us (I5)."""
    dialed = attempt.dialed
    assert dialed is not None
    assert dialed.fate is not None
    assert dialed.end is not None
    disposition = attempt.end.disposition
    traits = DISPOSITIONS[disposition]
    is_answered = bool(attempt.answered)
    if dialed.fate.is_person and is_answered:
        assert traits.is_answered_by_person, attempt
        if dialed.fate.is_false_machine and attempt.detected:
            assert disposition is Disposition.FALSE_MACHINE
    if not is_answered:
        assert not traits.is_answered_by_person, attempt
        assert disposition is not Disposition.MACHINE
    if disposition is Disposition.HUNG_UP_EARLY:
        assert dialed.end.hung_up_by is HungUpBy.PERSON
        assert not dialed.played
    if not is_answered and dialed.end.hung_up_by is HungUpBy.NETWORK:
        assert disposition.value == dialed.end.outcome.value, attempt
    if dialed.end.outcome is NetworkOutcome.TRUNK_LOST and not is_answered:
        assert disposition is Disposition.TRUNK_LOST


def check_message(book: Book, attempt: Attempt) -> None:
    """Whoever is abandoned hears the message; nobody else does."""
    dialed = attempt.dialed
    assert dialed is not None
    assert dialed.end is not None
    is_told = dialed.played == [SAFE_HARBOR]
    assert is_told or not dialed.played
    if dialed.played:
        assert attempt.end.disposition is Disposition.ABANDONED
    if attempt.end.disposition is not Disposition.ABANDONED or is_told:
        return
    # Not played only when line or engine was gone before there was time to.
    stopped_at, cut_off_at = book.day.stopped_at, _talks_end_at(book)
    is_ended = any(at is not None and dialed.ended_at >= at for at in (stopped_at, cut_off_at))  # type: ignore[operator]
    assert is_ended or dialed.end.outcome is NetworkOutcome.TRUNK_LOST or not attempt.detected, attempt


def check_connect_limit(book: Book, attempt: Attempt) -> None:
    """An agent within the limit, from the end of the greeting."""
    if not attempt.connected:
        return
    greeted_at = attempt.detected[0].greeting_ended_at
    waited_s = seconds_between(greeted_at, attempt.connected[0].at)
    assert waited_s <= CONNECT_S + SAME_S, attempt
    assert abs(waited_s - attempt.connected[0].wait_s) < SAME_S
    assert attempt.detected[0].answered_by is not AnsweredBy.MACHINE
    if attempt.claimed.agent_id is not None:
        assert attempt.connected[0].agent_id == attempt.claimed.agent_id


def check_lines(book: Book) -> None:
    """Never more calls than lines, never faster than the trunk's rate with a bucket of one second."""
    plans = {one.name: one for one in book.day.plan.trunks}
    for name, plan in plans.items():
        calls = [one for one in book.day.dialed if one.trunk == name]
        edges = sorted(
            [(one.ended_at, 0, -1) for one in calls] + [(one.at, 1, 1) for one in calls]  # type: ignore[list-item]
        )
        in_use = 0
        for _, _, step in edges:
            in_use += step
            assert in_use <= plan.lines, f"{in_use} calls on {plan.lines} lines of {name}"
        size = tokens = max(1.0, plan.calls_per_s)
        last_at = None
        for call in calls:
            if last_at is not None:
                tokens = min(size, tokens + seconds_between(last_at, call.at) * plan.calls_per_s)
            last_at, tokens = call.at, tokens - 1.0
            # A store that takes its time lets claims of several seconds through at once.
            assert tokens > -0.01 - plan.calls_per_s * 3 * book.day.plan.store_s, f"{name} at {call.at}"
    if book.day.plan.store_s == 0:
        # A carrier without a burst refuses also what a disk shifts by a moment.
        assert book.day.refused_count == 0


def _drained_at(book: Book):  # type: ignore[no-untyped-def]
    drained = [one.at for one in book.changes(CampaignChanged) if one.state is CampaignState.DRAINING]  # type: ignore[union-attr]
    return min(drained, default=None)


def _talks_end_at(book: Book):  # type: ignore[no-untyped-def]
    drained_at = _drained_at(book)
    return drained_at and drained_at + timedelta(seconds=book.day.plan.ending.drain_s)


def check_drain(book: Book) -> None:
    """After a drain no call is started, and within its time all is over; a stop ends everything at once."""
    drained_at, stopped_at, limit_at = _drained_at(book), book.day.stopped_at, _talks_end_at(book)
    # A batch on its way to the disk is waited for, not torn.
    slack = timedelta(seconds=SAME_S + 3 * book.day.plan.store_s)
    for attempt in book.of_today:
        last_at = attempt.end.at
        if drained_at is not None:
            assert attempt.claimed.at <= drained_at
            assert attempt.dialed is None or attempt.dialed.at <= drained_at, attempt
            assert last_at <= limit_at + slack, attempt
        if stopped_at is not None:
            assert last_at <= stopped_at + slack, attempt
    ended = [one for one in book.changes(CampaignChanged) if one.state is CampaignState.ENDED]  # type: ignore[union-attr]
    assert len(ended) == len(book.campaigns)
    assert type(book.records[-1]).__name__ == "Closed"


def check_counts(book: Book) -> None:
    """Answered by a person = connected + abandoned + hung up early + taken for a machine (I5)."""
    for campaign_id, state in book.day.state.campaigns.items():
        ends = [one.end.disposition for one in book.attempts.values() if one.claimed.campaign_id == campaign_id]
        connected = sum(DISPOSITIONS[one].is_connected for one in ends)
        abandoned, false = ends.count(Disposition.ABANDONED), ends.count(Disposition.FALSE_MACHINE)
        early = ends.count(Disposition.HUNG_UP_EARLY)
        assert state.counters.answered_by_person == connected + abandoned + early + false
        assert state.counters.abandoned == abandoned + false
        assert state.attempt_count == len(ends)
        assert sum(state.dispositions.values()) == len(ends)
    for attempt in book.of_today:
        traits = DISPOSITIONS[attempt.end.disposition]
        is_machine = attempt.end.disposition is Disposition.MACHINE
        assert bool(attempt.connected) == traits.is_connected or (is_machine and attempt.connected), attempt
        if attempt.answered:
            assert traits.is_answered_by_person or is_machine, attempt


def check_replay(day: Day) -> None:
    """The journal leads to the live state, and every beginning of it to some state (I6)."""
    assert replay(day.lines, new_state(day.config)) == day.state
    part = len(day.lines) * (day.plan.seed % 97) // 97
    replay(day.lines[:part], new_state(day.config))

"""When an account is tried again after an attempt, and on which number. Pure.

The policy author's `sequence … after` clauses decide; what they leave open
falls back to the few defaults here, each with its reason.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from attrs import frozen

from collections_rules import RetryStep, Sequence
from dialer.disposition import DISPOSITIONS, Disposition
from dialer.model import Account
from dialer.schedule import AccountProgress

__all__ = ["NextTry", "plan_next_try"]

# Borders of the parts of a day: people who did not answer in one may in another.
_PART_STARTS = (time(0), time(12), time(15), time(18))

_DEFAULT_STEPS: dict[str, RetryStep] = {
    # Nothing reached the person: try soon, on the same number.
    "not_placed": RetryStep(delay_s=60.0, number="same"),
    "congested": RetryStep(delay_s=300.0, number="same"),
    "failed": RetryStep(delay_s=120.0, number="same"),
    "out_of_service": RetryStep(delay_s=60.0, number="drop"),
    # Somebody else of the household answered: the person may be there in another part of the day.
    "third_party": RetryStep(delay_s=10_800.0, number="same", another_part_of_day=True),
    # We let the person down; another call the same day would make it worse.
    "abandoned": RetryStep(delay_s=86_400.0, number="same"),
    "agent_lost": RetryStep(delay_s=600.0, number="same"),
}

_ENDING = {
    Disposition.SOLD: "sold",
    Disposition.PROMISED: "promised",
    Disposition.REFUSED: "refused",
    Disposition.OPTED_OUT: "opted out",
}

_ONE_DAY = timedelta(days=1)
_NEVER = datetime.max.replace(tzinfo=UTC)


@frozen
class NextTry:
    """The next try at `at` on `number_id`, or why there is none (`ends`)."""

    at: datetime | None = None
    number_id: str | None = None
    agent_id: str | None = None
    same_agent_within_s: float = 0.0
    is_callback: bool = False
    dropped_number_id: str | None = None
    ends: str = ""


def plan_next_try(
    sequence: Sequence | None,
    progress: AccountProgress,
    account: Account,
    number_id: str,
    disposition: Disposition,
    *,
    now_at: datetime,
    zone: ZoneInfo,
    callback_due_at: datetime | None = None,
    agent_id: str | None = None,
) -> NextTry:
    """What follows an attempt on `number_id` that ended in `disposition` at `now_at`.

    `progress` is the account's progress before this disposition counts, with
    the attempt itself already in `attempt_count`.
    """
    if disposition in _ENDING:
        return NextTry(ends=_ENDING[disposition])
    outcome = DISPOSITIONS[disposition].retry_outcome
    nth = progress.outcome_streak + 1 if outcome == progress.last_outcome else 1
    step = _step_for(sequence, outcome, nth)
    if step is None or step.stops:
        return NextTry(ends=f"no further try after {outcome.replace('_', ' ')}")
    if step.at_asked_time and callback_due_at is not None:
        return NextTry(
            at=callback_due_at,
            number_id=number_id,
            agent_id=agent_id if step.same_agent_within_s is not None else None,
            same_agent_within_s=step.same_agent_within_s or 0.0,
            is_callback=True,
        )
    rest_until = _rest(sequence, progress, now_at, zone)
    if rest_until is _NEVER:
        return NextTry(ends="attempts used up")
    dropped = number_id if step.number == "drop" else None
    number = _next_number(account, progress, number_id, step.number)
    if number is None:
        return NextTry(ends="no number left", dropped_number_id=dropped)
    at = _when(now_at, zone, step)
    return NextTry(at=at if rest_until is None else max(at, rest_until), number_id=number, dropped_number_id=dropped)


def _rest(sequence: Sequence | None, progress: AccountProgress, now_at: datetime, zone: ZoneInfo) -> datetime | None:
    """Until when the account rests because its attempts are used up: `_NEVER` for good, None not at all."""
    if sequence is None or sequence.max_attempts is None:
        return None
    used = progress.day_attempt_count if sequence.is_per_day else progress.attempt_count
    if used < sequence.max_attempts:
        return None
    if sequence.rest_s is not None:
        return now_at + timedelta(seconds=sequence.rest_s)
    if sequence.is_per_day:
        # The day the attempts are counted on, which a call that ends after midnight has left behind.
        full = progress.day or now_at.astimezone(zone).date()
        return datetime.combine(full + _ONE_DAY, time(0), tzinfo=zone).astimezone(now_at.tzinfo)
    return _NEVER


def _step_for(sequence: Sequence | None, outcome: str, nth: int) -> RetryStep | None:
    step = sequence.step(outcome, nth) if sequence is not None else None
    return step if step is not None else _DEFAULT_STEPS.get(outcome)


def _next_number(account: Account, progress: AccountProgress, number_id: str, how: str) -> str | None:
    dropped = progress.dropped_number_ids | ({number_id} if how == "drop" else frozenset())
    ids = [number.number_id for number in account.numbers]
    if how == "same" and number_id not in dropped:
        return number_id
    start = ids.index(number_id) + 1 if number_id in ids else 0
    for candidate in ids[start:] + ids[:start]:
        if candidate not in dropped:
            return candidate
    return None


def _when(now_at: datetime, zone: ZoneInfo, step: RetryStep) -> datetime:
    at = now_at + timedelta(seconds=step.delay_s)
    if not step.another_part_of_day:
        return at
    local_now, local_then = now_at.astimezone(zone), at.astimezone(zone)
    if local_then.date() != local_now.date() or _part(local_then) != _part(local_now):
        return at
    later = [start for start in _PART_STARTS if start > local_then.time()]
    day = local_then.date() if later else local_then.date() + _ONE_DAY
    return datetime.combine(day, later[0] if later else time(9), tzinfo=zone).astimezone(now_at.tzinfo)


def _part(local: datetime) -> int:
    return sum(local.time() >= start for start in _PART_STARTS)

"""From a journal that an earlier process left to a state that may dial again.

An attempt that was open when the process ended is closed by what its trunk
remembers of it. Where the trunk cannot say, the worst that can be true counts:
a crash may overcount an attempt, never undercount one. An account is planned
anew only where nobody can have spoken with the person; else a supervisor
decides, since what was agreed on the telephone may have died with the process.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime

import structlog
import trio

from dialer.attempt import AttemptState
from dialer.disposition import Disposition, HungUpBy, NetworkOutcome, refine
from dialer.ports import CallTrace, Trunk
from dialer.records import (
    AgentChanged,
    AgentState,
    AnsweredBy,
    CampaignChanged,
    CampaignState,
    Claimed,
    Disposed,
    Record,
)
from dialer.retries import NextTry
from dialer.state import EngineState, OpenAttempt

__all__ = ["INTERRUPTED", "PlanAfterCrash", "ask_trunks", "closing_records"]

log = structlog.get_logger()

INTERRUPTED = "interrupted; a supervisor decides"

PlanAfterCrash = Callable[[Claimed, Disposition], NextTry]
"""The retry plan's word on an attempt whose end is known."""

# A trunk that has not answered by then cannot say; dialing waits no longer for it.
_ASK_S = 10.0

_WORST: dict[AttemptState, Disposition] = {
    # The line for "the trunk was told" is not waited for, so a claimed call may well have rung.
    AttemptState.CLAIMED: Disposition.NO_ANSWER,
    AttemptState.DIALING: Disposition.NO_ANSWER,
    AttemptState.DETECTING: Disposition.ABANDONED,
    AttemptState.WAITING: Disposition.ABANDONED,
    AttemptState.MACHINE: Disposition.MACHINE,
    AttemptState.TALKING: Disposition.AGENT_LOST,
    AttemptState.WRAP_UP: Disposition.AGENT_LOST,
}
_UNANSWERED = (AttemptState.CLAIMED, AttemptState.DIALING)
_BEFORE_TALK = (*_UNANSWERED, AttemptState.DETECTING)


async def ask_trunks(trunks: tuple[Trunk, ...], state: EngineState) -> dict[str, CallTrace]:
    """What the trunks know of the attempts that are open; each hangs up what an earlier process left ringing.

    Every trunk is asked, also one with no open attempt. One that fails or does
    not answer in time leaves its attempts unknown.
    """
    traces: dict[str, CallTrace] = {}

    async def ask(trunk: Trunk) -> None:
        ids = [one for one, attempt in state.attempts.items() if attempt.claimed.trunk == trunk.name]
        try:
            with trio.fail_after(_ASK_S):
                known = await trunk.settle(ids)
        except Exception:
            log.exception("trunk_not_settled", trunk=trunk.name, open_attempts=len(ids))
            return
        traces.update({one: known[one] for one in ids if one in known})
        log.info("trunk_settled", trunk=trunk.name, open_attempts=len(ids), known=len(known))

    async with trio.open_nursery() as nursery:
        for trunk in trunks:
            nursery.start_soon(ask, trunk)
    return traces


def closing_records(
    state: EngineState,
    now_at: datetime,
    traces: Mapping[str, CallTrace] | None = None,
    plan: PlanAfterCrash | None = None,
    campaign_ids: Collection[str] | None = None,
) -> Iterator[Record]:
    """What to append so that nothing of the earlier process is left open. Append each before asking for the next.

    With `campaign_ids`, nothing of the earlier owners of these campaigns.
    """
    concerned = set(state.campaigns if campaign_ids is None else campaign_ids)
    for attempt_id, attempt in list(state.attempts.items()):
        if attempt.claimed.campaign_id not in concerned:
            continue
        disposition, is_known = _what_became(attempt, (traces or {}).get(attempt_id))
        yield _disposed(state, attempt, disposition, now_at, plan if is_known else None)
    for agent_id, status in list(state.agents.items()):
        is_concerned = campaign_ids is None or not concerned.isdisjoint(status.campaign_ids)
        if is_concerned and status.state is not AgentState.LOGGED_OUT:
            yield AgentChanged(
                now_at, agent_id, status.site, AgentState.LOGGED_OUT, status.campaign_ids, reason="interrupted"
            )
    for campaign_id, book in state.campaigns.items():
        if campaign_id in concerned and book.state in (CampaignState.RUNNING, CampaignState.DRAINING):
            yield CampaignChanged(now_at, campaign_id, CampaignState.PAUSED, "interrupted")


def _what_became(attempt: OpenAttempt, trace: CallTrace | None) -> tuple[Disposition, bool]:
    """The disposition, and whether it is certain that nobody has spoken with the person."""
    worst = _WORST[attempt.state]
    if trace is None or attempt.state not in _BEFORE_TALK:
        return worst, False  # the journal knows more than a trunk, or all there is to know
    if not trace.is_placed:
        # A trunk that never heard of an answered call is not to be believed.
        return (Disposition.NOT_PLACED, True) if attempt.state in _UNANSWERED else (worst, False)
    if trace.answered_by is AnsweredBy.MACHINE:
        return Disposition.MACHINE, True
    if trace.answered_by is not None:
        # A person was on the line, and nobody can say what they heard.
        return Disposition.ABANDONED, False
    if attempt.state in _UNANSWERED:
        outcome = trace.outcome or NetworkOutcome.NO_ANSWER
        return refine(Disposition.NO_ANSWER, outcome, HungUpBy.NETWORK, is_limit_over=False), True
    return worst, False


def _disposed(
    state: EngineState, attempt: OpenAttempt, disposition: Disposition, now_at: datetime, plan: PlanAfterCrash | None
) -> Disposed:
    claimed = attempt.claimed
    next_try = plan(claimed, disposition) if plan is not None else NextTry(ends=INTERRUPTED)
    is_next_callback, agent_id, within_s = next_try.is_callback, next_try.agent_id, next_try.same_agent_within_s
    if disposition is Disposition.NOT_PLACED and not next_try.ends and claimed.is_callback:
        # The call that was asked for is still owed, by whom it was to be.
        progress = state.campaigns[claimed.campaign_id].schedule.progress_of(claimed.account_id)
        is_next_callback, agent_id, within_s = True, progress.agent_id, progress.same_agent_within_s
    return Disposed(
        at=now_at,
        attempt_id=claimed.attempt_id,
        campaign_id=claimed.campaign_id,
        account_id=claimed.account_id,
        disposition=disposition,
        hung_up_by=HungUpBy.NETWORK,
        agent_id=attempt.agent_id,
        next_at=next_try.at,
        next_number_id=next_try.number_id,
        next_agent_id=agent_id,
        same_agent_within_s=within_s,
        is_next_callback=is_next_callback,
        dropped_number_id=next_try.dropped_number_id,
        ends=next_try.ends,
        person_id=claimed.person_id,
    )

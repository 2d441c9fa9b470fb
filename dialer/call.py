"""One call, from the claim to the disposition, as one function read top to bottom.

Theory of operation. `so_far` holds the worst that is already true, so whoever
ends the attempt at whatever step (a bug, a drain, a lost trunk) leaves an honest
disposition behind. A deadline is a `with`; the leg is an `async with` that is
left when the far end goes; `finally` waits for nothing.
"""

from collections.abc import Callable
from datetime import datetime

import trio
from attrs import define, field, frozen

from dialer.agents import Agent, AgentPool
from dialer.clock import WallClock
from dialer.disposition import Disposition, HungUpBy, refine
from dialer.journal import Journal
from dialer.model import Account, PhoneNumber
from dialer.ports import AgentReport, CallCard, CallOrder, Leg, Trunk
from dialer.records import (
    Answered,
    AnsweredBy,
    Claimed,
    Connected,
    Detected,
    Disposed,
    FactStated,
    Originated,
    TalkEnded,
)
from dialer.retries import NextTry
from dialer.rule_facts import readable_facts, to_journal_value

__all__ = ["CallLimits", "CallPorts", "PlannedCall", "run_attempt"]


# Less than this is the same instant: virtual times are sums of floats.
_SAME_INSTANT_S = 1e-6
# Where the end of a greeting was never noticed, it is taken to have ended this long after the answer.
_ASSUMED_GREETING_S = 1.0


@frozen
class CallLimits:
    """The deadlines of a campaign's calls.

    `ring_s` runs from origination and is at least 15 s: shorter ringing is an
    abandoned call in all but name (16 CFR 310.4(b)(4)(ii), 47 CFR
    64.1200(a)(6)). `connect_s` runs from the end of the greeting, 2 s in the
    same rules.
    """

    ring_s: float = field(default=24.0)
    connect_s: float = 2.0
    safe_harbor_message: str = "safe-harbor"
    preview_s: float = 60.0
    has_machine_detection: bool = True

    @ring_s.validator
    def _rings_long_enough(self, _: object, value: float) -> None:
        if value < 15.0:
            msg = f"ring_s is {value:g}, and a call must ring at least 15 s before it is given up"
            raise ValueError(msg)


@define(eq=False)
class PlannedCall:
    """A call that may be placed: the verdict is in, a line and perhaps an agent are taken."""

    claimed: Claimed
    account: Account
    number: PhoneNumber
    trunk: Trunk
    limits: CallLimits
    agent: Agent | None
    priority: int
    ring_scope: trio.CancelScope = field(factory=trio.CancelScope)
    """Its deadline is the ring timeout; a drain moves it forward, not under 15 s of ringing."""
    originated_mono: float | None = None
    has_line: bool = True
    """Until the far end is gone; the wrap-up needs no line."""

    def end_ringing_at(self, when_mono: float, after_s: float) -> None:
        """Let it ring no longer than until then, but in any case for `after_s`; no effect once it is answered."""
        assert self.originated_mono is not None
        self.ring_scope.deadline = min(self.ring_scope.deadline, max(when_mono, self.originated_mono + after_s))

    @property
    def card(self) -> CallCard:
        """What the agent is shown."""
        claimed = self.claimed
        return CallCard(claimed.attempt_id, claimed.campaign_id, self.account, self.number, claimed.is_callback)


@frozen
class CallPorts:
    """What an attempt works with.

    `may_originate` and `may_connect` take the second and the third verdict (I1);
    `next_try` plans the account once the disposition is known; `free_line` hears
    when the far end is gone.
    """

    journal: Journal
    clock: WallClock
    agents: AgentPool
    may_originate: Callable[[PlannedCall], bool]
    may_connect: Callable[[PlannedCall], bool]
    next_try: Callable[[PlannedCall, Disposition, AgentReport | None], NextTry]
    free_line: Callable[[PlannedCall], None] = lambda _: None


async def run_attempt(call: PlannedCall, ports: CallPorts) -> Disposition:
    """See a claimed call through; return what became of it.

    Its `claimed` record is already in the journal, written in the instant of the
    verdict. However the call ends, also by cancellation, exactly one `disposed`
    record is written (I3) and the agent, if one was taken, is given back.
    """
    journal, now_at, talk = ports.journal, ports.clock.now_at, _Talk(Disposition.NOT_PLACED)
    attempt_id, campaign_id = call.claimed.attempt_id, call.claimed.campaign_id
    try:
        await journal.wait_durable()  # the record is ahead of the dialing (I2)
        if not ports.may_originate(call):
            return talk.so_far
        limits = call.limits
        order = CallOrder(
            attempt_id, call.number.e164, call.claimed.caller_id, limits.ring_s, limits.has_machine_detection
        )
        call.originated_mono = trio.current_time()
        call.ring_scope.deadline = call.originated_mono + limits.ring_s
        journal.append(Originated(now_at(), attempt_id, campaign_id))
        talk.so_far = Disposition.NO_ANSWER
        try:
            async with call.trunk.open_leg(order) as leg:  # left when the far end goes
                talk.leg = leg
                await _see_through(call, ports, leg, talk)
        finally:
            talk.line_ended(call)
            ports.free_line(call)
        if talk.agent is not None:
            journal.append(
                TalkEnded(now_at(), attempt_id, campaign_id, talk.agent.agent_id, talk.talked_s, talk.hung_up_by)
            )
            ports.agents.start_wrap_up(talk.agent)
            talk.report = await talk.agent.desk.wait_disposition(call.card)
            talk.so_far = talk.report.disposition
        return talk.so_far
    finally:
        _settle(call, ports, talk)


@define
class _Talk:
    """What is known of a call so far."""

    so_far: Disposition
    leg: Leg | None = None
    agent: Agent | None = None
    report: AgentReport | None = None
    hung_up_by: HungUpBy = HungUpBy.US
    answered_mono: float | None = None
    greeting_ended_mono: float | None = None
    connected_mono: float = 0.0
    talked_s: float = 0.0
    wait_s: float = 0.0
    is_limit_over: bool = False

    def line_ended(self, call: PlannedCall) -> None:
        """Take the network's word for what we could not see; also when a stop cut the line."""
        now = trio.current_time()
        end = self.leg.ended if self.leg is not None else None
        if self.answered_mono is not None and self.greeting_ended_mono is None:
            limit_mono = self.answered_mono + _ASSUMED_GREETING_S + call.limits.connect_s
            self.is_limit_over = now > limit_mono + _SAME_INSTANT_S
        if end is not None:
            self.hung_up_by = end.hung_up_by
            if self.so_far is Disposition.MACHINE and end.is_false_machine:
                self.so_far = Disposition.FALSE_MACHINE
            self.so_far = refine(self.so_far, end.outcome, end.hung_up_by, is_limit_over=self.is_limit_over)
        rang_s = now - (now if call.originated_mono is None else call.originated_mono)
        is_ours = self.hung_up_by is HungUpBy.US
        if self.so_far is Disposition.NO_ANSWER and is_ours and rang_s < call.limits.ring_s - _SAME_INSTANT_S:
            self.so_far = Disposition.GIVEN_UP
        if self.agent is not None:
            self.talked_s = round(now - self.connected_mono, 6)
        elif self.greeting_ended_mono is not None and not self.is_limit_over:
            self.wait_s = round(max(0.0, now - self.greeting_ended_mono), 6)


async def _see_through(call: PlannedCall, ports: CallPorts, leg: Leg, talk: _Talk) -> None:
    """From ringing to the end of the talk; cancelled when the far end goes."""
    claimed, journal, clock = call.claimed, ports.journal, ports.clock
    ids = (claimed.attempt_id, claimed.campaign_id)
    answered_mono = None
    with call.ring_scope:
        answered_mono = await leg.wait_answer()
    if answered_mono is None:
        return
    assert call.originated_mono is not None
    ring_s = round(answered_mono - call.originated_mono, 6)
    journal.append(Answered(clock.at(answered_mono), *ids, ring_s))
    talk.so_far, talk.answered_mono = Disposition.ABANDONED, answered_mono  # a person, until something says otherwise
    greeting = await leg.wait_greeting()
    talk.greeting_ended_mono = greeting.ended_mono
    journal.append(Detected(clock.now_at(), *ids, greeting.answered_by, clock.at(greeting.ended_mono)))
    if greeting.answered_by is AnsweredBy.MACHINE:
        talk.so_far = Disposition.MACHINE
        return
    agent, limit_mono = None, greeting.ended_mono + call.limits.connect_s
    # Who is told from a machine only after the limit is abandoned already: a late agent would not change the count.
    is_in_time = trio.current_time() <= limit_mono + _SAME_INSTANT_S
    if is_in_time and ports.may_connect(call):
        agent = call.agent or ports.agents.take_nowait(claimed.campaign_id, claimed.attempt_id)
        if agent is None:
            with trio.CancelScope(deadline=limit_mono):
                agent = await ports.agents.take_longest_idle(claimed.campaign_id, claimed.attempt_id, call.priority)
    if agent is None:
        talk.is_limit_over = True
        talk.wait_s = round(max(0.0, trio.current_time() - greeting.ended_mono), 6)  # the message is no waiting
        await leg.play(call.limits.safe_harbor_message)
        return
    call.agent = talk.agent = agent
    talk.so_far = Disposition.AGENT_LOST  # until the agent says otherwise
    talk.connected_mono = trio.current_time()
    talk.wait_s = round(max(0.0, talk.connected_mono - greeting.ended_mono), 6)
    journal.append(Connected(clock.now_at(), *ids, agent.agent_id, talk.wait_s))
    ports.agents.start_talk(agent)
    await agent.desk.converse(leg, call.card)


def _settle(call: PlannedCall, ports: CallPorts, talk: _Talk) -> None:
    """Write what the person stated and the one disposition; give the agent back. Waits for nothing."""
    claimed, now_at, report = call.claimed, ports.clock.now_at(), talk.report
    next_try = NextTry(ends="its next try could not be planned; a supervisor decides")
    try:
        next_try = ports.next_try(call, talk.so_far, report)
        stated, faults = readable_facts(report.facts if report else {})
        for name, value in stated.items():
            ports.journal.append(
                FactStated(
                    now_at,
                    claimed.campaign_id,
                    claimed.person_id,
                    claimed.account_id,
                    name,
                    to_journal_value(value),
                    claimed.attempt_id,
                )
            )
        if faults:
            msg = f"the agent stated what no rule can read: {'; '.join(faults)}"
            raise ValueError(msg)
    finally:
        # INVARIANT: also when a fact or a plan is at fault (I3).
        ports.journal.append(_disposed(call, talk, now_at, next_try))
        if call.agent is not None:
            ports.agents.put(call.agent)


def _disposed(call: PlannedCall, talk: _Talk, now_at: datetime, next_try: NextTry) -> Disposed:
    report, claimed = talk.report, call.claimed
    return Disposed(
        at=now_at,
        attempt_id=claimed.attempt_id,
        campaign_id=claimed.campaign_id,
        account_id=claimed.account_id,
        disposition=talk.so_far,
        hung_up_by=talk.hung_up_by,
        agent_id=call.agent.agent_id if call.agent is not None else None,
        wait_s=talk.wait_s,
        amount_minor=report.amount_minor if report else 0,
        currency=report.currency if report else "",
        promise=report.promise if report else None,
        next_at=next_try.at,
        next_number_id=next_try.number_id,
        next_agent_id=next_try.agent_id,
        same_agent_within_s=next_try.same_agent_within_s,
        is_next_callback=next_try.is_callback,
        dropped_number_id=next_try.dropped_number_id,
        ends=next_try.ends,
        person_id=claimed.person_id,
    )

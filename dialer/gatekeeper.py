"""The three verdicts of one campaign, and the record of each refusal.

A call is judged when its account is picked, in the instant before the trunk
hears of it, and when a person has answered (I1). An error while judging denies:
the campaign pauses, and no call is placed until somebody has looked.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from attrs import define, field, frozen

from collections_rules import Verdict
from dialer.call import PlannedCall
from dialer.clock import WallClock
from dialer.journal import Journal
from dialer.model import Account, PhoneNumber
from dialer.ports import StoreError
from dialer.records import Denied, Judged, VerdictStage
from dialer.rule_facts import RuleGate
from dialer.schedule import Pick, Schedule

__all__ = ["NO_NUMBER", "Gatekeeper", "LawfulCall", "denial"]

log = structlog.get_logger()

NO_NUMBER = "paceline.no-number"
"""Stands in a refusal where no rule refused: every number of the account has been dropped."""

# Picks refused in a row by one rule with one release time: then the campaign may be closed, not the account.
_CLOSED_AFTER = 20
# But they may only be people of one zone, or at one cap, who stand before others that may be called. So the next look
# comes soon and goes far, until so many were refused alike that the campaign must be closed in truth; then it is left
# alone for longer and longer.
_FIRST_PROBE_S = 1.0
_LONGEST_PROBE_S = 300.0
_LONGEST_RUN = 200
_CLOSED_IN_TRUTH = 10_000


@frozen
class LawfulCall:
    """An account with a number that may be called now, and the verdict that says so."""

    account: Account
    number: PhoneNumber
    verdict: Verdict


@define(eq=False)
class Gatekeeper:
    """Asks the rules for one campaign. `pause` is called, with a reason, when they cannot be asked."""

    campaign_id: str
    gate: RuleGate
    schedule: Schedule
    journal: Journal
    clock: WallClock
    ring_s: float
    pause: Callable[[str], None]
    closed_until_at: datetime | None = None
    """Set when account after account is refused until one and the same instant."""
    _last_refusal: tuple[str, datetime | None] = ("", None)
    _alike_count: int = field(default=0)
    _refused_count: int = field(default=0)
    """How many accounts in a row were refused alike, over all looks."""
    _closing_count: int = field(default=0)
    """How often in a row a look at the next accounts found them refused alike."""
    _truly_closed_count: int = field(default=0)
    """How many of those looks came after the campaign had to be taken for closed in truth."""

    def is_closed(self, now_at: datetime) -> bool:
        """Whether no account needs to be asked about yet."""
        if self.closed_until_at is not None and now_at >= self.closed_until_at:
            self.closed_until_at = None
        return self.closed_until_at is not None

    def lawful_call(self, pick: Pick, account: Account, now_at: datetime) -> LawfulCall | None:
        """The first number of a picked account that may be called now; else the refusal is recorded.

        When the rules cannot be asked, the account is put back and the campaign paused.
        """
        try:
            return self._lawful_call(pick, account, now_at)
        except StoreError:
            raise
        except Exception:
            self.schedule.put_back(pick.account_id, now_at)
            self._cannot_judge(VerdictStage.PICK)
            return None

    def _lawful_call(self, pick: Pick, account: Account, now_at: datetime) -> LawfulCall | None:
        dropped = self.schedule.progress_of(pick.account_id).dropped_number_ids
        numbers = [one for one in account.numbers if one.number_id not in dropped]
        numbers.sort(key=lambda one: one.number_id != pick.next_number_id)
        best: tuple[PhoneNumber, Verdict] | None = None
        for number in numbers:
            verdict = self.gate.judge(account, number, now_at, self.ring_s, is_asked_for=pick.is_callback)
            if verdict.is_allowed:
                self._last_refusal = ("", None)
                self._begin_anew()
                return LawfulCall(account, number, verdict)
            if best is None or _is_sooner(verdict, best[1]):
                best = (number, verdict)
        if best is None:
            self._refuse_for_no_number(account, now_at)
        else:
            self.refuse(account, best[0], best[1], VerdictStage.PICK, now_at, is_callback=pick.is_callback)
            self._note_refusal(best[1], now_at)
        return None

    def may_originate(self, call: PlannedCall) -> bool:
        """The second verdict, in the instant before the trunk hears of the call.

        In the very instant of the claim it is the verdict that the claim was made on.
        """
        if self.clock.now_at() == call.claimed.at:
            return True
        return self._is_still_lawful(call, VerdictStage.ORIGINATION, self.ring_s)

    def may_connect(self, call: PlannedCall) -> bool:
        """The third verdict, when a person has answered."""
        return self._is_still_lawful(call, VerdictStage.ANSWER, 0.0)

    def judge_again(self, pick: Pick, found: LawfulCall, now_at: datetime) -> Verdict | None:
        """A verdict on a call that waited between its pick and its claim; None when the rules cannot be asked."""
        try:
            return self.gate.judge(found.account, found.number, now_at, self.ring_s, is_asked_for=pick.is_callback)
        except Exception:
            self._cannot_judge(VerdictStage.ORIGINATION)
            return None

    def refuse(
        self,
        account: Account,
        number: PhoneNumber,
        verdict: Verdict,
        stage: VerdictStage,
        now_at: datetime,
        attempt_id: str | None = None,
        *,
        is_callback: bool = False,
    ) -> None:
        """Write a refusal: by which rules, why, and when to ask again."""
        facts_hash = self._facts_hash(account, number, stage, is_callback)
        self.journal.append(
            denial(self.campaign_id, account, number, verdict, stage, now_at, attempt_id, facts_hash, is_callback)
        )

    def _facts_hash(self, account: Account, number: PhoneNumber, stage: VerdictStage, is_callback: bool) -> str:
        ring_s = 0.0 if stage is VerdictStage.ANSWER else self.ring_s
        return self.gate.facts_hash(account, number, ring_s, is_asked_for=is_callback)

    def rules_changed(self) -> None:
        """Other rules hold: what the old ones made of the campaign is forgotten."""
        self.closed_until_at = None
        self._last_refusal, self._alike_count, self._closing_count = ("", None), 0, 0

    def _is_still_lawful(self, call: PlannedCall, stage: VerdictStage, ring_s: float) -> bool:
        now_at = self.clock.now_at()
        try:
            verdict = self.gate.judge(
                call.account,
                call.number,
                now_at,
                ring_s,
                is_asked_for=call.claimed.is_callback,
                own_attempt_id=call.claimed.attempt_id,
            )
        except Exception:
            self._cannot_judge(stage)
            return False
        claimed = call.claimed
        if verdict.is_allowed:
            found = self._facts_hash(call.account, call.number, stage, claimed.is_callback)
            self.journal.append(Judged(now_at, claimed.attempt_id, self.campaign_id, stage, verdict.pack_hash, found))
        else:
            self.refuse(call.account, call.number, verdict, stage, now_at, claimed.attempt_id,
                        is_callback=claimed.is_callback)  # fmt: skip
        return verdict.is_allowed

    def _cannot_judge(self, stage: VerdictStage) -> None:
        log.exception("attempt_failed", campaign_id=self.campaign_id, stage=stage.value)
        self.pause("a rule could not be evaluated; see the log")

    def _note_refusal(self, verdict: Verdict, now_at: datetime) -> None:
        refusal = (verdict.deciding_rule_id or "", verdict.next_eligible_at)
        if refusal != self._last_refusal:
            self._begin_anew()
        self._last_refusal = refusal
        self._alike_count += 1
        self._refused_count += 1
        run = min(_LONGEST_RUN, _CLOSED_AFTER * 2**self._closing_count)
        if self._alike_count < run or verdict.next_eligible_at is None:
            return
        self._truly_closed_count += self._refused_count >= _CLOSED_IN_TRUTH
        probe_s = min(_LONGEST_PROBE_S, _FIRST_PROBE_S * 2**self._truly_closed_count)
        self.closed_until_at = min(verdict.next_eligible_at, now_at + timedelta(seconds=probe_s))
        self._alike_count, self._closing_count = 0, min(self._closing_count + 1, 10)

    def _begin_anew(self) -> None:
        self._alike_count = self._refused_count = self._closing_count = self._truly_closed_count = 0

    def _refuse_for_no_number(self, account: Account, now_at: datetime) -> None:
        self.journal.append(
            Denied(
                at=now_at,
                campaign_id=self.campaign_id,
                account_id=account.account_id,
                person_id=account.person.person_id,
                number_id="",
                stage=VerdictStage.PICK,
                rule_id=NO_NUMBER,
                rule_ids=(NO_NUMBER,),
                reason="no number of this account is left to call",
                next_eligible_at=None,
                pack_hash=self.gate.rules.pack_hash,
            )
        )


def denial(
    campaign_id: str,
    account: Account,
    number: PhoneNumber,
    verdict: Verdict,
    stage: VerdictStage,
    at: datetime,
    attempt_id: str | None,
    facts_hash: str,
    is_callback: bool,
) -> Denied:
    """The record of a refusal: by which rules, why, and when to ask again."""
    by_id = {finding.rule_id: finding for finding in verdict.denials}
    # The rule that sets the next time need not be closed now; then the reason is what is closed now.
    reason = by_id.get(verdict.deciding_rule_id or "", verdict.denials[0])
    return Denied(
        at=at,
        campaign_id=campaign_id,
        account_id=account.account_id,
        person_id=account.person.person_id,
        number_id=number.number_id,
        stage=stage,
        rule_id=reason.rule_id,
        rule_ids=tuple(by_id),
        reason=reason.reason_en,
        next_eligible_at=verdict.next_eligible_at,
        pack_hash=verdict.pack_hash,
        attempt_id=attempt_id,
        facts_hash=facts_hash,
        is_callback=is_callback,
    )


def _is_sooner(verdict: Verdict, other: Verdict) -> bool:
    if verdict.next_eligible_at is None:
        return False
    return other.next_eligible_at is None or verdict.next_eligible_at < other.next_eligible_at

"""One campaign's counters while the records go by. Pure.

Memory grows with the list (a few words for each account that was dialed or
refused), never with the number of records.
"""

from collections import Counter, defaultdict

from attrs import define, field

from dialer.disposition import DISPOSITIONS, Disposition
from dialer.records import AgentState, AnsweredBy, Denied, Disposed, PacingNoted
from dialer.report.context import CampaignContext
from dialer.report.counts import Cell, Counts
from dialer.report.figures import SIX_BINS, CampaignFigures, ModeChange, PacingTrace
from dialer.report.series import BIN_S, BinCounts, StepSeries

__all__ = ["CampaignTally", "OpenAttempt"]

# A callback is kept when the phone rings within ten minutes of the time the person asked for.
CALLBACK_SLACK_S = 600.0

# How near an outcome came to a promise or a sale; an account is shown at its best.
_IS_ANSWERED, _IS_RIGHT_PARTY, _IS_SUCCESS = 1, 2, 3


def _stage(disposition: Disposition) -> int:
    traits = DISPOSITIONS[disposition]
    if traits.is_success:
        return _IS_SUCCESS
    if traits.is_right_party:
        return _IS_RIGHT_PARTY
    return _IS_ANSWERED if traits.is_answered_by_person else 0


_STAGE = {one: _stage(one) for one in Disposition}
_TRAITS = DISPOSITIONS


@define(eq=False)
class OpenAttempt:
    """What is known of a call that is not over."""

    campaign: "CampaignTally"
    account_id: str
    trunk: StepSeries
    is_callback: bool
    placed_s: float | None = None
    answered_s: float | None = None
    taken_for: AnsweredBy | None = None
    is_connected: bool = False
    holds_line: bool = False
    cell: Cell | None = None
    try_cell: Cell | None = None


@define(eq=False)
class CampaignTally:
    """Filled by `summarize`, turned into `CampaignFigures` once."""

    context: CampaignContext
    start_bin: int
    account_count: int = field(init=False)
    agents: set[str] = field(factory=set)
    agent_s: dict[AgentState, float] = field(factory=lambda: dict.fromkeys(AgentState, 0.0))

    attempt_count: int = 0
    placed_count: int = 0
    outcomes: Counter[Disposition] = field(factory=Counter)
    answered_count: int = 0
    person_count: int = 0
    connected_count: int = 0
    talk_s: float = 0.0
    ring_s: float = 0.0
    samples: dict[int, ModeChange] = field(factory=dict)
    wait_s: float = 0.0
    promised: Counter[str] = field(factory=Counter)
    sold: Counter[str] = field(factory=Counter)

    tries_by_account: dict[str, int] = field(factory=dict)
    best: dict[str, Disposition] = field(factory=dict)
    held_by: dict[str, str] = field(factory=dict)
    denials: Counter[str] = field(factory=Counter)
    denials_by_stage: Counter[str] = field(factory=Counter)
    denied: dict[str, set[str]] = field(factory=lambda: defaultdict(set))

    callback_asked_count: int = 0
    callback_due: dict[str, float] = field(factory=dict)
    callback_met_count: int = 0
    callback_kept_count: int = 0

    hours: dict[int, Cell] = field(factory=dict)
    tries: dict[int, Cell] = field(factory=dict)
    first_placed_s: float | None = None
    last_placed_s: float | None = None
    placed: BinCounts = field(init=False)
    answered: BinCounts = field(init=False)
    abandoned: BinCounts = field(init=False)
    noted: BinCounts = field(init=False)
    idle: BinCounts = field(init=False)
    in_flight: BinCounts = field(init=False)
    mode_by_bin: dict[int, str] = field(factory=dict)
    mode_changes: list[ModeChange] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.account_count = self.context.account_count
        for name in ("placed", "answered", "abandoned", "noted", "idle", "in_flight"):
            setattr(self, name, BinCounts(self.start_bin))

    def place(self, attempt: OpenAttempt, at_s: float, hour: int) -> None:
        """The trunk was told to dial."""
        self.placed_count += 1
        self.placed.add(at_s)
        if self.first_placed_s is None:
            self.first_placed_s = at_s
        self.last_placed_s = at_s
        nth = self.tries_by_account.get(attempt.account_id, 0) + 1
        self.tries_by_account[attempt.account_id] = nth
        attempt.cell = self.hours.get(hour) or self.hours.setdefault(hour, Cell())
        attempt.try_cell = self.tries.get(nth) or self.tries.setdefault(nth, Cell())
        attempt.cell.placed += 1
        attempt.try_cell.placed += 1
        if attempt.is_callback:
            due_s = self.callback_due.pop(attempt.account_id, None)
            if due_s is not None:
                self.callback_met_count += 1
                self.callback_kept_count += abs(at_s - due_s) <= CALLBACK_SLACK_S

    def dispose(self, attempt: OpenAttempt, record: Disposed) -> None:
        """The attempt is over; everything that depends on its outcome is counted here."""
        disposition = record.disposition
        traits = _TRAITS[disposition]
        self.outcomes[disposition] += 1
        self._check(attempt, disposition)
        if traits.is_answered_by_person:
            self._count_person(attempt, record, traits.counts_as_abandoned, traits.is_right_party)
        if attempt.placed_s is not None:
            best = self.best.get(record.account_id)
            if best is None or _STAGE[disposition] >= _STAGE[best]:
                self.best[record.account_id] = disposition
        if traits.is_success:
            self._count_money(record)
        if disposition is Disposition.CALLBACK:
            self.callback_asked_count += 1
        if record.is_next_callback and record.next_at is not None:
            # A callback that could not be placed keeps the time the person asked for.
            if disposition is Disposition.CALLBACK:
                self.callback_due[record.account_id] = record.next_at.timestamp()
            else:
                self.callback_due.setdefault(record.account_id, record.next_at.timestamp())

    def _count_person(self, attempt: OpenAttempt, record: Disposed, is_abandoned: bool, is_right_party: bool) -> None:
        at_s = attempt.answered_s
        if at_s is None:
            at_s = record.at.timestamp()
        self.answered.add(at_s)
        if is_abandoned:
            self.abandoned.add(at_s)
        for cell in (attempt.cell, attempt.try_cell):
            if cell is not None:
                cell.answered += 1
                cell.right_party += is_right_party

    def _check(self, attempt: OpenAttempt, disposition: Disposition) -> None:
        # What the call's own records say, apart from its outcome; I5 holds one against the other.
        self.answered_count += attempt.answered_s is not None
        self.connected_count += attempt.is_connected
        taken_for = attempt.taken_for
        if taken_for is None:
            self.person_count += _TRAITS[disposition].is_answered_by_person
        else:
            self.person_count += taken_for is not AnsweredBy.MACHINE or disposition is Disposition.FALSE_MACHINE

    def _count_money(self, record: Disposed) -> None:
        if record.promise is not None:
            self.promised[record.promise.currency] += record.promise.amount_minor
        elif record.disposition is Disposition.PROMISED:
            self.promised[record.currency or self.context.currency] += record.amount_minor
        else:
            self.sold[record.currency or self.context.currency] += record.amount_minor

    def deny(self, record: Denied) -> None:
        """A verdict refused a call."""
        self.denials[record.rule_id] += 1
        self.denials_by_stage[record.stage.value] += 1
        self.denied[record.rule_id].add(record.account_id)
        self.held_by[record.account_id] = record.rule_id

    def note(self, record: PacingNoted, at_s: float) -> None:
        """The pacer said what it saw."""
        self.noted.add(at_s)
        self.idle.add(at_s, record.idle_count)
        self.in_flight.add(at_s, record.in_flight_count)
        self.mode_by_bin[max(0, int(at_s // BIN_S) - self.start_bin)] = record.mode
        if not self.mode_changes or self.mode_changes[-1].mode != record.mode:
            self.mode_changes.append(ModeChange(record.at, record.mode, record.reason, record.reason_ko))
        # The first note of a half hour with somebody at work says as much as any other.
        half_hour = int(at_s // (SIX_BINS * BIN_S))
        if half_hour not in self.samples and record.in_flight_count > 0:
            self.samples[half_hour] = ModeChange(record.at, record.mode, record.reason, record.reason_ko)

    def counts(self, open_count: int, last_s: float) -> Counts:
        """The campaign's counts, once the journal has ended at `last_s`."""
        dialed = self.tries_by_account
        still_due = sum(due_s <= last_s for due_s in self.callback_due.values())
        return Counts(
            account_count=self.account_count,
            dialed_account_count=len(dialed),
            attempt_count=self.attempt_count,
            placed_count=self.placed_count,
            retry_count=self.placed_count - len(dialed),
            open_count=open_count,
            outcomes=dict(self.outcomes),
            answered_count=self.answered_count,
            person_count=self.person_count,
            connected_count=self.connected_count,
            callback_asked_count=self.callback_asked_count,
            callback_due_count=self.callback_met_count + still_due,
            callback_kept_count=self.callback_kept_count,
            promised_minor=dict(self.promised),
            sold_minor=dict(self.sold),
            talk_s=self.talk_s,
            ring_s=self.ring_s,
            wait_s=self.wait_s,
            agent_s={state: seconds for state, seconds in self.agent_s.items() if state is not AgentState.LOGGED_OUT},
            agent_count=len(self.agents),
            denials=dict(self.denials),
            denied_accounts={rule_id: len(accounts) for rule_id, accounts in self.denied.items()},
            denials_by_stage=dict(self.denials_by_stage),
            denied_account_count=len(self.held_by),
            held_accounts=dict(Counter(rule for account, rule in self.held_by.items() if account not in dialed)),
            best_outcomes=dict(Counter(self.best.values())),
            hours=dict(sorted(self.hours.items())),
            tries=dict(sorted(self.tries.items())),
            first_placed_s=self.first_placed_s,
            last_placed_s=self.last_placed_s,
        )

    def figures(self, open_count: int, last_s: float, bin_count: int) -> CampaignFigures:
        """The campaign's figures, once the journal has ended at `last_s`."""

        def filled(bins: BinCounts) -> list[int]:
            return bins.values + [0] * (bin_count - len(bins.values))

        pacing = PacingTrace(
            noted=filled(self.noted),
            idle_sum=filled(self.idle),
            in_flight_sum=filled(self.in_flight),
            mode_by_bin=self.mode_by_bin,
            changes=tuple(self.mode_changes),
            samples=tuple(self.samples.values()),
        )
        return CampaignFigures(
            counts=self.counts(open_count, last_s),
            placed=filled(self.placed),
            answered=filled(self.answered),
            abandoned=filled(self.abandoned),
            context=self.context,
            pacing=pacing if self.mode_changes else None,
        )

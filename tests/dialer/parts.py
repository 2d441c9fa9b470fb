"""The engine's parts around one call, with nothing simulated and nothing configured."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from attrs import define, field

from adapters.journal_memory import MemoryJournal
from collections_rules import Finding, Verdict
from dialer.agents import Agent, AgentPool
from dialer.call import CallLimits, CallPorts, PlannedCall, run_attempt
from dialer.clock import WallClock
from dialer.disposition import Disposition
from dialer.journal import Journal
from dialer.model import Account, PhoneNumber
from dialer.ports import JournalStore
from dialer.record_codec import decode_all
from dialer.records import AgentChanged, Claimed, Connected, Disposed, Record
from dialer.retries import NextTry
from dialer.state import EngineState
from pacing import AbandonmentWindow
from tests.fakes import CALLER_ID, SEOUL, TEN, FakeDesk, FakeTrunk, FarEnd, a_profile, an_account

ACCOUNT = an_account(1)
NUMBER = ACCOUNT.numbers[0]
TOMORROW = TEN + timedelta(days=1)


def a_state() -> EngineState:
    """A state that knows campaigns `c` and `d`."""
    state = EngineState()
    for campaign_id in ("c", "d"):
        state.add_campaign(campaign_id, SEOUL, (AbandonmentWindow(name="day"),))
    return state


@define
class Parts:
    """One trunk, one floor, one journal. Make it inside a test that runs on a virtual clock."""

    trunk: FakeTrunk = field(factory=FakeTrunk)
    store: JournalStore = field(factory=MemoryJournal)
    limits: CallLimits = field(factory=CallLimits)
    may_originate: bool = True
    may_connect: bool = True
    plan: NextTry = field(factory=lambda: NextTry(ends="that was all"))
    plans_with: list[Any] = field(factory=list)
    """What the plan of the next try was asked with: the disposition and the agent's report."""
    lines_freed: int = 0
    journal: Journal = field(init=False)
    clock: WallClock = field(init=False)
    agents: AgentPool = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.journal = Journal(self.store, a_state())
        self.clock = WallClock(TEN)
        self.agents = AgentPool(self.journal, self.clock)

    @property
    def ports(self) -> CallPorts:
        return CallPorts(
            self.journal,
            self.clock,
            self.agents,
            lambda _: self.may_originate,
            lambda _: self.may_connect,
            self._next_try,
            self._free_line,
        )

    def _next_try(self, call: PlannedCall, disposition: Disposition, report: Any) -> NextTry:
        self.plans_with.append((disposition, report))
        return self.plan

    def _free_line(self, call: PlannedCall) -> None:
        self.lines_freed += 1

    def log_in(self, agent_id: str = "ag-1", desk: FakeDesk | None = None, campaigns: tuple[str, ...] = ()) -> FakeDesk:
        """An agent sits down."""
        desk = desk or FakeDesk()
        self.agents.log_in(a_profile(agent_id, *campaigns), desk)
        return desk

    def claim(self, attempt_id: str = "c-1", agent: Agent | None = None, priority: int = 0) -> PlannedCall:
        """A call that is claimed, as the campaign leaves it."""
        claimed = Claimed(
            at=self.clock.now_at(),
            attempt_id=attempt_id,
            campaign_id="c",
            account_id=ACCOUNT.account_id,
            person_id=ACCOUNT.person.person_id,
            claim_ids=("c-1",),
            number_id=NUMBER.number_id,
            trunk=self.trunk.name,
            caller_id=CALLER_ID,
            pack_hash="hash",
            mode="progressive",
            agent_id=agent.agent_id if agent is not None else None,
        )
        self.journal.append(claimed)
        return PlannedCall(claimed, ACCOUNT, NUMBER, self.trunk, self.limits, agent, priority)

    async def call(self, far_end: FarEnd | None = None, attempt_id: str = "c-1", **fields: Any) -> Disposition:
        """One call, to its end."""
        if far_end is not None:
            self.trunk.default = far_end
        return await run_attempt(self.claim(attempt_id, **fields), self.ports)

    @property
    def records(self) -> list[Record]:
        """Everything that was said."""
        return list(decode_all(self.store.read()))

    def of(self, kind: type) -> list[Any]:
        """The records of one type."""
        return [record for record in self.records if isinstance(record, kind)]

    @property
    def disposed(self) -> Disposed:
        """The one disposition; fails when there is none or more than one (I3)."""
        (record,) = self.of(Disposed)
        return record

    @property
    def connected(self) -> Connected:
        (record,) = self.of(Connected)
        return record

    def agent_states(self, agent_id: str = "ag-1") -> list[str]:
        """What an agent did, in order."""
        return [one.state.value for one in self.of(AgentChanged) if one.agent_id == agent_id]

    @property
    def kinds(self) -> list[str]:
        """What was said of calls, in order, by the names of the record types."""
        return [type(record).__name__ for record in self.records if not isinstance(record, AgentChanged)]


ALLOWED = Verdict(True, (), None, None, "hash")


def denied(rule_id: str = "bank.hours", until: datetime | None = TOMORROW, *others: str) -> Verdict:
    """A verdict of these rules, the first deciding."""
    findings = tuple(
        Finding(one, "제목", "Title", "닫힘", f"{one} is closed", "cite", "policy", until) for one in (rule_id, *others)
    )
    return Verdict(False, findings, rule_id, until, "hash")


@define
class ScriptedGate:
    """Rules that say what a test has written down: by number, else one word for everybody."""

    verdict: Verdict | Exception = ALLOWED
    by_number: dict[str, Verdict] = field(factory=dict)
    asked: list[dict[str, Any]] = field(factory=list)
    rules: SimpleNamespace = field(factory=lambda: SimpleNamespace(pack_hash="hash", sequence=None))

    def judge(
        self,
        account: Account,
        number: PhoneNumber,
        at: datetime,
        ring_s: float,
        *,
        is_asked_for: bool = False,
        own_attempt_id: str | None = None,
    ) -> Verdict:
        self.asked.append(
            {"number": number.number_id, "ring_s": ring_s, "asked_for": is_asked_for, "own": own_attempt_id}
        )
        verdict = self.by_number.get(number.number_id, self.verdict)
        if isinstance(verdict, Exception):
            raise verdict
        return verdict

    def book_for(self, account: Account) -> SimpleNamespace:
        return self.rules

    def facts_hash(self, account: Account, number: PhoneNumber, ring_s: float, *, is_asked_for: bool) -> str:
        return "facts"

    def callee_role(self, account: Account) -> str:
        return "debtor"

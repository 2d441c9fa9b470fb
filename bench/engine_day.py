"""A model day through the production engine: its campaign loop, calls, agents, rules and journal, in virtual time.

The event heap in `bench.floor` is a model of the engine too; running both on
the same draws shows how far its figures hold for what is shipped. What the
engine does otherwise: it decides at most once a tick, and a call counts in the
window when its wrap-up is over.
"""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import structlog
import trio
from attrs import define, evolve, field

from bench.draws import Draws
from bench.engine_world import (
    CAMPAIGN,
    ZONE,
    EndlessAccounts,
    FirstAccounts,
    ModelDesk,
    ModelTrunk,
    NoStore,
    account,
)
from bench.floor import QUARTER_S, Day, settings_for
from bench.scenarios import Scenario
from dialer.app import Engine, Ports, open_engine
from dialer.clock import WallClock
from dialer.config import CampaignSettings, Config, Names, PacingConfig, TrunkConfig
from dialer.disposition import Disposition
from dialer.list_mapping import Columns, FictitiousNumbers, ListMapping
from dialer.ports import AgentProfile
from dialer.records import AgentChanged, AgentState, AnsweredBy, Connected, Detected, Disposed, Originated, Record
from dialer.simulation import run_virtual
from pacing import PacingMode

_START_AT = datetime(2026, 3, 2, tzinfo=UTC)
_CALLER_ID = "+12025550199"
_BUSY = (AgentState.TALKING, AgentState.WRAP_UP)
_PRESENT = (*_BUSY, AgentState.IDLE, AgentState.RESERVED)
_STAFF_S = 0.5
_RULES = """pack bench.open 2026.1
  clock UTC and every evidence
  contact attempt

rule bench.hours  "시간"  "Hours"
  policy   model day
  open     00:00-24:00 every day
"""


@define
class _Tally:
    """What a day comes to, from the records of the journal as they are written."""

    trunk: ModelTrunk
    began_mono: float
    seconds: dict[AgentState, float] = field(factory=dict)
    agents: dict[str, tuple[AgentState, float]] = field(factory=dict)
    paused: dict[str, trio.Event] = field(factory=dict)
    delivered: int = 0
    abandoned: int = 0
    by_quarter: dict[int, list[int]] = field(factory=dict)
    """Persons answered and abandoned, fewest agents."""
    by_campaign: dict[str, list[int]] = field(factory=dict)
    """Persons delivered and abandoned."""

    def heed(self, record: Record) -> None:
        match record:
            case AgentChanged():
                self._agent_changed(record.agent_id, record.state)
            case Detected() if record.answered_by is not AnsweredBy.MACHINE:
                self.quarter()[0] += self.trunk.outcomes[record.attempt_id].is_person
            case Connected():
                is_person = self.trunk.outcomes[record.attempt_id].is_person
                self.delivered += is_person
                self.by_campaign.setdefault(record.campaign_id, [0, 0])[0] += is_person
            case Disposed():
                outcome = self.trunk.outcomes.pop(record.attempt_id, None)
                if record.disposition is Disposition.ABANDONED and outcome is not None and outcome.is_person:
                    self.abandoned += 1
                    self.by_campaign.setdefault(record.campaign_id, [0, 0])[1] += 1
                    self.quarter()[1] += 1

    def quarter(self, agents: int | None = None) -> list[int]:
        """The counts of this quarter hour."""
        index = int((trio.current_time() - self.began_mono) // QUARTER_S)
        counts = self.by_quarter.setdefault(index, [0, 0, 1_000_000])
        if agents is not None:
            counts[2] = min(counts[2], agents)
        return counts

    def _agent_changed(self, agent_id: str, state: AgentState) -> None:
        now = trio.current_time()
        before, since = self.agents.get(agent_id, (AgentState.LOGGED_OUT, now))
        self.seconds[before] = self.seconds.get(before, 0.0) + now - since
        self.agents[agent_id] = (state, now)
        if state is AgentState.ON_BREAK and agent_id in self.paused:
            self.paused[agent_id].set()

    def utilisation(self) -> float:
        """Talk and wrap-up over time logged in but for breaks, up to now."""
        for agent_id, (state, _) in list(self.agents.items()):
            self._agent_changed(agent_id, state)
        return sum(self.seconds.get(one, 0.0) for one in _BUSY) / max(
            1.0, sum(self.seconds.get(one, 0.0) for one in _PRESENT)
        )


def run_engine_day(scenario: Scenario, seed: int, mode: PacingMode = PacingMode.PREDICTIVE, tick_s: float = 0.5) -> Day:
    """One day of `scenario` through the production engine; the same seed meets the same people as `run_day`."""
    return run_shared_day(scenario, seed, 1, mode, tick_s)[0]


def run_shared_day(
    scenario: Scenario, seed: int, campaign_count: int, mode: PacingMode = PacingMode.PREDICTIVE, tick_s: float = 0.5
) -> tuple[Day, dict[str, tuple[int, int]]]:
    """The same day dialed by several campaigns that share every agent; persons delivered and abandoned of each."""
    ids = tuple(CAMPAIGN if nth == 0 else f"{CAMPAIGN}-{nth + 1}" for nth in range(campaign_count))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "bench.rules").write_text(_RULES, encoding="utf-8")
        config = _config(scenario, mode, tick_s, Path(folder), ids)
        with _quiet():
            return run_virtual(partial(_live, scenario, seed, config), seed)


@contextmanager
def _quiet() -> Iterator[None]:
    """A line for each of a hundred thousand calls is no use to anybody, and costs a third of the time."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        yield
    finally:
        structlog.configure(**before)


def _config(scenario: Scenario, mode: PacingMode, tick_s: float, folder: Path, ids: tuple[str, ...]) -> Config:
    settings = settings_for(scenario, mode)
    campaign = CampaignSettings(
        id=CAMPAIGN,
        name=Names("모형", "Model"),
        purpose="telesales",
        caller_id=_CALLER_ID,
        rules=("bench.rules",),
        list=ListMapping(path="none.csv", columns=Columns(person_id="id"), fictitious_numbers=FictitiousNumbers()),
        pacing=PacingConfig(
            mode=mode, abandonment_target=settings.abandonment_target, tick_s=tick_s, windows=settings.windows
        ),
        ring_s=settings.ring_s,
        connect_s=settings.connect_s,
        machine_detection=settings.machine_detection,
        assume_clean=True,
    )
    return Config(
        title=Names("모형", "Model"),
        time_zone=ZONE,
        own_numbers=(_CALLER_ID,),
        trunks=(TrunkConfig(name=ModelTrunk.name, lines=scenario.lines, calls_per_s=ModelTrunk.max_calls_per_s),),
        campaigns=tuple(evolve(campaign, id=one) for one in ids),
        folder=folder,
    )


async def _live(scenario: Scenario, seed: int, config: Config) -> tuple[Day, dict[str, tuple[int, int]]]:
    clock, draws, began_mono = WallClock(_START_AT), Draws(scenario, seed), trio.current_time()
    trunk = ModelTrunk(draws, scenario.lines, began_mono)
    stock = 200 + 40 * round(max(scenario.agents.values))
    tally = _Tally(trunk, began_mono)
    async with open_engine(config, Ports((trunk,), FirstAccounts(stock), NoStore()), clock) as engine:
        for campaign_id in engine.campaigns:
            _prepare(engine, campaign_id, tally, stock)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_staff, scenario, engine, draws, tally, nursery)
            nursery.start_soon(engine.run)
            await trio.sleep_until(began_mono + scenario.hours * 3600.0)
            day = _day(scenario, seed, trunk, tally)
            engine.stop("end of the model day")
            nursery.cancel_scope.cancel()
    return day, {one: (delivered, lost) for one, (delivered, lost) in tally.by_campaign.items()}


def _prepare(engine: Engine, campaign_id: str, tally: _Tally, stock: int) -> None:
    """Let the tally hear every record, and put one more account on the list for each one called."""
    campaign = engine.campaigns[campaign_id]
    campaign.accounts = EndlessAccounts()

    def heed(record: Record) -> None:
        tally.heed(record)
        if isinstance(record, Originated):
            campaign.book.schedule.enroll((account(stock + tally.trunk.launched),))
        campaign.heed(record)

    engine.journal.tell(campaign_id, heed)


async def _staff(scenario: Scenario, engine: Engine, draws: Draws, tally: _Tally, nursery: trio.Nursery) -> None:
    """Log agents in and out as the scenario says; whoever came last leaves first."""
    here: list[str] = []
    came = 0
    while True:
        wanted = round(scenario.agents.at(trio.current_time() - tally.began_mono))
        while len(here) < wanted:
            here.append(f"a{came}")
            came += 1
            first_break_s = draws.first_break_s() if scenario.parameters["break_every_s"] > 0.0 else None
            engine.agents.log_in(
                AgentProfile(here[-1], "here", tuple(engine.campaigns)), ModelDesk(draws, tally.began_mono)
            )
            if first_break_s is not None:
                nursery.start_soon(_take_breaks, here[-1], scenario, engine, draws, tally, first_break_s)
        while len(here) > wanted:
            engine.agents.log_out(here.pop())
        tally.quarter(wanted)
        await trio.sleep(_STAFF_S)


async def _take_breaks(
    agent_id: str, scenario: Scenario, engine: Engine, draws: Draws, tally: _Tally, due_in_s: float
) -> None:
    while True:
        await trio.sleep(due_in_s)
        agent = engine.agents.get(agent_id)
        if agent is None or agent.is_leaving:
            return
        tally.paused[agent_id] = trio.Event()
        engine.agents.start_break(agent_id, "rest")
        await tally.paused[agent_id].wait()
        await trio.sleep(draws.break_s())
        if engine.agents.get(agent_id) is None:
            return
        engine.agents.end_break(agent_id)
        due_in_s = scenario.parameters["break_every_s"]


def _day(scenario: Scenario, seed: int, trunk: ModelTrunk, tally: _Tally) -> Day:
    return Day(
        scenario=scenario.name,
        seed=seed,
        utilisation=tally.utilisation(),
        delivered=tally.delivered,
        abandoned=tally.abandoned,
        launched=trunk.launched,
        # What falls into the very instant of the end belongs to no quarter hour of the day.
        quarters=tuple(
            (answered, lost, fewest)
            for index, (answered, lost, fewest) in sorted(tally.by_quarter.items())
            if index * QUARTER_S < scenario.hours * 3600.0
        ),
        decide_count=0,
        decide_s=0.0,
        observe_count=0,
        observe_s=0.0,
    )

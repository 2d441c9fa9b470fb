"""A campaign dialed by the whole engine over the lab: real Asterisk, real calls, agents' phones that answer."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trio
from attrs import define, field

from adapters.asterisk.phones import PhoneLine
from adapters.asterisk.server import AsteriskServer, running
from adapters.asterisk.settings import AsteriskSettings
from adapters.asterisk.trunk import AsteriskTrunk
from adapters.journal_sqlite import SqliteJournal
from adapters.switches.desk import PhoneDesk, keep_logged_in
from dialer.app import Engine, Ports, open_engine
from dialer.clock import WallClock
from dialer.config import CampaignSettings, Config, Names, PacingConfig, TrunkConfig
from dialer.disposition import Disposition
from dialer.list_mapping import Columns, FictitiousNumbers, ListMapping
from dialer.model import Account, NumberKind, Person, PhoneNumber
from dialer.ports import AgentProfile, AgentReport
from dialer.record_codec import decode_all
from dialer.records import AgentChanged, AgentState, Claimed, Disposed, Originated, Record
from pacing import PacingMode

CALLER_ID = "+8215990101"
# Ten in the morning in Seoul, so that the house rules are open.
START_AT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
RING_S = 15.0
# The lists are made here and not read.
NO_LIST = ListMapping(path="none.csv", columns=Columns(person_id="id"), fictitious_numbers=FictitiousNumbers())

RULES = """pack lab.house 2026.1
  clock Asia/Seoul
  contact attempt

rule house.day  "하루"  "A day"
  policy   manual 1
  at most  2 attempts a day per person
rule house.opt-out  "거부"  "Opted out"
  policy   manual 2
  stop when person.opted_out

sequence house.tries  "재시도"  "Tries"
  numbers  mobile
  after    busy 3 seconds, twice | congested 3 seconds, twice | failed 3 seconds, twice
           no_answer 20 minutes, twice | machine stop | rejected stop | cut_off stop | abandoned stop
           out_of_service drop number | agent_lost stop
  end      6 attempts a day
"""


def account(number: str, campaign_id: str) -> Account:
    """One person with one number."""
    key = number.removeprefix("+")
    return Account(f"{campaign_id}:{key}", Person(f"p{key}"), (PhoneNumber(key, number, NumberKind.MOBILE),))


class Lists:
    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        self._lists = lists

    def accounts(self, campaign_id: str) -> Iterator[Account]:
        return (account(one, campaign_id) for one in self._lists[campaign_id])


@define
class Floor:
    """A running engine with its phones."""

    engine: Engine
    servers: list[AsteriskServer]
    nursery: trio.Nursery
    clock: WallClock
    desks: dict[str, PhoneDesk] = field(factory=dict)

    def seat(self, agent_id: str, phone: str, *campaigns: str, talk_s: float = 0.5) -> None:
        """An agent whose phone answers, who talks for `talk_s` and says it was the right person."""
        lines = {
            server: PhoneLine(server, agent_id, f"PJSIP/{phone}@floor", caller_id=CALLER_ID) for server in self.servers
        }
        desk = PhoneDesk(lines, talk_s=talk_s, wrap_up_s=0.1, decide=lambda _: AgentReport(Disposition.RIGHT_PARTY))
        self.desks[agent_id] = desk
        profile = AgentProfile(agent_id, "lab", campaigns)
        self.nursery.start_soon(keep_logged_in, profile, desk, self.engine.agents)

    async def wait_for(self, what: Any, limit_s: float = 60.0) -> None:
        """Block until something is so."""
        with trio.fail_after(limit_s):
            while not what():  # noqa: ASYNC110 (an engine's state has no event)
                await trio.sleep(0.02)

    def open_count(self) -> int:
        """Attempts that have no disposition yet."""
        return len(self.engine.state.attempts)


@define
class Story:
    """What a journal says."""

    records: list[Record]

    @property
    def numbers(self) -> dict[str, str]:
        """Attempts by the number that was called."""
        return {one.attempt_id: one.number_id for one in self.records if isinstance(one, Claimed)}

    def originated(self) -> Counter[str]:
        """How often the trunk was told to call each number."""
        return Counter(self.numbers[one.attempt_id] for one in self.records if isinstance(one, Originated))

    def dispositions(self) -> dict[str, list[Disposition]]:
        """What became of each number's attempts."""
        found: dict[str, list[Disposition]] = {}
        for one in self.records:
            if isinstance(one, Disposed):
                found.setdefault(self.numbers[one.attempt_id], []).append(one.disposition)
        return found

    def last_states(self) -> dict[str, AgentState]:
        """What each agent did last."""
        return {one.agent_id: one.state for one in self.records if isinstance(one, AgentChanged)}


def read_story(path: Path) -> Story:
    """The journal of a run that is over."""
    store = SqliteJournal(path)
    try:
        return Story(list(decode_all(store.read())))
    finally:
        store.close()


def make_config(
    folder: Path, campaigns: Mapping[str, PacingMode], trunks: Sequence[str], rate: float, connect_s: float
) -> Config:
    (folder / "house.rules").write_text(RULES, encoding="utf-8")
    return Config(
        title=Names("실험실", "Lab"),
        time_zone="Asia/Seoul",
        own_numbers=(CALLER_ID,),
        trunks=tuple(TrunkConfig(name=one, lines=200, calls_per_s=rate) for one in trunks),
        campaigns=tuple(
            CampaignSettings(
                id=name,
                name=Names(name, name),
                purpose="telesales",
                caller_id=CALLER_ID,
                rules=("house.rules",),
                list=ListMapping(
                    path="none.csv", columns=Columns(person_id="id"), fictitious_numbers=FictitiousNumbers()
                ),
                pacing=PacingConfig(mode=mode, tick_s=0.1, abandonment_target=0.03),
                ring_s=RING_S,
                connect_s=connect_s,
                assume_clean=True,
            )
            for name, mode in campaigns.items()
        ),
        drain_s=5.0,
        folder=folder,
    )


@asynccontextmanager
async def dialing(
    folder: Path,
    servers: Sequence[AsteriskServer],
    lists: Mapping[str, Sequence[str]],
    modes: Mapping[str, PacingMode],
    rate: float = 30.0,
    connect_s: float = 2.0,
) -> AsyncIterator[Floor]:
    """The engine over one trunk a server, journal on disk. Runs while the block does, then stops."""
    names = [f"lab-{n}" for n in range(len(servers))]
    config = make_config(folder, modes, names, rate, connect_s)
    trunks = tuple(
        AsteriskTrunk(name, 200, rate, server, AsteriskSettings()) for name, server in zip(names, servers, strict=True)
    )
    store = SqliteJournal(folder / "lab.journal")
    clock = WallClock(START_AT)
    try:
        async with (
            running(*servers),
            open_engine(config, Ports(trunks, Lists(lists), store), clock) as engine,
            trio.open_nursery() as nursery,
        ):
            nursery.start_soon(engine.run)
            floor = Floor(engine, list(servers), nursery, clock)
            yield floor
            engine.stop("the test is over")
            await floor.wait_for(lambda: floor.open_count() == 0)
            nursery.cancel_scope.cancel()
            engine.agents.log_out_all()
    finally:
        store.close()

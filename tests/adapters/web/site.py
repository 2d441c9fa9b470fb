"""A real engine on a small simulated floor, with the real pages on a free port, for as long as a test needs them."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import trio
import trio.testing
from attrs import define

from adapters.journal_memory import MemoryJournal
from adapters.simulated.agents import SimulatedDesk
from adapters.simulated.people import People
from adapters.simulated.trunk import SimulatedTrunk
from adapters.web.roles import Role
from adapters.web.serving import WebServer
from adapters.web.settings import WebSettings
from adapters.web.users import User
from dialer.app import Engine, Ports, open_engine
from dialer.clock import SpeedClock, WallClock
from dialer.config import CampaignSettings, Config, Names, PacingConfig, TrunkConfig
from dialer.console import EngineConsole
from dialer.list_mapping import Columns, FictitiousNumbers, ListMapping
from dialer.ports import AgentProfile
from dialer.stations import Stations
from pacing import PacingMode
from tests.days.plans import CampaignPlan, House, house_rules
from tests.days.world import CALLER_ID, Lists, assumptions
from tests.fakes import an_account

__all__ = ["PASSWORD", "Site", "on_site"]

PASSWORD = "correct horse battery"
# A Tuesday morning, well inside the house's hours.
STARTS_AT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


@define
class Site:
    """The running site."""

    engine: Engine
    console: EngineConsole
    server: WebServer
    people: People
    store: MemoryJournal

    @property
    def url(self) -> str:
        return self.server.url

    async def add_user(self, name: str, *roles: Role, campaigns: tuple[str, ...] = ("sales",)) -> None:
        user = User(name, name, frozenset(roles), site="seoul", campaign_ids=campaigns)
        await self.server.parts.users.add(user, PASSWORD)

    @asynccontextmanager
    async def browser(self, name: str | None = None) -> AsyncIterator[httpx2.AsyncClient]:
        """A client that keeps cookies and sends the session's token, as a page does; signed in when named."""
        async with httpx2.AsyncClient(base_url=self.url, timeout=None) as client:
            if name is not None:
                answer = await client.post("/api/v1/session", json={"name": name, "password": PASSWORD})
                assert answer.status_code == 200, answer.text
                client.headers["x-csrf-token"] = answer.json()["csrf"]
            yield client


def on_site(
    folder: Path,
    test: Callable[[Site], Awaitable[Any]],
    *,
    agents: int = 0,
    speed: float = 1.0,
    campaigns: tuple[str, ...] = ("sales",),
    mode: PacingMode = PacingMode.PROGRESSIVE,
    stations: Stations | None = None,
) -> Any:
    """Run `test` on a site; `agents` simulated ones work the first campaign beside whoever logs in."""

    async def main() -> Any:
        async with _site(folder, agents, speed, campaigns, mode, stations) as site:
            return await test(site)

    return trio.run(main, clock=SpeedClock(speed))


@asynccontextmanager
async def _site(
    folder: Path, agents: int, speed: float, campaigns: tuple[str, ...], mode: PacingMode, stations: Stations | None
) -> AsyncIterator[Site]:
    (folder / "house.rules").write_text(house_rules(House(), "Asia/Seoul"), encoding="utf-8")
    clock = WallClock(STARTS_AT)
    plans = tuple(
        CampaignPlan(name, mode, tuple(an_account(one) for one in range(1 + 60 * nth, 61 + 60 * nth)))
        for nth, name in enumerate(campaigns)
    )
    people = People(assumptions(), 1, "Asia/Seoul")
    for plan in plans:
        people.add(plan.id, plan.purpose, plan.accounts)
    trunk = SimulatedTrunk("t", 50, 20.0, people, clock.now_at)
    store = MemoryJournal()
    async with open_engine(_config(folder, campaigns, mode), Ports((trunk,), Lists(plans), store), clock) as engine:
        console = EngineConsole(engine)
        server = WebServer(WebSettings(port=0), console, folder, speed, stations)
        await server.listen()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.run)
            nursery.start_soon(engine.run)
            await trio.testing.wait_all_tasks_blocked()  # the campaign is running
            for number in range(agents):
                agent_id = f"agent-{number + 1}"
                engine.agents.log_in(
                    AgentProfile(agent_id, "seoul", campaigns[:1]), SimulatedDesk(agent_id, people, clock)
                )
            yield Site(engine, console, server, people, store)
            engine.stop("the test is over")
            nursery.cancel_scope.cancel()


def _config(folder: Path, campaigns: tuple[str, ...], mode: PacingMode) -> Config:
    return Config(
        title=Names("하루", "A day"),
        time_zone="Asia/Seoul",
        own_numbers=(CALLER_ID,),
        trunks=(TrunkConfig(name="t", lines=50, calls_per_s=20.0),),
        campaigns=tuple(_campaign(one, mode) for one in campaigns),
        folder=folder,
    )


def _campaign(campaign_id: str, mode: PacingMode) -> CampaignSettings:
    return CampaignSettings(
        id=campaign_id,
        name=Names("정기예금", "Deposits"),
        purpose="telesales",
        caller_id=CALLER_ID,
        rules=("house.rules",),
        list=ListMapping(path="none.csv", columns=Columns(person_id="id"), fictitious_numbers=FictitiousNumbers()),
        pacing=PacingConfig(mode=mode),
        assume_clean=True,
    )


_KEY = re.compile(r"#(.+)$")


def first_run_key(site: Site) -> str:
    """The one-time key in the link that the daemon prints."""
    match = _KEY.search(site.server.first_run_url)
    assert match is not None
    return match[1]

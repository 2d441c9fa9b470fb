"""The clients of `bench.web`: agents at desks over WebSockets, wallboards over server-sent events."""

import json
import random
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import trio
from attrs import define, field

from adapters.web.database import open_database
from adapters.web.roles import Role
from adapters.web.users import User, Users

__all__ = ["Floor", "Person", "make_people"]

PASSWORD = "correct horse battery"  # noqa: S105 (of nobody)


@define
class Person:
    """Somebody signed in."""

    name: str
    headers: dict[str, str]


async def make_people(path: Path, count: int) -> list[Person]:
    """Agents with a session each, and one supervisor, written into the web's file before the daemon starts."""
    database = open_database(path)
    users = Users(database, time.time, 86_400.0)
    await users.add(User("agent-0", "agent-0", frozenset({Role.AGENT, Role.SUPERVISOR}), site="web"), PASSWORD)
    for number in range(1, count):
        # The same hash: making one takes a fifth of a second on purpose.
        database.execute(
            "insert into user select ?1, ?1, password_hash, roles, site, campaigns, language, created_at, is_disabled "
            "from user where name='agent-0'",
            (f"agent-{number}",),
        )
    people = []
    for number in range(count):
        key, identity = users.start_session(f"agent-{number}", "127.0.0.1")
        headers = {"cookie": f"paceline_session={key}", "x-csrf-token": identity.csrf}
        people.append(Person(f"agent-{number}", headers))
    database.close()
    return people


@define
class Floor:
    """Everybody with a page open. What a page shows is timed against the daemon's own clock, see `transit_s`."""

    url: str
    client: httpx2.AsyncClient
    talk_s: float
    transits: list[float] = field(factory=list)
    """Arrival on our clock less the instant the message names: the smallest is the clocks' difference."""
    pops: list[tuple[float, float]] = field(factory=list)
    """Of each call that popped up: its age when the message was made, and the message's transit."""
    messages: int = 0
    beats: int = 0
    refused: int = 0

    def pop_ms(self) -> list[float]:
        """From the connection until the page had it, sorted."""
        offset_s = min(self.transits, default=0.0)
        return sorted(1000.0 * (age_s + transit_s - offset_s) for age_s, transit_s in self.pops)

    def forget(self) -> None:
        """Begin to measure."""
        self.pops.clear()
        self.messages = self.beats = 0

    async def sit(self, person: Person, ready: Callable[[], None]) -> None:
        """An agent: log in, talk for a while, say what became of it, for ever."""
        answer = await self.client.post(
            f"{self.url}/api/v1/desk/log-in", json={"campaigns": ["collect"]}, headers=person.headers
        )
        answer.raise_for_status()
        socket_url = self.url.replace("http", "ws", 1) + "/api/v1/desk/socket"
        headers = person.headers | {"origin": self.url}
        seen = ""
        async with (
            self.client.websocket(socket_url, headers=headers, keepalive_ping_interval_seconds=None) as socket,
            trio.open_nursery() as nursery,
        ):
            ready()
            while True:
                text = await socket.receive_text()
                arrived_s = time.monotonic()
                state = json.loads(text)
                self.messages += 1
                transit_s = arrived_s - datetime.fromisoformat(state["now_at"]).timestamp()
                self.transits.append(transit_s)
                call = state["call"]
                if call is not None and call["phase"] == "talk" and call["attempt_id"] != seen:
                    seen = call["attempt_id"]
                    self.pops.append((call["for_s"], transit_s))
                    nursery.start_soon(self._report, person, seen)

    async def watch(self, person: Person) -> None:
        """A wallboard."""
        async with self.client.stream("GET", f"{self.url}/api/v1/board/stream", headers=person.headers) as answer:
            async for line in answer.aiter_lines():
                self.beats += line.startswith("data:")

    async def rate(self, path: str, person: Person, seconds: float, lanes: int = 8) -> float:
        """How often a call is answered in a second, asked by some programs at once."""
        count = 0

        async def ask() -> None:
            nonlocal count
            while True:
                answer = await self.client.get(f"{self.url}{path}", headers=person.headers)
                answer.raise_for_status()
                count += 1

        began_s = time.monotonic()
        with trio.move_on_after(seconds):
            async with trio.open_nursery() as nursery:
                for _ in range(lanes):
                    nursery.start_soon(ask)
        return count / (time.monotonic() - began_s)

    async def _report(self, person: Person, attempt_id: str) -> None:
        await trio.sleep(self.talk_s * random.uniform(0.5, 1.5))
        body: dict[str, Any] = {"attempt_id": attempt_id, "disposition": "right_party"}
        answer = await self.client.post(f"{self.url}/api/v1/desk/report", json=body, headers=person.headers)
        self.refused += answer.status_code not in (204, 409)

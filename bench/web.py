"""What the pages cost a daemon that dials: `python -m bench.web --seconds 30`.

One daemon dials at the rate given, in real time, with a durable journal. First
nobody looks; then agents sit at web desks and wallboards are open, at the full
rate of updates. From the pages: how long a call takes to pop up, from the
connection to its message's arrival. From the journal: how long a claim took
until the trunk was told, without and with the pages. From the system: the
daemon's share of a processor. Then requests a second of the commonest calls,
beside all of that, and the weight of the wallboard. Prints JSON.
"""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2
import trio

from bench.crash_world import make_world
from bench.sustained import Samples, _wait_for_start, _waits_ms
from bench.web_floor import Floor, Person, make_people

__all__ = ["main"]

_BRISK = 20.0
_AGENTS_PER_RATE = 2.0
_CALLS = ("/api/v1/board", "/api/v1/desk", "/api/v1/agents")


def _world(folder: Path, rate: float, seconds: float, port: int) -> Path:
    accounts = int(rate * (2 * seconds + 90) * 1.3) + 1_000
    agents = int(rate * _AGENTS_PER_RATE)
    config = make_world(folder, accounts=accounts, agents=agents, rate=rate, has_carrier=False, brisk=_BRISK)
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("\n[[trunks]]", f"\n[web]\nport = {port}\n\n[[trunks]]", 1), encoding="utf-8")
    return config


def _run(folder: Path, arguments: argparse.Namespace, *, has_floor: bool) -> dict[str, Any]:
    """One daemon for a while; its figures."""
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = _world(folder, arguments.rate, arguments.seconds, port)
    people = trio.run(make_people, folder / "paceline-web.db", arguments.desks) if has_floor else []
    log = folder / "daemon.log"
    command = [sys.executable, "-m", "dialer", "run", str(config), "--log-json"]
    with (
        log.open("w", encoding="utf-8") as out,
        subprocess.Popen(command, stderr=out, stdout=out) as daemon,  # noqa: S603 (our own program)
    ):
        try:
            _wait_for_start(log, daemon)
            figures = trio.run(_measure, f"http://127.0.0.1:{port}", people, daemon.pid, arguments)
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(timeout=120)
    waits, over_s = _waits_ms(folder)
    figures["attempts_a_second"] = round(len(waits) / max(over_s, 1e-9), 1)
    figures |= {f"decision_p{share * 100:g}_ms": round(_at(waits, share), 2) for share in (0.5, 0.99)}
    return figures


async def _measure(url: str, people: list[Person], pid: int, arguments: argparse.Namespace) -> dict[str, Any]:
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=500)
    samples = Samples()
    async with httpx2.AsyncClient(limits=limits, timeout=120.0, trust_env=False) as client:
        floor = Floor(url, client, arguments.talk)
        with trio.fail_after(120.0):
            while not await _is_there(client, url):  # noqa: ASYNC110 (another process)
                await trio.sleep(0.2)
        async with trio.open_nursery() as nursery:
            if people:
                await _open_pages(floor, people, nursery, arguments.wallboards)
            await trio.sleep(arguments.warm)  # until the pacer has learned the floor
            floor.forget()
            samples.look(pid)
            await trio.sleep(arguments.seconds)
            samples.look(pid)
            figures: dict[str, Any] = {"cpu_share": samples.figures()["cpu_share"]}
            if people:
                figures |= _page_figures(floor, arguments.seconds)
                figures["requests_a_second"] = {path: round(await floor.rate(path, people[0], 3.0)) for path in _CALLS}
                figures |= await _lags(client, url, people[0])
                figures["wallboard_kib"] = await _weight(client, url)
            nursery.cancel_scope.cancel()
    return figures


async def _is_there(client: httpx2.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(f"{url}/ready")).status_code == 200
    except httpx2.HTTPError:
        return False


async def _open_pages(floor: Floor, people: list[Person], nursery: trio.Nursery, wallboards: int) -> None:
    waiting = len(people)
    everybody = trio.Event()

    def one_more() -> None:
        nonlocal waiting
        waiting -= 1
        if not waiting:
            everybody.set()

    for person in people:
        nursery.start_soon(floor.sit, person, one_more)
    for number in range(wallboards):
        nursery.start_soon(floor.watch, people[number % len(people)])
    with trio.fail_after(120.0):
        await everybody.wait()


def _page_figures(floor: Floor, seconds: float) -> dict[str, Any]:
    pops = floor.pop_ms()
    shares = {f"pop_p{share * 100:g}_ms": round(_at(pops, share), 1) for share in (0.5, 0.99, 1.0)}
    rates = {"desk_messages_a_second": floor.messages / seconds, "wallboard_beats_a_second": floor.beats / seconds}
    return {"pops": len(pops), "reports_refused": floor.refused} | shares | {k: round(v, 1) for k, v in rates.items()}


async def _weight(client: httpx2.AsyncClient, url: str) -> float:
    """Everything that the wallboard's page loads, as it travels."""
    seen: set[str] = set()
    todo, size = ["/wallboard"], 0
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = await client.get(f"{url}{path}")
        if answer.status_code != 200:
            continue
        size += len(answer.content)
        if not path.endswith((".json", ".svg", ".css")):
            names = re.findall(r"""["'](/static/[^"']+|\./[\w.-]+\.js)["']""", answer.text)
            todo += [name if name.startswith("/") else f"/static/js/{name[2:]}" for name in names]
    return round(size / 1024, 1)


async def _lags(client: httpx2.AsyncClient, url: str, person: Person) -> dict[str, float]:
    """What the daemon says of itself: how late its tasks wake, how long flushes take (upper bounds)."""
    text = (await client.get(f"{url}/metrics", headers=person.headers)).text
    found = {}
    for name in ("event_loop_lag", "journal_flush"):
        pattern = rf'^paceline_{name}_seconds_bucket{{le="([^"]+)"}} (\S+)'
        buckets = [(float(le), float(count)) for le, count in re.findall(pattern, text, re.MULTILINE)]
        enough = 0.99 * buckets[-1][1]
        found[f"{name}_p99_ms_at_most"] = 1000 * next(le for le, count in buckets if count >= enough)
    return found


def _at(values: list[float], share: float) -> float:
    return values[int(share * (len(values) - 1))] if values else float("nan")


def main() -> None:
    """Parse the command line, run, report."""
    parser = argparse.ArgumentParser(prog="python -m bench.web", description=__doc__)
    parser.add_argument("--rate", type=float, default=100.0, help="attempts a second: the trunk's limit")
    parser.add_argument("--desks", type=int, default=200)
    parser.add_argument("--wallboards", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--warm", type=float, default=30.0, help="seconds before anything is measured")
    parser.add_argument("--talk", type=float, default=3.0, help="mean seconds of an agent's talk")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        began_s = time.monotonic()
        without = _run(Path(temporary) / "without", arguments, has_floor=False)
        with_ = _run(Path(temporary) / "with", arguments, has_floor=True)
    added = {
        name: round(with_[name] - without[name], 2) for name in ("decision_p50_ms", "decision_p99_ms", "cpu_share")
    }
    took = {"took_s": round(time.monotonic() - began_s), "load": os.getloadavg()[0]}
    print(json.dumps({"without_pages": without, "with_pages": with_, "added": added} | took, indent=1))


if __name__ == "__main__":
    main()

"""How many calls a second the whole engine places over a real Asterisk, beside a bare control client in the same run.

    tests/lab/up && . ~/.cache/paceline-lab/run-1/env
    python -m bench.trunk --rate 100 --seconds 20 --pairs 400

Both place calls to people who ring 0.25 s, answer and hang up after a second. The engine does all of its work
meanwhile: rules, pacing, a journal that is durable before each call. What reached the carrier, and when, is read
from the carrier's own log. Latencies are from the decision (the claim) to the INVITE at the carrier, and from the
answer to the person and the agent being in one bridge.
"""

import argparse
import os
import resource
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import trio
from attrs import define, field

from adapters.asterisk.phones import PhoneLine
from adapters.asterisk.server import AsteriskServer, running
from adapters.asterisk.settings import AsteriskSettings, ServerSettings
from adapters.asterisk.trunk import AsteriskTrunk
from adapters.journal_sqlite import SqliteJournal
from dialer.app import Ports, open_engine
from dialer.clock import WallClock, system_now
from dialer.config import CampaignSettings, Config, Names, PacingConfig, TrunkConfig
from dialer.disposition import Disposition
from dialer.list_mapping import Columns, FictitiousNumbers, ListMapping
from dialer.model import Account, NumberKind, Person, PhoneNumber
from dialer.ports import AgentProfile, AgentReport, CallCard, CallOrder, Leg
from dialer.record_codec import decode_all
from dialer.records import Claimed, Originated
from pacing import PacingMode

CALLER_ID = "+8215990101"
# A person who sends no sound, rings 0.25 s and hangs up a second after the answer.
BRIEF = "8005020"
RULES = """pack bench.house 2026.1
  clock UTC
  contact attempt
rule house.week  "주"  "A week"
  policy   manual 1
  at most  7 attempts in any 168 hours per person
rule house.opt-out  "거부"  "Opted out"
  policy   manual 2
  stop when person.opted_out
"""


def number(run: int, index: int, script: str = BRIEF) -> str:
    """A number of its own for every call of a run."""
    return f"+82{run % 10}{index:05d}{script}"


@define
class Run:
    """One way of placing calls, measured."""

    name: str
    wanted: dict[str, datetime] = field(factory=dict)
    """When each number was decided upon."""
    told: dict[str, datetime] = field(factory=dict)
    seconds: float = 0.0
    cpu_s: float = 0.0

    def report(self, log: Path) -> float:
        """Print it; calls a second at the carrier."""
        invited = invites(log, self.wanted)
        counts = np.array([len(one) for one in invited.values()])
        rate = sustained_rate(sorted(min(one) for one in invited.values()))
        wanted, reached = len(self.wanted), len(invited)
        print(
            f"{self.name}: {wanted} calls wanted, {counts.sum()} INVITEs to {reached} numbers, {rate:.1f}/s sustained"
        )
        for what, since in (("decision to INVITE", self.wanted), ("trunk told to INVITE", self.told)):
            if since:
                print(f"  {what}: {quantiles([(min(at) - since[n]).total_seconds() for n, at in invited.items()])}")
        print(f"  CPU of our process per 100 calls: {100 * self.cpu_s / max(1, len(invited)):.2f} s")
        return rate


def invites(log: Path, wanted: dict[str, datetime]) -> dict[str, list[datetime]]:
    """When each number was called, by the carrier, in this run."""
    first = min(wanted.values())
    found: dict[str, list[datetime]] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        step, called, _, stamp, _ = line.split(";")
        if step == "INVITE" and called in wanted:
            at = datetime.fromisoformat(stamp.replace("Z", "+00:00"))
            if at >= first:  # the log holds earlier runs too
                found.setdefault(called, []).append(at)
    return found


def sustained_rate(times: list[datetime]) -> float:
    """Calls a second from the second second on: the first may hold a burst of a second's worth."""
    later = [at for at in times if (at - times[0]).total_seconds() > 1.0]
    return (len(later) - 1) / max(1e-9, (later[-1] - later[0]).total_seconds()) if len(later) > 1 else 0.0


def quantiles(values: Sequence[float]) -> str:
    """p50 and p99 in milliseconds."""
    return "p50 {:.1f} ms, p99 {:.1f} ms".format(*(1000 * one for one in np.quantile(values, (0.5, 0.99))))


def cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def raw(server: AsteriskServer, rate: float, seconds: float, seed: int) -> Run:
    """A control client and nothing else."""
    run, began, start = Run("raw control client"), cpu_s(), trio.current_time()
    trunk = AsteriskTrunk("raw", 10_000, rate, server, AsteriskSettings())
    async with running(server):
        await server.wait_up()
        async with trio.open_nursery() as nursery:
            for index in range(int(rate * seconds)):
                await trio.sleep_until(start + index / rate)
                nursery.start_soon(_raw_call, trunk, number(seed, index), run)
    run.seconds, run.cpu_s = trio.current_time() - start, cpu_s() - began
    return run


async def _raw_call(trunk: AsteriskTrunk, e164: str, run: Run) -> None:
    run.wanted[e164] = system_now()
    async with trunk.open_leg(CallOrder(f"raw-{e164[1:]}", e164, CALLER_ID, 20.0, False)):
        await trio.sleep_forever()


class BriefDesk:
    """An agent who talks until the person hangs up, and is free again at once."""

    async def preview(self, card: CallCard) -> bool:
        return True

    async def converse(self, leg: Leg, card: CallCard) -> None:
        await trio.sleep_forever()

    async def wait_disposition(self, card: CallCard) -> AgentReport:
        await trio.lowlevel.checkpoint()
        return AgentReport(Disposition.RIGHT_PARTY)


@define
class Numbers:
    seed: int
    count: int

    def accounts(self, campaign_id: str) -> Iterator[Account]:
        for index in range(self.count):
            e164 = number(self.seed, index)
            yield Account(e164, Person(e164), (PhoneNumber(e164, e164, NumberKind.MOBILE),))


def config_of(folder: Path, rate: float) -> Config:
    (folder / "house.rules").write_text(RULES, encoding="utf-8")
    names = Names("측정", "Bench")
    campaign = CampaignSettings(
        id="bench",
        name=names,
        purpose="telesales",
        caller_id=CALLER_ID,
        rules=("house.rules",),
        list=ListMapping(path="none.csv", columns=Columns(person_id="id"), fictitious_numbers=FictitiousNumbers()),
        pacing=PacingConfig(mode=PacingMode.PROGRESSIVE, tick_s=0.05),
        ring_s=15.0,
        machine_detection=False,
        assume_clean=True,
    )
    trunk = TrunkConfig(name="lab", lines=10_000, calls_per_s=rate)
    return Config(
        title=names, time_zone="UTC", own_numbers=(CALLER_ID,), trunks=(trunk,), campaigns=(campaign,), folder=folder
    )


async def engine(server: AsteriskServer, rate: float, seconds: float, seed: int, folder: Path) -> Run:
    """The same calls by the whole engine."""
    run, count = Run("whole engine"), int(rate * seconds)
    config = config_of(folder, rate)
    trunk = AsteriskTrunk("lab", 10_000, rate, server, AsteriskSettings())
    store = SqliteJournal(folder / "bench.journal")
    clock = WallClock(system_now())
    async with (
        running(server),
        open_engine(config, Ports((trunk,), Numbers(seed, count), store), clock) as running_engine,
        trio.open_nursery() as nursery,
    ):
        for index in range(int(4 * rate) + 20):
            running_engine.agents.log_in(AgentProfile(f"agent-{index}", "bench", ("bench",)), BriefDesk())
        began, start = cpu_s(), trio.current_time()
        nursery.start_soon(running_engine.run)
        book = running_engine.state.campaigns["bench"]
        with trio.move_on_after(3 * seconds + 10):
            while book.attempt_count < count:  # noqa: ASYNC110 (counts announce nothing)
                await trio.sleep(0.05)
        run.seconds, run.cpu_s = trio.current_time() - start, cpu_s() - began
        await trio.sleep(2.0)
        running_engine.stop("measured")
    records = list(decode_all(store.read()))
    store.close()
    numbers = {one.attempt_id: one.number_id for one in records if isinstance(one, Claimed)}
    run.wanted = {numbers[one.attempt_id]: one.at for one in records if isinstance(one, Claimed)}
    run.told = {numbers[one.attempt_id]: one.at for one in records if isinstance(one, Originated)}
    return run


async def pairs(server: AsteriskServer, count: int, seconds: float, seed: int) -> None:
    """So many agents and people in talks, sound both ways."""
    trunk = AsteriskTrunk("lab", 10_000, 1e6, server, AsteriskSettings())
    waits: list[float] = []
    lost = 0

    async def talk(index: int) -> None:
        nonlocal lost
        line = PhoneLine(server, f"pair-{index}", f"PJSIP/3{index:04d}0@floor")
        await line.call()
        order = CallOrder(f"pair-{seed}-{index}", number(seed, index, "0005000"), CALLER_ID, 20.0, False)
        async with trunk.open_leg(order) as leg:
            answered = await leg.wait_answer()
            await line.put_through(leg)
            waits.append(trio.current_time() - answered)
            await trio.sleep(seconds + 0.05 * (count - index))
        lost += leg.ended is None or leg.ended.hung_up_by.value != "us"
        line.hang_up()

    async with running(server):
        await server.wait_up()
        async with trio.open_nursery() as nursery:
            for index in range(count):
                nursery.start_soon(talk, index)
                await trio.sleep(0.05)
    print(f"talks with sound: {len(waits)} at once for {seconds:g} s, {lost} lost")
    print(f"  answer to bridge: {quantiles(waits)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=50.0, help="calls a second")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--pairs", type=int, default=50, help="talks at once")
    words = parser.parse_args()
    if "LAB_ARI" not in os.environ:
        parser.exit(2, "no lab: tests/lab/up && . ~/.cache/paceline-lab/run-1/env\n")
    log, secret = Path(os.environ["LAB_CARRIER_LOG"]), os.environ["LAB_SECRET"]

    def server() -> AsteriskServer:
        return AsteriskServer(ServerSettings(url=os.environ["LAB_ARI"], secret_env="LAB_SECRET"), secret)  # noqa: S106 (a name)

    seed = int(datetime.now(UTC).timestamp()) % 1000
    rate, seconds = words.rate, words.seconds
    plain = trio.run(raw, server(), rate, seconds, 10 * seed + 1).report(log)
    with tempfile.TemporaryDirectory() as folder:
        whole = trio.run(engine, server(), rate, seconds, 10 * seed + 2, Path(folder)).report(log)
    print(f"engine / raw: {100 * whole / plain:.0f} %")
    if words.pairs:
        trio.run(pairs, server(), words.pairs, seconds, 10 * seed + 3)


if __name__ == "__main__":
    main()

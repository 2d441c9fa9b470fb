"""What breaks between us and the carrier in mid-campaign: nobody is dialed twice for it, nothing stays open."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import trio

from adapters.asterisk.server import running
from adapters.asterisk.settings import AsteriskSettings
from adapters.asterisk.trunk import AsteriskTrunk
from dialer.disposition import Disposition
from dialer.ports import CallOrder
from dialer.records import AgentState
from pacing import PacingMode
from tests.adapters.asterisk.lab_campaign import Floor, dialing, read_story
from tests.lab.lab import BUSY, HUMAN, MUTE, Lab, running_lab, scripted
from tests.lab.proxy import Wire, open_wire

pytestmark = pytest.mark.slow

AGENTS = 45
PEOPLE = [scripted(HUMAN, 0.4, unique=n) for n in range(130)] + [scripted(BUSY, 0.2, unique=500 + n) for n in range(20)]
FAST = {"ping_s": 0.25, "grace_s": 1.0, "max_retry_s": 0.3}


async def until_agents_are_idle(floor: Floor) -> None:
    await floor.wait_for(lambda: floor.engine.agents.idle_count("sales") == AGENTS, 30)


@pytest.mark.parametrize("fault", ["killed", "stalled", "cut"])
async def test_fault_in_mid_campaign_dials_nobody_twice(lab: Lab, tmp_path: Path, fault: str) -> None:
    modes = {"sales": PacingMode.PROGRESSIVE}
    async with open_wire(lab.url) as wire:
        server = lab.server(wire.url, **FAST)
        async with dialing(tmp_path, [server], {"sales": PEOPLE}, modes, rate=40.0) as floor:
            for n in range(AGENTS):
                floor.seat(f"agent-{n}", f"2{n:03d}0", "sales", talk_s=0.3)
            book = floor.engine.state.campaigns["sales"]
            await floor.wait_for(lambda: book.attempt_count >= 60)
            await break_it(lab, wire, fault)
            await floor.wait_for(lambda: server.connect_count >= 2)
            await floor.wait_for(lambda: is_dialed_out(floor))
            await until_agents_are_idle(floor)
            assert floor.open_count() == 0
            reply = await server.request("GET", "channels")
            assert len(reply.body) <= AGENTS, "besides the phones, nothing is on the line"  # type: ignore[arg-type]
    check(lab, tmp_path)


async def break_it(lab: Lab, wire: Wire, fault: str) -> None:
    if fault == "killed":
        await trio.to_thread.run_sync(lab.kill, "pbx")
        await trio.to_thread.run_sync(lab.up, "pbx")
    elif fault == "stalled":
        wire.stall()
        await trio.sleep(2.5)
        wire.mend()
    else:
        wire.cut()
        await trio.sleep(0.4)  # shorter than the grace: calls on the line go on
        wire.mend()


def is_dialed_out(floor: Floor) -> bool:
    """Everybody was called and nothing is due: what failed was tried again as the sequence says."""
    book = floor.engine.state.campaigns["sales"]
    due_at = book.schedule.next_due_at()
    is_over = due_at is None or due_at > floor.clock.now_at() + timedelta(minutes=1)
    return book.attempt_count >= len(PEOPLE) and floor.open_count() == 0 and is_over


def check(lab: Lab, folder: Path) -> None:
    story, invites = read_story(folder / "lab.journal"), lab.invites()
    originated = {f"+{number}": count for number, count in story.originated().items()}
    for number, count in invites.items():
        assert count <= originated[number], "a call that the journal does not know"
        assert count <= 2, "the house allows two attempts a day"
    dispositions = story.dispositions()
    assert sum(len(one) for one in dispositions.values()) == len(story.numbers), "every attempt is settled once"
    found = Counter(one for each in dispositions.values() for one in each)
    allowed = {Disposition.RIGHT_PARTY, Disposition.BUSY, Disposition.TRUNK_LOST, Disposition.AGENT_LOST}
    # A person may be let go while the switch is away; such a call is never counted as less than it was.
    allowed |= {Disposition.ABANDONED, Disposition.NO_ANSWER, Disposition.HUNG_UP_EARLY, Disposition.CUT_OFF}
    assert set(found) <= allowed
    assert found[Disposition.RIGHT_PARTY] > len(PEOPLE) // 2
    for number in PEOPLE:
        talks = [one for one in dispositions[number.removeprefix("+")] if one is Disposition.RIGHT_PARTY]
        assert len(talks) <= 1
    assert set(story.last_states().values()) == {AgentState.LOGGED_OUT}


async def test_one_of_two_switches_dies_and_the_other_does_the_work(lab: Lab, tmp_path: Path) -> None:
    people = PEOPLE[:90]
    with running_lab() as other:
        servers = [lab.server(**FAST), other.server(**FAST)]
        async with dialing(tmp_path, servers, {"sales": people}, {"sales": PacingMode.PROGRESSIVE}, rate=15.0) as floor:
            for n in range(30):
                floor.seat(f"agent-{n}", f"2{n:03d}0", "sales", talk_s=0.3)
            book = floor.engine.state.campaigns["sales"]
            await floor.wait_for(lambda: book.attempt_count >= 40)
            await trio.to_thread.run_sync(lab.kill, "pbx")
            await floor.wait_for(lambda: book.attempt_count >= len(people) and floor.open_count() == 0)
            assert not servers[0].is_up
            assert servers[1].is_up
        mine, theirs = lab.invites(), other.invites()
    story = read_story(tmp_path / "lab.journal")
    assert mine
    assert theirs, "both switches placed calls"
    originated = story.originated()
    for number in people:
        assert mine.get(number, 0) + theirs.get(number, 0) <= originated[number.removeprefix("+")] <= 2
    talked = [number for number, each in story.dispositions().items() if Disposition.RIGHT_PARTY in each]
    assert len(talked) > len(people) // 2


async def test_calls_outlive_a_short_loss_of_the_connection(lab: Lab) -> None:
    async with open_wire(lab.url) as wire:
        server = lab.server(wire.url, **FAST)
        trunk = AsteriskTrunk("lab", 10, 10.0, server, AsteriskSettings())
        async with running(server):
            await server.wait_up()
            async with trunk.open_leg(CallOrder("short-1", scripted(MUTE, 0.2), "+8215990101", 15.0)) as leg:
                await leg.wait_answer()
                wire.cut()
                await trio.sleep(0.2)
                wire.mend()
                await server.wait_up()
                assert leg.ended is None
                await leg.play("safe-harbor")
            assert leg.ended is not None
            assert leg.ended.outcome.value == "normal"
            await trio.sleep(0.1)
    assert [row.step for row in lab.carrier_log()] == ["INVITE", "ANSWER", "BYE"]


async def test_what_an_earlier_process_left_on_the_line_is_hung_up_and_settled(lab: Lab) -> None:
    """The first dialer dies without a word; the second finds its calls."""
    async with open_wire(lab.url) as wire:
        first = lab.server(wire.url)
        trunk = AsteriskTrunk("lab", 10, 10.0, first, AsteriskSettings())
        async with trio.open_nursery() as life:
            life.start_soon(first.run)  # not `running`, which would say goodbye
            await first.wait_up()
            for attempt_id, number in (("left-1", scripted(MUTE, 0.1)), ("left-2", scripted(MUTE, 20.0))):
                life.start_soon(hold, trunk, attempt_id, number)
            await trio.sleep(0.6)
            wire.stall()
            life.cancel_scope.cancel()
    second = lab.server()
    trunk = AsteriskTrunk("lab", 10, 10.0, second, AsteriskSettings())
    async with running(second):
        traces = await trunk.settle(["left-1", "left-2", "left-3"])
        await trio.sleep(0.2)
        reply = await second.request("GET", "channels")
    assert reply.body == []
    assert traces["left-1"].answered_by is not None
    assert traces["left-2"].answered_by is None
    assert set(traces) == {"left-1", "left-2"}
    assert {row.step for row in lab.carrier_log()} == {"INVITE", "ANSWER", "BYE", "CANCEL"}


async def hold(trunk: AsteriskTrunk, attempt_id: str, number: str) -> None:
    async with trunk.open_leg(CallOrder(attempt_id, number, "+8215990101", 30.0)) as leg:
        await leg.wait_answer()
        await trio.sleep_forever()


async def test_quiet_connection_is_kept_and_one_that_hears_nothing_is_made_again(lab: Lab) -> None:
    """An older connection that comes through late takes our application along: requests work, events do not."""
    server = lab.server(**FAST)
    async with running(server):
        await server.wait_up()
        await trio.sleep(2.0)
        assert server.connect_count == 1
        unwanted = {"disallowed": [{"type": "ChannelUserevent"}, {"type": "StasisStart"}]}
        reply = await server.request("PUT", "applications/paceline/eventFilter", {}, unwanted)
        assert reply.is_ok
        with trio.fail_after(20):
            while server.connect_count < 2:  # noqa: ASYNC110 (a connection has no event of its own)
                await trio.sleep(0.05)

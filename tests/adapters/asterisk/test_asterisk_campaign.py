"""A campaign over a real Asterisk from end to end; the carrier's own log is the truth."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import trio

from adapters.asterisk.server import AsteriskServer
from dialer.disposition import Disposition
from dialer.records import FactStated
from pacing import PacingMode
from tests.adapters.asterisk.lab_campaign import CALLER_ID, RING_S, Floor, dialing, read_story
from tests.lab.lab import (
    AWAY,
    BUSY,
    CONGESTED,
    HUMAN,
    INVALID,
    MACHINE,
    NO_ANSWER,
    REJECTED,
    Lab,
    scripted,
)

pytestmark = pytest.mark.slow

AGENTS = 40
MESSAGE_S = 0.8

# Fate: what the carrier does, seconds of ringing, seconds until the person hangs up; what must come of it; how many.
FATES = {
    "human": ((HUMAN, 0.5, 0.0), {Disposition.RIGHT_PARTY}, 60),
    "machine": ((MACHINE, 0.5, 0.0), {Disposition.MACHINE}, 30),
    "busy": ((BUSY, 0.3, 0.0), {Disposition.BUSY}, 20),
    "no answer": ((NO_ANSWER, 0.0, 0.0), {Disposition.NO_ANSWER}, 12),
    "answers too late": ((HUMAN, RING_S + 3.0, 0.0), {Disposition.NO_ANSWER}, 8),
    "invalid": ((INVALID, 0.1, 0.0), {Disposition.INVALID_NUMBER}, 20),
    "congested": ((CONGESTED, 0.1, 0.0), {Disposition.CONGESTED}, 10),
    "rejected": ((REJECTED, 0.3, 0.0), {Disposition.REJECTED}, 10),
    "away": ((AWAY, 0.3, 0.0), {Disposition.NO_ANSWER}, 10),
    "hangs up early": ((HUMAN, 0.3, 0.3), {Disposition.HUNG_UP_EARLY}, 20),
}


def numbers_of(fate: str) -> list[str]:
    script, _, count = FATES[fate]
    first = 100 * list(FATES).index(fate)
    return [scripted(*script, unique=first + n) for n in range(count)]


async def test_every_fate_comes_out_as_the_carrier_scripted_it(lab: Lab, tmp_path: Path) -> None:
    # The slow ones first, so that nothing waits for them in the end.
    order = sorted(FATES, key=lambda fate: fate not in ("no answer", "answers too late"))
    numbers = [number for fate in order for number in numbers_of(fate)]
    late = [scripted(HUMAN, 2.0, 0.0, unique=9000 + n) for n in range(8)]
    lists = {"sales": numbers, "message": late}
    modes = {"sales": PacingMode.PROGRESSIVE, "message": PacingMode.PROGRESSIVE}
    async with dialing(tmp_path, [lab.server()], lists, modes) as floor:
        for n in range(AGENTS):
            floor.seat(f"agent-{n}", f"2{n:03d}0", "sales")
        for n in range(8):
            floor.seat(f"other-{n}", f"3{n:03d}0", "message")
        await opt_out_while_it_rings(floor)
        await floor.wait_for(lambda: is_done(floor, numbers))
        await floor.wait_for(lambda: floor.open_count() == 0)
        idle = floor.engine.agents.idle_count("sales")
        left = await channels(floor.servers[0])
    assert idle == AGENTS
    assert left == AGENTS + 8, "besides the phones, no channel is left on the switch"
    check_truth(lab, tmp_path, numbers)
    check_messages(lab, tmp_path, late)


async def opt_out_while_it_rings(floor: Floor) -> None:
    """The people object by another way while their telephones ring: nobody may be put through to them any more."""
    book = floor.engine.state.campaigns["message"]
    await floor.wait_for(lambda: book.attempt_count == 8)
    await trio.sleep(0.5)  # they ring for two seconds
    for attempt_id, attempt in list(floor.engine.state.attempts.items()):
        one = attempt.claimed
        if one.campaign_id == "message":
            said = (one.person_id, one.account_id, "person.opted_out", True, attempt_id)
            floor.engine.journal.append(FactStated(floor.clock.now_at(), "message", *said))


def is_done(floor: Floor, numbers: list[str]) -> bool:
    return floor.engine.state.campaigns["sales"].attempt_count >= len(numbers) + 20 + 10  # busy and congested, twice


async def channels(server: AsteriskServer) -> int:
    with trio.fail_after(5):
        while True:
            reply = await server.request("GET", "channels")
            count = len(reply.body)  # type: ignore[arg-type]
            if count <= AGENTS + 8:
                return count
            await trio.sleep(0.05)


def check_truth(lab: Lab, folder: Path, numbers: list[str]) -> None:
    """What the journal says, against what the carrier saw."""
    story, invites = read_story(folder / "lab.journal"), lab.invites()
    originated = story.originated()
    assert {f"+{one}": count for one, count in originated.items()} == invites
    assert max(invites.values()) <= 2, "the house allows two attempts a day"
    assert {row.caller_id for row in lab.carrier_log()} == {CALLER_ID}
    dispositions = story.dispositions()
    for fate, (_, wanted, _) in FATES.items():
        got = Counter(one for number in numbers_of(fate) for one in dispositions[number.removeprefix("+")])
        if fate == "machine":
            # A lab that is starved of processor time tears the greeting apart; whoever is unclear is put through.
            assert got[Disposition.MACHINE] >= 24, got
            wanted = wanted | {Disposition.RIGHT_PARTY}
        assert set(got) <= wanted, fate
    tries = {"busy": 2, "congested": 2}
    for fate in FATES:
        assert {invites[number] for number in numbers_of(fate)} == {tries.get(fate, 1)}, fate
    steps = steps_by_number(lab)
    for number in numbers_of("no answer") + numbers_of("answers too late"):
        assert "ANSWER" not in steps[number]
        assert steps[number]["CANCEL"] - steps[number]["INVITE"] >= timedelta(seconds=RING_S - 0.05)


def check_messages(lab: Lab, folder: Path, numbers: list[str]) -> None:
    """Whoever was abandoned heard the message to its end before we hung up."""
    dispositions, steps = read_story(folder / "lab.journal").dispositions(), steps_by_number(lab)
    for number in numbers:
        assert dispositions[number.removeprefix("+")] == [Disposition.ABANDONED]
        assert steps[number]["BYE"] - steps[number]["ANSWER"] >= timedelta(seconds=MESSAGE_S)


def steps_by_number(lab: Lab) -> dict[str, dict[str, datetime]]:
    steps: dict[str, dict[str, datetime]] = {}
    for row in lab.carrier_log():
        steps.setdefault(row.number, {})[row.step] = row.at
    return steps

"""An attempt that is cancelled before every one of its steps is disposed once, honestly, and gives everything back."""

import pytest
import trio

from dialer.call import run_attempt
from dialer.disposition import DISPOSITIONS, Disposition, NetworkOutcome
from dialer.record_codec import decode_all
from dialer.records import Answered, AnsweredBy, Connected, Detected, Disposed, Originated
from tests.cancelling import Cut, cut_at_every_step
from tests.dialer.parts import Parts
from tests.fakes import FakeStore, FarEnd

SCENARIOS = {
    "talks to an agent": FarEnd(),
    "hangs up on an agent": FarEnd(stays_s=20.0),
    "is a machine": FarEnd(detected=AnsweredBy.MACHINE),
    "is taken for a machine": FarEnd(detected=AnsweredBy.MACHINE, is_false_machine=True),
    "never answers": FarEnd(after_s=600.0),
    "is busy": FarEnd(after_s=2.0, outcome=NetworkOutcome.BUSY),
    "leaves before an agent comes": FarEnd(stays_s=1.8),
}


def honest(parts: Parts) -> set[Disposition]:
    """What an attempt may be called that got as far as its records say and was then cut off."""
    kinds = {type(record) for record in parts.records}
    if Connected in kinds:
        return {Disposition.AGENT_LOST}
    if Detected in kinds and parts.of(Detected)[0].answered_by is AnsweredBy.MACHINE:
        return {Disposition.MACHINE, Disposition.FALSE_MACHINE}
    if Answered in kinds:
        return {Disposition.ABANDONED, Disposition.HUNG_UP_EARLY}
    if Originated in kinds:
        rang_out = {Disposition.NO_ANSWER} if trio.current_time() >= parts.limits.ring_s else set()
        return {Disposition.GIVEN_UP, Disposition.BUSY} | rang_out
    return {Disposition.NOT_PLACED}


@pytest.mark.parametrize("is_reserved", [True, False], ids=["agent reserved", "agent taken at the answer"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_attempt_cancelled_at_any_step_is_disposed_once_and_honestly(name, is_reserved):
    async def scenario(cut: Cut) -> None:
        parts = Parts()
        parts.log_in()
        parts.trunk.default = SCENARIOS[name]
        call = parts.claim(agent=parts.agents.take_nowait("c", "c-1") if is_reserved else None)
        await cut.run(run_attempt, call, parts.ports)
        assert len(parts.of(Disposed)) == 1
        if cut.was_cancelled:
            assert parts.disposed.disposition in honest(parts)
        assert parts.journal.state.attempts == {}
        assert parts.agents.idle_count("c") == 1
        assert parts.agent_states()[-1] == "idle"
        assert parts.trunk.open_count == 0
        assert all(leg.ended is not None for leg in parts.trunk.legs)
        assert parts.lines_freed == len(parts.trunk.legs)

    assert cut_at_every_step(scenario) >= 3


def test_attempt_without_an_agent_is_abandoned_wherever_it_is_cut_after_the_answer():
    async def scenario(cut: Cut) -> None:
        parts = Parts()
        await cut.run(run_attempt, parts.claim(), parts.ports)
        assert len(parts.of(Disposed)) == 1
        if parts.of(Answered):
            assert parts.disposed.disposition is Disposition.ABANDONED
            assert DISPOSITIONS[parts.disposed.disposition].counts_as_abandoned

    assert cut_at_every_step(scenario) >= 5


def test_attempt_cut_while_its_claim_is_on_the_way_to_the_disk_never_reaches_the_trunk():
    async def scenario(cut: Cut) -> None:
        store = FakeStore(flush_s=0.5)
        parts = Parts(store=store)
        parts.log_in()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(parts.journal.run_writer)
            await cut.run(run_attempt, parts.claim(), parts.ports)
            parts.journal.close()
        records = list(decode_all(store.read()))
        assert len([one for one in records if isinstance(one, Disposed)]) == 1
        if cut.step <= 1:
            assert parts.trunk.legs == []
            assert records[-1].disposition is Disposition.NOT_PLACED
        assert parts.agents.idle_count("c") == 1

    assert cut_at_every_step(scenario) >= 6


def test_wait_for_an_agent_cut_at_any_step_never_swallows_the_agent():
    async def scenario(cut: Cut) -> None:
        parts = Parts()

        async def come() -> None:
            await trio.sleep(1.0)
            parts.log_in()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(come)
            agent = await cut.run(parts.agents.take_longest_idle, "c", "c-1")
        assert (agent is None) == cut.was_cancelled
        assert parts.agents.idle_count("c") == (1 if agent is None else 0)
        assert parts.agent_states()[-1] == ("idle" if agent is None else "reserved")

    assert cut_at_every_step(scenario) == 3


def test_cut_reaches_every_step_of_what_it_runs():
    seen = []

    async def scenario(cut: Cut) -> None:
        done = []

        async def work() -> None:
            for nth in range(3):
                await trio.sleep(1.0)
                done.append(nth)

        await cut.run(work)
        seen.append((cut.was_cancelled, done))

    cut_at_every_step(scenario)
    begun_or_over = [(True, [0])] * 2 + [(True, [0, 1])] * 2
    assert seen == [(True, []), (True, []), (True, []), *begun_or_over, (False, [0, 1, 2])]

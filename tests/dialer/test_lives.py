"""One journal through many lives of an engine: whatever is written, kept, torn off and closed, replay leads there."""

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dialer.record_codec import encode
from dialer.recovery import closing_records
from dialer.snapshot import read_snapshot, write_snapshot
from tests.dialer.test_snapshot import a_past, memories, same
from tests.fakes import TEN
from tests.strategies import Choices, _World

pytestmark = pytest.mark.slow


class Lives(RuleBasedStateMachine):
    """The live state beside the journal's lines, of which the last may not be durable yet."""

    def __init__(self) -> None:
        super().__init__()
        self.world = _World(TEN, {}, {})
        self.live = a_past()
        self.lines: list[bytes] = []
        self.durable_count = 0
        self.snapshot: tuple[int, bytes] | None = None

    def say(self, record):
        self.live.apply(record)
        self.lines.append(encode(record))
        self.live.last_line = self.lines[-1]

    @rule(seeds=st.lists(st.integers(0, 2**96 - 1), min_size=1, max_size=15))
    def work(self, seeds):
        for seed in seeds:
            self.say(self.world.move(Choices(seed)))

    @rule()
    def flush(self):
        self.durable_count = len(self.lines)

    @rule()
    def keep(self):
        self.durable_count = len(self.lines)
        self.snapshot = (self.durable_count, write_snapshot(self.live))

    @precondition(lambda self: self.lines)
    @rule(lost=st.floats(0, 1))
    def die_and_start_again(self, lost):
        """What was not flushed is lost in part or whole; what is left open is closed."""
        kept_count = self.durable_count + round((1 - lost) * (len(self.lines) - self.durable_count))
        del self.lines[kept_count:]
        past = a_past()
        if self.snapshot is not None:
            past = read_snapshot(self.snapshot[1], past)
        past.replay(self.lines[past.state.record_count :])
        self.live = past
        self.world.at += timedelta(seconds=5)
        for record in closing_records(past.state, self.world.at):
            self.say(record)
        self.durable_count = len(self.lines)
        self.world.states.clear()
        # Ids go on where the journal's do.
        self.world.claims = {one: claim for one, claim in self.world.claims.items() if self._is_written(one)}

    def _is_written(self, attempt_id):
        return any(f'"{attempt_id}"'.encode() in line for line in self.lines)

    @invariant()
    def replay_leads_to_the_live_state(self):
        whole = a_past()
        whole.replay(self.lines)
        assert whole.state == self.live.state

    @invariant()
    def every_claim_is_open_or_has_one_disposition(self):
        ends = [line for line in self.lines if line.startswith(b'["disposed"')]
        claims = [line for line in self.lines if line.startswith(b'["claimed"')]
        assert len(claims) == len(ends) + len(self.live.state.attempts)

    def teardown(self):
        body = write_snapshot(self.live)
        again = read_snapshot(body, a_past())
        assert again.state == self.live.state
        assert same(memories(again), memories(self.live))


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)

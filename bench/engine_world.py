"""A model day's people and agents behind the ports of the production engine, drawn as the event heap draws them."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from math import inf

import trio

from bench.draws import Draws, Outcome
from dialer.disposition import Disposition, HungUpBy, NetworkOutcome
from dialer.model import Account, Person, PhoneNumber
from dialer.ports import AgentReport, CallCard, CallOrder, CallTrace, Greeting, Leg, LegEnd
from dialer.records import AnsweredBy

CAMPAIGN = "model"
ZONE = "UTC"


class ModelLeg:
    """The far end of one call. People of a model day never hang up by themselves."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.ended: LegEnd | None = None
        self.placed_mono = trio.current_time()
        self.scope = trio.CancelScope()
        if outcome.is_failed:
            self.scope.deadline = self.placed_mono + outcome.ring_s

    async def wait_answer(self) -> float:
        """Block until the drawn answer, for ever when nobody answers."""
        answer_mono = self.placed_mono + (self.outcome.ring_s if self.outcome.is_answered else inf)
        await trio.sleep_until(answer_mono)
        return answer_mono

    async def wait_greeting(self) -> Greeting:
        """Block until person and machine are told apart, rightly or wrongly; the connect clock starts there."""
        await trio.sleep(self.outcome.detection_s)
        answered_by = AnsweredBy.HUMAN if self.outcome.seems_person else AnsweredBy.MACHINE
        return Greeting(answered_by, trio.current_time())

    async def play(self, message: str) -> None:
        """A message takes no time in a model day."""

    def close(self) -> None:
        """Say who hung up."""
        is_failed = self.scope.cancelled_caught
        outcome = NetworkOutcome.CONGESTED if is_failed else NetworkOutcome.NORMAL
        by = HungUpBy.NETWORK if is_failed else HungUpBy.US
        self.ended = LegEnd(outcome, by, trio.current_time())


class ModelTrunk:
    """A trunk with a scenario's lines; the n-th call placed meets the n-th person drawn."""

    name = "model"
    max_calls_per_s = 1e6
    is_up = True

    def __init__(self, draws: Draws, line_count: int, began_mono: float) -> None:
        self.line_count = line_count
        self.launched = 0
        self.outcomes: dict[str, Outcome] = {}
        """Of calls that are up, by attempt."""
        self._draws, self._began_mono = draws, began_mono

    async def settle(self, attempt_ids: Sequence[str]) -> Mapping[str, CallTrace]:
        """A model day has no past."""
        return {}

    @asynccontextmanager
    async def open_leg(self, order: CallOrder) -> AsyncIterator[ModelLeg]:
        """Place the call; the block is left when the network refuses it."""
        leg = ModelLeg(self._draws.call(trio.current_time() - self._began_mono))
        self.launched += 1
        self.outcomes[order.attempt_id] = leg.outcome
        try:
            with leg.scope:
                yield leg
        finally:
            leg.close()


class ModelDesk:
    """Where one agent talks and wraps up for as long as is drawn."""

    def __init__(self, draws: Draws, began_mono: float) -> None:
        self._draws, self._began_mono = draws, began_mono
        self._disposition = Disposition.AGENT_LOST

    async def preview(self, card: CallCard) -> bool:
        """Nobody previews in a model day."""
        return True

    async def converse(self, leg: Leg, card: CallCard) -> None:
        """Talk; a machine that slipped through is noticed soon."""
        assert isinstance(leg, ModelLeg)
        is_person = leg.outcome.is_person
        self._disposition = Disposition.REFUSED if is_person else Disposition.MACHINE
        await trio.sleep(self._draws.talk_s(trio.current_time() - self._began_mono, is_person))

    async def wait_disposition(self, card: CallCard) -> AgentReport:
        """Wrap up."""
        await trio.sleep(self._draws.wrap_s())
        return AgentReport(self._disposition)


class EndlessAccounts(Mapping[str, Account]):
    """An account for every number from zero on, made when it is asked for; a list that never ends."""

    def __getitem__(self, account_id: str) -> Account:
        return account(int(account_id))

    def __iter__(self) -> Iterator[str]:
        raise TypeError("the list has no end")

    def __len__(self) -> int:
        raise TypeError("the list has no end")


def account(index: int) -> Account:
    """The account with number `index`; each is called once."""
    number = PhoneNumber(f"n{index}", "+12025550100", zones=(ZONE,))
    return Account(str(index), Person(f"p{index}", zones=(ZONE,)), (number,))


class FirstAccounts:
    """The accounts that a day starts with, as `ports.AccountSource`."""

    def __init__(self, count: int) -> None:
        self._count = count

    def accounts(self, campaign_id: str) -> Iterator[Account]:
        """Accounts zero up to `count`."""
        return map(account, range(self._count))


class NoStore:
    """A journal store that keeps nothing: a measurement reads records as they are appended."""

    is_instant = True

    async def append(self, lines: Sequence[bytes]) -> Sequence[bytes]:
        """Forget the lines."""
        return ()

    def append_nowait(self, lines: Sequence[bytes]) -> None:
        """Forget the lines."""

    def read(self, after: int = 0) -> Iterator[bytes]:
        """Nothing is there."""
        return iter(())

    async def wait_news(self) -> None:
        """Nobody else writes."""
        await trio.sleep_forever()

    async def put_snapshot(self, number: int, body: bytes) -> None:
        """Forget it."""

    def latest_snapshot(self) -> tuple[int, bytes] | None:
        """There is none."""
        return None

    def close(self) -> None:
        """Nothing to release."""

"""A small simulated world for tests: the bank day's assumptions, a few accounts, a scripted far end."""

import math
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import cattrs
import trio

from adapters.simulated.assumptions import Assumptions
from adapters.simulated.fates import CallFate, Party
from adapters.simulated.people import People
from adapters.simulated.trunk import SimulatedTrunk
from dialer.disposition import NetworkOutcome
from dialer.model import Account, Claim, NumberKind, Person, PhoneNumber
from dialer.ports import CallCard
from dialer.records import AnsweredBy

ROOT = Path(__file__).parents[3]
ZONE = "Asia/Seoul"
TEN = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # ten in the morning in Seoul
MESSAGE_S = 9.0

converter = cattrs.Converter(forbid_extra_keys=True)
converter.register_structure_hook(datetime, lambda value, _: value)


def table() -> dict[str, Any]:
    """The assumptions file as it stands."""
    with (ROOT / "examples/bank_day/assumptions.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def assumptions() -> Assumptions:
    """The assumptions of the bank day."""
    return converter.structure(table(), Assumptions)


def assuming(**changes: Mapping[str, Any]) -> Assumptions:
    """The same with some tables changed: `assuming(network={"busy": {"share": 1.0}})`."""
    changed = table()
    for name, values in changes.items():
        for key, value in values.items():
            if isinstance(value, Mapping):
                changed[name][key] = {**changed[name].get(key, {}), **value}
            else:
                changed[name][key] = value
    return converter.structure(changed, Assumptions)


def account(
    index: int = 0,
    kind: NumberKind = NumberKind.MOBILE,
    days: int | None = None,
    balance: int = 2_000_000,
    **traits: str,
) -> Account:
    """One account with one number and, if `days` is given, one claim."""
    claims = () if days is None else (Claim(f"c-{index}", balance, "KRW", days),)
    number = PhoneNumber(f"n-{index}", f"+8210{index:08d}", kind)
    return Account(f"acc-{index}", Person(f"p-{index}"), (number,), claims, traits=traits)


def card(one: Account, campaign_id: str = "telesales", attempt_id: str = "a-1", is_callback: bool = False) -> CallCard:
    """A call to an account's first number."""
    return CallCard(attempt_id, campaign_id, one, one.numbers[0], is_callback)


def answered(party: Party = Party.RIGHT, **values: Any) -> CallFate:
    """The fate of a call that is answered."""
    given = {"answered_s": 6.0, "greeting_s": 1.0, "detected_s": 1.5, "stays_s": 20.0, "message_s": MESSAGE_S}
    return CallFate(NetworkOutcome.NORMAL, party, **{"detected": AnsweredBy.HUMAN, **given, **values})


class ScriptedPeople(People):
    """People whose fates a test has written down."""

    def __init__(self, given: Assumptions | None = None) -> None:
        super().__init__(given or assumptions(), 1, ZONE)
        self.fates: dict[str, CallFate] = {}

    def take_call(self, e164: str, attempt_id: str, at: datetime) -> CallFate:
        return self.fates[e164]


class Clock:
    """Ten in the morning at trio's 0."""

    def now_at(self) -> datetime:
        return TEN + timedelta(seconds=trio.current_time())

    def at(self, mono: float) -> datetime:
        return TEN + timedelta(seconds=mono)

    def mono(self, at: datetime) -> float:
        return (at - TEN).total_seconds()


class SimulatedSwitch:
    """The trunk contract's switch, with a simulated far end."""

    def __init__(self, line_count: int = 100, max_calls_per_s: float = 50.0) -> None:
        self.people = ScriptedPeople()
        self.trunk = SimulatedTrunk("seoul", line_count, max_calls_per_s, self.people, Clock().now_at)

    def answers(
        self,
        e164: str,
        after_s: float = 6.0,
        greets_s: float = 1.0,
        stays_s: float = math.inf,
        detected: AnsweredBy = AnsweredBy.HUMAN,
    ) -> None:
        self.people.fates[e164] = answered(
            answered_s=after_s, greeting_s=greets_s, detected_s=greets_s + 0.5, stays_s=stays_s, detected=detected
        )

    def refuses(self, e164: str, outcome: NetworkOutcome, after_s: float) -> None:
        self.people.fates[e164] = CallFate(outcome, Party.NOBODY, after_s)

    def lose(self, from_s: float, to_s: float) -> None:
        self.trunk.outage(Clock().at(from_s), Clock().at(to_s))

"""`always`: a property that must hold whatever the account, tried on accounts made from a seed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from attrs import frozen

from collections_rules import tree_choices as c
from collections_rules.conditions import compile_test
from collections_rules.evaluate import RuleBook
from collections_rules.facts import FACT_TABLE, Facts, FactSpec, FactValue, clean_facts
from collections_rules.facts import FactKind as Kind
from collections_rules.ledger import ContactEvent, ContactLedger
from collections_rules.lower import PackScope
from collections_rules.query import Query
from collections_rules.satisfy import Demand, TooManyError, account_meeting
from collections_rules.windows import DAY_S, zone_days

__all__ = ["Account", "counterexample", "made_accounts", "shown_account"]

_ZONES = (
    "Asia/Seoul", "America/New_York", "America/Los_Angeles", "America/Phoenix", "Europe/London", "Australia/Sydney",
    "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Tokyo", "Pacific/Honolulu",
)  # fmt: skip
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_DAYS = 365
_HOURS = ("Mon-Fri 09:00-12:00", "Sat 00:00-24:00", "Wed 18:00-21:00")
_TEXTS = ("A", "B", "C")


@frozen
class Account:
    """One account at one moment, with what was tried before."""

    facts: Facts
    contacts: tuple[ContactEvent, ...] = ()

    def ledger(self) -> ContactLedger:
        ledger = ContactLedger()
        for event in self.contacts:
            ledger.reserve(event)
        return ledger


def counterexample(book: RuleBook, always: c.AlwaysBlock, scope: PackScope, count: int, seed: int) -> Account | None:
    """The first of `count` made accounts of the pack that may be called although the property says no."""
    for account in made_accounts(always, scope, count, seed):
        if _holds(always, account.facts, scope) and book.evaluate(account.facts, account.ledger()).is_allowed:
            return account
    return None


def _holds(always: c.AlwaysBlock, facts: Facts, scope: PackScope) -> bool:
    at_s = int(facts.at.timestamp())
    query = Query(facts, facts.values, ContactLedger(), at_s, 0)
    if any(compile_test(condition, scope.clocks).ask(query, None) is False for condition in scope.applies):
        return False  # the pack says nothing about this call
    if isinstance(always.condition, c.ClockOutside):
        return any(_is_outside(always.condition, zone, at_s) for zone in facts.zones)
    test = compile_test(always.condition, scope.clocks)
    return test.ask(query, None) is True


def _is_outside(outside: c.ClockOutside, zone: str, at_s: int) -> bool:
    days = zone_days(zone)
    if days is None:
        return True
    second = (at_s + days.offset(at_s)) % DAY_S
    return second < outside.open_s or second >= outside.close_s


def made_accounts(always: c.AlwaysBlock, scope: PackScope, count: int, seed: int) -> Iterator[Account]:
    """Accounts near the property: its facts take every value, its hours their edges, the rest now and then."""
    rng = Random(seed)  # noqa: S311  # not for secrets: a repeatable draw
    names = () if isinstance(always.condition, c.ClockOutside) else compile_test(always.condition, scope.clocks).names
    near = [FACT_TABLE[name] for name in names if name in FACT_TABLE]
    others = [spec for spec in FACT_TABLE.values() if spec not in near]
    home = scope.clocks.zones[:1]
    own = _own_facts(scope)
    for _ in range(count):
        zones = frozenset(rng.sample(_ZONES, rng.choice((1, 1, 2))) + (list(home) if rng.random() < 0.7 else []))
        if rng.random() < 0.5 and home:
            zones = frozenset(home)
        at = _moment(always, rng, rng.choice(sorted(zones)))
        values = {**clean_facts(), **own}
        for spec in (*near, *(rng.sample(others, 1) if rng.random() < 0.3 else ())):
            values[spec.name] = _value(spec, rng, at)
        yield Account(Facts(at, values, zones, "P1", ("D1",), "N1", "C1"), _contacts(rng, at))


def _own_facts(scope: PackScope) -> dict[str, FactValue]:
    """Facts of an account to which the pack applies: a property of a pack is about no other."""
    try:
        found = account_meeting([Demand(condition, frozenset({True})) for condition in scope.applies])
    except TooManyError:
        return {}
    return {name: value for name, value in (found or {}).items() if value is not None}


def _moment(always: c.AlwaysBlock, rng: Random, zone: str) -> datetime:
    at = _FIRST + timedelta(seconds=rng.randrange(_DAYS * DAY_S))
    if not isinstance(always.condition, c.ClockOutside) or rng.random() < 0.3:
        return at
    edge = rng.choice((always.condition.open_s, always.condition.close_s)) + rng.choice((-60, -1, 0, 1, 60))
    local = at.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (local + timedelta(seconds=edge)).astimezone(UTC)


def _value(spec: FactSpec, rng: Random, at: datetime) -> FactValue:
    if spec.kind is Kind.FLAG:
        return rng.random() < 0.5
    if spec.kind is Kind.WORD:
        return rng.choice(spec.words)
    if spec.kind is Kind.NUMBER:
        return rng.choice((0, 1, 2, 4, 5, 29, 30, 31, 89, 90, 10_000))
    if spec.kind in (Kind.HOURS, Kind.SET):
        return frozenset(rng.sample(_HOURS if spec.kind is Kind.HOURS else spec.words or _TEXTS, 1))
    day: date = at.date() + timedelta(days=rng.choice((-1000, -400, -31, -30, -1, 0, 1, 30)))
    if spec.kind is Kind.DATE:
        return day
    return at - timedelta(seconds=rng.randrange(-DAY_S, 40 * DAY_S)) if spec.kind is Kind.DATETIME else "A"


def _contacts(rng: Random, at: datetime) -> tuple[ContactEvent, ...]:
    times = [at - timedelta(seconds=rng.randrange(1, 8 * DAY_S)) for _ in range(rng.choice((0, 0, 1, 8)))]
    return tuple(
        ContactEvent(f"m{n}", when, "call", "outbound", "P1", ("D1",), "N1", "C1", "own", "talk")
        for n, when in enumerate(times)
    )


def shown_account(account: Account) -> str:
    """What is not clean about a made account, and when it is asked."""
    facts, clean = account.facts, clean_facts()
    zones = sorted(facts.zones)
    shown = ", ".join(f"{facts.at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S} {zone}" for zone in zones)
    strange = [f"{name} {_said(value)}" for name, value in facts.values.items() if clean.get(name) != value]
    return "; ".join([shown, *strange, *([f"{len(account.contacts)} contacts"] if account.contacts else [])])


def _said(value: FactValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(sorted(value)) if isinstance(value, frozenset) else str(value)

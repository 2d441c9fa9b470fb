"""The house rules again, by hand: wall clocks compared and contacts counted one by one.

Shares nothing with `collections_rules`. Slow, and plain enough to be believed.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from dialer.disposition import Disposition
from dialer.model import Account, PhoneNumber
from tests.days.inspection import Book

__all__ = ["closed_rules"]


def closed_rules(
    book: Book, campaign_id: str, account: Account, number: PhoneNumber, at: datetime, ring_s: float, but: str = ""
) -> set[str]:
    """The house rules that forbid this call at this instant. `but`: the attempt being judged."""
    house, plan = book.day.plan.house, book.day.plan
    closed = set()
    zones = {plan.zone} | (set(account.person.zones) | set(number.zones) or {plan.zone})
    for zone in zones:
        for instant in (at, at + timedelta(seconds=ring_s)):
            if not house.opens <= _wall(instant, zone) < house.closes:
                closed.add("house.hours")
    same_day, same_week = 0, 0
    for attempt in book.by_person.get(account.person.person_id, ()):
        earlier_at = attempt.claimed.at
        if attempt.id == but or earlier_at > at or _came_to_nothing(attempt.disposed, at):
            continue
        same_day += _date(earlier_at, plan.zone) == _date(at, plan.zone)
        same_week += at - earlier_at < timedelta(hours=168)
    if same_day >= house.per_day:
        closed.add("house.day")
    if same_week >= house.per_168_hours:
        closed.add("house.week")
    if _has_opted_out(book, campaign_id, account, at) is not False:
        closed.add("house.opt-out")
    return closed


def _wall(instant: datetime, zone: str) -> time:
    return instant.astimezone(ZoneInfo(zone)).time()


def _date(instant: datetime, zone: str) -> object:
    return instant.astimezone(ZoneInfo(zone)).date()


def _came_to_nothing(disposed: list, at: datetime) -> bool:  # type: ignore[type-arg]
    """The trunk never heard of it, and that was known by then."""
    return bool(disposed) and disposed[0].disposition is Disposition.NOT_PLACED and disposed[0].at <= at


def _has_opted_out(book: Book, campaign_id: str, account: Account, at: datetime) -> bool | None:
    stated = [
        fact.value
        for fact in book.facts.get(account.person.person_id, ())
        if fact.name == "person.opted_out" and fact.at <= at
    ]
    if stated:
        return bool(stated[-1])
    if "person.opted_out" in account.facts:
        return bool(account.facts["person.opted_out"])
    return False if book.campaigns[campaign_id].is_clean_assumed else None

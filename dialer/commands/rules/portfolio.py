"""`paceline rules portfolio`: who of a whole list may be called now and at every coming hour, and what holds the rest.

Also the one place that reads a portfolio for the other commands: a configuration's
list, with what a journal says has happened since.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import attrs
from attrs import frozen
from cyclopts import Parameter

from adapters.accounts import AccountStore
from collections_rules import Facts, RuleBook, compile_rules
from collections_rules.bulk_forecast import Forecast, forecast_of
from collections_rules.bulk_timeline import timeline_of
from collections_rules.portfolio import Portfolio, PortfolioBuilder
from dialer.app import new_state
from dialer.commands.day import load_lists
from dialer.commands.rules.sources import console
from dialer.commands.stores import open_journal
from dialer.commands.terminal import Changes, fail
from dialer.config import CampaignSettings, Config, load_config
from dialer.journal import replay
from dialer.rule_decisions import gate_of
from dialer.rule_files import compile_campaign_rules
from dialer.state import EngineState

__all__ = ["Accounts", "At", "CampaignId", "JournalPath", "Loaded", "campaign_of", "facts_of_list", "instant",
           "load_portfolios", "portfolio"]  # fmt: skip

At = Annotated[str, Parameter(help="Date and time on the configuration's clock, like 2026-04-14T09:00.")]
CampaignId = Annotated[str, Parameter(name="--campaign", help="Which campaign's list; needed where there are several.")]
JournalPath = Annotated[str, Parameter(name="--journal", help="Count the contacts and facts that this journal holds.")]
Accounts = Annotated[
    Path | None, Parameter(name="--accounts", help="An account store of `paceline import`, instead of the lists.")
]


@frozen
class Loaded:
    """A campaign's list as a portfolio for each book asked about."""

    account_ids: Sequence[str]
    portfolios: Sequence[Portfolio]
    without_number: int
    """Accounts that have no number left to call, and stand in no portfolio."""


def portfolio(
    config_path: Path,
    *,
    at: At,
    campaign: CampaignId = "",
    days: int = 3,
    journal: JournalPath = "",
    accounts: Accounts = None,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
    set_: Changes = (),
) -> None:
    """Say who of a campaign's list may be called at an instant and at every hour after it, and what holds the rest.

    Each account is judged by the first of its numbers that has not been dropped.
    """
    config = load_config(config_path, set_)
    settings = campaign_of(config, campaign)
    book = compile_campaign_rules(settings, config)
    when = instant(at, config)
    loaded = load_portfolios(config, settings, [book], when, journal, accounts)
    hours = [when + timedelta(hours=hour) for hour in range(1, days * 24 + 1)]
    found = forecast_of(timeline_of(book, loaded.portfolios[0]), [int(hour.timestamp()) for hour in hours])
    if json_:
        console.print(json.dumps(_as_data(found, when, hours, loaded), ensure_ascii=False))
    else:
        console.print(_as_text(found, hours, loaded, config))


# Showing ------------------------------------------------------------------------------


def _as_data(found: Forecast, when: datetime, hours: Sequence[datetime], loaded: Loaded) -> dict[str, Any]:
    return {
        "at": when.isoformat(),
        "accounts": found.size,
        "without_number": loaded.without_number,
        "callable_now": found.callable_now,
        "callable_at": {hour.isoformat(): count for hour, count in zip(hours, found.callable_at, strict=True)},
        "held_by": dict(found.held_by),
        "held_for_good": found.held_for_good,
        "missing": dict(found.missing),
    }


def _as_text(found: Forecast, hours: Sequence[datetime], loaded: Loaded, config: Config) -> str:
    lines = [f"callable now {found.callable_now:,} of {found.size:,} ({_share(found.callable_now, found.size)})"]
    if loaded.without_number:
        lines[0] += f"; {loaded.without_number:,} more have no number left"
    by_day: dict[str, list[str]] = {}
    for hour, count in zip(hours, found.callable_at, strict=True):
        local = hour.astimezone(config.zone)
        by_day.setdefault(f"{local:%a %d %b}", []).append(f"{local:%H:%M} {_short(count)}")
    for day, shown in by_day.items():
        lines.append(f"  {day}  " + " · ".join(shown if any(not one.endswith(" 0") for one in shown) else ["none"]))
    held = sum(found.held_by.values())
    lines.append(f"held by (last to release), of {held:,}:")
    lines += [f"  {rule_id}  {count:,}  {_share(count, held)}" for rule_id, count in found.held_by.items()]
    lines.append(f"held until a fact changes: {found.held_for_good:,}")
    if found.missing:
        lines.append("a fact is missing, and that closes:")
        lines += [f"  {name}  {count:,}  {_share(count, found.size)}" for name, count in found.missing.items()]
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "0%"


def _short(count: int) -> str:
    return f"{count / 1000:.0f}k" if count >= 100_000 else f"{count:,}"


# Reading ------------------------------------------------------------------------------


def campaign_of(config: Config, campaign_id: str) -> CampaignSettings:
    """The campaign of this name, or the only one."""
    known = {one.id: one for one in config.campaigns}
    if not campaign_id and len(known) == 1:
        return config.campaigns[0]
    if campaign_id not in known:
        fail(f"--campaign {campaign_id or '…'}: name one of {', '.join(known)}")
    return known[campaign_id]


def instant(text: str, config: Config) -> datetime:
    """A date and time on the configuration's clock."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        fail(f"--at {text}: write a date and a time like 2026-04-14T09:00")
    return found if found.tzinfo else found.replace(tzinfo=config.zone)


def load_portfolios(
    config: Config,
    campaign: CampaignSettings,
    books: Sequence[RuleBook],
    at: datetime,
    journal: str = "",
    accounts: Path | None = None,
) -> Loaded:
    """The campaign's accounts at an instant, once for each book, with the contacts and facts of a journal."""
    state = replay(open_journal(journal, must_exist=True).read(), new_state(config)) if journal else new_state(config)
    if accounts is not None:
        if not accounts.exists():
            fail(f"{accounts}: there is no such account store; make one with `paceline import`")
        with AccountStore(accounts) as store:
            return _loaded(config, campaign, books, at, state, store)
    with AccountStore(":memory:") as store:
        load_lists(attrs.evolve(config, campaigns=(campaign,)), store, is_chatty=False)
        return _loaded(config, campaign, books, at, state, store)


def _loaded(
    config: Config,
    campaign: CampaignSettings,
    books: Sequence[RuleBook],
    at: datetime,
    state: EngineState,
    store: AccountStore,
) -> Loaded:
    builder, account_ids, without_number = PortfolioBuilder(books, state.ledger), list[str](), 0
    for account_id, facts in facts_of_list(config, campaign, at, state, store):
        if facts is None:
            without_number += 1
        else:
            account_ids.append(account_id)
            builder.add(facts)
    if not account_ids:
        fail(f"campaign `{campaign.id}` has no account with a number to call")
    return Loaded(account_ids, builder.portfolios(), without_number)


def facts_of_list(
    config: Config, campaign: CampaignSettings, at: datetime, state: EngineState, store: AccountStore
) -> Iterator[tuple[str, Facts | None]]:
    """Each account of a campaign by the first of its numbers that has not been dropped; None where none is left."""
    gate = gate_of(campaign, config, state, compile_rules([]))
    schedule = state.campaigns[campaign.id].schedule
    for account in store.accounts(campaign.id):
        gone = schedule.progress_of(account.account_id).dropped_number_ids
        number = next((one for one in account.numbers if one.number_id not in gone), None)
        facts = gate.facts(account, number, at, campaign.ring_s) if number is not None else None
        yield account.account_id, facts

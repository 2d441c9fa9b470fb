"""What commands about one account share: the list, the journal up to an instant, the gate, times as people write."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from attrs import frozen

from adapters.accounts import AccountStore
from dialer.app import new_state
from dialer.commands.day import HeldAccounts, load_lists
from dialer.commands.stores import open_journal
from dialer.commands.terminal import fail
from dialer.config import Config, load_config
from dialer.model import Account
from dialer.rule_decisions import gate_of, state_known_at
from dialer.rule_desk import drafted
from dialer.rule_facts import RuleGate
from dialer.rule_files import book_of_hash, compile_campaign_rules

__all__ = ["Asked", "ask_about", "held_accounts", "parse_day", "parse_moment"]


@frozen
class Asked:
    """An account and the gate that judges it, with what was known."""

    config: Config
    account: Account
    gate: RuleGate
    ring_s: float


def ask_about(
    path: Path,
    account_id: str,
    changes: tuple[str, ...],
    *,
    journal: str = "",
    known_at: datetime | None = None,
    campaign: str = "",
    from_files: bool = False,
) -> Asked:
    """The account, in the first campaign that has it, or in the one named."""
    config = load_config(path, changes)
    accounts = held_accounts(config)
    named = [one for one in config.campaigns if campaign in ("", one.id)]
    settings = next((one for one in named if account_id in accounts(one.id)), None)
    if settings is None:
        fail(f"there is no account `{account_id}` in {campaign or ', '.join(one.id for one in config.campaigns)}")
    account = accounts(settings.id)[account_id]
    lines = open_journal(journal, must_exist=True).read() if journal else ()
    state = state_known_at(lines, new_state(config), known_at)
    known = None if from_files else state.rules.get(settings.id)
    book = compile_campaign_rules(settings, config) if known is None else book_of_hash(known.pack_hash, state.packs)
    gate = gate_of(settings, config, state, book)
    if known is not None and known.draft_hash:
        gate.draft = drafted(known, book, state.packs)
    return Asked(config, account, gate, settings.ring_s)


def held_accounts(config: Config) -> "_Lists":
    """The campaigns' lists, read when they are first asked for."""
    return _Lists(config)


class _Lists:
    def __init__(self, config: Config) -> None:
        self._config = config
        self._of = cache(self._read)

    def __call__(self, campaign_id: str) -> Mapping[str, Account]:
        return self._of().get(campaign_id, {})

    def _read(self) -> dict[str, dict[str, Account]]:
        with AccountStore(":memory:") as store:
            load_lists(self._config, store, is_chatty=False)
            held = HeldAccounts(self._config, store)
        return {one.id: {row.account_id: row for row in held.accounts(one.id)} for one in self._config.campaigns}


def parse_moment(text: str, config: Config | None) -> datetime:
    """`2026-04-11 11:00` on the operator's clock, or an ISO moment with its offset."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        fail(f"`{text}` is not a moment; write one such as '2026-04-11 11:00'")
    if at.tzinfo is None:
        if config is None:
            fail(f"`{text}` has no offset; write one such as 2026-04-11T11:00:00+09:00")
        at = at.replace(tzinfo=config.zone)
    return at.astimezone(UTC)


def parse_day(text: str) -> date:
    """`2026-04-11`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"`{text}` is not a date; write one such as 2026-04-11")

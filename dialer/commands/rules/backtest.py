"""`paceline rules backtest`: a draft of the rules on the attempts that a journal holds."""

import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import attrs
from attrs import asdict, define
from cyclopts import Parameter

from adapters.accounts import AccountStore
from collections_rules import Facts, compile_rules
from collections_rules.backtest import Backtest, Blocked, backtest
from collections_rules.backtest_log import LogBuilder
from dialer.app import new_state
from dialer.commands.day import load_lists
from dialer.commands.rules.diff import edition
from dialer.commands.rules.portfolio import Accounts, CampaignId, campaign_of
from dialer.commands.rules.sources import console
from dialer.commands.stores import open_journal
from dialer.commands.terminal import Changes, fail
from dialer.config import CampaignSettings, Config, load_config
from dialer.disposition import DISPOSITIONS
from dialer.model import Account
from dialer.record_codec import decode_all
from dialer.records import Claimed, Disposed
from dialer.rule_decisions import gate_of
from dialer.rule_facts import RuleGate

__all__ = ["backtest_"]


def backtest_(
    draft: str,
    config_path: Path,
    *,
    journal: Annotated[str, Parameter(name="--journal", help="The journal whose attempts are judged anew.")],
    campaign: CampaignId = "",
    accounts: Accounts = None,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
    set_: Changes = (),
) -> None:
    """Judge the attempts of a journal by a draft of the rules: what it would have blocked, and what that brought.

    DRAFT is a rule file, a folder, a built-in pack, or several joined by commas.
    """
    config = load_config(config_path, set_)
    settings = campaign_of(config, campaign)
    book = compile_rules(edition(draft))
    builder, unknown = LogBuilder(book), 0
    with AccountStore(accounts or ":memory:") as store:
        if accounts is None:
            load_lists(attrs.evolve(config, campaigns=(settings,)), store, is_chatty=False)
        known = {account.account_id: account for account in store.accounts(settings.id)}
    reader = _Reader(config, settings, known)
    for one in reader.attempts(journal):
        if one.facts is None:
            unknown += 1
        else:
            word = DISPOSITIONS[one.disposed.disposition].ledger_outcome if one.disposed else "no_answer"
            ended_at = one.disposed.at if one.disposed else one.facts.at
            promised = one.disposed is not None and one.disposed.promise is not None
            amount = one.disposed.amount_minor if one.disposed else 0
            builder.add(one.facts, word, ended_at, promised=promised, collected_minor=amount)
    found = backtest(book, builder.log())
    if not found.attempts:
        fail(f"{journal}: holds no attempt of campaign `{settings.id}` on an account of its list")
    console.print(json.dumps(_as_data(found, unknown), ensure_ascii=False) if json_ else _as_text(found, unknown))


def _as_data(found: Backtest, unknown: int) -> dict[str, Any]:
    return {**asdict(found), "not_in_list": unknown}


def _as_text(found: Backtest, unknown: int) -> str:
    lines = [f"{found.attempts:,} attempts judged by the facts and the contacts of their own moments"]
    if unknown:
        lines.append(f"{unknown:,} more are of accounts that are no longer on the list")
    lines.append(f"would have been blocked: {_said(found.blocked, found.attempts)}")
    lines += [f"  {rule_id}: {_said(one, found.attempts)}" for rule_id, one in found.by_rule.items()]
    lines.append(f"of them violations, as this draft reads the law: {found.violations.calls:,} calls")
    if found.not_judged:
        lines.append(f"not judged, because they hang on a consent: {', '.join(found.not_judged)}")
    lines.append("not played out: a blocked call would have left room for a later one under the same cap")
    lines.append("cannot be known: calls that only the draft allows were never made; run a split to learn their result")
    return "\n".join(lines)


def _said(one: Blocked, attempts: int) -> str:
    said = f"{one.calls:,} calls ({one.calls / attempts:.1%}): {one.talks:,} talks, {one.promises:,} promises"
    if one.collected.total:
        low, high = one.collected.low, one.collected.high
        said += f", {one.collected.total:,} taken in them (95 % interval {low:,} to {high:,})"
    return said


# Reading ------------------------------------------------------------------------------


@define
class _Attempt:
    facts: Facts | None
    disposed: Disposed | None = None


@define
class _Reader:
    """Follows a journal, and keeps of each attempt what was known when it was claimed."""

    config: Config
    campaign: CampaignSettings
    accounts: dict[str, Account]

    def attempts(self, journal: str) -> Iterator[_Attempt]:
        """The campaign's attempts in the order of their claims."""
        state = new_state(self.config)
        gate = gate_of(self.campaign, self.config, state, compile_rules([]))
        waiting: deque[_Attempt] = deque()
        by_id: dict[str, _Attempt] = {}
        for record in decode_all(open_journal(journal, must_exist=True).read()):
            if isinstance(record, Claimed) and record.campaign_id == self.campaign.id:
                by_id[record.attempt_id] = attempt = _Attempt(self._facts(gate, record))
                waiting.append(attempt)
            state.apply(record)
            if isinstance(record, Disposed) and record.attempt_id in by_id:
                by_id.pop(record.attempt_id).disposed = record
            while waiting and waiting[0].disposed is not None:
                yield waiting.popleft()
        yield from waiting

    def _facts(self, gate: RuleGate, record: Claimed) -> Facts | None:
        account = self.accounts.get(record.account_id)
        number = next((n for n in account.numbers if n.number_id == record.number_id), None) if account else None
        if account is None or number is None:
            return None
        return gate.facts(account, number, record.at, self.campaign.ring_s, is_asked_for=record.is_callback)

"""A campaign's list beside the editor: how common each word of a fact is, and how many accounts each rule holds.

Read once and counted on a thread of its own; what is asked meanwhile is answered without figures, never late.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Lock

import attrs
from attrs import define, field, frozen

from adapters.accounts import AccountStore
from collections_rules import FACT_TABLE, ContactLedger, FactKind, Facts, PackSource, RulesError, compile_rules
from collections_rules.bulk import evaluate_bulk
from collections_rules.portfolio import ColumnsBuilder, Portfolio, for_book
from dialer.app import new_state
from dialer.commands.day import load_lists
from dialer.commands.rules.portfolio import campaign_of, facts_of_list
from dialer.commands.stores import open_journal
from dialer.commands.terminal import fail
from dialer.config import load_config
from dialer.faults import ConfigError
from dialer.journal import replay

__all__ = ["ListAsked", "LiveList"]

_KEPT = 32
"""So many editions of texts keep their counts: enough to undo through."""


@frozen
class ListAsked:
    """Which list, and when."""

    config: Path
    at: datetime
    campaign: str = ""
    journal: str = ""


@frozen(eq=False)
class _Accounts:
    portfolio: Portfolio
    asked: Mapping[int, Facts]
    """The accounts that may have contacts, or have no debt to count by."""
    ledger: ContactLedger


@define(eq=False)
class LiveList:
    """The list that an editor shows figures of. `told` hears, on the working thread, what has been done."""

    which: ListAsked
    told: Callable[[str], None] = lambda said: None
    _worker: ThreadPoolExecutor = field(factory=lambda: ThreadPoolExecutor(1, "paceline-list"))
    _lock: Lock = field(factory=Lock)
    _accounts: _Accounts | None = None
    _shares: dict[str, dict[str, float]] = field(factory=dict)
    _held: dict[str, dict[str, int]] = field(factory=dict)
    _wanted: dict[str, tuple[str, Sequence[PackSource]]] = field(factory=dict)

    def start(self) -> None:
        """Begin to read the list."""
        self._worker.submit(self._read)

    def stop(self) -> None:
        """Finish what runs and drop the rest."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    @property
    def size(self) -> int:
        """Accounts of the list; 0 until it has been read."""
        return self._accounts.portfolio.size if self._accounts else 0

    def share(self, fact: str, word: str) -> float | None:
        """Which part of the accounts has this word; None for a fact that has none here, or not yet."""
        accounts = self._accounts
        if accounts is None or fact not in accounts.portfolio.columns:
            return None
        if fact not in self._shares:
            self._shares[fact] = _shares_of(accounts.portfolio, fact)
        return self._shares[fact].get(word, 0.0)

    def held(self, sources: Sequence[PackSource], rule_id: str) -> int | None:
        """How many accounts a rule keeps from being called; None while that is being counted, or where it is off."""
        return self._held.get(_key(sources), {}).get(rule_id)

    def count(self, name: str, sources: Sequence[PackSource]) -> None:
        """Have the accounts counted that the rules of a file hold; only its latest text is."""
        key = _key(sources)
        with self._lock:
            is_new = self._wanted.get(name, ("", ()))[0] != key
            self._wanted[name] = (key, tuple(sources))
        if is_new and key not in self._held:
            self._worker.submit(self._count, name, key)

    # On the working thread --------------------------------------------------------

    def _read(self) -> None:
        try:
            self._accounts = _read_accounts(self.which)
        except (ConfigError, OSError) as error:
            self.told(f"the list of {self.which.config} cannot be read: {error}")
            return
        self.told(f"read {self.size:,} accounts of {self.which.config}")

    def _count(self, name: str, key: str) -> None:
        with self._lock:
            wanted, sources = self._wanted[name]
        if wanted != key or key in self._held or self._accounts is None:
            return
        try:
            book = compile_rules(sources)
        except RulesError:
            return
        accounts = self._accounts
        verdict = evaluate_bulk(book, for_book(accounts.portfolio, book, accounts.asked, accounts.ledger))
        while len(self._held) >= _KEPT:
            self._held.pop(next(iter(self._held)))
        self._held[key] = {rule_id: int(verdict.closed(rule_id).sum()) for rule_id in verdict.rule_ids}
        self.told(f"counted {len(verdict.rule_ids)} rules of {name} on {self.size:,} accounts")


def _key(sources: Sequence[PackSource]) -> str:
    return hashlib.sha256("\0".join(text for one in sources for text in (one.name, one.text)).encode()).hexdigest()


def _read_accounts(which: ListAsked) -> _Accounts:
    config = load_config(which.config)
    campaign = campaign_of(config, which.campaign)
    state = new_state(config)
    if which.journal:
        state = replay(open_journal(which.journal, must_exist=True).read(), state)
    columns, asked, row = ColumnsBuilder([*FACT_TABLE, "number", "call.identifier", "call.means"]), {}, 0
    with AccountStore(":memory:") as store:
        load_lists(attrs.evolve(config, campaigns=(campaign,)), store, is_chatty=False)
        for _, facts in facts_of_list(config, campaign, which.at, state, store):
            if facts is None:
                continue
            columns.add(facts)
            if not facts.claim_ids or _has_contacts(facts, state.ledger):
                asked[row] = facts
            row += 1
    if not row:
        fail(f"campaign `{campaign.id}` has no account with a number to call")
    made, zones = columns.columns()
    at_s = int(which.at.timestamp())
    return _Accounts(Portfolio(at_s, row, made, zones, {}, campaign.ring_s), asked, state.ledger)


def _has_contacts(facts: Facts, ledger: ContactLedger) -> bool:
    if not len(ledger):
        return False
    household = str(facts.values.get("person.household") or facts.person_id)
    named = [("person", facts.person_id), ("number", facts.number_id), ("household", household),
             *(("debt", claim_id) for claim_id in facts.claim_ids)]  # fmt: skip
    return any(ledger.track(scope, name).entries for scope, name in named)


def _shares_of(portfolio: Portfolio, fact: str) -> dict[str, float]:
    """Every word of a fact with its part of the accounts; `unknown` of those that have none."""
    found: dict[str, float] = {}
    for value, share in portfolio.columns[fact].shares().items():
        for word in _words_of(value, FACT_TABLE[fact].kind):
            found[word] = found.get(word, 0.0) + share
    return found


def _words_of(value: object, kind: FactKind) -> list[str]:
    if value is None:
        return ["unknown"]
    if isinstance(value, frozenset):
        return sorted(str(one) for one in value)
    return ["yes" if value else "no"] if kind is FactKind.FLAG else [str(value)]

"""What stricter readings of the rules would have blocked in a journal: for `paceline rules check --log`."""

from collections.abc import Iterator, Sequence

import attrs
from attrs import define, field

from adapters.accounts import AccountStore
from collections_rules import ContactEvent, Diagnostic, Facts, PackSource, compile_rules
from collections_rules.readings import clean_facts_of, stricter_readings
from dialer.app import new_state
from dialer.commands.day import load_lists
from dialer.commands.stores import open_journal
from dialer.config import CampaignSettings, Config
from dialer.journal import replay
from dialer.model import Account
from dialer.record_codec import decode_all
from dialer.records import Claimed, Record
from dialer.rule_decisions import gate_of
from dialer.rule_facts import RuleGate
from dialer.rule_files import campaign_sources
from dialer.state import EngineState

__all__ = ["configured_sources", "readings_of_log"]


def configured_sources(config: Config) -> dict[tuple[PackSource, ...], tuple[str, ...]]:
    """The packs of a configuration, each set once, with the campaigns that go by it."""
    found: dict[tuple[PackSource, ...], tuple[str, ...]] = {}
    for campaign in config.campaigns:
        sources = campaign_sources(campaign, config)
        found[sources] = (*found.get(sources, ()), campaign.id)
    return found


def readings_of_log(
    config: Config, journal: str, sources: Sequence[PackSource], campaigns: Sequence[str]
) -> tuple[Diagnostic, ...]:
    """Stricter readings of these packs that would have blocked calls of these campaigns."""
    ledger = replay(_records(journal), new_state(config)).ledger
    with AccountStore(":memory:") as store:
        load_lists(config, store, is_chatty=False)
        known = {one.id: {a.account_id: a for a in store.accounts(one.id)} for one in config.campaigns}
    told = _FactsOfLog(config, decode_all(_records(journal)), new_state(config), known)

    def facts_of(event: ContactEvent) -> Facts:
        return told.of(event) or clean_facts_of(event, frozenset({str(config.zone)}))

    return stricter_readings(sources, ledger.events(), facts_of, lambda event: event.campaign_id in campaigns)


def _records(journal: str) -> Iterator[bytes]:
    return iter(open_journal(journal, must_exist=True).read())


@define
class _FactsOfLog:
    """What was known of each attempt when it was claimed: the journal is read on as far as is asked."""

    config: Config
    records: Iterator[Record]
    state: EngineState
    known: dict[str, dict[str, Account]]
    _gates: dict[str, tuple[CampaignSettings, RuleGate]] = field(init=False)
    _read: dict[str, Facts | None] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        nothing = compile_rules([])
        self._gates = {one.id: (one, gate_of(one, self.config, self.state, nothing)) for one in self.config.campaigns}

    def of(self, event: ContactEvent) -> Facts | None:
        """None for a contact that is no attempt of ours, or of an account that is on no list any more."""
        if event.channel != "call" or event.campaign_id not in self._gates:
            return None
        while event.event_id not in self._read and (record := next(self.records, None)) is not None:
            if isinstance(record, Claimed):
                self._read[record.attempt_id] = self._facts(record)
            self.state.apply(record)
        return self._read.pop(event.event_id, None)

    def _facts(self, record: Claimed) -> Facts | None:
        campaign, gate = self._gates.get(record.campaign_id, (None, None))
        account = self.known.get(record.campaign_id, {}).get(record.account_id)
        number = next((n for n in account.numbers if n.number_id == record.number_id), None) if account else None
        if campaign is None or gate is None or account is None or number is None:
            return None
        facts = gate.facts(account, number, record.at, campaign.ring_s, is_asked_for=record.is_callback)
        return attrs.evolve(facts, campaign_id=record.campaign_id)

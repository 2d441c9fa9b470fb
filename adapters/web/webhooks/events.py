"""Which records other systems are told of, and in which words. Pure.

An event holds ids and words of our own tables, nothing else about a person: no
name, number, amount or date. Who needs more asks the API, with a right to it.
"""

from collections.abc import Callable
from typing import Any

from dialer.disposition import Disposition
from dialer.records import CampaignChanged, Disposed, FactStated, Record

__all__ = ["EVENTS", "events_of"]

EVENTS = {
    "attempt.ended": "an attempt has its disposition",
    "promise.made": "a person promised to pay",
    "opt_out.stated": "a person, or the agent for them, said not to be called, or not so",
    "campaign.changed": "a campaign started, paused, drains or ended",
}
_OPT_OUTS = {
    "person.opted_out",
    "person.no_call",
    "person.cease",
    "person.refused_offer",
    "person.refused_channels",
    "person.refused_products",
    "person.excluded_means",
    "person.excluded_numbers",
}


def events_of(record: Record) -> list[tuple[str, dict[str, Any]]]:
    """The events that a record is, by kind; most are none."""
    make = _MAKERS.get(type(record))
    return make(record) if make is not None else []


def _disposed(record: Disposed) -> list[tuple[str, dict[str, Any]]]:
    ids = {
        "attempt_id": record.attempt_id,
        "campaign_id": record.campaign_id,
        "account_id": record.account_id,
        "person_id": record.person_id,
        "agent_id": record.agent_id,
    }
    events = [("attempt.ended", ids | {"disposition": record.disposition.value, "ends": record.ends})]
    if record.disposition is Disposition.PROMISED:
        events.append(("promise.made", ids))
    if record.disposition is Disposition.OPTED_OUT:
        events.append(("opt_out.stated", ids | {"fact": "disposition"}))
    return events


def _stated(record: FactStated) -> list[tuple[str, dict[str, Any]]]:
    if record.name not in _OPT_OUTS:
        return []
    ids = {
        "attempt_id": record.attempt_id,
        "campaign_id": record.campaign_id,
        "account_id": record.account_id,
        "person_id": record.person_id,
        "fact": record.name,
    }
    return [("opt_out.stated", ids)]


def _changed(record: CampaignChanged) -> list[tuple[str, dict[str, Any]]]:
    return [("campaign.changed", {"campaign_id": record.campaign_id, "state": record.state.value})]


_MAKERS: dict[type, Callable[[Any], list[tuple[str, dict[str, Any]]]]] = {
    Disposed: _disposed,
    FactStated: _stated,
    CampaignChanged: _changed,
}

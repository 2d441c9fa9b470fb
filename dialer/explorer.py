"""Answers about one account on a running engine: may it be called, why not, when next, and how its week looks."""

from datetime import datetime, timedelta
from typing import Any

import trio
from attrs import define

from collections_rules import render_explanation
from dialer.campaign import Campaign
from dialer.case_words import LawfulTime, Told, Week, WeekBand
from dialer.model import Account, PhoneNumber
from dialer.rule_decisions import explain_account
from dialer.state import EngineState

__all__ = ["Explorer"]

_STEP = timedelta(minutes=30)
_WEEK = timedelta(days=7)


@define(eq=False)
class Explorer:
    """The accounts of one running campaign, as a policy author or a supervisor asks about them."""

    campaign: Campaign
    state: EngineState
    zone: str

    def explain(self, account: Account, number_id: str, at: datetime, language: str, *, show_all: bool) -> Told:
        """The explanation, as data and as text, on the number that may be called soonest unless one is named."""
        ring_s = self.campaign.plan.limits.ring_s
        told = explain_account(self.campaign.gate, account, at, ring_s, number_id=number_id)
        text = render_explanation(told, language, zone=self.zone, show_all=show_all)
        data: dict[str, Any] = told.as_data()
        return Told(account.account_id, told.is_allowed, told.next_at, text, data)

    async def week(self, account: Account, number: PhoneNumber, from_at: datetime) -> Week:
        """When each rule lets the account through in the coming week, if nothing else happens, by half hours.

        Gives way between two looks: a week of them takes longer than a call may wait.
        """
        gate, ring_s = self.campaign.gate, self.campaign.plan.limits.ring_s
        start_at = from_at.replace(minute=from_at.minute // 30 * 30, second=0, microsecond=0)
        open_at: dict[str, list[datetime]] = {}
        titles: dict[str, tuple[str, str, str]] = {}
        all_open: list[datetime] = []
        at = start_at
        while at < start_at + _WEEK:
            findings = gate.book_for(account).explain(gate.facts(account, number, at, ring_s), self.state.ledger)
            for finding in findings:
                titles.setdefault(finding.rule_id, (finding.title_ko, finding.title_en, finding.cite))
                hours = open_at.setdefault(finding.rule_id, [])
                if finding.is_passed:
                    hours.append(at)
            if findings and all(one.is_passed for one in findings):
                all_open.append(at)
            at += _STEP
            await trio.lowlevel.checkpoint()
        slots = int(_WEEK / _STEP)
        bands = [
            WeekBand(rule_id, *titles[rule_id], tuple(_spans(hours)))
            for rule_id, hours in open_at.items()
            if len(hours) < slots  # a rule that never closes tells nothing
        ]
        events = self.state.ledger.events_of_person(account.person.person_id)
        calls = tuple(one.at for one in events if one.at >= start_at - _WEEK)
        return Week(start_at, start_at + _WEEK, tuple(_spans(all_open)), tuple(bands), calls)


def _spans(hours: list[datetime]) -> list[LawfulTime]:
    spans: list[LawfulTime] = []
    for at in hours:
        if spans and spans[-1].to_at == at:
            spans[-1] = LawfulTime(spans[-1].from_at, at + _STEP)
        else:
            spans.append(LawfulTime(at, at + _STEP))
    return spans

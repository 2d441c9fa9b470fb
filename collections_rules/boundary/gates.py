"""One gate of a rule, answered the slow way: clocks are read, contacts are counted one by one. For the oracle."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from attrs import frozen

from collections_rules import tree as t
from collections_rules.boundary.conditions import Asked, ask, date_on, later_date
from collections_rules.boundary.header import OracleRule, in_force, wall
from collections_rules.boundary.kinds import NOUNS, is_in_week, is_kind, is_weekday, second_of
from collections_rules.facts import FactValue
from collections_rules.ledger import ContactEvent
from collections_rules.words import singular

__all__ = ["GateQuestion"]

RING_MARGIN_S = 5
_UNIT_S = {"second": 1, "minute": 60, "hour": 3600}


@frozen
class GateQuestion:
    """One gate of a rule, asked once."""

    rule: OracleRule
    asked: Asked
    contacts: Sequence[ContactEvent]

    def is_closed(self, gate: t.Gate) -> bool:
        if isinstance(gate, t.Open):
            return self.is_outside(gate)
        if isinstance(gate, t.StopWhen):
            return self.is_stopped(gate)
        if isinstance(gate, t.StopAt):
            return self.is_excluded(gate)
        if isinstance(gate, t.AtMost):
            return self.is_full(gate)
        if isinstance(gate, t.WaitAfter) and singular(gate.subject.text) in NOUNS:
            return self.is_cooling(gate)
        return self.is_waiting(gate)

    # Hours ------------------------------------------------------------------------

    def instants(self) -> list[int]:
        ring_s = self.asked.facts.ring_s
        return [self.asked.at_s] + ([self.asked.at_s + ceil(ring_s) + RING_MARGIN_S] if ring_s > 0 else [])

    def is_outside(self, gate: t.Open) -> bool:
        zones = self.rule.header.clocks(self.asked.facts)
        return not zones or not all(self.is_open(gate, wall(s, z)) for z in zones for s in self.instants())

    def is_open(self, gate: t.Open, wall: datetime) -> bool:
        second = wall.hour * 3600 + wall.minute * 60 + wall.second
        found = [item for item in gate.items if self.is_day(item.days, wall.date())]
        if any(not item.hours for item in found):
            return False
        return any(span.start_s <= second < span.end_s for item in found for span in item.hours)

    def is_day(self, days: Sequence[t.Word], day: date) -> bool:
        calendars = self.rule.header.calendars
        return not days or any(
            calendars[word.text].is_holiday(day) if word.text in calendars else is_weekday(word.text, day)
            for word in days
        )

    def is_excluded(self, gate: t.StopAt) -> bool:
        held = self.asked.facts.values.get(gate.name.text)
        zones = self.rule.header.clocks(self.asked.facts)
        if not isinstance(held, frozenset):
            return True
        return bool(held) and (
            not zones or any(is_in_week(text, wall(s, z)) for text in held for z in zones for s in self.instants())
        )

    # Facts ------------------------------------------------------------------------

    def is_stopped(self, gate: t.StopWhen) -> bool:
        found = ask(gate.condition, self.asked, None)
        if found is None:
            return not gate.may_unknown_pass
        if not found:
            return False
        for clause in self.rule.of_kind(t.Until):
            assert isinstance(clause, t.Until)
            for release in clause.releases:
                value = self.asked.facts.values.get(release.name.text)
                is_over = self.is_past(value, release.plus, release.is_end_of_day)
                if is_over is not None:
                    return not is_over
        return True

    def is_waiting(self, gate: t.Gate) -> bool:
        values = self.asked.facts.values
        if isinstance(gate, t.Fresh):
            value = values.get(gate.name.text)
            return self.is_past(value, gate.duration, ends_with_day=True) is not False
        assert isinstance(gate, t.WaitAfter | t.WaitUntil)
        if gate.when is not None and ask(gate.when, self.asked, None) is False:
            return False
        if isinstance(gate, t.WaitUntil):
            return self.is_past(values.get(gate.name.text), gate.plus, ends_with_day=False) is not True
        whole = gate.duration.unit not in _UNIT_S and not gate.duration.is_business and not gate.is_day_counted
        return self.is_past(values.get(gate.subject.text), gate.duration, ends_with_day=whole) is not True

    def is_past(self, value: FactValue | None, plus: t.Duration | None, ends_with_day: bool) -> bool | None:
        """Whether `value`, later by `plus`, has come; None when it is unknown."""
        zones = self.asked.date_zones
        if not zones or not isinstance(value, date):
            return None
        if isinstance(value, datetime) and not ends_with_day and (plus is None or plus.unit in _UNIT_S):
            wait_s = plus.count * _UNIT_S[plus.unit] if plus else 0
            return self.asked.at_s >= ceil(value.timestamp()) + wait_s
        day = date_on(value, zones[0])
        if plus is not None and plus.unit in _UNIT_S:
            midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zones[0])) + timedelta(days=1)
            return self.asked.at_s >= int(midnight.timestamp()) + plus.count * _UNIT_S[plus.unit]
        last = later_date(day, plus, next(iter(self.rule.header.calendars.values()), None))
        if last is None:
            return False
        today = wall(self.asked.at_s, zones[0]).date()
        return today > last if ends_with_day else today >= last

    # Counting ---------------------------------------------------------------------

    def claims(self, scopes: Sequence[t.Word]) -> Sequence[str | None] | None:
        """One count for each debt, or one in all; None when debts are asked for and there are none."""
        if any(scope.text == "debt" for scope in scopes):
            return self.asked.facts.claim_ids or None
        return (None,)

    def is_full(self, gate: t.AtMost) -> bool:
        claims = self.claims(gate.scopes)
        if claims is None:
            return True
        for claim in claims:
            counted, freed = self.counted(gate.nouns, gate, claim)
            inside = [e for e in counted if self.is_within(e.at, gate.window, self.asked.at_s)]
            if len(inside) >= int(gate.count.text) and not self.is_call_free(gate, freed):
                return True
        return False

    def is_cooling(self, gate: t.WaitAfter) -> bool:
        claims = self.claims(gate.scopes)
        if claims is None:
            return True
        for claim in claims:
            counted, freed = self.counted([gate.subject], gate, claim)
            ends = [second_of(max(e.ended_at or e.at, e.at)) for e in counted]
            if any(self.cools(gate, end_s) for end_s in ends) and not self.is_call_free(gate, freed):
                return True
        return False

    def cools(self, gate: t.WaitAfter, end_s: int) -> bool:
        count = gate.duration.count
        if gate.duration.unit in _UNIT_S:
            return self.asked.at_s < end_s + count * _UNIT_S[gate.duration.unit]
        on = count if gate.is_day_counted else count + 1
        return not self.asked.date_zones or any(
            (wall(self.asked.at_s, z).date() - wall(end_s, z).date()).days < on for z in self.asked.date_zones
        )

    def is_within(self, event_at: datetime, window: t.Window | None, now_s: int) -> bool:
        """Whether a contact still counts at a moment."""
        if window is None:
            return True
        at_s, count = second_of(event_at), window.duration.count
        if window.duration.unit in _UNIT_S:
            return now_s - at_s <= count * _UNIT_S[window.duration.unit]
        back = count - 1 + window.is_after_first
        zones = self.asked.date_zones
        if window.is_calendar:
            shown = "%Y-%m" if window.duration.unit == "month" else "%Y"
            return not zones or any(wall(now_s, z).strftime(shown) == wall(at_s, z).strftime(shown) for z in zones)
        return not zones or any((wall(now_s, z).date() - wall(at_s, z).date()).days <= back for z in zones)

    def counted(
        self, nouns: Sequence[t.Word], gate: t.AtMost | t.WaitAfter, claim: str | None
    ) -> tuple[list[ContactEvent], list[list[ContactEvent]]]:
        """The contacts that count, and those that each quota has freed."""
        items = self.free_items()
        freed: list[list[ContactEvent]] = [[] for _ in items]
        by_time = sorted(self.contacts, key=lambda event: (event.at, event.event_id))
        matching = [event for event in by_time if self.is_counted_kind(event, nouns, gate, claim)]
        return [event for event in matching if not self.is_free(event, items, freed)], freed

    def household(self) -> str:
        """Of whoever has none on record, themselves."""
        named = self.asked.facts.values.get("person.household")
        return named if isinstance(named, str) and named else self.asked.facts.person_id

    def free_items(self) -> list[t.FreeItem]:
        items = [item for c in self.rule.of_kind(t.Free) if isinstance(c, t.Free) for item in c.items]
        # Without a quota first: what is free anyway uses none up.
        return sorted(items, key=lambda item: item.quota is not None)

    def is_counted_kind(
        self, event: ContactEvent, nouns: Sequence[t.Word], gate: t.AtMost | t.WaitAfter, claim: str | None
    ) -> bool:
        facts = self.asked.facts
        effective = next((c for c in self.rule.clauses if isinstance(c, t.Effective) and c.counts_from), None)
        if effective is not None and not in_force(effective.from_date, None, self.rule.header, second_of(event.at)):
            return False
        wanted = {
            "person": event.person_id == facts.person_id,
            "household": (event.household_id or event.person_id) == self.household(),
            "number": event.number_id == facts.number_id,
            "campaign": event.campaign_id == facts.campaign_id,
            "topic": event.topic == facts.values.get("call.topic", event.topic),
            "debt": claim in event.claim_ids,
            "collector": True,
        }
        is_ours = gate.is_all_collectors or event.collector == facts.values.get("collector.id", "own")
        return (
            is_ours
            and all(wanted[scope.text] for scope in gate.scopes)
            and any(is_kind(event, singular(noun.text), self.rule.header.contact) for noun in nouns)
            and (gate.when is None or ask(gate.when, self.asked, event) is not False)
        )

    def is_free(self, event: ContactEvent, items: Sequence[t.FreeItem], freed: list[list[ContactEvent]]) -> bool:
        for item, taken in zip(items, freed, strict=True):
            if item.within is not None:
                if self.is_in_grace(item, second_of(event.at)):
                    return True
            elif item.condition is not None and ask(item.condition, self.asked, event) is True:
                if item.quota is None:
                    return True
                if sum(self.is_within(e.at, item.window, second_of(event.at)) for e in taken) < item.quota:
                    taken.append(event)
                    return True
        return False

    def is_call_free(self, gate: t.AtMost | t.WaitAfter, freed: Sequence[Sequence[ContactEvent]]) -> bool:
        """Whether the call being judged would itself not count."""
        if gate.when is not None and ask(gate.when, self.asked, None) is False:
            return True
        for item, taken in zip(self.free_items(), freed, strict=True):
            if item.within is not None:
                if self.is_in_grace(item, self.asked.at_s):
                    return True
            elif item.condition is not None and ask(item.condition, self.asked, None) is True:
                used = sum(self.is_within(e.at, item.window, self.asked.at_s) for e in taken)
                if item.quota is None or used < item.quota:
                    return True
        return False

    def is_in_grace(self, item: t.FreeItem, at_s: int) -> bool:
        """`free within 7 days of consent.direct, that day counted, until the next talk`."""
        assert item.within is not None
        assert item.within_name is not None
        given = self.asked.facts.values.get(item.within_name.text)
        if not isinstance(given, datetime) or at_s < int(given.timestamp()):
            return False
        window = t.Window(item.within, not item.is_day_counted)
        if not self.is_within(datetime.fromtimestamp(int(given.timestamp()), UTC), window, at_s):
            return False
        return item.until_next is None or not any(
            int(given.timestamp()) < second_of(e.at) < at_s
            and e.person_id == self.asked.facts.person_id
            and is_kind(e, singular(item.until_next.text), self.rule.header.contact)
            for e in self.contacts
        )

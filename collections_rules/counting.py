"""The gates that count contacts: `at most`, and `wait … after` an event.

Which contacts count is worked out once per person, debt, number or campaign and kept
until one of its contacts changes, so a second look costs a lookup. Fewer contacts
than the limit need no working out at all.
"""

from bisect import bisect_left
from collections.abc import Iterable

from attrs import define, frozen

from collections_rules.conditions import Test
from collections_rules.count_window import CountWindow
from collections_rules.facts import FactValue
from collections_rules.gates import PASSES, Reason, missing_reason, when
from collections_rules.ledger import NO_TRACK, ContactEvent, Entry, Track
from collections_rules.query import Clocks, Query
from collections_rules.tree import Duration
from collections_rules.windows import NEVER, zone_days
from collections_rules.words import NOT_A_CONTACT, OUTCOMES, RANG, UNIT_S

__all__ = ["AtMostGate", "Counted", "FreeQuota", "FreeWithin", "Kind", "WaitAfterEventGate", "event_kinds"]

Kind = tuple[str, str, str]


def event_kinds(noun: str, contact: Iterable[str]) -> frozenset[Kind]:
    """What a noun counts, as (channel, outcome, direction).

    A `contact` and an `attempt` are ours alone; a `talk` counts in either direction.
    """
    if noun == "contact":
        return frozenset().union(*(event_kinds(_as_contact(word), contact) for word in contact))
    if noun in _NOUNS:
        return _NOUNS[noun]
    if noun in OUTCOMES:
        return _kinds(["call", "visit"], [noun])
    return _kinds([noun], _REACHED)


def _as_contact(word: str) -> str:
    # As a kind of contact an attempt is one that could reach somebody.
    return "dialed" if word == "attempt" else word


def _kinds(channels: Iterable[str], outcomes: Iterable[str], direction: str = "outbound") -> frozenset[Kind]:
    outcomes = tuple(outcomes)
    return frozenset((channel, outcome, direction) for channel in channels for outcome in outcomes)


_REACHED = tuple(outcome for outcome in OUTCOMES if outcome not in NOT_A_CONTACT)
_NOUNS = {
    "attempt": _kinds(["call"], [outcome for outcome in OUTCOMES if outcome != "not_placed"]),
    "dialed": _kinds(["call"], _REACHED),
    "call": _kinds(["call"], RANG),
    "talk": _kinds(["call", "visit"], ["talk", "pending"]) | _kinds(["call", "visit"], ["talk"], "inbound"),
    "text": _kinds(["sms", "alimtalk"], _REACHED),
}


@frozen
class FreeQuota:
    """The first `quota` matching contacts in a window are not counted, oldest first."""

    test: Test
    quota: int
    window: CountWindow


@frozen
class FreeWithin:
    """Contacts within some dates of a fact are not counted, until the next event of a kind."""

    name: str
    window: CountWindow
    until_next: frozenset[Kind]


@frozen
class _Summary:
    """What a clause worked out from one list of contacts, and from which facts."""

    key: tuple[object, ...]
    times: list[int]
    last_end_s: int | None


@define(eq=False)
class Counted:
    """Which contacts one clause counts: their kinds, whose they are, and what is free."""

    kinds: frozenset[Kind]
    scopes: tuple[str, ...]
    is_all_collectors: bool
    when: Test | None
    free: tuple[Test, ...] = ()
    quotas: tuple[FreeQuota, ...] = ()
    within: tuple[FreeWithin, ...] = ()
    from_s: int = -NEVER
    _fact_names: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        tests = [*self.free, *(q.test for q in self.quotas), *([self.when] if self.when else [])]
        names = {name for test in tests for name in test.names} | {w.name for w in self.within}
        self._fact_names = tuple(sorted(names))

    def tracks(self, query: Query) -> list[Track]:
        """Where to look: one list of contacts for each debt, or one in all."""
        ledger, facts = query.ledger, query.facts
        if "debt" in self.scopes:
            return [ledger.track("debt", claim_id) for claim_id in facts.claim_ids]
        if "number" in self.scopes:
            return [ledger.track("number", facts.number_id)]
        if "household" in self.scopes:
            return [ledger.track("household", _household(query))]
        if "person" in self.scopes:
            return [ledger.track("person", facts.person_id)]
        return [ledger.track("campaign", facts.campaign_id)]

    def times(self, query: Query, track: Track) -> list[int]:
        """The seconds of the contacts that count, oldest first."""
        return self._summary(query, track).times

    def last_end(self, query: Query, track: Track) -> int | None:
        """When the last of the contacts that count ended."""
        return self._summary(query, track).last_end_s

    def _summary(self, query: Query, track: Track) -> "_Summary":
        key = self._key(query)
        known = track.memo.get(self)
        if isinstance(known, _Summary) and known.key == key:
            return known
        entries = self.entries(query, track)
        found = _Summary(key, [e.at_s for e in entries], max((e.end_s for e in entries), default=None))
        if track is not NO_TRACK:
            track.memo[self] = found
        return found

    def entries(self, query: Query, track: Track) -> list[Entry]:
        """The contacts that count, oldest first."""
        freed: list[list[int]] = [[] for _ in self.quotas]
        return [e for e in track.entries if self._matches(query, e) and not self._is_free(query, e, freed)]

    def _key(self, query: Query) -> tuple[object, ...]:
        facts = query.facts
        revision = query.ledger.track("person", facts.person_id).revision if self.within else 0
        values = [query.values.get(name) for name in self._fact_names]
        collector = "" if self.is_all_collectors else query.values.get("collector.id")
        topic = query.values.get("call.topic") if "topic" in self.scopes else ""
        who = (facts.person_id, _household(query), facts.number_id, facts.campaign_id)
        return (*who, topic, revision, collector, facts.zones, *values)

    def _matches(self, query: Query, entry: Entry) -> bool:
        event = entry.event
        if (event.channel, event.outcome, event.direction) not in self.kinds or entry.at_s < self.from_s:
            return False
        if not self.is_all_collectors and event.collector != query.values.get("collector.id", "own"):
            return False
        if not all(_IN_SCOPE[scope](query, event) for scope in self.scopes):
            return False
        return self.when is None or self.when.ask(query, event) is not False

    def _is_free(self, query: Query, entry: Entry, freed: list[list[int]]) -> bool:
        if any(test.ask(query, entry.event) is True for test in self.free):
            return True
        if any(self._is_within(query, within, entry.at_s) for within in self.within):
            return True
        for quota, taken in zip(self.quotas, freed, strict=True):
            if quota.test.ask(query, entry.event) is True:
                start = quota.window.start(entry.at_s, query)
                if len(taken) - bisect_left(taken, start) < quota.quota:
                    taken.append(entry.at_s)
                    return True
        return False

    def _is_within(self, query: Query, within: FreeWithin, at_s: int) -> bool:
        given: FactValue | None = query.values.get(within.name)
        stamp = getattr(given, "timestamp", None)
        if stamp is None:
            return False
        given_s = int(stamp())
        if not given_s <= at_s < within.window.release(given_s, query):
            return False
        for entry in query.ledger.track("person", query.facts.person_id).entries:
            event = entry.event
            if given_s < entry.at_s < at_s and (event.channel, event.outcome, event.direction) in within.until_next:
                return False
        return True

    def call_free_from(self, query: Query, track: Track) -> int:
        """From when the call being judged is itself one that does not count; `NEVER` when it never is."""
        if self.when is not None and self.when.ask(query, None) is False:
            return query.at_s
        if any(test.ask(query, None) is True for test in self.free):
            return query.at_s
        if any(self._is_within(query, within, query.at_s) for within in self.within):
            return query.at_s
        return min(
            (self._room_at(query, track, n) for n, quota in enumerate(self.quotas) if quota.test.ask(query, None)),
            default=NEVER,
        )

    def _room_at(self, query: Query, track: Track, index: int) -> int:
        freed: list[list[int]] = [[] for _ in self.quotas]
        for entry in track.entries:
            if self._matches(query, entry):
                self._is_free(query, entry, freed)
        taken, quota = freed[index], self.quotas[index]
        if len(taken) - bisect_left(taken, quota.window.start(query.at_s, query)) < quota.quota:
            return query.at_s
        return quota.window.release(taken[-quota.quota], query)


def _household(query: Query) -> str:
    """The household of the person judged; of one who has none on record, themselves."""
    named = query.values.get("person.household")
    return named if isinstance(named, str) and named else query.facts.person_id


def _same_household(query: Query, event: ContactEvent) -> bool:
    return (event.household_id or event.person_id) == _household(query)


def _same_person(query: Query, event: ContactEvent) -> bool:
    return event.person_id == query.facts.person_id


def _same_number(query: Query, event: ContactEvent) -> bool:
    return event.number_id == query.facts.number_id


def _same_campaign(query: Query, event: ContactEvent) -> bool:
    return event.campaign_id == query.facts.campaign_id


def _same_topic(query: Query, event: ContactEvent) -> bool:
    return event.topic == query.values.get("call.topic", event.topic)


def _any(query: Query, event: ContactEvent) -> bool:
    return True


_IN_SCOPE = {
    "person": _same_person,
    "household": _same_household,
    "number": _same_number,
    "campaign": _same_campaign,
    "topic": _same_topic,
    "debt": _any,  # the list is the debt's own
    "collector": _any,  # already only ours, unless all collectors are counted together
}


@define(eq=False)
class AtMostGate:
    """Closed while as many contacts as the limit are within the window."""

    limit: int
    noun: str
    window: CountWindow
    counted: Counted

    def closed_until(self, query: Query) -> int | None:
        worst: int | None = None
        for track in self.counted.tracks(query):
            if len(track.entries) < self.limit:
                continue
            times = self.counted.times(query, track)
            start = self.window.start(query.at_s, query)
            if len(times) - bisect_left(times, start) < self.limit:
                continue
            free_from = self.counted.call_free_from(query, track)
            if free_from > query.at_s:
                release = min(free_from, self.window.release(times[-self.limit], query))
                worst = release if worst is None else max(worst, release)
        if "debt" in self.counted.scopes and not query.facts.claim_ids:
            return NEVER
        return worst

    def reason(self, query: Query) -> Reason:
        if "debt" in self.counted.scopes and not query.facts.claim_ids:
            return missing_reason("debt")
        times = max((self._within(query, track) for track in self.counted.tracks(query)), key=len, default=[])
        ko_window, en_window = self.window.says()
        last = when(times[-1], self.window.clocks, query) if times else ""
        noun = self.noun if self.noun.endswith("s") else self.noun + "s"
        en = f"{len(times)} of {self.limit} {noun} {en_window}"
        ko = f"{ko_window} 한도 {self.limit}회 중 {len(times)}회"
        if not times:
            return Reason(ko, en)
        return Reason(f"{ko} (마지막 산입 {last})", f"{en} (last counted {last})")

    def _within(self, query: Query, track: Track) -> list[int]:
        times = self.counted.times(query, track)
        return times[bisect_left(times, self.window.start(query.at_s, query)) :]


@define(eq=False)
class WaitAfterEventGate:
    """Closed for a time after the last contact of a kind, measured from its end."""

    duration: Duration
    is_day_counted: bool
    noun: str
    counted: Counted
    clocks: Clocks

    def closed_until(self, query: Query) -> int | None:
        worst: int | None = None
        unit_s = UNIT_S.get(self.duration.unit)
        for track in self.counted.tracks(query):
            # Nothing at all ended late enough: the usual case, settled without a look at the contacts.
            if unit_s and track.last_end_s + self.duration.count * unit_s <= query.at_s:
                continue
            last_s = self.counted.last_end(query, track)
            if last_s is None:
                continue
            release = min(self.release(last_s, query), self.counted.call_free_from(query, track))
            if release > query.at_s:
                worst = release if worst is None else max(worst, release)
        if "debt" in self.counted.scopes and not query.facts.claim_ids:
            return NEVER
        return worst

    def release(self, end_s: int, query: Query) -> int:
        """When a contact that ended then no longer keeps the call waiting."""
        count, unit = self.duration.count, self.duration.unit
        if unit in UNIT_S:
            return end_s + count * UNIT_S[unit]
        # `counting that day`: the day of the event is the first of the closed days.
        on = count if self.is_day_counted else count + 1
        ends = [d.day_start(d.day(end_s) + on) for zone in self.clocks.dates_of(query) if (d := zone_days(zone))]
        return max(ends, default=NEVER)

    def reason(self, query: Query) -> Reason:
        if "debt" in self.counted.scopes and not query.facts.claim_ids:
            return missing_reason("debt")
        lasts = [
            end for track in self.counted.tracks(query) if (end := self.counted.last_end(query, track)) is not None
        ]
        if self.closed_until(query) is None or not lasts:
            return PASSES
        last = when(max(lasts), self.clocks, query)
        count, unit = self.duration.count, self.duration.unit
        ko = {"day": "일", "hour": "시간", "minute": "분", "second": "초"}[unit]
        plural = "s" if count > 1 else ""
        return Reason(f"{last} {self.noun} 후 {count}{ko} 대기", f"{count} {unit}{plural} after {self.noun} at {last}")

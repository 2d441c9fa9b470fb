"""What was known at a moment, and why what was decided then was decided: from the journal's lines alone. Pure.

A verdict, a note of the pacer and a plan of the schedule stand in the journal
as they were taken. Around them stands the state that the lines before lead to:
the contacts that a cap counted, the floor that the pacer saw, the account's
place in the schedule. What a list knew of a person is not in the journal.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from attrs import define, field

from dialer.record_codec import decode_all
from dialer.records import AgentState, Claimed, Denied, Disposed, PacingNoted, PackTexts, Record, RulesChanged
from dialer.snapshot import Past

__all__ = ["Moment", "explain_attempt", "explain_moment", "replay_until"]

_DAY = timedelta(days=1)
# Refusals so near before a moment are part of its picture.
_LATELY = timedelta(minutes=1)


@define
class Moment:
    """The past up to a record, and the last word of everything that is not state."""

    past: Past
    zone: ZoneInfo
    at: datetime | None = None
    notes: dict[str, PacingNoted] = field(factory=dict)
    rules: dict[str, RulesChanged] = field(factory=dict)
    texts: dict[str, tuple[str, ...]] = field(factory=dict)
    """Names of the rule files behind a pack hash."""
    denied: deque[Denied] = field(factory=lambda: deque(maxlen=5_000))

    def take(self, record: Record) -> None:
        """Take the next record."""
        self.past.apply(record)
        self.at = record.at
        if isinstance(record, PacingNoted):
            self.notes[record.campaign_id] = record
        elif isinstance(record, RulesChanged):
            self.rules[record.campaign_id] = record
        elif isinstance(record, PackTexts):
            self.texts[record.pack_hash] = tuple(name for name, _ in record.sources)
        elif isinstance(record, Denied):
            self.denied.append(record)

    def local(self, at: datetime | None) -> str:
        """An instant on the operator's clock."""
        return "-" if at is None else f"{at.astimezone(self.zone):%Y-%m-%d %H:%M:%S.%f}"[:-3]


def replay_until(lines: Iterable[bytes], moment: Moment, is_after: Callable[[Record], bool]) -> Iterator[Record]:
    """Play a journal up to the first record that is after the moment; gives that one and all behind it."""
    records = decode_all(lines)
    for record in records:
        if is_after(record):
            yield record
            break
        moment.take(record)
    yield from records


def explain_attempt(lines: Iterable[bytes], moment: Moment, attempt_id: str) -> list[str]:
    """Why an attempt was made, and what became of it; an empty list when the journal has none of that name."""
    found: Claimed | None = None
    said: list[str] = []
    for record in replay_until(lines, moment, lambda one: isinstance(one, Claimed) and one.attempt_id == attempt_id):
        if found is None:
            assert isinstance(record, Claimed)
            found = record
            said = [*_claim(moment, found), *_schedule(moment, found), *_rules(moment, found), *_pacing(moment, found)]
            said.append("what became of it")
        if getattr(record, "attempt_id", None) == attempt_id:
            said.append(f"  {moment.local(record.at)}  {_told(moment, record)}")
        if isinstance(record, Disposed) and record.attempt_id == attempt_id:
            break
    return said


def explain_moment(moment: Moment) -> list[str]:
    """What was known and last decided at a moment, campaign by campaign."""
    said = [f"at {moment.local(moment.at)}, after {moment.past.state.record_count:,} records"]
    for campaign_id, book in moment.past.state.campaigns.items():
        said.append(f"{campaign_id}: {book.state.value}{f' ({book.reason})' if book.reason else ''}")
        said += _floor(moment, campaign_id)
        said += _note(moment, campaign_id)
        if (changed := moment.rules.get(campaign_id)) is not None:
            said.append(
                f"  rules {changed.pack_hash} since {moment.local(changed.at)}{_names(moment, changed.pack_hash)}"
            )
        assert moment.at is not None
        lately = [one for one in moment.denied if one.campaign_id == campaign_id and moment.at - one.at <= _LATELY]
        for (rule_id, reason), count in Counter((one.rule_id, one.reason) for one in lately).most_common(5):
            said.append(f"  refused in the minute before: {count} by {rule_id}: {reason}")
    return said


def _claim(moment: Moment, claimed: Claimed) -> list[str]:
    asked = ", asked for by the person" if claimed.is_callback else ""
    agent = f", agent {claimed.agent_id} kept for it" if claimed.agent_id else ""
    return [
        f"attempt {claimed.attempt_id}: account {claimed.account_id}, number {claimed.number_id}, "
        f"trunk {claimed.trunk}, {claimed.mode}{asked}{agent}",
        f"  claimed at {moment.local(claimed.at)}",
    ]


def _schedule(moment: Moment, claimed: Claimed) -> list[str]:
    progress = moment.past.state.campaigns[claimed.campaign_id].schedule.progress_of(claimed.account_id)
    said = [f"schedule: {progress.attempt_count} attempts before, {_today(moment, claimed)} of them that day"]
    if progress.last_outcome:
        said.append(
            f"  the last at {moment.local(progress.last_attempt_at)} was {progress.last_outcome}, "
            f"{progress.outcome_streak} in a row; next not before {moment.local(progress.not_before_at)}"
        )
    else:
        said.append("  never tried before, so it was due as soon as its turn came")
    return said


def _today(moment: Moment, claimed: Claimed) -> int:
    progress = moment.past.state.campaigns[claimed.campaign_id].schedule.progress_of(claimed.account_id)
    is_same_day = progress.day == claimed.at.astimezone(moment.zone).date()
    return progress.day_attempt_count if is_same_day else 0


def _rules(moment: Moment, claimed: Claimed) -> list[str]:
    """The verdict, and what the caps had to count."""
    events = moment.past.state.ledger.events_of_person(claimed.person_id)
    week = [one for one in events if claimed.at - one.at < 7 * _DAY]
    today = claimed.at.astimezone(moment.zone).date()
    of_today = [one for one in week if one.at.astimezone(moment.zone).date() == today]
    said = [
        f"rules: allowed by {claimed.pack_hash}{_names(moment, claimed.pack_hash)}"
        + (f", facts {claimed.facts_hash}" if claimed.facts_hash else ""),
        f"  contacts of the person that caps could count: {len(of_today)} that day, {len(week)} in seven days",
    ]
    said += [f"    {moment.local(one.at)}  {one.event_id}  {one.outcome}" for one in week[-8:]]
    refused = [one for one in moment.denied if one.account_id == claimed.account_id]
    said += [
        f"  refused before, at {moment.local(one.at)} by {one.rule_id}: {one.reason}; "
        f"next at {moment.local(one.next_eligible_at)}"
        for one in refused[-3:]
    ]
    facts = moment.past.state.facts.get(claimed.person_id, {})
    return said + [f"  stated: {name} = {value}" for name, value in facts.items()]


def _pacing(moment: Moment, claimed: Claimed) -> list[str]:
    return ["pacing", *_floor(moment, claimed.campaign_id), *_note(moment, claimed.campaign_id)]


def _floor(moment: Moment, campaign_id: str) -> list[str]:
    state = moment.past.state
    agents = Counter(one.state for one in state.agents.values() if campaign_id in one.campaign_ids)
    attempts = Counter(one.state.value for one in state.attempts.values() if one.claimed.campaign_id == campaign_id)
    staffed = ", ".join(f"{agents[one]} {one.value}" for one in AgentState if agents[one]) or "nobody"
    calls = ", ".join(f"{count} {name}" for name, count in attempts.items()) or "none"
    said = [f"  agents: {staffed}; open attempts: {calls}"]
    counters = state.campaigns[campaign_id].counters
    if moment.at is not None:
        said += [
            f"  window {one.name}: {one.abandoned} abandoned of {one.answered_by_person} answered by a person"
            for one in counters.view(moment.at)
        ]
    return said


def _note(moment: Moment, campaign_id: str) -> list[str]:
    note = moment.notes.get(campaign_id)
    if note is None:
        return ["  the pacer had noted nothing yet"]
    figures = ", ".join(f"{name} {value:.4g}" for name, value in note.figures.items())
    return [
        f"  the pacer's note of {moment.local(note.at)}: {note.launch_count} calls, {note.mode}: {note.reason}",
        f"    {figures}",
    ]


def _names(moment: Moment, pack_hash: str) -> str:
    names = moment.texts.get(pack_hash)
    return f" ({', '.join(names)}; their text is in the journal)" if names else ""


def _told(moment: Moment, record: Record) -> str:
    """A record in a line, without what was said before."""
    name, hidden = type(record).__name__, {"at", "attempt_id", "campaign_id", "account_id", "person_id"}
    words = []
    for key in record.__attrs_attrs__:
        value = getattr(record, key.name)
        if key.name not in hidden and value not in (None, "", 0, 0.0, False, ()):
            told = moment.local(value) if isinstance(value, datetime) else getattr(value, "value", value)
            words.append(f"{key.name} {told}")
    return f"{name}: {', '.join(words)}" if words else name

"""The one pass over a day's records. Pure.

Every record is looked at once and forgotten; what stays is one small object for
each open attempt, the counters, and a few words per account of the list.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from dialer.disposition import Disposition
from dialer.records import (
    AgentChanged,
    Answered,
    CampaignChanged,
    Claimed,
    Connected,
    Denied,
    Detected,
    Disposed,
    ListEnrolled,
    Opened,
    Originated,
    PacingNoted,
    Record,
    TalkEnded,
    TrunkChanged,
)
from dialer.report.agent_tally import AgentTally
from dialer.report.campaign_tally import CampaignTally, OpenAttempt
from dialer.report.context import CampaignContext, ReportContext
from dialer.report.counts import Counts, total_of
from dialer.report.figures import CampaignFigures, Consistency, DayEvent, DayFigures, LineFigures
from dialer.report.series import BIN_S, StepSeries

__all__ = ["summarize"]

_QUARTER_S = 900  # every zone's offset to UTC is a multiple of this
_MARKS = (70, 90, 100)


class _Day:
    """The state of the pass. One method per kind of record, called through `handlers`."""

    def __init__(self, context: ReportContext, first_at: datetime) -> None:
        self.zone = context.zone
        self.start_bin = int(first_at.timestamp() // BIN_S)
        # Half hours on the clock begin at a bin whose number divides by six.
        self.start_bin -= self._bins_into_half_hour(first_at)
        self.campaigns = {one.campaign_id: CampaignTally(one, self.start_bin) for one in context.campaigns}
        self.attempts: dict[str, OpenAttempt] = {}
        self.agents = AgentTally(self.start_bin, self.campaign)
        self.lines = StepSeries(self.start_bin)
        self.trunks = {trunk: StepSeries(self.start_bin) for trunk in context.line_counts}
        self.placed_by_s = _CallsPerSecond(self.start_bin)
        self.hour_of_quarter: dict[int, int] = {}
        self.events: list[DayEvent] = []
        self.opened: list[Opened] = []
        self.pack_hashes: dict[str, None] = {}
        self.reasons: dict[str, str] = {}
        self.handlers: dict[type, Callable[[Any], None]] = {
            Opened: self.opened.append,
            ListEnrolled: self.list_enrolled,
            CampaignChanged: self.campaign_changed,
            TrunkChanged: self.trunk_changed,
            Denied: self.denied,
            Claimed: self.claimed,
            Originated: self.originated,
            Answered: self.answered,
            Detected: self.detected,
            Connected: self.connected,
            TalkEnded: self.talk_ended,
            Disposed: self.disposed,
            AgentChanged: self.agent_changed,
            PacingNoted: self.pacing_noted,
        }

    def _bins_into_half_hour(self, first_at: datetime) -> int:
        local = first_at.astimezone(self.zone)
        return local.minute % 30 * 60 // BIN_S

    def campaign(self, campaign_id: str) -> CampaignTally:
        """The campaign's counters; one that the context does not name goes by its id."""
        tally = self.campaigns.get(campaign_id)
        if tally is None:
            tally = CampaignTally(CampaignContext(campaign_id=campaign_id), self.start_bin)
            self.campaigns[campaign_id] = tally
        return tally

    def hour(self, at_s: float) -> int:
        """The local hour of an instant."""
        quarter = int(at_s // _QUARTER_S)
        hour = self.hour_of_quarter.get(quarter)
        if hour is None:
            hour = datetime.fromtimestamp(quarter * _QUARTER_S, self.zone).hour
            self.hour_of_quarter[quarter] = hour
        return hour

    def list_enrolled(self, record: ListEnrolled) -> None:
        self.campaign(record.campaign_id).account_count = record.account_count

    def campaign_changed(self, record: CampaignChanged) -> None:
        self.events.append(DayEvent(record.at, "campaign", record.campaign_id, record.state.value, record.reason))

    def trunk_changed(self, record: TrunkChanged) -> None:
        state = "up" if record.is_up else "lost"
        self.events.append(DayEvent(record.at, "trunk", record.trunk, state, record.reason))

    def denied(self, record: Denied) -> None:
        self.pack_hashes[record.pack_hash] = None
        self.reasons[record.rule_id] = record.reason
        self.campaign(record.campaign_id).deny(record)

    def claimed(self, record: Claimed) -> None:
        self.pack_hashes[record.pack_hash] = None
        campaign = self.campaign(record.campaign_id)
        campaign.attempt_count += 1
        trunk = self.trunks.get(record.trunk)
        if trunk is None:
            trunk = self.trunks[record.trunk] = StepSeries(self.start_bin)
        self.attempts[record.attempt_id] = OpenAttempt(campaign, record.account_id, trunk, record.is_callback)

    def originated(self, record: Originated) -> None:
        attempt = self.attempts.get(record.attempt_id)
        if attempt is None:
            return
        at_s = record.at.timestamp()
        attempt.placed_s = at_s
        attempt.holds_line = True
        self.lines.move(at_s, 1)
        attempt.trunk.move(at_s, 1)
        self.placed_by_s.add(at_s)
        attempt.campaign.place(attempt, at_s, self.hour(at_s))

    def answered(self, record: Answered) -> None:
        attempt = self.attempts.get(record.attempt_id)
        if attempt is not None:
            attempt.answered_s = record.at.timestamp()
            attempt.campaign.ring_s += record.ring_s

    def detected(self, record: Detected) -> None:
        attempt = self.attempts.get(record.attempt_id)
        if attempt is not None:
            attempt.taken_for = record.answered_by

    def connected(self, record: Connected) -> None:
        attempt = self.attempts.get(record.attempt_id)
        if attempt is not None:
            attempt.is_connected = True
            attempt.campaign.wait_s += record.wait_s

    def talk_ended(self, record: TalkEnded) -> None:
        attempt = self.attempts.get(record.attempt_id)
        if attempt is not None:
            attempt.campaign.talk_s += record.talk_s
            self.free_line(attempt, record.at.timestamp())

    def disposed(self, record: Disposed) -> None:
        attempt = self.attempts.pop(record.attempt_id, None)
        if attempt is not None:
            if attempt.holds_line:
                self.free_line(attempt, record.at.timestamp())
            attempt.campaign.dispose(attempt, record)

    def free_line(self, attempt: OpenAttempt, at_s: float) -> None:
        """The call gives its line back, once."""
        if attempt.holds_line:
            attempt.holds_line = False
            self.lines.move(at_s, -1)
            attempt.trunk.move(at_s, -1)

    def agent_changed(self, record: AgentChanged) -> None:
        attempt = self.attempts.get(record.attempt_id) if record.attempt_id is not None else None
        self.agents.change(record, record.at.timestamp(), None if attempt is None else attempt.campaign)

    def pacing_noted(self, record: PacingNoted) -> None:
        self.campaign(record.campaign_id).note(record, record.at.timestamp())


class _CallsPerSecond:
    """Calls placed in the busiest second of each bin."""

    def __init__(self, start_bin: int) -> None:
        self.start_bin = start_bin
        self.second = -1
        self.count = 0
        self.peaks: list[int] = []

    def add(self, at_s: float) -> None:
        second = int(at_s)
        if second == self.second:
            self.count += 1
            return
        self.flush()
        self.second, self.count = second, 1

    def flush(self) -> None:
        if self.count:
            index = max(0, self.second // BIN_S - self.start_bin)
            self.peaks.extend([0] * (index + 1 - len(self.peaks)))
            self.peaks[index] = max(self.peaks[index], self.count)


def summarize(records: Iterable[Record], context: ReportContext) -> DayFigures:
    """The figures of these records, in one pass; raises `ValueError` where there are none.

    Records are taken in the order they were written. A call whose beginning
    stands in an earlier journal is left out; one that is not over at the end is
    counted as open, and in no outcome.
    """
    iterator = iter(records)
    first = next(iterator, None)
    if first is None:
        msg = "the journal has no records to report on"
        raise ValueError(msg)
    day = _Day(context, first.at)
    handlers = day.handlers
    record_count = 0
    last = first
    for last in chain((first,), iterator):
        handler = handlers.get(type(last))
        if handler is not None:
            handler(last)
        record_count += 1
    return _figures(day, context, first.at, last.at, record_count)


def _figures(day: _Day, context: ReportContext, first_at: datetime, last_at: datetime, record_count: int) -> DayFigures:
    last_s = last_at.timestamp()
    day.agents.close_at(last_s)
    bin_count = _bin_count(day, last_s)
    still_open = Counter(one.campaign.context.campaign_id for one in day.attempts.values())
    campaigns = tuple(
        tally.figures(still_open[campaign_id], last_s, bin_count) for campaign_id, tally in day.campaigns.items()
    )
    total = _total(campaigns, day, bin_count)
    return DayFigures(
        start=datetime.fromtimestamp(day.start_bin * BIN_S, UTC),
        bin_count=bin_count,
        first_at=first_at,
        last_at=last_at,
        record_count=record_count,
        campaigns=campaigns,
        total=total,
        sites=day.agents.mean_agents(bin_count),
        lines=_lines(day, context, last_s, bin_count),
        events=tuple(day.events),
        consistency=(day.agents.consistency(), *_answers_add_up(campaigns, total.counts)),
        engine_versions=tuple(dict.fromkeys(one.engine_version for one in day.opened)),
        config_hashes=tuple(dict.fromkeys(one.config_hash for one in day.opened)),
        pack_hashes=tuple(day.pack_hashes),
        reasons=day.reasons,
    )


def _bin_count(day: _Day, last_s: float) -> int:
    # A wall clock that was set back may leave the last record earlier than others.
    lists: list[Sequence[float]] = [day.lines.mass.values, day.lines.peaks, day.placed_by_s.peaks]
    lists += [bins.values for states in day.agents.sites.values() for bins in states.values()]
    for tally in day.campaigns.values():
        lists += [tally.placed.values, tally.answered.values, tally.noted.values]
    return max(int(last_s // BIN_S) - day.start_bin + 1, *(len(one) for one in lists))


def _total(campaigns: tuple[CampaignFigures, ...], day: _Day, bin_count: int) -> CampaignFigures:
    counts = total_of(one.counts for one in campaigns)
    # An agent may work for several campaigns, or for none that is named.
    counts.agent_count = len(day.agents.agents)
    counts.agent_s = dict(day.agents.total_s)

    def added(name: str) -> list[int]:
        columns = [getattr(one, name) for one in campaigns]
        return [sum(column) for column in zip(*columns, strict=True)] if columns else [0] * bin_count

    return CampaignFigures(counts, added("placed"), added("answered"), added("abandoned"))


def _lines(day: _Day, context: ReportContext, last_s: float, bin_count: int) -> LineFigures:
    lines = day.lines
    lines.hold(last_s)
    day.placed_by_s.flush()
    line_count = sum(context.line_counts.values())
    mean = [seconds / BIN_S for seconds in lines.mass.values]
    calls_per_s = day.placed_by_s.peaks
    return LineFigures(
        line_count=line_count,
        mean=mean + [0.0] * (bin_count - len(mean)),
        peaks=lines.peaks + [lines.value] * (bin_count - len(lines.peaks)),
        peak=lines.peak,
        peak_by_trunk={trunk: series.peak for trunk, series in day.trunks.items()},
        seconds_from={mark: lines.seconds_from(line_count * mark / 100) for mark in _MARKS if line_count},
        calls_per_s=calls_per_s + [0] * (bin_count - len(calls_per_s)),
        calls_per_s_peak=max(calls_per_s, default=0),
    )


def _answers_add_up(campaigns: tuple[CampaignFigures, ...], total: Counts) -> tuple[Consistency, ...]:
    """I5 for the day, and that every attempt has one outcome; offenders are campaigns."""
    outcomes = [(sum(one.counts.outcomes.values()) + one.counts.open_count, one.counts) for one in campaigns]
    return (
        Consistency(
            "answered_by_person",
            left=total.person_count,
            right=_parts(total),
            holds=all(one.counts.person_count == _parts(one.counts) for one in campaigns),
            offenders=sum(one.counts.person_count != _parts(one.counts) for one in campaigns),
        ),
        Consistency(
            "one_outcome_each",
            left=total.attempt_count,
            right=sum(n for n, _ in outcomes),
            holds=all(n == counts.attempt_count for n, counts in outcomes),
            offenders=sum(n != counts.attempt_count for n, counts in outcomes),
        ),
    )


def _parts(counts: Counts) -> int:
    return counts.connected_count + counts.outcome(
        Disposition.ABANDONED, Disposition.HUNG_UP_EARLY, Disposition.FALSE_MACHINE
    )

"""The figures as plain JSON values with stable keys; every key says its unit. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from dialer.disposition import Disposition
from dialer.records import AgentState
from dialer.report.context import ReportContext
from dialer.report.counts import Cell, Counts, Ratio
from dialer.report.figures import CampaignFigures, DayFigures, ModeChange, PacingTrace
from dialer.report.floor_limit import floor_limit

__all__ = ["as_json"]

FORMAT_VERSION = 1


def as_json(figures: DayFigures, context: ReportContext) -> dict[str, Any]:
    """The whole report as values that `json.dumps` takes.

    Keys are a promise: they are added to, never renamed. Shares are from 0 to
    1 and null where nothing was counted; money is in minor units.
    """
    return {
        "format_version": FORMAT_VERSION,
        "title_ko": context.title_ko,
        "title_en": context.title_en,
        "time_zone": context.time_zone,
        "first_at": figures.first_at.isoformat(),
        "last_at": figures.last_at.isoformat(),
        "record_count": figures.record_count,
        "engine_versions": list(figures.engine_versions),
        "config_hashes": list(figures.config_hashes),
        "pack_hashes": list(figures.pack_hashes),
        "total": _counts(figures.total.counts),
        "campaigns": {_id(one): _campaign(one) for one in figures.campaigns},
        "consistency": [
            {"name": one.name, "left": one.left, "right": one.right, "holds": one.holds} for one in figures.consistency
        ],
        "lines": _lines(figures),
        "series": _series(figures),
        "events": [
            {"at": one.at.isoformat(), "kind": one.kind, "subject": one.subject, "state": one.state, "why": one.reason}
            for one in figures.events
        ],
    }


def _id(campaign: CampaignFigures) -> str:
    return campaign.context.campaign_id if campaign.context is not None else ""


def _campaign(campaign: CampaignFigures) -> dict[str, Any]:
    context = campaign.context
    assert context is not None
    return {
        "name_ko": context.name_ko,
        "name_en": context.name_en,
        "purpose": context.purpose,
        "abandonment_limit": context.abandonment_limit,
        "is_within_limit": not campaign.counts.abandonment.exceeds(context.abandonment_limit),
        **_counts(campaign.counts),
        "placed_count_by_bin": list(campaign.placed),
        "answered_by_person_count_by_bin": list(campaign.answered),
        "abandoned_count_by_bin": list(campaign.abandoned),
        "pacing": _pacing(campaign.pacing) if campaign.pacing is not None else None,
        "floor_limit": _floor_limit(campaign),
    }


def _counts(counts: Counts) -> dict[str, Any]:
    return {
        "account_count": counts.account_count,
        "dialed_account_count": counts.dialed_account_count,
        "penetration": counts.penetration.value,
        "attempt_count": counts.attempt_count,
        "placed_count": counts.placed_count,
        "retry_count": counts.retry_count,
        "open_count": counts.open_count,
        "placed_per_hour": counts.attempts_per_hour,
        "answered_by_person_count": counts.answered_by_person,
        "answered_by_machine_count": counts.answered_by_machine,
        "contact_rate": counts.contact_rate.value,
        "connected_count": counts.connected_count,
        "calls_per_connected": counts.calls_per_connected,
        "right_party_count": counts.right_party,
        "right_party_per_agent_hour": counts.right_party_per_agent_hour,
        "promised_count": counts.outcome(Disposition.PROMISED),
        "promised_minor_by_currency": dict(counts.promised_minor),
        "sold_count": counts.outcome(Disposition.SOLD),
        "sold_minor_by_currency": dict(counts.sold_minor),
        "abandoned_count": counts.outcome(Disposition.ABANDONED),
        "false_machine_count": counts.outcome(Disposition.FALSE_MACHINE),
        "hung_up_early_count": counts.outcome(Disposition.HUNG_UP_EARLY),
        "abandonment": _ratio(counts.abandonment),
        "callback_asked_count": counts.callback_asked_count,
        "callback_due_count": counts.callback_due_count,
        "callback_kept_count": counts.callback_kept_count,
        **_work(counts),
        "outcome_counts": {one.value: n for one, n in counts.outcomes.items()},
        "denial_count_by_rule": dict(counts.denials),
        "denied_account_count_by_rule": dict(counts.denied_accounts),
        "denial_count_by_stage": dict(counts.denials_by_stage),
        "held_account_count_by_rule": dict(counts.held_accounts),
        "calls_by_hour": _cells(counts.hours),
        "calls_by_try": _cells(counts.tries),
    }


def _work(counts: Counts) -> dict[str, Any]:
    return {
        "agent_count": counts.agent_count,
        "logged_in_s": counts.logged_in_s,
        "agent_s_by_state": {one.value: seconds for one, seconds in counts.agent_s.items()},
        "occupancy": counts.occupancy.value,
        "utilisation": counts.utilisation.value,
        "mean_talk_s": counts.mean_talk_s,
        "mean_wrap_up_s": counts.mean_wrap_up_s,
        "mean_wait_s": counts.mean_wait_s,
        "idle_s_per_call": counts.idle_s_per_call,
    }


def _ratio(ratio: Ratio) -> dict[str, Any]:
    return {
        "numerator_count": ratio.numerator,
        "denominator_count": ratio.denominator,
        "rate": ratio.value,
        "numerator": "abandoned + false_machine",
        "denominator": "answered_by_person",
        "window": "this journal, from its first record to its last",
    }


def _cells(cells: Mapping[int, Cell]) -> dict[str, dict[str, int]]:
    return {
        str(key): {
            "placed_count": cell.placed,
            "answered_by_person_count": cell.answered,
            "right_party_count": cell.right_party,
        }
        for key, cell in sorted(cells.items())
    }


def _floor_limit(campaign: CampaignFigures) -> dict[str, float] | None:
    floor = floor_limit(campaign)
    if floor is None:
        return None
    return {
        "agent_count": floor.agents,
        "answer_rate": floor.answer_rate,
        "abandonment_target": floor.target,
        "utilisation": floor.utilisation,
        "highest_utilisation": floor.possible.limit,
        "one_call_per_agent_utilisation": floor.possible.one_call_per_agent,
    }


def _reasons(changes: Sequence[ModeChange]) -> list[dict[str, str]]:
    return [
        {"at": one.at.isoformat(), "mode": one.mode, "reason": one.reason, "reason_ko": one.reason_ko}
        for one in changes
    ]


def _pacing(trace: PacingTrace) -> dict[str, Any]:
    bins = range(len(trace.noted))
    return {
        "calls_per_idle_agent_by_bin": [trace.calls_per_idle_agent(index) for index in bins],
        "idle_agent_count_by_bin": [trace.idle(index) for index in bins],
        "mode_changes": _reasons(trace.changes),
        "reasons": _reasons(trace.samples),
    }


def _lines(figures: DayFigures) -> dict[str, Any]:
    lines = figures.lines
    return {
        "line_count": lines.line_count,
        "peak_count": lines.peak,
        "peak_count_by_trunk": dict(lines.peak_by_trunk),
        "s_from_percent": {str(mark): seconds for mark, seconds in lines.seconds_from.items()},
        "calls_per_s_peak": lines.calls_per_s_peak,
    }


def _series(figures: DayFigures) -> dict[str, Any]:
    return {
        "start_at": figures.start.isoformat(),
        "bin_s": figures.bin_s,
        "bin_count": figures.bin_count,
        "lines_mean_count": list(figures.lines.mean),
        "lines_peak_count": list(figures.lines.peaks),
        "calls_per_s_peak": list(figures.lines.calls_per_s),
        "mean_agent_count_by_site": {
            site: {state.value: list(states[state]) for state in AgentState if state in states}
            for site, states in figures.sites.items()
        },
    }

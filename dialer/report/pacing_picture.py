"""The pacing trace of one campaign: how boldly it dialed, and what came of it. Pure."""

from itertools import groupby

from dialer.report import formats
from dialer.report.figures import CampaignFigures, PacingTrace
from dialer.report.floor_limit import floor_limit
from dialer.report.messages import Messages
from dialer.report.picture import Picture, TimeAxis, View, name_of
from dialer.report.svg import Svg, text_width

__all__ = ["pacing_picture"]

_KNOWN_MODES = ("preview", "progressive", "predictive")
_CHANGES_SHOWN = 12


def mode_name(mode: str, say: Messages) -> str:
    """The mode's word, or the mode as it stands where the report has none."""
    return say(f"mode.{mode}") if mode in _KNOWN_MODES else mode


def pacing_picture(view: View, campaign: CampaignFigures, number: int) -> Picture | None:
    """The trace, or None for a campaign whose pacer noted nothing."""
    trace, say, axis = campaign.pacing, view.say, TimeAxis.of(view)
    if trace is None:
        return None
    changes = len(trace.changes) - 1
    name = name_of(campaign, say)
    heading = say("chart.pacing.heading", name=name, changes=changes)
    if not changes:
        heading = say("chart.pacing.heading_steady", name=name, mode=mode_name(trace.changes[0].mode, say))
    return Picture(
        key=f"pacing-{number}",
        heading=heading,
        read=say("chart.pacing.read"),
        draw=lambda view: _draw(view, campaign, trace, number),
        head=[
            say("axis.time"), say("chart.pacing.mode"), say("chart.pacing.ratio"), say("chart.pacing.idle"),
            say("chart.pacing.rate"),
        ],
        rows=[
            [
                axis.clock(index), mode_name(trace.mode_by_bin.get(index, formats.NOTHING), say),
                formats.number(trace.calls_per_idle_agent(index), 2), formats.number(trace.idle(index)),
                formats.percent(campaign.abandonment_of_half_hour(index), 2),
            ]
            for index in axis.bins
        ],
        notes=_notes(view, campaign, trace),
        notes_title=say("chart.pacing.changes"),
    )  # fmt: skip


def limit_note(campaign: CampaignFigures, say: Messages) -> str | None:
    """How busy the floor was and how busy it could have been; None where that cannot be said."""
    floor = floor_limit(campaign)
    if floor is None:
        return None
    plain = formats.percent_plain
    return say(
        "chart.pacing.limit", busy=plain(round(floor.utilisation, 3)), limit=plain(round(floor.possible.limit, 3)),
        agents=floor.agents, answer=plain(round(floor.answer_rate, 2)), target=plain(floor.target),
        single=plain(round(floor.possible.one_call_per_agent, 3)),
    )  # fmt: skip


def _notes(view: View, campaign: CampaignFigures, trace: PacingTrace) -> list[str]:
    """The limit, then every change of mode and a reason of each half hour, in order of time."""
    say, zone = view.say, view.context.zone
    limit = limit_note(campaign, say)
    notes = [limit] if limit is not None else []
    shown = {one.at: one for one in (*trace.samples, *trace.changes[:_CHANGES_SHOWN])}
    notes += [
        f"{formats.clock(one.at, zone)} {mode_name(one.mode, say)}: {one.why(say.language)}"
        for _, one in sorted(shown.items())
    ]
    if len(trace.changes) > _CHANGES_SHOWN:
        notes.append(say("chart.pacing.more_changes", n=len(trace.changes) - _CHANGES_SHOWN))
    return notes


def _draw(view: View, campaign: CampaignFigures, trace: PacingTrace, number: int) -> Svg:
    say, axis = view.say, TimeAxis.of(view)
    svg = view.svg(f"pacing-{number}", 340, say("chart.pacing.ratio"), say("chart.pacing.read"))
    axis.begin(svg)
    _draw_modes(svg, view, axis, trace)
    bins = range(view.figures.bin_count)
    panels: list[tuple[str, list[float | None], str]] = [
        ("ratio", [trace.calls_per_idle_agent(index) for index in bins], "ratio"),
        ("idle", [trace.idle(index) for index in bins], "idle"),
        ("rate", [campaign.abandonment_of_half_hour(index).value for index in bins], "halfhour"),
    ]
    top = 64.0
    for key, values, cls in panels:
        base = top + 60
        known = sorted(value for value in values if value is not None)
        # One wild bin with hardly an idle agent must not flatten the rest of the day.
        highest = known[int(len(known) * 0.97)] * 1.1 if known else 1.0
        form = formats.percent_plain if key == "rate" else (lambda value: f"{value:g}")
        y = axis.panel(svg, top, base, highest or 1.0, say(f"chart.pacing.{key}"), form)
        for piece in axis.steps(y, [None if value is None else min(value, y.highest) for value in values]):
            svg.polyline(piece, f"stroke {cls}")
        _draw_limit(svg, view, campaign, key, y.highest, y)
        top = base + 36
    axis.draw(svg, top - 36)
    return svg


def _draw_limit(svg: Svg, view: View, campaign: CampaignFigures, key: str, highest: float, y: object) -> None:
    limit = campaign.context.abandonment_limit if campaign.context is not None else None
    if key != "rate" or limit is None or limit > highest:
        return
    assert callable(y)
    svg.line(view.left, y(limit), view.right, y(limit), "stroke limit")
    text = view.say("chart.bullets.limit", limit=formats.percent_plain(limit))
    if view.is_narrow:
        svg.text(view.right, y(limit) - 4, text, "small ink-limit halo", "end")
    else:
        svg.text(view.right + 10, y(limit) + 4, text, "label ink-limit")


def _draw_modes(svg: Svg, view: View, axis: TimeAxis, trace: PacingTrace) -> None:
    filled: list[tuple[int, str]] = []
    mode = ""
    for index in axis.bins:
        mode = trace.mode_by_bin.get(index, mode)
        filled.append((index, mode))
    for mode, group in groupby(filled, key=lambda one: one[1]):
        indexes = [index for index, _ in group]
        if not mode:
            continue
        left, right = axis.x(indexes[0]), axis.x(indexes[-1] + 1)
        name = mode_name(mode, view.say)
        cls = mode if mode in _KNOWN_MODES else "progressive"
        svg.rect(left, 8, right - left - 1, 22, f"mode {cls}", f"{axis.clock(indexes[0])} {name}")
        if text_width(name) + 10 < right - left:
            svg.text((left + right) / 2, 23, name, f"on-{cls}", "middle")
    if not view.is_narrow:
        svg.text(view.right + 10, 23, view.say("chart.pacing.mode"), "label")

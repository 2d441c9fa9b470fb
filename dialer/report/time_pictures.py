"""Pictures along the day: agents, abandonment and capacity. Pure."""

from collections.abc import Sequence
from typing import Any

from dialer.records import AgentState
from dialer.report import formats
from dialer.report.counts import Ratio
from dialer.report.figures import CampaignFigures
from dialer.report.picture import Picture, TimeAxis, View, name_of, stacked_labels
from dialer.report.svg import Scale, Svg

__all__ = ["abandonment_picture", "agents_picture", "capacity_picture"]

STACK = (AgentState.TALKING, AgentState.WRAP_UP, AgentState.RESERVED, AgentState.IDLE, AgentState.ON_BREAK)
_MARKS = (70, 90, 100)
_CUT_OFF = 4  # times the limit, beyond which a rate is only named


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


# Agents by state


def agents_picture(view: View) -> Picture:
    """One stacked strip of agents through the day, and one for each site where there are several."""
    say, figures, axis = view.say, view.figures, TimeAxis.of(view)
    counts = figures.total.counts
    stacks = {state: figures.agents(state) for state in STACK}
    rows = [[axis.clock(index), *(formats.number(stacks[state][index]) for state in STACK)] for index in axis.bins]
    talking = formats.percent(Ratio(counts.agents_s(AgentState.TALKING), counts.logged_in_s), 0)
    return Picture(
        key="agents",
        heading=say("chart.agents.heading", talking=talking),
        read=say("chart.agents.read"),
        draw=_draw_agents,
        head=[say("axis.time"), *(say(f"state.{state.value}") for state in STACK)],
        rows=rows,
        legend=[(state.value, say(f"state.{state.value}")) for state in STACK],
    )


def _draw_agents(view: View) -> Svg:
    figures, say, axis = view.figures, view.say, TimeAxis.of(view)
    panels = [(say("chart.agents.all"), {state: figures.agents(state) for state in STACK}, 190.0)]
    if len(figures.sites) > 1:
        panels += [
            (name, {state: list(states[state]) for state in STACK}, 80.0) for name, states in figures.sites.items()
        ]
    height = sum(tall + 40 for *_, tall in panels) + 24
    svg = view.svg("agents", height, say("chart.agents.all"), say("chart.agents.read"))
    axis.begin(svg)
    top = 24.0
    for label, stacks, tall in panels:
        _draw_stack(svg, view, axis, label, stacks, top, top + tall)
        top += tall + 40
    axis.draw(svg, top - 40)
    return svg


def _draw_stack(
    svg: Svg, view: View, axis: TimeAxis, label: str, stacks: dict[AgentState, list[float]], top: float, base: float
) -> None:
    sums = [sum(stacks[state][index] for state in STACK) for index in range(view.figures.bin_count)]
    y = axis.panel(svg, top, base, max(sums, default=0.0), label, _plain)
    below = [0.0] * len(sums)
    middles = []
    # Labels belong where the floor was last well staffed, not where it empties.
    mark = max((index for index in axis.bins if sums[index] >= 0.3 * max(sums)), default=axis.first)
    for state in STACK:
        above = [low + value for low, value in zip(below, stacks[state], strict=True)]
        svg.area(_outline(axis, y, above), _outline(axis, y, below), f"fill {state.value}")
        middles.append((y(below[mark]) + y(above[mark])) / 2)
        below = above
    if view.is_narrow or base - top < 100:
        return
    places = stacked_labels(middles[::-1], 17, base)[::-1]
    for state, middle, place in zip(STACK, middles, places, strict=True):
        svg.polyline([(axis.x(mark + 1), middle), (view.right + 4, place), (view.right + 9, place)], "leader")
        svg.rect(view.right + 12, place - 5, 10, 10, f"fill {state.value}")
        svg.text(view.right + 27, place + 4, view.say(f"state.{state.value}"), "label")


def _outline(axis: TimeAxis, y: Scale, values: Sequence[float]) -> list[tuple[float, float]]:
    points = []
    for index in axis.bins:
        points += [(axis.x(index), y(values[index])), (axis.x(index + 1), y(values[index]))]
    return points


# Answered, abandoned and the rate


def abandonment_picture(view: View) -> Picture:
    """Answers and abandoned calls through the day, and each campaign's rate against its limit."""
    say, axis, total = view.say, TimeAxis.of(view), view.figures.total
    half_hours = [(total.abandonment_of_half_hour(index), index) for index in axis.bins if index % 6 == 0]
    # A half hour with a handful of answers has no rate worth a headline.
    enough = max((ratio.denominator for ratio, _ in half_hours), default=0) / 10
    worst = max(
        ((ratio.value or 0.0, index) for ratio, index in half_hours if ratio.denominator >= enough), default=(0.0, 0)
    )
    heading = say("chart.abandonment.heading_none")
    if worst[0] > 0:
        heading = say("chart.abandonment.heading", time=axis.clock(worst[1]), rate=formats.percent(worst[0]))
    return Picture(
        key="abandonment",
        heading=heading,
        read=say("chart.abandonment.read"),
        draw=_draw_abandonment,
        head=[
            say("axis.time"), say("figure.answered.name"), say("figure.abandoned.name"),
            say("chart.abandonment.half_hour"), say("chart.abandonment.so_far"),
        ],
        rows=[_rates_row(axis, total, index) for index in axis.bins],
        legend=[("answered", say("figure.answered.name")), ("abandoned", say("chart.abandonment.abandoned"))],
    )  # fmt: skip


def _rates_row(axis: TimeAxis, total: CampaignFigures, index: int) -> list[str]:
    return [
        axis.clock(index),
        formats.count(total.answered[index]),
        formats.count(total.abandoned[index]),
        formats.percent(total.abandonment_of_half_hour(index), 2),
        formats.percent(total.abandonment_so_far(index), 2),
    ]


def _draw_abandonment(view: View) -> Svg:
    say, axis, figures = view.say, TimeAxis.of(view), view.figures
    campaigns = [one for one in figures.campaigns if one.counts.answered_by_person]
    tall, gap = (92.0, 46.0)
    svg = view.svg(
        "abandonment", 24 + 130 + gap + len(campaigns) * (tall + gap), say("figure.abandonment.name"),
        say("chart.abandonment.read"),
    )  # fmt: skip
    axis.begin(svg)
    base = 24.0 + 130
    y = axis.panel(svg, 24, base, max(figures.total.answered, default=0), say("chart.abandonment.answered"), _plain)
    for index in axis.bins:
        left, width = axis.x(index), axis.x(index + 1) - axis.x(index)
        answered, abandoned = figures.total.answered[index], figures.total.abandoned[index]
        svg.rect(left + 0.5, y(answered), width - 1, base - y(answered), "fill answered")
        if abandoned:
            svg.rect(left + 0.5, y(abandoned), width - 1, base - y(abandoned), "fill abandoned")
    if not view.is_narrow:
        svg.text(
            view.right + 10,
            y(figures.total.answered[max(axis.first, axis.last - 6)] / 2),
            say("chart.abandonment.by_person"),
            "label",
        )
        svg.text(view.right + 10, base - 2, say("chart.abandonment.abandoned"), "label ink-abandoned")
    for campaign in campaigns:
        top, base = base + gap, base + gap + tall
        _draw_rate(svg, view, axis, campaign, top, base)
    axis.draw(svg, base)
    return svg


def _draw_rate(svg: Svg, view: View, axis: TimeAxis, campaign: CampaignFigures, top: float, base: float) -> None:
    say = view.say
    limit = campaign.context.abandonment_limit if campaign.context is not None else None
    half_hours = [campaign.abandonment_of_half_hour(index).value for index in range(view.figures.bin_count)]
    # The first answers of a day swing the rate so far wildly; they do not set the scale.
    so_far = [campaign.abandonment_so_far(index) for index in range(view.figures.bin_count)]
    calm = [one.value if one.denominator >= 30 else None for one in so_far]
    known = [value for value in (*half_hours, *calm) if value is not None]
    # A half hour far above the limit is cut off at the top, with its value beside it.
    highest = max([(limit or 0.0) * 1.35, *known, 0.01])
    highest = min(highest, limit * _CUT_OFF) if limit else highest
    y = axis.panel(
        svg, top, base, highest, say("chart.abandonment.rate_of", name=name_of(campaign, say)), formats.percent_plain
    )
    for piece in axis.steps(y, _capped(half_hours, y)):
        svg.polyline(piece, "stroke halfhour")
    for piece in axis.steps(y, _capped(calm, y)):
        svg.polyline(piece, "stroke sofar")
    for index in axis.bins:
        value = half_hours[index]
        if index % 6 == 0 and value is not None and value > y.highest:
            svg.text(axis.x(index + 6) + 3, top + 11, f"↑{formats.percent(value, 0)}", "small halo")
    day = say("chart.abandonment.day", rate=formats.percent(campaign.counts.abandonment, 2))
    day_label = (y(min(y.highest, campaign.counts.abandonment.value or 0.0)), day, "label ink-sofar")
    if limit is not None:
        svg.line(view.left, y(limit), view.right, y(limit), "stroke limit")
        text = say("chart.bullets.limit", limit=formats.percent_plain(limit))
        if view.is_narrow:
            svg.text(view.right, y(limit) - 4, text, "small ink-limit halo", "end")
            return
        _draw_labels(svg, view.right + 10, [(y(limit), text, "label ink-limit"), day_label], base + 14)
    elif not view.is_narrow:
        _draw_labels(svg, view.right + 10, [day_label], base)


def _capped(values: Sequence[float | None], y: Scale) -> list[float | None]:
    return [None if value is None else min(value, y.highest) for value in values]


# Capacity


def capacity_picture(view: View) -> Picture:
    """Lines in use against the marks of 70, 90 and 100 percent, and the busiest seconds."""
    say, axis, lines = view.say, TimeAxis.of(view), view.figures.lines
    values: dict[str, Any] = {"peak": lines.peak, "lines": lines.line_count}
    heading = say("chart.capacity.heading_unknown", peak=lines.peak)
    if lines.line_count:
        heading = say("chart.capacity.heading", rate=formats.percent(lines.peak / lines.line_count, 0), **values)
    return Picture(
        key="capacity",
        heading=heading,
        read=say("chart.capacity.read"),
        draw=_draw_capacity,
        head=[
            say("axis.time"), say("chart.capacity.mean"), say("chart.capacity.peak"), say("chart.capacity.rate"),
        ],
        rows=[
            [
                axis.clock(index), formats.number(lines.mean[index]), formats.count(lines.peaks[index]),
                formats.count(lines.calls_per_s[index]),
            ]
            for index in axis.bins
        ],
        legend=[("mean", say("chart.capacity.mean")), ("peak", say("chart.capacity.peak"))],
        notes=[
            say("chart.capacity.above", percent=mark, time=formats.duration(lines.seconds_from[mark], say.language))
            for mark in _MARKS
            if mark in lines.seconds_from
        ],
    )  # fmt: skip


def _draw_labels(svg: Svg, x: float, labels: list[tuple[float, str, str]], base: float) -> None:
    labels = sorted(labels)
    for place, (_, words, cls) in zip(stacked_labels([one[0] for one in labels], 16, base), labels, strict=True):
        svg.text(x, place + 4, words, cls)


def _draw_capacity(view: View) -> Svg:
    say, axis, lines = view.say, TimeAxis.of(view), view.figures.lines
    svg = view.svg("capacity", 24 + 190 + 46 + 60 + 24, say("chart.capacity.lines"), say("chart.capacity.read"))
    axis.begin(svg)
    top, base = 24.0, 214.0
    y = axis.panel(svg, top, base, max(lines.peak, lines.line_count), say("chart.capacity.lines"), _plain)
    ground = [0.0] * view.figures.bin_count
    svg.area(_outline(axis, y, lines.peaks), _outline(axis, y, ground), "fill peak")
    svg.area(_outline(axis, y, lines.mean), _outline(axis, y, ground), "fill mean")
    svg.polyline(_outline(axis, y, lines.peaks), "stroke peak")
    labels = []
    for mark in _MARKS if lines.line_count else ():
        place = y(lines.line_count * mark / 100)
        svg.line(view.left, place, view.right, place, "stroke limit" if mark == 100 else "stroke mark")
        text = say("chart.capacity.mark", percent=mark, lines=formats.count(lines.line_count * mark / 100))
        labels.append((place, text, "label"))
        if view.is_narrow:
            svg.text(view.right, place - 4, text, "small halo", "end")
    if not view.is_narrow:
        last = max(axis.first, axis.last - 6)
        labels.append(((y(lines.peaks[last]) + y(lines.mean[last])) / 2, say("chart.capacity.peak"), "label"))
        labels.append((y(lines.mean[last] / 2), say("chart.capacity.mean"), "label ink-mean"))
        _draw_labels(svg, view.right + 10, labels, base)
    top, base = 260.0, 320.0
    y = axis.panel(svg, top, base, lines.calls_per_s_peak, say("chart.capacity.rate"), _plain)
    for index in axis.bins:
        calls = lines.calls_per_s[index]
        svg.rect(axis.x(index) + 0.5, y(calls), axis.x(index + 1) - axis.x(index) - 1, base - y(calls), "fill rate")
    axis.draw(svg, base)
    return svg

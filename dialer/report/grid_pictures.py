"""Pictures of campaigns side by side: bullets against limits, and the heat map of contact. Pure."""

from collections.abc import Mapping, Sequence

from dialer.report import formats
from dialer.report.counts import Cell, Ratio
from dialer.report.figures import CampaignFigures
from dialer.report.messages import Messages
from dialer.report.picture import Picture, View, name_of
from dialer.report.svg import Scale, Svg

__all__ = ["bullets_picture", "heat_picture"]

_SHADES = 5
_LAST_TRY = 5
_BLOCK = 30.0
# Below this many calls a rate may be chance; such cells do not set the scale of shades.
_THIN = 30


def _limit(campaign: CampaignFigures) -> float | None:
    return campaign.context.abandonment_limit if campaign.context is not None else None


# Bullets


def bullets_picture(view: View) -> Picture:
    """Abandonment against each campaign's limit, occupancy against the target."""
    say, campaigns = view.say, view.figures.campaigns
    over = [name_of(one, say) for one in campaigns if one.counts.abandonment.exceeds(_limit(one))]
    heading = say("chart.bullets.heading_over", names=", ".join(over)) if over else say("chart.bullets.heading_within")
    return Picture(
        key="bullets",
        heading=heading,
        read=say("chart.bullets.read"),
        draw=_draw_bullets,
        head=[say("table.campaign"), say("chart.bullets.abandonment"), say("chart.bullets.occupancy")],
        rows=[
            [
                name_of(one, say),
                f"{formats.percent(one.counts.abandonment, 2)} · {_limit_words(one, say)}",
                formats.percent(one.counts.occupancy),
            ]
            for one in campaigns
        ],
    )


def _limit_words(campaign: CampaignFigures, say: Messages) -> str:
    limit = _limit(campaign)
    if limit is None:
        return say("chart.bullets.no_limit")
    verdict = say("chart.bullets.over" if campaign.counts.abandonment.exceeds(limit) else "chart.bullets.ok")
    return f"{say('chart.bullets.limit', limit=formats.percent_plain(limit))} · {verdict}"


def _draw_bullets(view: View) -> Svg:
    say, campaigns = view.say, view.figures.campaigns
    row = 118.0 if view.is_narrow else 52.0
    svg = view.svg("bullets", 30 + row * len(campaigns), say("chart.bullets.abandonment"), say("chart.bullets.read"))
    values = [one.counts.abandonment.value or 0.0 for one in campaigns]
    rate_end = max([*values, *(_limit(one) or 0.0 for one in campaigns), 0.005]) * 1.2
    name_width = 190.0
    half = (view.width - name_width - 40) / 2
    left, middle = (0.0, 0.0) if view.is_narrow else (name_width, name_width + half + 40)
    width = view.width if view.is_narrow else half
    if not view.is_narrow:
        svg.text(left, 14, say("chart.bullets.abandonment"), "panel")
        svg.text(middle, 14, say("chart.bullets.occupancy"), "panel")
    target = view.context.occupancy_target
    target_words = say("chart.bullets.target", target=formats.percent_plain(target)) if target is not None else ""
    for index, campaign in enumerate(campaigns):
        top = 30 + index * row
        if view.is_narrow:
            svg.text(0, top + 2, name_of(campaign, say), "label strong")
        else:
            svg.text(name_width - 14, top + 30, name_of(campaign, say), "label", "end")
        counts, limit = campaign.counts, _limit(campaign)
        rate = (counts.abandonment.value, formats.percent(counts.abandonment, 2), _limit_words(campaign, say))
        first = top + 14 if view.is_narrow else top
        _bullet(svg, Scale(0, rate_end, left, left + width), first, rate, limit, counts.abandonment.exceeds(limit))
        second = top + 58 if view.is_narrow else top
        words = f"{say('figure.occupancy.name')} · {target_words}" if view.is_narrow else target_words
        busy = (counts.occupancy.value, formats.percent(counts.occupancy), words)
        _bullet(svg, Scale(0, 1, middle, middle + width), second, busy, target, False)
    return svg


def _bullet(
    svg: Svg, x: Scale, top: float, value: tuple[float | None, str, str], mark: float | None, is_over: bool
) -> None:
    share, figure, words = value
    svg.text(x.start, top + 14, figure, "number")
    svg.text(x.end, top + 14, words, "small over-word" if is_over else "small", "end")
    svg.rect(x.start, top + 22, x.end - x.start, 12, "track")
    if share is not None:
        svg.rect(x.start, top + 24, x(min(share, x.highest)) - x.start, 8, "fill over" if is_over else "fill value")
    if mark is not None:
        svg.rect(x(mark) - 1.5, top + 18, 3, 20, "markbar")


# Heat map


def heat_picture(view: View) -> Picture:
    """Contact rate by campaign and local hour, and by number of call to the same account."""
    say, total = view.say, view.figures.total.counts
    heading = say("chart.heat.heading_none")
    thick = [
        (cell.contact_rate.value or 0.0, hour)
        for hour, cell in total.hours.items()
        if cell.placed >= total.placed_count / 50
    ]
    if thick:
        rate, hour = max(thick)
        heading = say("chart.heat.heading", hour=hour, rate=formats.percent(rate, 0))
    hours = sorted(total.hours)
    return Picture(
        key="heat",
        heading=heading,
        read=say("chart.heat.read"),
        draw=_draw_heat,
        head=[say("table.campaign"), *(say("chart.heat.hour", hour=hour) for hour in hours)],
        rows=[[name, *(_rate_of(cells.get(hour)) for hour in hours)] for name, cells in _rows(view, "hours")],
    )


def _rate_of(cell: Cell | None) -> str:
    if cell is None:
        return formats.NOTHING
    return f"{formats.percent(cell.contact_rate, 0)} ({cell.answered:,}/{cell.placed:,})"


def _rows(view: View, name: str) -> list[tuple[str, Mapping[int, Cell]]]:
    figures, say = view.figures, view.say
    shown = [*figures.campaigns, figures.total] if len(figures.campaigns) > 1 else [*figures.campaigns]
    return [(name_of(one, say), getattr(one.counts, name)) for one in shown]


def _tries(cells: Mapping[int, Cell]) -> dict[int, Cell]:
    grouped: dict[int, Cell] = {}
    for nth, cell in cells.items():
        grouped.setdefault(min(nth, _LAST_TRY), Cell()).add(cell)
    return grouped


def _draw_heat(view: View) -> Svg:
    say, total = view.say, view.figures.total.counts
    by_hour = _rows(view, "hours")
    by_try = [(name, _tries(cells)) for name, cells in _rows(view, "tries")]
    hours = range(min(total.hours, default=0), max(total.hours, default=0) + 1)
    tries = range(1, max(_tries(total.tries), default=1) + 1)
    row = 90.0 if view.is_narrow else 72.0
    tall = row * len(by_hour)
    svg = view.svg("heat", 2 * (tall + 52) + 8, say("chart.heat.by_hour"), say("chart.heat.read"))
    thick = [cell for _, cells in [*by_hour, *by_try] for cell in cells.values() if cell.placed >= _THIN]
    rates = sorted(cell.contact_rate.value or 0.0 for cell in thick)
    shades = Scale(rates[0], rates[-1], 0.0, _SHADES) if rates else Scale(0.0, 1.0, 0.0, _SHADES)
    _draw_key(svg, view, shades)
    names = [say("chart.heat.hour", hour=hour) if not view.is_narrow else str(hour) for hour in hours]
    _draw_grid(svg, view, 14, say("chart.heat.by_hour"), dict(zip(hours, names, strict=True)), by_hour, shades)
    names = [say("chart.heat.nth", n=n) if n < _LAST_TRY else say("chart.heat.nth_more", n=n) for n in tries]
    _draw_grid(svg, view, tall + 66, say("chart.heat.by_try"), dict(zip(tries, names, strict=True)), by_try, shades)
    return svg


def _draw_key(svg: Svg, view: View, shades: Scale) -> None:
    x = view.width - 5 * 22 - 38
    svg.text(x - 8, 14, formats.percent(shades.lowest, 0), "small", "end")
    for shade in range(_SHADES):
        svg.rect(x + shade * 22, 3, 21, 14, f"heat q{shade + 1}")
    svg.text(x + 5 * 22 + 6, 14, formats.percent(shades.highest, 0), "small")


def _draw_grid(
    svg: Svg,
    view: View,
    top: float,
    title: str,
    columns: Mapping[int, str],
    rows: Sequence[tuple[str, Mapping[int, Cell]]],
    shades: Scale,
) -> None:
    left = 0.0 if view.is_narrow else 190.0
    row = 90.0 if view.is_narrow else 72.0
    # A few columns need not be as wide as the page.
    step = min((view.width - left) / len(columns), 96.0)
    svg.text(0, top, title, "panel")
    for index, name in enumerate(columns.values()):
        svg.text(left + step * (index + 0.5), top + 20, name, "small", "middle")
    tallest = max((cell.placed for _, cells in rows[:-1] or rows for cell in cells.values()), default=1) or 1
    for number, (name, cells) in enumerate(rows):
        y = top + 28 + number * row
        if view.is_narrow:
            svg.text(0, y + 14, name, "label strong")
            y += 18
        else:
            svg.text(left - 14, y + 24, name, "label", "end")
        for index, key in enumerate(columns):
            cell = cells.get(key)
            if cell is not None and cell.placed:
                _draw_cell(svg, left + step * index, y, step, cell, min(1.0, cell.placed / tallest), shades)


def _draw_cell(svg: Svg, x: float, y: float, step: float, cell: Cell, share: float, shades: Scale) -> None:
    rate = cell.contact_rate
    shade = min(_SHADES, max(1, int(shades(rate.value or 0.0)) + 1))
    tall = max(2.0, _BLOCK * share**0.5)
    words = f"{formats.percent(rate)} = {cell.answered:,} / {cell.placed:,}"
    svg.rect(x + 1.5, y + _BLOCK - tall, step - 3, tall, f"heat q{shade}", words)
    middle = x + step / 2
    svg.text(middle, y + _BLOCK + 14, formats.percent(Ratio(cell.answered, cell.placed), 0), "label", "middle")
    svg.text(middle, y + _BLOCK + 27, formats.count(cell.placed), "tiny", "middle")

"""The report as one page that needs nothing else: both languages, light and dark, screen and paper. Pure.

The page holds the whole report twice, once in each language, and shows one. So
no text is put together in the browser, and a reader without scripts has a
complete report in the language it was made for.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from importlib.resources import files

from attrs import evolve

from dialer.report import formats
from dialer.report.context import ReportContext
from dialer.report.figures import DayFigures
from dialer.report.funnel import funnel_picture
from dialer.report.grid_pictures import bullets_picture, heat_picture
from dialer.report.messages import LANGUAGES, Messages, messages
from dialer.report.pacing_picture import pacing_picture
from dialer.report.picture import NARROW, Picture, View, name_of
from dialer.report.story import ROWS, Tile, dialed_between, story, tiles
from dialer.report.time_pictures import abandonment_picture, agents_picture, capacity_picture

__all__ = ["render_html"]

_LANGUAGE_NAMES = {"ko": "한국어", "en": "English"}
_KINDS = ("campaign", "trunk")
_CHANGES = ("running", "paused", "draining", "ended", "up", "lost")


@cache
def _asset(name: str) -> str:
    return files("dialer.report").joinpath(name).read_text("utf-8").strip()


def render_html(figures: DayFigures, context: ReportContext, language: str) -> str:
    """The page, opening in `language`; the other one is a click away."""
    say = messages(language)
    title = context.title(language) or say("page.kind")
    mains = "\n".join(_main(figures, context, one, is_shown=one == language) for one in LANGUAGES)
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_asset('report.css')}\n</style>\n</head>\n<body>\n"
        f"{_switch(language)}\n{mains}\n<script>\n{_asset('report.js')}\n</script>\n</body>\n</html>\n"
    )


def _switch(language: str) -> str:
    label = " / ".join(messages(one)("page.language") for one in LANGUAGES)
    buttons = "".join(
        f'<button type="button" lang="{one}" data-language="{one}" aria-pressed="{str(one == language).lower()}">'
        f"{_LANGUAGE_NAMES[one]}</button>"
        for one in LANGUAGES
    )
    return f'<nav class="languages" aria-label="{escape(label)}">{buttons}</nav>'


def _main(figures: DayFigures, context: ReportContext, language: str, *, is_shown: bool) -> str:
    say = messages(language)
    view = View(figures, context, say)
    parts = [
        _header(figures, context, say),
        _story(figures, context, say),
        _tiles(tiles(figures, say), say),
        *(_figure(view, picture) for picture in _pictures(view)),
        _refusals(figures, context, say),
        _campaigns(figures, say),
        _events(figures, context, say),
        _checks(figures, say),
        _footer(figures, context, say),
    ]
    hidden = "" if is_shown else " hidden"
    return f'<main lang="{language}"{hidden}>\n' + "\n".join(part for part in parts if part) + "\n</main>"


def _pictures(view: View) -> list[Picture]:
    traces = (pacing_picture(view, one, number) for number, one in enumerate(view.figures.campaigns, start=1))
    return [
        bullets_picture(view),
        funnel_picture(view),
        abandonment_picture(view),
        agents_picture(view),
        heat_picture(view),
        capacity_picture(view),
        *(one for one in traces if one is not None),
    ]


def _header(figures: DayFigures, context: ReportContext, say: Messages) -> str:
    zone = context.zone
    first_at, last_at = dialed_between(figures)
    subtitle = say(
        "page.subtitle",
        day=formats.day(first_at, zone, say.language),
        first=formats.clock(first_at, zone),
        last=formats.clock(last_at, zone),
        zone=context.time_zone,
    )
    title = context.title(say.language) or say("page.kind")
    return (
        f'<header><p class="kicker">{escape(say("page.kind"))}</p><h1>{escape(title)}</h1>'
        f'<p class="subtitle">{escape(subtitle)}</p></header>'
    )


def _story(figures: DayFigures, context: ReportContext, say: Messages) -> str:
    paragraphs = "".join(f"<p>{escape(one)}</p>" for one in story(figures, context, say) if one)
    return f'<div class="story">{paragraphs}</div>'


def _defined(key: str, say: Messages) -> str:
    """A figure's name that opens its definition."""
    return (
        f"<details><summary>{escape(say(f'figure.{key}.name'))}</summary>"
        f"<p>{escape(say(f'figure.{key}.define'))}</p></details>"
    )


def _tiles(shown: Sequence[Tile], say: Messages) -> str:
    items = []
    for tile in shown:
        alarm = ' class="alarm"' if tile.is_alarm else ""
        full = f' title="{escape(tile.full)}"' if tile.full else ""
        items.append(
            f"<li{alarm}>{_defined(tile.key, say)}"
            f'<p class="value">{escape(tile.value)}</p><p class="note"{full}>{escape(tile.note)}</p></li>'
        )
    return f'<ul class="tiles">{"".join(items)}</ul>'


def _figure(view: View, picture: Picture) -> str:
    say = view.say
    wide = picture.draw(view).render()
    narrow = picture.draw(evolve(view, width=NARROW)).render()
    ident = f"{say.language}-{picture.key}"
    legend = "".join(
        f'<li><svg width="12" height="12" aria-hidden="true"><rect class="fill {cls}" width="12" height="12"/></svg> '
        f"{escape(words)}</li>"
        for cls, words in picture.legend
    )
    key = f'<ul class="legend">{legend}</ul>' if legend else ""
    return (
        f'<section aria-labelledby="{ident}-h"><h2 id="{ident}-h">{escape(picture.heading)}</h2>'
        f'<details class="read"><summary>{escape(say("page.read"))}</summary><p>{escape(picture.read)}</p></details>'
        f'<figure><div class="wide">{wide}</div><div class="narrow">{key}{narrow}</div></figure>'
        f"{_notes(picture)}"
        f'<details class="data"><summary>{escape(say("page.show_table"))}</summary>'
        f"{_table(picture.head, picture.rows)}</details></section>"
    )


def _notes(picture: Picture) -> str:
    if not picture.notes:
        return ""
    items = "".join(f"<li>{escape(note)}</li>" for note in picture.notes)
    title = f"<h3>{escape(picture.notes_title)}</h3>" if picture.notes_title else ""
    return f'{title}<ul class="notes">{items}</ul>'


def _table(head: Iterable[str], rows: Iterable[Sequence[str]], *, foot: int = 0) -> str:
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines = [
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'
        for first, *cells in rows
    ]
    body = lines[: len(lines) - foot]
    feet = f"<tfoot>{''.join(lines[len(lines) - foot :])}</tfoot>" if foot else ""
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{columns}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody>{feet}</table></div>"
    )


def _refusals(figures: DayFigures, context: ReportContext, say: Messages) -> str:
    counts = figures.total.counts
    title = f"<h2>{escape(say('page.refusals'))}</h2>"
    if not counts.denials:
        return f"<section>{title}<p>{escape(say('page.no_refusals'))}</p></section>"
    ranked = sorted(counts.denied_accounts, key=lambda rule: (-counts.denied_accounts[rule], rule))
    most = max(counts.denied_accounts.values(), default=0) or 1
    lines = []
    for rule in ranked:
        held = counts.held_accounts.get(rule, 0)
        length = 120 * counts.denied_accounts[rule] / most
        name = context.rule_title(rule, say.language)
        ident = f"<code>{escape(rule)}</code>" if name != rule else ""
        lines.append(
            f'<tr><th scope="row">{escape(name)} {ident}</th>'
            f'<td class="words">{escape(figures.reasons.get(rule, ""))}</td>'
            f"<td>{counts.denials[rule]:,}</td><td>{counts.denied_accounts[rule]:,}</td>"
            f'<td>{held:,}</td><td class="bar"><svg width="120" height="12" aria-hidden="true">'
            f'<rect class="fill value" width="{length:.1f}" height="12"/></svg></td></tr>'
        )
    names = ("rule", "rule_reason", "rule_verdicts", "rule_accounts", "rule_held")
    head = "".join(f'<th scope="col">{escape(say(f"page.{name}"))}</th>' for name in names)
    return (
        f'<section>{title}<div class="scroll" tabindex="0"><table class="rules"><thead><tr>{head}<td></td></tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div></section>"
    )


def _campaigns(figures: DayFigures, say: Messages) -> str:
    shown = [*figures.campaigns, figures.total] if len(figures.campaigns) > 1 else [*figures.campaigns]
    names = "".join(f'<th scope="col">{escape(name_of(one, say))}</th>' for one in shown)
    lines = []
    for key, value in ROWS:
        cells = "".join(f"<td>{escape(value(one.counts))}</td>" for one in shown)
        lines.append(f'<tr><th scope="row">{_defined(key, say)}</th>{cells}</tr>')
    return (
        f"<section><h2>{escape(say('page.campaigns'))}</h2><p>{escape(say('page.campaigns_note'))}</p>"
        f'<div class="scroll" tabindex="0"><table class="campaigns"><thead><tr><th scope="col">'
        f"{escape(say('page.figure'))}</th>{names}</tr></thead><tbody>{''.join(lines)}</tbody></table></div></section>"
    )


def _events(figures: DayFigures, context: ReportContext, say: Messages) -> str:
    if not figures.events:
        return ""
    names = {one.context.campaign_id: name_of(one, say) for one in figures.campaigns if one.context is not None}
    rows = []
    for event in figures.events:
        kind = say(f"kind.{event.kind}") if event.kind in _KINDS else event.kind
        state = say(f"change.{event.state}") if event.state in _CHANGES else event.state
        subject = names.get(event.subject, event.subject)
        rows.append([formats.clock(event.at, context.zone), f"{kind} {subject}", state, event.reason])
    head = [say(f"page.{name}") for name in ("time", "what", "state", "reason")]
    return f'<section class="plain"><h2>{escape(say("page.events"))}</h2>{_table(head, rows)}</section>'


def _checks(figures: DayFigures, say: Messages) -> str:
    rows = [
        [
            say(f"check.{one.name}"),
            formats.count(one.left),
            formats.count(one.right),
            f"✓ {say('page.holds')}" if one.holds else f"✗ {say('page.breaks')}",
        ]
        for one in figures.consistency
    ]
    head = [say(f"page.{name}") for name in ("check", "left", "right", "state")]
    return (
        f'<section class="plain"><h2>{escape(say("page.checks"))}</h2><p>{escape(say("page.checks_note"))}</p>'
        f"{_table(head, rows)}</section>"
    )


def _footer(figures: DayFigures, context: ReportContext, say: Messages) -> str:
    text = say(
        "page.source",
        records=formats.count(figures.record_count),
        versions=", ".join(figures.engine_versions) or formats.NOTHING,
        configs=", ".join(one[:12] for one in figures.config_hashes) or formats.NOTHING,
        packs=", ".join(one[:12] for one in figures.pack_hashes) or formats.NOTHING,
        zone=context.time_zone,
    )
    return f"<footer><p>{escape(text)}</p></footer>"

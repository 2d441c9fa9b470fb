"""The summary printed at the end of a day, for a terminal of 100 columns."""

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dialer.report import formats
from dialer.report.context import ReportContext
from dialer.report.counts import Counts
from dialer.report.figures import CampaignFigures, DayFigures
from dialer.report.messages import Messages, messages
from dialer.report.pacing_picture import limit_note

__all__ = ["print_table"]

_COLUMNS = ("placed", "answered", "right_party", "success", "amount", "abandonment", "occupancy", "held")
_LEAST_MISSED = ("right_party", "amount", "held")
_WIDTH = 100
_NAME_WIDTH = 22
_TOP_RULES = 3


def print_table(figures: DayFigures, context: ReportContext, language: str, console: Console) -> None:
    """Print one line per campaign, the total, and what was refused and checked.

    Written to a file it is a hundred columns wide; on a narrower terminal the columns least missed are left out.
    """
    width, is_file = console.width, not console.is_terminal
    if is_file and width < _WIDTH:
        console.width = _WIDTH
    try:
        _print(figures, context, language, console)
    finally:
        if is_file and width < _WIDTH:
            console.width = width


def _print(figures: DayFigures, context: ReportContext, language: str, console: Console) -> None:
    say = messages(language)
    left_out = () if console.width >= _WIDTH else _LEAST_MISSED
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=len(figures.campaigns) > 1, padding=(0, 1, 0, 0))
    total = _cells(figures.total.counts, say, None)
    table.add_column(say("table.campaign"), say("table.total"), max_width=_NAME_WIDTH, no_wrap=True)
    for key, footer in _without(left_out, total):
        table.add_column(say(f"table.{key}"), footer, justify="right", vertical="bottom", no_wrap=True)
    for campaign in figures.campaigns:
        table.add_row(Text(_name(campaign, language)), *(cell for _, cell in _without(left_out, _row(campaign, say))))
    console.print(table)
    for line in _notes(figures, context, say):
        console.print(Text(line, style="dim"), soft_wrap=False)


def _without(left_out: tuple[str, ...], cells: list[Text]) -> list[tuple[str, Text]]:
    return [(key, cell) for key, cell in zip(_COLUMNS, cells, strict=True) if key not in left_out]


def _name(campaign: CampaignFigures, language: str) -> str:
    return campaign.context.name(language) if campaign.context is not None else ""


def _row(campaign: CampaignFigures, say: Messages) -> list[Text]:
    limit = campaign.context.abandonment_limit if campaign.context is not None else None
    return _cells(campaign.counts, say, limit)


def _cells(counts: Counts, say: Messages, limit: float | None) -> list[Text]:
    amount = dict(counts.promised_minor)
    for currency, minor in counts.sold_minor.items():
        amount[currency] = amount.get(currency, 0) + minor
    return [
        Text(formats.count(counts.placed_count)),
        _pair(formats.count(counts.answered_by_person), formats.percent(counts.contact_rate, 0)),
        Text(formats.count(counts.right_party)),
        Text(formats.count(counts.success)),
        Text(formats.amounts(amount, say.language) or formats.NOTHING),
        _abandonment(counts, say, limit),
        Text(formats.percent(counts.occupancy)),
        Text(formats.count(counts.held_account_count)),
    ]


def _pair(first: str, second: str) -> Text:
    return Text.assemble(first, " ", (second, "dim"))


def _abandonment(counts: Counts, say: Messages, limit: float | None) -> Text:
    rate = formats.percent(counts.abandonment, 2)
    if limit is None:
        return Text(rate)
    if counts.abandonment.exceeds(limit):
        return Text.assemble((f"{rate} {say('table.over')}", "bold red"))
    return _pair(rate, say("table.limit", limit=formats.percent_plain(limit)))


def _notes(figures: DayFigures, context: ReportContext, say: Messages) -> list[str]:
    counts = figures.total.counts
    notes = []
    ranked = sorted(counts.denied_accounts.items(), key=lambda item: (-item[1], item[0]))
    if ranked:
        rules = " · ".join(
            say("table.refused_rule", rule=context.rule_title(rule, say.language), accounts=formats.count(n))
            for rule, n in ranked[:_TOP_RULES]
        )
        notes.append(say("table.refused", rules=rules))
    lines = figures.lines
    if lines.line_count:
        time = formats.duration(lines.seconds_from[90], say.language)
        notes.append(
            say("table.lines", peak=lines.peak, lines=lines.line_count, time=time, rate=lines.calls_per_s_peak)
        )
    limits = [(one, limit_note(one, say)) for one in figures.campaigns if one.pacing is not None]
    notes += [f"{_name(one, say.language)}: {limit}" for one, limit in limits if limit is not None]
    notes.append(say("table.definition"))
    wrong = [one.name for one in figures.consistency if not one.holds]
    if wrong:
        notes.append(say("table.inconsistent", names=", ".join(wrong)))
    else:
        notes.append(say("table.consistent", n=len(figures.consistency)))
    return notes

"""The day in words, the headline figures, and each figure of the campaigns' table. Pure."""

from collections.abc import Callable
from datetime import UTC, datetime

from attrs import frozen

from dialer.disposition import Disposition
from dialer.report import formats
from dialer.report.context import ReportContext
from dialer.report.counts import Counts, Ratio
from dialer.report.figures import CampaignFigures, DayFigures
from dialer.report.messages import Messages

__all__ = ["ROWS", "Tile", "dialed_between", "over_limit", "story", "tiles"]

_NAMED_RULES = 3


@frozen
class Tile:
    """One headline figure: its key in the messages, its value, and what stands below."""

    key: str
    value: str
    note: str
    full: str = ""
    is_alarm: bool = False


def over_limit(figures: DayFigures) -> list[CampaignFigures]:
    """Campaigns whose abandonment rate exceeds their limit."""
    return [
        one
        for one in figures.campaigns
        if one.context is not None and one.counts.abandonment.exceeds(one.context.abandonment_limit)
    ]


def _earned(counts: Counts) -> dict[str, int]:
    amounts = dict(counts.promised_minor)
    for currency, minor in counts.sold_minor.items():
        amounts[currency] = amounts.get(currency, 0) + minor
    return amounts


def _in_full(amounts: dict[str, int]) -> str:
    return " + ".join(formats.money(minor, currency) for currency, minor in amounts.items())


def tiles(figures: DayFigures, say: Messages) -> list[Tile]:
    """The headline: eight figures, each with what it is held against."""
    counts, over = figures.total.counts, over_limit(figures)
    count, percent = formats.count, formats.percent
    verdict = say("tile.over", n=len(over)) if over else say("tile.within")
    has_limit = any(one.context is not None and one.context.abandonment_limit is not None for one in figures.campaigns)
    parts = say("tile.parts", n=count(counts.abandonment.numerator), d=count(counts.abandonment.denominator))
    return [
        Tile("placed", count(counts.placed_count), say("tile.calls", n=count(counts.retry_count))),
        Tile("dialed_accounts", count(counts.dialed_account_count),
             say("tile.of_accounts", accounts=count(counts.account_count), rate=percent(counts.penetration, 0))),
        Tile("answered", count(counts.answered_by_person), say("tile.of_placed", rate=percent(counts.contact_rate))),
        Tile("right_party", count(counts.right_party),
             say("tile.per_hour", n=formats.number(counts.right_party_per_agent_hour))),
        Tile("success", count(counts.success), formats.amounts(_earned(counts), say.language) or formats.NOTHING,
             full=_in_full(_earned(counts))),
        Tile("abandonment", percent(counts.abandonment, 2), f"{parts} · {verdict}" if has_limit else parts,
             is_alarm=bool(over)),
        Tile("occupancy", percent(counts.occupancy),
             say("tile.hours", agents=count(counts.agent_count), hours=formats.hours(counts.logged_in_s))),
        Tile("held", count(counts.held_account_count), say("tile.refusals", n=count(counts.denial_count))),
    ]  # fmt: skip


def story(figures: DayFigures, context: ReportContext, say: Messages) -> list[str]:
    """Paragraphs that say what happened, what was refused and why, and what it took."""
    counts = figures.total.counts
    happened = [*_calls(figures, context, say), *_abandonment(figures, say)]
    took = _capacity(figures, say)
    if not figures.is_consistent:
        took.append(say("story.broken"))
    return [" ".join(happened), _refusals(counts, context, say), " ".join(took)]


def dialed_between(figures: DayFigures) -> tuple[datetime, datetime]:
    """First and last call of the day, or the ends of the journal where no call was placed."""
    counts = figures.total.counts
    if counts.first_placed_s is None or counts.last_placed_s is None:
        return figures.first_at, figures.last_at
    return datetime.fromtimestamp(counts.first_placed_s, UTC), datetime.fromtimestamp(counts.last_placed_s, UTC)


def _calls(figures: DayFigures, context: ReportContext, say: Messages) -> list[str]:
    counts, zone = figures.total.counts, context.zone
    count, percent = formats.count, formats.percent
    first_at, last_at = dialed_between(figures)
    sentences = [
        say(
            "story.day", day=formats.day(first_at, zone, say.language),
            first=formats.clock(first_at, zone), last=formats.clock(last_at, zone),
            campaigns=len(figures.campaigns), accounts=count(counts.account_count),
            dialed=count(counts.dialed_account_count), penetration=percent(counts.penetration, 0),
            placed=count(counts.placed_count),
        ),
        say(
            "story.answers", answered=count(counts.answered_by_person), rate=percent(counts.contact_rate, 0),
            right_party=count(counts.right_party), success=count(counts.success),
        ),
    ]  # fmt: skip
    for key, amounts in (("story.promised", counts.promised_minor), ("story.sold", counts.sold_minor)):
        if any(amounts.values()):
            spoken = " + ".join(formats.money_short(minor, one, say.language) for one, minor in amounts.items())
            sentences.append(say(key, amount=spoken))
    return sentences


def _abandonment(figures: DayFigures, say: Messages) -> list[str]:
    ratio = figures.total.counts.abandonment
    sentences = [
        say(
            "story.abandoned", answered=formats.count(ratio.denominator), abandoned=formats.count(ratio.numerator),
            rate=formats.percent(ratio, 2),
        )
    ]  # fmt: skip
    over = over_limit(figures)
    if over:
        names = []
        for one in over:
            assert one.context is not None
            assert one.context.abandonment_limit is not None
            names.append(
                say(
                    "story.over_one",
                    name=one.context.name(say.language),
                    rate=formats.percent(one.counts.abandonment, 2),
                    limit=formats.percent_plain(one.context.abandonment_limit),
                )
            )
        sentences.append(say("story.over", names="; ".join(names)))
    elif any(one.context is not None and one.context.abandonment_limit is not None for one in figures.campaigns):
        sentences.append(say("story.within"))
    return sentences


def _refusals(counts: Counts, context: ReportContext, say: Messages) -> str:
    ranked = sorted(counts.denied_accounts.items(), key=lambda item: (-item[1], item[0]))[:_NAMED_RULES]
    if not ranked:
        return say("story.refused_none")
    rules = ", ".join(
        say("story.refused_rule", rule=context.rule_title(rule, say.language), n=formats.count(n)) for rule, n in ranked
    )
    return say(
        "story.refused", accounts=formats.count(counts.denied_account_count), rules=rules,
        held=formats.count(counts.held_account_count),
    )  # fmt: skip


def _capacity(figures: DayFigures, say: Messages) -> list[str]:
    counts, lines = figures.total.counts, figures.lines
    sentences = []
    if counts.agent_count:
        sentences.append(
            say(
                "story.agents", agents=formats.count(counts.agent_count), hours=formats.hours(counts.logged_in_s),
                occupancy=formats.percent(counts.occupancy),
            )
        )  # fmt: skip
    if lines.line_count:
        key = "story.lines" if lines.seconds_from[90] else "story.lines_free"
        time = formats.duration(lines.seconds_from[90], say.language)
        sentences.append(say(key, lines=lines.line_count, peak=lines.peak, time=time))
    return sentences


def _money(amounts: dict[str, int]) -> str:
    return _in_full({currency: minor for currency, minor in amounts.items() if minor}) or formats.NOTHING


def _abandoned(counts: Counts) -> str:
    false_machines = counts.outcome(Disposition.FALSE_MACHINE)
    return f"{counts.outcome(Disposition.ABANDONED):,} + {false_machines:,}"


def _callbacks(counts: Counts) -> str:
    return f"{counts.callback_asked_count:,} / {counts.callback_due_count:,} / {counts.callback_kept_count:,}"


def _counted(name: str) -> Callable[[Counts], str]:
    return lambda counts: formats.count(getattr(counts, name))


def _shared(name: str, places: int = 1) -> Callable[[Counts], str]:
    return lambda counts: formats.percent(getattr(counts, name), places)


def _timed(name: str) -> Callable[[Counts], str]:
    return lambda counts: formats.span(getattr(counts, name))


ROWS: tuple[tuple[str, Callable[[Counts], str]], ...] = (
    ("accounts", _counted("account_count")),
    ("dialed_accounts", _counted("dialed_account_count")),
    ("penetration", _shared("penetration")),
    ("held", _counted("held_account_count")),
    ("denials", _counted("denial_count")),
    ("placed", _counted("placed_count")),
    ("retries", _counted("retry_count")),
    ("placed_per_hour", _counted("attempts_per_hour")),
    ("answered", _counted("answered_by_person")),
    ("contact_rate", _shared("contact_rate")),
    ("machines", _counted("answered_by_machine")),
    ("connected", _counted("connected_count")),
    ("calls_per_connected", lambda counts: formats.number(counts.calls_per_connected, 2)),
    ("right_party", _counted("right_party")),
    ("right_party_rate", lambda counts: formats.percent(Ratio(counts.right_party, counts.connected_count))),
    ("right_party_per_hour", lambda counts: formats.number(counts.right_party_per_agent_hour)),
    ("success", _counted("success")),
    ("promised", lambda counts: _money(counts.promised_minor)),
    ("sold", lambda counts: _money(counts.sold_minor)),
    ("abandoned", _abandoned),
    ("abandonment", _shared("abandonment", 2)),
    ("hung_up_early", lambda counts: formats.count(counts.outcome(Disposition.HUNG_UP_EARLY))),
    ("wait", lambda counts: formats.number(counts.mean_wait_s, 2)),
    ("callbacks", _callbacks),
    ("agents", _counted("agent_count")),
    ("logged_in", lambda counts: formats.hours(counts.logged_in_s)),
    ("occupancy", _shared("occupancy")),
    ("utilisation", _shared("utilisation")),
    ("talk", _timed("mean_talk_s")),
    ("wrap_up", _timed("mean_wrap_up_s")),
    ("idle_per_call", _timed("idle_s_per_call")),
)
"""Every figure of the campaigns' table, in the order of the page; its words are `figure.<key>`."""

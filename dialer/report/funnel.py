"""The way from the list to a promise or a sale, with every loss named. Pure."""

from collections.abc import Mapping

from attrs import frozen

from dialer.disposition import DISPOSITIONS, Disposition
from dialer.report import formats
from dialer.report.context import ReportContext
from dialer.report.counts import Counts, Ratio
from dialer.report.messages import Messages
from dialer.report.picture import Picture, View
from dialer.report.svg import Svg, text_width

__all__ = ["Stage", "funnel", "funnel_picture"]

_SHOWN_CAUSES = 5
_LINE, _BAR = 17.0, 26.0


@frozen
class Stage:
    """Accounts that came so far, and the others by what stopped them."""

    key: str
    count: int
    losses: tuple[tuple[str, int], ...] = ()


def _level(outcome: Disposition) -> int:
    traits = DISPOSITIONS[outcome]
    return traits.is_answered_by_person + traits.is_right_party + traits.is_success


def funnel(counts: Counts, context: ReportContext, say: Messages) -> tuple[Stage, ...]:
    """The stages; what one loses and what it keeps is what the one before kept."""
    dialed, held = counts.dialed_account_count, counts.held_account_count
    listed = max(counts.account_count, dialed + held)
    at_level = [{one: n for one, n in counts.best_outcomes.items() if _level(one) == level} for level in range(4)]
    reached = [sum(sum(losses.values()) for losses in at_level[level:]) for level in range(4)]
    by_rule = {context.rule_title(rule, say.language): n for rule, n in counts.held_accounts.items()}
    return (
        Stage("list", listed),
        Stage("callable", listed - held, _ranked(by_rule)),
        Stage("dialed", dialed, _ranked({say("chart.funnel.not_reached"): listed - held - dialed})),
        Stage(
            "answered",
            reached[1],
            _ranked(_named(at_level[0], say) | {say("chart.funnel.not_over"): dialed - reached[0]}),
        ),
        Stage("right_party", reached[2], _ranked(_named(at_level[1], say))),
        Stage("success", reached[3], _ranked(_named(at_level[2], say))),
    )


def _named(losses: Mapping[Disposition, int], say: Messages) -> dict[str, int]:
    return {say(f"outcome.{one.value}"): n for one, n in losses.items()}


def _ranked(losses: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(((name, n) for name, n in losses.items() if n > 0), key=lambda one: (-one[1], one[0])))


def funnel_picture(view: View) -> Picture:
    """The funnel of all campaigns together."""
    say = view.say
    stages = funnel(view.figures.total.counts, view.context, say)
    return Picture(
        key="funnel",
        heading=say(
            "chart.funnel.heading",
            accounts=formats.count(stages[0].count),
            success=formats.count(stages[-1].count),
        ),
        read=say("chart.funnel.read"),
        draw=lambda view: _draw(view, stages),
        head=[say("chart.funnel.stage"), say("chart.funnel.accounts"), say("chart.funnel.lost")],
        rows=[
            [
                say(f"chart.funnel.{stage.key}"),
                formats.count(stage.count),
                " · ".join(f"{name} {n:,}" for name, n in stage.losses) or formats.NOTHING,
            ]
            for stage in stages
        ],
    )


def _draw(view: View, stages: tuple[Stage, ...]) -> Svg:
    say = view.say
    left = 0.0 if view.is_narrow else 158.0
    widest = view.width - left
    texts = [_wrapped(_causes(stage, say), widest - 8) for stage in stages]
    head = _LINE + 4 if view.is_narrow else 0.0
    # Beside the bar, three lines of label need room even where one line of causes stands below.
    tall = [head + max(_BAR + _LINE * len(lines) + 16, 0 if view.is_narrow else 66) for lines in texts]
    height = sum(tall)
    svg = view.svg("funnel", height, say("page.total"), say("chart.funnel.read"))
    full = stages[0].count or 1
    top, before = 0.0, stages[0].count
    for stage, lines, room in zip(stages, texts, tall, strict=True):
        _draw_label(svg, view, stage, before, top)
        bottom = top + room
        top += head
        width = widest * stage.count / full
        svg.rect(left, top, width, _BAR, f"fill stage {stage.key}")
        x = left + width
        for name, n in stage.losses:
            wide = widest * n / full
            svg.hatched(x + 1, top, wide - 1, _BAR, f"{name} {n:,}")
            x += wide
        top += _BAR
        for line in lines:
            top += _LINE
            svg.text(left, top, line, "small")
        top = bottom
        before = stage.count
    return svg


def _draw_label(svg: Svg, view: View, stage: Stage, before: int, top: float) -> None:
    say = view.say
    share = ""
    if stage.key != "list" and before:
        share = say("chart.funnel.of_previous", rate=formats.percent(Ratio(stage.count, before), 0))
    name, number = say(f"chart.funnel.{stage.key}"), formats.count(stage.count)
    if view.is_narrow:
        svg.text(0, top + 13, f"{name}  {number}", "label strong")
        svg.text(view.width, top + 13, share, "small", "end")
        return
    svg.text(146, top + 12, name, "label", "end")
    svg.text(146, top + 31, number, "number", "end")
    if share:
        svg.text(146, top + 47, share, "small", "end")


def _causes(stage: Stage, say: Messages) -> list[str]:
    shown = [f"{name} {n:,}" for name, n in stage.losses[:_SHOWN_CAUSES]]
    rest = sum(n for _, n in stage.losses[_SHOWN_CAUSES:])
    if rest:
        shown.append(f"{say('chart.funnel.others')} {rest:,}")
    if shown:
        shown[0] = f"− {shown[0]}"
    # Two lines keep the rows apart where a stage loses nothing.
    return shown or [" "]


def _wrapped(words: list[str], width: float) -> list[str]:
    lines = [""]
    for word in words:
        joined = f"{lines[-1]}  ·  {word}" if lines[-1] else word
        if lines[-1] and text_width(joined) > width:
            lines.append(word)
        else:
            lines[-1] = joined
    return lines

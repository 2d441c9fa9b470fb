"""What every picture of the report is made of: its parts, and the time axis several of them share. Pure."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from attrs import field, frozen

from dialer.report import formats
from dialer.report.context import ReportContext
from dialer.report.figures import CampaignFigures, DayFigures
from dialer.report.messages import Messages
from dialer.report.svg import Scale, Svg, ticks

__all__ = ["NARROW", "WIDE", "Picture", "TimeAxis", "View", "name_of", "stacked_labels"]

# The widths at which each picture is drawn; the page shows the one that fits.
WIDE, NARROW = 960.0, 350.0


@frozen
class View:
    """What is drawn, for whom, and how wide."""

    figures: DayFigures
    context: ReportContext
    say: Messages
    width: float = WIDE

    @property
    def is_narrow(self) -> bool:
        """Whether this is the drawing for a telephone's screen."""
        return self.width < WIDE

    @property
    def left(self) -> float:
        """Where a plot begins, right of its scale."""
        return 36.0 if self.is_narrow else 44.0

    @property
    def right(self) -> float:
        """Where a plot ends; a wide one leaves room for direct labels."""
        return self.width - (4.0 if self.is_narrow else 132.0)

    def svg(self, key: str, height: float, title: str, desc: str) -> Svg:
        """An empty picture whose ids no other one has."""
        size = "n" if self.is_narrow else "w"
        return Svg(f"{self.say.language}-{key}-{size}", self.width, height, title, desc)


@frozen(kw_only=True)
class Picture:
    """A picture with all that stands around it. `draw` is called once for each width."""

    key: str
    heading: str
    read: str
    draw: Callable[[View], Svg]
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    legend: Sequence[tuple[str, str]] = field(default=())
    """Class and word of each mark, shown where there is no room for direct labels."""
    notes: Sequence[str] = field(default=())
    notes_title: str = ""


def name_of(campaign: CampaignFigures, say: Messages) -> str:
    """The campaign's name; the word for all of them where it has none."""
    return campaign.context.name(say.language) if campaign.context is not None else say("page.total")


@frozen
class TimeAxis:
    """The part of the day in which anything happened, laid out between two edges."""

    view: View
    first: int
    last: int

    @classmethod
    def of(cls, view: View) -> "TimeAxis":
        """The bins with calls or with agents at work."""
        figures = view.figures
        busy = [index for index, calls in enumerate(figures.total.placed) if calls]
        for states in figures.sites.values():
            for values in states.values():
                busy += [index for index, agents in enumerate(values) if agents > 0]
        return cls(view, min(busy, default=0), max(busy, default=0))

    @property
    def bins(self) -> range:
        """The bins shown."""
        return range(self.first, self.last + 1)

    @property
    def x(self) -> Scale:
        """Place of a bin's beginning; its end is the place of the next."""
        return Scale(self.first, self.last + 1, self.view.left, self.view.right)

    def clock(self, index: int) -> str:
        """Local time at which a bin begins."""
        figures = self.view.figures
        return formats.clock(figures.start + timedelta(seconds=index * figures.bin_s), self.view.context.zone)

    def begin(self, svg: Svg) -> None:
        """Tell the page where the axis lies."""
        svg.plot = (self.view.left, self.view.right, len(self.bins))

    def draw(self, svg: Svg, base: float) -> None:
        """Hours below a base line."""
        svg.line(self.view.left, base, self.view.right, base, "axis")
        hours = [index for index in self.bins if self.clock(index).endswith(":00")]
        room = 44.0
        step = next((n for n in (1, 2, 3, 4, 6) if len(hours) / n * room <= self.view.right - self.view.left), 12)
        for index in hours:
            x = self.x(index)
            svg.line(x, base, x, base + 4, "axis")
            if int(self.clock(index)[:2]) % step == 0:
                near_edge = x > self.view.width - 18
                svg.text(x, base + 18, self.clock(index), "small", "end" if near_edge else "middle")

    def panel(
        self, svg: Svg, top: float, base: float, highest: float, label: str, form: Callable[[float], str]
    ) -> Scale:
        """Grid, scale and name of one panel; returns the vertical scale."""
        marks = ticks(highest, 2 if base - top < 80 else 4)
        y = Scale(0.0, marks[-1], base, top)
        for mark in marks:
            svg.line(self.view.left, y(mark), self.view.right, y(mark), "grid")
            svg.text(self.view.left - 6, y(mark) + 4, form(mark), "small", "end")
        svg.text(self.view.left, top - 10, label, "panel")
        return y

    def steps(self, y: Scale, values: Sequence[float | None], first: int = 0) -> list[list[tuple[float, float]]]:
        """The points of a step line, in pieces where nothing is known."""
        pieces: list[list[tuple[float, float]]] = [[]]
        for index in self.bins:
            value = values[index - first]
            if value is None:
                pieces.append([])
            else:
                pieces[-1] += [(self.x(index), y(value)), (self.x(index + 1), y(value))]
        return [piece for piece in pieces if piece]


def stacked_labels(wanted: Sequence[float], gap: float, lowest: float) -> list[float]:
    """Places near the wanted ones that keep `gap` apart and stay above `lowest`; the order stays.

    >>> stacked_labels([10, 12, 40], 15, 100)
    [10, 25, 40]
    """
    placed: list[float] = []
    for place in wanted:
        placed.append(place if not placed else max(place, placed[-1] + gap))
    limit = lowest
    for index in range(len(placed) - 1, -1, -1):
        placed[index] = min(placed[index], limit)
        limit = placed[index] - gap
    return placed

"""A small SVG writer: shapes by class name, text as text, everything escaped. Pure.

Colours live in the page's style sheet; a shape only says what it means. One
unit is one CSS pixel at full size.
"""

from collections.abc import Iterable, Sequence
from html import escape
from math import ceil, floor, log10

from attrs import define, field, frozen

__all__ = ["Scale", "Svg", "text_width", "ticks"]


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def text_width(text: str, size: float = 12.0) -> float:
    """About how wide a text is set; Korean letters fill a square, others a bit more than half of one."""
    return sum(size if ord(letter) > 0x1100 else size * 0.56 for letter in text)


def ticks(highest: float, wanted: int = 4) -> list[float]:
    """Round numbers from zero to at least `highest`.

    >>> ticks(47), ticks(0.031)
    ([0.0, 20.0, 40.0, 60.0], [0.0, 0.01, 0.02, 0.03, 0.04])
    """
    if highest <= 0:
        return [0, 1]
    power = 10.0 ** floor(log10(highest / wanted))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if highest / (power * factor) <= wanted)
    return [round(step * n, 10) for n in range(ceil(round(highest / step, 9)) + 1)]


@frozen
class Scale:
    """From values to places."""

    lowest: float
    highest: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value."""
        span = self.highest - self.lowest or 1.0
        return self.start + (value - self.lowest) / span * (self.end - self.start)


@define
class Svg:
    """One picture. `ident` makes its ids unique; `title` and `desc` are what a screen reader says."""

    ident: str
    width: float
    height: float
    title: str
    desc: str
    plot: tuple[float, float, int] | None = None
    """Left and right edge of the time axis and its number of bins, for the read-out under the pointer."""
    parts: list[str] = field(factory=list)
    has_hatch: bool = False

    def rect(self, x: float, y: float, width: float, height: float, cls: str, title: str = "") -> None:
        """A box, with a text under the pointer if `title` is given."""
        box = (
            f'<rect class="{cls}" x="{_n(x)}" y="{_n(y)}" width="{_n(max(0.0, width))}" height="{_n(max(0.0, height))}"'
        )
        self.parts.append(f"{box}><title>{escape(title)}</title></rect>" if title else f"{box}/>")

    def hatched(self, x: float, y: float, width: float, height: float, title: str) -> None:
        """A box of slanted lines, for what is not there."""
        ident = f"{escape(self.ident)}-h"
        if not self.has_hatch:
            self.has_hatch = True
            self.parts.append(
                f'<defs><pattern id="{ident}" width="6" height="6" patternUnits="userSpaceOnUse"'
                ' patternTransform="rotate(45)"><path class="hatch" d="M0 0V6"/></pattern></defs>'
            )
        if width > 0:
            self.parts.append(
                f'<rect class="lost" fill="url(#{ident})" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}"'
                f' height="{_n(height)}"><title>{escape(title)}</title></rect>'
            )

    def line(self, x1: float, y1: float, x2: float, y2: float, cls: str) -> None:
        """A straight line."""
        self.parts.append(f'<line class="{cls}" x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"/>')

    def polyline(self, points: Iterable[tuple[float, float]], cls: str) -> None:
        """A line through points."""
        path = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        if path:
            self.parts.append(f'<polyline class="{cls}" points="{path}"/>')

    def area(self, tops: Sequence[tuple[float, float]], bottoms: Sequence[tuple[float, float]], cls: str) -> None:
        """The area between two lines."""
        path = " ".join(f"{_n(x)},{_n(y)}" for x, y in [*tops, *reversed(bottoms)])
        if path:
            self.parts.append(f'<polygon class="{cls}" points="{path}"/>')

    def text(self, x: float, y: float, text: str, cls: str = "", anchor: str = "start") -> None:
        """A line of text, its base line at `y`."""
        named = f' class="{cls}"' if cls else ""
        anchored = f' text-anchor="{anchor}"' if anchor != "start" else ""
        self.parts.append(f'<text{named} x="{_n(x)}" y="{_n(y)}"{anchored}>{escape(text)}</text>')

    def render(self) -> str:
        """The element as it stands in a page."""
        ident = escape(self.ident)
        plot = ""
        if self.plot is not None:
            left, right, bins = self.plot
            plot = f' data-left="{_n(left)}" data-right="{_n(right)}" data-bins="{bins}"'
        return (
            f'<svg viewBox="0 0 {_n(self.width)} {_n(self.height)}" width="{_n(self.width)}" height="{_n(self.height)}"'
            f' role="img" aria-labelledby="{ident}-t {ident}-d"{plot}>'
            f'<title id="{ident}-t">{escape(self.title)}</title><desc id="{ident}-d">{escape(self.desc)}</desc>'
            f"{''.join(self.parts)}</svg>"
        )

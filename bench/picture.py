"""Utilisation against agents as a picture: a small SVG, drawn without any library."""

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log

from attrs import frozen

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 440, 60, 190, 20, 50
_FONT = 'font-family="sans-serif" font-size="12"'
_COLOURS = (
    "#000000",
    "#0072b2",
    "#56b4e9",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#7f7f7f",
    "#8c564b",
    "#17becf",
)
"""Told apart by people who see few colours, as far as there are that many."""


@frozen
class Curve:
    """A name and its points: agents, utilisation."""

    name: str
    points: tuple[tuple[float, float], ...]


@frozen
class _Frame:
    low: float
    most: float
    least: float

    def x(self, agents: float) -> float:
        """Floors grow by factors, so the axis is logarithmic."""
        width = _WIDTH - _LEFT - _RIGHT
        return _LEFT + width * (log(agents) - log(self.least)) / max(1e-9, log(self.most) - log(self.least))

    def y(self, utilisation: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1.0 - utilisation) / (1.0 - self.low)


def draw(curves: Sequence[Curve]) -> str:
    """The picture as SVG text; raises `ValueError` when there is not one point."""
    points = [point for curve in curves for point in curve.points]
    if not points:
        raise ValueError("a picture needs at least one point")
    agents = [one for one, _ in points]
    low = max(0.0, floor(10.0 * min(value for _, value in points)) / 10.0)
    frame = _Frame(min(low, 0.9), max(agents), min(agents))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" {_FONT}>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        *_axes(frame, sorted(set(agents))),
    ]
    for index, curve in enumerate(curves):
        parts += _curve(frame, curve, index)
    return "\n".join([*parts, "</svg>", ""])


def _axes(frame: _Frame, agents: Sequence[float]) -> list[str]:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = []
    for tenth in range(ceil(10.0 * frame.low), 11):
        y = frame.y(tenth / 10.0)
        parts.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#dddddd"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tenth * 10} %</text>')
    parts += [
        f'<text x="{frame.x(count):.1f}" y="{bottom + 18}" text-anchor="middle">{count:g}</text>' for count in agents
    ]
    parts.append(f'<text x="{(_LEFT + right) / 2:.0f}" y="{_HEIGHT - 10}" text-anchor="middle">agents</text>')
    return parts


def _curve(frame: _Frame, curve: Curve, index: int) -> list[str]:
    colour, dash = _COLOURS[index % len(_COLOURS)], ' stroke-dasharray="6 4"' if index == 0 else ""
    at = [(frame.x(agents), frame.y(value)) for agents, value in sorted(curve.points)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    parts = [f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>']
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in at]
    x, y = _WIDTH - _RIGHT + 16, _TOP + 14 + 18 * index
    parts.append(f'<line x1="{x}" y1="{y - 4}" x2="{x + 22}" y2="{y - 4}" stroke="{colour}" stroke-width="2"{dash}/>')
    parts.append(f'<text x="{x + 28}" y="{y}">{escape(curve.name)}</text>')
    return parts

"""Figures along the day, in bins of five minutes. Pure.

Bins lie on whole multiples of five minutes of UTC, so on whole five minutes of
every zone's local time too.
"""

from attrs import define, field

__all__ = ["BIN_S", "BinCounts", "BinSeconds", "StepSeries"]

# Long enough that a bin of a middle-sized floor holds a few dozen answers, short
# enough that a twenty-minute incident shows as a shape and not as a single dot.
BIN_S = 300


@define(eq=False)
class BinCounts:
    """Events per bin."""

    start_bin: int
    values: list[int] = field(factory=list)

    def add(self, at_s: float, n: int = 1) -> None:
        """Count `n` events at an instant."""
        index = max(0, int(at_s // BIN_S) - self.start_bin)
        values = self.values
        if index >= len(values):
            values.extend([0] * (index + 1 - len(values)))
        values[index] += n


@define(eq=False)
class BinSeconds:
    """Seconds, times a weight, spread over the bins they fall in."""

    start_bin: int
    values: list[float] = field(factory=list)

    def add(self, from_s: float, to_s: float, weight: float = 1.0) -> None:
        """Spread `weight` over the time from one instant to a later one."""
        first = max(0, int(from_s // BIN_S) - self.start_bin)
        last = max(0, int(to_s // BIN_S) - self.start_bin)
        values = self.values
        if last >= len(values):
            values.extend([0.0] * (last + 1 - len(values)))
        if first == last:
            values[first] += (to_s - from_s) * weight
            return
        edge_s = float((self.start_bin + first + 1) * BIN_S)
        values[first] += (edge_s - from_s) * weight
        for index in range(first + 1, last):
            values[index] += BIN_S * weight
            edge_s += BIN_S
        values[last] += (to_s - edge_s) * weight


@define(eq=False)
class StepSeries:
    """A number that goes up and down by steps, as lines in use: its mean and peak per bin, its time at each value."""

    start_bin: int
    value: int = 0
    since_s: float | None = None
    peak: int = 0
    mass: BinSeconds = field(init=False)
    peaks: list[int] = field(factory=list)
    seconds_at: dict[int, float] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.mass = BinSeconds(self.start_bin)

    def move(self, at_s: float, step: int) -> None:
        """The number changes by `step` at an instant."""
        self.hold(at_s)
        self.value += step
        value = self.value
        index = max(0, int(at_s // BIN_S) - self.start_bin)
        peaks = self.peaks
        if index >= len(peaks):
            # In the bins passed over, the number stood where the last move left it.
            peaks.extend([value - step] * (index + 1 - len(peaks)))
        if value > peaks[index]:
            peaks[index] = value
            if value > self.peak:
                self.peak = value

    def hold(self, at_s: float) -> None:
        """The number has not changed up to an instant."""
        since_s = self.since_s
        if since_s is None or at_s > since_s:
            self.since_s = at_s
        if since_s is None or at_s <= since_s:
            return
        value = self.value
        self.seconds_at[value] = self.seconds_at.get(value, 0.0) + (at_s - since_s)
        if value:
            self.mass.add(since_s, at_s, value)

    def seconds_from(self, value: float) -> float:
        """Seconds during which the number was at least `value`."""
        return sum(seconds for one, seconds in self.seconds_at.items() if one >= value)

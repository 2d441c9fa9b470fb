"""Named model days: who works, who answers, how long things take."""

import json
from bisect import bisect_right
from collections.abc import Mapping
from math import pi, sin
from pathlib import Path
from typing import Any

from attrs import field, frozen

SCENARIO_FILE = Path(__file__).with_name("scenarios.json")


@frozen
class Profile:
    """A value over the day: constant, linear between points, or steps; times in hours."""

    hours: tuple[float, ...]
    values: tuple[float, ...]
    is_step: bool = False
    wave: tuple[float, float] | None = None
    """Relative amplitude and period in hours of a sine on top."""

    @classmethod
    def parse(cls, given: Any) -> "Profile":
        """Read a number or an object with `pts`, `step` and `sin`."""
        if not isinstance(given, Mapping):
            return cls((0.0,), (float(given),))
        points = given["pts"]
        wave = given.get("sin")
        return cls(
            tuple(float(hour) for hour, _ in points),
            tuple(float(value) for _, value in points),
            bool(given.get("step", False)),
            None if wave is None else (float(wave[0]), float(wave[1])),
        )

    def at(self, second: float) -> float:
        """The value `second` seconds into the day."""
        hour = second / 3600.0
        right = bisect_right(self.hours, hour)
        if right == 0 or len(self.hours) == 1:
            value = self.values[0]
        elif right == len(self.hours) or self.is_step:
            value = self.values[right - 1]
        else:
            share = (hour - self.hours[right - 1]) / (self.hours[right] - self.hours[right - 1])
            value = self.values[right - 1] + share * (self.values[right] - self.values[right - 1])
        if self.wave is not None:
            value *= 1.0 + self.wave[0] * sin(2.0 * pi * hour / self.wave[1])
        return value


@frozen
class Scenario:
    """One model day; `parameters` are the file's defaults with the scenario's own on top, in seconds and shares."""

    name: str
    hours: float
    agents: Profile
    answer_rate: Profile
    talk: Profile
    abandonment_target: float
    limit: float | None
    """Best utilisation found with every true parameter known, or nothing if it was never computed."""
    parameters: Mapping[str, float] = field(factory=dict)

    @property
    def lines(self) -> int:
        """Telephone lines; a million when the scenario sets none."""
        return int(self.parameters["lines"])


def load_scenarios(path: Path = SCENARIO_FILE) -> dict[str, Scenario]:
    """The scenarios of a file by name, in the file's order."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return {given["name"]: _scenario(given, content["defaults"]) for given in content["scenarios"]}


def _scenario(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> Scenario:
    merged = {**defaults, **given.get("par", {})}
    low, high = defaults["machine_detection_s"]
    first, last = defaults["failed_after_s"]
    parameters = {key: float(value) for key, value in merged.items() if isinstance(value, (int, float, bool))}
    parameters.setdefault("machine_detection_lo_s", low)
    parameters.setdefault("machine_detection_hi_s", high)
    parameters.setdefault("failed_after_lo_s", first)
    parameters.setdefault("failed_after_hi_s", last)
    parameters.setdefault("lines", 1_000_000.0)
    return Scenario(
        name=given["name"],
        hours=float(given["hours"]),
        agents=Profile.parse(given["n"]),
        answer_rate=Profile.parse(given["p"]),
        talk=Profile.parse(given["talk"]),
        abandonment_target=float(given["abandonment_target"]),
        limit=given.get("limit"),
        parameters=parameters,
    )

"""`python -m bench month`: a campaign over many days, held to a 24-hour window and to its 30-day block at once.

The pacer stays the same over all days, as in production; the windows are
counted by `pacing.abandonment`, exactly as the engine does. Persons whom
machine detection dropped are abandoned calls in every regime, and are counted
so here: an audit tells them each evening at the latest, this model at once.
"""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve, frozen

from bench.draws import Outcome
from bench.floor import Floor, settings_for
from bench.pacing_table import scenarios_of
from bench.scenarios import Scenario
from pacing import (
    AbandonmentWindow,
    CallAbandoned,
    CallConnected,
    CallHungUpEarly,
    Pacer,
    PacingDecision,
    PacingEvent,
    Snapshot,
)
from pacing.abandonment import AbandonmentLedger, exceeds, period_of

_OPENS = timedelta(hours=9)
_DAY = timedelta(days=1)
_FIRST_DAY_AT = datetime(2026, 3, 2, tzinfo=UTC)
_SINCE = ("talking_since_s", "wrapping_since_s", "ringing_since_s", "detecting_since_s", "waiting_since_s")
WINDOWS = (AbandonmentWindow(name="24 hours", regime="ofcom"), AbandonmentWindow(name="30 days", regime="ftc"))


@frozen
class WindowDay:
    """One window at the end of one day: what it had counted, and whether it was over its limit."""

    day: int
    window: str
    abandoned: int
    answered: int
    is_over: bool


class Calendar:
    """A pacer for many days: moves each model day to its date and counts its windows."""

    def __init__(self, pacer: Pacer, windows: tuple[AbandonmentWindow, ...]) -> None:
        self.pacer, self.windows = pacer, windows
        self.ledger = AbandonmentLedger(UTC)
        self.began_at = _FIRST_DAY_AT + _OPENS
        self.day = 0

    @property
    def _offset_s(self) -> float:
        return (self.began_at + self.day * _DAY).timestamp()

    def count(self, at_s: float, word: str) -> None:
        """Count one answered call of this day in every window."""
        at = datetime.fromtimestamp(self._offset_s + at_s, UTC)
        for window in self.windows:
            self.ledger.observe(window, "model", self.began_at, at, word)

    def observe(self, event: PacingEvent) -> None:
        """Count what is answered, and let the pacer learn."""
        match event:
            case CallConnected():
                self.count(event.at_s, "connected")
            case CallAbandoned():
                self.count(event.at_s, "abandoned")
            case CallHungUpEarly():
                self.count(event.at_s, "hung_up_early")
            case _:
                pass
        self.pacer.observe(evolve(event, at_s=event.at_s + self._offset_s))

    def decide(self, snapshot: Snapshot) -> PacingDecision:
        """Ask the pacer with the time and the counts of the date."""
        offset_s = self._offset_s
        at = datetime.fromtimestamp(offset_s + snapshot.now_s, UTC)
        moved: dict[str, Any] = {name: tuple(one + offset_s for one in getattr(snapshot, name)) for name in _SINCE}
        counts = tuple(self.ledger.window_count(one, "model", self.began_at, at) for one in self.windows)
        return self.pacer.decide(evolve(snapshot, now_s=snapshot.now_s + offset_s, windows=counts, **moved))

    def close(self, hours: float) -> list[WindowDay]:
        """Every window at the end of this day."""
        at = datetime.fromtimestamp(self._offset_s + hours * 3600.0, UTC)
        rows = []
        for window in self.windows:
            lost, answered = self.ledger.counts(window, "model", self.began_at, at).rate_parts(window.regime)
            rows.append(WindowDay(self.day, window.name, lost, answered, exceeds(lost, answered, window.limit)))
        self.day += 1
        return rows


class _AuditedFloor(Floor):
    """A floor whose false machines are known and counted."""

    def _told_apart(self, subject: tuple[int, Outcome]) -> None:
        outcome = subject[1]
        if outcome.is_person and not outcome.seems_person:
            assert isinstance(self.pacer, Calendar)
            self.pacer.count(self.now_s, "false_machine")
        super()._told_apart(subject)


def run_days(
    scenario: Scenario,
    days: int,
    windows: tuple[AbandonmentWindow, ...] = WINDOWS,
    first_seed: int = 1,
    show: Callable[[list[WindowDay], float], None] = lambda rows, utilisation: None,
) -> list[WindowDay]:
    """So many days of `scenario` one after another; `show` is called after each with its windows and utilisation."""
    settings = evolve(settings_for(scenario), windows=windows)
    calendar, found = Calendar(Pacer(settings), windows), []
    for nth in range(days):
        day = _AuditedFloor(scenario, first_seed + nth, calendar).run()
        rows = calendar.close(scenario.hours)
        show(rows, day.utilisation)
        found += rows
    return found


def over_at_their_end(found: list[WindowDay], windows: tuple[AbandonmentWindow, ...], name: str) -> tuple[int, int]:
    """How many periods of a window ended over the limit, and of how many; the last one counts though it is not full."""
    (window,) = [one for one in windows if one.name == name]
    began_at = _FIRST_DAY_AT + _OPENS
    ends: dict[datetime, bool] = {}
    for row in found:
        if row.window == name:
            ends[period_of(window, began_at + row.day * _DAY, began_at, UTC).starts_at] = row.is_over
    return sum(ends.values()), len(ends)


def _cell(row: WindowDay) -> str:
    rate = row.abandoned / max(1, row.answered)
    return f"{row.window} {row.abandoned}/{row.answered} {rate:.2%}{' !' * row.is_over}"


def _run(arguments: argparse.Namespace) -> None:
    (scenario,) = scenarios_of([arguments.scenario], arguments.hours)

    def show(rows: list[WindowDay], utilisation: float) -> None:
        cells = "   ".join(map(_cell, rows))
        print(f"day {rows[0].day + 1:3}   busy {utilisation:.1%}   {cells}", flush=True)

    found = run_days(scenario, arguments.days, show=show)
    for window in WINDOWS:
        over, count = over_at_their_end(found, WINDOWS, window.name)
        print(f"{window.name}: {over} of {count} periods ended over {window.limit:.0%}")


def add_command(commands: Any) -> None:
    """Add `month` to the command line."""
    parser = commands.add_parser("month", help="many days under one pacer: the 24-hour and the 30-day window at once")
    parser.add_argument("--scenario", default="mid-20-amd")
    parser.add_argument("--days", type=int, default=31)
    parser.add_argument("--hours", type=float, help="shorten the days")
    parser.set_defaults(run=_run)

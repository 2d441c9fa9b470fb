"""Pacers to compare with, by name. Each is written from public descriptions of what it does; none learns from ours."""

from collections.abc import Callable

from bench.floor import PacesCalls
from pacing import Pacer, PacerSettings, PacingMode


def _predictive(settings: PacerSettings) -> PacesCalls:
    return Pacer(settings)


def _progressive(settings: PacerSettings) -> PacesCalls:
    """One call in flight for each idle agent: what contact centre manuals call progressive or power dialing at 1."""
    return Pacer(PacerSettings(mode=PacingMode.PROGRESSIVE, connect_s=settings.connect_s, ring_s=settings.ring_s))


PACERS: dict[str, Callable[[PacerSettings], PacesCalls]] = {"predictive": _predictive, "progressive": _progressive}

"""What a campaign asks of its pacer: the mode, the target, the windows it is counted in, and the clocks."""

from enum import Enum

from attrs import Attribute, field, frozen

# US telemarketing rules forbid giving up an unanswered call before 15 s or four rings
# (47 CFR 64.1200(a)(6); 16 CFR 310.4(b)(4)(ii)); the United Kingdom asks for 15 s too.
SHORTEST_RING_S = 15.0

REGIMES = ("house", "ftc", "fcc", "ofcom", "crtc")


class PacingMode(Enum):
    """How boldly calls are placed; every mode bounds the next, from one call at a time to a forecast."""

    PREVIEW = "preview"
    PROGRESSIVE = "progressive"
    PREDICTIVE = "predictive"


def _share(_: object, attribute: "Attribute[float]", value: float) -> None:
    if not 0.0 < value < 1.0:
        raise ValueError(f"{attribute.name} must lie between 0 and 1, not {value!r}")


def _positive(_: object, attribute: "Attribute[float]", value: float) -> None:
    if not 0.0 < value < float("inf"):
        raise ValueError(f"{attribute.name} must be a positive number of seconds, not {value!r}")


def _positive_or_none(instance: object, attribute: "Attribute[float | None]", value: float | None) -> None:
    if value is not None and not 0.0 < value < float("inf"):
        raise ValueError(f"{attribute.name} must be a positive number of seconds or nothing, not {value!r}")


def _rings_long_enough(_: object, attribute: "Attribute[float]", value: float) -> None:
    if not SHORTEST_RING_S <= value < float("inf"):
        raise ValueError(f"{attribute.name} must be at least {SHORTEST_RING_S:g} seconds, not {value!r}")


def _gives_up_lawfully(_: object, attribute: "Attribute[float | None]", value: float | None) -> None:
    if value is not None and not SHORTEST_RING_S <= value < float("inf"):
        raise ValueError(f"{attribute.name} must be at least {SHORTEST_RING_S:g} seconds or nothing, not {value!r}")


def _known_regime(_: object, attribute: "Attribute[str]", value: str) -> None:
    if value not in REGIMES:
        raise ValueError(f"{attribute.name} must be one of {', '.join(REGIMES)}, not {value!r}")


def _named_apart(
    _: object, attribute: "Attribute[tuple[AbandonmentWindow, ...]]", value: "tuple[AbandonmentWindow, ...]"
) -> None:
    names = [window.name for window in value]
    if len(set(names)) < len(names):
        raise ValueError(f"{attribute.name} must have different names, not {', '.join(names)}")


@frozen(kw_only=True)
class AbandonmentWindow:
    """One period over which a rule, or the house, counts abandoned calls.

    `limit` is the share of calls answered by a person that may be abandoned in
    it, `length_s` its length in seconds (`None` when the calendar or the
    campaign decides), `regime` whose definition of the rate applies: `house`,
    `ftc`, `fcc`, `ofcom` or `crtc`. Raises `ValueError` on an impossible value.
    """

    name: str
    limit: float = field(default=0.03, validator=_share)
    length_s: float | None = field(default=None, validator=_positive_or_none)
    regime: str = field(default="house", validator=_known_regime)


@frozen(kw_only=True)
class PacerSettings:
    """Settings of one campaign's pacer; raises `ValueError` naming the value that cannot be.

    `abandonment_target` is the share the campaign aims to stay within in every
    window (a window with a lower limit is held to its own). `connect_s` is the
    longest a person may wait for an agent, `ring_s` how long a call rings
    before it counts as unanswered, `tick_s` the longest time between two
    decisions. `give_up_ringing_after_s` lets decisions give up calls that have
    rung so long when more are ringing than the floor can take; off by default.
    """

    mode: PacingMode = PacingMode.PROGRESSIVE
    abandonment_target: float = field(default=0.03, validator=_share)
    windows: tuple[AbandonmentWindow, ...] = field(default=(), validator=_named_apart)
    connect_s: float = field(default=2.0, validator=_positive)
    ring_s: float = field(default=24.0, validator=_rings_long_enough)
    tick_s: float = field(default=0.5, validator=_positive)
    machine_detection: bool = False
    give_up_ringing_after_s: float | None = field(default=None, validator=_gives_up_lawfully)

    def target_of(self, name: str) -> float:
        """The share to stay within in window `name`: the campaign's target or the window's limit, the lower."""
        limits = [window.limit for window in self.windows if window.name == name]
        return min([self.abandonment_target, *limits])

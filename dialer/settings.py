"""What an operator decides: the classes of the configuration, each checking what it can check alone.

`dialer.config` reads them from a file; `dialer.app` checks what needs other files
(rule packs, lists).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs
from attrs import field, frozen

from dialer.call import CallLimits
from dialer.list_mapping import ListMapping
from pacing import AbandonmentWindow, PacerSettings, PacingMode

__all__ = ["CampaignSettings", "Config", "Names", "PacingConfig", "TrunkConfig"]


@frozen
class Names:
    """What a thing is called, in both languages."""

    ko: str
    en: str


@frozen(kw_only=True)
class TrunkConfig:
    """One way out and its limits."""

    name: str
    lines: int = field(validator=attrs.validators.ge(1))
    calls_per_s: float = field(validator=attrs.validators.gt(0))
    kind: str = field(
        default="simulated", validator=attrs.validators.in_(("simulated", "carrier", "asterisk", "freeswitch"))
    )
    socket: str = ""
    """Of a `carrier`, which is a process of its own: the unix socket it listens on."""
    server: str = ""
    """Of an `asterisk` or a `freeswitch`: its name among `servers`."""
    dialing: Mapping[str, Any] = field(factory=dict)
    """What is dialed, and how. Left to the switch's adapter to read."""


@frozen(kw_only=True)
class PacingConfig:
    """How boldly a campaign dials."""

    mode: PacingMode = PacingMode.PROGRESSIVE
    abandonment_target: float = 0.03
    tick_s: float = field(default=0.5, validator=attrs.validators.gt(0))
    windows: tuple[AbandonmentWindow, ...] = (AbandonmentWindow(name="day", length_s=None),)
    give_up_ringing_after_s: float | None = None
    """Take back calls that rang so long, 15 s or more, when the floor has filled; nothing lets them all ring out."""


@frozen(kw_only=True)
class CampaignSettings:
    """One campaign: whom it calls, by which rules, how boldly."""

    id: str = field(validator=attrs.validators.matches_re(r"[a-z0-9][a-z0-9_-]*"))
    name: Names
    purpose: str
    caller_id: str
    rules: tuple[str, ...] = field(validator=attrs.validators.min_len(1))
    """Built-in packs by name, own files by path from the configuration's folder."""
    list: ListMapping
    pacing: PacingConfig = PacingConfig()
    ring_s: float = 24.0
    connect_s: float = 2.0
    preview_s: float = 60.0
    machine_detection: bool = True
    safe_harbor_message: str = "safe-harbor"
    collector_kind: str = "original_creditor"
    tiers: tuple[str, ...] = ()
    """Value tiers in the order in which their people get a free agent."""
    assume_clean: bool = False
    """State on the operator's responsibility that whatever the list does not say is clean."""

    def __attrs_post_init__(self) -> None:
        """What the call and the pacer would refuse is refused here, where file and place can be named."""
        _ = self.limits, self.pacer

    @property
    def limits(self) -> CallLimits:
        """The deadlines of its calls."""
        return CallLimits(self.ring_s, self.connect_s, self.safe_harbor_message, self.preview_s, self.machine_detection)

    @property
    def pacer(self) -> PacerSettings:
        """What its pacer is told."""
        return PacerSettings(
            mode=self.pacing.mode,
            abandonment_target=self.pacing.abandonment_target,
            windows=self.pacing.windows,
            connect_s=self.connect_s,
            ring_s=self.ring_s,
            tick_s=self.pacing.tick_s,
            machine_detection=self.machine_detection,
            give_up_ringing_after_s=self.pacing.give_up_ringing_after_s,
        )


@frozen(kw_only=True)
class Config:
    """Everything an operator decides."""

    title: Names
    time_zone: str = field()
    own_numbers: tuple[str, ...] = field(validator=attrs.validators.min_len(1))
    """Numbers that the operator owns and has registered: the only ones that may be shown."""
    trunks: tuple[TrunkConfig, ...] = field(validator=attrs.validators.min_len(1))
    campaigns: tuple[CampaignSettings, ...] = field(validator=attrs.validators.min_len(1))
    journal: str = "paceline.journal"
    """Path of the journal of live runs, from the configuration's folder."""
    control: str = ""
    """Path of the control socket of live runs, from the configuration's folder; empty for none."""
    drain_s: float = field(default=600.0, validator=attrs.validators.gt(0))
    """Longest that talks may go on after a drain was asked for."""
    servers: Mapping[str, Any] = field(factory=dict)
    """The telephone switches behind the trunks, by name. Left to their adapters to read."""
    floor: Mapping[str, Any] = field(factory=dict)
    """The agents' phones. Left to the switches' adapters to read."""
    web: Mapping[str, Any] = field(factory=dict)
    """Left to the web server to read."""
    simulation: Mapping[str, Any] = field(factory=dict)
    """Left to the simulated world to read."""
    folder: Path = Path()
    config_hash: str = ""

    @time_zone.validator
    def _is_a_zone(self, _: object, value: str) -> None:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            msg = f"`{value}` is not a time zone; write one like Asia/Seoul"
            raise ValueError(msg) from error

    def __attrs_post_init__(self) -> None:
        for what, names in (
            ("campaign", [one.id for one in self.campaigns]),
            ("trunk", [one.name for one in self.trunks]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                msg = f"the {what} `{twice[0]}` stands there twice; give each its own name"
                raise ValueError(msg)
        for campaign in self.campaigns:
            if campaign.caller_id not in self.own_numbers:
                msg = (
                    f"campaign `{campaign.id}` shows the caller id {campaign.caller_id}, which is not among "
                    f"`own_numbers`; showing a number that is not one's own is an offence in Korea "
                    f"(전기통신사업법 art. 84-2)"
                )
                raise ValueError(msg)

    @property
    def zone(self) -> ZoneInfo:
        """The operator's clock."""
        return ZoneInfo(self.time_zone)

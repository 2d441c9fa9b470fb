"""The agents' phones, as an operator writes them down."""

from attrs import field, frozen
from attrs.validators import ge, gt

__all__ = ["FloorSettings", "PhoneSettings", "RobotSettings"]


@frozen(kw_only=True)
class PhoneSettings:
    """One agent's phone."""

    id: str
    phone: str
    campaigns: tuple[str, ...]
    site: str = "main"


@frozen(kw_only=True)
class RobotSettings:
    """Nobody is at the phones: each call is ended after `talk_s` and disposed as `disposition`. For trials."""

    talk_s: float = field(default=10.0, validator=gt(0))
    wrap_up_s: float = field(default=2.0, validator=ge(0))
    disposition: str = "right_party"


@frozen(kw_only=True)
class FloorSettings:
    """The agents' phones."""

    agents: tuple[PhoneSettings, ...] = ()
    """Agents who work by phone alone."""
    web_phones: tuple[str, ...] = ()
    """Phones that people on the web may log in with; no other is called for them."""
    transfers: dict[str, str] = field(factory=dict)
    """Whom agents on the web may hand a person on to: `{ legal = "PJSIP/3000" }`."""
    endpoint: str = "PJSIP/{phone}"
    """What is called to reach a phone."""
    nailed_up: bool = True
    """Whether phones stay on the line between calls; else each is called for each person."""
    caller_id: str = ""
    """What the phone shows when it is called."""
    end_key: str = "*"
    """The key with which an agent ends a call and stays on the line."""
    keys: dict[str, str] = field(factory=dict)
    """Keys that say what became of a call: `{ 1 = "right_party", 2 = "promised" }`."""
    wrap_up_s: float = field(default=30.0, validator=gt(0))
    """How long a key is waited for."""
    unsaid: str = "right_party"
    """What a call counts as when none came."""
    record: bool = False
    """Whether talks are recorded, each to a file called after its attempt."""
    record_announcement: str = ""
    """The sound that tells both so, as `custom/recorded`."""
    robot: RobotSettings | None = None

    def __attrs_post_init__(self) -> None:
        """Nobody is recorded unawares."""
        if self.record and not self.record_announcement:
            raise ValueError("`record` needs a `record_announcement`: nobody is recorded without being told")

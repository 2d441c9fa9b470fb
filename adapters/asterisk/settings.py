"""Where an Asterisk is, and what is placed over it."""

from urllib.parse import urlsplit

from attrs import Attribute, field, frozen
from attrs.validators import ge, gt, matches_re

from adapters.switches.detection import DetectionSettings

__all__ = ["AsteriskSettings", "ServerSettings"]


def _is_address(_: object, __: "Attribute[str]", value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        msg = f"`{value}` is no address of ARI; write one like http://127.0.0.1:8088/ari, without user or password"
        raise ValueError(msg)


@frozen(kw_only=True)
class ServerSettings:
    """One Asterisk and how to reach it."""

    url: str = field(validator=_is_address)
    user: str = "paceline"
    secret_env: str = ""
    """Name of the environment variable that holds the password of `user`."""
    secret_file: str = ""
    """Or the file that holds it, from the configuration's folder."""
    lines: int | None = None
    """Most calls that its trunks may have up together; trunks that add up to more are refused."""
    calls_per_s: float | None = None
    """Most calls that its trunks may place in a second."""
    app: str = field(default="paceline", validator=matches_re(r"[A-Za-z0-9_-]+"))
    """Under which name Asterisk knows us; two dialers on one Asterisk need two."""
    grace_s: float = field(default=3.0, validator=ge(0))
    """So long calls outlive a lost connection before they are given up."""
    ping_s: float = field(default=1.0, validator=gt(0))
    """How often a silent connection is asked whether it lives; four times unheard, and it is lost."""
    retry_s: float = field(default=0.1, validator=gt(0))
    """First pause before connecting again; it doubles up to `max_retry_s`."""
    max_retry_s: float = field(default=5.0, validator=gt(0))

    def __attrs_post_init__(self) -> None:
        """A secret is somewhere, and not here."""
        if bool(self.secret_env) == bool(self.secret_file):
            raise ValueError("give either `secret_env`, the name of an environment variable, or `secret_file`")


@frozen(kw_only=True)
class AsteriskSettings:
    """A way out over one Asterisk: what is dialed, and how."""

    endpoint: str = "PJSIP/{number}@trunk"
    """What is dialed: `{number}` stands for the number in the carrier's form."""
    number_format: str = field(default="e164", validator=matches_re("e164|digits|national"))
    """`+82212345678`, `82212345678` or, for numbers of `region`, `0212345678`."""
    region: str = ""
    """Country whose numbers `national` writes without a country code."""
    number_prefix: str = ""
    """Put before each number, as some carriers ask."""
    sounds: str = "custom/"
    """Folder of the messages, below Asterisk's folder of sounds."""
    headers: dict[str, str] = field(factory=dict)
    """SIP headers of every INVITE, such as what a signing service asks for."""
    attestation: str = field(default="", validator=matches_re("|[ABC]"))
    """STIR/SHAKEN level that the switch is to sign with; empty where it does not sign."""
    detection: DetectionSettings = field(factory=DetectionSettings)

    def __attrs_post_init__(self) -> None:
        """The endpoint takes a number; national numbers belong to a country."""
        if "{number}" not in self.endpoint:
            raise ValueError(f"`endpoint` is `{self.endpoint}`; write where the number goes: PJSIP/{{number}}@trunk")
        if self.number_format == "national" and not self.region:
            raise ValueError("`number_format` is national; say of which country with `region`, as KR")

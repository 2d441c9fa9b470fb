"""Where a FreeSWITCH is, and what is placed over it."""

from attrs import Attribute, field, frozen
from attrs.validators import ge, gt, matches_re

from adapters.switches.detection import DetectionSettings

__all__ = ["FreeswitchSettings", "ServerSettings"]


@frozen(kw_only=True)
class ServerSettings:
    """One FreeSWITCH and how to reach it."""

    address: str = field(
        default="127.0.0.1:8021", validator=matches_re(r"([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}")
    )
    """Host and port of its event socket."""
    user: str = field(default="", validator=matches_re(r"|[A-Za-z0-9._-]+@[A-Za-z0-9._-]+"))
    """`name@domain` of the directory, whose commands are limited there; empty for the event socket's own password."""
    secret_env: str = ""
    """Name of the environment variable that holds the password."""
    secret_file: str = ""
    """Or the file that holds it, from the configuration's folder."""
    lines: int | None = None
    """Most calls that its trunks may have up together; trunks that add up to more are refused."""
    calls_per_s: float | None = None
    """Most calls that its trunks may place in a second."""
    app: str = field(default="paceline", validator=matches_re(r"[A-Za-z0-9_-]+"))
    """With this the ids of our channels begin; two dialers on one FreeSWITCH need two."""
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

    @property
    def host(self) -> str:
        """The machine."""
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port."""
        return int(self.address.rpartition(":")[2])


def _is_plain(_: object, __: "Attribute[dict[str, str]]", value: dict[str, str]) -> None:
    """Braces, commas and quotes would end the list of variables that a header is told in."""
    for name, text in value.items():
        if not name.replace("-", "").isalnum() or any(one in text for one in "{}[]<>,'\"\\\r\n^"):
            msg = f"header `{name}`: its value may hold no brackets, commas, quotes or backslashes"
            raise ValueError(msg)


@frozen(kw_only=True)
class FreeswitchSettings:
    """A way out over one FreeSWITCH: what is dialed, and how."""

    endpoint: str = field(default="sofia/gateway/trunk/{number}", validator=matches_re(r"[^\s,'\"\[\]<>|]+"))
    """What is dialed: `{number}` stands for the number in the carrier's form."""
    number_format: str = field(default="e164", validator=matches_re("e164|digits|national"))
    """`+82212345678`, `82212345678` or, for numbers of `region`, `0212345678`."""
    region: str = ""
    """Country whose numbers `national` writes without a country code."""
    number_prefix: str = field(default="", validator=matches_re(r"[0-9*#+]*"))
    """Put before each number, as some carriers ask."""
    sound: str = field(default="custom/{message}.wav", validator=matches_re(r"\S+"))
    """The file of a message, below FreeSWITCH's folder of sounds or by its whole path."""
    headers: dict[str, str] = field(factory=dict, validator=_is_plain)
    """SIP headers of every INVITE."""
    unattended_s: int = field(default=60, validator=ge(10))
    """Whoever waits for so long without an agent is let go by FreeSWITCH itself, should the dialer be gone."""
    detection: DetectionSettings = field(factory=DetectionSettings)

    def __attrs_post_init__(self) -> None:
        """The endpoint takes a number; national numbers belong to a country."""
        if "{number}" not in self.endpoint:
            msg = f"`endpoint` is `{self.endpoint}`; write where the number goes: sofia/gateway/trunk/{{number}}"
            raise ValueError(msg)
        if "{message}" not in self.sound:
            raise ValueError(f"`sound` is `{self.sound}`; write where the message's name goes: custom/{{message}}.wav")
        if self.number_format == "national" and not self.region:
            raise ValueError("`number_format` is national; say of which country with `region`, as KR")

"""Settings of the web server, the `[web]` table of the configuration."""

import ipaddress

from attrs import field, frozen, validators

__all__ = ["WebSettings"]


@frozen(kw_only=True)
class WebSettings:
    """Where the pages are served, and how sessions live.

    Raises `ValueError` for settings that would put sign-in on an open network
    in clear text.
    """

    host: str = "127.0.0.1"
    port: int = field(default=8080, validator=[validators.ge(0), validators.le(65535)])
    """0 takes any free port, as tests do."""
    store: str = "paceline-web.db"
    """Path of the file with users, sessions and the audit record, from the configuration's folder."""
    knowledge: str = ""
    """Folder of articles and scripts, from the configuration's folder; empty: none."""
    tls_certificate: str = ""
    tls_key: str = ""
    public_url: str = ""
    """As people type it, when a reverse proxy stands in front; `https://…` makes cookies secure."""
    session_hours: float = field(default=12.0, validator=validators.gt(0))
    max_connections: int = field(default=2000, validator=validators.ge(64))
    """At once; fewer where the process has fewer descriptors. Strangers leave for newcomers."""
    open_metrics: bool = False
    """Whether programs on this machine may read `/metrics` without a token; never behind a proxy."""
    any_webhook_target: bool = False
    """Whether a webhook over a network may have a target without https."""
    max_body_bytes: int = field(default=32_000_000, validator=validators.gt(0))

    def __attrs_post_init__(self) -> None:
        if bool(self.tls_certificate) != bool(self.tls_key):
            msg = "`tls_certificate` and `tls_key` go together; give both or neither"
            raise ValueError(msg)
        if not self.is_loopback and not self.is_secure:
            msg = (
                f"`host` {self.host} is reachable by others, and passwords would travel in clear text; "
                "set `tls_certificate` and `tls_key`, or `public_url` to the https address of the proxy in front"
            )
            raise ValueError(msg)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def has_tls(self) -> bool:
        """Whether the server itself speaks TLS."""
        return bool(self.tls_certificate)

    @property
    def is_secure(self) -> bool:
        """Whether browsers come by https."""
        return self.has_tls or self.public_url.startswith("https://")

    def url(self, port: int) -> str:
        """What to type into a browser."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.has_tls else 'http'}://{host}:{port}"

"""Which time zone a misspelt one was meant to be."""

from collections.abc import Iterable
from functools import cache
from zoneinfo import available_timezones

from collections_rules.diagnostics import suggest

__all__ = ["zone_help"]

_FAR = 3
"""Names longer or shorter by more are not worth comparing: there are six hundred."""


def zone_help(name: str, others: Iterable[str] = ()) -> str:
    """What to write in its place; `others` may stand there too.

    >>> zone_help("America/Chiccago")
    'write `America/Chicago`'
    """
    near = [zone for zone in (*others, *_zones()) if abs(len(zone) - len(name)) <= _FAR]
    meant = suggest(name, near)
    return f"write `{meant}`" if meant else "write one such as `Asia/Seoul`"


@cache
def _zones() -> tuple[str, ...]:
    return tuple(
        sorted(name for name in available_timezones() if ("/" in name and not name.startswith("Etc/")) or name == "UTC")
    )

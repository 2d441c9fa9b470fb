"""What commands share at the terminal: consoles, a progress bar, how a refusal is said, and the common options."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NoReturn

from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from dialer.faults import ConfigError

__all__ = ["Agents", "Changes", "Language", "Seed", "console", "errors", "fail", "progress"]

console = Console()
errors = Console(stderr=True)

Seed = Annotated[int | None, Parameter(help="Seed of everything random; the same seed repeats the day to the byte.")]
Changes = Annotated[
    tuple[str, ...],
    Parameter(name="--set", help="Change a setting, e.g. campaigns.telesales.pacing.mode=progressive.", negative=()),
]
Language = Annotated[str, Parameter(help="Language of tables and report: ko or en.")]
Agents = Annotated[int | None, Parameter(help="Scale the shifts to this many agents in all.")]


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    columns = (
        TextColumn(what),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as bar:
        yield bar


def fail(text: str) -> NoReturn:
    raise ConfigError(text)

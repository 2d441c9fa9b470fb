"""`paceline report`: what a journal holds."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dialer.commands.stores import open_journal
from dialer.commands.terminal import Changes, Language, console
from dialer.config import load_config
from dialer.publishing import publish

__all__ = ["report_"]


def report_(
    journal: str,
    config_path: Path,
    *,
    out: Path = Path("report.html"),
    json_: Annotated[Path | None, Parameter(name="--json")] = None,
    set_: Changes = (),
    language: Language = "en",
) -> None:
    """Make the report of a journal."""
    config = load_config(config_path, set_)
    publish(config, open_journal(journal, must_exist=True), json_, out, language, console)
    console.print(f"report: {out}")

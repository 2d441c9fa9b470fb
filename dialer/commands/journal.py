"""`paceline replay` and `paceline report`: what a journal holds."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dialer.app import new_state
from dialer.commands.stores import open_journal
from dialer.commands.terminal import Changes, Language, console
from dialer.config import load_config
from dialer.journal import replay
from dialer.publishing import publish

__all__ = ["replay_", "report_"]


def replay_(journal: str, config_path: Path, *, set_: Changes = ()) -> None:
    """Rebuild the state that a journal leads to, and say what it holds."""
    config = load_config(config_path, set_)
    store = open_journal(journal, must_exist=True)
    state = replay(store.read(), new_state(config))
    console.print(
        f"{state.record_count:,} records, {len(state.attempts):,} open attempts, {len(state.ledger):,} contacts"
    )
    for book in state.campaigns.values():
        console.print(
            f"{book.campaign_id}: {book.state.value}, {book.attempt_count:,} attempts, "
            f"{book.counters.abandoned:,} abandoned of {book.counters.answered_by_person:,} answered by a person"
        )


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

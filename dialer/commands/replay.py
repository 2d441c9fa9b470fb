"""`paceline replay`: what a journal leads to, at any moment, and why what was decided then was decided."""

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dialer.app import new_past
from dialer.commands.stores import open_journal
from dialer.commands.terminal import Changes, console, fail
from dialer.config import Config, load_config
from dialer.replaying import Moment, explain_attempt, explain_moment, replay_until

__all__ = ["replay_"]


def replay_(
    journal: str,
    config_path: Path,
    *,
    until: Annotated[
        str | None, Parameter(help="Only up to this moment: 2026-11-24T10:15:00, on the operator's clock or with Z.")
    ] = None,
    explain: Annotated[
        str | None, Parameter(help="An attempt's id, or a moment as for --until: say what was decided, and why.")
    ] = None,
    set_: Changes = (),
) -> None:
    """Rebuild the state that a journal leads to, now or at any moment, and explain what was decided then."""
    config = load_config(config_path, set_)
    moment = Moment(new_past(config), config.zone)
    with closing(open_journal(journal, must_exist=True)) as store:
        at = _moment(explain or until, config)
        if explain is not None and at is None:
            said = explain_attempt(store.read(), moment, explain)
            if not said:
                fail(f"--explain {explain}: the journal has no attempt of that name; write its id or a moment")
            console.print("\n".join(said), highlight=False, markup=False, soft_wrap=True)
            return
        if until is not None and at is None:
            fail(f"--until {until}: write a moment like 2026-11-24T10:15:00")
        if at is None:
            moment.past.replay(store.read())
        else:
            next(replay_until(store.read(), moment, lambda record: record.at > at), None)
            moment.at = at
    if explain is not None:
        console.print("\n".join(explain_moment(moment)), highlight=False, markup=False, soft_wrap=True)
    else:
        _summarise(moment)


def _moment(text: str | None, config: Config) -> datetime | None:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=config.zone)


def _summarise(moment: Moment) -> None:
    state = moment.past.state
    console.print(
        f"{state.record_count:,} records, {len(state.attempts):,} open attempts, {len(state.ledger):,} contacts, "
        f"{len(state.promises):,} promises"
    )
    for book in state.campaigns.values():
        callbacks = sum(one.is_callback for one in book.schedule.progress.values())
        console.print(
            f"{book.campaign_id}: {book.state.value}, {book.attempt_count:,} attempts, {callbacks:,} callbacks, "
            f"{book.counters.abandoned:,} abandoned of {book.counters.answered_by_person:,} answered by a person"
        )

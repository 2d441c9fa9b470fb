"""The command line: which commands there are, and how what a person can mend is said."""

import sys
from typing import NoReturn

import cyclopts

from adapters.accounts import ListError
from collections_rules import RulesError
from dialer.attempt import MisuseError
from dialer.commands.control import app as control_app
from dialer.commands.doctor import doctor
from dialer.commands.journal import report_
from dialer.commands.journal_people import app as journal_app
from dialer.commands.lists import import_
from dialer.commands.pacing import app as pacing_app
from dialer.commands.replay import replay_
from dialer.commands.rules import app as rules_app
from dialer.commands.run import run
from dialer.commands.simulate import simulate
from dialer.commands.snapshots import backup, snapshot
from dialer.commands.terminal import errors
from dialer.commands.trunk import app as trunk_app
from dialer.config import ConfigError
from dialer.ports import StoreError
from dialer.record_codec import RecordError

app = cyclopts.App(name="paceline", help="Predictive dialer and collections engine.")

app.command(simulate)
app.command(run)
app.command(import_, name="import")
app.command(replay_, name="replay")
app.command(report_, name="report")
app.command(snapshot)
app.command(backup)
app.command(doctor)
app.command(journal_app)
app.command(rules_app)
app.command(trunk_app)
app.command(pacing_app)
app.command(control_app)


_MENDABLE = (ConfigError, RulesError, ListError, RecordError, StoreError, MisuseError)


def main() -> None:
    """Entry point: errors that a person can mend are printed as text, not as tracebacks."""
    try:
        app()
    except _MENDABLE as error:
        _say_and_exit(error)
    except BaseExceptionGroup as group:
        mendable, others = group.split(_MENDABLE)
        if mendable is None or others is not None:
            raise
        _say_and_exit(_first(mendable))


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _say_and_exit(error: BaseException) -> NoReturn:
    errors.print(f"paceline: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
    sys.exit(2)


if __name__ == "__main__":
    main()

"""The command line: which commands there are, and how what a person can mend is said.

Commands are named by their place and imported when one is asked for: a policy
author who checks a file need not wait for telephony, stores and web servers.
"""

import sys
from typing import NoReturn

import cyclopts

app = cyclopts.App(name="paceline", help="Predictive dialer and collections engine.")

_COMMANDS = {
    "simulate": (
        "simulate:simulate",
        "Dial a whole day under a virtual clock, with the code that dials in production.",
    ),
    "run": ("run:run", "Dial in real time until SIGTERM (talks finish, then exit 0); a second SIGTERM stops at once."),
    "import": ("lists:import_", "Load every campaign's list into an account store; loading again adds nothing."),
    "replay": (
        "replay:replay_",
        "Rebuild the state that a journal leads to, now or at any moment, and explain what was decided then.",
    ),
    "report": ("journal:report_", "Make the report of a journal."),
    "snapshot": (
        "snapshots:snapshot",
        "Keep the state that a journal leads to, so that the next start is quick. The daemon does so by itself.",
    ),
    "backup": ("snapshots:backup", "Copy a journal to a new file while it is being written; the copy is whole."),
    "doctor": (
        "doctor:doctor",
        "Check store, rule packs, clock, disk, trunks and time zone data; say what to do. Exit 1 for a fault.",
    ),
    "journal": ("journal_people:app", "Look into a journal, prove it, and keep to the law on what it holds."),
    "rules": ("rules:app", "Check, test and convert contact rules."),
    "trunk": ("trunk:app", "The way out: does it work?"),
    "pacing": ("pacing:app", "What pacing can and cannot do."),
    "users": ("users:app", "Who may sign in on the pages: add, list, password, disable, enable."),
    "control": ("control:app", "Steer a running engine: status, pause, resume, drain, reload-rules."),
}
for _name, (_place, _help) in _COMMANDS.items():
    app.command(f"dialer.commands.{_place}", name=_name, help=_help)


def main() -> None:
    """Entry point: errors that a person can mend are printed as text, not as tracebacks."""
    try:
        app()
    except Exception as error:
        mendable, others = _split(error)
        if mendable is None or others is not None:
            raise
        _say_and_exit(mendable)


def _split(error: Exception) -> tuple[BaseException | None, BaseException | None]:
    """The first error that a person can mend, and what nobody can. Imports only here: most runs end well."""
    from adapters.accounts import ListError
    from collections_rules import RulesError
    from dialer.attempt import MisuseError
    from dialer.faults import ConfigError
    from dialer.ports import StoreError
    from dialer.record_codec import RecordError

    kinds = (ConfigError, RulesError, ListError, RecordError, StoreError, MisuseError)
    if isinstance(error, BaseExceptionGroup):
        mendable, others = error.split(kinds)
        return (_first(mendable) if mendable is not None else None), others
    return (error, None) if isinstance(error, kinds) else (None, error)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _say_and_exit(error: BaseException) -> NoReturn:
    from dialer.commands.terminal import errors

    errors.print(f"paceline: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
    sys.exit(2)


if __name__ == "__main__":
    main()

"""A terminal in the test's own process: `paceline …` as its entry point runs it, without starting Python anew."""

import contextlib
import io
import sys
from functools import partial
from pathlib import Path
from unittest.mock import patch

from attrs import frozen

import dialer.__main__

__all__ = ["Done", "paceline"]

ROOT = Path(__file__).parents[1]


@frozen
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def paceline(*words: str, said: str = "") -> Done:
    """Run a command in the project's folder; `said` is what its user types."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        contextlib.chdir(ROOT),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        patch.object(dialer.__main__, "app", partial(dialer.__main__.app, words)),
        patch.object(sys, "stdin", io.StringIO(said)),
    ):
        try:
            dialer.__main__.main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
    return Done(code, out.getvalue(), err.getvalue())

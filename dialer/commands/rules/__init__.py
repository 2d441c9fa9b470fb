"""`paceline rules …`: what policy authors do at a terminal. A module a family of commands; each adds to `app`."""

from dialer.commands.rules import (
    as_of,
    backtest,
    cases,
    diff,
    explain,
    files,
    lsp,
    new,
    portfolio,
    promotion,
    vocabulary,
)
from dialer.commands.rules.sources import app

__all__ = [
    "app",
    "as_of",
    "backtest",
    "cases",
    "diff",
    "explain",
    "files",
    "lsp",
    "new",
    "portfolio",
    "promotion",
    "vocabulary",
]

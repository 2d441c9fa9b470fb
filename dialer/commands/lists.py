"""`paceline import`: lists into an account store."""

from pathlib import Path

from adapters.accounts import AccountStore
from dialer.commands.day import load_lists
from dialer.commands.terminal import Changes
from dialer.config import load_config

__all__ = ["import_"]


def import_(config_path: Path, *, into: Path = Path("accounts.db"), set_: Changes = ()) -> None:
    """Load every campaign's list into an account store; loading again adds nothing."""
    config = load_config(config_path, set_)
    with AccountStore(into) as accounts:
        load_lists(config, accounts, is_chatty=True)

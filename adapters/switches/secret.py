"""Passwords of switches: in the environment or in a file of their own, never in a configuration."""

import os
from pathlib import Path
from typing import Protocol

__all__ = ["SettingsError", "read_secret"]


class SettingsError(ValueError):
    """What an operator can mend before any call is placed."""


class _NamesSecret(Protocol):
    @property
    def user(self) -> str: ...
    @property
    def secret_env(self) -> str: ...
    @property
    def secret_file(self) -> str: ...


def read_secret(server: _NamesSecret, folder: Path) -> str:
    """The password, from where the settings say; raises `SettingsError`."""
    if server.secret_env:
        secret = os.environ.get(server.secret_env, "")
        if not secret:
            msg = f"the environment variable {server.secret_env} is empty; set it to the password of {server.user}"
            raise SettingsError(msg)
        return secret
    path = folder / server.secret_file
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"the secret of {server.user} cannot be read from {path} ({error})"
        raise SettingsError(msg) from error

"""`paceline users …`: who may sign in on the pages, for an operator at the machine; works beside a running daemon."""

import getpass
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import attrs
import trio
from cyclopts import App, Parameter

from adapters.web.audit import Audit
from adapters.web.database import open_database
from adapters.web.roles import Role
from adapters.web.settings import WebSettings
from adapters.web.users import User, UserError, Users
from dialer.clock import system_now
from dialer.commands.terminal import console, fail
from dialer.config import load_config, structure

__all__ = ["app"]

app = App(name="users", help="Who may sign in on the pages: add, list, password, disable, enable.")

Name = Annotated[str, Parameter(help="As the person signs in.")]


@app.command
def add(
    config_path: Path,
    name: Name,
    *,
    role: Annotated[
        tuple[Role, ...], Parameter(help="What the person may do; may be given more than once.", negative=())
    ],
    campaign: Annotated[
        tuple[str, ...], Parameter(help="A campaign the agent may work; none given: all.", negative=())
    ] = (),
    display_name: str = "",
    site: str = "",
) -> None:
    """Add a user; the password is asked for, or read from the standard input."""
    users, audit = _open(config_path)
    user = User(name, display_name or name, frozenset(role), site, campaign)
    password = _password()
    _try(lambda: trio.run(users.add, user, password))
    _note(audit, "add", name)
    console.print(f"{name} may sign in as {', '.join(sorted(one.value for one in role))}", highlight=False)


@app.command(name="list")
def list_(config_path: Path) -> None:
    """Everybody who may sign in."""
    users, _ = _open(config_path)
    for user in users.all():
        roles = ", ".join(sorted(role.value for role in user.roles))
        rest = f"  campaigns {', '.join(user.campaign_ids)}" if user.campaign_ids else ""
        console.print(
            f"{user.name}  {roles}{rest}" + ("  disabled" if user.is_disabled else ""), highlight=False, markup=False
        )


@app.command
def password(config_path: Path, name: Name) -> None:
    """Give a user another password; every session of theirs ends."""
    users, audit = _open(config_path)
    _try(lambda: users.get(name))
    secret = _password()
    _try(lambda: trio.run(users.set_password, name, secret))
    _note(audit, "password", name)


@app.command
def disable(config_path: Path, name: Name) -> None:
    """Let a user sign in no more; their sessions and tokens end now."""
    _switch(config_path, name, is_disabled=True)


@app.command
def enable(config_path: Path, name: Name) -> None:
    """Let a disabled user sign in again."""
    _switch(config_path, name, is_disabled=False)


def _switch(config_path: Path, name: str, *, is_disabled: bool) -> None:
    users, audit = _open(config_path)
    _try(lambda: users.change(attrs.evolve(users.get(name), is_disabled=is_disabled)))
    _note(audit, "disable" if is_disabled else "enable", name)


def _open(config_path: Path) -> tuple[Users, Audit]:
    config = load_config(config_path)
    settings = structure(config.web, WebSettings, f"{config_path}: web")
    try:
        database = open_database(config.folder / settings.store)
    except ValueError as error:
        fail(str(error))
    return Users(database, _now_s, settings.session_hours * 3600.0), Audit(database, _now_s)


def _now_s() -> float:
    return system_now().timestamp()


def _try(act: Callable[[], object]) -> None:
    try:
        act()
    except UserError as error:
        fail(str(error))


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        fail("the two are not the same")
    return first


def _note(audit: Audit, what: str, name: str) -> None:
    audit.note(actor=getpass.getuser(), via="command line", action=what, target=f"users/{name}", outcome=200)

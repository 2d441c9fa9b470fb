"""`paceline control …`: steer a running engine through its control socket."""

import getpass
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import trio
from cyclopts import App, Parameter

from dialer.commands.terminal import console, fail
from dialer.config import load_config
from dialer.control import ControlError, ask

__all__ = ["Actor", "Socket", "app", "send"]

app = App(name="control", help="Steer a running engine: status, pause, resume, drain, reload-rules.")

Socket = Annotated[
    Path, Parameter(name="engine", help="The engine's configuration file, or its control socket.", negative=())
]
Actor = Annotated[str, Parameter(name="--by", help="Who asks for it; stands in the journal.")]
Reason = Annotated[str, Parameter(help="Why; stands in the journal.")]


def send(engine: Path, request: dict[str, Any]) -> dict[str, Any]:
    """The answer of the engine; exit 1, with the reasons, when it refuses."""
    path = engine
    if engine.suffix == ".toml":
        config = load_config(engine)
        if not config.control:
            fail(f"{engine}: has no `control`; name a path there and start the engine again")
        path = config.folder / config.control
    try:
        answer = trio.run(ask, path, request)
    except ControlError as error:
        fail(str(error))
    if not answer.pop("ok"):
        console.print(answer["error"], highlight=False, markup=False, soft_wrap=True)
        for reason in (one for one in answer.get("reasons", ()) if one not in answer["error"]):
            console.print(f"  {reason}", highlight=False, markup=False, soft_wrap=True)
        sys.exit(1)
    return answer


def who(by: str) -> str:
    """The name given, or that of the account at the terminal."""
    return by or getpass.getuser()


@app.command
def status(engine: Socket, *, json_: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """Say what the engine is doing: campaigns, trunks, which rules are in force."""
    answer = send(engine, {"command": "status"})
    if json_:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    console.print(f"{answer['at']}  {answer['records']:,} records, {answer['lines_in_use']} lines in use"
                  + ("  draining" if answer["is_draining"] else ""), highlight=False)  # fmt: skip
    for campaign_id, one in answer["campaigns"].items():
        rules = one["rules"]
        draft = f", draft {rules['draft_hash']} in {_stage(rules)}" if rules.get("draft_hash") else ""
        console.print(f"{campaign_id}: {one['state']}, {one['attempts']:,} attempts, {one['abandoned']} abandoned of "
                      f"{one['answered_by_person']:,}, rules {rules['pack_hash']}{draft}",
                      highlight=False, soft_wrap=True)  # fmt: skip


def _stage(rules: dict[str, Any]) -> str:
    return f"{rules['share']:.0%} of the accounts" if rules["stage"] == "share" else "the shadow"


@app.command
def pause(engine: Socket, campaign: str, *, by: Actor = "", reason: Reason = "") -> None:
    """Start no more calls in a campaign; those under way go on."""
    _steer(engine, "pause", campaign, by, reason)


@app.command
def resume(engine: Socket, campaign: str, *, by: Actor = "", reason: Reason = "") -> None:
    """Start calls again."""
    _steer(engine, "resume", campaign, by, reason)


@app.command
def drain(engine: Socket, campaign: str = "", *, by: Actor = "", reason: Reason = "") -> None:
    """Finish calls and start none for the rest of the day: in one campaign, or in all of them."""
    _steer(engine, "drain", campaign, by, reason)


def _steer(engine: Path, command: str, campaign: str, by: str, reason: str) -> None:
    answer = send(engine, {"command": command, "campaign": campaign, "actor": who(by), "reason": reason})
    console.print(f"{campaign or 'engine'}: {answer.get('state', 'draining')}", highlight=False)


@app.command(name="drain-trunk")
def drain_trunk(engine: Socket, trunk: str, *, by: Actor = "", reason: Reason = "") -> None:
    """Start no more calls over one trunk, as before its switch is restarted; its calls go on."""
    answer = send(engine, {"command": "trunk", "trunk": trunk, "actor": who(by), "reason": reason})
    console.print(f"{trunk}: draining, {answer['lines_in_use']} lines in use", highlight=False)


@app.command(name="open-trunk")
def open_trunk(engine: Socket, trunk: str, *, by: Actor = "") -> None:
    """Use a drained trunk again."""
    send(engine, {"command": "trunk", "trunk": trunk, "reopen": True, "actor": who(by)})
    console.print(f"{trunk}: open", highlight=False)


@app.command(name="reload-rules")
def reload_rules(engine: Socket, *, by: Actor = "", reason: Reason = "") -> None:
    """Read the rule files again. What does not check changes nothing, and its diagnostics are the answer."""
    answer = send(engine, {"command": "reload rules", "actor": who(by), "reason": reason})
    for campaign_id, what in answer["campaigns"].items():
        console.print(f"{campaign_id}: {what}", highlight=False)

"""A local control socket: one JSON object a line in, one a line out.

The socket is a file that its owner alone may open (mode 0600): who may write there may
steer the engine, and says who they are for the journal's sake. Whatever cannot be done
changes nothing and is answered with the reason.
"""

import json
import os
import socket
import stat
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import structlog
import trio
from attrs import asdict, define, field

from collections_rules import PackSource
from dialer.agents import AgentPool
from dialer.campaign import Campaign
from dialer.clock import WallClock
from dialer.config import Config, ConfigError
from dialer.journal import Journal
from dialer.records import CampaignState
from dialer.rule_desk import RuleDesk, RuleDeskError
from dialer.rule_promotion import Promotion, parse_stage
from dialer.state import EngineState
from dialer.trunks import TrunkPool

__all__ = ["ControlDesk", "ControlError", "ask", "serve_control"]

log = structlog.get_logger()

Request = Mapping[str, Any]
# The texts of a few hundred packs; whoever sends more sends it by mistake.
_LONGEST_LINE = 8 * 1024 * 1024
# The kernel's room for the path of a socket, its closing zero included.
_LONGEST_PATH = 107
# A supervisor at a terminal waits this long for an answer: a reload compiles every pack.
_ANSWER_S = 120.0
_OWNER_ONLY = stat.S_IRUSR | stat.S_IWUSR


class ControlError(ValueError):
    """A request that cannot be carried out, or an engine that cannot be reached; the text says why."""


class _Engine(Protocol):
    config: Config
    state: EngineState
    journal: Journal
    clock: WallClock
    agents: AgentPool
    trunks: TrunkPool
    campaigns: dict[str, Campaign]

    @property
    def is_draining(self) -> bool: ...
    def drain(self, reason: str = ...) -> None: ...


@define(eq=False)
class ControlDesk:
    """Answers requests. Usable without a socket: a test or a page asks it directly."""

    engine: _Engine
    rules: RuleDesk = field(init=False)
    _commands: Mapping[str, Callable[[Request], Awaitable[dict[str, Any]]]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.rules = RuleDesk(self.engine)
        self._commands = {
            "status": self._status,
            "pause": partial(self._steer, "pause"),
            "resume": partial(self._steer, "resume"),
            "drain": self._drain,
            "trunk": self._trunk,
            "reload rules": self._reload,
            "rules": self._rules,
            "shadow": self._shadow,
            "promote": self._promote,
        }

    async def answer(self, request: Request) -> dict[str, Any]:
        """What became of a request: `ok` with what was asked for, or `error` and the reasons."""
        command = self._commands.get(str(request.get("command")))
        if command is None:
            known = ", ".join(self._commands)
            return {"ok": False, "error": f"no command `{request.get('command')}`; there are {known}"}
        try:
            return {"ok": True, **await command(request)}
        except RuleDeskError as error:
            return {"ok": False, "error": str(error), "reasons": list(error.reasons)}
        except (ControlError, ConfigError, ValueError) as error:
            return {"ok": False, "error": str(error), "reasons": []}

    async def _status(self, request: Request) -> dict[str, Any]:
        engine = self.engine
        campaigns = {
            one.campaign_id: {
                "state": one.state.value, "reason": one.reason, "attempts": one.attempt_count,
                "answered_by_person": one.counters.answered_by_person, "abandoned": one.counters.abandoned,
                "idle_agents": engine.agents.idle_count(one.campaign_id), "rules": self.rules.status(one.campaign_id),
            }
            for one in engine.state.campaigns.values()
        }  # fmt: skip
        return {"at": engine.clock.now_at(), "is_draining": engine.is_draining, "campaigns": campaigns,
                "trunks": dict(engine.state.trunks), "lines_in_use": engine.trunks.in_use_count,
                "records": engine.state.record_count}  # fmt: skip

    async def _steer(self, what: str, request: Request) -> dict[str, Any]:
        campaign = self._campaign(request)
        wanted = CampaignState.RUNNING if what == "pause" else CampaignState.PAUSED
        if campaign.book.state is not wanted:
            msg = f"`{campaign.plan.campaign_id}` is {campaign.book.state.value}, not {wanted.value}"
            raise ControlError(msg)
        steer = campaign.pause if what == "pause" else campaign.resume
        steer(str(request.get("reason") or "asked for"), _actor(request))
        return {"state": campaign.book.state.value}

    async def _drain(self, request: Request) -> dict[str, Any]:
        reason = str(request.get("reason") or "asked for")
        if request.get("campaign"):
            campaign = self._campaign(request)
            campaign.drain(reason, _actor(request))
            return {"state": campaign.book.state.value}
        actor = _actor(request)
        for campaign in self.engine.campaigns.values():
            campaign.drain(reason, actor)
        self.engine.drain(reason)
        return {"is_draining": True}

    async def _trunk(self, request: Request) -> dict[str, Any]:
        name, trunks = str(request.get("trunk") or ""), self.engine.trunks
        if name not in {one.trunk.name for one in trunks.lanes}:
            msg = f"there is no trunk `{name}`; there are {', '.join(one.trunk.name for one in trunks.lanes)}"
            raise ControlError(msg)
        if request.get("reopen"):
            trunks.reopen(name)
            return {"trunk": name, "state": "open"}
        in_use = trunks.drain(name, f"{request.get('reason') or 'asked for'} ({_actor(request)})")
        return {"trunk": name, "state": "draining", "lines_in_use": in_use}

    async def _reload(self, request: Request) -> dict[str, Any]:
        return {"campaigns": await self.rules.reload(_actor(request), str(request.get("reason") or ""))}

    async def _rules(self, request: Request) -> dict[str, Any]:
        return self.rules.status(self._campaign(request).plan.campaign_id)

    async def _shadow(self, request: Request) -> dict[str, Any]:
        campaign_id = self._campaign(request).plan.campaign_id
        drafts = [PackSource(str(name), str(text)) for name, text in request.get("sources") or ()]
        if not drafts:
            msg = "there is no draft; name its rule files"
            raise ControlError(msg)
        changes = await self.rules.shadow(campaign_id, drafts, _actor(request), float(request.get("days") or 0.0))
        return {"changes": {**asdict(changes), "law": sorted(changes.law)}, **self.rules.status(campaign_id)}

    async def _promote(self, request: Request) -> dict[str, Any]:
        campaign_id = self._campaign(request).plan.campaign_id
        stage, share = parse_stage(str(request.get("stage")))
        said = {name: str(request.get(name) or "") for name in ("approver", "override_by", "override_reason")}
        overridden = await self.rules.promote(campaign_id, Promotion(stage, share, _actor(request), **said))
        return {"overridden": list(overridden), **self.rules.status(campaign_id)}

    def _campaign(self, request: Request) -> Campaign:
        name = str(request.get("campaign") or "")
        campaign = self.engine.campaigns.get(name)
        if campaign is None:
            known = ", ".join(self.engine.campaigns)
            msg = f"there is no campaign `{name}`; there are {known}" if name else f"name a campaign: {known}"
            raise ControlError(msg)
        return campaign


def _actor(request: Request) -> str:
    actor = str(request.get("actor") or "").strip()
    if not actor:
        msg = "say who asks for it"
        raise ControlError(msg)
    return actor


# The socket.


async def serve_control(
    path: Path, desk: ControlDesk, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    """Serve the desk on a socket at `path` until cancelled; the file is removed then."""
    listener = await _listen(path)
    try:
        task_status.started()
        await trio.serve_listeners(partial(_converse, desk), [listener])
    finally:
        _remove(path)


async def _listen(path: Path) -> trio.SocketListener:
    if len(os.fsencode(path)) > _LONGEST_PATH:
        msg = f"{path}: is too long for a socket, of which the system takes {_LONGEST_PATH} characters"
        raise ConfigError(msg)
    if _is_socket(path):
        await _remove_stale(path)
    bound = trio.socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Before it has a name, so that there is no moment in which others could open it.
    os.fchmod(bound.fileno(), _OWNER_ONLY)
    await bound.bind(os.fspath(path))
    os.chmod(path, _OWNER_ONLY)
    bound.listen()
    return trio.SocketListener(bound)


def _is_socket(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISSOCK(mode):
        msg = f"{path}: is there already and no socket; name another path as `control`"
        raise ConfigError(msg)
    return True


async def _remove_stale(path: Path) -> None:
    """A socket that nobody serves any more is taken away; one that somebody serves is theirs."""
    try:
        stream = await trio.open_unix_socket(os.fspath(path))
    except ConnectionRefusedError:
        _remove(path)
        return
    await stream.aclose()
    msg = f"{path}: another engine is controlled there; give each its own `control`"
    raise ConfigError(msg)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


async def _converse(desk: ControlDesk, stream: trio.SocketStream) -> None:
    """Answer line after line until the other side has gone, whatever it sent."""
    lines = _Lines(stream)
    try:
        while (line := await lines.next()) is not None:
            await stream.send_all(_encoded(await _answer_line(desk, line)))
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        return
    except ControlError as error:
        await stream.send_all(_encoded({"ok": False, "error": str(error)}))


async def _answer_line(desk: ControlDesk, line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line)
        if not isinstance(request, dict):
            return {"ok": False, "error": "a request is a JSON object"}
        return await desk.answer(request)
    except ValueError as error:
        return {"ok": False, "error": f"the request is no JSON: {error}"}
    except Exception:
        log.exception("control_failed")
        return {"ok": False, "error": "the engine could not answer; see its log"}


class _Lines:
    """The lines that come in on a stream."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream, self._buffered = stream, bytearray()

    async def next(self) -> bytes | None:
        """The next line; None when the other side has gone. Raises `ControlError` for one that has no end."""
        while (end := self._buffered.find(b"\n")) < 0:
            if len(self._buffered) > _LONGEST_LINE:
                msg = "the line is too long"
                raise ControlError(msg)
            chunk = await self._stream.receive_some()
            if not chunk:
                return None
            self._buffered += chunk
        line = bytes(self._buffered[:end])
        del self._buffered[: end + 1]
        return line


def _encoded(answer: Mapping[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False, default=_plain).encode() + b"\n"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else str(value)


async def ask(path: Path, request: Request) -> dict[str, Any]:
    """Send one request to a running engine and return its answer; raises `ControlError` when it is not there."""
    try:
        with trio.fail_after(_ANSWER_S):
            async with await trio.open_unix_socket(os.fspath(path)) as stream:
                await stream.send_all(_encoded(request))
                line = await _Lines(stream).next()
    except (OSError, trio.BrokenResourceError) as error:
        msg = f"{path}: no engine answers there ({error}); is `paceline run` under way?"
        raise ControlError(msg) from error
    except trio.TooSlowError as error:
        msg = f"{path}: the engine has not answered within {_ANSWER_S:.0f} s"
        raise ControlError(msg) from error
    if line is None:
        msg = f"{path}: the engine went away without an answer"
        raise ControlError(msg)
    answer: dict[str, Any] = json.loads(line)
    return answer

"""A small FreeSWITCH in this process: it keeps channels and speaks the event socket over a real loopback socket.

What it says follows the documentation of mod_event_socket, mod_commands and
mod_dptools; it is no proof that a FreeSWITCH says the same.
"""

import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from urllib.parse import quote

import trio
from attrs import define, field

PASSWORD = "s3cret"
# How long every sound plays.
SOUND_S = 3.0
FRAME_S = 0.02


@define
class Fate:
    """What a number does when it is called."""

    after_s: float = 1.0
    greets_s: float = 1.0
    stays_s: float = math.inf
    cause: str = ""
    """With one, nobody answers: the call ends with it after `after_s`."""
    sip_status: int | None = None


@define(eq=False)
class Channel:
    """One call leg."""

    id: str
    variables: dict[str, str]
    fate: Fate
    scope: trio.CancelScope = field(factory=trio.CancelScope)
    answered_mono: float | None = None
    bridged_to: str = ""
    cause: str = ""
    sip_status: int | None = None
    apps: list[tuple[str, str]] = field(factory=list)
    has_apps: trio.Event = field(factory=trio.Event)
    app_scope: trio.CancelScope = field(factory=trio.CancelScope)


@define(eq=False)
class Connection:
    """One client."""

    stream: trio.SocketStream
    is_in: bool = False
    events: set[str] = field(factory=set)
    outgoing: bytearray = field(factory=bytearray)
    has_work: trio.Event = field(factory=trio.Event)

    def send(self, text: str) -> None:
        """Queue bytes."""
        self.outgoing += text.encode()
        self.has_work.set()

    def message(self, content_type: str, body: str) -> None:
        """A message with a body."""
        self.send(f"Content-Type: {content_type}\nContent-Length: {len(body.encode())}\n\n{body}")

    def reply(self, text: str) -> None:
        """An answer to anything but `api`."""
        self.send(f"Content-Type: command/reply\nReply-Text: {text}\n\n")


@define(eq=False)
class Peer:
    """The switch."""

    nursery: trio.Nursery
    fates: dict[str, Fate] = field(factory=dict)
    port: int = 0
    core_id: str = "core-1"
    channels: dict[str, Channel] = field(factory=dict)
    connections: set[Connection] = field(factory=set)
    commands: list[str] = field(factory=list)
    originated: list[str] = field(factory=list)
    missing_sounds: set[str] = field(factory=set)
    originate_delay_s: float = 0.0
    is_mute: bool = False
    """Takes bytes and says nothing."""
    _starts: count = field(factory=lambda: count(2))
    _listening: trio.CancelScope | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    # Faults.

    async def start(self) -> None:
        """Listen."""
        (listener,) = await trio.open_tcp_listeners(self.port, host="127.0.0.1")
        self.port = listener.socket.getsockname()[1]
        self._listening = trio.CancelScope()
        await self.nursery.start(self._serve, listener, self._listening)

    async def _serve(self, listener: trio.SocketListener, scope: trio.CancelScope, *, task_status: object) -> None:
        with scope:
            await trio.serve_listeners(self._talk, [listener], task_status=task_status)  # type: ignore[arg-type]

    def cut(self) -> None:
        """The connections are gone, the calls are not."""
        for one in list(self.connections):
            one.stream.socket.close()

    def die(self) -> None:
        """The process is gone, and its calls with it."""
        assert self._listening is not None
        self._listening.cancel()
        for channel in list(self.channels.values()):
            channel.scope.cancel()
        self.channels.clear()

    async def rise(self) -> None:
        """A new process at the old address."""
        self.core_id = f"core-{next(self._starts)}"
        await self.start()

    # The socket.

    async def _talk(self, stream: trio.SocketStream) -> None:
        one = Connection(stream)
        self.connections.add(one)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write, one)
                one.send("Content-Type: auth/request\n\n")
                unread = b""
                while data := await stream.receive_some(65536):
                    unread += data
                    while b"\n\n" in unread:
                        block, _, unread = unread.partition(b"\n\n")
                        self._obey(one, block.decode())
                nursery.cancel_scope.cancel()
        except* (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            self.connections.discard(one)

    async def _write(self, one: Connection) -> None:
        while True:
            await one.has_work.wait()
            data, one.outgoing, one.has_work = bytes(one.outgoing), bytearray(), trio.Event()
            if not self.is_mute:
                await one.stream.send_all(data)

    def _obey(self, one: Connection, block: str) -> None:
        line, *rest = block.split("\n")
        headers = dict(header.split(": ", 1) for header in rest)
        self.commands.append(line)
        verb, _, argument = line.partition(" ")
        if verb in ("auth", "userauth"):
            one.is_in = argument in (PASSWORD, f"paceline@default:{PASSWORD}")
            one.reply("+OK accepted" if one.is_in else "-ERR invalid")
        elif not one.is_in:
            one.reply("-ERR command not found")
        elif verb == "event":
            one.events = set(argument.split()[1:])
            one.reply("+OK event listener enabled plain")
        elif verb == "api":
            one.message("api/response", self._api(argument))
        elif verb == "bgapi":
            one.reply(f"+OK Job-UUID: {headers['Job-UUID']}")
            self.nursery.start_soon(self._originate, argument.removeprefix("originate "), headers["Job-UUID"])
        elif verb == "sendmsg":
            self._execute(one, argument, headers)
        else:
            one.reply("-ERR command not found")

    def _execute(self, one: Connection, channel_id: str, headers: dict[str, str]) -> None:
        channel = self.channels.get(channel_id)
        if channel is None:
            one.reply("-ERR invalid session id [c]")
            return
        channel.apps.append((headers["execute-app-name"], headers["execute-app-arg"]))
        channel.has_apps.set()
        one.reply("+OK")

    def _api(self, line: str) -> str:
        verb, *words = line.split(" ")
        known = {
            "global_getvar": self.core_id,
            "version": "FreeSWITCH Version 1.10.12-release (64bit)\n",
            "module_exists": "true",
        }
        if verb in known:
            return known[verb]
        if verb == "sofia":
            return "Invalid Gateway!\n" if words[-1] != "trunk" else "Name    \ttrunk\nState   \tREGED\nStatus  \tUP\n"
        if verb == "show":
            rows = [{"uuid": one.id, "callstate": "ACTIVE"} for one in self.channels.values()]
            return json.dumps({"row_count": len(rows), "rows": rows} if rows else {"row_count": 0})
        if verb == "hupall":
            for one in list(self.channels.values()):
                if one.variables.get(words[1]) == words[2]:
                    self.hang_up(one, words[0])
            return "+OK hangup all channels\n"
        return self._of_channel(verb, words)

    def _of_channel(self, verb: str, words: list[str]) -> str:
        channel = self.channels.get(words[0])
        if channel is None:
            return "-ERR No such channel!\n"
        if verb == "uuid_kill":
            self.hang_up(channel, words[1])
        elif verb == "uuid_dump":
            state = "answered" if channel.answered_mono is not None else "ringing"
            return f"Event-Name: CHANNEL_DATA\nAnswer-State: {state}\nUnique-ID: {channel.id}\n"
        elif verb == "uuid_setvar":
            channel.variables[words[1]] = words[2]
        elif verb == "uuid_break":
            channel.apps.clear()
            channel.app_scope.cancel()
        elif verb == "uuid_bridge":
            other = self.channels.get(words[1])
            if other is None or other.answered_mono is None or channel.answered_mono is None:
                return "-ERR Invalid uuid\n"
            channel.bridged_to, other.bridged_to = other.id, channel.id
            return f"+OK {words[1]}\n"
        return "+OK\n"

    # Calls.

    async def _originate(self, line: str, job_id: str) -> None:
        told, _, rest = line.removeprefix("{").partition("}")
        endpoint, app = rest.split(" ", 1)
        assert app == "&park()"
        await trio.sleep(self.originate_delay_s)
        number = endpoint.rpartition("/")[2]
        self.originated.append(number)
        if endpoint.startswith("sofia/gateway/nowhere/"):
            self._job_over(job_id, "-ERR INVALID_GATEWAY")
            return
        variables = dict(one.split("=", 1) for one in told.split(","))
        channel = Channel(variables["origination_uuid"], variables, self.fates.get(number, Fate()))
        self.channels[channel.id] = channel
        with channel.scope:
            await self._live(channel, job_id)
        if channel.answered_mono is None:
            self._job_over(job_id, f"-ERR {channel.cause or 'SYSTEM_SHUTDOWN'}")

    async def _live(self, channel: Channel, job_id: str) -> None:
        fate = channel.fate
        self.tell("CHANNEL_CREATE", channel)
        await trio.sleep(0.2 * fate.after_s)
        self.tell("CHANNEL_PROGRESS", channel)
        with trio.move_on_after(float(channel.variables["originate_timeout"])) as patience:
            await trio.sleep(0.8 * fate.after_s)
        if fate.cause or patience.cancelled_caught:
            channel.sip_status = fate.sip_status
            self.hang_up(channel, fate.cause or "NO_ANSWER")
            await trio.lowlevel.checkpoint()
        channel.answered_mono = trio.current_time()
        self.tell("CHANNEL_ANSWER", channel)
        self._job_over(job_id, f"+OK {channel.id}")
        with trio.move_on_after(fate.stays_s):
            await self._run_apps(channel)
        self.hang_up(channel, "NORMAL_CLEARING")

    async def _run_apps(self, channel: Channel) -> None:
        apps: dict[str, Callable[[Channel, str], Awaitable[dict[str, str]]]] = {
            "detect_audio": self._detect_audio,
            "detect_silence": self._detect_silence,
            "playback": self._playback,
        }
        while True:
            while not channel.apps:
                channel.has_apps = trio.Event()
                await channel.has_apps.wait()
            name, argument = channel.apps.pop(0)
            said: dict[str, str] = {}
            with trio.CancelScope() as channel.app_scope:
                said = await apps[name](channel, argument)
            self.tell("CHANNEL_EXECUTE_COMPLETE", channel, {"Application": name, **said})

    async def _detect_audio(self, channel: Channel, argument: str) -> dict[str, str]:
        _, frames, limit_ms = argument.split()
        speech_left_s = (channel.answered_mono or 0.0) + channel.fate.greets_s - trio.current_time()
        is_heard = speech_left_s >= int(frames) * FRAME_S
        await trio.sleep(int(frames) * FRAME_S if is_heard else int(limit_ms) / 1000)
        return {"variable_detect_audio_timeout": "false" if is_heard else "true"}

    async def _detect_silence(self, channel: Channel, argument: str) -> dict[str, str]:
        _, frames, limit_ms = argument.split()
        speech_left_s = max(0.0, (channel.answered_mono or 0.0) + channel.fate.greets_s - trio.current_time())
        needed_s = speech_left_s + int(frames) * FRAME_S
        is_heard = needed_s <= int(limit_ms) / 1000
        await trio.sleep(needed_s if is_heard else int(limit_ms) / 1000)
        return {"variable_detect_silence_timeout": "false" if is_heard else "true"}

    async def _playback(self, channel: Channel, sound: str) -> dict[str, str]:
        if sound in self.missing_sounds:
            return {"Application-Response": "FILE NOT FOUND"}
        await trio.sleep(SOUND_S)
        return {"Application-Response": "FILE PLAYED"}

    def press(self, channel_id: str, key: str) -> None:
        """A key of a phone."""
        self.tell("DTMF", self.channels[channel_id], {"DTMF-Digit": key})

    def hang_up(self, channel: Channel, cause: str) -> None:
        """End a channel."""
        if self.channels.pop(channel.id, None) is None:
            return
        channel.cause = cause
        told = {"Hangup-Cause": cause}
        if channel.sip_status is not None:
            told["variable_sip_term_status"] = str(channel.sip_status)
        self.tell("CHANNEL_HANGUP", channel, told)
        other = self.channels.get(channel.bridged_to)
        if other is not None:
            other.bridged_to = ""
            if other.variables.get("park_after_bridge") != "true":
                self.hang_up(other, "NORMAL_CLEARING")
        channel.scope.cancel()

    def tell(self, name: str, channel: Channel, more: dict[str, str] | None = None) -> None:
        """Send an event to everybody who asked for it."""
        told = {"Event-Name": name, "Core-UUID": self.core_id, "Unique-ID": channel.id, **(more or {})}
        self._event(name, told | {f"variable_{key}": value for key, value in channel.variables.items()}, "")

    def _job_over(self, job_id: str, text: str) -> None:
        told = {"Event-Name": "BACKGROUND_JOB", "Job-UUID": job_id, "Job-Command": "originate"}
        self._event("BACKGROUND_JOB", told, f"{text}\n")

    def _event(self, name: str, told: dict[str, str], body: str) -> None:
        if body:
            told = told | {"Content-Length": str(len(body))}
        text = "".join(f"{key}: {quote(value)}\n" for key, value in told.items()) + "\n" + body
        for one in self.connections:
            if name in one.events:
                one.message("text/event-plain", text)


@asynccontextmanager
async def open_peer() -> AsyncIterator[Peer]:
    """A switch that runs as long as the block lasts."""
    async with trio.open_nursery() as nursery:
        peer = Peer(nursery)
        await peer.start()
        yield peer
        nursery.cancel_scope.cancel()

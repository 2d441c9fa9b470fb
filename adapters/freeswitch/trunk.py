"""A carrier behind one FreeSWITCH as a trunk: calls placed, watched, judged, hung up.

Theory of operation. A leg's channel has an id made of the attempt's, so the
journal names every call on the switch. The order to originate is queued in the
instant the block is entered and nothing of it is waited for: what follows comes
as events, and the event that ends the call cancels the leg's scope. An originate
is never repeated, since one whose reply was lost may have rung. Who answers is
parked; what is to be heard or played runs there as an application.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import structlog
import trio

from adapters.freeswitch.causes import CUT_CAUSES, outcome_of_name
from adapters.freeswitch.link import LinkLostError
from adapters.freeswitch.protocol import Answered, Event, Executed, HungUp, JobOver, Reply, Ringing
from adapters.freeswitch.server import FreeswitchServer
from adapters.freeswitch.settings import FreeswitchSettings
from adapters.switches.detection import GreetingJudge
from adapters.switches.numbers import number_writer
from dialer.disposition import HungUpBy, NetworkOutcome
from dialer.ports import CallOrder, CallTrace, Greeting, LegEnd, PeerError
from dialer.records import AnsweredBy

__all__ = ["FreeswitchLeg", "FreeswitchTrunk"]

log = structlog.get_logger()

# Our own deadline ends a call that nobody answers; the switch's, later by this, only counts when we are gone.
_SWITCH_RINGS_ON_S = 3
# So many calls refused by the switch itself, without one accepted between them, and the trunk is taken for down …
_MAX_REFUSALS = 5
# … for this long. Then one more is tried.
_REST_S = 5.0
# FreeSWITCH replies within a millisecond; a person who waits for a verdict is not kept longer than this.
_CATCH_UP_S = 0.3
# The two applications count frames; phones and carriers send one every 20 ms.
_FRAME_S = 0.02
# So many loud frames in a row are speech and not a click.
_SPEECH_FRAMES = 4


class FreeswitchLeg:
    """The far end's side of one call."""

    def __init__(self, server: FreeswitchServer, settings: FreeswitchSettings, order: CallOrder) -> None:
        self.server = server
        self.channel_id = server.channel_id(order.attempt_id)
        self.ended: LegEnd | None = None
        self.scope = trio.CancelScope()
        self.has_rung = False
        self.unattended_s = settings.unattended_s
        self._settings = settings
        self._has_machine_detection = order.has_machine_detection
        self._answered = trio.Event()
        self._answer_mono = 0.0
        self._news = trio.Event()
        self._judge: GreetingJudge | None = None
        self._began_mono = 0.0
        self._is_listening = False
        self._playing = ""
        self._played = ""

    @property
    def is_answered(self) -> bool:
        """Whether somebody picked up."""
        return self._answered.is_set()

    # What the engine asks.

    async def wait_answer(self) -> float:
        """Block until somebody answers; the trio time of the answer."""
        await self._answered.wait()
        return self._answer_mono

    async def wait_greeting(self) -> Greeting:
        """Block until person or machine is told apart and the greeting is over."""
        judge = self._judge
        if judge is None:
            return Greeting(AnsweredBy.UNKNOWN, self._answer_mono)
        while judge.verdict is None:
            if trio.current_time() >= judge.due_mono:
                await self._catch_up(judge)
                return judge.decide(trio.current_time())
            self._news = trio.Event()
            with trio.CancelScope(deadline=judge.due_mono):
                await self._news.wait()
        return judge.verdict

    async def _catch_up(self, judge: GreetingJudge) -> None:
        """Hear what is on its way: a reply comes after the events before it. Without one, nothing is sure."""
        came = trio.Event()

        def on_reply(reply: Reply | None) -> None:
            if reply is None:
                judge.lose_track()
            came.set()

        self.server.post("api global_getvar core_uuid", None, on_reply)
        with trio.move_on_after(_CATCH_UP_S) as limit:
            await came.wait()
        if limit.cancelled_caught:
            judge.lose_track()

    async def play(self, message: str) -> None:
        """Play a recorded message to its end. Raises `PeerError` when FreeSWITCH cannot."""
        if self._is_listening:  # applications wait for each other
            self.server.post(f"api uuid_break {self.channel_id} all")
        self._playing, self._played = message, ""
        sound = self._settings.sound.format(message=message)
        self.server.execute(self.channel_id, "playback", sound)
        while self._playing:
            self._news = trio.Event()
            await self._news.wait()
        if self._played.startswith(("FILE NOT FOUND", "PLAYBACK ERROR")):
            msg = f"freeswitch could not play `{sound}`; is there such a sound file?"
            raise PeerError(msg)

    async def ask(self, line: str) -> Reply:
        """Ask for something about the channel; blocks for good when the channel is gone, as the block is then left."""
        try:
            reply = await self.server.request(line)
        except LinkLostError:
            self.on_lost()
            await trio.sleep_forever()
            raise
        if not reply.is_ok and not self.scope.cancel_called:
            # The channel went a moment ago, and its end is on its way; if it is not, this is a fault.
            with trio.move_on_after(1.0):
                await trio.sleep_forever()
        if not reply.is_ok:
            msg = f"freeswitch answered `{reply.text[:200]}` to {line.split()[1]}"
            raise PeerError(msg)
        return reply

    # What the switch says.

    def on_event(self, event: Event, mono: float) -> None:
        """The channel changed, or the order for it was refused."""
        match event:
            case Ringing():
                self.has_rung = True
            case Answered():
                self._answer(mono)
            case Executed(application="detect_audio"):
                self._speech_began(event, mono)
            case Executed(application="detect_silence"):
                self._speech_over(event, mono)
            case Executed(application="playback"):
                self._playing, self._played = "", event.response
            case HungUp(cause=cause, sip_status=sip_status):
                self._end_by_switch(cause, sip_status, mono)
            case JobOver(text=text) if text.startswith("-"):
                self._refuse(text, mono)
        self._news.set()

    def on_found(self, is_answered: bool) -> None:
        """The connection was away, the call was not."""
        if is_answered:
            self._answer(trio.current_time())
        if self._judge is not None:
            self._judge.lose_track()
        if self._playing:  # its end may have been missed, and nobody tells it again
            self._playing = ""
            self._news.set()

    def on_lost(self) -> None:
        """Nobody can say what is on the line."""
        self._end(NetworkOutcome.TRUNK_LOST, HungUpBy.NETWORK, trio.current_time())

    def _answer(self, mono: float) -> None:
        if self.is_answered:
            return
        self._answer_mono = mono
        if self._has_machine_detection:
            self._judge = GreetingJudge(self._settings.detection, mono)
            self._hear("detect_audio", _SPEECH_FRAMES, self._settings.detection.first_word_s)
        self._answered.set()

    def _hear(self, application: str, frames: int, limit_s: float) -> None:
        self._is_listening = True
        threshold = self._settings.detection.threshold
        self.server.execute(self.channel_id, application, f"{threshold} {frames} {round(limit_s * 1000)}")

    def _speech_began(self, event: Executed, mono: float) -> None:
        self._is_listening = False
        if self._judge is None or self._judge.verdict is not None or not _is_heard(event, "detect_audio_timeout"):
            return
        detection = self._settings.detection
        self._began_mono = max(self._answer_mono, mono - _SPEECH_FRAMES * _FRAME_S)
        self._judge.talk_began(self._began_mono)
        self._hear("detect_silence", round(detection.silence_s / _FRAME_S), self._judge.due_mono - mono)

    def _speech_over(self, event: Executed, mono: float) -> None:
        self._is_listening = False
        if self._judge is not None and _is_heard(event, "detect_silence_timeout"):
            self._judge.talk_paused(mono, mono - self._settings.detection.silence_s - self._began_mono)

    def _end_by_switch(self, cause: str, sip_status: int | None, mono: float) -> None:
        if self.is_answered:
            by = HungUpBy.NETWORK if cause in CUT_CAUSES else HungUpBy.PERSON
            self._end(NetworkOutcome.NORMAL, by, mono)
        else:
            self._end(outcome_of_name(cause, sip_status), HungUpBy.NETWORK, mono)

    def _refuse(self, text: str, mono: float) -> None:
        """The order came to nothing; where a channel was made of it, its own end says the same, only more."""
        if self.is_answered:
            return
        name = text.removeprefix("-ERR").strip()
        outcome = outcome_of_name(name) if name.replace("_", "").isupper() else NetworkOutcome.TRUNK_LOST
        self._end(outcome, HungUpBy.NETWORK, mono)

    def _end(self, outcome: NetworkOutcome, by: HungUpBy, mono: float) -> None:
        if self.ended is None:
            self.ended = LegEnd(outcome, by, mono)
            self.scope.cancel()

    def close(self) -> None:
        """The block is left: hang up, unless the far end has gone."""
        self.server.forget(self.channel_id)
        if self.ended is None:
            outcome = NetworkOutcome.NORMAL if self.is_answered else NetworkOutcome.NO_ANSWER
            self.ended = LegEnd(outcome, HungUpBy.US, trio.current_time())
        elif self.ended.outcome is not NetworkOutcome.TRUNK_LOST:
            return
        self.server.hang_up(self.channel_id)  # beyond our reach is not beyond hearing


class FreeswitchTrunk:
    """One carrier behind one FreeSWITCH."""

    def __init__(
        self, name: str, line_count: int, max_calls_per_s: float, server: FreeswitchServer, settings: FreeswitchSettings
    ) -> None:
        self.name = name
        self.line_count = line_count
        self.max_calls_per_s = max_calls_per_s
        self.server = server
        self._settings = settings
        self._write = number_writer(settings.number_format, settings.region, settings.number_prefix)
        self._refusals = 0
        self._rests_until_mono = 0.0

    @property
    def is_up(self) -> bool:
        """Whether a call placed now could succeed."""
        return self.server.is_up and trio.current_time() >= self._rests_until_mono

    @asynccontextmanager
    async def open_leg(self, order: CallOrder) -> AsyncIterator[FreeswitchLeg]:
        """Originate. The block is left when the far end goes; leaving it hangs up."""
        leg = FreeswitchLeg(self.server, self._settings, order)
        self.server.listen(leg.channel_id, leg)
        try:
            with leg.scope:
                self._originate(leg, order)
                yield leg
        finally:
            leg.close()
            self._note(leg)

    async def settle(self, attempt_ids: Sequence[str]) -> Mapping[str, CallTrace]:
        """What was still on the line when we came back; it was hung up. The rest FreeSWITCH has forgotten."""
        await self.server.wait_up()
        found = self.server.left_over or {}
        states = {one: found[key] for one in attempt_ids if (key := self.server.channel_id(one)) in found}
        # A channel that was answered had a person or a machine on it, and nobody to say which.
        return {
            one: CallTrace(True, AnsweredBy.UNKNOWN if is_answered else None, None)
            for one, is_answered in states.items()
        }

    def _originate(self, leg: FreeswitchLeg, order: CallOrder) -> None:
        if not self.is_up:
            leg.on_lost()
            return
        number = self._settings.endpoint.format(number=self._write(order.e164))
        line = originate(leg.channel_id, number, order.caller_id, self._variables(order))

        def on_reply(reply: Reply | None) -> None:
            if reply is not None and not reply.is_ok:  # the connection's loss is told by itself
                leg.on_lost()

        self.server.post(line, {"Job-UUID": leg.channel_id}, on_reply)

    def _variables(self, order: CallOrder) -> dict[str, str]:
        return {
            "paceline_app": self.server.settings.app,
            "originate_timeout": str(int(order.ring_s) + _SWITCH_RINGS_ON_S),
            "park_timeout": f"{self._settings.unattended_s}:ALLOTTED_TIMEOUT",
        } | {f"sip_h_{name}": value for name, value in self._settings.headers.items()}

    def _note(self, leg: FreeswitchLeg) -> None:
        """A trunk whose switch refuses one call after another is down, whatever its connection says."""
        if leg.ended is None or leg.ended.outcome is not NetworkOutcome.TRUNK_LOST:
            self._refusals = 0
        elif self.is_up:
            self._refusals += 1
            log.warning("originate_refused", trunk=self.name)
            if self._refusals >= _MAX_REFUSALS:
                self._rests_until_mono = trio.current_time() + _REST_S
                self._refusals = _MAX_REFUSALS - 1  # the next refusal is enough


def originate(channel_id: str, endpoint: str, caller_id: str, variables: Mapping[str, str]) -> str:
    """The order to call in the background and to park who answers. Sound before the answer is no answer."""
    told = {
        "origination_uuid": channel_id,
        "origination_caller_id_number": caller_id,
        "origination_caller_id_name": caller_id,
        "ignore_early_media": "true",
        **variables,
    }
    listed = ",".join(f"{name}={_quoted(value)}" for name, value in told.items() if value)
    return f"bgapi originate {{{listed}}}{endpoint} &park()"


def _quoted(value: str) -> str:
    if any(one in value for one in "{}[],'\\\r\n"):
        raise PeerError("what a call is to be told holds a bracket, comma or quote")
    return f"'{value}'" if " " in value else value


def _is_heard(event: Executed, variable: str) -> bool:
    """Whether the application ended for what it listened for, and not for want of it."""
    return event.variables.get(variable) != "true"

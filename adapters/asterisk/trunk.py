"""A carrier behind one Asterisk as a trunk: calls placed, watched, judged, hung up.

Theory of operation. A leg's channel has an id made of the attempt's, so the
journal names every call on the switch. The request to originate is queued in
the instant the block is entered and nothing of it is waited for: what follows
comes as events, and the event that ends the call cancels the leg's scope. An
originate is never repeated, since one whose reply was lost may have rung.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import structlog
import trio

from adapters.asterisk.link import LinkLostError
from adapters.asterisk.protocol import (
    Answered,
    Destroyed,
    Event,
    HangupAsked,
    PlaybackOver,
    Reply,
    Ringing,
    TalkBegan,
    TalkPaused,
)
from adapters.asterisk.server import AsteriskServer, Listener
from adapters.asterisk.settings import AsteriskSettings
from adapters.switches.detection import GreetingJudge
from adapters.switches.numbers import number_writer
from adapters.switches.outcomes import outcome_of
from dialer.disposition import HungUpBy, NetworkOutcome
from dialer.ports import CallOrder, CallTrace, Greeting, LegEnd, PeerError
from dialer.records import AnsweredBy

__all__ = ["AsteriskLeg", "AsteriskTrunk"]

log = structlog.get_logger()

# Our own deadline ends a call that nobody answers; the switch's, later by this, only counts when we are gone.
_SWITCH_RINGS_ON_S = 3
# So many calls refused by the switch itself, without one accepted between them, and the trunk is taken for down …
_MAX_REFUSALS = 5
# … for this long. Then one more is tried.
_REST_S = 5.0
# Asterisk replies within a millisecond; a person who waits for a verdict is not kept longer than this.
_CATCH_UP_S = 0.3
# Q.850 causes by which the network, not the person, ends an answered call.
_CUT_CAUSES = frozenset({27, 34, 38, 41, 42, 44, 102, 127})


class AsteriskLeg:
    """The far end's side of one call."""

    def __init__(self, server: AsteriskServer, settings: AsteriskSettings, order: CallOrder) -> None:
        self.server = server
        self.channel_id = server.channel_id(order.attempt_id)
        self.ended: LegEnd | None = None
        self.scope = trio.CancelScope()
        self.has_rung = False
        self.is_placed = False
        self._settings = settings
        self._has_machine_detection = order.has_machine_detection
        self._answered = trio.Event()
        self._answer_mono = 0.0
        self._news = trio.Event()
        self._judge: GreetingJudge | None = None
        self._is_theirs = False
        self._playing = ""
        self._play_failed = False
        self._played_count = 0
        self._heir: Listener | None = None

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
        """Hear what is on its way: a reply comes after every event that was before it. Without one, nothing is sure."""
        came = trio.Event()

        def on_reply(reply: Reply | None) -> None:
            if reply is None:
                judge.lose_track()
            came.set()

        self.server.post("GET", "asterisk/ping", {}, on_reply=on_reply)
        with trio.move_on_after(_CATCH_UP_S) as limit:
            await came.wait()
        if limit.cancelled_caught:
            judge.lose_track()

    async def play(self, message: str) -> None:
        """Play a recorded message to its end. Raises `PeerError` when Asterisk cannot."""
        self._played_count += 1
        playback_id = f"{self.channel_id}/{self._played_count}"
        self._playing, self._play_failed = playback_id, False
        self.server.listen(playback_id, self)
        try:
            media = {"media": f"sound:{self._settings.sounds}{message}"}
            await self.ask("POST", f"channels/{self.channel_id}/play/{playback_id.replace('/', '%2F')}", media)
            while self._playing:
                self._news = trio.Event()
                await self._news.wait()
        finally:
            self.server.forget(playback_id)
        if self._play_failed:
            msg = f"asterisk could not play `{self._settings.sounds}{message}`; is there such a sound file?"
            raise PeerError(msg)

    async def ask(self, method: str, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Ask for something about the channel; blocks for good when the channel is gone, as the block is then left."""
        try:
            reply = await self.server.request(method, path, query)
        except LinkLostError:
            self.on_lost()
            await trio.sleep_forever()
            raise
        if reply.status in (404, 409, 412, 422) and not self.scope.cancel_called:
            # The channel went a moment ago, and its end is on its way; if it is not, this is a fault.
            with trio.move_on_after(1.0):
                await trio.sleep_forever()
        if not reply.is_ok:
            msg = f"asterisk answered {reply.status} to {method} {path.partition('/')[0]}: {reply.text[:200]}"
            raise PeerError(msg)
        return reply

    # What the switch says.

    def on_event(self, event: Event, mono: float) -> None:
        """The channel, or a sound on it, changed."""
        match event:
            case Ringing():
                self.has_rung = True
            case Answered():
                self._answer(mono)
            case HangupAsked():
                self._is_theirs = True
            case TalkBegan() if self._judge is not None:
                self._judge.talk_began(mono)
            case TalkPaused(spoken_s=spoken_s) if self._judge is not None:
                self._judge.talk_paused(mono, spoken_s)
            case PlaybackOver():
                self._playing, self._play_failed = "", event.is_failed
            case Destroyed():
                self._end_by_switch(event, mono)
        self._news.set()

    def on_found(self, state: str) -> None:
        """The connection was away, the call was not."""
        if state == "Up":
            self._answer(trio.current_time())
        if self._judge is not None:
            self._judge.lose_track()
        if self._playing:
            playing = self._playing.replace("/", "%2F")
            self.server.post("GET", f"playbacks/{playing}", {}, on_reply=self._on_playback_known)

    def on_lost(self) -> None:
        """Nobody can say what is on the line."""
        self._end(NetworkOutcome.TRUNK_LOST, HungUpBy.NETWORK, trio.current_time())

    def on_originated(self, reply: Reply | None) -> None:
        """Whether the switch took the order."""
        if reply is None or self.ended is not None:
            return  # the connection's loss is told by itself
        self.is_placed = reply.is_ok
        if not reply.is_ok:
            self._end(NetworkOutcome.TRUNK_LOST, HungUpBy.NETWORK, trio.current_time())

    def _on_playback_known(self, reply: Reply | None) -> None:
        if reply is not None and reply.status == 404:
            self._playing = ""
            self._news.set()

    def _answer(self, mono: float) -> None:
        if self.is_answered:
            return
        self._answer_mono = mono
        if self._has_machine_detection:
            self._judge = GreetingJudge(self._settings.detection, mono)
        self._answered.set()

    def _end_by_switch(self, event: Destroyed, mono: float) -> None:
        if self.is_answered:
            by = HungUpBy.NETWORK if event.cause in _CUT_CAUSES else HungUpBy.PERSON
            self._end(NetworkOutcome.NORMAL, by, mono)
        else:
            self._end(outcome_of(event.cause, event.sip_status), HungUpBy.NETWORK, mono)

    def _end(self, outcome: NetworkOutcome, by: HungUpBy, mono: float) -> None:
        if self.ended is None:
            self.ended = LegEnd(outcome, by, mono)
            self.scope.cancel()

    def hand_over(self, heir: Listener) -> None:
        """Leaving the block no longer hangs up: the channel is `heir`'s from then on."""
        self._heir = heir

    def close(self) -> None:
        """The block is left: hang up, unless the far end has gone or somebody else has taken over."""
        self.server.forget(self.channel_id)
        if self.ended is not None:
            if self.ended.outcome is NetworkOutcome.TRUNK_LOST:
                self.server.hang_up(self.channel_id)  # beyond our reach is not beyond hearing
            return
        outcome = NetworkOutcome.NORMAL if self.is_answered else NetworkOutcome.NO_ANSWER
        self.ended = LegEnd(outcome, HungUpBy.US, trio.current_time())
        if self._heir is None:
            self.server.hang_up(self.channel_id)
        else:
            self.server.listen(self.channel_id, self._heir)


class AsteriskTrunk:
    """One carrier behind one Asterisk."""

    def __init__(
        self, name: str, line_count: int, max_calls_per_s: float, server: AsteriskServer, settings: AsteriskSettings
    ) -> None:
        self.name = name
        self.line_count = line_count
        self.max_calls_per_s = max_calls_per_s
        self.server = server
        self._settings = settings
        self._write = number_writer(settings.number_format, settings.region, settings.number_prefix)
        self._refusals = 0
        self._rests_until_mono = 0.0
        self._headers = _headers(settings)

    @property
    def is_up(self) -> bool:
        """Whether a call placed now could succeed."""
        return self.server.is_up and trio.current_time() >= self._rests_until_mono

    @asynccontextmanager
    async def open_leg(self, order: CallOrder) -> AsyncIterator[AsteriskLeg]:
        """Originate. The block is left when the far end goes; leaving it hangs up."""
        leg = AsteriskLeg(self.server, self._settings, order)
        self.server.listen(leg.channel_id, leg)
        try:
            with leg.scope:
                self._originate(leg, order)
                yield leg
        finally:
            leg.close()

    async def settle(self, attempt_ids: Sequence[str]) -> Mapping[str, CallTrace]:
        """What was still on the line when we came back; it was hung up. The rest Asterisk has forgotten."""
        await self.server.wait_up()
        found = self.server.left_over or {}
        states = {one: found[key] for one in attempt_ids if (key := self.server.channel_id(one)) in found}
        # A channel that was up had a person or a machine on it, and nobody to say which.
        return {
            one: CallTrace(True, AnsweredBy.UNKNOWN if state == "Up" else None, None) for one, state in states.items()
        }

    def _originate(self, leg: AsteriskLeg, order: CallOrder) -> None:
        if not self.is_up:
            leg.on_lost()
            return
        query = {
            "endpoint": self._settings.endpoint.format(number=self._write(order.e164)),
            "app": self.server.settings.app,
            "channelId": leg.channel_id,
            "callerId": order.caller_id,
            "timeout": str(int(order.ring_s) + _SWITCH_RINGS_ON_S),
        }

        def on_reply(reply: Reply | None) -> None:
            leg.on_originated(reply)
            if reply is not None:
                self._note(reply)

        self.server.post("POST", "channels", query, {"variables": self._variables(order)}, on_reply)

    def _variables(self, order: CallOrder) -> dict[str, str]:
        if not order.has_machine_detection:
            return self._headers
        detection = self._settings.detection
        return self._headers | {"TALK_DETECT(set)": f"{round(detection.silence_s * 1000)},{detection.threshold}"}

    def _note(self, reply: Reply) -> None:
        if reply.is_ok:
            self._refusals = 0
            return
        self._refusals += 1
        log.warning("originate_refused", trunk=self.name, status=reply.status, reason=reply.text[:200])
        if self._refusals >= _MAX_REFUSALS:
            self._rests_until_mono = trio.current_time() + _REST_S
            self._refusals = _MAX_REFUSALS - 1  # the next refusal is enough


def _headers(settings: AsteriskSettings) -> dict[str, str]:
    headers = dict(settings.headers)
    if settings.attestation:
        headers["Attestation-Info"] = settings.attestation
    return {f"PJSIP_HEADER(add,{name})": value for name, value in headers.items()}

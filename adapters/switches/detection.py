"""Person or machine, from when somebody spoke and for how long. Pure.

People say "hello?" and wait; machines talk on. The switch reports where speech
begins and that it has been over for `silence_s`; the rest is counting.
"""

import math

from attrs import field, frozen
from attrs.validators import gt, in_

from dialer.ports import Greeting
from dialer.records import AnsweredBy

__all__ = ["DetectionSettings", "GreetingJudge"]


@frozen(kw_only=True)
class DetectionSettings:
    """How long is long."""

    silence_s: float = field(default=0.6, validator=gt(0))
    """So much silence ends a greeting. Every bit of it delays the agent's hello."""
    person_s: float = field(default=1.8, validator=gt(0))
    """Nobody greets for longer than this."""
    first_word_s: float = field(default=2.0, validator=gt(0))
    """Who has said nothing by then is put through to an agent as unknown."""
    threshold: int = field(default=256, validator=in_(range(1, 32767)))
    """Mean amplitude above which sound is speech."""


class GreetingJudge:
    """One call's greeting. Told what the switch heard; `verdict` stands as soon as that suffices.

    What was not heard counts only for as long as somebody listened: whoever
    decides at `due_mono` says whether the switch was in reach until then.
    """

    def __init__(self, settings: DetectionSettings, answered_mono: float) -> None:
        self._settings = settings
        self._answered_mono = answered_mono
        self._began_mono = math.inf
        self._has_lost_track = False
        self.verdict: Greeting | None = None

    @property
    def due_mono(self) -> float:
        """When silence of the switch is an answer too."""
        if math.isfinite(self._began_mono):
            # A person may have fallen silent just now; we hear of it `silence_s` later.
            return self._began_mono + self._settings.person_s + self._settings.silence_s
        return self._answered_mono + self._settings.first_word_s

    def talk_began(self, mono: float) -> None:
        """Somebody began to speak."""
        self._began_mono = min(self._began_mono, mono)

    def talk_paused(self, mono: float, spoken_s: float) -> None:
        """Somebody has been silent for `silence_s` after speaking for `spoken_s`."""
        if self.verdict is None:
            ended_mono = max(self._answered_mono, mono - self._settings.silence_s)
            is_person = spoken_s <= self._settings.person_s
            self.verdict = Greeting(AnsweredBy.HUMAN if is_person else AnsweredBy.MACHINE, ended_mono)

    def lose_track(self) -> None:
        """The switch was out of reach for a while, and may have heard what we did not."""
        self._has_lost_track = True

    def decide(self, now_mono: float) -> Greeting:
        """The verdict at `due_mono`: who still talks is a machine; who was not heard is unknown, thus a person."""
        if self.verdict is None:
            is_machine = math.isfinite(self._began_mono) and not self._has_lost_track
            self.verdict = Greeting(AnsweredBy.MACHINE if is_machine else AnsweredBy.UNKNOWN, now_mono)
        return self.verdict

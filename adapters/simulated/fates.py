"""What becomes of one call, fixed when it is placed: who answers, when, and how patient they are."""

from enum import Enum
from typing import Protocol, runtime_checkable

from attrs import frozen

from dialer.disposition import HungUpBy, NetworkOutcome
from dialer.ports import AgentReport
from dialer.records import AnsweredBy

__all__ = ["CallFate", "Conversation", "Pace", "Party", "SpokenLeg"]


class Party(Enum):
    """Who, in truth, took the call."""

    NOBODY = "nobody"
    RIGHT = "right"
    THIRD = "third"
    WRONG = "wrong"
    MACHINE = "machine"


@frozen
class CallFate:
    """One call as the far end will have it; seconds count from origination or, where said, from the answer.

    An unanswered call (`party` NOBODY) ends after `ends_s` with `outcome`.
    An answered one is answered at `answered_s`; `greeting_s` later the first
    words are over; `detected_s` after the answer the switch says `detected`;
    `stays_s` after the answer the far end goes unless somebody speaks.
    `message_s` is how much of a recorded message the person hears.
    """

    outcome: NetworkOutcome
    party: Party
    ends_s: float = 0.0
    answered_s: float = 0.0
    greeting_s: float = 0.0
    detected_s: float = 0.0
    detected: AnsweredBy = AnsweredBy.UNKNOWN
    stays_s: float = 0.0
    message_s: float = 0.0
    leaves_message: bool = False

    @property
    def is_answered(self) -> bool:
        """Somebody or something answers, if the caller waits long enough."""
        return self.party is not Party.NOBODY

    @property
    def is_person(self) -> bool:
        """The truth, whatever the switch detects."""
        return self.is_answered and self.party is not Party.MACHINE

    @property
    def is_false_machine(self) -> bool:
        """A person whom the switch takes for a machine."""
        return self.is_person and self.detected is AnsweredBy.MACHINE


@frozen
class Conversation:
    """A talk as it will go if nothing breaks it off, and what the agent says of it afterwards."""

    talk_s: float
    hung_up_by: HungUpBy
    wrap_up_s: float
    report: AgentReport


@runtime_checkable
class SpokenLeg(Protocol):
    """A leg on which simulated agents can talk."""

    fate: CallFate

    async def talk(self, conversation: Conversation) -> None:
        """Talk; cancelled if the far end hangs up first."""
        ...


@frozen
class Pace:
    """How one agent differs from the average: factors on talk and on wrap-up."""

    talk: float = 1.0
    wrap_up: float = 1.0

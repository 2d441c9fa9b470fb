"""Where the talks of agents on the web are heard: on a phone beside the page, or, on a simulated floor, nowhere. Port.

The page asks what can be done with a talk and shows nothing else: a trunk that
cannot hold has no button for it.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from dialer.ports import CallCard, Leg

__all__ = ["OVERSIGHT", "Stations", "Talk"]

OVERSIGHT = ("listen", "whisper", "join")
"""How a supervisor takes part in a talk."""


class Talk(Protocol):
    """A talk under way. What fails raises `PeerError` and leaves the talk as it was."""

    @property
    def abilities(self) -> frozenset[str]:
        """What can be turned on and off: `hold`, `mute`, `record`."""
        ...

    @property
    def on(self) -> frozenset[str]:
        """Which of them are on."""
        ...

    @property
    def targets(self) -> tuple[str, ...]:
        """Whom the person can be handed on to, by the operator's names."""
        ...

    async def wait_over(self) -> None:
        """Block until the agent ends the talk at the phone."""
        ...

    async def turn(self, ability: str, *, is_on: bool) -> None:
        """Turn one of the abilities on or off."""
        ...

    async def transfer(self, target: str) -> None:
        """Hand the person on; returns when somebody has taken over."""
        ...


class Stations(Protocol):
    """Everybody's place to talk and to be heard."""

    needs_phone: bool
    """Whether who sits down has to say which phone stands there."""
    can_oversee: bool
    """Whether supervisors can take part in talks."""

    async def run(self) -> None:
        """Keep phones on the line until cancelled."""
        ...

    def sit(self, agent_id: str, phone: str, on_change: Callable[[], None]) -> None:
        """Call the agent's phone and keep it on the line. Raises `PeerError` for one that may not be used."""
        ...

    def leave(self, agent_id: str) -> None:
        """Let the agent's phone go; without effect where there is none."""
        ...

    def is_ready(self, agent_id: str) -> bool:
        """Whether a person could be put through to the agent now."""
        ...

    def connect(self, leg: Leg, card: CallCard, agent_id: str) -> AbstractAsyncContextManager[Talk]:
        """Let a person and an agent hear each other while the block lasts."""
        ...

    async def oversee(self, supervisor: str, agent_id: str, phone: str, how: str) -> None:
        """Call a supervisor's phone and let it take part in an agent's talk; returns when it does."""
        ...

    def end_oversight(self, supervisor: str) -> None:
        """Let the supervisor's phone go."""
        ...

    def overseen_by(self, supervisor: str) -> tuple[str, str] | None:
        """Which agent, and how; None when the supervisor takes part in no talk."""
        ...

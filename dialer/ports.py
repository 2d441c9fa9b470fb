"""What the engine needs of the outside world. Adapters implement these protocols.

Times with the suffix `_mono` are seconds of trio's clock; `_at` are aware UTC datetimes.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from attrs import field, frozen

from dialer.chain import Link
from dialer.disposition import Disposition, HungUpBy, NetworkOutcome
from dialer.model import Account, FactValue, PhoneNumber
from dialer.records import AnsweredBy, PromiseToPay

__all__ = [
    "AccountSource",
    "AgentDesk",
    "AgentProfile",
    "AgentReport",
    "CallCard",
    "CallOrder",
    "CallTrace",
    "ChainedStore",
    "Floor",
    "Greeting",
    "JournalStore",
    "LeaseLostError",
    "Leases",
    "Leg",
    "LegEnd",
    "PeerError",
    "StoreError",
    "Trunk",
]


class PeerError(Exception):
    """The other side (switch, store, network) broke a protocol or went away."""


class StoreError(PeerError):
    """The journal's store cannot take records. No record, no call: everything stops."""


class LeaseLostError(StoreError):
    """Another process owns the campaign by now. What this one still wanted to write is refused; it must stop."""


@frozen
class CallOrder:
    """What the trunk is told. `ring_s` is the longest wait for an answer, from origination."""

    attempt_id: str
    e164: str = field(repr=False)
    caller_id: str
    ring_s: float
    has_machine_detection: bool = True
    """Whether person and machine are to be told apart; else whoever answers is put through at once."""


@frozen
class Greeting:
    """Who answered, and when their first words ended: the connect clock starts there."""

    answered_by: AnsweredBy
    ended_mono: float


@frozen
class LegEnd:
    """How a leg ended.

    `is_false_machine` is what an audit of machine detection says of this call:
    True when the "machine" was a person. A trunk that does not audit says False.
    """

    outcome: NetworkOutcome
    hung_up_by: HungUpBy
    at_mono: float
    is_false_machine: bool = False


@frozen
class CallTrace:
    """What a trunk remembers of one call that an earlier process asked for.

    `is_placed` is False only when the trunk can prove that it never heard of
    the call, and never will. `answered_by` is None when nobody answered;
    `outcome` is then the network's word, None when there is none.
    """

    is_placed: bool
    answered_by: AnsweredBy | None = None
    outcome: NetworkOutcome | None = None


class Leg(Protocol):
    """One party's side of a call. Only used inside its `async with`.

    The block is left (cancelled) at the moment the far end goes; then `ended`
    is set. Leaving the block on our side hangs up.
    """

    ended: LegEnd | None

    async def wait_answer(self) -> float:
        """Block until somebody answers; the trio time of the answer."""
        ...

    async def wait_greeting(self) -> Greeting:
        """Block until person or machine is told apart and the greeting is over."""
        ...

    async def play(self, message: str) -> None:
        """Play a recorded message to its end."""
        ...


class Trunk(Protocol):
    """The way out, with its limits."""

    name: str
    line_count: int
    max_calls_per_s: float

    @property
    def is_up(self) -> bool:
        """Whether a call placed now could succeed."""
        ...

    def open_leg(self, order: CallOrder) -> AbstractAsyncContextManager[Leg]:
        """Originate. The far end hears of the call when the block is entered."""
        ...

    async def settle(self, attempt_ids: Sequence[str]) -> Mapping[str, CallTrace]:
        """Hang up what an earlier process left on the line, and say what became of these attempts.

        Asked once, before the first call. An attempt that the trunk cannot
        speak for is left out; then the worst that can be true of it counts.
        """
        ...


@frozen
class CallCard:
    """What an agent is shown with a call."""

    attempt_id: str
    campaign_id: str
    account: Account
    number: PhoneNumber
    is_callback: bool = False


@frozen
class AgentReport:
    """What the agent says became of a conversation.

    `facts` are statements of the person that rules read from now on, by the
    names of the fact table: an opt-out, an attorney, excluded hours.
    """

    disposition: Disposition
    amount_minor: int = 0
    currency: str = ""
    promise: PromiseToPay | None = None
    callback_due_at: datetime | None = None
    facts: Mapping[str, FactValue] = field(factory=dict)


class AgentDesk(Protocol):
    """Where one agent works: a web page, or a simulated person."""

    async def preview(self, card: CallCard) -> bool:
        """Show the account before dialing; False when the agent skips it."""
        ...

    async def converse(self, leg: Leg, card: CallCard) -> None:
        """Talk. Returns when the agent hangs up; cancelled when the person does."""
        ...

    async def wait_disposition(self, card: CallCard) -> AgentReport:
        """Block through the wrap-up until the agent has said what became of the call."""
        ...


@frozen
class AgentProfile:
    """Who an agent is to the engine: where they sit and which campaigns they work."""

    agent_id: str
    site: str
    campaign_ids: tuple[str, ...]


class Floor(Protocol):
    """What agents tell the engine about themselves. None of these waits.

    A break or log-out asked for during a call takes effect when its wrap-up is
    over. Asking twice changes nothing; asking for an agent who is not logged in
    raises `KeyError`.
    """

    def log_in(self, profile: AgentProfile, desk: AgentDesk) -> None:
        """The agent is here, and idle."""
        ...

    def start_break(self, agent_id: str, reason: str) -> None:
        """The agent pauses now, or after the call at hand."""
        ...

    def end_break(self, agent_id: str) -> None:
        """The agent is idle again."""
        ...

    def log_out(self, agent_id: str) -> None:
        """The agent leaves now, or after the call at hand."""
        ...


class JournalStore(Protocol):
    """Where the journal's lines go. Lines are numbered from 1, in order and without gaps, by the store.

    `is_instant` says that an append is durable when it returns and needs no
    thread: true in memory, so that a simulation under a virtual clock never
    has a thread in flight.

    A store may be shared by several processes. Each is told what the others
    have written exactly once: by `read`, or by the append that comes after it.
    """

    is_instant: bool

    async def append(self, lines: Sequence[bytes]) -> Sequence[bytes]:
        """Make the lines durable, all or none, in order; return what others had written before them.

        Without lines it only asks for what others have written. Raises `StoreError`.
        """
        ...

    def append_nowait(self, lines: Sequence[bytes]) -> None:
        """The same in the calling thread, which waits; for instant stores and for tools."""
        ...

    def read(self, after: int = 0) -> Iterator[bytes]:
        """The lines with a number above `after`, in order."""
        ...

    async def wait_news(self) -> None:
        """Block until another process has written; for ever where there is no other."""
        ...

    async def put_snapshot(self, number: int, body: bytes) -> None:
        """Keep the state that follows from the lines up to `number`, in place of an earlier one."""
        ...

    def latest_snapshot(self) -> tuple[int, bytes] | None:
        """The last snapshot kept and the number of its last line. It may always be thrown away."""
        ...

    def close(self) -> None:
        """Release files and connections."""
        ...


class ChainedStore(JournalStore, Protocol):
    """A store that outlives its process: its lines are chained and sealed, and people can be erased from it."""

    journal_id: str

    def links(self, after: int = 0) -> Iterator[Link]:
        """The lines as they are stored, with what links them."""
        ...

    def head(self) -> Link:
        """What the store says its last link is; the line is left empty."""
        ...

    def known_tokens(self) -> set[str]:
        """The tokens of everybody who has not been erased."""
        ...

    def erase(self, owners: Collection[str]) -> list[str]:
        """Delete the keys of persons, and every snapshot; the tokens of those who had one."""
        ...


class Leases(Protocol):
    """Who may run which campaign, where several processes share a store."""

    ttl_s: float
    """A lease that is not renewed for so long is free for others."""

    async def take(self, wanted: Collection[str]) -> frozenset[str]:
        """Renew the leases held and take those of `wanted` that are free; all that are held now.

        Raises `LeaseLostError` when one that was held belongs to somebody else,
        `StoreError` when nobody can be asked.
        """
        ...

    async def release(self) -> None:
        """Give all of them back, so that nobody has to wait for them to run out."""
        ...


class AccountSource(Protocol):
    """Where the accounts of a campaign come from, in list order."""

    def accounts(self, campaign_id: str) -> Iterator[Account]:
        """Every account of the campaign's list."""
        ...

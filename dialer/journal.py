"""The append-only record of what happened, and the state that follows from it.

Appending is synchronous and does two things at once: the record changes the
state, and its line joins the queue for the store. `wait_durable` blocks until
everything appended so far is safe. One writer takes whatever is pending, so a
thousand waiters share one flush (group commit).

Live code and replay change state through the same `EngineState.apply`;
that is what makes `replay(journal)` equal the live state (I6).
"""

from collections.abc import Callable, Iterable, Sequence

import trio

from dialer.attempt import MisuseError
from dialer.ports import JournalStore, StoreError
from dialer.record_codec import RecordError, decode_all, encode
from dialer.records import AgentChanged, Record
from dialer.state import EngineState

__all__ = ["Journal", "campaigns_of", "replay"]


class Journal:
    """Where everything that happens is said. One per engine."""

    def __init__(self, store: JournalStore, state: EngineState) -> None:
        self.state = state
        self.may_dial: Callable[[str], bool] = _may_always
        """Whether a campaign is this process's to dial for; asked before each call."""
        self._store = store
        self._observers: dict[str, Callable[[Record], None]] = {}
        self._listeners: list[Callable[[Record], None]] = []
        self._flush_observers: list[Callable[[float], None]] = []
        self._pending: list[bytes] = []
        self._appended = 0
        self._durable = 0
        self._work = trio.Event()
        self._flushed = trio.Event()
        self._has_news = False
        self._begun = self._ended = 0
        """Flushes."""
        self._failure: StoreError | None = None
        self._writing = trio.CancelScope(shield=True)

    def tell(self, campaign_id: str, observer: Callable[[Record], None]) -> None:
        """Call `observer` with every record that names the campaign, after the state has taken it."""
        self._observers[campaign_id] = observer

    def listen(self, listener: Callable[[Record], None]) -> None:
        """Call `listener` with every record, after the state has taken it. It must neither wait nor raise."""
        self._listeners.append(listener)

    def time_flushes(self, observer: Callable[[float], None]) -> None:
        """Call `observer` with the seconds, on trio's clock, that each flush took. It must neither wait nor raise."""
        self._flush_observers.append(observer)

    @property
    def fault(self) -> str:
        """Why the store takes no more records; empty while it does."""
        return str(self._failure) if self._failure is not None else ""

    def append(self, record: Record) -> None:
        """Say what happened. Raises `StoreError` once the store has failed: no record, no call."""
        if self._failure is not None:
            raise self._failure
        line = encode(record)  # first: what cannot be written must not have happened
        self.state.apply(record)
        if self._store.is_instant:
            self._store.append_nowait([line])
        else:
            self._pending.append(line)
            self._appended += 1
            self._work.set()
        for campaign_id in campaigns_of(record):
            if campaign_id in self._observers:
                self._observers[campaign_id](record)
        for listener in self._listeners:
            listener(record)

    async def wait_durable(self) -> None:
        """Block until every record appended so far would survive a crash."""
        if self._store.is_instant:
            return
        target = self._appended
        while self._durable < target:
            if self._failure is not None:
                raise self._failure
            await self._flushed.wait()

    async def run_writer(self) -> None:
        """Write what is pending, batch after batch, until `close`; then write the rest.

        Shielded: whoever is cancelled around it still has last records to write.
        """
        with self._writing:
            while True:
                await self._work.wait()
                await self._flush()
        with trio.CancelScope(shield=True):
            await self._flush()

    async def follow(self) -> None:
        """Take what other processes write to a shared store, soon after they do, until cancelled."""
        while True:
            await self._store.wait_news()
            await self.catch_up()

    async def catch_up(self) -> None:
        """Block until everything that other processes had written by now has been taken."""
        target = self._begun + 1  # a flush that is under way may have looked already
        self._has_news = True
        self._work.set()
        while self._failure is None and self._ended < target:
            await self._flushed.wait()
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """No more records will come."""
        self._writing.cancel()

    async def _flush(self) -> None:
        self._work = trio.Event()
        self._begun += 1
        batch, self._pending = self._pending, []
        has_news, self._has_news = self._has_news, False
        if not (batch or has_news) or self._failure is not None:
            return  # INVARIANT: nothing is written behind a batch that was lost
        try:
            began_mono = trio.current_time()
            with trio.CancelScope(shield=True):  # a batch taken from the queue is written, whoever is cancelled
                others = await self._store.append(batch)
            for observer in self._flush_observers:
                observer(trio.current_time() - began_mono)
            # Before anybody who waits: what others wrote first counts for the next verdict.
            self._take_others(others)
            self._durable += len(batch)
        except StoreError as error:
            self._failure = error
            raise
        except Exception as error:
            self._failure = StoreError(f"the journal's store broke ({error!r}); nothing is dialed until it is mended")
            raise self._failure from error
        finally:
            # Waiters wake on failure too, to raise it.
            self._ended = self._begun
            self._flushed, flushed = trio.Event(), self._flushed
            flushed.set()

    def _take_others(self, lines: Sequence[bytes]) -> None:
        for record in decode_all(lines):
            self.state.apply(record)
            self._tell_observers(record)

    def _tell_observers(self, record: Record) -> None:
        for campaign_id in campaigns_of(record):
            if campaign_id in self._observers:
                self._observers[campaign_id](record)


def _may_always(_: str) -> bool:
    return True


def campaigns_of(record: Record) -> tuple[str, ...]:
    """The campaigns that a record concerns."""
    if isinstance(record, AgentChanged):
        return record.campaign_ids
    campaign_id: str | None = getattr(record, "campaign_id", None)
    return () if campaign_id is None else (campaign_id,)


def replay(lines: Iterable[bytes], state: EngineState) -> EngineState:
    """Apply every line of a journal to `state` and return it.

    `state` comes configured (campaigns, windows) and empty. Raises
    `RecordError` naming the first record that cannot be read or applied.
    """
    for index, record in enumerate(decode_all(lines), start=1):
        try:
            state.apply(record)
        except (MisuseError, ValueError) as error:
            msg = f"record {index}: {error}"
            raise RecordError(msg) from error
    return state

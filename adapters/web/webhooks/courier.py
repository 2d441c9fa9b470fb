"""Carries events to their targets.

Theory of operation. The journal's listener puts an event into a list in memory
and does nothing else, so that dialing never waits for a target or a disk. Every
beat, what came together is written to the outbox in one transaction. Each
webhook has a task of its own, so that a slow target holds up no other; it sends
what is due, some at a time. What is not taken is tried again after a growing
wait, and is dead after `MOST_TRIES`. A restart goes on from the outbox; events
of the last beat before a crash are the only ones that can be lost.

Every request is signed: `Paceline-Signature: t=<seconds>,v1=<hex>`, where the
hex is HMAC-SHA256 with the webhook's secret over `<t>.<delivery>.<body>`.
"""

import hashlib
import hmac
import ssl
import time
from collections.abc import Callable

import httpx2
import structlog
import trio
from attrs import define, field

from adapters.web.webhooks.events import events_of
from adapters.web.webhooks.outbox import Due, Hook, Outbox
from dialer.records import Record

__all__ = ["MOST_TRIES", "Courier", "signature", "wait_after"]

log = structlog.get_logger()

MOST_TRIES = 12
_FIRST_WAIT_S = 5.0
_LONGEST_WAIT_S = 3600.0
_BEAT_S = 0.25
_AT_ONCE = 16
_TIMEOUT_S = 10.0
# A target that answers without end is not read further than this.
_MOST_ANSWER_BYTES = 65_536
# Events of one beat; an engine cannot end more attempts in it.
_MOST_PENDING = 100_000
_TIDY_S = 3600.0


def signature(secret: str, delivery_id: int, body: bytes, at: int) -> str:
    """What proves to a target that we sent this, now."""
    digest = hmac.new(secret.encode(), f"{at}.{delivery_id}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def wait_after(try_count: int) -> float | None:
    """Seconds until the next try after so many; None when there is none any more."""
    if try_count >= MOST_TRIES:
        return None
    return min(_FIRST_WAIT_S * 2.0 ** (try_count - 1), _LONGEST_WAIT_S)


@define(eq=False)
class Courier:
    """`note` hears the journal; `run` delivers until cancelled. `speed` is how much faster trio's clock runs."""

    outbox: Outbox
    now: Callable[[], float] = time.time
    speed: float = 1.0
    on_tried: Callable[[str], None] = field(default=lambda _: None)
    wait_after: Callable[[int], float | None] = wait_after
    _pending: list[Record] = field(factory=list)
    _is_wanted: bool = True

    def note(self, record: Record) -> None:
        """Hear of a record. Waits for nothing."""
        if self._is_wanted and len(self._pending) < _MOST_PENDING:
            self._pending.append(record)

    def look(self) -> None:
        """The webhooks have changed: see whether anybody wants events at all."""
        self._is_wanted = any(not one.is_disabled for one in self.outbox.hooks())

    async def run(self) -> None:
        """Deliver until cancelled."""
        self.look()
        tls = await trio.to_thread.run_sync(ssl.create_default_context)  # takes its time
        timeout = httpx2.Timeout(_TIMEOUT_S * self.speed)
        limits = httpx2.Limits(max_connections=4 * _AT_ONCE, max_keepalive_connections=_AT_ONCE)
        tidy_mono = trio.current_time()
        async with (
            # A proxy of the environment is not ours to send ids through.
            httpx2.AsyncClient(verify=tls, timeout=timeout, limits=limits, trust_env=False) as client,
            trio.open_nursery() as nursery,
        ):
            busy: set[str] = set()
            while True:
                self.write_pending()
                if self._is_wanted:
                    for hook in self.outbox.hooks():
                        if not hook.is_disabled and hook.id not in busy and (due := self.outbox.due(hook.id, 1)):
                            assert due
                            busy.add(hook.id)
                            nursery.start_soon(self._serve, client, hook, busy)
                if trio.current_time() >= tidy_mono:
                    tidy_mono = trio.current_time() + _TIDY_S * self.speed
                    self.outbox.tidy()
                await trio.sleep(_BEAT_S * self.speed)

    def write_pending(self) -> None:
        """Make durable what has been heard."""
        pending, self._pending = self._pending, []
        events = [(kind, one.at.isoformat(), ids) for one in pending for kind, ids in events_of(one)]
        if events:
            self.outbox.put(events)

    async def _serve(self, client: httpx2.AsyncClient, hook: Hook, busy: set[str]) -> None:
        """Send what is due for one webhook, until nothing is or a whole handful failed."""
        try:
            while due := self.outbox.due(hook.id, _AT_ONCE):
                results: list[bool] = []
                async with trio.open_nursery() as nursery:
                    for one in due:
                        nursery.start_soon(self._send, client, hook, one, results)
                if not any(results):
                    return
        finally:
            busy.discard(hook.id)

    async def _send(self, client: httpx2.AsyncClient, hook: Hook, due: Due, results: list[bool]) -> None:
        status, fault = await self._post(client, hook, due)
        if not fault:
            assert status is not None
            self.outbox.sent(due.id, hook.id, status)
            self.on_tried("sent")
            results.append(True)
            return
        wait_s = self.wait_after(due.try_count + 1)
        self.outbox.failed(due.id, hook.id, status, fault, wait_s)
        self.on_tried("failed" if wait_s is not None else "dead")
        if wait_s is None:
            log.warning("webhook_dead", hook=hook.id, delivery=due.id, fault=fault)
        results.append(False)

    async def _post(self, client: httpx2.AsyncClient, hook: Hook, due: Due) -> tuple[int | None, str]:
        """The answer's status, and what was wrong; empty when the target took it."""
        at = int(self.now())
        headers = {
            "content-type": "application/json",
            "user-agent": "paceline",
            "paceline-event": due.kind,
            "paceline-event-id": str(due.event),
            "paceline-delivery": str(due.id),
            "paceline-signature": signature(hook.secret, due.id, due.body, at),
        }
        try:
            with trio.fail_after(2 * _TIMEOUT_S * self.speed):
                async with client.stream("POST", hook.url, content=due.body, headers=headers) as answer:
                    size = 0
                    async for part in answer.aiter_raw():
                        size += len(part)
                        if size > _MOST_ANSWER_BYTES:
                            break
                    status = answer.status_code
        except (httpx2.HTTPError, httpx2.InvalidURL, trio.TooSlowError, OSError) as error:
            return None, type(error).__name__
        # A redirect is not followed: it could lead anywhere.
        return status, "" if 200 <= status < 300 else f"answered {status}"

"""What is still to be told, to whom, and what became of it: kept in the web's own file over a restart.

An event is written once; each webhook that wants it has a delivery of its own,
which is `waiting`, then `sent` or `dead`.
"""

import ipaddress
import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import apsw
from attrs import field, frozen

from adapters.web.webhooks.events import EVENTS

__all__ = ["DeliveryRow", "Due", "Hook", "HookError", "Outbox", "check_target"]

KEPT_S = 7 * 86_400.0
"""How long the log of deliveries goes back."""
MOST_WAITING = 100_000
"""Of one webhook; what comes beyond is dead at once, so that a target that is gone for days cannot fill the disk."""


class HookError(ValueError):
    """A webhook cannot be so; the text says why."""


@frozen
class Hook:
    """One target. The secret signs; it is shown once, when the webhook is made."""

    id: str
    url: str
    title: str
    events: tuple[str, ...]
    maker: str
    created_at: float
    is_disabled: bool = False
    fault: str = ""
    """What its last try met; empty after a success."""
    secret: str = field(default="", repr=False)


@frozen
class Due:
    """A delivery whose time has come."""

    id: int
    event: int
    kind: str
    body: bytes
    try_count: int


@frozen
class DeliveryRow:
    """A delivery, for the log."""

    id: int
    event_id: int
    kind: str
    state: str
    try_count: int
    next_at: float | None
    ended_at: float | None
    status: int | None
    fault: str


def check_target(url: str, *, is_any_allowed: bool) -> None:
    """Refuse a URL that would carry events in clear text over a network; raises `HookError`."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        msg = f"`{url}` is not a URL: {error}"
        raise HookError(msg) from error
    if parts.scheme not in ("https", "http") or not host or parts.username is not None or parts.fragment:
        msg = "a target is a URL like https://crm.example/paceline, without a name, a password or a fragment"
        raise HookError(msg)
    if not url.isascii() or any(one.isspace() for one in url):
        msg = "a URL has ASCII characters without blanks; write others in their percent form"
        raise HookError(msg)
    if parts.scheme == "http" and not (is_any_allowed or _is_loopback(host)):
        msg = "a target over a network is `https://…`; `any_webhook_target` under [web] allows others"
        raise HookError(msg)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Outbox:
    """The webhooks of one file and their deliveries."""

    def __init__(self, connection: apsw.Connection, now: Callable[[], float], *, is_any_allowed: bool = False) -> None:
        self._db = connection
        self._now = now
        self._is_any_allowed = is_any_allowed

    # Webhooks.

    def add(self, url: str, events: Sequence[str], title: str, maker: str) -> Hook:
        """A new webhook, with its secret; raises `HookError`."""
        check_target(url, is_any_allowed=self._is_any_allowed)
        unknown = [one for one in events if one not in EVENTS]
        if unknown or not events:
            msg = f"pick events among {', '.join(EVENTS)}" + (f"; there is no `{unknown[0]}`" if unknown else "")
            raise HookError(msg)
        hook = Hook(
            secrets.token_hex(8), url, title, tuple(sorted(set(events))), maker, self._now(),
            secret=f"whs_{secrets.token_urlsafe(32)}",
        )  # fmt: skip
        self._db.execute(
            "insert into hook(id, url, title, events, secret, maker, created_at) values (?, ?, ?, ?, ?, ?, ?)",
            (hook.id, url, title, " ".join(hook.events), hook.secret, maker, hook.created_at),
        )
        return hook

    def hooks(self) -> list[Hook]:
        """Every webhook, oldest first, with its secret."""
        rows = self._db.execute(
            "select id, url, title, events, maker, created_at, is_disabled, fault, secret from hook "
            "order by created_at, id"
        )
        return [Hook(a, b, c, tuple(d.split()), e, f, bool(g), h, i) for a, b, c, d, e, f, g, h, i in rows]

    def switch(self, hook_id: str, *, is_disabled: bool) -> bool:
        """Stop or start telling a webhook; False when there is none."""
        self._db.execute("update hook set is_disabled=?, fault='' where id=?", (int(is_disabled), hook_id))
        return self._db.changes() > 0

    def remove(self, hook_id: str) -> bool:
        """Forget a webhook and its deliveries; False when there is none."""
        self._db.execute("delete from hook where id=?", (hook_id,))
        return self._db.changes() > 0

    # Events.

    def put(self, events: Iterable[tuple[str, str, dict[str, Any]]]) -> int:
        """Write events (kind, instant, ids) and a delivery for each webhook that wants one; how many deliveries."""
        hooks = [one for one in self.hooks() if not one.is_disabled]
        wanted = {kind for one in hooks for kind in one.events}
        now, count = self._now(), 0
        with self._db:
            room = {one.id: MOST_WAITING - self.waiting_count(one.id) for one in hooks}
            for kind, at, ids in events:
                if kind not in wanted:
                    continue
                body = json.dumps({"type": kind, "at": at, **ids}, separators=(",", ":"))
                self._db.execute("insert into hook_event(at, kind, body) values (?, ?, ?)", (now, kind, body))
                event = self._db.last_insert_rowid()
                for hook in hooks:
                    if kind in hook.events:
                        self._put_delivery(hook.id, event, now, is_full=room[hook.id] <= 0)
                        room[hook.id] -= 1
                        count += 1
        return count

    def _put_delivery(self, hook_id: str, event: int, now: float, *, is_full: bool) -> None:
        state, ended_at, fault = ("dead", now, "too many were waiting") if is_full else ("waiting", None, "")
        self._db.execute(
            "insert into delivery(hook, event, state, next_at, ended_at, fault) values (?, ?, ?, ?, ?, ?)",
            (hook_id, event, state, now, ended_at, fault),
        )

    # Deliveries.

    def due(self, hook_id: str, limit: int) -> list[Due]:
        """What is to be sent now, oldest first."""
        rows = self._db.execute(
            "select delivery.id, event, kind, body, try_count from delivery join hook_event on hook_event.id = event "
            "where hook=? and state='waiting' and next_at <= ? order by next_at, delivery.id limit ?",
            (hook_id, self._now(), limit),
        )
        return [Due(a, b, c, d.encode(), e) for a, b, c, d, e in rows]

    def next_due_at(self) -> float | None:
        """When the next delivery falls due; None when nothing waits."""
        row = self._db.execute(
            "select min(next_at) from delivery join hook on hook.id = hook where state='waiting' and not is_disabled"
        ).fetchone()
        return row[0] if row is not None else None

    def sent(self, delivery_id: int, hook_id: str, status: int) -> None:
        """The target took it."""
        with self._db:
            self._db.execute(
                "update delivery set state='sent', try_count=try_count+1, ended_at=?, status=?, fault='' where id=?",
                (self._now(), status, delivery_id),
            )
            self._db.execute("update hook set fault='' where id=? and fault<>''", (hook_id,))

    def failed(self, delivery_id: int, hook_id: str, status: int | None, fault: str, wait_s: float | None) -> None:
        """The target did not take it: to be tried again after `wait_s`, or dead."""
        now = self._now()
        state, ended_at = ("waiting", None) if wait_s is not None else ("dead", now)
        with self._db:
            self._db.execute(
                "update delivery set state=?, try_count=try_count+1, next_at=?, ended_at=?, status=?, fault=? "
                "where id=?",
                (state, now + (wait_s or 0.0), ended_at, status, fault, delivery_id),
            )
            self._db.execute("update hook set fault=? where id=?", (fault, hook_id))

    def again(self, hook_id: str, delivery_id: int) -> bool:
        """Try a dead delivery anew; False when there is none."""
        self._db.execute(
            "update delivery set state='waiting', try_count=0, next_at=?, ended_at=null, fault='' "
            "where id=? and hook=? and state='dead'",
            (self._now(), delivery_id, hook_id),
        )
        return self._db.changes() > 0

    def waiting_count(self, hook_id: str) -> int:
        """How many deliveries of a webhook are not over."""
        row = self._db.execute("select count(*) from delivery where hook=? and state='waiting'", (hook_id,)).fetchone()
        return int(row[0]) if row is not None else 0

    def log(self, hook_id: str, before: int | None, limit: int, state: str | None) -> list[DeliveryRow]:
        """Deliveries of a webhook before an id, newest first, of one state or of all."""
        rows = self._db.execute(
            "select delivery.id, event, kind, state, try_count, next_at, ended_at, status, fault from delivery "
            "join hook_event on hook_event.id = event where hook=?1 and (?2 is null or delivery.id < ?2) "
            "and (?3 is null or state = ?3) order by delivery.id desc limit ?4",
            (hook_id, before, state, limit),
        )
        return [
            DeliveryRow(a, b, c, d, e, f if d == "waiting" else None, g, h, i) for a, b, c, d, e, f, g, h, i in rows
        ]

    def tidy(self) -> None:
        """Forget what ended long ago."""
        with self._db:
            self._db.execute("delete from delivery where ended_at < ?", (self._now() - KEPT_S,))
            self._db.execute(
                "delete from hook_event where at < ? "
                "and not exists (select 1 from delivery where event = hook_event.id)",
                (self._now() - KEPT_S,),
            )

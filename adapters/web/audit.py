"""Who did what on the pages and over the API, and whether it was allowed. Appended to, never changed."""

import json
from collections.abc import Callable, Mapping

import apsw
from attrs import frozen

from adapters.web.database import in_range

__all__ = ["Audit", "AuditRow"]


@frozen
class AuditRow:
    """One action."""

    seq: int
    at: float
    actor: str
    via: str
    action: str
    target: str
    outcome: int
    detail: str
    address: str


class Audit:
    """The audit record of one file."""

    def __init__(self, connection: apsw.Connection, now: Callable[[], float]) -> None:
        self._db = connection
        self._now = now

    def note(
        self,
        actor: str,
        via: str,
        action: str,
        target: str,
        outcome: int,
        detail: Mapping[str, object] | None = None,
        address: str = "",
    ) -> None:
        """Write one action down; `outcome` is the HTTP status that answered it."""
        self._db.execute(
            "insert into audit(at, actor, via, action, target, outcome, detail, address) values (?,?,?,?,?,?,?,?)",
            (
                self._now(),
                actor,
                via,
                action,
                target,
                outcome,
                json.dumps(detail or {}, ensure_ascii=False, default=str),
                address,
            ),
        )

    def page(self, before: int | None, limit: int, actor: str | None = None) -> list[AuditRow]:
        """Actions before a sequence number, newest first."""
        rows = self._db.execute(
            "select seq, at, actor, via, action, target, outcome, detail, address from audit "
            "where (?1 is null or seq < ?1) and (?2 is null or actor = ?2) order by seq desc limit ?3",
            (in_range(before), actor, limit),
        )
        return [AuditRow(*row) for row in rows]

"""structlog set-up and the list of event names.

The log is for operators, the journal for truth. No number, name or balance of a
person is ever bound to an event: `_drop_personal` removes such keys as the last
line of defence, and says that it did.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

__all__ = ["EVENTS", "set_up_logging"]

EVENTS = frozenset(
    {
        "attempt_ended",
        "attempt_failed",
        "campaign_changed",
        "campaign_status",
        "campaigns_taken",
        "clock_jumped",
        "contacts_forgotten",
        "control_failed",
        "drain_started",
        "engine_restarts",
        "engine_started",
        "engine_stopped",
        "journal_read_again",
        "journal_replayed",
        "leases_not_renewed",
        "list_imported",
        "pacing_changed",
        "rules_changed",
        "shadow_failed",
        "snapshot_failed",
        "snapshot_ignored",
        "snapshot_kept",
        "stop_requested",
        "trunk_changed",
        "trunk_not_settled",
        "trunk_settled",
        "web_server_failed",
    }
)
"""Every event this program logs; a test holds the code against it."""

_PERSONAL = frozenset({"e164", "number", "name", "person", "phone", "balance", "balance_minor", "amount_minor"})


def _drop_personal(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    found = _PERSONAL & event.keys()
    for key in found:
        del event[key]
    if found:
        event["withheld"] = sorted(found)
    return event


def set_up_logging(*, is_json: bool, level: str = "info") -> None:
    """Log to standard error: lines for people at a terminal, JSON for machines.

    Each thing is said in the order it happened, with the wall clock's time: a
    virtual clock's time is bound by whoever runs one.
    """
    renderer: Any = structlog.processors.JSONRenderer() if is_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _drop_personal,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )

"""What an evaluation says: may the call be placed, if not why, and when it may."""

from datetime import date, datetime

from attrs import field, frozen

__all__ = ["Finding", "Verdict"]


@frozen
class Finding:
    """One gate's answer, with its reason in both languages."""

    rule_id: str
    title_ko: str
    title_en: str
    reason_ko: str
    reason_en: str
    cite: str
    layer: str
    release_at: datetime | None
    """When this gate alone opens if nothing else happens; None: only a changed fact opens it."""
    missing_fact: str | None = None
    """The fact without which the gate could not be decided."""
    is_passed: bool = False


@frozen
class Verdict:
    """Whether every gate passes at the instant of the facts, and which do not."""

    is_allowed: bool
    denials: tuple[Finding, ...]
    deciding_rule_id: str | None
    """The rule that sets `next_eligible_at`, which need not be closed now: the contact cap may free at
    midnight and the house hours open at nine. Without a next time, a rule that only a changed fact opens."""
    next_eligible_at: datetime | None
    """The first moment when every gate passes if nothing else happens, on a whole second."""
    pack_hash: str
    unknown: tuple[str, ...] = field(default=())
    """The facts that were missing and closed a gate."""
    as_of: date | None = None
    """The date whose law was asked about; None: the law of each instant's own date."""

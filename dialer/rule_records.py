"""Records of rules: what was refused and judged, by which texts, and how the rules of a campaign changed. Pure."""

from datetime import datetime
from enum import Enum

from attrs import field, frozen

__all__ = ["Denied", "Judged", "PackTexts", "RulesChanged", "ShadowNoted", "VerdictStage"]


class VerdictStage(Enum):
    """At which of the three moments a verdict was taken."""

    PICK = "pick"
    ORIGINATION = "origination"
    ANSWER = "answer"


@frozen
class Denied:
    """A verdict refused a call: by which rules, why, and when to ask again."""

    at: datetime
    campaign_id: str
    account_id: str
    person_id: str
    number_id: str
    stage: VerdictStage
    rule_id: str
    rule_ids: tuple[str, ...]
    reason: str
    next_eligible_at: datetime | None
    pack_hash: str
    attempt_id: str | None = None
    facts_hash: str = ""
    """Of everything the verdict read that is not in the journal or followed from it; see `dialer.rule_facts`."""
    is_callback: bool = False


@frozen
class Judged:
    """A later verdict allowed a call that was claimed: before it was placed, or when it was answered."""

    at: datetime
    attempt_id: str
    campaign_id: str
    stage: VerdictStage
    pack_hash: str
    facts_hash: str = ""


@frozen
class PackTexts:
    """The rule files behind a pack hash, written once for each hash, so that every verdict can be repeated."""

    at: datetime
    pack_hash: str
    sources: tuple[tuple[str, str], ...]
    """Name and text of each file, in the order in which they were compiled."""


@frozen
class RulesChanged:
    """From here on a campaign is judged by these packs; `draft_hash` are those being introduced, as far as `stage`."""

    at: datetime
    campaign_id: str
    pack_hash: str
    files_hash: str = ""
    """Of the files that the configuration names, as they stood: after a promotion the rules in force may be others."""
    draft_hash: str = ""
    stage: str = ""
    """`shadow`, `share` (of the accounts), or empty when no draft is being introduced."""
    share: float = 0.0
    reason: str = ""
    actor: str = ""
    approver: str = ""
    override_by: str = ""
    override_reason: str = ""
    overridden: tuple[str, ...] = ()
    """What stood against the promotion, and was overridden by name."""
    min_days: float = 0.0
    """How long the draft is to stay in the shadow."""
    staged_at: datetime | None = None
    """When the draft went into the shadow. The share of the accounts is drawn with it, so that it stays the same."""


@frozen
class ShadowNoted:
    """How the verdicts of a draft compared with those in force, since the draft went into the shadow."""

    at: datetime
    campaign_id: str
    draft_hash: str
    verdict_count: int
    newly_denied: dict[str, int] = field(factory=dict)
    newly_allowed: dict[str, int] = field(factory=dict)
    error_count: int = 0

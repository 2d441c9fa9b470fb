"""What stands against a promotion, a sentence each; none is lifted without a name and a reason. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import frozen

from collections_rules import PackSource
from collections_rules.changes import changes_between, new_open_points
from dialer.records import RulesChanged
from dialer.rule_drafts import Stage

__all__ = ["Promotion", "objections", "parse_stage"]

_DRAFT = "draft"


@frozen
class Promotion:
    """What somebody asks for. An override needs both a name and a reason."""

    stage: Stage
    share: float = 0.0
    actor: str = ""
    approver: str = ""
    override_by: str = ""
    override_reason: str = ""

    @property
    def is_overridden(self) -> bool:
        """Whether somebody answers for going on in spite of the objections."""
        return bool(self.override_by.strip() and self.override_reason.strip())


def parse_stage(text: str) -> tuple[Stage, float]:
    """`draft`, `shadow`, `10%` or `all`.

    >>> parse_stage("10%")
    (<Stage.SHARE: 'share'>, 0.1)
    """
    if text == _DRAFT:
        return Stage.NONE, 0.0
    if text in (Stage.SHADOW.value, Stage.ALL.value):
        return Stage(text), 0.0
    try:
        share = float(text.removesuffix("%")) / 100
    except ValueError:
        share = 0.0
    if not text.endswith("%") or not 0 < share < 1:
        msg = f"`{text}` is no stage; write draft, shadow, a share such as 10%, or all"
        raise ValueError(msg)
    return Stage.SHARE, share


def objections(
    asked: Promotion,
    known: RulesChanged,
    live: Sequence[PackSource],
    draft: Sequence[PackSource],
    now_at: datetime,
    shadow_errors: int = 0,
) -> tuple[str, ...]:
    """Why a draft may not go to the stage asked for; empty when it may."""
    found = [_skipped(asked, known), _too_soon(asked, known, now_at)]
    points = new_open_points(live, draft)
    found += [f"{'citation unverified' if one.code == 'R610' else 'reading open'}: {one.message}" for one in points]
    changes = changes_between(live, draft)
    dropped = sorted(changes.law & set(changes.removed))
    if dropped:
        found.append(f"law that would be dropped: {', '.join(dropped)}")
    if shadow_errors:
        found.append(f"the draft could not be evaluated {shadow_errors} times in the shadow")
    return tuple(one for one in (*found, _approval(asked)) if one)


def _skipped(asked: Promotion, known: RulesChanged) -> str:
    if asked.stage is Stage.ALL and known.stage != Stage.SHARE.value:
        return "it was not tried on a share of the accounts first"
    if asked.stage is Stage.SHARE and not known.stage:
        return "it was not in the shadow first"
    return ""


def _too_soon(asked: Promotion, known: RulesChanged, now_at: datetime) -> str:
    if known.stage != Stage.SHADOW.value or not known.staged_at:
        return ""
    until_at = known.staged_at + timedelta(days=known.min_days)
    if now_at >= until_at:
        return ""
    return f"it is to stay in the shadow until {until_at:%Y-%m-%d %H:%M} UTC"


def _approval(asked: Promotion) -> str:
    actor, approver = asked.actor.strip().casefold(), asked.approver.strip().casefold()
    if not actor:
        return "nobody says who asks for it"
    if not approver:
        return "second approver missing"
    return "the second approver is the one who asks" if actor == approver else ""

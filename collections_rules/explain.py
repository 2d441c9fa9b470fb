"""What every rule says about one call, as text for people: in Korean or English."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from collections_rules.verdict import Finding

__all__ = ["render_explanation"]

_WEEKDAYS_KO = "월화수목금토일"
_WORDS = {
    "en": ("May be called now.", "May not be called now.", "Next allowed {}.", "Only a changed fact opens.",
           "frees {}", "<- sets the time", "{} other gates pass"),
    "ko": ("지금 통화할 수 있습니다.", "지금은 통화할 수 없습니다.", "다음 허용 {}.", "사실이 바뀌어야 열립니다.",
           "{} 해제", "<- 시각을 정함", "그 밖의 규칙 {}개 통과"),
}  # fmt: skip


def render_explanation(
    findings: Sequence[Finding],
    language: str,
    *,
    zone: str,
    next_at: datetime | None = None,
    decider: str | None = None,
    show_all: bool = False,
) -> str:
    """The findings of `RuleBook.explain` as lines; times on the clock of `zone`.

    `next_at` and `decider` are those of the verdict. The gates that pass are counted
    unless `show_all`, save the one that sets the time.
    """
    if language not in _WORDS:
        raise ValueError(f"no language `{language}`; write ko or en")
    may, may_not, following, never, frees, decides, others = _WORDS[language]
    clock = ZoneInfo(zone)
    closed = [finding for finding in findings if not finding.is_passed]
    lines = [may]
    if closed:
        lines = [f"{may_not} {following.format(_moment(next_at, clock, language)) if next_at else never}"]
    shown = [f for f in findings if not f.is_passed or show_all or (closed and f.rule_id == decider)]
    for finding in shown:
        reason = finding.reason_ko if language == "ko" else finding.reason_en
        parts = [f"  {'v' if finding.is_passed else 'x'} {finding.rule_id}", reason]
        if finding.release_at is not None:
            parts.append(frees.format(_moment(finding.release_at, clock, language)))
        if closed and finding.rule_id == decider:
            parts.append(decides)
        lines.append("  ".join([*parts, finding.cite]).rstrip())
    if len(shown) < len(findings):
        lines.append("  v " + others.format(len(findings) - len(shown)))
    return "\n".join(lines)


def _moment(at: datetime, clock: ZoneInfo, language: str) -> str:
    local = at.astimezone(clock)
    shown = f"{local:%H:%M:%S}".removesuffix(":00")
    if language == "ko":
        return f"{local.month}월 {local.day}일({_WEEKDAYS_KO[local.weekday()]}) {shown}"
    return f"{local:%a} {local.day} {local:%b} {shown}"

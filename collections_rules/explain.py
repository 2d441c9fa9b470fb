"""An explanation as text for people: in Korean or English."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from attrs import frozen

from collections_rules.explanation import Explanation, RuleState
from collections_rules.remedies import Remedy

__all__ = ["render_explanation"]

_WEEKDAYS_KO = "월화수목금토일"
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "may": "May be called now", "may not": "May not be called now.", "next": "Next allowed {}", "in": "in {}",
        "never": "Only a changed fact opens", "on": "on {}", "law": "as of law {}", "known": "known {}",
        "frees": "frees {}", "sets": "<- sets the time", "others": "{} other gates pass (show: --all)",
        "not counted": "not counted: {}", "sooner": "What would allow it sooner:", "now": "allowed now",
        "nothing": "nothing a supervisor can change.", "waits": "It frees by itself at {}.",
        "law alone": "The law alone would allow it {}; house rules hold it longer.",
        "at once": "now", "then": "then {}",
        "number": "number {}", "off": "off, citation not verified", "starts": "starts {}", "ended": "has ended",
        "reading": "reading", "facts": "facts", "decision": "Decision", "pack": "rules",
    },
    "ko": {
        "may": "지금 통화할 수 있습니다", "may not": "지금은 통화할 수 없습니다.",
        "next": "다음 허용 {}", "in": "{} 뒤",
        "never": "사실이 바뀌어야 열립니다", "on": "번호 {}", "law": "법령 기준일 {}", "known": "인지 시점 {}",
        "frees": "{} 해제", "sets": "<- 시각을 정함", "others": "그 밖의 규칙 {}개 통과 (--all 로 표시)",
        "not counted": "불산입: {}", "sooner": "더 일찍 허용하려면:", "now": "지금 허용",
        "nothing": "관리자가 바꿀 수 있는 것이 없습니다.", "waits": "{}에 저절로 풀립니다.",
        "law alone": "법령만으로는 {} 허용됩니다. 내규가 더 오래 막습니다.", "at once": "지금", "then": "그러면 {}",
        "number": "번호 {}", "off": "꺼짐, 근거 미확인", "starts": "{} 시행", "ended": "종료됨",
        "reading": "해석", "facts": "사실", "decision": "결정", "pack": "규칙",
    },
}  # fmt: skip


def render_explanation(explanation: Explanation, language: str, *, zone: str, show_all: bool = False) -> str:
    """The explanation as lines; times on the clock of `zone`.

    Gates that pass are counted unless `show_all`, save the one that sets the time.
    """
    if language not in _WORDS:
        raise ValueError(f"no language `{language}`; write ko or en")
    page = _Page(explanation, language, ZoneInfo(zone), _WORDS[language])
    return "\n".join([*page.head(), *page.rule_lines(show_all), *page.foot()])


@frozen
class _Page:
    told: Explanation
    language: str
    clock: ZoneInfo
    words: Mapping[str, str]

    def head(self) -> list[str]:
        told, words = self.told, self.words
        parts = [words["may"]]
        if not told.is_allowed:
            when = words["never"]
            if told.next_at is not None:
                when = f"{words['next'].format(self.moment(told.next_at))} ({self.wait(told.next_at - told.at)})"
            parts = [words["may not"], when]
        text = " ".join(parts)
        if told.number:
            text += f", {words['on'].format(told.number)}"
        day = told.as_of or told.at.astimezone(self.clock).date()
        known = (told.known_at or told.at).astimezone(self.clock)
        shown = f"{known:%H:%M:%S}" if known.date() == day else f"{known:%Y-%m-%d %H:%M:%S}"
        return [f"{text}.    {words['law'].format(day)}, {words['known'].format(shown)}"]

    def rule_lines(self, show_all: bool) -> list[str]:
        told = self.told
        shown = [one for one in told.rules if not one.finding.is_passed or show_all or one.sets_next]
        lines = [line for state in shown for line in self.rule(state, show_all)]
        if len(shown) < len(told.rules):
            lines.append("  v " + self.words["others"].format(len(told.rules) - len(shown)))
        if show_all:
            lines += [f"  - {rule_id}  {self.words['off']}  {cite}" for rule_id, cite in told.off]
            for rule_id, start in told.absent:
                said = self.words["starts"].format(start) if start else self.words["ended"]
                lines.append(f"  - {rule_id}  {said}")
        return lines

    def rule(self, state: RuleState, show_all: bool) -> list[str]:
        finding = state.finding
        reason = finding.reason_ko if self.language == "ko" else finding.reason_en
        parts = [f"  {'v' if finding.is_passed else 'x'} {finding.rule_id}", reason]
        if finding.release_at is not None:
            parts.append(self.words["frees"].format(self.moment(finding.release_at)))
        if state.sets_next:
            parts.append(self.words["sets"])
        lines = ["  ".join([*parts, finding.cite]).rstrip()]
        free = self.not_counted(state)
        if free:
            lines.append("      " + self.words["not counted"].format(free))
        if show_all:
            lines += [f"      {self.words['reading']}: {text}" for text in state.readings]
        return lines

    def not_counted(self, state: RuleState) -> str:
        """`2 cut_off on 10 Apr (free 2 in 1 day: …)`."""
        groups: Counter[tuple[str, str, str]] = Counter()
        for count in state.counts:
            for one in count.not_counted:
                day = self.day(one.at)
                groups[
                    (one.outcome if one.channel == "call" else one.channel, day, self.pick(one.why_ko, one.why_en))
                ] += 1
        on = "" if self.language == "ko" else "on "
        return ", ".join(f"{n} {what} {on}{day} ({why})" for (what, day, why), n in groups.items())

    def foot(self) -> list[str]:
        told, words = self.told, self.words
        lines = []
        if not told.is_allowed:
            lines.append(f"{words['sooner']} {self.sooner()}")
            if told.law_next_at is not None:
                when = words["at once"] if told.law_next_at == told.at else self.moment(told.law_next_at)
                lines.append(words["law alone"].format(when))
        packs = ", ".join(dict.fromkeys(one.pack for one in told.rules if one.pack))
        last = f"{words['pack']} {packs} @{told.pack_hash} · {words['facts']} {told.facts_hash}"
        return [*lines, f"{words['decision']} {told.decision_id} · {last}" if told.decision_id else last]

    def sooner(self) -> str:
        told, words = self.told, self.words
        found = [self.remedy(one) for one in told.remedies]
        found += [f"{words['number'].format(number)} ({self.when(at)})" for number, at in told.other_numbers]
        if found:
            return "; ".join(found) + "."
        waits = words["waits"].format(self.moment(told.next_at)) if told.next_at is not None else ""
        return f"{words['nothing']} {waits}".rstrip()

    def remedy(self, remedy: Remedy) -> str:
        joined = (" 그리고 " if self.language == "ko" else " and ").join(
            f"{self.pick(one.ko, one.en)} ({one.fact} {_value(one.value)})" for one in remedy.changes
        )
        return f"{joined}: {self.when(remedy.next_at)}"

    def when(self, at: datetime | None) -> str:
        return self.words["now"] if at is None else self.words["then"].format(self.moment(at))

    def pick(self, ko: str, en: str) -> str:
        return ko if self.language == "ko" else en

    def moment(self, at: datetime) -> str:
        local = at.astimezone(self.clock)
        shown = f"{local:%H:%M:%S}".removesuffix(":00")
        far = f"{local.year}-" if abs(at - self.told.at) > timedelta(days=300) else ""
        if self.language == "ko":
            return f"{far}{local.month}월 {local.day}일({_WEEKDAYS_KO[local.weekday()]}) {shown}"
        return f"{local:%a} {local.day} {local:%b} {f'{local.year} ' if far else ''}{shown}"

    def day(self, at: datetime) -> str:
        local = at.astimezone(self.clock)
        return f"{local.month}월 {local.day}일" if self.language == "ko" else f"{local.day} {local:%b}"

    def wait(self, span: timedelta) -> str:
        minutes = -(-int(span.total_seconds()) // 60)
        hours, days = minutes // 60, minutes // 1440
        if self.language == "ko":
            shown = f"{days}일" if days > 3 else f"{hours}시간" if hours > 1 else f"{minutes}분"
        else:
            shown = f"{days} days" if days > 3 else f"{hours} h" if hours > 1 else f"{minutes} min"
        return self.words["in"].format(shown)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)

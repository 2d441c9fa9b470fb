"""A pacing decision in words and numbers, in English and Korean: for the supervisor's screen, the log, the report."""

from collections.abc import Mapping

from attrs import frozen

Figures = Mapping[str, float]


@frozen
class Wording:
    """One sentence in both languages."""

    en: str = ""
    ko: str = ""

    def before(self, other: "Wording") -> "Wording":
        """This one as what leads to the other."""
        return Wording(f"{self.en}: {other.en}", f"{self.ko}: {other.ko}") if self.en else other


def forecast(figures: Figures, launch_count: int) -> Wording:
    """Who is expected free, what is in flight, what is left of the budget, and what follows from it."""
    idle, freed, busy = figures["idle"], figures["expected_freed"], figures["busy"]
    answers, in_flight, left = figures["expected_answers"], figures["in_flight"], figures["budget_slack"]
    risk, allowed = figures["p_no_agent"], figures["theta"]
    return Wording(
        f"{idle:.0f} idle agents and {freed:.1f} of {busy:.0f} busy ones free in time for {answers:.1f} answers from "
        f"{in_flight:.0f} calls in flight; {left:.1f} abandoned calls left; {launch_count} calls placed, "
        f"the next would meet no agent with {risk:.1%}, {allowed:.1%} allowed",
        f"대기 상담사 {idle:.0f}명, 통화·후처리 중 {busy:.0f}명 가운데 {freed:.1f}명이 제때 빔; "
        f"진행 중인 호 {in_flight:.0f}건에서 응답 {answers:.1f}건 예상; 남은 포기호 여유 {left:.1f}건; "
        f"{launch_count}건 발신, 다음 호가 상담사를 못 만날 확률 {risk:.1%}, 허용 {allowed:.1%}",
    )


def one_each(idle: int, in_flight: int, free_lines: int) -> Wording:
    """One call for each idle agent."""
    return Wording(
        f"{idle} idle, {in_flight} in flight, {free_lines} lines free",
        f"대기 상담사 {idle}명, 진행 중인 호 {in_flight}건, 빈 회선 {free_lines}개",
    )


def outage(failures: int) -> Wording:
    """The trunk fails every call."""
    return Wording(
        f"one call at a time, since the last {failures} calls failed",
        f"최근 {failures}건이 모두 실패하여 한 번에 한 건씩만 발신",
    )


NO_TIME = Wording("progressive, since the time is not a number", "시각을 읽을 수 없어 순차 발신")


def not_counted(window: str) -> Wording:
    """A window that nobody counts cannot be kept."""
    return Wording(f"progressive, since window `{window}` is not counted", f"기간 `{window}`의 집계가 없어 순차 발신")


def many_lost(share: float) -> Wording:
    """The forecast has been wrong of late."""
    return Wording(
        f"progressive, since {share:.0%} of the last persons were abandoned",
        f"최근 응답자의 {share:.0%}가 상담사를 만나지 못하여 순차 발신",
    )

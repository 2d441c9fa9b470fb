"""A plausible day of records, made from a seed: for looking at a report without an engine.

A toy floor, not the simulator: three campaigns, two sites, agents who take
lunch, people who answer or do not. Only the shape of the records is meant.
"""

import heapq
import random
from collections import deque
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from attrs import define, field, frozen

from dialer.disposition import Disposition, HungUpBy
from dialer.records import (
    AgentChanged,
    AgentState,
    Answered,
    AnsweredBy,
    CampaignChanged,
    CampaignState,
    Claimed,
    Closed,
    Connected,
    Denied,
    Detected,
    Disposed,
    ListEnrolled,
    Opened,
    Originated,
    PacingNoted,
    PromiseToPay,
    Record,
    TalkEnded,
    TrunkChanged,
    VerdictStage,
)
from dialer.report import CampaignContext, ReportContext

OPENS = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)  # 09:00 in Seoul
LENGTH_S = 9 * 3600.0

RULES = {
    "kr.pdpa.seven-in-seven": ("7일 7회 추심총량제", "Seven contacts in seven days"),
    "kr.pdpa.deferral": ("추심유예 기간", "Collection deferred"),
    "kr.fdca.attorney": ("채무자 대리인 선임", "Attorney appointed"),
    "kr.fcpa.no-contact": ("연락금지 요구 (두낫콜)", "Asked not to be contacted"),
    "kr.pdpa.excluded-hours": ("채무자가 제외한 시간대", "Hours the debtor excluded"),
    "kr.pdpa.notice": ("추심 착수 통지 전", "Notice not sent yet"),
}

CONTEXT = ReportContext(
    title_ko="한빛은행 수신·채권센터 — 11월 24일",
    title_en="Hanbit Bank contact centre — 24 November",
    time_zone="Asia/Seoul",
    campaigns=(
        CampaignContext(
            campaign_id="card-early",
            name_ko="카드 초기 연체 안내",
            name_en="Early card arrears",
            purpose="collection",
            abandonment_limit=0.03,
            account_count=16000,
        ),
        CampaignContext(
            campaign_id="loan-late",
            name_ko="대출 장기 연체",
            name_en="Late-stage loans",
            purpose="collection",
            abandonment_limit=0.01,
            account_count=5200,
        ),
        CampaignContext(
            campaign_id="deposit-renewal",
            name_ko="정기예금 만기 재예치",
            name_en="Term deposit renewal",
            purpose="sales",
            abandonment_limit=0.03,
            account_count=11000,
        ),
    ),
    line_counts={"seoul-a": 90, "seoul-b": 40},
    rule_titles=RULES,
    occupancy_target=0.82,
)


@frozen
class Plan:
    """How one campaign of the toy floor behaves."""

    campaign: CampaignContext
    agents: int
    site: str
    mode: str
    ratio: float
    answers: float
    machines: float
    talk_s: float
    wrap_s: float
    denied: float
    trunk: str


@define(eq=False)
class Floor:
    """One campaign's floor; a heap of what happens next."""

    plan: Plan
    rng: random.Random
    heap: list[tuple[float, int, object, tuple[object, ...]]] = field(factory=list)
    out: list[Record] = field(factory=list)
    idle: deque[str] = field(factory=deque)
    waiting_list: deque[tuple[str, bool]] = field(factory=deque)
    in_flight: int = 0
    serial: int = 0
    answered: int = 0
    abandoned: int = 0
    breaks: dict[str, float] = field(factory=dict)

    def at(self, s: float) -> datetime:
        return OPENS + timedelta(microseconds=round(s * 1e6))

    def later(self, s: float, what: object, *args: object) -> None:
        self.serial += 1
        heapq.heappush(self.heap, (s, self.serial, what, args))

    def run(self) -> list[Record]:
        plan, rng = self.plan, self.rng
        accounts = [f"{plan.campaign.campaign_id}-{n}" for n in range(plan.campaign.account_count)]
        self.out.append(
            ListEnrolled(self.at(0), plan.campaign.campaign_id, plan.campaign.account_count, "b1946ac92492")
        )
        self.out.append(CampaignChanged(self.at(0), plan.campaign.campaign_id, CampaignState.RUNNING, "opening hours"))
        rules = [rule for rule in RULES if ("fcpa" in rule) == (plan.campaign.purpose == "sales")]
        for account in accounts:
            if rng.random() < plan.denied:
                rule = rng.choices(rules, weights=[6, 3, 1, 2, 2][: len(rules)])[0]
                self.out.append(self.denial(account, rule, rng.random() * 60))
                if rule == "kr.pdpa.excluded-hours":
                    self.later(4 * 3600 + rng.random() * 3600, self.enqueue, account, False)
            else:
                self.waiting_list.append((account, False))
        for n in range(plan.agents):
            self.later(rng.random() * 600, self.log_in, f"{plan.site}-{plan.campaign.campaign_id}-{n:02}")
        self.later(1.0, self.tick)
        while self.heap and self.heap[0][0] <= LENGTH_S + 1800:
            s, _, what, args = heapq.heappop(self.heap)
            what(s, *args)  # type: ignore[operator]
        self.out.sort(key=lambda record: record.at)
        return self.out

    def denial(self, account: str, rule: str, s: float) -> Denied:
        until = OPENS + timedelta(days=3)
        return Denied(
            at=self.at(s),
            campaign_id=self.plan.campaign.campaign_id,
            account_id=account,
            person_id=f"p-{account}",
            number_id=f"{account}/1",
            stage=VerdictStage.PICK,
            rule_id=rule,
            rule_ids=(rule,),
            reason=RULES[rule][1],
            next_eligible_at=until,
            pack_hash="9f86d081",
        )

    def enqueue(self, s: float, account: str, is_callback: bool) -> None:
        (self.waiting_list.appendleft if is_callback else self.waiting_list.append)((account, is_callback))

    def agent(self, s: float, agent: str, state: AgentState, attempt: str | None = None) -> None:
        campaign = (self.plan.campaign.campaign_id,)
        self.out.append(AgentChanged(self.at(s), agent, self.plan.site, state, campaign, attempt))

    def log_in(self, s: float, agent: str) -> None:
        self.breaks[agent] = 3 * 3600 + self.rng.choice([0, 1800, 3600]) + self.rng.random() * 300
        self.free(s, agent)

    def free(self, s: float, agent: str) -> None:
        if s > LENGTH_S - 60:
            self.agent(s, agent, AgentState.LOGGED_OUT)
        elif s > self.breaks[agent]:
            self.agent(s, agent, AgentState.ON_BREAK)
            length = 3000.0 if self.breaks[agent] < 5 * 3600 else 900.0
            self.breaks[agent] = s + 2.6 * 3600
            self.later(s + length, self.free, agent)
        else:
            self.agent(s, agent, AgentState.IDLE)
            self.idle.append(agent)

    def tick(self, s: float) -> None:
        plan = self.plan
        if s > LENGTH_S - 120:
            for agent in self.idle:
                self.agent(s, agent, AgentState.LOGGED_OUT)
            self.idle.clear()
            if s > LENGTH_S:
                return
        idle = len(self.idle)
        careful = plan.mode == "predictive" and (s < 900 or 7200 < s < 8400)
        mode = "progressive" if careful else plan.mode
        soon = plan.agents * 0.09 if mode == "predictive" else 0
        room = 1 - (self.abandoned + 1) / (0.026 * self.answered + 2)
        ratio = max(0.85, 1 + (plan.ratio - 1) * min(1.0, 0.2 + 6 * room)) if room > -0.2 else 0.85
        want = idle if mode == "progressive" else int((idle + soon) * ratio)
        launch = max(0, min(want - self.in_flight, len(self.waiting_list), 4))
        if s < LENGTH_S - 150:
            for n in range(launch):
                self.place(s + n * 0.12)
        if int(s) % 20 == 1:
            reason = "warming up" if s < 900 else "answer rate rose" if careful else "within target"
            self.out.append(
                PacingNoted(self.at(s), plan.campaign.campaign_id, mode, launch, idle, self.in_flight, reason)
            )
        self.later(s + 1.0, self.tick)

    def place(self, s: float) -> None:
        plan, rng = self.plan, self.rng
        account, is_callback = self.waiting_list.popleft()
        self.serial += 1
        attempt = f"{plan.campaign.campaign_id}:{self.serial}"
        campaign = plan.campaign.campaign_id
        self.in_flight += 1
        self.out.append(
            Claimed(
                self.at(s),
                attempt,
                campaign,
                account,
                f"p-{account}",
                (f"c-{account}",),
                f"{account}/1",
                plan.trunk,
                "0215880000",
                "9f86d081",
                plan.mode,
                is_callback=is_callback,
            )
        )
        self.out.append(Originated(self.at(s + 0.05), attempt, campaign))
        hour = 9 + s / 3600
        answers = plan.answers * (0.72 + 0.4 * max(0.0, 1 - abs(hour - 17) / 6) + (0.25 if 12 <= hour < 13 else 0))
        if 7000 < s < 8000:
            answers *= 1.5
        draw = rng.random()
        ring = 4 + rng.expovariate(1 / 8)
        if draw < answers and ring < 28:
            self.later(s + ring, self.answer, attempt, account, ring)
        elif draw < answers + plan.machines:
            self.later(s + 18, self.machine, attempt, account)
        else:
            how = rng.choices(
                [Disposition.NO_ANSWER, Disposition.BUSY, Disposition.REJECTED, Disposition.INVALID_NUMBER],
                [7, 2, 1, 0.4],
            )[0]
            length = 28.0 if how is Disposition.NO_ANSWER else 3.0 + rng.random() * 4
            self.later(s + length, self.end, attempt, account, how, None)

    def end(self, s: float, attempt: str, account: str, how: Disposition, agent: str | None, **more: object) -> None:
        if agent is None:
            self.in_flight -= 1
        retry = None
        if how in (Disposition.NO_ANSWER, Disposition.BUSY, Disposition.MACHINE, Disposition.REJECTED):
            retry = s + 7200 + self.rng.random() * 3600
            self.later(retry, self.enqueue, account, False)
        next_at = self.at(retry) if retry else None
        if how is Disposition.CALLBACK:
            due = s + 1800 + self.rng.random() * 14400
            next_at = self.at(due)
            if due < LENGTH_S - 200 and self.rng.random() < 0.93:
                self.later(due, self.enqueue, account, True)
        self.out.append(
            Disposed(
                self.at(s),
                attempt,
                self.plan.campaign.campaign_id,
                account,
                how,
                HungUpBy.PERSON,
                agent,
                next_at=next_at,
                is_next_callback=how is Disposition.CALLBACK,
                ends="" if next_at else "done",
                **more,
            )
        )

    def machine(self, s: float, attempt: str, account: str) -> None:
        campaign = self.plan.campaign.campaign_id
        self.out.append(Answered(self.at(s), attempt, campaign, 18.0))
        self.out.append(Detected(self.at(s + 2.5), attempt, campaign, AnsweredBy.MACHINE, self.at(s + 2.5)))
        self.later(s + 3, self.end, attempt, account, Disposition.MACHINE, None)

    def answer(self, s: float, attempt: str, account: str, ring: float) -> None:
        campaign, rng = self.plan.campaign.campaign_id, self.rng
        self.out.append(Answered(self.at(s), attempt, campaign, ring))
        if rng.random() < 0.004:
            self.out.append(Detected(self.at(s + 2), attempt, campaign, AnsweredBy.MACHINE, self.at(s + 2)))
            self.later(s + 2.4, self.end, attempt, account, Disposition.FALSE_MACHINE, None)
            return
        self.out.append(Detected(self.at(s + 1.4), attempt, campaign, AnsweredBy.HUMAN, self.at(s + 1.4)))
        self.later(s + 1.4, self.greeted, attempt, account, s + 1.4)

    def greeted(self, s: float, attempt: str, account: str, greeted_s: float) -> None:
        self.answered += s == greeted_s
        if self.idle:
            agent = self.idle.popleft()
            self.agent(s, agent, AgentState.RESERVED, attempt)
            self.later(s + 0.3, self.talk, attempt, account, agent, s + 0.3 - greeted_s)
        elif s - greeted_s > 1.9:
            self.abandoned += 1
            self.later(s + 0.1, self.end, attempt, account, Disposition.ABANDONED, None)
        elif self.rng.random() < 0.04:
            self.later(s + 0.1, self.end, attempt, account, Disposition.HUNG_UP_EARLY, None)
        else:
            self.later(s + 0.5, self.greeted, attempt, account, greeted_s)

    def talk(self, s: float, attempt: str, account: str, agent: str, wait: float) -> None:
        plan, rng = self.plan, self.rng
        self.in_flight -= 1
        self.out.append(Connected(self.at(s), attempt, plan.campaign.campaign_id, agent, wait))
        self.agent(s, agent, AgentState.TALKING, attempt)
        talk = rng.lognormvariate(0, 0.7) * plan.talk_s
        self.later(s + talk, self.wrap, attempt, account, agent, talk)

    def wrap(self, s: float, attempt: str, account: str, agent: str, talk: float) -> None:
        plan, rng = self.plan, self.rng
        self.out.append(TalkEnded(self.at(s), attempt, plan.campaign.campaign_id, agent, talk, HungUpBy.PERSON))
        self.agent(s, agent, AgentState.WRAP_UP, attempt)
        self.later(s + rng.lognormvariate(0, 0.5) * plan.wrap_s, self.finish, attempt, account, agent)

    def finish(self, s: float, attempt: str, account: str, agent: str) -> None:
        won = Disposition.SOLD if self.plan.campaign.purpose == "sales" else Disposition.PROMISED
        how = self.rng.choices(
            [won, Disposition.RIGHT_PARTY, Disposition.REFUSED, Disposition.CALLBACK, Disposition.THIRD_PARTY,
             Disposition.WRONG_PERSON, Disposition.CUT_OFF, Disposition.OPTED_OUT],
            [22, 30, 14, 10, 12, 7, 4, 1],
        )[0]  # fmt: skip
        more: dict[str, object] = {}
        amount = int(self.rng.lognormvariate(12.6, 0.8) / 1000) * 1000
        if how is Disposition.PROMISED:
            more = {"promise": PromiseToPay(amount, "KRW", date(2026, 11, 30))}
        elif how is Disposition.SOLD:
            more = {"amount_minor": amount * 20, "currency": "KRW"}
        self.end(s, attempt, account, how, agent, **more)
        self.free(s, agent)


def sample_day(seed: int = 7, scale: float = 1.0) -> Iterator[Record]:
    """The day's records in order of time; `scale` makes the floor smaller or larger."""
    card, loan, deposit = CONTEXT.campaigns
    plans = [
        Plan(card, int(42 * scale), "서울 본점", "predictive", 2.4, 0.33, 0.08, 95, 32, 0.16, "seoul-a"),
        Plan(loan, int(14 * scale), "서울 본점", "progressive", 1.0, 0.26, 0.06, 180, 60, 0.31, "seoul-b"),
        Plan(deposit, int(22 * scale), "부산", "predictive", 2.6, 0.30, 0.10, 120, 30, 0.08, "seoul-a"),
    ]
    yield Opened(OPENS - timedelta(seconds=2), "0.1.0", "3f2a9c", "Asia/Seoul", seed)
    yield TrunkChanged(OPENS - timedelta(seconds=1), "seoul-a", True)
    floors = [Floor(plan, random.Random(f"{seed}:{plan.campaign.campaign_id}")).run() for plan in plans]
    last = OPENS
    for record in heapq.merge(*floors, key=lambda record: record.at):
        last = record.at
        yield record
    yield Closed(last)

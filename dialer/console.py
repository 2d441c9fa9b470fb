"""The engine as screens see it: figures out, steering in. Everything done here stands in the journal with its actor."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from heapq import nlargest
from itertools import islice
from typing import Protocol

import attrs
from attrs import define, field

from dialer.agents import AgentPool
from dialer.attempt import AttemptState
from dialer.board import AgentRow, Board, CampaignRow, ConsoleError, TrunkRow, WindowRow
from dialer.campaign import Campaign
from dialer.case_words import NOTE_CATEGORIES, CaseFile, LawfulTime, Note, Permission, Told, Week
from dialer.casefile import CaseDesk, note_of
from dialer.clock import WallClock
from dialer.config import CampaignSettings, Config
from dialer.engine_books import EngineBooks
from dialer.engine_desk_work import EngineDeskWork
from dialer.explorer import Explorer
from dialer.journal import Journal
from dialer.ports import AgentDesk, AgentProfile, AgentReport, CallCard
from dialer.records import AgentState, CampaignState, NoteTaken, TargetSet
from dialer.state import EngineState, OpenAttempt
from dialer.tallies import CampaignTally, DayTallies
from dialer.trunks import TrunkPool

__all__ = ["EngineConsole"]

_WORKING = (AgentState.TALKING, AgentState.WRAP_UP)
_ON_DUTY = (AgentState.IDLE, AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP)
# How many of the rules that refuse most a screen names.
_HELD_BY = 8


class _Engine(Protocol):
    config: Config
    state: EngineState
    journal: Journal
    clock: WallClock
    agents: AgentPool
    trunks: TrunkPool
    campaigns: dict[str, Campaign]

    @property
    def is_draining(self) -> bool: ...

    @property
    def is_running(self) -> bool: ...


@define(eq=False)
class EngineConsole:
    """`dialer.board.Console` over a running engine."""

    engine: _Engine
    tallies: DayTallies = field(init=False)
    books: EngineBooks = field(init=False)
    desk_work: EngineDeskWork = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.tallies = DayTallies(self.engine.config.zone)
        self.engine.journal.listen(self.tallies.observe)
        self.books = EngineBooks(self.engine)
        self.desk_work = EngineDeskWork(self.engine)

    # Figures.

    @property
    def time_zone(self) -> str:
        """The centre's zone, as in the IANA table."""
        return self.engine.config.time_zone

    def now_at(self) -> datetime:
        """The instant on the engine's clock."""
        return self.engine.clock.now_at()

    def board(self) -> Board:
        """Every figure at this instant."""
        engine, now_at = self.engine, self.engine.clock.now_at()
        waiting = {one.id: self._waiting(one.id) for one in engine.config.campaigns}
        since = [attempt.greeting_ended_at for some in waiting.values() for attempt in some]
        seconds = self._seconds(now_at)
        on_duty_s = sum(seconds[state] for state in _ON_DUTY)
        rows = tuple(self._campaign(one, now_at, len(waiting[one.id])) for one in engine.config.campaigns)
        counted = list(self.tallies.campaigns.values())
        answered = sum(tally.answered_by_person for tally in counted)
        connected = sum(tally.connected for tally in counted)
        waits = self.tallies.answer_waits
        return Board(
            at=now_at,
            agents=dict(Counter(status.state.value for status in engine.state.agents.values())),
            waiting_count=len(since),
            oldest_wait_s=max(((now_at - one).total_seconds() for one in since if one), default=None),
            occupancy=sum(seconds[state] for state in _WORKING) / on_duty_s if on_duty_s else None,
            talk_s=seconds[AgentState.TALKING],
            wrap_up_s=seconds[AgentState.WRAP_UP],
            idle_s=seconds[AgentState.IDLE],
            answer_wait_s=self.tallies.answer_wait_s / waits if waits else None,
            answered_in_limit=connected / answered if answered else None,
            attempts_per_s=self.tallies.attempts_per_s(now_at),
            breaches=0,
            campaigns=rows,
            trunks=self._trunks(now_at),
        )

    def agent_rows(self) -> tuple[AgentRow, ...]:
        """Everybody logged in, by name."""
        rows = (self.agent_row(agent_id) for agent_id in sorted(self.engine.state.agents))
        return tuple(row for row in rows if row is not None)

    def agent_row(self, agent_id: str) -> AgentRow | None:
        """One agent, None when not logged in."""
        status = self.engine.state.agents.get(agent_id)
        agent = self.engine.agents.get(agent_id)
        if agent is None or status is None or status.state is AgentState.LOGGED_OUT:
            return None
        attempt = self.engine.state.attempts.get(agent.attempt_id or "")
        return AgentRow(
            agent_id=agent_id,
            site=status.site,
            state=status.state.value,
            since_at=status.since_at,
            campaign_ids=status.campaign_ids,
            campaign_id=attempt.claimed.campaign_id if attempt is not None else None,
            attempt_id=agent.attempt_id,
            reason=agent.intent_reason,
        )

    # Steering.

    def pause(self, campaign_id: str, actor: str, reason: str) -> None:
        """Start no more calls in a campaign."""
        self._in_state(campaign_id, CampaignState.RUNNING).pause(reason, actor)

    def resume(self, campaign_id: str, actor: str, reason: str) -> None:
        """Start calls again."""
        self._in_state(campaign_id, CampaignState.PAUSED).resume(reason, actor)

    def drain(self, campaign_id: str, actor: str, reason: str) -> None:
        """Finish calls, start none, for the rest of the day."""
        self._in_state(campaign_id, CampaignState.RUNNING, CampaignState.PAUSED).drain(reason, actor)

    def set_target(self, campaign_id: str, target: float, actor: str, reason: str) -> None:
        """Aim at another share of abandoned calls, at most the configuration's."""
        campaign = self._campaign_named(campaign_id)
        most = self._settings(campaign_id).pacing.abandonment_target
        if not 0.0 < target <= most:
            msg = f"the target must be over 0 and at most {most:.1%}, as the configuration allows; got {target:.1%}"
            raise ConsoleError(msg)
        self.engine.journal.append(TargetSet(self.engine.clock.now_at(), campaign_id, target, actor, reason))
        campaign.pacer.aim(target)

    # Agents.

    def log_in(self, profile: AgentProfile, desk: AgentDesk) -> None:
        """An agent sits down at a desk."""
        unknown = [one for one in profile.campaign_ids if one not in self.engine.campaigns]
        if unknown or not profile.campaign_ids:
            known = ", ".join(self.engine.campaigns)
            msg = f"pick campaigns among {known}" + (f"; there is no `{unknown[0]}`" if unknown else "")
            raise ConsoleError(msg)
        if self.engine.agents.get(profile.agent_id) is not None:
            msg = f"{profile.agent_id} is logged in already; log out there first"
            raise ConsoleError(msg)
        self.engine.agents.log_in(profile, desk)

    def start_break(self, agent_id: str, reason: str) -> None:
        """An agent pauses, now or after the call at hand."""
        self._logged_in(agent_id)
        self.engine.agents.start_break(agent_id, reason)

    def end_break(self, agent_id: str) -> None:
        """An agent is back."""
        self._logged_in(agent_id)
        self.engine.agents.end_break(agent_id)

    def log_out(self, agent_id: str) -> None:
        """An agent leaves, now or after the call at hand."""
        self._logged_in(agent_id)
        self.engine.agents.log_out(agent_id)

    # Accounts, for desks.

    def case(self, campaign_id: str, account_id: str) -> CaseFile:
        """Everything a desk shows of an account."""
        return self._cases(campaign_id).case(account_id)

    def may_call(self, campaign_id: str, account_id: str, number_id: str | None, at: datetime | None) -> Permission:
        """The verdict on a number, now or at an instant, in words."""
        return self._cases(campaign_id).may_call(account_id, number_id, at or self.engine.clock.now_at())

    def lawful_times(self, campaign_id: str, account_id: str, number_id: str | None, days: int) -> list[LawfulTime]:
        """When the person may be called back at their own wish."""
        return self._cases(campaign_id).lawful_times(account_id, number_id, self.engine.clock.now_at(), days)

    def find_accounts(self, campaign_id: str, text: str, limit: int) -> list[str]:
        """Ids of accounts that begin with a text."""
        accounts = self._campaign_named(campaign_id).accounts
        return list(islice((one for one in accounts if one.startswith(text)), limit))

    def explain(
        self,
        campaign_id: str,
        account_id: str,
        number_id: str | None,
        at: datetime | None,
        language: str,
        *,
        show_all: bool,
    ) -> Told:
        """Why a number may be called, or why not and when."""
        account, _ = self._cases(campaign_id).number(account_id, number_id)
        when = at or self.now_at()
        return self._explorer(campaign_id).explain(account, number_id or "", when, language, show_all=show_all)

    async def week(self, campaign_id: str, account_id: str, number_id: str | None) -> Week:
        """When each rule lets an account through in the coming week."""
        account, number = self._cases(campaign_id).number(account_id, number_id)
        return await self._explorer(campaign_id).week(account, number, self.now_at())

    def take_note(self, card: CallCard, agent_id: str, category: str, text: str) -> None:
        """Write down what the person said."""
        if category not in NOTE_CATEGORIES or not text.strip():
            msg = f"a note has a text and a category: {', '.join(NOTE_CATEGORIES)}"
            raise ConsoleError(msg)
        account = card.account
        ids = (card.campaign_id, account.person.person_id, account.account_id, card.attempt_id, agent_id)
        self.engine.journal.append(NoteTaken(self.now_at(), *ids, category, text.strip()))

    def notes(self, category: str | None, limit: int) -> list[Note]:
        """What agents wrote down, newest first."""
        every = (one for some in self.engine.state.notes.values() for one in some)
        wanted = (one for one in every if category is None or one.category == category)
        return [note_of(one) for one in nlargest(limit, wanted, key=lambda one: one.at)]

    def check_report(self, card: CallCard, report: AgentReport) -> None:
        """Refuse a report that cannot be true."""
        cases = self._cases(card.campaign_id)
        cases.check(card.account.account_id, card.number.number_id, report, self.engine.clock.now_at())

    # How.

    def _cases(self, campaign_id: str) -> CaseDesk:
        campaign = self._campaign_named(campaign_id)
        return CaseDesk(campaign, self.engine.state, self._settings(campaign_id).purpose)

    def _explorer(self, campaign_id: str) -> Explorer:
        return Explorer(self._campaign_named(campaign_id), self.engine.state, self.engine.config.time_zone)

    def _campaign(self, settings: CampaignSettings, now_at: datetime, waiting_count: int) -> CampaignRow:
        engine = self.engine
        book = engine.state.campaigns[settings.id]
        tally = self.tallies.tally(settings.id)
        open_count = sum(one.claimed.campaign_id == settings.id for one in engine.state.attempts.values())
        figures = attrs.asdict(tally, filter=lambda one, _: one.name in _SAME_NAMES)
        return CampaignRow(
            campaign_id=settings.id,
            name_ko=settings.name.ko,
            name_en=settings.name.en,
            state=book.state.value,
            reason=book.reason,
            target=settings.pacing.abandonment_target if book.target is None else book.target,
            idle_count=engine.agents.idle_count(settings.id),
            in_flight_count=open_count,
            waiting_count=waiting_count,
            listed_count=len(book.schedule),
            held_by=tuple(tally.held_by.most_common(_HELD_BY)),
            windows=self._windows(settings, now_at),
            **figures,
        )

    def _windows(self, settings: CampaignSettings, now_at: datetime) -> tuple[WindowRow, ...]:
        book = self.engine.state.campaigns[settings.id]
        regimes = {window.name: window.regime for window in settings.pacing.windows}
        return tuple(
            WindowRow(
                one.name, regimes[one.name], one.answered_by_person, one.abandoned, settings.pacer.target_of(one.name)
            )
            for one in book.counters.view(now_at)
        )

    def _trunks(self, now_at: datetime) -> tuple[TrunkRow, ...]:
        return tuple(
            TrunkRow(
                lane.trunk.name,
                lane.is_up,
                lane.trunk.line_count,
                lane.in_use,
                lane.trunk.max_calls_per_s,
                self.tallies.trunk_outcomes(lane.trunk.name, now_at),
            )
            for lane in self.engine.trunks.lanes
        )

    def _waiting(self, campaign_id: str) -> list[OpenAttempt]:
        return [
            one
            for one in self.engine.state.attempts.values()
            if one.claimed.campaign_id == campaign_id and one.state is AttemptState.WAITING
        ]

    def _seconds(self, now_at: datetime) -> Mapping[AgentState, float]:
        """What all agents have spent in each state, up to now."""
        total: Counter[AgentState] = Counter()
        for status in self.engine.state.agents.values():
            total.update(status.seconds)
            total[status.state] += (now_at - status.since_at).total_seconds()  # type: ignore[assignment]
        return total

    def _settings(self, campaign_id: str) -> CampaignSettings:
        return next(one for one in self.engine.config.campaigns if one.id == campaign_id)

    def _campaign_named(self, campaign_id: str) -> Campaign:
        campaign = self.engine.campaigns.get(campaign_id)
        if campaign is None:
            msg = f"there is no campaign `{campaign_id}`; there are {', '.join(self.engine.campaigns)}"
            raise ConsoleError(msg)
        return campaign

    def _in_state(self, campaign_id: str, *states: CampaignState) -> Campaign:
        campaign = self._campaign_named(campaign_id)
        if campaign.book.state not in states:
            wanted = " or ".join(one.value for one in states)
            msg = f"`{campaign_id}` is {campaign.book.state.value}, it must be {wanted} for that"
            raise ConsoleError(msg)
        return campaign

    def _logged_in(self, agent_id: str) -> None:
        if self.engine.agents.get(agent_id) is None:
            msg = f"{agent_id} is not logged in"
            raise ConsoleError(msg)


_SAME_NAMES = {one.name for one in attrs.fields(CampaignTally)} - {"held_by"}

"""All desks with a person at them, and what each page shows."""

from collections.abc import Callable
from datetime import datetime

import trio
from attrs import define, evolve, field, frozen

from adapters.web.desk import Phase, WebDesk
from adapters.web.users import User
from dialer.board import AgentRow, Console, ConsoleError
from dialer.case_words import AGENT_FACTS, CaseFile, dispositions_for
from dialer.ports import AgentProfile, PeerError
from dialer.records import Disposed, Record
from dialer.stations import Stations

__all__ = ["CallView", "DeskState", "DeskTally", "Desks", "Hand"]


@frozen
class CallView:
    """The call at the desk."""

    attempt_id: str
    phase: str
    for_s: float
    """Seconds in this phase, on the engine's clock."""
    number_id: str
    is_callback: bool
    case: CaseFile
    dispositions: tuple[str, ...]
    statable: tuple[str, ...]
    abilities: tuple[str, ...] = ()
    """What can be done with the talk: `hold`, `mute`, `record`."""
    on: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    """Whom the person can be handed on to."""


@define
class DeskTally:
    """What the agent has done since they sat down."""

    calls: int = 0
    outcomes: dict[str, int] = field(factory=dict)
    promised_minor: int = 0
    sold_minor: int = 0


@frozen
class Hand:
    """An agent asks for help."""

    agent_id: str
    raised_at: datetime
    text: str
    coming: str = ""
    """The supervisor who has seen it; empty while nobody has."""


@frozen
class DeskState:
    """Everything the agent's page shows."""

    now_at: datetime
    speed: float
    """How much faster than the agent's own clock the times here run."""
    agent: AgentRow | None
    call: CallView | None
    tally: DeskTally
    campaigns: tuple[str, ...]
    hand: Hand | None = None
    missed: str = ""
    """What became of the last call by hand that nobody answered."""
    needs_phone: bool = False
    phone: str = ""
    """The phone that is being called before the agent is logged in; empty at other times."""


@define(eq=False)
class _Seat:
    desk: WebDesk
    tally: DeskTally = field(factory=DeskTally)
    hand: Hand | None = None
    changed: trio.Event = field(factory=trio.Event)
    watchers: int = 0
    phone: str = ""
    waiting: AgentProfile | None = None
    """Who is logged in as soon as the phone is on the line."""
    has_lost_phone: bool = False
    is_back_idle: bool = True
    """Whether a phone that comes back ends the break: not one that the agent had taken before."""

    def wake(self) -> None:
        self.changed, changed = trio.Event(), self.changed
        changed.set()


@define(eq=False)
class Desks:
    """The desks of everybody signed in as an agent. `away_s` is how long a page may be gone, in people's seconds."""

    console: Console
    now_at: Callable[[], datetime]
    speed: float = 1.0
    stations: Stations | None = None
    """Where talks are heard; None where nothing is to be heard."""
    away_s: float = 20.0
    _seats: dict[str, _Seat] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.console.books.listen(self._heed)

    def log_in(self, user: User, campaign_ids: tuple[str, ...], phone: str = "") -> None:
        """Sit down; a person who may work only some campaigns gets no others."""
        foreign = [one for one in campaign_ids if user.campaign_ids and one not in user.campaign_ids]
        if foreign:
            msg = f"you may work {', '.join(user.campaign_ids)}, not {', '.join(foreign)}"
            raise ConsoleError(msg)
        seat = self._seats.setdefault(user.name, _Seat(WebDesk(user.name, stations=self.stations)))
        seat.desk.on_change = seat.wake
        profile = AgentProfile(user.name, user.site or "web", campaign_ids)
        if self.stations is None or not self.stations.needs_phone:
            self.console.log_in(profile, seat.desk)
        elif self.console.agent_row(user.name) is not None:
            msg = f"{user.name} is logged in already; log out there first"
            raise ConsoleError(msg)
        else:
            self._call_phone(self.stations, seat, profile, phone)
        seat.wake()

    def log_out(self, name: str) -> None:
        """Leave, now or after the call at hand; a phone that is still being called is let go."""
        seat = self._seats.get(name)
        if seat is not None and seat.waiting is not None and self.stations is not None:
            seat.waiting = None
            self.stations.leave(name)
        else:
            self.console.log_out(name)
        self.wake(name)

    def desk(self, name: str) -> WebDesk:
        """The desk of somebody logged in."""
        seat = self._seats.get(name)
        if seat is None or self.console.agent_row(name) is None:
            msg = "log in at the desk first"
            raise ConsoleError(msg)
        return seat.desk

    def call(self, name: str, campaign_id: str, account_id: str, number_id: str) -> None:
        """Place a call that the agent asked for, and show whom it goes to."""
        desk = self.desk(name)
        desk.expect(self.console.desk_work.call(name, campaign_id, account_id, number_id))

    def raise_hand(self, name: str, text: str) -> None:
        """The agent asks for help, or says more about it; the age is that of the first asking."""
        self.desk(name)
        seat = self._seats[name]
        raised_at = seat.hand.raised_at if seat.hand is not None else self.now_at()
        seat.hand = Hand(name, raised_at, text)
        seat.wake()

    def lower_hand(self, name: str) -> None:
        """The agent needs no help any more."""
        seat = self._seats.get(name)
        if seat is not None:
            seat.hand = None
            seat.wake()

    def come(self, name: str, supervisor: str) -> None:
        """A supervisor has seen the hand, and the agent sees who comes."""
        seat = self._seats.get(name)
        if seat is None or seat.hand is None:
            msg = f"{name} asks for no help any more"
            raise ConsoleError(msg)
        seat.hand = evolve(seat.hand, coming=supervisor)
        seat.wake()

    def hands(self) -> list[Hand]:
        """Who asks for help, the longest first."""
        raised = [seat.hand for seat in self._seats.values() if seat.hand is not None]
        return sorted(raised, key=lambda one: one.raised_at)

    def tally(self, name: str) -> DeskTally:
        """What an agent has done since they sat down."""
        seat = self._seats.get(name)
        return seat.tally if seat is not None else DeskTally()

    def wake(self, name: str) -> None:
        """The page of `name` has to look again."""
        seat = self._seats.get(name)
        if seat is not None:
            seat.wake()

    def state(self, user: User) -> DeskState:
        """What the page of `user` shows now."""
        row = self.console.agent_row(user.name)
        seat = self._seats.get(user.name)
        call = self._call(seat.desk, row) if seat is not None and row is not None else None
        hand, missed = (seat.hand, seat.desk.missed) if seat is not None else (None, "")
        return DeskState(
            self.now_at(),
            self.speed,
            row,
            call,
            self.tally(user.name),
            user.campaign_ids,
            hand,
            missed,
            self.stations is not None and self.stations.needs_phone,
            seat.phone if seat is not None and seat.waiting is not None else "",
        )

    async def changed(self, name: str) -> None:
        """Block until the page of `name` has to look again."""
        seat = self._seats.get(name)
        if seat is None:
            await trio.sleep(self.speed)
            return
        with trio.move_on_after(2.0 * self.speed):  # the engine also moves agents by itself
            await seat.changed.wait()

    def watch(self, name: str) -> None:
        """A page of `name` is open."""
        seat = self._seats.get(name)
        if seat is not None:
            seat.watchers += 1

    def unwatch(self, name: str) -> None:
        """A page of `name` has gone."""
        seat = self._seats.get(name)
        if seat is not None:
            seat.watchers = max(0, seat.watchers - 1)

    async def keep_empty_chairs_free(self) -> None:
        """Send agents on a break whose page has been gone for a while; returns never."""
        gone_mono: dict[str, float] = {}
        while True:
            await trio.sleep(self.speed)
            now = trio.current_time()
            for name, seat in self._seats.items():
                row = self.console.agent_row(name)
                if row is None and seat.waiting is None and self.stations is not None:
                    self.stations.leave(name)
                if seat.watchers or row is None or row.state == "on_break":
                    gone_mono.pop(name, None)
                elif now - gone_mono.setdefault(name, now) > self.away_s * self.speed:
                    self.console.start_break(name, "page gone")
                    gone_mono.pop(name, None)

    def _call_phone(self, stations: Stations, seat: _Seat, profile: AgentProfile, phone: str) -> None:
        """Have the phone called; the agent is logged in when it is on the line, and on a break while it is not."""

        def on_change() -> None:
            self._follow_phone(stations, seat, profile.agent_id)

        try:
            stations.sit(profile.agent_id, phone, on_change)
        except PeerError as error:
            raise ConsoleError(str(error)) from error
        seat.phone, seat.waiting, seat.has_lost_phone = phone, profile, False

    def _follow_phone(self, stations: Stations, seat: _Seat, name: str) -> None:
        is_ready = stations.is_ready(name)
        if seat.waiting is not None:
            if is_ready:
                profile, seat.waiting = seat.waiting, None
                self.console.log_in(profile, seat.desk)
        elif (row := self.console.agent_row(name)) is not None and is_ready is seat.has_lost_phone:
            seat.has_lost_phone = not is_ready
            if not is_ready:
                seat.is_back_idle = row.state != "on_break"
                self.console.start_break(name, "phone lost")
            elif seat.is_back_idle:
                self.console.end_break(name)
        seat.wake()

    def _heed(self, record: Record) -> None:
        if isinstance(record, Disposed) and record.agent_id in self._seats:
            self._seats[record.agent_id].desk.end_unanswered(record.attempt_id, record.disposition.value)

    def _call(self, desk: WebDesk, row: AgentRow) -> CallView | None:
        call = desk.call
        if call is None or (call.phase is Phase.PREVIEW and row.state in ("idle", "on_break")):
            return None
        talk = call.talk
        case = self.console.case(call.card.campaign_id, call.card.account.account_id)
        return CallView(
            attempt_id=call.card.attempt_id,
            phase="dialing" if call.phase is Phase.PREVIEW and call.is_wanted else call.phase.value,
            for_s=trio.current_time() - call.since_mono,
            number_id=call.card.number.number_id,
            is_callback=call.card.is_callback,
            case=case,
            dispositions=tuple(one.value for one in dispositions_for(case.purpose)),
            statable=AGENT_FACTS,
            abilities=tuple(sorted(talk.abilities)) if talk is not None else (),
            on=tuple(sorted(talk.on)) if talk is not None else (),
            targets=talk.targets if talk is not None else (),
        )

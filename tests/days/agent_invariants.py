"""What must hold of the agents of any day (I4)."""

from datetime import datetime
from itertools import pairwise

from dialer.records import AgentState
from tests.days.inspection import Book, Stay, seconds_between

__all__ = ["check_agents", "check_talks"]

SAME_S = 1e-3

_S = AgentState
_FOLLOWS = {
    None: {_S.IDLE, _S.RESERVED},
    _S.LOGGED_OUT: {_S.IDLE, _S.RESERVED},
    _S.IDLE: {_S.RESERVED, _S.ON_BREAK, _S.LOGGED_OUT},
    _S.RESERVED: {_S.RESERVED, _S.TALKING, _S.IDLE, _S.ON_BREAK, _S.LOGGED_OUT},
    _S.TALKING: {_S.WRAP_UP, _S.IDLE, _S.RESERVED, _S.ON_BREAK, _S.LOGGED_OUT},
    _S.WRAP_UP: {_S.IDLE, _S.RESERVED, _S.ON_BREAK, _S.LOGGED_OUT},
    _S.ON_BREAK: {_S.IDLE, _S.RESERVED, _S.LOGGED_OUT},
}
_WITH_CALL = {_S.RESERVED, _S.TALKING, _S.WRAP_UP}


def check_agents(book: Book) -> None:
    """One state at a time, in an order that makes sense; all seconds are accounted for."""
    for agent_id, stays in book.agents.items():
        before = None
        for stay in stays:
            state = stay.change.state
            assert state in _FOLLOWS[before], (agent_id, before, state)
            assert (stay.change.attempt_id is not None) == (state in _WITH_CALL), stay.change
            before = state
        assert before is AgentState.LOGGED_OUT, f"{agent_id} never left"
        assert stays[-1].until is None
        _check_seconds(book, agent_id, stays)
        _check_wishes(book, agent_id, stays)


def _check_seconds(book: Book, agent_id: str, stays: list[Stay]) -> None:
    status = book.day.state.agents[agent_id]
    by_state: dict[AgentState, float] = {}
    for one, following in pairwise(stays):
        spent_s = seconds_between(one.change.at, following.change.at)
        assert spent_s >= 0.0, (one, following)
        by_state[one.change.state] = by_state.get(one.change.state, 0.0) + spent_s
    here_s = sum(spent_s for state, spent_s in by_state.items() if state is not AgentState.LOGGED_OUT)
    live_s = sum(spent_s for state, spent_s in status.seconds.items() if state is not AgentState.LOGGED_OUT)
    assert abs(here_s - live_s) < SAME_S
    assert status.state is AgentState.LOGGED_OUT
    for state, spent_s in by_state.items():
        assert abs(status.seconds[state] - spent_s) < SAME_S


def _check_wishes(book: Book, agent_id: str, stays: list[Stay]) -> None:
    """Whoever asks for a break or leaves gets no further call until they are back."""
    asked = [one for one in book.day.asked if one.agent_id == agent_id]
    for wish, following in zip(asked, [*asked[1:], None], strict=True):
        if wish.what not in ("start_break", "log_out"):
            continue
        until = following.at if following is not None else None
        for stay in stays:
            if stay.change.state is AgentState.RESERVED and wish.at < stay.change.at and _is_before(stay, until):
                before = book.stay_at(agent_id, stay.index)
                assert before is not None
                # A preview that has become a call goes on under the call's id.
                assert before.change.state is AgentState.RESERVED, (wish, stay.change)


def _is_before(stay: Stay, until: datetime | None) -> bool:
    return until is None or stay.change.at < until


def check_talks(book: Book) -> None:
    """An agent talks to one person at a time, and the agent's states say with whom."""
    talks: dict[str, list[tuple[datetime, datetime, str]]] = {}
    for attempt in book.of_today:
        if not attempt.connected:
            continue
        connected = attempt.connected[0]
        ended_at = attempt.talk_ended[0].at if attempt.talk_ended else attempt.end.at
        talks.setdefault(connected.agent_id, []).append((connected.at, ended_at, attempt.id))
        assert attempt.end.agent_id == connected.agent_id
    for agent_id, spans in talks.items():
        spans.sort()
        for one, following in pairwise(spans):
            assert one[1] <= following[0], (agent_id, one, following)
        stays = [one for one in book.agents[agent_id] if one.change.state is AgentState.TALKING]
        found = [(one.change.at, one.until, one.change.attempt_id) for one in stays]
        assert found == spans, agent_id
    busy = {(stay.change.agent_id, stay.change.attempt_id) for stays in book.agents.values() for stay in stays}
    for attempt in book.of_today:
        if attempt.claimed.agent_id is not None:
            assert (attempt.claimed.agent_id, attempt.id) in busy, f"nobody is reserved for {attempt.id}"

"""How an attempt ends: every disposition and what follows from it. Pure.

One table. Reports, counters, retries and the contact ledger all read it here,
so that no two of them can disagree about what "abandoned" means.
"""

from enum import Enum

from attrs import frozen

__all__ = ["DISPOSITIONS", "Disposition", "DispositionTraits", "HungUpBy", "NetworkOutcome", "refine"]


class NetworkOutcome(Enum):
    """Why the network ended a leg that nobody answered, or a leg that was up."""

    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    INVALID_NUMBER = "invalid_number"
    CONGESTED = "congested"
    TRUNK_LOST = "trunk_lost"
    NORMAL = "normal"


class HungUpBy(Enum):
    """Which side ended the line. Korean counting needs it (Decree art. 15(2)1 나)."""

    PERSON = "person"
    US = "us"
    NETWORK = "network"


class Disposition(Enum):
    """How an attempt ended; exactly one per attempt."""

    NOT_PLACED = "not_placed"
    NO_ANSWER = "no_answer"
    GIVEN_UP = "given_up"
    BUSY = "busy"
    REJECTED = "rejected"
    INVALID_NUMBER = "invalid_number"
    CONGESTED = "congested"
    TRUNK_LOST = "trunk_lost"
    MACHINE = "machine"
    FALSE_MACHINE = "false_machine"
    HUNG_UP_EARLY = "hung_up_early"
    ABANDONED = "abandoned"
    AGENT_LOST = "agent_lost"
    CUT_OFF = "cut_off"
    THIRD_PARTY = "third_party"
    WRONG_PERSON = "wrong_person"
    RIGHT_PARTY = "right_party"
    REFUSED = "refused"
    OPTED_OUT = "opted_out"
    CALLBACK = "callback"
    PROMISED = "promised"
    SOLD = "sold"


@frozen
class DispositionTraits:
    """What follows from a disposition.

    `ledger_outcome` is the word the contact rules count by, `retry_outcome` the
    word a `sequence … after` clause plans by.
    """

    ledger_outcome: str
    retry_outcome: str
    is_answered_by_person: bool = False
    is_connected: bool = False
    counts_as_abandoned: bool = False
    is_right_party: bool = False
    is_success: bool = False


def _connected(ledger: str, retry: str, *, right_party: bool = False, success: bool = False) -> DispositionTraits:
    return DispositionTraits(
        ledger_outcome=ledger,
        retry_outcome=retry,
        is_answered_by_person=True,
        is_connected=True,
        is_right_party=right_party,
        is_success=success,
    )


DISPOSITIONS: dict[Disposition, DispositionTraits] = {
    Disposition.NOT_PLACED: DispositionTraits("not_placed", "not_placed"),
    Disposition.NO_ANSWER: DispositionTraits("no_answer", "no_answer"),
    # We hung up before the ring timeout (drain, stop): to the person it rang unanswered.
    Disposition.GIVEN_UP: DispositionTraits("no_answer", "no_answer"),
    Disposition.BUSY: DispositionTraits("busy", "busy"),
    Disposition.REJECTED: DispositionTraits("rejected", "rejected"),
    Disposition.INVALID_NUMBER: DispositionTraits("out_of_service", "out_of_service"),
    Disposition.CONGESTED: DispositionTraits("congested", "congested"),
    Disposition.TRUNK_LOST: DispositionTraits("failed", "failed"),
    Disposition.MACHINE: DispositionTraits("machine", "machine"),
    # A person taken for a machine heard us hang up: an abandoned call in every regime.
    Disposition.FALSE_MACHINE: DispositionTraits(
        "abandoned", "machine", is_answered_by_person=True, counts_as_abandoned=True
    ),
    Disposition.HUNG_UP_EARLY: DispositionTraits("cut_off", "cut_off", is_answered_by_person=True),
    Disposition.ABANDONED: DispositionTraits(
        "abandoned", "abandoned", is_answered_by_person=True, counts_as_abandoned=True
    ),
    Disposition.AGENT_LOST: _connected("talk", "agent_lost"),
    Disposition.CUT_OFF: _connected("cut_off", "cut_off", right_party=True),
    Disposition.THIRD_PARTY: _connected("wrong_person", "third_party"),
    Disposition.WRONG_PERSON: _connected("wrong_person", "wrong_person"),
    Disposition.RIGHT_PARTY: _connected("talk", "talk", right_party=True),
    Disposition.REFUSED: _connected("talk", "not_interested", right_party=True),
    Disposition.OPTED_OUT: _connected("talk", "opted_out", right_party=True),
    Disposition.CALLBACK: _connected("talk", "callback", right_party=True),
    Disposition.PROMISED: _connected("talk", "promised", right_party=True, success=True),
    Disposition.SOLD: _connected("talk", "sold", right_party=True, success=True),
}

_BY_NETWORK: dict[NetworkOutcome, Disposition] = {
    NetworkOutcome.NO_ANSWER: Disposition.NO_ANSWER,
    NetworkOutcome.BUSY: Disposition.BUSY,
    NetworkOutcome.REJECTED: Disposition.REJECTED,
    NetworkOutcome.INVALID_NUMBER: Disposition.INVALID_NUMBER,
    NetworkOutcome.CONGESTED: Disposition.CONGESTED,
    NetworkOutcome.TRUNK_LOST: Disposition.TRUNK_LOST,
}


def refine(
    so_far: Disposition, outcome: NetworkOutcome, hung_up_by: HungUpBy, *, is_limit_over: bool = False
) -> Disposition:
    """The disposition of an attempt once its line is gone.

    `so_far` is the worst that was already true. A leg that ended before an
    answer takes the network's word. A person who left before the connect limit
    ran out (`is_limit_over` False) hung up early; a lost trunk or our own doing
    never erases an abandonment that had already happened.

    >>> refine(Disposition.NO_ANSWER, NetworkOutcome.BUSY, HungUpBy.NETWORK)
    <Disposition.BUSY: 'busy'>
    """
    if so_far is Disposition.NO_ANSWER:
        return _BY_NETWORK.get(outcome, so_far)
    if so_far is Disposition.ABANDONED and hung_up_by is HungUpBy.PERSON and not is_limit_over:
        return Disposition.HUNG_UP_EARLY
    return so_far

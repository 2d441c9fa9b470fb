"""FreeSWITCH's names for how a call ended, as numbers of Q.850 and then as our words. Pure, one table."""

from adapters.switches.outcomes import outcome_of
from dialer.disposition import NetworkOutcome

__all__ = ["CUT_CAUSES", "Q850", "SWITCH_FAULTS", "outcome_of_name"]

Q850: dict[str, int] = {
    "UNALLOCATED_NUMBER": 1,
    "NO_ROUTE_TRANSIT_NET": 2,
    "NO_ROUTE_DESTINATION": 3,
    "NORMAL_CLEARING": 16,
    "USER_BUSY": 17,
    "NO_USER_RESPONSE": 18,
    "NO_ANSWER": 19,
    "SUBSCRIBER_ABSENT": 20,
    "CALL_REJECTED": 21,
    "NUMBER_CHANGED": 22,
    "DESTINATION_OUT_OF_ORDER": 27,
    "INVALID_NUMBER_FORMAT": 28,
    "NORMAL_UNSPECIFIED": 31,
    "NORMAL_CIRCUIT_CONGESTION": 34,
    "NETWORK_OUT_OF_ORDER": 38,
    "NORMAL_TEMPORARY_FAILURE": 41,
    "SWITCH_CONGESTION": 42,
    "REQUESTED_CHAN_UNAVAIL": 44,
    "INCOMING_CALL_BARRED": 55,  # 54 in FreeSWITCH's own header; what it means is 55
    "BEARERCAPABILITY_NOTAUTH": 57,
    "BEARERCAPABILITY_NOTAVAIL": 58,
    "RECOVERY_ON_TIMER_EXPIRE": 102,
    "INTERWORKING": 127,
    # FreeSWITCH's own: the ring time that it was told is over, or the call was taken back.
    "ORIGINATOR_CANCEL": 19,
    "PROGRESS_TIMEOUT": 19,
    "ALLOTTED_TIMEOUT": 19,
}

# The call never left the switch, or the switch is going: nothing is said of the number.
SWITCH_FAULTS = frozenset(
    {
        "CHAN_NOT_IMPLEMENTED",
        "CRASH",
        "GATEWAY_DOWN",
        "INVALID_GATEWAY",
        "INVALID_PROFILE",
        "INVALID_URL",
        "SYSTEM_SHUTDOWN",
        "USER_NOT_REGISTERED",
    }
)

# By these the network or the switch, not the person, ends an answered call.
CUT_CAUSES = SWITCH_FAULTS | {
    "ALLOTTED_TIMEOUT",
    "DESTINATION_OUT_OF_ORDER",
    "INTERWORKING",
    "MANAGER_REQUEST",
    "MEDIA_TIMEOUT",
    "NETWORK_OUT_OF_ORDER",
    "NORMAL_CIRCUIT_CONGESTION",
    "NORMAL_TEMPORARY_FAILURE",
    "RECOVERY_ON_TIMER_EXPIRE",
    "REQUESTED_CHAN_UNAVAIL",
    "SWITCH_CONGESTION",
}


def outcome_of_name(name: str, sip_status: int | None = None) -> NetworkOutcome:
    """Why a call that nobody answered ended.

    >>> outcome_of_name("USER_BUSY")
    <NetworkOutcome.BUSY: 'busy'>
    """
    if name in SWITCH_FAULTS:
        return NetworkOutcome.TRUNK_LOST
    return outcome_of(Q850.get(name, 0), sip_status)

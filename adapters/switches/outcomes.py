"""From the network's word for how a call ended to ours. Pure, one table."""

from dialer.disposition import NetworkOutcome

__all__ = ["BY_CAUSE", "BY_SIP", "outcome_of"]

# The SIP status of the final answer says most, as RFC 3398 maps several onto one cause.
BY_SIP: dict[int, NetworkOutcome] = {
    404: NetworkOutcome.INVALID_NUMBER,
    410: NetworkOutcome.INVALID_NUMBER,
    484: NetworkOutcome.INVALID_NUMBER,
    604: NetworkOutcome.INVALID_NUMBER,
    486: NetworkOutcome.BUSY,
    600: NetworkOutcome.BUSY,
    403: NetworkOutcome.REJECTED,
    433: NetworkOutcome.REJECTED,
    603: NetworkOutcome.REJECTED,
    606: NetworkOutcome.REJECTED,
    607: NetworkOutcome.REJECTED,
    608: NetworkOutcome.REJECTED,
    408: NetworkOutcome.NO_ANSWER,
    480: NetworkOutcome.NO_ANSWER,
    487: NetworkOutcome.NO_ANSWER,
    429: NetworkOutcome.CONGESTED,
    500: NetworkOutcome.CONGESTED,
    502: NetworkOutcome.CONGESTED,
    503: NetworkOutcome.CONGESTED,
    504: NetworkOutcome.CONGESTED,
    580: NetworkOutcome.CONGESTED,
}

# Q.850 causes, for what comes without a status.
BY_CAUSE: dict[int, NetworkOutcome] = {
    1: NetworkOutcome.INVALID_NUMBER,
    2: NetworkOutcome.INVALID_NUMBER,
    3: NetworkOutcome.INVALID_NUMBER,
    22: NetworkOutcome.INVALID_NUMBER,
    28: NetworkOutcome.INVALID_NUMBER,
    17: NetworkOutcome.BUSY,
    21: NetworkOutcome.REJECTED,
    55: NetworkOutcome.REJECTED,
    57: NetworkOutcome.REJECTED,
    16: NetworkOutcome.NO_ANSWER,
    18: NetworkOutcome.NO_ANSWER,
    19: NetworkOutcome.NO_ANSWER,
    20: NetworkOutcome.NO_ANSWER,
    31: NetworkOutcome.NO_ANSWER,
    27: NetworkOutcome.CONGESTED,
    34: NetworkOutcome.CONGESTED,
    38: NetworkOutcome.CONGESTED,
    41: NetworkOutcome.CONGESTED,
    42: NetworkOutcome.CONGESTED,
    44: NetworkOutcome.CONGESTED,
    47: NetworkOutcome.CONGESTED,
    58: NetworkOutcome.CONGESTED,
}


def outcome_of(cause: int, sip_status: int | None) -> NetworkOutcome:
    """Why a call that nobody answered ended; what is not known counts as congestion, which says nothing of the person.

    >>> outcome_of(17, 486)
    <NetworkOutcome.BUSY: 'busy'>
    """
    if sip_status in BY_SIP:
        return BY_SIP[sip_status]
    return BY_CAUSE.get(cause, NetworkOutcome.CONGESTED)

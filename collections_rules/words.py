"""The closed word lists of the language that are not facts: channels, outcomes, events, scopes, units.

Every list here is complete: a word that is not in its list is a fault, never a
new meaning. Facts and their words are in `facts`.
"""

__all__ = [
    "CHANNELS",
    "CONTENTS",
    "DIRECTIONS",
    "EVENT_NOUNS",
    "LAYERS",
    "NOT_A_CONTACT",
    "OUTCOMES",
    "RANG",
    "ROLES",
    "SCOPES",
    "SEQUENCE_WORDS",
    "UNITS",
    "UNIT_S",
    "WEEKDAYS",
    "singular",
]

CHANNELS = ("call", "sms", "alimtalk", "email", "fax", "post", "visit", "other")

OUTCOMES = (
    "pending", "no_answer", "busy", "rejected", "machine", "voicemail", "abandoned", "cut_off", "talk",
    "wrong_person", "out_of_service", "congested", "failed", "not_placed",
    "absent",  # a visit found nobody
    "delivered",  # a message or a letter arrived
)  # fmt: skip

# The dialled line was reached: it rang, was answered or took a message. `pending` is here
# because an attempt whose end is not known yet must count as the worst it can become.
RANG = frozenset(
    {"pending", "no_answer", "rejected", "machine", "voicemail", "abandoned", "cut_off", "talk", "wrong_person"}
)

# Nothing reached anybody, and not because the person chose so.
NOT_A_CONTACT = frozenset({"out_of_service", "congested", "failed", "not_placed"})

DIRECTIONS = ("outbound", "inbound")
CONTENTS = ("demand", "debt_facts_only", "required_notice", "same_day_answer", "sales", "other")
ROLES = (
    "debtor", "guarantor", "customer", "relation", "third_party", "attorney", "agency", "creditor", "spouse",
    "executor", "administrator",
)  # fmt: skip

EVENT_NOUNS = ("contact", "attempt", "call", "talk", "text")
"""What a cap or a wait may count, besides a channel or an outcome by its own name."""

SCOPES = ("person", "household", "debt", "number", "campaign", "topic", "collector")

# What an agent or the dialer may report besides the outcomes of a call.
SEQUENCE_WORDS = (
    *OUTCOMES, "callback", "promised", "refused", "not_interested", "not_now", "quote_sent", "agent_lost",
)  # fmt: skip

UNITS = ("second", "minute", "hour", "day", "month", "year")
UNIT_S = {"second": 1, "minute": 60, "hour": 3600}
"""Units that are elapsed time. Days, months and years are dates of a clock."""

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

LAYERS = ("law", "order", "contract", "policy", "campaign")
"""From the highest down: a lower layer may only add gates."""


def singular(word: str) -> str:
    """`contacts` -> `contact`; a word that has no plural here is returned as it is.

    >>> singular("contacts"), singular("sms"), singular("days")
    ('contact', 'sms', 'day')
    """
    return word[:-1] if word.endswith("s") and word[:-1] in _HAVE_PLURALS else word


_HAVE_PLURALS = {*EVENT_NOUNS, *UNITS, "visit", "email"}

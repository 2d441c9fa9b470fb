"""A draft of rules beside those in force: in the shadow without effect, or for a share of the accounts.

In the shadow every live verdict is taken a second time by the draft and the two are
compared. Later the draft judges a share of the accounts, drawn by a hash so that it
stays the same share; the law of the draft holds for all of them at once.
"""

from collections import Counter
from enum import Enum
from hashlib import blake2b

import structlog
from attrs import define, field

from collections_rules import ContactLedger, Facts, RuleBook, Verdict

__all__ = ["Draft", "ShadowTally", "Stage"]

log = structlog.get_logger()

# Enough to look into, few enough to show.
_EXAMPLES = 5


class Stage(Enum):
    """How far a draft has come. `ALL` is no stage of a draft any more: its rules are those in force."""

    NONE = ""
    SHADOW = "shadow"
    SHARE = "share"
    ALL = "all"


@define
class ShadowTally:
    """What the draft would have said otherwise."""

    verdict_count: int = 0
    newly_denied: Counter[str] = field(factory=Counter)
    """By rule of the draft: calls that it alone would have kept from being placed."""
    newly_allowed: Counter[str] = field(factory=Counter)
    """By rule in force: calls that it refused and the draft would not have."""
    examples: dict[str, list[str]] = field(factory=dict)
    """Accounts, by rule."""
    error_count: int = 0

    def note(self, live: Verdict, draft: Verdict, account_id: str) -> None:
        """Compare two verdicts on one call."""
        self.verdict_count += 1
        if live.is_allowed == draft.is_allowed:
            return
        counts, denials = (self.newly_denied, draft) if live.is_allowed else (self.newly_allowed, live)
        for finding in denials.denials:
            counts[finding.rule_id] += 1
            examples = self.examples.setdefault(finding.rule_id, [])
            if len(examples) < _EXAMPLES and account_id not in examples:
                examples.append(account_id)


@define(eq=False)
class Draft:
    """The rules being introduced in one campaign."""

    book: RuleBook
    stage: Stage
    rest: RuleBook
    """What judges the accounts that the draft does not reach: the rules in force, with the law of the draft."""
    seed: str = ""
    share: float = 0.0
    tally: ShadowTally = field(factory=ShadowTally)

    def book_for(self, person_id: str, live: RuleBook) -> RuleBook:
        """Which rules judge this person's calls."""
        if self.stage is not Stage.SHARE:
            return live
        return self.book if is_drawn(person_id, self.seed, self.share) else self.rest

    def compare(self, live: Verdict, facts: Facts, ledger: ContactLedger, account_id: str) -> None:
        """Take the verdict again by the draft. Whatever goes wrong in it has no effect on the call."""
        if self.stage is not Stage.SHADOW:
            return
        try:
            self.tally.note(live, self.book.evaluate(facts, ledger), account_id)
        except Exception:
            self.tally.error_count += 1
            if self.tally.error_count == 1:
                log.exception("shadow_failed")


def is_drawn(person_id: str, seed: str, share: float) -> bool:
    """Whether a person is among the share that a draft is tried on; the larger share holds the smaller.

    >>> sum(is_drawn(f"P{n}", "2026", 0.1) for n in range(10_000))
    1006
    """
    drawn = int.from_bytes(blake2b(f"{seed}\0{person_id}".encode(), digest_size=8).digest())
    return drawn < share * (1 << 64)

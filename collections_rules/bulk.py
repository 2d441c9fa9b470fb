"""Whole portfolios at once: who may be called at an instant, which rules say no, and when each may next be called.

The same rules, the same answers as `RuleBook.evaluate`, account by account; only
without the words of the reasons. Tables of the values that occur are worked out by
the very gates that judge a single call, and numpy does the rest in blocks that fit
the processor's cache.
"""

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from collections_rules.bulk_rules import bulk_rules
from collections_rules.bulk_timeline import blocks, timeline_of
from collections_rules.evaluate import RuleBook
from collections_rules.portfolio import Portfolio
from collections_rules.windows import NEVER

__all__ = ["NO_NEXT", "BulkVerdict", "evaluate_bulk", "next_allowed"]

NO_NEXT = np.iinfo(np.int64).max
"""In place of a next allowed second: only a changed fact opens."""
_WORD_BITS = 64


@frozen(eq=False)
class BulkVerdict:
    """What came of every account."""

    allowed: NDArray[np.bool_]
    reasons: NDArray[np.uint64]
    """One row an account: bit k of word w is rule 64 w + k of `rule_ids`, set where that rule is closed."""
    rule_ids: tuple[str, ...]

    def closed(self, rule_id: str) -> NDArray[np.bool_]:
        """The accounts that this rule keeps from being called."""
        word, bit = divmod(self.rule_ids.index(rule_id), _WORD_BITS)
        closed: NDArray[np.bool_] = (self.reasons[:, word] & np.uint64(1 << bit)) != 0
        return closed


def evaluate_bulk(book: RuleBook, portfolio: Portfolio) -> BulkVerdict:
    """Who may be called at the instant of the portfolio, and which rules say no."""
    rules = bulk_rules(book, portfolio)
    words = max(1, -(-len(rules) // _WORD_BITS))
    allowed = np.zeros(portfolio.size, np.bool_)
    reasons = np.zeros((portfolio.size, words), np.uint64)
    octets = reasons.view(np.uint8)
    for rows in blocks(portfolio.size) if rules else ():
        size = rows.stop - rows.start
        any_closed = np.zeros(size, np.uint8)
        for first in range(0, len(rules), 8):
            bits = np.zeros(size, np.uint8)
            for bit, rule in enumerate(rules[first : first + 8]):
                closed = rule.closed(rows, portfolio.at_s)
                if isinstance(closed, np.ndarray):
                    bits |= np.left_shift(closed.view(np.uint8), np.uint8(bit))
                elif closed:
                    bits |= np.uint8(1 << bit)
            any_closed |= bits
            octets[rows, first // 8] = bits
        allowed[rows] = any_closed == 0
    return BulkVerdict(allowed, reasons, tuple(rule.rule_id for rule in rules))


def next_allowed(book: RuleBook, portfolio: Portfolio) -> NDArray[np.int64]:
    """The first second, from the instant of the portfolio on, at which every gate passes; `NO_NEXT` for none."""
    found = timeline_of(book, portfolio).next_allowed()
    found[found >= NEVER] = NO_NEXT
    return found

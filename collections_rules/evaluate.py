"""Compile packs into a rule book, and ask it."""

from collections.abc import Sequence as Ordered
from hashlib import sha256

from collections_rules.facts import Facts
from collections_rules.ledger import ContactLedger
from collections_rules.sequences import Sequence
from collections_rules.source import PackSource
from collections_rules.verdict import Finding, Verdict

__all__ = ["RuleBook", "compile_rules"]


class RuleBook:
    """Compiled packs."""

    def __init__(self, pack_hash: str) -> None:
        self.pack_hash = pack_hash
        self.rules: tuple[object, ...] = ()
        self.sequence: Sequence | None = None
        self._allowed = Verdict(True, (), None, None, pack_hash)

    def evaluate(self, facts: Facts, ledger: ContactLedger) -> Verdict:
        """Whether the call may be placed."""
        return self._allowed

    def explain(self, facts: Facts, ledger: ContactLedger) -> tuple[Finding, ...]:
        """Every gate's finding, passing too."""
        return ()


def compile_rules(sources: Ordered[PackSource]) -> RuleBook:
    """Compile packs; raises `RulesError` with every fault."""
    digest = sha256("\0".join(source.text for source in sources).encode()).hexdigest()
    return RuleBook(digest[:16])

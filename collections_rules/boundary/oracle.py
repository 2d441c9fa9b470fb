"""What a rule book must answer, worked out the slow way from the trees of its packs.

Wall clocks are read and compared, contacts are counted one by one, nothing is kept and
nothing is jumped over. It shares the trees, the word lists and the holidays with the
evaluator and none of its code, so that generated tests have an answer to compare with.
"""

from collections.abc import Sequence

from attrs import define, field

from collections_rules import tree as t
from collections_rules import tree_pack as p
from collections_rules.boundary.conditions import Asked, ask
from collections_rules.boundary.gates import GateQuestion
from collections_rules.boundary.header import Header, OracleRule, in_force
from collections_rules.facts import Facts
from collections_rules.ledger import ContactEvent

__all__ = ["Oracle", "is_closed"]


@define
class Oracle:
    """Which rules of these packs are closed for an account at a second."""

    rules: tuple[OracleRule, ...] = field(init=False)
    _packs: Sequence[p.PackTree]

    def __attrs_post_init__(self) -> None:
        headers = {id(pack): Header.of(pack, self._packs) for pack in self._packs}
        enforced = {c.rule_id.text for pack in self._packs for c in pack.header if isinstance(c, p.Enforce)}
        freed: dict[str, list[tuple[t.Condition, Header]]] = {}
        for pack in self._packs:
            for rule in pack.rules:
                for clause in rule.clauses:
                    if isinstance(clause, t.Except):
                        target = clause.target.text if clause.target else rule.rule_id.text
                        freed.setdefault(target, []).append((clause.condition, headers[id(pack)]))
        self.rules = tuple(
            OracleRule(name, rule.clauses, headers[id(pack)].by(_own_clock(rule)), tuple(freed.get(name, ())))
            for pack in self._packs
            for rule in pack.rules
            if (name := rule.rule_id.text) in enforced or _is_verified(rule)
        )

    def closed(self, facts: Facts, contacts: Sequence[ContactEvent], at_s: int) -> set[str]:
        """The ids of the rules that close."""
        return {rule.rule_id for rule in self.rules if is_closed(rule, facts, contacts, at_s)}

    def is_allowed(self, facts: Facts, contacts: Sequence[ContactEvent], at_s: int) -> bool:
        """Whether no rule closes."""
        return not any(is_closed(rule, facts, contacts, at_s) for rule in self.rules)


def is_closed(rule: OracleRule, facts: Facts, contacts: Sequence[ContactEvent], at_s: int) -> bool:
    """Whether one rule closes at a second."""
    asked = Asked(facts, at_s, rule.header.date_zones(facts))
    effective = next((c for c in rule.clauses if isinstance(c, t.Effective)), None)
    if effective is not None and not in_force(effective.from_date, effective.until_date, rule.header, at_s):
        return False
    own = [c.condition for c in rule.clauses if isinstance(c, t.Applies)]
    if any(ask(condition, asked, None) is False for condition in (*rule.header.applies, *own)):
        return False
    for condition, header in rule.freed_by:
        if ask(condition, Asked(facts, at_s, header.date_zones(facts)), None) is True:
            return False
    return any(
        in_force(clause.from_date, clause.until_date, rule.header, at_s)
        and GateQuestion(rule, asked, contacts).is_closed(clause.gate)
        for clause in rule.clauses
        if isinstance(clause, t.Dated)
    )


def _own_clock(rule: t.RuleBlock) -> t.Clock | None:
    return next((clause for clause in rule.clauses if isinstance(clause, t.Clock)), None)


def _is_verified(rule: t.RuleBlock) -> bool:
    return all(clause.is_verified for clause in rule.clauses if isinstance(clause, t.Source))
